"""Clients that go away, and more requests than a process takes on."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from renche.graph.database import Database
from renche.graph.endpoint import Endpoint
from renche.graph.named_queries import Statement
from tests.api.conftest import BRAND_DAY, Api, load, serving
from tests.conftest import empty

RUNNING = Statement(
    "test.running",
    "SHOW TRANSACTIONS YIELD currentQuery WHERE currentQuery CONTAINS $mark RETURN count(*) AS running",
    write=False,
)
MARK = "Endless"
MEMBERS = 400
SOON = 3.0  # seconds; one is meant, and a busy machine gets more. Nothing else would end these within a minute.


def endless() -> dict[str, object]:
    """A question that goes from every member of a club to all its members, and on, in a number of ways beyond time."""
    inner = "{}"
    for _ in range(3):
        inner = f"{{clubs: {{every: {{node: {{members: {{every: {{node: {inner}}}}}}}}}}}}}"
    return {"query": f"query {MARK} {{ people(filter: {inner}) {{ totalCount }} }}"}


STATEMENT = {"statement": f"UNWIND range(1, 1000000) AS {MARK} UNWIND range(1, 1000000) AS b RETURN max(b)"}


@pytest.fixture
async def graph(neo4j_database: Database, tmp_path: Path) -> Database:
    """Neo4j with one club of many members."""
    rows = {
        "clubs": ["source,source_id,name", "s,club,Club"],
        "people": ["source,source_id", *(f"s,{number}" for number in range(MEMBERS))],
        "memberships": [
            "source,source_id,person_source_id,club_source_id",
            *(f"s,{number},{number},club" for number in range(MEMBERS)),
        ],
    }
    for kind, lines in rows.items():
        (tmp_path / f"{kind}.csv").write_text("\n".join(lines), "utf-8")
    await empty(neo4j_database)
    await load(neo4j_database, [tmp_path / f"{kind}.csv" for kind in rows], BRAND_DAY, tmp_path)
    return neo4j_database


@asynccontextmanager
async def asking(api: Api, path: str, body: dict[str, object]) -> AsyncIterator[None]:
    """A client that goes away at the end without having read an answer."""
    address = urlsplit(api.url)
    _, writer = await asyncio.open_connection(address.hostname, address.port)
    content = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nhost: {address.netloc}\r\ncontent-type: application/json\r\n"
        f"authorization: {api.client.headers['authorization']}\r\ncontent-length: {len(content)}\r\n\r\n"
    )
    writer.write(head.encode() + content)
    await writer.drain()
    try:
        yield
    finally:
        writer.close()
        await writer.wait_closed()


async def until_running(graph: Database, count: int, within: float) -> None:
    """Waits until so many of these statements run in the database."""
    started = time.monotonic()
    while await graph.read_value(RUNNING, {"mark": MARK}) != count:
        assert time.monotonic() - started < within, f"not {count} statements after {within} s"
        await asyncio.sleep(0.02)


@pytest.mark.parametrize(("path", "body"), [("/graphql", endless()), ("/cypher", STATEMENT)], ids=["graphql", "cypher"])
async def test_the_database_stops_when_the_client_goes(
    graph: Database, neo4j_endpoint: Endpoint, tmp_path: Path, path: str, body: dict[str, object]
) -> None:
    """Within a second no statement of a client that has gone runs in Neo4j."""
    async with serving(neo4j_endpoint, BRAND_DAY, tmp_path, cypher_time_limit=60) as api:
        async with asking(api, path, body):
            await until_running(graph, 1, within=30)
        await until_running(graph, 0, within=SOON)


async def test_what_is_too_much_is_told_to_come_again(
    graph: Database, neo4j_endpoint: Endpoint, tmp_path: Path
) -> None:
    """While the only turn is taken a request waits for a moment and is refused; probes are answered all the same."""
    async with serving(neo4j_endpoint, BRAND_DAY, tmp_path, max_in_flight=1) as api:
        async with asking(api, "/graphql", endless()):
            await until_running(graph, 1, within=30)
            started = time.monotonic()
            graphql, cypher = await asyncio.gather(
                api.client.post(f"{api.url}/graphql", json={"query": "{ __typename }"}),
                api.client.post(f"{api.url}/cypher", json={"statement": "RETURN 1 AS one"}),
            )
            assert time.monotonic() - started < 5
            for refused, error in (
                (graphql, graphql.json()["errors"][0]["extensions"]),
                (cypher, cypher.json()["error"]),
            ):
                assert (refused.status_code, error["code"]) == (503, "OVERLOADED")
                assert int(refused.headers["retry-after"]) > 0
            for probe in ("/livez", "/readyz"):
                assert (await api.client.get(f"{api.url}{probe}")).status_code == 200
        await until_running(graph, 0, within=SOON)
        assert await api.ask("{ __typename }") == {"__typename": "Query"}
