"""The scopes that a document and its arguments need, found before anything is read."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLInputField,
    GraphQLSchema,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    visit,
)
from graphql.language import Node

from renche.graph.caller import Scope
from renche.graph.errors import Forbidden

_KEY: Final = "renche-scopes"


def give_scopes(field: GraphQLField | GraphQLInputField, scopes: frozenset[Scope]) -> None:
    """Says which scopes a field needs, all of them."""
    field.extensions[_KEY] = scopes


def scopes_of(field: GraphQLField | GraphQLInputField) -> frozenset[Scope]:
    """The scopes that a field needs; raises KeyError for one that states none, not even that it needs none."""
    found: frozenset[Scope] = field.extensions[_KEY]
    return found


def needed_by(schema: GraphQLSchema, nodes: Iterable[Node]) -> Mapping[Scope, FieldNode]:
    """The scopes that the fields of an operation and its fragments need, each with a field that does."""
    needs = _Needs(schema)
    for node in nodes:
        visit(node, TypeInfoVisitor(needs.types, needs))
    return needs.found


class _Needs(Visitor):
    def __init__(self, schema: GraphQLSchema) -> None:
        super().__init__()
        self.types = TypeInfo(schema)
        self.found: dict[Scope, FieldNode] = {}

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        field, parent = self.types.get_field_def(), self.types.get_parent_type()
        looks_into_schema = node.name.value.startswith("__") or (parent is not None and parent.name.startswith("__"))
        if field is not None and not looks_into_schema:
            for scope in scopes_of(field):
                self.found.setdefault(scope, node)


def refusal(missing: Iterable[Scope]) -> Forbidden:
    """What is said to who lacks scopes."""
    return Forbidden(f"This needs what the token does not allow: {', '.join(sorted(missing))}.")
