"""When the database is down, questions are refused at once with a code that says so."""

import time
from pathlib import Path

from renche.graph.clock import FixedClock
from renche.graph.endpoint import Endpoint
from tests.api.conftest import BRAND_DAY, serving

CLOSED = Endpoint("bolt://127.0.0.1:9", "neo4j", "password", "neo4j")


async def test_a_database_that_is_down_shows_as_unavailable(tmp_path: Path) -> None:
    """The request is refused with UNAVAILABLE within 2 s; the process itself is alive, but not ready."""
    clock: FixedClock = BRAND_DAY
    async with serving(CLOSED, clock, tmp_path) as api:
        started = time.monotonic()
        answer = await api.post("{ people { nodes { id } } }")
        assert "data" not in answer
        (error,) = answer["errors"]
        assert "path" not in error
        assert error["extensions"]["code"] == "UNAVAILABLE"
        assert "cannot be reached" in error["message"]
        assert time.monotonic() - started < 10  # 2 s is meant; a busy machine gets more
        media = {"accept": "application/graphql-response+json"}
        told = await api.client.post(f"{api.url}/graphql", json={"query": "{ people { totalCount } }"}, headers=media)
        assert told.status_code == 503
        assert (await api.client.get(f"{api.url}/livez")).status_code == 200
        ready = await api.client.get(f"{api.url}/readyz")
        assert ready.status_code == 503
        assert ready.json()["code"] == "UNAVAILABLE"
