"""What a document may be, found in one pass over it before validation, which some documents make slow.

The numbers of a fragment are found once and added wherever it is spread, so that fragments which spread one another
twice cost no more than their text.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Final

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
    parse,
)


@dataclass(frozen=True)
class Limits:
    """How much of each a document may have; fragments count wherever they are spread."""

    bytes: int = 50_000
    tokens: int = 3_000
    depth: int = 50  # the planner allows less, and says where it was too much
    fields: int = 1_000
    aliases: int = 200
    directives: int = 100
    repeats: int = 4_000  # fields under one key of the answer, times what stands below them: validation compares these
    spreads: int = 200  # as they stand in the text
    definitions: int = 60
    variables: int = 100


DEFAULT: Final = Limits()
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


def _exceeded(name: str, found: int, allowed: int) -> LimitExceeded:
    return LimitExceeded(f"Limit of {name}: the document has {found}, {allowed} are allowed.")


def _check(node: DocumentNode, limits: Limits) -> None:
    _at_most("definitions", len(node.definitions), limits.definitions)
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
                own, under = self.of_fragment(node.name.value)
            else:
                assert isinstance(node, InlineFragmentNode)  # noqa: S101 - there are no others
                own, under = self.of_set(node.selection_set)
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
