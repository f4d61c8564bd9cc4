"""The analysts' shell, typed into by the test."""

import io
from collections.abc import Callable
from typing import Any

from rich.console import Console

from renche.graph.analysts import Answer
from renche.graph.gate import examine
from renche.server.cypher_shell import Shell, completions
from renche.server.settings import Settings


def typed(*lines: str | type[BaseException]) -> tuple[list[tuple[str, dict[str, Any]]], str]:
    """What was asked of the database, and what the shell showed."""
    asked: list[tuple[str, dict[str, Any]]] = []
    out = io.StringIO()
    waiting = list(lines)

    def ask(text: str, values: dict[str, Any]) -> Answer:
        examine(text).check(values)
        asked.append((text, values))
        return Answer(["x"], [[1]], truncated="cut" in text)

    def read(_prompt: str) -> str:
        if not waiting:
            raise EOFError
        line = waiting.pop(0)
        if isinstance(line, str):
            return line
        raise line

    reading: Callable[[str], str] = read
    Shell(Settings(), {}, Console(file=out, width=200), ask).run(reading)
    return asked, out.getvalue()


def test_a_statement_ends_with_a_semicolon_or_an_empty_line() -> None:
    """Lines before that belong together."""
    asked, shown = typed("MATCH (n)", "RETURN n;", "RETURN 1 AS cut", "")
    assert [text for text, _ in asked] == ["MATCH (n)\nRETURN n;", "RETURN 1 AS cut"]
    assert "1 row" in shown
    assert "left rows out" in shown


def test_a_mistake_is_shown_and_the_shell_goes_on() -> None:
    """Rule and place are said; Ctrl-C forgets what was typed."""
    asked, shown = typed("CREATE (n);", "MATCH (n)", KeyboardInterrupt, "RETURN 1;", ":nothing")
    assert "clauses, line 1, column 1" in shown
    assert ":help" in shown
    assert [text for text, _ in asked] == ["RETURN 1;"]


def test_parameters_go_to_the_statements_that_name_them() -> None:
    """Others are left out."""
    asked, _ = typed(':param city="310000"', ":param other=1", "RETURN $city AS x;", ":params", ":quit", "RETURN 2;")
    assert asked == [("RETURN $city AS x;", {"city": "310000"})]


def test_a_saved_query_is_asked() -> None:
    """With the parameters that were set, and its defaults."""
    asked, shown = typed(":param city=310000x", ":saved buyers_again", ":list", ":help", ":saved nothing")
    assert asked[0][1] == {"city": "310000x", "most": 100}
    assert "fleet_by_age" in shown


def test_words_are_completed() -> None:
    """Keywords, labels, types, functions and commands."""
    assert "MATCH" in completions("ma")
    assert "Person" in completions("Per")
    assert "PURCHASED" in completions("PURCH")
    assert ":saved" in completions(":s")
