"""Groups of a list's rows in the plan."""

from graphql import FieldNode, GraphQLField, GraphQLObjectType, get_named_type

from renche.graph.groups import GroupKey, Measure, grouped
from renche.graph.listing import Listing
from renche.planner.compile import Block, Compiler, Group, Scope
from renche.planner.meaning import Figure, Form, Key, meaning_of
from renche.planner.shape import Code, constant, each, formed, sole_money


def aggregate(
    compiler: Compiler, listing: Listing, type_: GraphQLObjectType, group: Group, scope: Scope, block: Block
) -> Code:
    """The groups of a listing's rows, of the object type `type_`."""
    given, prefix, _ = compiler.given(group, scope)
    groups = _Groups(compiler, given.text)
    code = groups.object_(type_, group)
    answer = compiler.names.fresh("groups")
    text = grouped(listing, given.text, groups.measures, limit=f"{prefix}groups", answer=answer)
    block.subquery(scope.node, text)
    return each(block.column(answer), code)


class _Groups:
    """The figures that a selection needs, gathered while its code is made. A row is [keys, count, figures ...]."""

    def __init__(self, compiler: Compiler, keys: tuple[GroupKey, ...]) -> None:
        self._compiler = compiler
        self._keys = keys
        self.measures: list[Measure] = []

    def object_(self, type_: GraphQLObjectType, group: list[FieldNode]) -> Code:
        """The code of a group, or of its keys or figures."""
        parts = []
        for key, nodes in self._compiler.outline.fields(type_, group).items():
            name = nodes[0].name.value
            parts.append((key, constant(type_.name) if name == "__typename" else self._part(type_.fields[name], nodes)))
        return lambda row: "{" + ", ".join(f"{key!r}: {code(row)}" for key, code in parts) + "}"

    def _part(self, field_: GraphQLField, nodes: list[FieldNode]) -> Code:
        meaning = meaning_of(field_)
        if isinstance(meaning, Key):
            if meaning.key not in self._keys:
                return constant(None)
            at = self._keys.index(meaning.key)
            return lambda row: f"{row}[0][{at}]"
        if isinstance(meaning, Figure):
            return self._figure(meaning, field_, nodes)
        type_ = get_named_type(field_.type)
        if isinstance(type_, GraphQLObjectType):
            return self.object_(type_, nodes)
        return lambda row: f"{row}[1]"  # the count

    def _figure(self, meaning: Figure, field_: GraphQLField, nodes: list[FieldNode]) -> Code:
        if meaning.measure not in self.measures:
            self.measures.append(meaning.measure)
        place = 2 + self.measures.index(meaning.measure)
        if meaning.form is not Form.MONEY:
            return formed(meaning.form, place, required=False)
        type_ = get_named_type(field_.type)
        assert isinstance(type_, GraphQLObjectType)  # noqa: S101 - Money
        return sole_money(self._compiler.outline.names(type_, nodes), place)
