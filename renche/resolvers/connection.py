"""Pages of things: Relay connections, and the fields that lead along a traversal.

The traversal gives such a field its description and its rows; its arguments come from `surface.py`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar

import strawberry
from graphql import GraphQLArgument

from renche.graph.clock import Moment
from renche.graph.cursor import Position
from renche.graph.page import MAXIMUM_PAGE, Page
from renche.graph.reader import Reader
from renche.graph.traversal import Traversal, traversal
from renche.loaders.batch import Grouping, Row, count_root, read_root, read_root_groups
from renche.loaders.request import Loaders
from renche.planner.bind import Check, Listed
from renche.planner.meaning import Form, One, Pages, Several, Value
from renche.resolvers.context import Context, Info
from renche.resolvers.groups import given_of, measures_of, shown
from renche.resolvers.node import Node, bound_of, find, node_of

if TYPE_CHECKING:
    from renche.resolvers.role import Role
else:
    Role = Annotated["Role", strawberry.lazy("renche.resolvers.role")]

NodeT = TypeVar("NodeT")
RoleT = TypeVar("RoleT")


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(
        description="Whether rows follow this page: going backward, whether it was asked for before a cursor."
    )
    has_previous_page: bool = strawberry.field(
        description="Whether rows come before this page: going forward, whether it was asked for after a cursor."
    )
    start_cursor: str | None = strawberry.field(description="The cursor of the first row.")
    end_cursor: str | None = strawberry.field(description="The cursor of the last row: ask on after it.")


@strawberry.type(name="Edge", description="One row of a list.")
class Edge(Generic[NodeT]):
    cursor: str = strawberry.field(description="Marks this row: a later page may begin after it.")
    node: NodeT = strawberry.field(description="The thing in this row.")


@strawberry.type(name="Edge", description="One row of a list: a thing, and the role that leads to it.")
class RoleEdge(Generic[NodeT, RoleT]):
    cursor: str = strawberry.field(description="Marks this row: a later page may begin after it.")
    node: NodeT = strawberry.field(description="The thing in this row.")
    role: RoleT = strawberry.field(description="The role that leads to it, with its times.")


@strawberry.type(name="RolesEdge", description="One row of a list: a thing, and all roles that lead to it.")
class RolesEdge(Generic[NodeT]):
    cursor: str = strawberry.field(description="Marks this row: a later page may begin after it.")
    node: NodeT = strawberry.field(description="The thing in this row.")
    roles: list[Role] = strawberry.field(description="Who holds which role, each with its times.")


@dataclass(frozen=True)
class AtRoot:
    """All pages of a root list."""

    database: Reader
    way: Traversal
    page: Page
    moment: Moment

    async def count(self) -> int:
        return await count_root(self.database, self.way, self.page, self.moment)

    async def groups(self, grouping: Grouping) -> list[list[Any]]:
        return await read_root_groups(self.database, self.way, self.page, grouping, self.moment)


@dataclass(frozen=True)
class OfNode:
    """All pages of what a traversal leads to from a thing."""

    loaders: Loaders
    way: Traversal
    key: str
    page: Page
    moment: Moment

    async def count(self) -> int:
        return await self.loaders.count(self.way, self.key, self.page, self.moment)

    async def groups(self, grouping: Grouping) -> list[list[Any]]:
        return await self.loaders.groups(self.way, self.key, self.page, grouping, self.moment)


@strawberry.type
class Listing(Generic[NodeT]):
    """What every connection has beside its edges."""

    page_info: PageInfo = strawberry.field(description="Where the page stands in its list.")
    whole: strawberry.Private["AtRoot | OfNode"]

    @strawberry.field(description="How many rows there are on all pages; counted only when asked for.")
    async def total_count(self) -> int:
        return await self.whole.count()


@strawberry.type(name="Connection", description="A page of a list.")
class Connection(Listing[NodeT], Generic[NodeT]):
    edges: list[Edge[NodeT]] = strawberry.field(description="The rows of this page.")

    @strawberry.field(description="The things of this page, without their cursors.")
    def nodes(self) -> list[NodeT]:
        return [edge.node for edge in self.edges]


@strawberry.type(name="Connection", description="A page of a list of things, each with a role.")
class RoleConnection(Listing[NodeT], Generic[NodeT, RoleT]):
    edges: list[RoleEdge[NodeT, RoleT]] = strawberry.field(description="The rows of this page.")

    @strawberry.field(description="The things of this page, without their cursors and roles.")
    def nodes(self) -> list[NodeT]:
        return [edge.node for edge in self.edges]


@strawberry.type(name="RolesConnection", description="A page of a list of things, each with all its roles.")
class RolesConnection(Listing[NodeT], Generic[NodeT]):
    edges: list[RolesEdge[NodeT]] = strawberry.field(description="The rows of this page.")

    @strawberry.field(description="The things of this page, without their cursors and roles.")
    def nodes(self) -> list[NodeT]:
        return [edge.node for edge in self.edges]


async def groups(root: "Listing[Any]", info: Any, **_arguments: Any) -> list[dict[str, Any]]:
    """The groups of a connection's rows: the resolver of `aggregate`, which reads its arguments as the planner does."""
    field = info.parent_type.fields[info.field_name]
    given = given_of(info)
    grouping = Grouping(given.text, tuple(measures_of(field)), given.values[0][1])
    return [shown(field, given.text, row) for row in await root.whole.groups(grouping)]


def connection(name: str, *, roles: bool = True) -> Any:
    """A field that pages through a traversal from the object it stands on.

    The field's annotation says which connection it is: RoleConnection where a row is an edge, RolesConnection
    where edges are gathered, Connection where there are none or `roles` is False.
    """
    way = traversal(name)

    async def resolve(root: Node, info: Info) -> Any:
        listed = _listed(info)
        return await _page_of_node(info, way, root, root.moment, listed, roles=roles)

    return strawberry.field(resolver=resolve, description=way.sentence, metadata={"meaning": Pages(way, roles)})


def listing(
    name: str,
    description: str | None = None,
    arguments: Mapping[str, GraphQLArgument] | None = None,
    check: Check | None = None,
) -> Any:
    """A root field that pages through a traversal without a start.

    `arguments` are the traversal's own parameters; `check` raises InvalidArgument when one is out of bounds.
    """
    way = traversal(name)

    async def resolve(info: Info) -> Any:
        listed, context = _listed(info), info.context
        moment = context.present.at(listed.page.as_of, listed.page.as_known_at)
        rows = await read_root(context.database, way, listed.page, moment)
        whole = AtRoot(context.database, way, listed.page, moment)
        return _connected(context, way, listed, moment, rows, whole)

    metadata = {"meaning": Pages(way), "arguments": dict(arguments or {}), "check": check}
    return strawberry.field(resolver=resolve, description=description or way.sentence, metadata=metadata)


def listing_of(name: str, description: str, argument: str, given: GraphQLArgument) -> Any:
    """A root field that pages through a traversal from the thing whose id an argument gives."""
    way = traversal(name)
    assert way.start is not None  # noqa: S101 - it starts somewhere
    label = way.start.label

    async def resolve(info: Info) -> Any:
        listed = _listed(info)
        assert listed.start is not None  # noqa: S101 - the argument is required
        start = await find(info, label, listed.start, info.context.present)
        return None if start is None else await _page_of_node(info, way, start, info.context.present, listed)

    metadata = {"meaning": Pages(way, start=(argument, label)), "arguments": {argument: given}}
    return strawberry.field(resolver=resolve, description=description, metadata=metadata)


def linked(name: str) -> Any:
    """A field that leads to one thing at most; the object's own moment counts."""
    way = traversal(name)

    async def resolve(root: Node, info: Info) -> Any:
        rows = await info.context.loaders.rows(way, root.data["id"], Page(first=1), root.moment)
        return node_of(way.end.label, rows[0].node, root.moment) if rows else None

    return strawberry.field(resolver=resolve, description=way.sentence, metadata={"meaning": One(way)})


def several(name: str, make: Callable[[Row, Moment], Any] | None = None) -> Any:
    """A field that leads to all things of a traversal as a list; `make` makes an object of a row."""
    way = traversal(name)

    def thing(row: Row, moment: Moment) -> Any:
        return make(row, moment) if make else node_of(way.end.label, row.node, moment)

    async def resolve(root: Node, info: Info) -> Any:
        rows = await info.context.loaders.rows(way, root.data["id"], Page(first=MAXIMUM_PAGE), root.moment)
        return [thing(row, root.moment) for row in rows[:MAXIMUM_PAGE]]

    description = f"{way.sentence.removesuffix('.')}, at most {MAXIMUM_PAGE}."
    return strawberry.field(resolver=resolve, description=description, metadata={"meaning": Several(way)})


def computed(name: str, make: Callable[[Any], Any], form: Form = Form.PLAIN) -> Any:
    """A field that shows the value a traversal of the form `value:` finds; `make` turns it into the field's type."""
    way = traversal(name)

    async def resolve(root: Node, info: Info) -> Any:
        return make(await info.context.loaders.value(way, root.data["id"], root.moment))

    return strawberry.field(resolver=resolve, description=way.sentence, metadata={"meaning": Value(way, form)})


def _listed(info: Info) -> Listed:
    bound = bound_of(info)
    assert isinstance(bound, Listed)  # noqa: S101 - the field is a list
    return bound


async def _page_of_node(
    info: Info, way: Traversal, start: Node, moment: Moment, listed: Listed, *, roles: bool = True
) -> Any:
    """A page of what a traversal leads to from a thing."""
    context, page, key = info.context, listed.page, start.data["id"]
    moment = moment.at(page.as_of, page.as_known_at)
    context.loaders.know(start.label, start.data)
    rows = await context.loaders.rows(way, key, page, moment)
    whole = OfNode(context.loaders, way, key, page, moment)
    return _connected(context, way, listed, moment, rows, whole, roles=roles)


def _connected(
    context: Context,
    way: Traversal,
    listed: Listed,
    moment: Moment,
    rows: Sequence[Row],
    whole: AtRoot | OfNode,
    *,
    roles: bool = True,
) -> Any:
    """The connection of these rows, the one beyond the page left out, in the order of the list."""
    from renche.resolvers.role import role_of  # the circle that lazy types allow

    page = listed.page
    more, begun = len(rows) > page.first, page.shape.seek is not None
    shown = list(rows[: page.first])
    if page.shape.backward:
        shown.reverse()
    cursors = [context.keyed.cursors.seal(Position(row.keys, moment), listed.binding) for row in shown]
    nodes = [node_of(way.end.label, row.node, moment) for row in shown]
    for row in shown:
        context.loaders.know(way.end.label, row.node)
    info = PageInfo(
        has_next_page=begun if page.shape.backward else more,
        has_previous_page=more if page.shape.backward else begun,
        start_cursor=cursors[0] if cursors else None,
        end_cursor=cursors[-1] if cursors else None,
    )
    held = [[role_of(edge, moment) for edge in row.edges] for row in shown] if roles else []
    if way.edge is None or not roles:
        plain = [Edge(cursor=cursor, node=node) for cursor, node in zip(cursors, nodes, strict=True)]
        return Connection(edges=plain, page_info=info, whole=whole)
    if way.gathers:
        gathered = [
            RolesEdge(cursor=cursor, node=node, roles=each)
            for cursor, node, each in zip(cursors, nodes, held, strict=True)
        ]
        return RolesConnection(edges=gathered, page_info=info, whole=whole)
    single = [
        RoleEdge(cursor=cursor, node=node, role=each[0])
        for cursor, node, each in zip(cursors, nodes, held, strict=True)
    ]
    return RoleConnection(edges=single, page_info=info, whole=whole)
