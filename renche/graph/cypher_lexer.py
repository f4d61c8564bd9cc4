"""Cypher as tokens, read so narrowly that no engine can read the same text in another way.

What one engine takes for a space, a letter or the end of a comment, another may not: whatever is not plain is refused.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum
from typing import Final, NoReturn

from renche.graph.errors import StatementRefused


class Kind(Enum):
    """What a token is."""

    WORD = "word"
    NAME = "name in backticks"
    STRING = "string"
    NUMBER = "number"
    PARAMETER = "parameter"
    SYMBOL = "symbol"


@dataclass(frozen=True)
class Token:
    """A token: its text as written, `value` without quotes or dollar, and where it begins, counted from 1."""

    kind: Kind
    text: str
    value: str
    line: int
    column: int


_TOKEN: Final = re.compile(
    r"""
    (?P<space>[ \t\r\n]+)
    |(?P<comment>//[^\r\n]*|/\*.*?\*/)
    |(?P<string>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
    |(?P<name>`(?:[^`]|``)*`)
    |(?P<parameter>\$(?:[A-Za-z_][A-Za-z0-9_]*|[0-9]+|`(?:[^`]|``)+`))
    |(?P<number>(?:0x[0-9A-Fa-f]+|0o[0-7]+|[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|\.[0-9]+(?:[eE][+-]?[0-9]+)?))
    |(?P<word>[^\W\d]\w*)
    |(?P<symbol>\.\.|<=|>=|<>|=~|\|\||::|[-+*/%^=<>()\[\]{},.:;|&!$])
    """,
    re.VERBOSE | re.DOTALL,
)
_OPENED: Final = {"'": "string", '"': "string", "`": "name in backticks", "/*": "comment"}
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES: Final = {"\\": "\\", "'": "'", '"': '"', "`": "`", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_PLAIN_CONTROLS: Final = "\t\r\n"


def tokens(text: str) -> list[Token]:
    """The tokens of a text, comments left out; raises StatementRefused at the first thing that is not plain."""
    # Neo4j puts these characters in before it reads anything else: they could end a string or a comment.
    if (at := re.search(r"\\[uU]", text)) is not None:
        _refuse("escape", "Write the character itself, or pass it as a parameter: no \\u here.", text, at.start())
    for at_character, character in enumerate(text):
        if character not in _PLAIN_CONTROLS and unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}:
            _refuse("character", f"U+{ord(character):04X} cannot be seen; take it out.", text, at_character)
    found: list[Token] = []
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None or (text.startswith("/*", place) and match.lastgroup != "comment"):
            _refuse_unknown(text, place)
        if match.lastgroup not in ("space", "comment"):
            found.append(_token(Kind[str(match.lastgroup).upper()], match[0], text, place))
        place = match.end()
        if match.lastgroup == "number" and re.match(r"\w", text[place:]):
            _refuse("number", "A letter stands right behind a number.", text, place)
    return found


def _token(kind: Kind, written: str, text: str, place: int) -> Token:
    value = written
    if kind is Kind.STRING:
        if (unknown := next((e for e in _ESCAPE.finditer(written) if e[1] not in _ESCAPES), None)) is not None:
            _refuse("escape", f"\\{unknown[1]} is no escape.", text, place + unknown.start())
        value = _ESCAPE.sub(lambda escape: _ESCAPES[escape[1]], written[1:-1])
    elif kind is Kind.PARAMETER:
        value = written[1:]
        value = value[1:-1].replace("``", "`") if value.startswith("`") else value
    elif kind is Kind.NAME:
        value = written[1:-1].replace("``", "`")
    elif kind is Kind.WORD:
        for offset, letter in enumerate(written):
            # Letters without case, as Chinese ones, look like no keyword and become none in another case.
            if not letter.isascii() and (unicodedata.category(letter) != "Lo" or not _is_itself(letter)):
                _refuse("character", f"{letter} is a letter that may pass for another.", text, place + offset)
    return Token(kind, written, value, *where(text, place))


def _is_itself(letter: str) -> bool:
    return unicodedata.normalize("NFKC", letter) == letter


def where(text: str, place: int) -> tuple[int, int]:
    """Line and column of a place in the text, counted from 1."""
    before = text[:place].replace("\r\n", " \n").replace("\r", "\n")
    return before.count("\n") + 1, place - before.rfind("\n")


def _refuse_unknown(text: str, place: int) -> NoReturn:
    for opening, what in _OPENED.items():
        if text.startswith(opening, place):
            _refuse("unterminated", f"This {what} has no end.", text, place)
    _refuse("character", f"U+{ord(text[place]):04X} has no meaning here.", text, place)


def _refuse(rule: str, message: str, text: str, place: int) -> NoReturn:
    raise StatementRefused(rule, message, *where(text, place))
