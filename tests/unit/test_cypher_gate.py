"""The static gate on both corpora: each hostile statement is refused by its rule, no harmless one is."""

import time

import pytest

from renche.graph.errors import StatementRefused
from renche.graph.gate import LONGEST, examine
from tests.cypher_corpus import harmless, hostile

CHANGES = ["CREATE (x:Hostile)", "DETACH DELETE n", "SET n.x = 1", "DELETE [n][0]", "FOREACH (x IN [1] | SET n.x = 1)"]


def test_the_corpora_are_large_and_without_doubles() -> None:
    """150 hostile statements and 60 harmless ones at least, each once."""
    assert len({statement for _, statement in hostile()}) == len(hostile()) >= 150
    assert len(set(harmless())) == len(harmless()) >= 60


@pytest.mark.parametrize(("rule", "statement"), hostile(), ids=lambda text: ascii(text)[1:60])
def test_a_hostile_statement_is_refused_by_its_rule(rule: str, statement: str) -> None:
    """The refusal names the rule, and a line and column that the statement has."""
    with pytest.raises(StatementRefused) as refused:
        examine(statement)
    assert refused.value.rule == rule
    assert 1 <= refused.value.line <= statement.count("\n") + statement.count("\r") + 1
    assert 1 <= refused.value.column <= len(statement) + 1


@pytest.mark.parametrize("statement", harmless(), ids=lambda text: ascii(text)[1:60])
def test_a_harmless_statement_passes(statement: str) -> None:
    """A word inside a string, comment, backticks, a property, key, label or alias is only a word."""
    passed = examine(statement)
    again = examine(passed.text)
    assert [(token.kind, token.text) for token in again.tokens] == [(t.kind, t.text) for t in passed.tokens]
    assert [(t.line, t.column) for t in again.tokens] == [(t.line, t.column) for t in passed.tokens]


@pytest.mark.parametrize(
    ("statement", "line", "column"),
    [
        ("MATCH (n)\nRETURN n\nDELETE n", 3, 1),
        ("MATCH (n)\r\n  SET n.x = 1", 2, 3),
        ("RETURN 1 AS x,\n  evil(2) AS y", 2, 3),
        ("CALL\n  db.labels()", 2, 3),
        ("RETURN 1;\n RETURN 2", 1, 9),
    ],
)
def test_a_refusal_says_where(statement: str, line: int, column: int) -> None:
    """Line and column lead to the word at fault."""
    with pytest.raises(StatementRefused) as refused:
        examine(statement)
    assert (refused.value.line, refused.value.column) == (line, column)
    assert f"line {line}, column {column}" in refused.value.message


@pytest.mark.parametrize(
    "word",
    [
        "CREATE",
        "SET n.x =",
        "DELETE",
        "DETACH DELETE",
        "REMOVE n.x",
        "MERGE",
        "INSERT",
        "FOREACH",
        "LOAD CSV FROM",
        "USE",
    ],
)
@pytest.mark.parametrize("before", [statement for statement in harmless() if not statement.endswith(";")])
def test_no_change_can_follow_a_harmless_statement(before: str, word: str) -> None:
    """Wherever a harmless statement ends, no clause that changes something begins, whatever stands behind its word."""
    for behind in ("n", "(n)", "(:Hostile)", "[n][0]", "{a: n}.a", "$x", "'x'", ""):
        with pytest.raises(StatementRefused):
            examine(f"{before}\n{word} {behind}")


def test_every_token_of_a_harmless_statement_may_be_replaced_by_a_change() -> None:
    """A statement cut anywhere, with a clause that changes something behind the cut, is refused."""
    passed: list[str] = []
    for statement in harmless():
        found = examine(statement).tokens
        for cut in range(1, len(found)):
            begun = " ".join(token.text for token in found[:cut])
            rest = " ".join(token.text for token in found[cut:])
            for change in (
                "CREATE (x:Hostile)",
                "DETACH DELETE n",
                "SET n.x = 1",
                "DELETE [n][0]",
                "FOREACH (x IN [1] | SET n.x = 1)",
            ):
                try:
                    examine(f"{begun} {change} {rest}")
                except StatementRefused:
                    continue
                passed.append(f"{begun} {change} {rest}")
    assert passed == []


def test_parameters_are_checked() -> None:
    """A parameter without a value, and a value without its parameter, are refused."""
    passed = examine("RETURN $a AS a,\n $b AS b")
    passed.check({"a": 1, "b": None})
    with pytest.raises(StatementRefused, match=r"parameters, line 2, column 2: .*\$b"):
        passed.check({"a": 1})
    with pytest.raises(StatementRefused, match=r"no \$c"):
        passed.check({"a": 1, "b": 2, "c": 3})


def test_the_gate_is_quick() -> None:
    """A statement seen before costs next to nothing, the longest one allowed little."""
    statement = "RETURN " + " + ".join(["1"] * (LONGEST // 4 - 10)) + " AS x"
    began = time.perf_counter()
    examine(statement)
    first = time.perf_counter() - began
    began = time.perf_counter()
    for _ in range(100):
        examine(statement)
    assert first < 2
    assert (time.perf_counter() - began) / 100 < 0.005
