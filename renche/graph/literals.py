"""What the embedded engine answers by itself wherever it stands in a statement's text, and so must not stand there.

Its Bolt layer looks for names of system procedures in the whole text, strings included, and then runs no statement.
"""

import re
from dataclasses import replace
from typing import Any, Final

from renche.graph.cypher_lexer import Kind, Token
from renche.graph.errors import StatementRefused
from renche.graph.gate import Passed, written

_ANSWERED: Final = re.compile(r"db\.|dbms\.|show\s+current\s+user", re.IGNORECASE)
_PREFIX: Final = "renche_text_"


def lifted(passed: Passed) -> tuple[str, dict[str, Any]]:
    """The text for the embedded engine, and the strings that became parameters; raises StatementRefused for names."""
    if _ANSWERED.search(passed.text) is None:
        return passed.text, {}
    strings: dict[str, Any] = {}
    changed: list[Token] = []
    for token in passed.tokens:
        if token.kind is Kind.STRING and _ANSWERED.search(token.text):
            name = f"{_PREFIX}{len(strings)}"
            while name in passed.parameters:
                name += "_"
            strings[name] = token.value
            changed.append(replace(token, kind=Kind.PARAMETER, text=f"${name}", value=name))
        else:
            changed.append(token)
    text = written(tuple(changed))
    if (left := _ANSWERED.search(text)) is not None:
        line = text.count("\n", 0, left.start()) + 1
        column = left.start() - text.rfind("\n", 0, left.start())
        raise StatementRefused("engine", f"The embedded engine takes {left[0]} for a command.", line, column)
    return text, strings
