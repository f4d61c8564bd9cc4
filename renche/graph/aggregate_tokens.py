"""A place among the tokens of a statement of aggregates: what comes next, and a refusal with its place."""

from dataclasses import dataclass
from typing import Final, NoReturn

from renche.graph.cypher_lexer import Kind, Token
from renche.graph.errors import StatementRefused

RULE: Final = "aggregate"


@dataclass
class TokenReader:
    """The tokens, and how many of them were read."""

    tokens: tuple[Token, ...]
    at: int = 0

    def _peek(self, ahead: int = 0) -> Token | None:
        return self.tokens[self.at + ahead] if self.at + ahead < len(self.tokens) else None

    def _next(self, wanted: str) -> Token:
        token = self._peek()
        if token is None:
            self._refuse(self.tokens[-1], f"{wanted} is missing behind this.")
        self.at += 1
        return token

    def _next_is(self, text: str, ahead: int = 0) -> bool:
        token = self._peek(ahead)
        return token is not None and token.kind in (Kind.WORD, Kind.SYMBOL) and token.text.upper() == text

    def _take(self, *texts: str) -> bool:
        """Passes over these words or symbols, if they come next."""
        found = all(self._next_is(text, ahead) for ahead, text in enumerate(texts))
        self.at += len(texts) * found
        return found

    def _expect(self, text: str) -> Token:
        token = self._next(text)
        if token.kind not in (Kind.WORD, Kind.SYMBOL) or token.text.upper() != text:
            self._refuse(token, f"{token.text} may not stand here; aggregates want {text}.")
        return token

    def _name(self, what: str) -> Token:
        token = self._next(what)
        if token.kind not in (Kind.WORD, Kind.NAME):
            self._refuse(token, f"{token.text} may not stand here; aggregates want {what}.")
        return token

    def _refuse(self, token: Token, message: str) -> NoReturn:
        raise StatementRefused(RULE, message, token.line, token.column)
