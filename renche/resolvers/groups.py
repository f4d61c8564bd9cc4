"""The `aggregate` field of every connection, derived from what its rows are: the types of groups, keys and figures."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLField,
    GraphQLFloat,
    GraphQLInt,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLString,
    get_argument_values,
    get_named_type,
)
from graphql.execution.values import VariableValues

from renche.graph import filters
from renche.graph.groups import MAXIMUM_GROUPS, GroupKey, Kind, Measure, Span
from renche.planner.bind import Given, bind
from renche.planner.meaning import Aggregate, Figure, Form, Key, Property, Value, give_meaning, meaning_of
from renche.resolvers.node import Money, money_of

DEFAULT_GROUPS: Final = 100

BIG_INT = GraphQLScalarType("BigInt", description="A whole number of up to 64 bits.", serialize=int)

_UNIQUE = ("id", "sourceId", "vin")  # a group of one is no group
_TEXTS = {
    Kind.DISTINCT: "How many different values there are.",
    Kind.MIN: "The smallest value; null when there is none.",
    Kind.MAX: "The largest value; null when there is none.",
    Kind.AVG: "The mean of the values; null when there is none.",
    Kind.SUM: "The sum of the values; 0 when there is none.",
}


@dataclass(frozen=True)
class Member:
    """A field of a row's thing or role that groups know: its name in groups, and what it is."""

    name: str
    field: GraphQLField
    meaning: Property | Value
    of_edge: bool

    @property
    def type(self) -> GraphQLNamedType:
        return get_named_type(self.field.type)

    @property
    def subject(self) -> "filters.Property | filters.Computed":
        if isinstance(self.meaning, Value):
            return filters.Computed(self.meaning.traversal)
        return filters.Property(self.meaning.name, self.of_edge)

    @property
    def description(self) -> str:
        return self.field.description or ""


def aggregate_field(
    name: str, node: GraphQLObjectType, role: GraphQLObjectType | None, resolve: Callable[..., Any]
) -> GraphQLField:
    """The field `aggregate` of connections whose rows are this thing and role; `name` begins its types' names."""
    members = list(_members(node, role))
    by = GraphQLEnumType(
        f"{name}GroupBy",
        {key: GraphQLEnumValue(value, description=text) for key, value, text in _keys(members)},
        description="What rows may be grouped by.",
    )
    group = GraphQLObjectType(
        f"{name}Group", _group_fields(name, members), description="Rows that have something in common."
    )
    field = GraphQLField(
        GraphQLNonNull(GraphQLList(GraphQLNonNull(group))),
        {
            "by": GraphQLArgument(
                GraphQLNonNull(GraphQLList(GraphQLNonNull(by))),
                default_value=[],
                description="What the rows are grouped by; without any, all are one group.",
            ),
            "first": GraphQLArgument(
                GraphQLNonNull(GraphQLInt),
                default_value=DEFAULT_GROUPS,
                description=f"How many groups to give, the largest first, up to {MAXIMUM_GROUPS}.",
            ),
        },
        resolve=resolve,
        description="The rows on all pages in groups, counted and measured; the largest group first.",
    )
    give_meaning(field, Aggregate())
    return field


def given_of(info: Any) -> Given:
    """What the arguments of `aggregate` ask for."""
    field = info.parent_type.fields[info.field_name]
    arguments = get_argument_values(field, info.field_nodes[0], VariableValues({}, info.variable_values))
    found = bind(field, arguments, info.context.keyed)
    assert isinstance(found, Given)  # noqa: S101 - the field is no list
    return found


def measures_of(field: GraphQLField) -> list[Measure]:
    """Every figure of the groups of such a field."""
    return [figure.measure for _, _, figure in _figures(field)]


def shown(field: GraphQLField, keys: tuple[GroupKey, ...], row: list[Any]) -> dict[str, Any]:
    """A group as the schema shows it, from its row: [keys, count, figures ...]."""
    known, count, *figures = row
    group: dict[str, Any] = {"count": count, "key": {}}
    type_ = get_named_type(field.type)
    assert isinstance(type_, GraphQLObjectType)  # noqa: S101 - a group
    key_type = get_named_type(type_.fields["key"].type)
    assert isinstance(key_type, GraphQLObjectType)  # noqa: S101
    for name, each in key_type.fields.items():
        key = meaning_of(each).key
        group["key"][name] = known[keys.index(key)] if key in keys else None
    for (part, name, figure), value in zip(_figures(field), figures, strict=True):
        group.setdefault(part, {})[name] = _sole(value) if figure.form is Form.MONEY else value
    return group


def _sole(value: list[Any]) -> Money | None:
    units, first, last = value
    return money_of(Decimal(round(units)), first) if first is not None and first == last else None


def _figures(field: GraphQLField) -> Iterator[tuple[str, str, Figure]]:
    """Each figure with the names of its part and its field."""
    group = get_named_type(field.type)
    assert isinstance(group, GraphQLObjectType)  # noqa: S101
    for part, each in group.fields.items():
        type_ = get_named_type(each.type)
        if part != "key" and isinstance(type_, GraphQLObjectType):
            for name, figure in type_.fields.items():
                yield part, name, meaning_of(figure)


def _members(node: GraphQLObjectType, role: GraphQLObjectType | None) -> Iterator[Member]:
    for type_, of_edge in ((node, False), (role, True)):
        for name, field in type_.fields.items() if type_ else ():
            meaning = meaning_of(field)
            if name in _UNIQUE or not isinstance(meaning, Property | Value) or getattr(meaning, "masked", False):
                continue
            if meaning.form in (Form.ENDING, Form.REASONS):
                continue
            yield Member(f"role{name[0].upper()}{name[1:]}" if of_edge else name, field, meaning, of_edge)


def _keys(members: list[Member]) -> Iterator[tuple[str, GroupKey, str]]:
    """Each key that rows may be grouped by, with its name among the enum's values."""
    for name, key, _, text in _key_fields(members):
        yield "".join(f"_{each}" if each.isupper() else each.upper() for each in name), key, text


def _key_fields(members: list[Member]) -> Iterator[tuple[str, GroupKey, Any, str]]:
    for member in members:
        if member.meaning.form is Form.DATE:
            yield (
                f"{member.name}Month",
                GroupKey(member.subject, Span.MONTH),
                GraphQLString,
                (f"{member.description} Its month, as 2026-11."),
            )
            yield (
                f"{member.name}Year",
                GroupKey(member.subject, Span.YEAR),
                GraphQLInt,
                (f"{member.description} Its year."),
            )
        elif member.meaning.form is Form.PLAIN:
            yield member.name, GroupKey(member.subject), member.type, member.description


def _group_fields(name: str, members: list[Member]) -> dict[str, GraphQLField]:
    keys = {}
    for key_name, key, type_, text in _key_fields(members):
        keys[key_name] = GraphQLField(type_, description=text)
        give_meaning(keys[key_name], Key(key))
    key_type = GraphQLObjectType(
        f"{name}GroupKey", keys, description="What the rows of a group have in common; null where not grouped by it."
    )
    found = {
        "key": GraphQLField(GraphQLNonNull(key_type), description="What the rows have in common."),
        "count": GraphQLField(GraphQLNonNull(GraphQLInt), description="How many rows there are."),
    }
    for kind in Kind:
        figures = dict(_figure_fields(kind, members))
        if figures:
            type_ = GraphQLObjectType(f"{name}{kind.value.capitalize()}", figures, description=_TEXTS[kind])
            found[kind.value] = GraphQLField(GraphQLNonNull(type_), description=_TEXTS[kind])
    return found


def _figure_fields(kind: Kind, members: list[Member]) -> Iterator[tuple[str, GraphQLField]]:
    for member in members:
        type_ = _figure_type(kind, member)
        if type_ is not None and isinstance(member.subject, filters.Property):
            money = member.meaning.form is Form.MONEY
            text = member.description
            if money:
                text += " Null where the rows are of several currencies."
            field = GraphQLField(type_, description=text)
            form = Form.PLAIN if kind is Kind.DISTINCT else member.meaning.form
            give_meaning(field, Figure(Measure(kind, member.subject, money), form))
            yield member.name, field


def _figure_type(kind: Kind, member: Member) -> Any:
    """The type of a figure; None where it makes no sense."""
    form, name = member.meaning.form, member.type.name
    if kind is Kind.DISTINCT:
        return None if form is Form.MONEY else GraphQLNonNull(GraphQLInt)
    if form is Form.MONEY or (kind in (Kind.MIN, Kind.MAX) and form in (Form.DATE, Form.INSTANT)):
        return member.type
    if name != "Int":
        return None
    return {Kind.AVG: GraphQLFloat, Kind.SUM: GraphQLNonNull(BIG_INT)}.get(kind, member.type)
