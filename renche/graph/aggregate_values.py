"""The values that a statement of aggregates compares with: literals, and parameters with their kinds."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from renche.graph.aggregate_words import Kind as Values
from renche.graph.cypher_lexer import Kind, Token
from renche.graph.errors import StatementRefused


@dataclass(frozen=True)
class Use:
    """A parameter where it stands, and the kind of value that it must have; a list of them where there are `many`."""

    token: Token
    kind: Values
    many: bool = False

    def check(self, value: Any) -> None:
        """Refuses a value of another kind."""
        values = value if self.many and isinstance(value, list) else [value]
        if self.many != isinstance(value, list) or not all(is_value(each, self.kind) for each in values):
            what = f"a list of {self.kind.value}s" if self.many else f"a {self.kind.value}"
            raise StatementRefused(
                "parameters", f"{self.token.text} must be {what}.", self.token.line, self.token.column
            )


def is_literal(token: Token, kind: Values) -> bool:
    """Whether the token is a literal of this kind; days have none."""
    match kind:
        case Values.TEXT:
            return token.kind is Kind.STRING
        case Values.NUMBER:
            return token.kind is Kind.NUMBER and _is_number(token.text)
        case Values.FLAG:
            return token.kind is Kind.WORD and token.text.upper() in ("TRUE", "FALSE")
        case _:
            return False


def _is_number(text: str) -> bool:
    """Whether a literal is one that both databases can hold."""
    try:
        return abs(float(text)) < 2**63
    except ValueError:
        return False


def is_value(value: Any, kind: Values) -> bool:
    """Whether the value of a parameter is of this kind."""
    match kind:
        case Values.TEXT:
            return isinstance(value, str)
        case Values.NUMBER:
            return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 2**63
        case Values.FLAG:
            return isinstance(value, bool)
        case Values.DAY:
            return isinstance(value, str) and _is_day(value)
        case _:
            return False


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
