"""Planned execution, the reference way and the evaluator give the same answers, on both engines."""

import os
from collections.abc import AsyncIterator
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import empty
from tests.evaluator import sdl_schema
from tests.random_documents import Drawn, document
from tests.random_graph import drawn, write
from tests.trials import hear
from tests.visible import drawn_restriction, visible
from tests.witnesses import Court, Disagreement, Trial

SEED = 20260701

# On each engine. Neo4j plans every statement anew, most of a second on a busy machine, so it hears fewer.
DOCUMENTS = {
    "embedded": int(os.environ.get("RENCHE_DOCUMENTS", "1750")),
    "neo4j": int(os.environ.get("RENCHE_DOCUMENTS_NEO4J", os.environ.get("RENCHE_DOCUMENTS", "250"))),
}


# Neo4j takes seconds to plan what a restriction adds to the conditions of a random document.
RESTRICTED = {"embedded": min(800, DOCUMENTS["embedded"]), "neo4j": min(30, DOCUMENTS["neo4j"])}


@pytest.mark.timeout(3600)
async def test_three_witnesses_agree(court: Court) -> None:
    """Random documents on random graphs have equal answers, to the order of their keys; most of them not empty."""
    documents = DOCUMENTS[court.engine]
    try:
        tally = await hear(court, documents)
    except* Disagreement as found:
        pytest.fail("\n\n".join(map(str, found.exceptions)), pytrace=False)
    assert tally.documents == documents
    assert tally.filled > 0.6 * documents
    assert tally.pages > 0.05 * documents


@pytest.mark.timeout(3600)
async def test_who_is_restricted_gets_the_answers_of_a_graph_without_the_hidden(court: Court) -> None:
    """By dealers, cities, brands and person, and any of them together; in filters, counts, cursors and all else."""
    documents = RESTRICTED[court.engine]
    try:
        tally = await hear(court, documents, restricted=True)
    except* Disagreement as found:
        pytest.fail("\n\n".join(map(str, found.exceptions)), pytrace=False)
    assert tally.documents == documents
    assert tally.filled > 0.3 * documents


class Shrinking:
    """Hypothesis's own chance, turned round where it asks whether to put something in: less is simpler."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance

    def random(self) -> float:
        return 1 - self._chance.random()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._chance, name)


@pytest.fixture(scope="module")
async def trial(court: Court) -> AsyncIterator[Trial]:
    """Each engine in turn, with one random graph."""
    graph = drawn(SEED)
    await write(court.database, graph)
    yield Trial(SEED, graph, court, sdl_schema())
    await empty(court.database)


PATH = """query ($from: ID!, $to: ID!) {
  connection(from: $from, to: $to, maxHops: 6) { hops { kind node { id __typename } role { __typename id } } }
}"""
ENDS = ("Person", "Vehicle", "Club", "Household", "Referral", "Model", "Dealer")
PAIRS = 150
# How many pairs, and lengths that must be among them; Neo4j takes seconds to plan each restricted one.
GUARDED = {"embedded": (PAIRS, {0, 1, 2, 3, 4}), "neo4j": (20, {0, 2})}


async def test_two_things_are_connected_by_the_path_that_the_evaluator_finds(trial: Trial) -> None:
    """Of every length, and of several just as long the same one."""
    chance = Random(SEED)
    ids = sorted(thing.id for thing in trial.graph.things if thing.label in ENDS)
    lengths = set()
    for _ in range(PAIRS):
        one, other = chance.sample(ids, 2)
        answer = await trial.hear(Drawn(PATH, {"from": one, "to": other}), f"{one} to {other}")
        lengths.add(len(answer["connection"]["hops"]) if answer["connection"] else 0)
    assert lengths == {0, 1, 2, 3, 4, 5, 6}


async def test_who_sees_a_part_is_shown_a_path_through_that_part(trial: Trial) -> None:
    """The path that the evaluator finds in a graph without the hidden things, whatever is hidden."""
    chance = Random(SEED)
    ids = sorted(thing.id for thing in trial.graph.things if thing.label in ENDS)
    lengths = set()
    pairs, wanted = GUARDED[trial.court.engine]
    for _ in range(pairs):
        asking = trial.asked_by(drawn_restriction(chance, trial.graph), few=0)
        seen = sorted(thing.id for thing in visible(trial.graph, asking.restriction).things if thing.label in ENDS)
        one, other = chance.choice(seen or ids), chance.choice(ids)
        if one != other:
            answer = await asking.hear(Drawn(PATH, {"from": one, "to": other}), f"{one} to {other}")
            lengths.add(len(answer["connection"]["hops"]) if answer["connection"] else 0)
    assert wanted <= lengths


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(chance=st.randoms(use_true_random=False))
async def test_a_disagreement_is_made_small(trial: Trial, chance: Random) -> None:
    """The same on one graph, with Hypothesis drawing: what it finds, it shows on the smallest document it can."""
    shrinking: Any = Shrinking(chance)
    await trial.hear(document(shrinking, trial.graph, trial.schema), "drawn by Hypothesis")
