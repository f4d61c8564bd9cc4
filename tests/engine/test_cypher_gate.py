"""Analysts' statements on both engines: hostile ones do nothing, harmless ones run, and limits hold."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from renche.graph.analysts import Analysts, Limits
from renche.graph.cypher_lexer import Kind, Token
from renche.graph.database import Database, Transaction
from renche.graph.embedded import EmbeddedEngine
from renche.graph.embedded_folder import ANALYST, as_reader
from renche.graph.endpoint import Endpoint
from renche.graph.errors import OperationTimeout, RencheError, StatementRefused
from renche.graph.gate import Passed, examine
from renche.graph.migrate import migrate
from renche.graph.named_queries import Statement
from renche.graph.saved_queries import SavedQuery, saved_queries
from tests.conftest import MIGRATED_AT, TIME_LIMIT, empty
from tests.cypher_corpus import harmless, hostile

SOON = timedelta(seconds=2)
PEOPLE = Statement(
    "test.people",
    "UNWIND range(1, 30) AS i CREATE (p:Person {id: 'per_' + toString(i), city: toString(i % 3), kind: 'NATURAL'})"
    " CREATE (p)-[:PURCHASED {id: 'pur_' + toString(i)}]->(:Vehicle {id: 'veh_' + toString(i), brand: 'A'})",
    write=True,
)
KNOWN = Statement(
    "test.known",
    "MATCH (a:Person), (b:Person) WHERE a.id <> b.id AND a.city = b.city CREATE (a)-[:KNOWS]->(b)",
    write=True,
)
NODES = Statement("test.nodes", "MATCH (n) RETURN labels(n) AS labels, properties(n) AS properties")
EDGES = Statement("test.edges", "MATCH (a)-[r]->(b) RETURN a.id, type(r), properties(r), b.id")
ENDLESS = (
    "UNWIND range(1, 3000) AS a UNWIND range(1, 3000) AS b UNWIND range(1, 3000) AS c"
    " WITH a, b, c WHERE a + b + c = -1 RETURN count(*) AS found"
)
EXPLODING = [
    ENDLESS,
    "MATCH (a:Person) ((x)-[:KNOWS]-(y)){1,30} (b:Person) RETURN count(*) AS paths",
    "MATCH (a:Person)-[:KNOWS*1..30]-(b:Person) RETURN count(*) AS paths",
]


@dataclass
class Site:
    """An engine with a small graph: its owner's connection and an analyst's."""

    name: str
    database: Database
    analysts: Analysts

    async def checksum(self) -> list[str]:
        """All that is in the store, in an order of its own."""
        return sorted(map(repr, await self.database.read(NODES) + await self.database.read(EDGES)))


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[Endpoint, Endpoint]]]:
    """The embedded engine with a short limit for analysts; Neo4j's own is asked for when it is needed."""
    folder = tmp_path_factory.mktemp("analysts")
    with EmbeddedEngine.start(folder, heap="1g", command_timeout=TIME_LIMIT, analyst_timeout=SOON) as engine:
        yield {"embedded": (engine.endpoint, as_reader(ANALYST, folder, engine.endpoint))}


@pytest.fixture(scope="module", params=["neo4j", "embedded"])
async def site(request: pytest.FixtureRequest, sites: dict[str, tuple[Endpoint, Endpoint]]) -> AsyncIterator[Site]:
    """Each engine in turn, with the small graph."""
    if request.param == "neo4j":
        owner = analyst = request.getfixturevalue("neo4j_endpoint")
    else:
        owner, analyst = sites[request.param]
    async with (
        Database.connect(owner, time_limit=TIME_LIMIT, retry_for=TIME_LIMIT) as database,
        Analysts.connect(analyst, embedded=request.param == "embedded", limits=Limits(time=SOON)) as analysts,
    ):
        await migrate(database, MIGRATED_AT)
        await empty(database)

        async def people(transaction: Transaction) -> None:
            await transaction.run(PEOPLE)
            await transaction.run(KNOWN)

        await database.write("test.people", people)
        yield Site(request.param, database, analysts)
        await empty(database)


@dataclass
class Canary:
    """A port on which nobody may knock."""

    port: int
    knocks: list[Any] = field(default_factory=list)


@pytest.fixture
async def canary() -> AsyncIterator[Canary]:
    """A listening port that counts who comes."""
    found = Canary(0)

    async def knocked(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        found.knocks.append(writer.get_extra_info("peername"))
        writer.close()

    server = await asyncio.start_server(knocked, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    async with server:
        yield found


async def test_the_canary_sings(canary: Canary) -> None:
    """A knock is noticed, or silence would prove nothing."""
    _, writer = await asyncio.open_connection("127.0.0.1", canary.port)
    writer.close()
    await asyncio.sleep(0.1)
    assert len(canary.knocks) == 1


async def test_no_hostile_statement_runs(site: Site, canary: Canary) -> None:
    """Each is refused by its rule; the store stays as it was, and nobody is called."""
    before = await site.checksum()
    for rule, text in hostile():
        with pytest.raises(StatementRefused) as refused:
            await site.analysts.ask(text.replace("{port}", str(canary.port)), {})
        assert refused.value.rule == rule, text
    assert await site.checksum() == before
    assert canary.knocks == []


async def test_every_harmless_statement_runs(site: Site, canary: Canary) -> None:
    """Each answers with rows of as many values as it has columns, and changes nothing."""
    before = await site.checksum()
    for text in harmless():
        statement = text.replace("{port}", str(canary.port))
        parameters = dict.fromkeys(examine(statement).parameters, "per_1")
        if site.name == "embedded" and "`db." in statement:
            with pytest.raises(StatementRefused, match="engine"):
                await site.analysts.ask(statement, parameters)
            continue
        answer = await site.analysts.ask(statement, parameters)
        # The embedded engine names no columns where there is no row.
        assert answer.columns or (site.name == "embedded" and not answer.rows), text
        assert all(len(row) == len(answer.columns) for row in answer.rows), text
        if "MATCH" not in text:
            assert answer.rows, text
    assert await site.checksum() == before
    assert canary.knocks == []


@pytest.mark.parametrize("text", ["db.labels", "CALL dbms.components()", "SHOW  CURRENT\tUSER", "a 'db.ping' \\ \n b"])
async def test_a_string_that_an_engine_answers_by_itself_is_only_a_string(site: Site, text: str) -> None:
    """It comes back as it went in, whatever procedure it names."""
    literal = "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
    answer = await site.analysts.ask(f"RETURN {literal} AS text, 1 AS one")
    assert answer.rows == [[text, 1]]


class Unread(Passed):
    """A statement that no gate has read."""

    @property
    def text(self) -> str:
        return self.tokens[0].text


async def test_the_database_itself_lets_nothing_happen(
    site: Site, canary: Canary, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the gate before it, the plan, the session or the user still keeps each hostile statement from all."""

    def unread(text: str) -> Passed:
        return Unread((Token(Kind.WORD, text, text, 1, 1),), {})

    monkeypatch.setattr("renche.graph.analysts.examine", unread)
    before = await site.checksum()
    for _, text in hostile():
        if "sleep" not in text:
            with contextlib.suppress(RencheError, UnicodeError):
                await site.analysts.ask(text.replace("{port}", str(canary.port)))
    assert await site.checksum() == before
    assert canary.knocks == []


@pytest.mark.parametrize("statement", EXPLODING)
async def test_the_time_limit_holds_in_the_database(site: Site, statement: str) -> None:
    """A statement that would never end is ended, and the database is at rest soon after."""
    began = time.monotonic()
    with pytest.raises(OperationTimeout):
        await site.analysts.ask(statement)
    assert time.monotonic() - began < SOON.total_seconds() + 2.5
    answer = await site.analysts.ask("RETURN 1 AS one")
    assert answer.rows == [[1]]


async def test_rows_and_bytes_are_capped(site: Site) -> None:
    """An answer that is too long is cut, and says so; one that just fits does not."""
    site.analysts.limits = Limits(time=SOON, rows=10, bytes=10_000_000)
    try:
        cut = await site.analysts.ask("UNWIND range(1, 11) AS x RETURN x")
        assert (len(cut.rows), cut.truncated) == (10, True)
        whole = await site.analysts.ask("UNWIND range(1, 10) AS x RETURN x")
        assert (len(whole.rows), whole.truncated) == (10, False)
        site.analysts.limits = Limits(time=SOON, rows=10_000, bytes=5_000)
        long = await site.analysts.ask("UNWIND range(1, 100) AS x RETURN range(1, 300) AS xs")
        assert len(long.rows) < 10
        assert long.truncated
        huge = await site.analysts.ask("UNWIND range(1, 100000) AS x RETURN collect(x) AS xs")
        assert (huge.rows, huge.truncated) == ([], True)
    finally:
        site.analysts.limits = Limits(time=SOON)


async def test_a_mistake_says_where(site: Site) -> None:
    """What the database cannot read is the analyst's to mend."""
    with pytest.raises(StatementRefused) as refused:
        await site.analysts.ask("MATCH (n:Person)\nRETURN m.id AS id")
    assert refused.value.rule == "database"
    if site.name == "neo4j":
        assert (refused.value.line, refused.value.column) == (2, 8)


async def test_a_number_too_large_for_the_database_is_refused(site: Site) -> None:
    """It is the analyst's to mend."""
    with pytest.raises(StatementRefused, match="64 bits"):
        await site.analysts.ask("RETURN $n AS n", {"n": 2**64})


async def test_values_become_json(site: Site) -> None:
    """Times, nodes, relationships and paths have one form on both engines."""
    answer = await site.analysts.ask(
        "MATCH p = (n:Person {id: 'per_1'})-[r:PURCHASED]->(v)"
        " RETURN n, r, date('2026-01-31') AS day, datetime('2026-01-31T01:02:03Z') AS at, 9007199254740993 AS big, p"
    )
    (row,) = answer.rows
    assert row[0] == {"labels": ["Person"], "properties": {"id": "per_1", "city": "1", "kind": "NATURAL"}}
    assert row[1] == {"type": "PURCHASED", "properties": {"id": "pur_1"}}
    assert row[2] == "2026-01-31"
    assert row[3].startswith("2026-01-31T01:02:03")
    assert row[4] == "9007199254740993"
    assert [len(row[5]["nodes"]), len(row[5]["relationships"])] == [2, 1]


@pytest.mark.parametrize("query", saved_queries().values(), ids=lambda query: query.name)
async def test_every_saved_query_runs(site: Site, query: SavedQuery) -> None:
    """Also where the graph has nothing of what it asks for."""
    given = {each.name: "1" for each in query.parameters if each.default is None}
    await site.analysts.ask(query.text, query.values(given, MIGRATED_AT.today()))


async def test_the_gate_costs_little(site: Site) -> None:
    """At most 5 ms at the median on a statement seen before."""
    statement = "MATCH (n:Person {id: $id}) RETURN n.city AS city"
    read = Statement("test.read", statement)
    through: list[float] = []
    straight: list[float] = []
    for _ in range(60):
        for times, ask in (
            (through, site.analysts.ask(statement, {"id": "per_1"})),
            (straight, site.database.read(read, {"id": "per_1"})),
        ):
            began = time.perf_counter()
            await ask
            times.append(time.perf_counter() - began)
    assert sorted(through)[30] - sorted(straight)[30] < 0.005
