"""Pages of things: Relay connections, and the fields that read a traversal as one.

The arguments of such a field are stated here once; the traversal gives its description and its rows.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeAlias, TypeVar

import strawberry

from renche.graph.clock import Moment
from renche.graph.errors import InvalidCursor
from renche.graph.page import DEFAULT_PAGE, MAXIMUM_PAGE, Page
from renche.graph.traversal import Traversal, traversal
from renche.loaders.batch import Row, count_root, read_root
from renche.resolvers.context import Context, Info
from renche.resolvers.cursor import Position
from renche.resolvers.node import AsKnownAt, AsOf, Node, node_of

if TYPE_CHECKING:
    from renche.resolvers.role import Role
else:
    Role = Annotated["Role", strawberry.lazy("renche.resolvers.role")]

NodeT = TypeVar("NodeT")
RoleT = TypeVar("RoleT")

First: TypeAlias = Annotated[int, strawberry.argument(description=f"How many rows to give, up to {MAXIMUM_PAGE}.")]
After: TypeAlias = Annotated[
    str | None,
    strawberry.argument(description="The cursor after which to go on; the list stays at the moment of its first page."),
]


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether rows follow this page.")
    has_previous_page: bool = strawberry.field(description="Whether the page was asked for after a cursor.")
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


@strawberry.type
class Listing(Generic[NodeT]):
    """What every connection has beside its edges."""

    page_info: PageInfo = strawberry.field(description="Where the page stands in its list.")
    count: strawberry.Private[Callable[[], Awaitable[int]]]

    @strawberry.field(description="How many rows there are on all pages; counted only when asked for.")
    async def total_count(self) -> int:
        return await self.count()


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


def connection(name: str, *, roles: bool = True) -> Any:
    """A field that pages through a traversal from the object it stands on.

    The field's annotation says which connection it is: RoleConnection where a row is an edge, RolesConnection
    where edges are gathered, Connection where there are none or `roles` is False.
    """
    way = traversal(name)

    async def resolve(
        root: Node,
        info: Info,
        first: First = DEFAULT_PAGE,
        after: After = None,
        as_of: AsOf = None,
        as_known_at: AsKnownAt = None,
    ) -> Any:
        return await page_of_node(info, way, root, first, after, as_of, as_known_at, roles=roles)

    return strawberry.field(resolver=resolve, description=way.sentence, metadata={"traversal": way})


async def page_of_node(
    info: Info,
    way: Traversal,
    start: Node,
    first: int,
    after: str | None,
    as_of: AsOf,
    as_known_at: AsKnownAt,
    *,
    roles: bool = True,
) -> Any:
    """A page of what a traversal leads to from a thing."""
    context = info.context
    key = start.data["id"]
    binding = f"{way.name}|{key}"
    page = page_of(context, binding, start.moment.at(as_of, as_known_at), first, after, as_of, as_known_at)
    context.loaders.know(start.label, start.data)
    rows = await context.loaders.rows(way, key, page)
    return connected(context, way, binding, page, rows, lambda: context.loaders.count(way, key, page), roles=roles)


def linked(name: str) -> Any:
    """A field that leads to one thing at most; the object's own moment counts."""
    way = traversal(name)

    async def resolve(root: Node, info: Info) -> Any:
        rows = await info.context.loaders.rows(way, root.data["id"], Page(root.moment, 1))
        return node_of(way.end.label, rows[0].node, root.moment) if rows else None

    return strawberry.field(resolver=resolve, description=way.sentence, metadata={"traversal": way})


async def root_connection(
    info: Info,
    way: Traversal,
    first: int,
    after: str | None,
    as_of: AsOf,
    as_known_at: AsKnownAt,
    *,
    filters: Mapping[str, Any] | None = None,
    arguments: Mapping[str, Any] | None = None,
) -> Any:
    """A page of a root list: `filters` narrow its end by property, where given; `arguments` are its own."""
    context = info.context
    given = tuple((name, value) for name, value in (filters or {}).items() if value is not None)
    own = dict(arguments or {})
    binding = f"{way.name}|{given}|{sorted(own.items())}"
    moment = context.present.at(as_of, as_known_at)
    page = page_of(context, binding, moment, first, after, as_of, as_known_at, given)
    rows = await read_root(context.database, way, page, own)
    return connected(context, way, binding, page, rows, lambda: count_root(context.database, way, page, own))


def page_of(
    context: Context,
    binding: str,
    moment: Moment,
    first: int,
    after: str | None,
    as_of: AsOf,
    as_known_at: AsKnownAt,
    filters: tuple[tuple[str, Any], ...] = (),
) -> Page:
    """The page that the arguments ask for; one after a cursor is read at the cursor's moment.

    Raises InvalidArgument for `first`, InvalidCursor for a cursor of another list or of another time.
    """
    if after is None:
        return Page(moment, first, None, filters)
    position = context.cursors.open(after, binding)
    if position.moment.at(as_of, as_known_at) != position.moment:
        raise InvalidCursor("after: this cursor is of another asOf or asKnownAt; start again without it.")
    return Page(position.moment, first, position.id, filters)


def connected(
    context: Context,
    way: Traversal,
    binding: str,
    page: Page,
    rows: Sequence[Row],
    count: Callable[[], Awaitable[int]],
    *,
    roles: bool = True,
) -> Any:
    """The connection of these rows, the one beyond the page left out."""
    from renche.resolvers.role import role_of  # the circle that lazy types allow

    shown = rows[: page.first]
    cursors = [context.cursors.seal(Position(row.id, page.moment), binding) for row in shown]
    nodes = [node_of(way.end.label, row.node, page.moment) for row in shown]
    for row in shown:
        context.loaders.know(way.end.label, row.node)
    info = PageInfo(
        has_next_page=len(rows) > page.first,
        has_previous_page=page.after is not None,
        start_cursor=cursors[0] if cursors else None,
        end_cursor=cursors[-1] if cursors else None,
    )
    held = [[role_of(edge, page.moment) for edge in row.edges] for row in shown] if roles else []
    if way.edge is None or not roles:
        plain = [Edge(cursor=cursor, node=node) for cursor, node in zip(cursors, nodes, strict=True)]
        return Connection(edges=plain, page_info=info, count=count)
    if way.gathers:
        gathered = [
            RolesEdge(cursor=cursor, node=node, roles=each)
            for cursor, node, each in zip(cursors, nodes, held, strict=True)
        ]
        return RolesConnection(edges=gathered, page_info=info, count=count)
    single = [
        RoleEdge(cursor=cursor, node=node, role=each[0])
        for cursor, node, each in zip(cursors, nodes, held, strict=True)
    ]
    return RoleConnection(edges=single, page_info=info, count=count)
