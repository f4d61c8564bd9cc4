"""A connection in the plan: the rows of its page, their number, and where the page stands."""

from collections.abc import Callable

from graphql import GraphQLField, GraphQLObjectType, get_named_type

from renche.graph.listing import Listing, place
from renche.planner.aggregate import aggregate
from renche.planner.bind import Listed
from renche.planner.compile import Block, Compiler, Group, Placement, Scope
from renche.planner.meaning import Pages
from renche.planner.shape import Code, constant, each


def connection(
    compiler: Compiler, meaning: Pages, field_: GraphQLField, group: Group, scope: Scope, block: Block
) -> Code:
    """The code of a connection; where an argument names the thing it starts at, null when there is none."""
    bound = compiler.bounds[id(group[0])]
    assert isinstance(bound, Listed)  # noqa: S101 - what a list's arguments become
    type_ = get_named_type(field_.type)
    assert isinstance(type_, GraphQLObjectType)  # noqa: S101 - a connection
    prefix = compiler.prefix(group)
    times = compiler.times(bound, prefix, scope)
    if meaning.start is None:
        return _Connection(compiler, meaning, bound, prefix, Scope(times, scope.node), block).code(type_, group)
    label = meaning.start[1]
    variable = compiler.names.fresh(label.lower())
    inner = Block([f"MATCH ({variable}:{label} {{id: ${prefix}start}})"])
    code = _Connection(compiler, meaning, bound, prefix, Scope(times, variable), inner).code(type_, group)
    rows = each(compiler.answer(variable, "", inner, block), code)
    return lambda row: f"one({rows(row)})"


class _Connection:
    """One connection under way. Its subqueries are put into `block`, whose thing it starts at."""

    def __init__(
        self, compiler: Compiler, meaning: Pages, bound: Listed, prefix: str, scope: Scope, block: Block
    ) -> None:
        self._compiler = compiler
        self._meaning = meaning
        self._shape = bound.shape
        self._prefix = prefix
        self._scope = scope
        self._block = block
        self._listing = self._new_listing()
        self._rows = Block([self._listing.page()])
        edge = self._listing.bound[-1] if meaning.traversal.edge else ""
        self._row_scope = Scope(scope.times, self._listing.end, edge)
        self._column: int | None = None
        self._beyond = 0

    def code(self, type_: GraphQLObjectType, group: Group) -> Code:
        """The code of the connection's object."""
        self._place = len(self._compiler.placements)
        self._compiler.placements.append(Placement(id(group[0]), self._prefix, 0, self._scope.times))
        found = self._object(type_, group, self._part)
        if self._column is not None:
            self._block.subquery(self._scope.node, self._rows.rows(self._block.columns[self._column]))
        self._compiler.placements[self._place] = Placement(id(group[0]), self._prefix, self._beyond, self._scope.times)
        return found

    def _new_listing(self) -> Listing:
        names, times = self._compiler.names, self._scope.times
        way = place(self._meaning.traversal, names, self._scope.node or None, times, self._prefix)
        return Listing(way, self._shape, names, times, self._prefix)

    def _object(self, type_: GraphQLObjectType, group: Group, part: Callable[[GraphQLField, Group], Code]) -> Code:
        """The code of an object of which `part` gives the fields."""
        parts = []
        for key, nodes in self._compiler.outline.fields(type_, group).items():
            name = nodes[0].name.value
            parts.append((key, constant(type_.name) if name == "__typename" else part(type_.fields[name], nodes)))
        return lambda row: "{" + ", ".join(f"{key!r}: {code(row)}" for key, code in parts) + "}"

    def _part(self, field_: GraphQLField, group: Group) -> Code:
        name = group[0].name.value
        type_ = get_named_type(field_.type)
        if name == "totalCount":
            return self._total()
        assert isinstance(type_, GraphQLObjectType)  # noqa: S101 - all others are objects
        if name == "aggregate":
            return aggregate(self._compiler, self._new_listing(), type_, group, self._scope, self._block)
        if name == "nodes":
            return self._each(self._compiler.object_(type_, group, self._row_scope, self._rows))
        if name == "edges":
            return self._each(self._object(type_, group, self._of_edge))
        return self._object(type_, group, self._of_page_info)

    def _of_edge(self, field_: GraphQLField, group: Group) -> Code:
        name = group[0].name.value
        if name == "cursor":
            return self._cursor()
        type_ = get_named_type(field_.type)
        if name == "roles":
            kinds = self._listing.way.relationships
            return self._compiler.roles(field_, group, self._row_scope, self._rows, kinds)
        assert isinstance(type_, GraphQLObjectType)  # noqa: S101 - a thing or a role
        scope = Scope(self._scope.times, "", self._row_scope.edge) if name == "role" else self._row_scope
        return self._compiler.object_(type_, group, scope, self._rows)

    def _of_page_info(self, _: GraphQLField, group: Group) -> Code:
        name = group[0].name.value
        if name in ("startCursor", "endCursor"):
            cursor, rows = self._cursor(), self._page()
            at = 0 if name == "startCursor" else -1
            return lambda row: f"one([{cursor(row + 'r')} for {row}r in {rows(row)}[{at}:][:1]])"
        if (name == "hasNextPage") == self._shape.backward:
            return constant(self._shape.seek is not None)
        self._beyond = 1
        column = self._answer()
        return lambda row: f"(len({row}[{column}]) > given[{self._prefix + 'limit'!r}] - 1)"

    def _total(self) -> Code:
        name = self._compiler.names.fresh("count")
        self._block.subquery(self._scope.node, f"{self._new_listing().count()} AS {name}")
        column = self._block.column(name)
        return lambda row: f"{row}[{column}]"

    def _cursor(self) -> Code:
        columns = [self._rows.column(name) for name in (*self._listing.sorts, self._listing.key)]
        place_ = self._place
        return lambda row: f"seal({place_}, [{', '.join(f'{row}[{column}]' for column in columns)}])"

    def _each(self, code: Code) -> Code:
        rows = self._page()
        return lambda row: f"[{code(row + 'r')} for {row}r in {rows(row)}]"

    def _page(self) -> Code:
        """The rows of the page, in the order of the list."""
        column = self._answer()
        turned = "[::-1]" if self._shape.backward else ""

        def code(row: str) -> str:
            cut = f"[:given[{self._prefix + 'limit'!r}] - 1]" if self._beyond else ""
            return f"{row}[{column}]{cut}{turned}"

        return code

    def _answer(self) -> int:
        """The place of the column with the page's rows."""
        if self._column is None:
            self._column = self._block.column(self._compiler.names.fresh(f"{self._listing.end}_rows"))
        return self._column
