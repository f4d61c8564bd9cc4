"""A document as the planner sees it: checked once, then outlined for each way its `@skip` and `@include` fall."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    NameNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    Token,
    TokenKind,
    ValueNode,
    VariableDefinitionNode,
    VariableNode,
    get_named_type,
    is_abstract_type,
)
from graphql.language import BooleanValueNode, DirectiveNode, Location, Node
from graphql.language.ast import QUERY_DOCUMENT_KEYS

from renche.graph.caller import Scope
from renche.planner.arguments import Arguments, names_variable, nodes_within
from renche.planner.meaning import Reveal, Search, meaning_of
from renche.planner.recent import Recent
from renche.planner.scopes import needed_by

if TYPE_CHECKING:
    from renche.planner.cost import Costs

Conditions = Mapping[str, bool]
"""The values of the variables that `@skip` and `@include` name."""


_NO_TOKEN: Final = Token(TokenKind.SOF, 0, 0, 0, 0)
_CURSORS: Final = frozenset({"after", "before"})
OUTLINES: Final = 16  # of one document: conditions fall in two ways each, and few of those are in use


@dataclass(frozen=True, slots=True)
class Site:
    """A field with arguments; what they become is found anew for each request when it `varies`."""

    field: GraphQLField
    node: FieldNode
    varies: bool
    arguments: Arguments


class Outline:
    """The selections of one operation, for given values of its conditions."""

    def __init__(
        self,
        schema: GraphQLSchema,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
        conditions: Conditions,
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._conditions = conditions
        self.constant: dict[int, Any] | None = None  # what the arguments of the fixed sites became
        self.costs: Costs | None = None
        root = schema.get_root_type(operation.operation)
        assert root is not None  # noqa: S101 - validation saw to it
        self.root = root
        self.selections = operation.selection_set

    def fields(self, type_: GraphQLObjectType, nodes: list[FieldNode]) -> dict[str, list[FieldNode]]:
        """The fields that these nodes select from an object of this type, merged by their keys in the answer."""
        found: dict[str, list[FieldNode]] = {}
        seen: set[str] = set()
        for node in nodes:
            if node.selection_set is not None:
                self._collect(type_, node.selection_set.selections, found, seen)
        return found

    def names(self, type_: GraphQLObjectType, nodes: list[FieldNode]) -> dict[str, str]:
        """The same, for objects of plain fields: the name of each field by its key in the answer."""
        return {key: group[0].name.value for key, group in self.fields(type_, nodes).items()}

    def root_fields(self) -> dict[str, list[FieldNode]]:
        """The fields of the operation itself."""
        found: dict[str, list[FieldNode]] = {}
        self._collect(self.root, self.selections.selections, found, set())
        return found

    def type_of(self, label: str) -> GraphQLObjectType:
        """The object type of things with this label."""
        type_ = self._schema.type_map[label]
        assert isinstance(type_, GraphQLObjectType)  # noqa: S101 - each label has one
        return type_

    def field(self, type_: GraphQLObjectType, name: str) -> GraphQLField:
        """The field with this name of this type, which may be one of introspection."""
        field_ = self._schema.get_field(type_, name)
        assert field_ is not None  # noqa: S101 - validation saw to it
        return field_

    def possible_types(self, field_: GraphQLField) -> list[GraphQLObjectType]:
        """The object types that the field may answer with."""
        type_ = get_named_type(field_.type)
        if is_abstract_type(type_):
            assert isinstance(type_, GraphQLInterfaceType | GraphQLUnionType)  # noqa: S101 - no others are abstract
            return list(self._schema.get_possible_types(type_))
        assert isinstance(type_, GraphQLObjectType)  # noqa: S101 - a field with selections
        return [type_]

    @cached_property
    def is_planned(self) -> bool:
        """Whether the planner can answer it: introspection and mutations are graphql-core's."""
        if self.root is not self._schema.query_type:
            return False
        names = {group[0].name.value for group in self.root_fields().values()} - {"__typename"}
        return all(name in self.root.fields and meaning_of(self.root.fields[name]) is not None for name in names)

    @cached_property
    def sites(self) -> dict[int, Site]:
        """Every field with arguments that may be answered, by the identity of its node."""
        found: dict[int, Site] = {}
        self._find_sites([self.root], self.root_fields().values(), found, set())
        return found

    @cached_property
    def fixed(self) -> tuple[int, ...]:
        """The sites whose arguments are the same in each request."""
        return tuple(key for key, site in self.sites.items() if not site.varies)

    @cached_property
    def varying(self) -> tuple[int, ...]:
        """The sites whose arguments name variables, or become what depends on keys or on the caller."""
        return tuple(key for key, site in self.sites.items() if site.varies)

    @cached_property
    def lookups(self) -> tuple[int, ...]:
        """The sites that may look people up."""
        return tuple(key for key, site in self.sites.items() if isinstance(meaning_of(site.field), Search | Reveal))

    def _find_sites(
        self,
        types: list[GraphQLObjectType],
        groups: Any,
        found: dict[int, Site],
        seen: set[tuple[object, ...]],
    ) -> None:
        for type_ in types:
            for group in groups if type_ is self.root else self.fields(type_, groups).values():
                name = group[0].name.value
                key = (type_.name, *map(id, group))
                if name.startswith("__") or key in seen:
                    continue
                seen.add(key)
                field_ = type_.fields[name]
                if field_.args:
                    found[id(group[0])] = _site(field_, group[0])
                if group[0].selection_set is not None:
                    self._find_sites(self.possible_types(field_), group, found, seen)

    def _collect(
        self,
        type_: GraphQLObjectType,
        selections: tuple[SelectionNode, ...],
        found: dict[str, list[FieldNode]],
        seen: set[str],
    ) -> None:
        for node in selections:
            if not self._included(node):
                continue
            if isinstance(node, FieldNode):
                key = node.alias.value if node.alias else node.name.value
                found.setdefault(key, []).append(node)
            elif isinstance(node, InlineFragmentNode):
                if node.type_condition is None or self._applies(type_, node.type_condition.name.value):
                    self._collect(type_, node.selection_set.selections, found, seen)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in seen:
                seen.add(node.name.value)
                fragment = self._fragments[node.name.value]
                if self._applies(type_, fragment.type_condition.name.value):
                    self._collect(type_, fragment.selection_set.selections, found, seen)

    def _applies(self, type_: GraphQLObjectType, condition: str) -> bool:
        wanted = self._schema.type_map[condition]
        if wanted is type_:
            return True
        return isinstance(wanted, GraphQLInterfaceType | GraphQLUnionType) and self._schema.is_sub_type(wanted, type_)

    def _included(self, node: SelectionNode) -> bool:
        for directive in node.directives or ():
            if directive.name.value == "skip" and self._condition(directive):
                return False
            if directive.name.value == "include" and not self._condition(directive):
                return False
        return True

    def _condition(self, directive: DirectiveNode) -> bool:
        value = _only_value(directive)
        if isinstance(value, VariableNode):
            return self._conditions[value.name.value]
        assert isinstance(value, BooleanValueNode)  # noqa: S101 - validation saw to it
        return value.value


@dataclass
class Document:
    """A valid document with the operation that is asked for."""

    schema: GraphQLSchema
    node: DocumentNode
    operation: OperationDefinitionNode
    _outlines: Recent[tuple[bool, ...], Outline] = field(default_factory=lambda: Recent(OUTLINES))

    @cached_property
    def fragments(self) -> dict[str, FragmentDefinitionNode]:
        return {each.name.value: each for each in self.node.definitions if isinstance(each, FragmentDefinitionNode)}

    @cached_property
    def name(self) -> str:
        """What the statement is called: the operation's name."""
        return self.operation.name.value if self.operation.name else "query"

    @cached_property
    def is_query(self) -> bool:
        return self.operation.operation is OperationType.QUERY

    @cached_property
    def condition_names(self) -> tuple[str, ...]:
        """The variables that `@skip` and `@include` name."""
        found = {
            value.name.value
            for node in self._reached
            for directive in _directives(node)
            if directive.name.value in ("skip", "include") and isinstance(value := _only_value(directive), VariableNode)
        }
        return tuple(sorted(found))

    @cached_property
    def needs(self) -> Mapping[Scope, FieldNode]:
        """The scopes that its fields need, each with a field that does."""
        return needed_by(self.schema, self._reached)

    @cached_property
    def _reached(self) -> list[Node]:
        """The operation, and the fragments that it spreads, whether at once or in one another."""
        found: dict[str, Node] = {}
        left: list[Node] = [self.operation]
        while left:
            for node in nodes_within(left.pop()):
                if isinstance(node, FragmentSpreadNode) and node.name.value not in found:
                    found[node.name.value] = self.fragments[node.name.value]
                    left.append(found[node.name.value])
        return [self.operation, *found.values()]

    def outline(self, variables: Mapping[str, Any]) -> Outline:
        """The selections for these values of the variables; raises GraphQLError for a condition that is null."""
        if missing := [name for name in self.condition_names if variables.get(name) is None]:
            raise GraphQLError(f"Variable '${missing[0]}' decides what is selected and must not be null.")
        key = tuple(bool(variables[name]) for name in self.condition_names)
        conditions = dict(zip(self.condition_names, key, strict=True))
        return self._outlines.get(key, lambda: Outline(self.schema, self.operation, self.fragments, conditions))


def slimmed(document: DocumentNode) -> DocumentNode:
    """The same document, valid and about to be kept, without what only its check needed: most of its memory.

    That are its tokens, and the places of all nodes that no later error names; equal names become one.
    """
    token = document.loc.start_token if document.loc else None
    while token is not None:
        token.prev = None  # a ring would wait for the garbage collector
        token = token.next
    found: DocumentNode = _slimmed(document)
    return found


def _slimmed(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(_slimmed, value))
    if isinstance(value, NameNode):
        return _name(value.value)
    if not isinstance(value, Node):
        return value
    parts = {key: _slimmed(getattr(value, key)) for key in QUERY_DOCUMENT_KEYS.get(value.kind, ())}
    return replace(value, **parts, loc=_place(value))


@lru_cache(maxsize=1_000)
def _name(text: str) -> NameNode:
    return NameNode(value=text)


def _place(node: Node) -> Location | None:
    if node.loc is None or not isinstance(node, FieldNode | ValueNode | VariableDefinitionNode):
        return None
    place = Location(_NO_TOKEN, _NO_TOKEN, node.loc.source)
    place.start, place.end = node.loc.start, node.loc.end
    return place


def _site(field_: GraphQLField, node: FieldNode) -> Site:
    # What is searched for becomes hashes, by keys that may be others at the next request, and a cursor opens only for
    # callers who see the same.
    keyed = isinstance(meaning_of(field_), Search) or any(each.name.value in _CURSORS for each in node.arguments or ())
    varies = keyed or any(names_variable(each) for each in node.arguments or ())
    return Site(field_, node, varies, Arguments(field_, node))


def _only_value(directive: DirectiveNode) -> Node:
    """The value of `if`, the one argument of `@skip` and `@include`."""
    assert directive.arguments  # noqa: S101 - validation saw to it
    return directive.arguments[0].value


def _directives(node: Node) -> Iterator[DirectiveNode]:
    return (each for each in nodes_within(node) if isinstance(each, DirectiveNode))
