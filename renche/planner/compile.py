"""The plan of a query operation: one statement, and the function that shapes its answer.

Each list and each linked thing becomes a subquery that gives one value, a list of rows; a row is a list of columns in
the order in which the selection needs them. So one record comes back, whatever the document asks for.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from graphql import FieldNode, GraphQLField, GraphQLNonNull, GraphQLObjectType, get_named_type

from renche.graph.listing import Listing, Names, Times, place
from renche.graph.named_queries import Statement
from renche.graph.page import MAXIMUM_PAGE, PageShape
from renche.graph.traversal import Bind
from renche.planner import meaning as means
from renche.planner.bind import Bound, Given
from renche.planner.document import Outline
from renche.planner.shape import Code, Shaper, constant, each, formed, money

Group: TypeAlias = list[FieldNode]
"""The nodes of one field of the answer, merged by their key; the first one has the arguments."""


Handler: TypeAlias = Callable[["Compiler", Any, GraphQLField, Group, "Scope", "Block"], Code]
"""Compiles a field with a meaning of one kind, at a place of the statement."""


@dataclass(frozen=True, slots=True)
class Placement:
    """A field's arguments at one place of the statement: the prefix of its parameters, how many rows beyond the page
    it asks for, and the parameters that hold the moment."""

    site: int
    prefix: str
    beyond: int
    times: Times


@dataclass(frozen=True, slots=True)
class Plan:
    """A statement (none for a document that needs no data), where its parameters come from, and its shaper.

    `constant`: the parameters that each request has; the others come from the `varying` of the placements.
    """

    statement: Statement | None
    placements: tuple[Placement, ...]
    varying: tuple[Placement, ...]
    constant: Mapping[str, Any]
    shaper: Shaper

    def parameters(self, bounds: Mapping[int, Bound]) -> dict[str, Any]:
        """The statement's parameters, but for the present moment."""
        return {**self.constant, **_parameters(self.varying, bounds)}


def _parameters(placements: Sequence[Placement], bounds: Mapping[int, Bound]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each_ in placements:
        found |= bounds[each_.site].parameters(each_.prefix, beyond=each_.beyond)
    return found


@dataclass
class Block:
    """Clauses under way, and the columns of the row in which they end."""

    clauses: list[str] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)

    def column(self, expression: str) -> int:
        """The place of this expression in the row."""
        if expression not in self.columns:
            self.columns.append(expression)
        return self.columns.index(expression)

    def subquery(self, given: str, inner: str) -> None:
        """A subquery that sees the variable `given`; none sees none."""
        indented = "\n".join("  " + line for line in inner.splitlines())
        self.clauses.append(f"CALL ({given}) {{\n{indented}\n}}")

    def rows(self, answer: str) -> str:
        """The clauses, and the rows they end in, gathered into one list."""
        return "\n".join([*self.clauses, f"RETURN collect([{', '.join(self.columns)}]) AS {answer}"])


@dataclass(frozen=True)
class Scope:
    """Where a selection stands: the moment that counts, the variables of its thing and of the relationship, or those
    of a row of several."""

    times: Times
    node: str = ""
    edge: str = ""
    binds: Mapping[str, Bind] = field(default_factory=dict)


class Compiler:
    """Compiles one outline, with the shapes of its arguments, to a plan."""

    def __init__(self, outline: Outline, bounds: Mapping[int, Bound], handlers: Mapping[type, Handler]) -> None:
        self.outline = outline
        self.bounds = bounds
        self._handlers = handlers
        self.names = Names()
        self.placements: list[Placement] = []

    def plan(self, name: str) -> Plan:
        """The plan of the whole operation, whose statement is called `name`."""
        block = Block()
        code = self.fields(self.outline.root, self.outline.root_fields(), Scope(Times()), block)
        statement = None
        if block.columns:
            text = "\n".join([f"// {name}", *block.clauses, f"RETURN [{', '.join(block.columns)}] AS answer"])
            statement = Statement(name, text)
        varying = tuple(each_ for each_ in self.placements if each_.site in self.outline.varying)
        fixed = [each_ for each_ in self.placements if each_.site in self.outline.fixed]
        constant_ = _parameters(fixed, self.bounds)
        return Plan(statement, tuple(self.placements), varying, constant_, Shaper(code("row")))

    # What every field with a selection is made of

    def object_(self, type_: GraphQLObjectType, group: Group, scope: Scope, block: Block) -> Code:
        """The code of an object: each selected field with its key."""
        return self.fields(type_, self.outline.fields(type_, group), scope, block)

    def fields(self, type_: GraphQLObjectType, fields: Mapping[str, Group], scope: Scope, block: Block) -> Code:
        """The code of an object with these fields, in the order of the document."""
        parts = [(key, self._field(type_, group, scope, block)) for key, group in fields.items()]
        return lambda row: "{" + ", ".join(f"{key!r}: {code(row)}" for key, code in parts) + "}"

    def _field(self, type_: GraphQLObjectType, group: Group, scope: Scope, block: Block) -> Code:
        name = group[0].name.value
        if name == "__typename":
            return constant(type_.name)
        field_ = type_.fields[name]
        meaning = means.meaning_of(field_)
        return self._handlers[type(meaning)](self, meaning, field_, group, scope, block)

    def prefix(self, group: Group) -> str:
        """A prefix for the parameters of a field's arguments, made of the field's name."""
        return self.names.fresh(group[0].name.value) + "_"

    def times(self, bound: Bound, prefix: str, scope: Scope) -> Times:
        """The names of the moment's parameters: the field's own ones, or its parent's."""
        day, instant = bound.own
        return Times(
            f"{prefix}asOf" if day else scope.times.as_of, f"{prefix}asKnownAt" if instant else scope.times.as_known_at
        )

    # Values

    def _property(
        self, meaning: means.Property, field_: GraphQLField, group: Group, scope: Scope, block: Block
    ) -> Code:
        # A role's fields stand on the relationship, as does what a thing has only through one.
        variable = scope.edge if meaning.of_edge or not scope.node else scope.node
        if meaning.form is means.Form.DATE:
            # As text it costs the driver a tenth of what an object for the day does.
            return formed(
                means.Form.PLAIN, block.column(f"toString({variable}.{meaning.name})"), required=_required(field_)
            )
        place_ = block.column(f"{variable}.{meaning.name}")
        if meaning.form is means.Form.MONEY:
            type_ = get_named_type(field_.type)
            assert isinstance(type_, GraphQLObjectType)  # noqa: S101 - Money
            return money(self.outline.names(type_, group), place_, block.column(f"{variable}.currency"))
        return formed(meaning.form, place_, required=_required(field_) and meaning.name != "id")

    def _value(self, meaning: means.Value, field_: GraphQLField, _: Group, scope: Scope, block: Block) -> Code:
        way = place(meaning.traversal, self.names, scope.node, scope.times)
        block.subquery(scope.node, way.text())
        place_ = block.column(way.end.variable)
        return formed(meaning.form, place_, required=isinstance(field_.type, GraphQLNonNull))

    # Linked things

    def _one(self, meaning: means.One, field_: GraphQLField, group: Group, scope: Scope, block: Block) -> Code:
        way = place(meaning.traversal, self.names, scope.node, scope.times)
        listing = Listing(way, PageShape(), self.names, scope.times)
        head = f"{listing.rows()}\nWITH {listing.end} ORDER BY {listing.key} LIMIT 1"
        return self.thing(field_, group, Scope(scope.times, listing.end), block, scope.node, head)

    def _several(self, meaning: means.Several, field_: GraphQLField, group: Group, scope: Scope, block: Block) -> Code:
        way = place(meaning.traversal, self.names, scope.node, scope.times)
        listing = Listing(way, PageShape(), self.names, scope.times)
        order = f"{way.order}, {listing.key}" if way.order else listing.key
        head = f"{listing.rows()}\nWITH {', '.join(listing.bound)} ORDER BY {order} LIMIT {MAXIMUM_PAGE}"
        inner = Scope(scope.times, listing.end, way.edge or "")
        return self.things(field_, group, inner, block, scope.node, head)

    def _end(self, meaning: means.End, field_: GraphQLField, group: Group, scope: Scope, block: Block) -> Code:
        variable = self.names.fresh(meaning.label.lower())
        head = f"WITH {'startNode' if meaning.start else 'endNode'}({scope.edge}) AS {variable}"
        return self.thing(field_, group, Scope(scope.times, variable), block, scope.edge, head)

    def _named(self, meaning: means.Named, field_: GraphQLField, group: Group, scope: Scope, block: Block) -> Code:
        variable = self.names.fresh(meaning.label.lower())
        head = f"MATCH ({variable}:{meaning.label} {{id: {scope.edge}.{meaning.property}}})"
        return self.thing(field_, group, Scope(scope.times, variable), block, scope.edge, head)

    def thing(self, field_: GraphQLField, group: Group, scope: Scope, block: Block, given: str, head: str) -> Code:
        """A field that is one thing or null: the clauses `head` bind it, once at most."""
        rows = self.things(field_, group, scope, block, given, head)
        needed = isinstance(field_.type, GraphQLNonNull)
        return lambda row: f"{'only' if needed else 'one'}({rows(row)})"

    def things(self, field_: GraphQLField, group: Group, scope: Scope, block: Block, given: str, head: str) -> Code:
        """A field that is a list of things: the clauses `head` bind each, in order."""
        (type_,) = self.outline.possible_types(field_)
        inner = Block([head])
        code = self.object_(type_, group, scope, inner)
        return each(self.answer(scope.node, given, inner, block), code)

    def answer(self, name: str, given: str, inner: Block, block: Block) -> int:
        """The place of the column with the rows of a subquery."""
        answer = self.names.fresh(f"{name}_rows")
        block.subquery(given, inner.rows(answer))
        return block.column(answer)

    def roles(self, field_: GraphQLField, group: Group, scope: Scope, block: Block, types: Sequence[str]) -> Code:
        """The relationships gathered in `scope.edge`, each of one of these types, as a list of objects."""
        edge = self.names.fresh("role")
        inner = Block([f"UNWIND {scope.edge} AS {edge}"])
        code = self.role(field_, group, Scope(scope.times, "", edge), inner, types)
        return each(self.answer(edge, scope.edge, inner, block), code)

    def role(
        self, field_: GraphQLField, group: Group, scope: Scope, block: Block, types: Sequence[str] | None = None
    ) -> Code:
        """The relationship `scope.edge` as an object of its type; null when it is of none that the schema shows."""
        possible = {means.relationship_of(type_): type_ for type_ in self.outline.possible_types(field_)}
        kind = block.column(f"type({scope.edge})")
        return _chosen(kind, [(name, self.object_(possible[name], group, scope, block)) for name in types or possible])

    def any_thing(self, field_: GraphQLField, group: Group, scope: Scope, block: Block, given: str) -> Code:
        """The node `given`, whatever its label, as an object of its type; null when there is no node."""
        label = block.column(f"head(labels({given}))")
        codes = []
        for type_ in self.outline.possible_types(field_):
            if self._is_plain(type_, group):
                codes.append((type_.name, self.object_(type_, group, replace(scope, node=given), block)))
                continue
            variable = self.names.fresh(type_.name.lower())
            inner = Block([f"WITH {given} AS {variable} WHERE {variable}:{type_.name}"])
            code = self.object_(type_, group, Scope(scope.times, variable), inner)
            codes.append((type_.name, _first(self.answer(variable, given, inner, block), code)))
        return _chosen(label, codes)

    def _is_plain(self, type_: GraphQLObjectType, group: Group) -> bool:
        """Whether all that is selected of this type are properties, so that no subquery is needed."""
        names = self.outline.names(type_, group).values()
        return all(isinstance(means.meaning_of(type_.fields[name]), means.Property) for name in names if name[0] != "_")

    # Things by their ids

    def _by_id(self, _: object, field_: GraphQLField, group: Group, scope: Scope, block: Block) -> Code:
        bound, prefix, times = self.given(group, scope)
        ((key, _value),) = bound.values
        (label,) = bound.labels
        variable = self.names.fresh(label.lower())
        inner = Block([f"MATCH ({variable}:{label} {{{key}: ${prefix}{key}}})"])
        code = self.object_(self.outline.type_of(label), group, Scope(times, variable), inner)
        rows = each(self.answer(variable, "", inner, block), code)
        del field_
        return lambda row: f"one({rows(row)})"

    def _by_ids(self, _: object, field_: GraphQLField, group: Group, scope: Scope, block: Block) -> Code:
        bound, prefix, times = self.given(group, scope)
        found = []
        for label in bound.labels:
            variable = self.names.fresh(label.lower())
            inner = Block([f"MATCH ({variable}:{label}) WHERE {variable}.id IN ${prefix}ids"], [f"{variable}.id"])
            code = self.object_(self.outline.type_of(label), group, Scope(times, variable), inner)
            found.append(each(self.answer(variable, "", inner, block), _with_id(code)))
        del field_
        return lambda row: f"in_order(given[{prefix + 'ids'!r}], [{', '.join(rows(row) for rows in found)}])"

    def given(self, group: Group, scope: Scope) -> tuple[Given, str, Times]:
        """A field's arguments that are no list's, the prefix of their parameters, and the moment for its selection."""
        bound = self.bounds[id(group[0])]
        assert isinstance(bound, Given)  # noqa: S101 - what such arguments become
        prefix = self.prefix(group)
        times = self.times(bound, prefix, scope)
        self.placements.append(Placement(id(group[0]), prefix, 0, times))
        return bound, prefix, times


def _required(field_: GraphQLField) -> bool:
    """Whether the schema promises a value."""
    return isinstance(field_.type, GraphQLNonNull)


def _chosen(place_: int, codes: Sequence[tuple[str, Code]]) -> Code:
    """The code whose name stands in this column; null when none does."""

    def code(row: str) -> str:
        tests = [f"{each_(row)} if {row}[{place_}] == {name!r} else " for name, each_ in codes]
        return f"({''.join(tests)}None)"

    return code


def _first(place_: int, code: Code) -> Code:
    """The code of the only row in this column."""
    return lambda row: f"one({each(place_, code)(row)})"


def _with_id(code: Code) -> Code:
    return lambda row: f"({row}[0], {code(row)})"


HANDLERS: Mapping[type, Handler] = {
    means.Property: Compiler._property,
    means.Value: Compiler._value,
    means.One: Compiler._one,
    means.Several: Compiler._several,
    means.End: Compiler._end,
    means.Named: Compiler._named,
    means.ById: Compiler._by_id,
    means.ByVin: Compiler._by_id,
    means.ByIds: Compiler._by_ids,
}
"""The meanings that are compiled here."""
