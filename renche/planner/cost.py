"""What a query costs, in the manner of IBM's GraphQL Cost Directives.

The cost is the specification's type cost, each object that the answer may hold counting 1, plus the weights that stand
at fields and at those of their arguments, once for each object they are selected on. `requested` counts with the sizes
that the arguments of lists allow, before anything is read; `actual` with the sizes of the answer.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import ceil
from statistics import fmean
from typing import Any, Final

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLObjectType,
    GraphQLSchema,
    IntValueNode,
    ListValueNode,
    Undefined,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
)

from renche.planner.document import Outline
from renche.planner.recent import Recent

SIZES: Final = 16  # of one outline: clients ask for pages of a few sizes, with a few filters
_WEIGHT, _SIZE = "weight", "listSize"


@dataclass(frozen=True)
class ListSize:
    """How long a list may be: the largest of what its `slicing` arguments say, else `assumed`.

    Of a list among them it is the length that says it. With `sized` it is the length of these fields of the object that
    the field leads to, not of the field itself.
    """

    assumed: int | None = None
    slicing: tuple[str, ...] = ()
    sized: tuple[str, ...] = ()


def give_weight(field: GraphQLField | GraphQLInputField, weight: int) -> None:
    """Says what a field costs beside the objects that it leads to, or a field of an argument where it is given."""
    field.extensions[_WEIGHT] = weight


def weight_of(field: GraphQLField | GraphQLInputField) -> int:
    """What a field costs by itself."""
    found: int = field.extensions.get(_WEIGHT, 0)
    return found


def give_size(field: GraphQLField, size: ListSize) -> None:
    """Says how long the list is that a field leads to."""
    field.extensions[_SIZE] = size


def size_of(field: GraphQLField) -> ListSize | None:
    """How long the list is that a field leads to; None when nothing says it."""
    return field.extensions.get(_SIZE)


def is_list(field: GraphQLField) -> bool:
    """Whether the field is a list of objects."""
    return isinstance(get_nullable_type(field.type), GraphQLList) and not is_leaf_type(get_named_type(field.type))


def introspected(schema: GraphQLSchema) -> dict[str, int]:
    """How long each list of introspection is in this schema, by its field: on the average, since they stand nested."""
    types = [type_ for name, type_ in schema.type_map.items() if not name.startswith("__")]
    fields = [each for type_ in types for each in getattr(type_, "fields", {}).values()]
    found = {
        "types": [len(schema.type_map)],
        "directives": [len(schema.directives)],
        "fields": [
            len(getattr(type_, "fields", ())) for type_ in types if not isinstance(type_, GraphQLInputObjectType)
        ],
        "inputFields": [len(type_.fields) if isinstance(type_, GraphQLInputObjectType) else 0 for type_ in types],
        "enumValues": [len(getattr(type_, "values", ())) for type_ in types],
        "args": [len(getattr(each, "args", ())) for each in fields],
        "interfaces": [len(getattr(type_, "interfaces", ())) for type_ in types],
    }
    return {name: ceil(fmean(lengths or [1])) for name, lengths in found.items()}


class Costs:
    """The costs of one outline; what does not depend on variables is counted once."""

    def __init__(self, outline: Outline, introspected: Mapping[str, int]) -> None:
        self._outline = outline
        self._introspected = introspected
        self._known: Recent[tuple[Any, ...], int] = Recent(SIZES)
        self._names = sorted(set(_slicing_variables(outline)))

    def requested(self, variables: Mapping[str, Any], weights: Mapping[int, int]) -> int:
        """The most that an answer may cost, with these coerced variables.

        `weights`: what the arguments of a field cost, by the site of the outline; where it is missing, nothing.
        """
        key = (*[_length(variables.get(name)) for name in self._names], *weights.items())
        return self._known.get(key, lambda: _Requested(self._outline, weights, self._introspected, variables).cost())

    def actual(self, data: Mapping[str, Any] | None, weights: Mapping[int, int]) -> int:
        """What this answer cost, with these weights of arguments; nothing when there is none."""
        return 0 if data is None else _Actual(self._outline, weights).cost(data)


class _Walk:
    """A walk through the selections of an outline, each group of nodes looked at once for each type it stands on."""

    def __init__(self, outline: Outline, weights: Mapping[int, int]) -> None:
        self._outline = outline
        self._weights = weights
        self._selected: dict[tuple[Any, ...], dict[str, list[FieldNode]]] = {}

    def _weight(self, field: GraphQLField, group: list[FieldNode]) -> int:
        """What the field costs by itself, and what its arguments do."""
        return weight_of(field) + self._weights.get(id(group[0]), 0)

    def _fields(self, type_: GraphQLObjectType, nodes: list[FieldNode]) -> dict[str, list[FieldNode]]:
        key = (type_.name, *map(id, nodes))
        if key not in self._selected:
            self._selected[key] = self._outline.fields(type_, nodes)
        return self._selected[key]


class _Requested(_Walk):
    def __init__(
        self,
        outline: Outline,
        weights: Mapping[int, int],
        introspected: Mapping[str, int],
        variables: Mapping[str, Any],
    ) -> None:
        super().__init__(outline, weights)
        self._introspected = introspected
        self._variables = variables
        self._known: dict[tuple[Any, ...], int] = {}

    def cost(self) -> int:
        return 1 + self._sum(self._outline.root, self._outline.root_fields().values(), {})

    def _sum(self, type_: GraphQLObjectType, groups: Iterable[list[FieldNode]], sizes: Mapping[str, int]) -> int:
        return sum(self._field(type_, group, sizes.get(group[0].name.value)) for group in groups)

    def _field(self, type_: GraphQLObjectType, group: list[FieldNode], size: int | None) -> int:
        """The cost of a field on one object; its size is given where its parent says it."""
        key = (type_.name, size, *map(id, group))
        if key not in self._known:
            field = self._outline.field(type_, group[0].name.value)
            self._known[key] = self._weight(field, group) + self._below(field, group, size)
        return self._known[key]

    def _below(self, field: GraphQLField, group: list[FieldNode], size: int | None) -> int:
        if is_leaf_type(get_named_type(field.type)):
            return 0
        own = size_of(field)
        stated = self._stated(field, group[0], own) if own else None
        sizes: dict[str, int] = {}
        if own is not None and own.sized and stated is not None:
            sizes = dict.fromkeys(own.sized, stated)
        elif is_list(field) and size is None:
            size = stated if stated is not None else self._introspected.get(group[0].name.value, 1)
        types = self._outline.possible_types(field)
        return (1 if size is None else size) * max(
            1 + self._sum(each, self._fields(each, group).values(), sizes) for each in types
        )

    def _stated(self, field: GraphQLField, node: FieldNode, size: ListSize) -> int | None:
        found = [self._argument(field, node, name) for name in size.slicing]
        known = [max(each, 0) for each in found if each is not None]
        return max(known) if known else size.assumed

    def _argument(self, field: GraphQLField, node: FieldNode, name: str) -> int | None:
        default = field.args[name].default_value
        for argument in node.arguments or ():
            if argument.name.value == name:
                value = argument.value
                if isinstance(value, IntValueNode):
                    return int(value.value)
                if isinstance(value, ListValueNode):
                    return len(value.values)
                if isinstance(value, VariableNode) and value.name.value in self._variables:
                    return _length(self._variables[value.name.value])
        return None if default is Undefined else _length(default)


class _Actual(_Walk):
    def cost(self, data: Mapping[str, Any]) -> int:
        root = self._outline.root
        return 1 + sum(self._field(root, group, data[key]) for key, group in self._outline.root_fields().items())

    def _field(self, type_: GraphQLObjectType, group: list[FieldNode], value: Any) -> int:
        field = self._outline.field(type_, group[0].name.value)
        return self._weight(field, group) + self._value(field, group, value)

    def _value(self, field: GraphQLField, group: list[FieldNode], value: Any) -> int:
        if isinstance(value, list):
            return sum(self._value(field, group, each) for each in value)
        if not isinstance(value, Mapping) or is_leaf_type(get_named_type(field.type)):  # JSON is a leaf, too
            return 0
        # Of an abstract type the answer does not say which it is; what has these keys costs the same.
        for type_ in self._outline.possible_types(field):
            selected = self._fields(type_, group)
            if selected.keys() == value.keys():
                return 1 + sum(self._field(type_, each, value[key]) for key, each in selected.items())
        return 1


def _slicing_variables(outline: Outline) -> Iterable[str]:
    for site in outline.sites.values():
        size = size_of(site.field) or ListSize()
        for argument in site.node.arguments or ():
            if argument.name.value in size.slicing and isinstance(argument.value, VariableNode):
                yield argument.value.name.value


def _length(value: Any) -> int | None:
    return len(value) if isinstance(value, list) else value
