"""What a document and its variables may be, and what each limit says; `test_graphql_corpus.py` tries many together."""

from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLError

from renche.planner.limits import Limits
from renche.planner.size import LimitExceeded, check_variables, parsed

ROOT = Path(__file__).parents[2]
FRAGMENTS = "{ ...A ...A } fragment A on Query { b: a ...B } fragment B on Query { a @x }"

# A document, a limit that it just meets, and what it says of one less.
DOCUMENTS: list[tuple[str, str, int]] = [
    ("{ a }", "bytes", 5),
    ('{ a(b: "é") }', "bytes", 14),
    ("{ a b c }", "tokens", 5),
    ("{ a { b { c } } d }", "depth", 3),
    ("{ a { ... { b ...B } } } fragment B on Query { c { d } }", "depth", 3),
    ("{ a(b: [{c: [1]}]) }", "depth", 3),
    ("query ($v: A = {a: {b: {c: {}}}}) { a }", "depth", 4),
    ("{ a b c { d } }", "fields", 4),
    (FRAGMENTS, "fields", 8),  # twice: a spread of A, b, a spread of B, a
    (FRAGMENTS, "aliases", 2),
    (FRAGMENTS, "directives", 2),
    ("{ a @b @c d { e @f } }", "directives", 3),
    ("query ($v: A) { a } query ($w: A, $x: B) { a }", "variables", 2),
    ('{ a(b: [1, 2.5, "c", {d: 3}]) }', "values", 5),
    ("{ a(b: {c: {}, d: [{}]}) }", "objects", 3),
    ('{ a(b: "12345", c: "") }', "string", 5),
    ('{ a(b: """12345""") }', "string", 5),
    ("{ a(b: 12345) }", "string", 5),
    ("query A { a } query B { a }", "operations", 2),
    ("{ a } fragment A on Query { a } fragment B on Query { a }", "definitions", 3),
    ("{ ...A ...A ...A } fragment A on Query { a }", "spreads", 3),
    ("{ a { b } a { b } }", "repeats", 4),
]

VARIABLES: list[tuple[dict[str, Any], str, int]] = [
    ({"a": 1, "b": [1, 2], "c": {"d": None}}, "values", 6),
    ({"a": {"b": {}}, "c": [{}]}, "objects", 3),
    ({"a": [{"b": [1]}], "c": [1]}, "depth", 3),
    ({"a": ["12345"]}, "string", 5),
]


@pytest.mark.parametrize(("text", "name", "found"), DOCUMENTS)
def test_a_document_may_have_as_much_as_the_limit_and_no_more(text: str, name: str, found: int) -> None:
    """What just meets a limit is read; with one less allowed the limit is named."""
    parsed(text, Limits(**{name: found}))
    with pytest.raises(LimitExceeded) as refused:
        parsed(text, Limits(**{name: found - 1}))
    assert refused.value.message.startswith(f"Limit of {name}: ")
    assert str(found - 1) in refused.value.message


@pytest.mark.parametrize(("variables", "name", "found"), VARIABLES)
def test_variables_may_have_as_much_as_the_limit_and_no_more(variables: dict[str, Any], name: str, found: int) -> None:
    """Values count wherever they stand in the variables."""
    check_variables(variables, Limits(**{name: found}))
    with pytest.raises(LimitExceeded) as refused:
        check_variables(variables, Limits(**{name: found - 1}))
    assert refused.value.message.startswith(f"Limit of {name}: ")


@pytest.mark.parametrize("folder", ["examples/queries", "benchmarks/documents"])
def test_documents_that_people_write_pass(folder: str) -> None:
    """Every document of ours stays within the limits."""
    for file in sorted((ROOT / folder).glob("*.graphql")):
        parsed(file.read_text(encoding="utf-8"))


def test_a_malformed_document_is_no_matter_of_limits() -> None:
    """What cannot be read at all is said by the parser."""
    with pytest.raises(GraphQLError) as refused:
        parsed('{ people(text: "')
    assert not isinstance(refused.value, LimitExceeded)
