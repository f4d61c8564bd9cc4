"""The values of a field's arguments that name variables, without a walk through its input types for each request.

graphql-core looks at every field of an input type, given or not: a filter has dozens. What stands in the document
stays, so it is coerced once, and variables are put in their places.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    ListValueNode,
    ObjectValueNode,
    Undefined,
    VariableNode,
    coerce_input_literal,
    get_argument_values,
    get_named_type,
    get_nullable_type,
)
from graphql.execution.values import VariableValues
from graphql.language import Node
from graphql.language.ast import QUERY_DOCUMENT_KEYS

Fill: TypeAlias = Callable[[Mapping[str, Any]], Any]
"""A value, given those of the variables; raises KeyError where one has none."""


class Arguments:
    """The arguments of one field of a document; `values` gives what graphql-core's `get_argument_values` gives."""

    def __init__(self, field: GraphQLField, node: FieldNode) -> None:
        self._field = field
        self._node = node
        named = {each.name.value: each.value for each in node.arguments or () if names_variable(each)}
        fills = {
            field.args[name].out_name or name: _fill(field.args[name].type, value) for name, value in named.items()
        }
        known = {name: fill for name, fill in fills.items() if fill is not None}
        self._fills = known if len(known) == len(fills) else None
        self._parts: dict[str, Fill] | None = None

    def values(self, variables: VariableValues) -> dict[str, Any]:
        """The coerced values; raises GraphQLError for one that is wrong."""
        if self._parts is not None:
            try:
                return {name: part(variables.coerced) for name, part in self._parts.items()}
            except KeyError:  # a variable without a value: graphql-core knows what becomes of it
                pass
        found = get_argument_values(self._field, self._node, variables)
        if self._fills is not None:
            self._parts = self._in_order({name: _constant(value) for name, value in found.items()} | self._fills)
        return found

    def _in_order(self, parts: Mapping[str, Fill]) -> dict[str, Fill]:
        """The parts in the order of the field's arguments, as graphql-core gives them: it decides what texts say."""
        names = [argument.out_name or name for name, argument in self._field.args.items()]
        return {name: parts[name] for name in names if name in parts}


def fields_given(type_: GraphQLInputType, value: Any) -> list[tuple[GraphQLInputField, Any]]:
    """The fields of input types that a coerced value gives, each as often as it does, with what it gives them."""
    found: list[tuple[GraphQLInputField, Any]] = []
    if isinstance(value, list | tuple):
        for each in value:
            found += fields_given(type_, each)
    elif isinstance(value, dict) and isinstance(named := get_named_type(type_), GraphQLInputObjectType):
        for name, each in value.items():
            field = named.fields[name]
            found.append((field, each))
            found += fields_given(field.type, each)
    return found


def nodes_within(node: Node) -> Iterator[Node]:
    """This node and all below it, as they stand in the text."""
    left = [node]
    while left:
        found = left.pop()
        yield found
        for key in reversed(QUERY_DOCUMENT_KEYS.get(found.kind, ())):
            value = getattr(found, key)
            if isinstance(value, Node):
                left.append(value)
            elif value:
                left += reversed(value)


def names_variable(node: Node) -> bool:
    """Whether a variable stands in an argument or in a value."""
    return any(isinstance(each, VariableNode) for each in nodes_within(node))


def _fill(type_: GraphQLInputType, node: Node) -> Fill | None:
    """How this part of an argument is filled; None for forms that are left to graphql-core."""
    if isinstance(node, VariableNode):
        return _variable(node.name.value)
    if not names_variable(node):
        return _constant(coerce_input_literal(node, type_))  # type: ignore[arg-type]  # it is the node of a value
    plain = get_nullable_type(type_)
    if isinstance(node, ListValueNode) and isinstance(plain, GraphQLList):
        items = [_fill(plain.of_type, each) for each in node.values]
        known = [each for each in items if each is not None]
        return (lambda given: [each(given) for each in known]) if len(known) == len(items) else None
    if isinstance(node, ObjectValueNode) and isinstance(plain, GraphQLInputObjectType):
        return _object(plain, node)
    return None


def _constant(value: Any) -> Fill:
    return lambda _: value


def _variable(name: str) -> Fill:
    def value(given: Mapping[str, Any]) -> Any:
        found = given[name]
        if found is None:
            raise KeyError(name)
        return found

    return value


def _object(type_: GraphQLInputObjectType, node: ObjectValueNode) -> Fill | None:
    given = {each.name.value: each.value for each in node.fields}
    left_out = [field for name, field in type_.fields.items() if name not in given]
    if type_.is_one_of or any(each.default_value is not Undefined or each.default for each in left_out):
        return None
    # In the order of the type, as graphql-core gives them.
    parts = {
        field.out_name or name: _fill(field.type, given[name]) for name, field in type_.fields.items() if name in given
    }
    known = {name: part for name, part in parts.items() if part is not None}
    return (lambda values: {name: part(values) for name, part in known.items()}) if len(known) == len(parts) else None
