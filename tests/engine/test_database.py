"""The database on both engines: what goes in comes back, and whatever goes wrong becomes an error of ours."""

import asyncio
import contextlib
import socket
import time
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import neo4j
import pytest

from renche.graph import database as module
from renche.graph.analysts import Analysts
from renche.graph.database import Database, Transaction, native
from renche.graph.endpoint import Endpoint
from renche.graph.errors import (
    DatabaseFailure,
    EngineUnavailable,
    OperationTimeout,
    RencheError,
    WriteConflict,
)
from renche.graph.named_queries import Statement

PLANTED = "planted-13800138000"

ECHO = Statement("test.echo", "RETURN $value AS value")
KEEP = Statement("test.keep", "CREATE (kept:Kept {value: $value}) RETURN kept.value AS value", write=True)
KEPT = Statement("test.kept", "MATCH (kept:Kept) RETURN kept.value AS value ORDER BY value")
NOTHING = Statement("test.nothing", "MATCH (none:Nowhere) RETURN none")
CREATE_DEALER = Statement("test.create", "CREATE (dealer:Dealer {id: $id}) RETURN dealer.id AS id", write=True)
MERGE_DEALER = Statement(
    "test.merge", "MERGE (dealer:Dealer {id: $id}) ON CREATE SET dealer.made = $made RETURN dealer.made AS made", True
)
INCREMENT = Statement("test.increment", "MATCH (kept:Kept) SET kept.value = kept.value + 1", write=True)
WRONG = Statement("test.wrong", "MATCH (n:Kept {value: $value}) RETRUN n")
ENDLESS = Statement(
    "test.endless",
    "UNWIND range(1, $n) AS a UNWIND range(1, $n) AS b UNWIND range(1, $n) AS c"
    " WITH a, b, c WHERE a + b + c = -1 RETURN count(*) AS found",
)

VALUES: list[Any] = [
    True,
    False,
    0,
    -(2**63),
    2**63 - 1,
    0.1,
    -1e300,
    "",
    "王小明",
    "🚗 'quoted' \"twice\" \\ $id // no comment",
    date(1, 1, 1),
    date(2026, 2, 28),
    date(9999, 12, 31),
    datetime(2026, 7, 1, 12, 30, 59, 123456, tzinfo=UTC),
    datetime(1970, 1, 1, tzinfo=UTC),
    datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    datetime(2026, 7, 1, 8, tzinfo=timezone(timedelta(hours=8))),
    [],
    [1, 2, 3],
    ["a", ""],
    [date(2026, 1, 1), date(2026, 1, 2)],
]


async def keep(database: Database, value: Any) -> Any:
    """The bookmarks of a write that keeps this value."""

    async def work(transaction: Transaction) -> Any:
        return await transaction.value(KEEP, {"value": value})

    return await database.write("test.keep", work)


def shown(error: BaseException) -> str:
    """All that a log could hold of an error, whatever hangs on it."""
    seen: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        if (each := waiting.pop()) is not None and each not in seen:
            seen.append(each)
            waiting += [each.__cause__, each.__context__]
    return "".join(line for each in seen for line in [*traceback.format_exception(each), repr(each), str(each.args)])


@asynccontextmanager
async def connected(endpoint: Endpoint, **changed: Any) -> AsyncIterator[Database]:
    """A database of its own at this endpoint, which nothing needs to answer."""
    async with Database.connect(endpoint, **changed) as database:
        yield database


@pytest.fixture(params=["neo4j", "embedded"])
def endpoint(request: pytest.FixtureRequest) -> Endpoint:
    """Where each engine in turn answers."""
    found = request.getfixturevalue(f"{request.param}_endpoint")
    assert isinstance(found, Endpoint)
    return found


async def test_a_write_is_read(graph: Database) -> None:
    """What a write committed, the next read sees; a write gives back what its work did."""
    written = await keep(graph, 7)
    assert written.value == 7
    assert await graph.read(KEPT) == [[7]]
    assert await graph.read_value(KEPT) == 7


async def test_the_driver_makes_no_text_of_lists(graph: Database, caplog: pytest.LogCaptureFixture) -> None:
    """Rows of a load go to the database and nowhere else, whatever the driver would log."""
    caplog.set_level("DEBUG", "neo4j")
    written = await keep(graph, [PLANTED])
    assert written.value == [PLANTED]
    assert "RUN" in caplog.text
    assert PLANTED not in "".join(line for line in caplog.text.splitlines() if " C: RUN " in line)


async def test_a_read_without_rows(graph: Database) -> None:
    """No row is an empty list, and no value is None."""
    assert await graph.read(NOTHING) == []
    assert await graph.read_value(NOTHING) is None


async def test_bookmarks_make_a_later_read_see_a_write(graph: Database) -> None:
    """A read with a write's bookmarks sees that write, from another connection too."""
    for value in range(5):
        written = await keep(graph, value)
        assert isinstance(written.bookmarks, neo4j.Bookmarks)
        rows = await asyncio.gather(*(graph.read(KEPT, bookmarks=written.bookmarks) for _ in range(5)))
        assert rows == [[[each] for each in range(value + 1)]] * 5


async def test_a_failed_write_leaves_nothing(graph: Database) -> None:
    """An error in the work undoes all of its statements and comes through as it is."""

    async def work(transaction: Transaction) -> None:
        await transaction.run(KEEP, {"value": 1})
        raise LookupError("of the caller")

    with pytest.raises(LookupError, match="of the caller"):
        await graph.write("test.keep", work)
    assert await graph.read(KEPT) == []


async def test_a_write_reads_its_own_rows(graph: Database) -> None:
    """Within a transaction later statements see what earlier ones wrote."""

    async def work(transaction: Transaction) -> list[list[Any]]:
        await transaction.run(KEEP, {"value": 1})
        await transaction.run(KEEP, {"value": 2})
        return await transaction.run(KEPT)

    assert (await graph.write("test.keep", work)).value == [[1], [2]]


@pytest.mark.parametrize("value", VALUES, ids=repr)
async def test_a_value_comes_back(graph: Database, value: Any) -> None:
    """A parameter comes back the same, kept in the graph or not, times as Python's own and in UTC."""
    echoed = native(await graph.read_value(ECHO, {"value": value}))
    await keep(graph, value)
    kept = native(await graph.read_value(KEPT))
    for found in (echoed, kept):
        assert found == value
        assert type(found) is type(value)
        if isinstance(value, datetime):
            assert found.tzinfo is UTC


async def test_a_nested_value_comes_back(graph: Database) -> None:
    """Lists and maps of parameters come back with Python's own times at every depth."""
    value = {"rows": [{"on": date(2026, 7, 1), "at": [datetime(2026, 7, 1, tzinfo=UTC)], "none": None}], "empty": {}}
    found = native(await graph.read_value(ECHO, {"value": value}))
    assert found == value
    assert found["rows"][0]["at"][0].tzinfo is UTC


async def test_calls_are_counted(graph: Database) -> None:
    """Each read counts once, and so does each write that needs no second attempt."""
    before = graph.calls
    await keep(graph, 1)
    await graph.read(KEPT)
    await graph.read_value(KEPT)
    assert graph.calls == before + 3


async def test_concurrent_increments_lose_nothing(graph: Database) -> None:
    """Writes that meet on one node take turns, whichever way the engine has them do so."""
    await keep(graph, 0)

    async def increment() -> None:
        await graph.write("test.increment", lambda transaction: transaction.run(INCREMENT))

    async def patient() -> None:
        for _ in range(5):
            while True:
                try:
                    await increment()
                    break
                except WriteConflict:
                    await asyncio.sleep(0.01)

    await asyncio.gather(*(patient() for _ in range(8)))
    assert await graph.read_value(KEPT) == 40


async def test_concurrent_merges_make_one(graph: Database) -> None:
    """Of many writes that make the same new thing at once one makes it, and the others find it."""

    async def merge(made: int) -> Any:
        async def work(transaction: Transaction) -> Any:
            return await transaction.value(MERGE_DEALER, {"id": "dea_one", "made": made})

        return (await graph.write("test.merge", work)).value

    assert len(set(await asyncio.gather(*(merge(made) for made in range(8))))) == 1


async def test_a_double_key_is_a_conflict(graph: Database) -> None:
    """A violated constraint is a WriteConflict, and nothing that hangs on the error holds the value."""

    async def work(transaction: Transaction) -> None:
        await transaction.run(CREATE_DEALER, {"id": PLANTED})

    await graph.write("test.create", work)
    with pytest.raises(WriteConflict) as conflict:
        await graph.write("test.create", work)
    assert conflict.value.message == "test.create lost against another write; try again."
    assert conflict.value.__cause__ is None
    assert conflict.value.__context__ is None
    assert PLANTED not in shown(conflict.value)


async def test_a_value_named_timeout_is_no_timeout(graph: Database) -> None:
    """A conflict stays one, whatever word the refused value holds."""

    async def work(transaction: Transaction) -> None:
        await transaction.run(CREATE_DEALER, {"id": "a timeout"})

    await graph.write("test.create", work)
    with pytest.raises(WriteConflict):
        await graph.write("test.create", work)


async def test_a_syntax_error_is_a_failure_of_ours(graph: Database) -> None:
    """A statement the engine cannot read is named, with the engine's reason, and no parameter is shown."""
    for send in (graph.read, graph.run):
        with pytest.raises(DatabaseFailure) as failure:
            await send(WRONG, {"value": PLANTED})
        assert failure.value.message.startswith(
            "The database refused test.wrong: Neo.ClientError.Statement.SyntaxError."
        )
        assert failure.value.code == "INTERNAL"
        assert PLANTED not in shown(failure.value)


async def test_a_missing_parameter_is_a_failure_of_ours(graph: Database) -> None:
    """A statement that lacks a value is refused, and the error names the statement."""
    with pytest.raises(DatabaseFailure, match=r"test\.keep"):
        await graph.write("test.keep", lambda transaction: transaction.run(KEEP))


async def test_a_statement_ends_at_the_time_limit(endpoint: Endpoint) -> None:
    """A read that takes too long is a timeout, on an engine whose own limit is longer as well."""
    async with connected(endpoint, time_limit=timedelta(seconds=0.5), retry_for=timedelta(0)) as database:
        began = time.monotonic()
        with pytest.raises(OperationTimeout) as timeout:
            # The embedded engine goes on by itself until its own limit, so that is to be seconds only.
            await database.read(ENDLESS, {"n": 250 if endpoint.database == "renche" else 3000})
        assert time.monotonic() - began < 10
        assert timeout.value.message == "test.endless took longer than its time limit; ask for less."
        assert await database.read_value(ECHO, {"value": 1}) == 1


async def test_a_read_that_is_cancelled_answers_no_other(endpoint: Endpoint) -> None:
    """Its connection is given up; the next read has rows of its own."""
    async with connected(endpoint) as database:
        reading = asyncio.create_task(database.read(ENDLESS, {"n": 250 if endpoint.database == "renche" else 3000}))
        await asyncio.sleep(0.3)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        assert await database.read_value(ECHO, {"value": 1}) == 1


async def test_a_read_after_a_failed_one_answers(endpoint: Endpoint) -> None:
    """On the same connection, which the failure has left in order."""
    async with connected(endpoint, pool_size=1) as database:
        for value in range(3):
            with pytest.raises(DatabaseFailure):
                await database.read(Statement("test.wrong", "RETURN $missing"))
            assert await database.read_value(ECHO, {"value": value}) == value


async def test_a_node_is_no_value(graph: Database) -> None:
    """A statement that gives one is a mistake of ours, which shows at once; the next read answers."""
    await keep(graph, 1)
    with pytest.raises(RencheError, match="BrokenRecordError"):
        await graph.read(Statement("test.node", "MATCH (kept:Kept) RETURN kept"))
    assert await graph.read(KEPT) == [[1]]


async def test_a_write_has_a_limit_of_its_own(neo4j_endpoint: Endpoint) -> None:
    """A write may be given less time than other operations."""

    async def work(transaction: Transaction) -> None:
        await transaction.run(ENDLESS, {"n": 3000})

    async with connected(neo4j_endpoint, retry_for=timedelta(0)) as database:
        with pytest.raises(OperationTimeout):
            await database.write("test.endless", work, time_limit=timedelta(seconds=0.2))


async def test_slow_questions_that_hold_every_connection_are_waited_for(neo4j_endpoint: Endpoint) -> None:
    """That the database lives is asked on a connection of its own: a question ends at its limit, not before."""
    async with connected(neo4j_endpoint, time_limit=timedelta(seconds=3), pool_size=1) as database:
        with pytest.raises(OperationTimeout):
            await database.read(ENDLESS, {"n": 3000})


async def test_a_wrong_password_is_told(endpoint: Endpoint) -> None:
    """An engine that refuses us is unavailable; the sentence names the settings and not their values."""
    async with connected(replace(endpoint, password=PLANTED)) as database:
        with pytest.raises(EngineUnavailable, match="RENCHE_NEO4J_USER and _PASSWORD") as refused:
            await database.read(KEPT)
    assert PLANTED not in shown(refused.value)


async def test_a_missing_database_is_told(endpoint: Endpoint) -> None:
    """A database that is not there is a matter of the settings, and no bug of ours."""
    async with connected(replace(endpoint, database="nowhere")) as database:
        with pytest.raises(EngineUnavailable, match="RENCHE_NEO4J_DATABASE"):
            await database.read(KEPT)


@pytest.mark.parametrize("scheme", ["bolt", "neo4j", "bolt+ssc"])
async def test_nothing_listening_is_unavailable(scheme: str) -> None:
    """Where nothing listens, a question is refused soon, as its caller was promised."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    await assert_unavailable(Endpoint(f"{scheme}://127.0.0.1:{port}", "neo4j", PLANTED, "neo4j"))


@pytest.mark.parametrize("scheme", ["bolt", "neo4j", "bolt+ssc"])
async def test_a_silent_server_is_unavailable(scheme: str) -> None:
    """What accepts connections and never answers is given up just as soon."""
    silent: list[asyncio.StreamWriter] = []

    async def accept(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        silent.append(writer)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        await assert_unavailable(Endpoint(f"{scheme}://127.0.0.1:{port}", "neo4j", PLANTED, "neo4j"))
    finally:
        for writer in silent:
            writer.close()
        server.close()
        await server.wait_closed()


async def test_another_kind_of_server_is_unavailable() -> None:
    """What speaks another protocol, an HTTP server for instance, is no database."""

    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        await assert_unavailable(Endpoint(f"bolt://127.0.0.1:{port}", "neo4j", PLANTED, "neo4j"))
    finally:
        server.close()
        await server.wait_closed()


async def assert_unavailable(endpoint: Endpoint) -> None:
    """Reads and writes there are refused within a generous bound, and show no password."""
    async with connected(endpoint) as database:
        for ask in (
            database.read(KEPT),
            database.run(KEPT),
            database.write("test.keep", lambda transaction: transaction.run(KEEP, {"value": PLANTED})),
        ):
            began = time.monotonic()
            with pytest.raises(EngineUnavailable) as unavailable:
                await ask
            assert time.monotonic() - began < 4
            assert unavailable.value.code == "UNAVAILABLE"
            assert PLANTED not in shown(unavailable.value)
    async with Analysts.connect(endpoint, embedded=False) as analysts:
        began = time.monotonic()
        with pytest.raises(EngineUnavailable):
            await analysts.ask("RETURN 1 AS one")
        assert time.monotonic() - began < 4


@asynccontextmanager
async def through(endpoint: Endpoint) -> AsyncIterator[tuple[Endpoint, asyncio.Event]]:
    """A way to the endpoint on which nothing passes while the event is not set."""
    passing = asyncio.Event()
    passing.set()
    tasks: list[asyncio.Task[None]] = []
    host, _, port = endpoint.uri.removeprefix("bolt://").partition(":")

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                await passing.wait()
                writer.write(data)
                await writer.drain()
        writer.close()

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, forth = await asyncio.open_connection(host, int(port))
        tasks.extend([asyncio.create_task(pump(reader, forth)), asyncio.create_task(pump(back, writer))])

    server = await asyncio.start_server(pass_on, "127.0.0.1", 0)
    try:
        yield replace(endpoint, uri=f"bolt://127.0.0.1:{server.sockets[0].getsockname()[1]}"), passing
    finally:
        passing.set()
        server.close()
        await asyncio.gather(*tasks)
        await server.wait_closed()


async def test_a_server_that_falls_silent_is_given_up(embedded_endpoint: Endpoint) -> None:
    """A connection that stood and says nothing any more is given up as soon, and the next one is a new one."""
    async with through(embedded_endpoint) as (way, passing), connected(way) as database:
        assert await database.read_value(ECHO, {"value": 1}) == 1
        passing.clear()
        began = time.monotonic()
        with pytest.raises(EngineUnavailable):
            await database.read(ECHO, {"value": 2})
        assert time.monotonic() - began < 4
        passing.set()
        assert await database.read_value(ECHO, {"value": 3}) == 3


async def test_a_server_that_dies_in_the_middle_of_long_work_is_given_up(
    neo4j_endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That it lives is asked again and again, not only in the beginning."""
    monkeypatch.setattr(module, "_AGAIN", timedelta(seconds=0.5))
    limit = timedelta(minutes=1)
    async with through(neo4j_endpoint) as (way, passing), connected(way, time_limit=limit) as database:
        reading = asyncio.create_task(database.read(ENDLESS, {"n": 3000}))
        await asyncio.sleep(2.5)
        assert not reading.done()
        passing.clear()
        with pytest.raises(EngineUnavailable):
            await asyncio.wait_for(reading, 20)


async def test_open_connections_wait_without_timers(endpoint: Endpoint) -> None:
    """As `driver_tuning` promises: neither engine's connections have a timeout once they stand."""
    async with connected(endpoint) as database:
        assert await database.read_value(ECHO, {"value": 1}) == 1
        (connections,) = database._readers._pool.connections.values()
        sockets = [connection.socket for connection in connections]
        assert sockets
        assert {(each.get_read_timeout(), each.get_write_timeout()) for each in sockets} == {(None, None)}


def test_errors_carry_their_codes() -> None:
    """What goes to a caller as a code is one of the family's own."""
    raised = (EngineUnavailable, OperationTimeout, WriteConflict, DatabaseFailure)
    assert [error.code for error in raised] == ["UNAVAILABLE", "TIMEOUT", "CONFLICT", "INTERNAL"]
    assert all(issubclass(error, RencheError) for error in raised)
