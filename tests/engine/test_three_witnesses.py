"""Planned execution, the reference way and the evaluator give the same answers, on both engines."""

import os

import pytest

from tests.trials import hear
from tests.witnesses import Court, Disagreement

# On each engine. Neo4j plans every statement anew, most of a second on a busy machine, so it hears fewer.
DOCUMENTS = {
    "embedded": int(os.environ.get("RENCHE_DOCUMENTS", "1500")),
    "neo4j": int(os.environ.get("RENCHE_DOCUMENTS_NEO4J", os.environ.get("RENCHE_DOCUMENTS", "500"))),
}


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
