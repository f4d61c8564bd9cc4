"""The gate before an analyst's statement: what is not known to be harmless is refused, with the rule and the place."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from renche.graph.cypher_lexer import Kind, Token, tokens
from renche.graph.errors import StatementRefused
from renche.graph.gate_reader import Reader

LONGEST: Final = 20_000
"""Characters of a statement."""


@dataclass(frozen=True)
class Passed:
    """A statement that passed: its tokens, and the first place of each parameter."""

    tokens: tuple[Token, ...]
    parameters: Mapping[str, Token]

    @property
    def text(self) -> str:
        """The statement without its comments, each token where it stood."""
        return written(self.tokens)

    def check(self, given: Mapping[str, Any]) -> None:
        """Refuses parameters that are missing, and those that the statement does not have."""
        for name, token in self.parameters.items():
            if name not in given:
                raise StatementRefused("parameters", f"Give a value for ${name}.", token.line, token.column)
        if unknown := sorted(given.keys() - self.parameters.keys()):
            raise StatementRefused("parameters", f"The statement has no ${unknown[0]}.", 1, 1)


@lru_cache(maxsize=1_000)
def examine(text: str) -> Passed:
    """The statement, if it may pass; raises StatementRefused otherwise."""
    if len(text) > LONGEST:
        raise StatementRefused("size", f"The statement is longer than {LONGEST:,} characters.", 1, 1)
    found = tokens(text)
    while found and found[-1].text == ";":
        found.pop()
    if not found:
        raise StatementRefused("statement", "There is no statement.", 1, 1)
    Reader(found).read()
    parameters: dict[str, Token] = {}
    for token in found:
        if token.kind is Kind.PARAMETER:
            parameters.setdefault(token.value, token)
    return Passed(tuple(found), parameters)


def written(found: tuple[Token, ...]) -> str:
    """The tokens as text, each at its line and column."""
    parts: list[str] = []
    line, column = 1, 1
    for token in found:
        if token.line > line:
            parts.append("\n" * (token.line - line))
            line, column = token.line, 1
        # A token that was put in for another may be longer than that one: then all behind it moves.
        space = token.column - column if token.column >= column else 1
        parts.append(" " * space + token.text)
        column += space
        lines = token.text.replace("\r\n", " \n").replace("\r", "\n").split("\n")
        line += len(lines) - 1
        column = len(lines[-1]) + (column if len(lines) == 1 else 1)
    return "".join(parts)
