"""What is refused before validation, how soon, and that documents which people write pass."""

import time
from pathlib import Path

import pytest
from graphql import GraphQLError

from renche.graph.cursor import Cursors
from renche.graph.keyed import Keyed
from renche.planner.limits import LimitExceeded, parsed
from renche.planner.plan import Planner, Refused
from renche.resolvers.schema import build_schema

ROOT = Path(__file__).parents[2]
SCHEMA = build_schema()._schema
KEYED = Keyed(Cursors(bytes(32)), lambda kind, value: (f"{kind}:{value}",))
ALLOWED = 0.05  # seconds of CPU

DOUBLING = "{ ...A0 }" + "".join(f"fragment A{n} on Query {{ ...A{n + 1} ...A{n + 1} }}" for n in range(20))
HOSTILE = {
    "deep": "{ a" * 60 + " " + "}" * 60,
    "very deep": "{a" * 2_000 + "}" * 2_000,
    "deep list": "{ people(filter: " + "[" * 2_000 + "]" * 2_000 + ") { totalCount } }",
    "aliases": "{ " + " ".join(f"a{n}: __typename" for n in range(700)) + " }",
    "fields": "{ " + "__typename " * 1_300 + "}",
    "doubling": DOUBLING + "fragment A20 on Query { __typename }",
    "conflicts": "{ people { nodes { " + " ".join("x: id x: name" for _ in range(165)) + " } } }",
    "nested conflicts": "{ " + " ".join("people { nodes { id name } }" for _ in range(100)) + " }",
    "directives": "{ __typename " + "@skip(if: false) " * 500 + "}",
    "operation directives": "query " + "@a " * 1_000 + "{ __typename }",
    "variables": "query (" + " ".join(f"$v{n}: Int" for n in range(900)) + ") { __typename }",
    "operations": " ".join(f"query Q{n} {{ __typename }}" for n in range(500)),
    "fragments": "{ __typename } " + " ".join(f"fragment F{n} on Query {{ __typename }}" for n in range(300)),
    "circle": "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
    "spreads": "{ " + "...F " * 1_000 + "}",
    "tokens": "{ people(filter: {city: {in: [" + "1 " * 7_000 + "]}}) { totalCount } }",
}


def planner() -> Planner:
    return Planner(SCHEMA, KEYED)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_is_refused_soon(name: str) -> None:
    """A document of up to 15 kB that asks too much is refused by a limit within its time."""
    text = HOSTILE[name]
    assert len(text) <= 15_000
    taken = []
    for _ in range(3):
        started = time.process_time()
        with pytest.raises(Refused) as refused:
            planner().document(text, None)
        taken.append(time.process_time() - started)
        assert isinstance(refused.value.errors[0], LimitExceeded)
    assert min(taken) < ALLOWED


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
