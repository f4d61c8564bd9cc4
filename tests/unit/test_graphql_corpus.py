"""The corpus of hostile requests, at the door itself: each is refused soon, and nothing is done for it."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

import pytest

from renche.graph.clock import Moment
from tests.graphql_corpus import Asked
from tests.graphql_corpus.harmless import HARMLESS
from tests.graphql_corpus.hostile import HOSTILE
from tests.graphql_door import CLOCK, KEYED, door, planner

ALLOWED = 0.05  # seconds of CPU
LONGEST = 15_000  # bytes
TRIES = 7  # the quickest counts: other work on the machine only adds
CODES = {"LIMIT_EXCEEDED", "GRAPHQL_REFUSED", "BAD_USER_INPUT", "BAD_REQUEST"}


def test_the_corpus_is_as_large_as_it_should_be() -> None:
    """Sixty hostile documents and more, which a small request can hold, and twenty harmless ones."""
    assert len(HOSTILE) >= 60
    assert len(HARMLESS) >= 20
    assert [name for name, asked in HOSTILE.items() if len(asked.query.encode()) > LONGEST] == []


@contextmanager
def untraced() -> Iterator[None]:
    """Without the measuring of coverage, which doubles what anything takes."""
    tracer = sys.gettrace()
    sys.settrace(None)
    try:
        yield
    finally:
        sys.settrace(tracer)


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_request_is_refused_soon(name: str) -> None:
    """It is refused with a code for the client within its CPU time, and nothing is executed."""
    body = asdict(HOSTILE[name])
    taken = []
    for _ in range(TRIES):
        client = door(planner())  # one that has not seen it before
        with untraced():
            started = time.process_time()
            response = await client.post("/graphql", json=body)
            taken.append(time.process_time() - started)
        answer = response.json()
        assert "data" not in answer
        assert {error["extensions"]["code"] for error in answer["errors"]} <= CODES
    assert min(taken) < ALLOWED


@pytest.mark.parametrize("name", HARMLESS)
def test_a_harmless_request_is_let_through(name: str) -> None:
    """What only looks hostile gets as far as the database."""
    asked: Asked = HARMLESS[name]
    planned = planner()
    operation = "Q0" if "query Q0" in asked.query else None
    planned.ask(planned.document(asked.query, operation), asked.variables, Moment.present(CLOCK), KEYED)
