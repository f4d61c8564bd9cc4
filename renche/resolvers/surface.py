"""The arguments of every list, derived from what it leads to: `filter`, `orderBy`, pages and times.

Strawberry makes the types and their fields; here each connection gets its arguments, and each type of thing or role
the inputs to filter and order it by, from the meanings of its fields. So none of them is written twice, and a field
that is added to a type can be asked for in filters at once.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputFieldMap,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
    get_named_type,
)

from renche.graph.filters import Operator, Quantifier
from renche.graph.page import DEFAULT_PAGE, MAXIMUM_PAGE
from renche.planner.meaning import (
    ById,
    ByIds,
    ByVin,
    Comparison,
    Form,
    InputMeaning,
    Logic,
    One,
    Pages,
    Path,
    Property,
    Quantified,
    Records,
    Search,
    Several,
    Side,
    Table,
    Value,
    Variable,
    give_meaning,
    give_relationship,
    meaning_of,
)
from renche.resolvers.connection import groups
from renche.resolvers.groups import aggregate_field
from renche.resolvers.role import relationships

_DIRECTION = GraphQLEnumType(
    "Direction",
    {
        "ASC": GraphQLEnumValue(False, description="Smallest first; missing values last."),
        "DESC": GraphQLEnumValue(True, description="Largest first; missing values first."),
    },
    description="Which end of an order comes first.",
)

_TEXTS = {
    "eq": "Equal to this.",
    "ne": "Not equal to this; a missing value is equal to nothing.",
    "in": "Equal to one of these.",
    "notIn": "Equal to none of these; a missing value is equal to nothing.",
    "lt": "Less than this.",
    "lte": "Less than this, or equal to it.",
    "gt": "More than this.",
    "gte": "More than this, or equal to it.",
    "contains": "Has this in it; capitals count.",
    "startsWith": "Begins with this; capitals count.",
    "endsWith": "Ends with this; capitals count.",
}
_ALIKE = (Operator.EQ, Operator.NE, Operator.IN, Operator.NOT_IN)
_ORDERED = (Operator.LT, Operator.LTE, Operator.GT, Operator.GTE)
_PARTIAL = (Operator.CONTAINS, Operator.STARTS_WITH, Operator.ENDS_WITH)
_OPERATORS: dict[str, tuple[Operator, ...]] = {
    "String": (*_ALIKE, *_ORDERED, *_PARTIAL),
    "ID": _ALIKE,
    "Int": (*_ALIKE, *_ORDERED),
    "Boolean": (Operator.EQ, Operator.NE),
    "Money": (*_ALIKE, *_ORDERED),
    "Date": (*_ALIKE, *_ORDERED),
    "DateTime": (*_ALIKE, *_ORDERED),
}


class Surface:
    """Makes each input type once."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._made: dict[str, GraphQLInputObjectType] = {}
        date, instant = schema.type_map["Date"], schema.type_map["DateTime"]
        assert isinstance(date, GraphQLScalarType)  # noqa: S101 - our own scalars
        assert isinstance(instant, GraphQLScalarType)  # noqa: S101
        self._times = {
            "asOf": GraphQLArgument(
                date,
                description="The day on which relationships shall hold; without it, the parent's, at first today.",
            ),
            "asKnownAt": GraphQLArgument(
                instant,
                description="The instant whose knowledge counts: what was recorded later is left out. Without it, the"
                " parent's, at first now.",
            ),
        }
        self._interval = GraphQLInputObjectType(
            "Interval",
            {
                "from": GraphQLInputField(date, description="The first day; open when not given."),
                "to": GraphQLInputField(date, description="The day after the last one; open when not given."),
            },
            description="A time from one day to another.",
        )

    def derive(self) -> GraphQLSchema:
        """The schema with the arguments of every list and thing."""
        for relationship, name in relationships().items():
            role = self._schema.type_map[name]
            assert isinstance(role, GraphQLObjectType)  # noqa: S101 - a role
            give_relationship(role, relationship)
        for type_ in self._objects():
            for field in type_.fields.values():
                self._say_meaning(field)
        for type_ in self._objects():
            for field in type_.fields.values():
                meaning = meaning_of(field)
                if isinstance(meaning, Pages):
                    field.args |= self._list_arguments(field, meaning)
                    self._give_groups(field)
                if isinstance(meaning, Pages | ById | ByIds | ByVin | Records | Table | Path | Search):
                    field.args |= self._times
        old = self._schema
        return GraphQLSchema(
            query=old.query_type,
            mutation=old.mutation_type,
            types=[*old.type_map.values(), *self._made.values()],
            directives=old.directives,
            extensions=old.extensions,
        )

    def _say_meaning(self, field: GraphQLField) -> None:
        """Takes over what Strawberry's field says of its meaning and of arguments of its own."""
        metadata = field.extensions["strawberry-definition"].metadata
        meaning = metadata.get("meaning")
        if isinstance(meaning, Property | Variable) and meaning.form is Form.PLAIN:
            forms = {"Date": Form.DATE, "DateTime": Form.INSTANT}
            meaning = replace(meaning, form=forms.get(get_named_type(field.type).name, Form.PLAIN))
        if meaning is not None:
            give_meaning(field, meaning)
        field.extensions["check"] = metadata.get("check")
        field.args |= metadata.get("arguments", {})
        if metadata.get("between"):
            field.args["between"] = GraphQLArgument(self._interval, description="Only what happened in this interval.")

    def _objects(self) -> Iterator[GraphQLObjectType]:
        for type_ in list(self._schema.type_map.values()):
            if isinstance(type_, GraphQLObjectType) and not type_.name.startswith("__"):
                yield type_

    def _give_groups(self, field: GraphQLField) -> None:
        """The field `aggregate`, for the connection that this field leads to."""
        connection = get_named_type(field.type)
        assert isinstance(connection, GraphQLObjectType)  # noqa: S101 - a connection
        if "aggregate" not in connection.fields:
            name = connection.name.removesuffix("Connection")
            connection.fields["aggregate"] = aggregate_field(name, *self._row(field), groups)

    def _list_arguments(self, field: GraphQLField, meaning: Pages) -> dict[str, GraphQLArgument]:
        node, role = self._row(field)
        order = GraphQLList(GraphQLNonNull(self._input((node, role), "Order")))
        found = {
            "filter": GraphQLArgument(self._input((node, role), "Filter"), description="Only rows that meet this."),
            "orderBy": GraphQLArgument(
                order, description="What the rows are sorted by, the first key first; equal ones by their ids."
            ),
            "first": GraphQLArgument(
                GraphQLInt,
                description=f"How many rows to give from the beginning, up to {MAXIMUM_PAGE}; {DEFAULT_PAGE} when"
                " neither `first` nor `last` is given.",
            ),
            "after": GraphQLArgument(
                GraphQLString,
                description="The cursor after which to go on; the list stays at the moment of its first page.",
            ),
            "last": GraphQLArgument(
                GraphQLInt, description=f"How many rows to give from the end, up to {MAXIMUM_PAGE}."
            ),
            "before": GraphQLArgument(GraphQLString, description="With `last`: the cursor before which to end."),
        }
        shows_roles = role is not None or (meaning.roles and meaning.traversal.gathers)
        if shows_roles and not meaning.traversal.states_time:
            found["between"] = GraphQLArgument(
                self._interval,
                description="Roles that held at some time in this interval, in the place of those valid on `asOf`.",
            )
        return found

    def _row(self, field: GraphQLField) -> tuple[GraphQLObjectType, GraphQLObjectType | None]:
        """What a row of this connection is: a thing and, where each row has one, a role."""
        connection = get_named_type(field.type)
        assert isinstance(connection, GraphQLObjectType)  # noqa: S101 - a connection
        edge = get_named_type(connection.fields["edges"].type)
        assert isinstance(edge, GraphQLObjectType)  # noqa: S101
        node = get_named_type(edge.fields["node"].type)
        role = get_named_type(edge.fields["role"].type) if "role" in edge.fields else None
        assert isinstance(node, GraphQLObjectType)  # noqa: S101
        assert role is None or isinstance(role, GraphQLObjectType)  # noqa: S101
        return node, role

    def _input(self, row: tuple[GraphQLObjectType, GraphQLObjectType | None], suffix: str) -> GraphQLInputObjectType:
        node, role = row
        name = f"{node.name}{role.name if role else ''}{suffix}"
        if name not in self._made:
            fields, text = {
                "Filter": (self._filter_fields, "What a row must meet: every field given, one beside the other."),
                "Order": (self._order_fields, "One key of an order."),
                "Quantifier": (self._quantifier_fields, "What related rows must meet: every field given."),
            }[suffix]
            # Fields are made when the schema asks for them, since types name one another in circles.
            self._made[name] = GraphQLInputObjectType(
                name, partial(fields, node, role), description=text, is_one_of=suffix == "Order"
            )
        return self._made[name]

    def _filter_fields(self, node: GraphQLObjectType, role: GraphQLObjectType | None) -> GraphQLInputFieldMap:
        own = self._input((node, role), "Filter")
        several = GraphQLList(GraphQLNonNull(own))
        found = {
            "and": _field(several, Logic("and"), "Every one of these is met."),
            "or": _field(several, Logic("or"), "At least one of these is met; without any, nothing is."),
            "not": _field(own, Logic("not"), "This is not met."),
        }
        if role is not None:
            found["node"] = _field(self._input((node, None), "Filter"), Side(edge=False), "What the thing must meet.")
            found["role"] = _field(self._input((role, None), "Filter"), Side(edge=True), "What the role must meet.")
            return found
        for name, field in node.fields.items():
            meaning = meaning_of(field)
            if isinstance(meaning, Property | Value):
                comparison = self._comparison(get_named_type(field.type), meaning)
                if comparison is not None:
                    found[name] = _field(comparison, Comparison(meaning), field.description or "")
            elif (related := self._related(field)) is not None:
                quantifier = self._input(related, "Quantifier")
                found[name] = _field(quantifier, Comparison(meaning.traversal), field.description or "")
        return found

    def _order_fields(self, node: GraphQLObjectType, role: GraphQLObjectType | None) -> GraphQLInputFieldMap:
        if role is not None:
            return {
                "node": _field(self._input((node, None), "Order"), Side(edge=False), "By the thing."),
                "role": _field(self._input((role, None), "Order"), Side(edge=True), "By the role."),
            }
        found = {}
        for name, field in node.fields.items():
            meaning = meaning_of(field)
            if isinstance(meaning, Property | Value):
                type_ = get_named_type(field.type)
                if self._comparison(type_, meaning) is not None and type_.name != "Boolean":
                    found[name] = _field(_DIRECTION, Comparison(meaning), field.description or "")
            elif self._related(field) is not None:
                found[name] = _field(self._count_order(), Comparison(meaning.traversal), field.description or "")
        return found

    def _quantifier_fields(self, node: GraphQLObjectType, role: GraphQLObjectType | None) -> GraphQLInputFieldMap:
        own = self._input((node, role), "Filter")
        return {
            "some": _field(own, Quantified(Quantifier.SOME), "At least one row meets this."),
            "none": _field(own, Quantified(Quantifier.NONE), "No row meets this."),
            "every": _field(own, Quantified(Quantifier.EVERY), "Every row meets this; so it is when there are none."),
            "count": _field(self._comparisons("Int", GraphQLInt), Quantified(None), "How many rows there are."),
        }

    def _related(self, field: GraphQLField) -> tuple[GraphQLObjectType, GraphQLObjectType | None] | None:
        """What a row of this field is, when it leads from a thing to others that are things with an id."""
        meaning = meaning_of(field)
        if isinstance(meaning, Pages):
            return self._row(field)
        if isinstance(meaning, One | Several):
            end = get_named_type(field.type)
            return (end, None) if isinstance(end, GraphQLObjectType) and end.interfaces else None
        return None

    def _count_order(self) -> GraphQLInputObjectType:
        if "CountOrder" not in self._made:
            count = _field(GraphQLNonNull(_DIRECTION), Quantified(None), "By how many there are.")
            self._made["CountOrder"] = GraphQLInputObjectType(
                "CountOrder", {"count": count}, description="A key of an order: related rows."
            )
        return self._made["CountOrder"]

    def _comparison(self, type_: object, meaning: "Property | Value") -> GraphQLInputObjectType | None:
        """The comparisons for a field of this type; None for what cannot be compared."""
        # What is shown masked or in part would be compared whole.
        if isinstance(meaning, Property) and (meaning.masked or meaning.form is Form.ENDING):
            return None
        if isinstance(meaning, Property) and meaning.form is Form.MONEY:
            return self._amounts()
        if isinstance(type_, GraphQLScalarType) and type_.name in _OPERATORS:
            return self._comparisons(type_.name, type_)
        if isinstance(type_, GraphQLEnumType) and meaning.form is Form.PLAIN:
            return self._comparisons(type_.name, type_)
        return None

    def _comparisons(self, name: str, type_: GraphQLScalarType | GraphQLEnumType) -> GraphQLInputObjectType:
        filter_name = f"{name}Filter"
        if filter_name not in self._made:
            operators = _OPERATORS.get(name, _ALIKE)
            many = GraphQLList(GraphQLNonNull(type_))
            fields = {
                operator.value: GraphQLInputField(
                    many if operator in (Operator.IN, Operator.NOT_IN) else type_, description=_TEXTS[operator.value]
                )
                for operator in operators
            }
            fields["isNull"] = GraphQLInputField(
                self._scalar("Boolean"), description="Whether there is no value; false: that there is one."
            )
            if Operator.LT in operators:
                range_ = GraphQLInputObjectType(
                    f"{name}Range",
                    {
                        "from": GraphQLInputField(GraphQLNonNull(type_), description="The smallest one."),
                        "to": GraphQLInputField(GraphQLNonNull(type_), description="The largest one."),
                    },
                    description="From one value to another, both included.",
                )
                fields["between"] = GraphQLInputField(range_, description="From one value to another, both included.")
            self._made[filter_name] = GraphQLInputObjectType(
                filter_name, fields, description="What a value must meet: every field given, one beside the other."
            )
        return self._made[filter_name]

    def _amounts(self) -> GraphQLInputObjectType:
        """The comparisons of an amount of money, in one currency."""
        if "MoneyFilter" not in self._made:
            made = self._comparisons("Money", self._scalar("Decimal"))
            made.fields["currency"] = GraphQLInputField(
                GraphQLString,
                default_value="CNY",
                description="The currency of these amounts by its ISO 4217 code; an amount in another is equal to none"
                " of them, neither less nor more.",
            )
        return self._made["MoneyFilter"]

    def _scalar(self, name: str) -> GraphQLScalarType:
        found = self._schema.type_map[name]
        assert isinstance(found, GraphQLScalarType)  # noqa: S101
        return found


def _field(type_: GraphQLInputType, meaning: InputMeaning, description: str) -> GraphQLInputField:
    field = GraphQLInputField(type_, description=description)
    give_meaning(field, meaning)
    return field
