"""The engines that tests run on, and the count of tests that had to be skipped for want of one."""

import os
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import NoReturn

import pytest
from _pytest.terminal import TerminalReporter

from renche.graph.clock import FixedClock
from renche.graph.database import Database, Transaction
from renche.graph.embedded import EmbeddedEngine
from renche.graph.endpoint import Endpoint
from renche.graph.migrate import migrate
from renche.graph.named_queries import Statement
from tests.neo4j_server import NoNeo4j, neo4j_server

# Long enough for an engine on a busy machine, short enough to end a statement that would never end.
TIME_LIMIT = timedelta(seconds=60)
MIGRATED_AT = FixedClock(datetime(2026, 1, 1, tzinfo=UTC))

# What the migrations recorded stays, since their constraints stay too.
EMPTY = Statement(
    "test.empty",
    "MATCH (n) WHERE NOT n:Migration WITH n LIMIT $batch DETACH DELETE n RETURN count(*) AS deleted",
    write=True,
)
BATCH = 5_000

_SKIPPED_FOR_WANT = re.compile(r"^Skipped: no (Neo4j|PostgreSQL|Node|Redis)\b")


@pytest.fixture(scope="session")
def neo4j_endpoint() -> Iterator[Endpoint]:
    """A Neo4j server; without one the test is skipped, or fails when RENCHE_REQUIRE_ENGINES=1.

    All that is in it will be deleted, so RENCHE_TEST_NEO4J_URI must not name one that holds anything.
    """
    with ExitStack() as stack:
        try:
            endpoint = stack.enter_context(neo4j_server())
        except NoNeo4j as missing:
            do_without(f"no Neo4j: {missing}")
        yield endpoint


@pytest.fixture(scope="session")
def embedded_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """The embedded engine in a temporary data folder."""
    folder = tmp_path_factory.mktemp("embedded")
    with EmbeddedEngine.start(folder, heap="1g", command_timeout=TIME_LIMIT) as engine:
        yield engine.endpoint


@pytest.fixture(scope="session")
async def neo4j_database(neo4j_endpoint: Endpoint) -> AsyncIterator[Database]:
    """Neo4j with its schema; `graph` gives it empty."""
    async with _migrated(neo4j_endpoint) as database:
        yield database


@pytest.fixture(scope="session")
async def embedded_database(embedded_endpoint: Endpoint) -> AsyncIterator[Database]:
    """The embedded engine with its schema; `graph` gives it empty."""
    async with _migrated(embedded_endpoint) as database:
        yield database


@pytest.fixture(scope="session", params=["neo4j", "embedded"])
def engine(request: pytest.FixtureRequest) -> Database:
    """Each engine in turn, with its schema and whatever earlier tests left in it."""
    database = request.getfixturevalue(f"{request.param}_database")
    assert isinstance(database, Database)
    return database


@pytest.fixture
async def graph(engine: Database) -> Database:
    """Each engine in turn, with its schema and otherwise empty."""
    await empty(engine)
    return engine


async def empty(database: Database) -> None:
    """Delete all nodes and relationships, in batches, since one transaction has to fit the memory."""

    async def delete(transaction: Transaction) -> int:
        return int(await transaction.value(EMPTY, {"batch": BATCH}))

    while (await database.write(EMPTY.name, delete)).value == BATCH:
        pass


@asynccontextmanager
async def _migrated(endpoint: Endpoint) -> AsyncIterator[Database]:
    async with Database.connect(endpoint, time_limit=TIME_LIMIT, retry_for=TIME_LIMIT) as database:
        await migrate(database, MIGRATED_AT)
        yield database


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The file that takes longest comes first: where two processes share the files, neither waits for it at the end."""
    items.sort(key=lambda item: item.path.name != "test_three_witnesses.py")


def do_without(reason: str) -> NoReturn:
    """Skips a test that needs what is not there, or fails it when RENCHE_REQUIRE_ENGINES=1."""
    if os.environ.get("RENCHE_REQUIRE_ENGINES") == "1":
        pytest.fail(f"{reason} (and RENCHE_REQUIRE_ENGINES=1 demands it)")
    pytest.skip(reason)


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """State how many tests were skipped for want of a server or a program."""
    wanting: dict[str, int] = {}
    for report in terminalreporter.stats.get("skipped", ()):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if match := _SKIPPED_FOR_WANT.match(reason):
            wanting[match[1]] = wanting.get(match[1], 0) + 1
    for name, count in sorted(wanting.items()):
        terminalreporter.write_line(f"{count} tests were skipped for want of a {name}.", yellow=True)
