"""The engines as courts of the three witnesses."""

import pytest

from tests.witnesses import Court


@pytest.fixture(scope="module", params=["neo4j", "embedded"])
def court(request: pytest.FixtureRequest) -> Court:
    """Each engine in turn, with what asks it."""
    return Court.of(request.param, request.getfixturevalue(f"{request.param}_database"))
