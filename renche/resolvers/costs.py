"""What each field costs: `@cost` and `@listSize` of IBM's GraphQL Cost Directives, derived from what the fields mean.

An object counts 1, a scalar 0, as the specification has it; weights stand only where a field makes the database do
more than lead to its objects, and a condition or a key of an order more than look at its row.
"""

from copy import copy
from typing import Any, Final

import strawberry
from graphql import (
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_list_type,
)
from strawberry import UNSET
from strawberry.schema_directive import Location

from renche.graph import words
from renche.graph.page import DEFAULT_PAGE, MAXIMUM_PAGE
from renche.planner.cost import ListSize, give_size, give_weight, is_list, size_of
from renche.planner.meaning import (
    Aggregate,
    ByIds,
    Comparison,
    Pages,
    Path,
    Quantified,
    Records,
    Reveal,
    Search,
    Several,
    Table,
    Value,
    Variable,
    meaning_of,
)
from renche.resolvers.referral import MAXIMUM_DEPTH

_DEFINITION: Final = "strawberry-definition"

VALUE: Final = 1  # a small question of its own for each object
COUNT: Final = 10  # all rows of all pages
ROWS: Final = 10  # relationships of several kinds, sorted together
FEW: Final = 10  # of a list without a length of its own: it may have a hundred, and hardly ever has ten
ROLES: Final = 3  # of one person in one vehicle
WHOLE: Final = 50  # all rows, grouped and measured, or each looked into before any is shown; paths of many lengths
PATH: Final = 100  # a search in both directions
RELATED: Final = 10  # in a filter: a small question of its own for each row that is looked at
CHANGE: Final = 10  # of a mutation: writes, and the record of who asked for them


@strawberry.schema_directive(
    name="cost",
    locations=[
        Location.ARGUMENT_DEFINITION,
        Location.ENUM,
        Location.FIELD_DEFINITION,
        Location.INPUT_FIELD_DEFINITION,
        Location.OBJECT,
        Location.SCALAR,
    ],
    description="What a field costs beside the objects that it leads to; at a field of a filter or of an order, what it"
    " adds to the cost of the list, as often as it is given, and for each comparison that it is given with.",
)
class CostDirective:
    weight: str = strawberry.directive_field(name="weight")


@strawberry.schema_directive(
    name="listSize",
    locations=[Location.FIELD_DEFINITION],
    description="How long a list may be: what the largest of its slicing arguments says, else the assumed size."
    " With sized fields it is these lists of the object that are so long.",
)
class ListSizeDirective:
    assumed_size: int | None = strawberry.directive_field(name="assumedSize", default=UNSET)
    slicing_arguments: list[str] | None = strawberry.directive_field(name="slicingArguments", default=UNSET)
    sized_fields: list[str] | None = strawberry.directive_field(name="sizedFields", default=UNSET)
    require_one_slicing_argument: bool | None = strawberry.directive_field(
        name="requireOneSlicingArgument", default=True
    )


def give_costs(schema: GraphQLSchema) -> None:
    """Gives each field its weight and the size of its list, for the planner and for the schema's text."""
    for type_ in schema.type_map.values():
        if isinstance(type_, GraphQLInputObjectType):
            for given in type_.fields.values():
                if weight := _weight_given(given):
                    _show_weight(given, weight)
        if isinstance(type_, GraphQLObjectType) and not type_.name.startswith("__"):
            for name, field in type_.fields.items():
                weight = CHANGE if type_ is schema.mutation_type else COUNT if name == "totalCount" else _weight(field)
                size = ListSize(ROLES) if name == "roles" and is_list(field) else _size(field)
                if weight:
                    _show_weight(field, weight)
                if size is not None:
                    give_size(field, size)
                    add_directive(field, _directive(field, size))

    _assume_the_rest(schema)


def _show_weight(field: GraphQLField | GraphQLInputField, weight: int) -> None:
    give_weight(field, weight)
    add_directive(field, CostDirective(weight=str(weight)))


def _assume_the_rest(schema: GraphQLSchema) -> None:
    """Lists that nothing gives a size, those of what mutations answer, are taken for short ones."""
    fields = {
        (type_.name, name): field
        for type_ in schema.type_map.values()
        if isinstance(type_, GraphQLObjectType) and not type_.name.startswith("__")
        for name, field in type_.fields.items()
    }
    sized = {
        (get_named_type(field.type).name, name)
        for field in fields.values()
        if (size := size_of(field)) is not None
        for name in size.sized
    }
    for place, field in fields.items():
        if is_list(field) and size_of(field) is None and place not in sized:
            give_size(field, ListSize(FEW))
            add_directive(field, _directive(field, ListSize(FEW)))


def add_directive(field: GraphQLField | GraphQLInputField, directive: Any) -> None:
    """Shows a directive at this field in the schema's text."""
    # Strawberry's own field may stand in several schemas.
    known = field.extensions.get(_DEFINITION)
    shown = copy(known) if known is not None else strawberry.field()
    shown.directives = [*shown.directives, directive]
    field.extensions[_DEFINITION] = shown


def _weight(field: GraphQLField) -> int:
    meaning = meaning_of(field)
    if isinstance(meaning, Records):
        return WHOLE if meaning.depth else ROWS
    weights = {Value: VALUE, Search: ROWS, Aggregate: WHOLE, Table: WHOLE, Path: PATH}
    return weights.get(type(meaning), 0)


def _weight_given(field: GraphQLInputField) -> int:
    """What looks at more than the row itself: at related rows, or at what is worked out from them."""
    meaning = meaning_of(field)
    if not isinstance(meaning, Quantified) and not (isinstance(meaning, Comparison) and isinstance(meaning.of, Value)):
        return 0
    # A filter ends when its page is full; an order has to know all rows before the first.
    return WHOLE if get_named_type(field.type).name == "Direction" else RELATED


def _size(field: GraphQLField) -> ListSize | None:
    meaning = meaning_of(field)
    if isinstance(meaning, Pages):
        return ListSize(DEFAULT_PAGE, ("first", "last"), _lists(field))
    if isinstance(meaning, Records | Search):
        return ListSize(slicing=("first",), sized=_lists(field))
    if isinstance(meaning, Path):
        return ListSize(slicing=("maxHops",), sized=_lists(field))
    if isinstance(meaning, Aggregate):
        return ListSize(slicing=("first",))
    if isinstance(meaning, ByIds):
        return ListSize(MAXIMUM_PAGE, (meaning.argument,))
    if isinstance(meaning, Reveal) and is_list_type(get_nullable_type(field.args[meaning.argument].type)):
        return ListSize(MAXIMUM_PAGE, (meaning.argument,), ("people",))
    if meaning is None and "first" in field.args:
        return ListSize(slicing=("first",), sized=_lists(field))
    if not is_list(field) or meaning is None:
        return None
    return ListSize({Several: FEW, Variable: MAXIMUM_DEPTH + 1, Table: len(words.ReferralStatus)}[type(meaning)])


def _lists(field: GraphQLField) -> tuple[str, ...]:
    """The lists of the object that a field leads to, but for those with a size of their own."""
    type_ = get_named_type(field.type)
    assert isinstance(type_, GraphQLObjectType)  # noqa: S101 - lists of several fields have one
    return tuple(name for name, each in type_.fields.items() if is_list(each) and meaning_of(each) is None)


def _directive(field: GraphQLField, size: ListSize) -> ListSizeDirective:
    # The specification knows slicing arguments of numbers only.
    slicing = [name for name in size.slicing if get_named_type(field.args[name].type) is GraphQLInt]
    return ListSizeDirective(
        assumed_size=UNSET if size.assumed is None else size.assumed,
        slicing_arguments=slicing or UNSET,
        sized_fields=list(size.sized) or UNSET,
        require_one_slicing_argument=False if len(slicing) > 1 else UNSET,
    )
