"""How large a document and its variables are, found in one pass each before validation, which some make slow.

The numbers of a fragment are found once and added wherever it is spread, so that fragments which spread one another
twice cost no more than their text.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSyntaxError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    Token,
    TokenKind,
    parse,
)

from renche.planner.limits import DEFAULT, Limits

_OPEN: Final = (TokenKind.BRACE_L, TokenKind.BRACKET_L)
_CLOSE: Final = (TokenKind.BRACE_R, TokenKind.BRACKET_R)
_SCALARS: Final = (TokenKind.INT, TokenKind.FLOAT, TokenKind.STRING, TokenKind.BLOCK_STRING)
_NESTED: Final = "Limit of depth: the document is nested too deeply to be read."


class LimitExceeded(GraphQLError):
    """A document is more than a limit allows, which the message names with what was found."""


@dataclass(frozen=True)
class _Size:
    depth: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0
    repeats: int = 0


def parsed(text: str, limits: Limits = DEFAULT) -> DocumentNode:
    """The document, unvalidated; raises GraphQLError when it is malformed, LimitExceeded when it is too much."""
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > limits.bytes:
        raise _exceeded("bytes", size, limits.bytes)
    try:
        node = parse(text, max_tokens=limits.tokens)
        _check_values(node, limits)
        _check(node, limits)
    except RecursionError:
        raise LimitExceeded(_NESTED) from None
    except GraphQLSyntaxError as error:
        if "nested too deeply" in error.message:
            raise LimitExceeded(_NESTED) from None
        if "Document contains more than" in error.message:
            raise LimitExceeded(f"Limit of tokens: the document has more than {limits.tokens}.") from None
        raise
    return node


def check_variables(variables: Mapping[str, Any], limits: Limits = DEFAULT) -> None:
    """Raises LimitExceeded when the values of the variables are too many, too long or too deep."""
    left: list[tuple[Any, int]] = [(value, 0) for value in variables.values()]
    count, objects = len(left), 0
    while left:
        value, depth = left.pop()
        if isinstance(value, str):
            _at_most("string", len(value), limits.string)
        elif isinstance(value, dict | list):
            _at_most("depth", depth + 1, limits.depth)
            count += len(value)
            _at_most("values", count, limits.values)
            if isinstance(value, dict):
                objects += 1
                _at_most("objects", objects, limits.objects)
                value = value.values()
            left += [(each, depth + 1) for each in value]
    _at_most("values", count, limits.values)


def check_cost(cost: int, limits: Limits = DEFAULT) -> None:
    """Raises LimitExceeded when a query may cost more than is allowed."""
    if cost > limits.cost:
        raise LimitExceeded(
            f"Limit of cost: this query may cost {cost}, {limits.cost} are allowed; ask for shorter lists, for fewer of"
            " them in one another, or for fewer conditions on related rows."
        )


def check_lookups(lookups: int, limits: Limits = DEFAULT) -> None:
    """Raises LimitExceeded when one request takes more look-ups than a minute has."""
    if limits.lookups is not None:
        _at_most("lookups", lookups, limits.lookups)


def _exceeded(name: str, found: int, allowed: int) -> LimitExceeded:
    return LimitExceeded(f"Limit of {name}: this request has {found}, {allowed} are allowed.")


def _check_values(node: DocumentNode, limits: Limits) -> None:
    """Checks what stands between parentheses, the values of arguments and variables, token by token."""
    parentheses = depth = values = objects = 0
    token: Token | None = node.loc.start_token if node.loc else None
    while token is not None:
        kind = token.kind
        if kind is TokenKind.PAREN_L:
            parentheses += 1
        elif kind is TokenKind.PAREN_R:
            parentheses -= 1
        elif parentheses and kind in _OPEN:
            depth += 1
            _at_most("depth", depth, limits.depth)
            objects += kind is TokenKind.BRACE_L
        elif parentheses and kind in _CLOSE:
            depth -= 1
        elif kind in _SCALARS:
            values += 1
            _at_most("string", len(token.value or ""), limits.string)
        token = token.next
    _at_most("values", values + objects, limits.values)
    _at_most("objects", objects, limits.objects)


def _check(node: DocumentNode, limits: Limits) -> None:
    _at_most("definitions", len(node.definitions), limits.definitions)
    operations = sum(isinstance(each, OperationDefinitionNode) for each in node.definitions)
    _at_most("operations", operations, limits.operations)
    sizes = _Sizes(node, limits)
    for definition in node.definitions:
        if isinstance(definition, OperationDefinitionNode):
            _at_most("variables", len(definition.variable_definitions or ()), limits.variables)
            directives = len(definition.directives or ())
            directives += sum(len(each.directives or ()) for each in definition.variable_definitions or ())
            _at_most("directives", directives, limits.directives)
            sizes.of_set(definition.selection_set)
        elif isinstance(definition, FragmentDefinitionNode):
            sizes.of_fragment(definition.name.value)
            _at_most("directives", len(definition.directives or ()), limits.directives)


def _at_most(name: str, found: int, allowed: int) -> None:
    if found > allowed:
        raise _exceeded(name, found, allowed)


class _Sizes:
    """The sizes of one document's selections, and for each set the fields under each key: how many, how large."""

    def __init__(self, document: DocumentNode, limits: Limits) -> None:
        self._limits = limits
        self._fragments = {
            each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
        }
        self._known: dict[str, tuple[_Size, dict[str, tuple[int, int]]]] = {}
        self._open: set[str] = set()
        self._spreads = 0

    def of_fragment(self, name: str) -> tuple[_Size, dict[str, tuple[int, int]]]:
        """The size of a fragment, found once; one that spreads itself is refused."""
        if name not in self._known:
            if name in self._open:
                raise LimitExceeded(f'Limit of depth: the fragment "{name}" spreads itself.')
            if name not in self._fragments:
                return _Size(), {}  # validation says so
            self._open.add(name)
            self._known[name] = self.of_set(self._fragments[name].selection_set)
            self._open.discard(name)
        return self._known[name]

    def of_set(self, selections: SelectionSetNode | None) -> tuple[_Size, dict[str, tuple[int, int]]]:
        """The size of a set of selections; raises LimitExceeded as soon as it is too large."""
        size, keys = _Size(), dict[str, tuple[int, int]]()
        for node in selections.selections if selections else ():
            directives = _Size(directives=len(node.directives or ()))
            if isinstance(node, FieldNode):
                below, _ = self.of_set(node.selection_set)
                aliases = below.aliases + (node.alias is not None)
                own = _Size(below.depth + 1, below.fields + 1, aliases, below.directives, below.repeats)
                key = (node.alias or node.name).value
                under = {key: (1, own.fields)}
            elif isinstance(node, FragmentSpreadNode):
                self._spreads += 1
                _at_most("spreads", self._spreads, self._limits.spreads)
                below, under = self.of_fragment(node.name.value)
                own = replace(below, fields=below.fields + 1)
            else:
                assert isinstance(node, InlineFragmentNode)  # noqa: S101 - there are no others
                below, under = self.of_set(node.selection_set)
                own = replace(below, fields=below.fields + 1)
            repeats = _merge(keys, under.items())
            size = self._allowed(_sum(size, own, directives, _Size(repeats=repeats)))
        return size, keys

    def _allowed(self, size: _Size) -> _Size:
        for each in fields(size):
            _at_most(each.name, getattr(size, each.name), getattr(self._limits, each.name))
        return size


def _merge(keys: dict[str, tuple[int, int]], more: Iterable[tuple[str, tuple[int, int]]]) -> int:
    """Adds the fields under each key; the answer is how much there is to compare more than before."""
    grown = 0
    for key, (count, size) in more:
        if key in keys:
            known, known_size = keys[key]
            grown += known * size + count * known_size
            count, size = known + count, known_size + size
        keys[key] = (count, size)
    return grown


def _sum(*sizes: _Size) -> _Size:
    return _Size(
        max(each.depth for each in sizes),
        sum(each.fields for each in sizes),
        sum(each.aliases for each in sizes),
        sum(each.directives for each in sizes),
        sum(each.repeats for each in sizes),
    )
