"""The graph's database: open, read, write, close; no error of the driver leaves it."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, timedelta
from functools import partial
from typing import Any, Final, TypeVar

import neo4j
from neo4j import AsyncGraphDatabase, AsyncManagedTransaction, unit_of_work
from neo4j.exceptions import (
    ConstraintError,
    DriverError,
    Neo4jError,
)
from neo4j.time import Date, DateTime

from renche.graph.bolt_reads import BoltReads
from renche.graph.driver_errors import TOO_LONG, UNREACHABLE, translated
from renche.graph.driver_tuning import fill_tables_as_asked, wait_without_timers
from renche.graph.endpoint import Endpoint
from renche.graph.errors import (
    EngineUnavailable,
    OperationTimeout,
)
from renche.graph.named_queries import Statement
from renche.graph.profile import Profile, read_profile
from renche.graph.watched import Watched

T = TypeVar("T")

# The driver tells every caller about properties the database has not seen yet; on a young graph that is
# each of ours.
_NOTIFICATIONS_OFF: Final = "OFF"


# How long an attempt at a transaction may take beyond the time for retries: in sum less than the 2 s in which a
# question is refused when the database is down, whether it refuses, drops or never answers.
_ATTEMPT: Final = timedelta(seconds=0.8)

# How much longer than its time limit an operation may take until the database says that it gave up. One that hangs,
# or whose own limit is longer, is waited for no longer.
_GRACE: Final = timedelta(seconds=2)

# How long a database that has said nothing for the time of an attempt has to give a sign of life.
_SIGN: Final = timedelta(seconds=1)

# How long it is believed to live after one.
_AGAIN: Final = timedelta(seconds=15)

# Before a second attempt, in seconds, and by how much longer before each further one.
_FIRST_DELAY: Final = 0.05
_LONGER: Final = 1.5

logging.getLogger("neo4j").setLevel(logging.CRITICAL)  # it logs addresses and statements; we say it ourselves
fill_tables_as_asked()
wait_without_timers()


@dataclass(frozen=True)
class Written:
    """What a write gave back, and the bookmark that lets later reads see it on every member of a cluster."""

    value: Any
    bookmarks: neo4j.Bookmarks


class _Unwritten(list[Any]):
    """A list that is not written out.

    The driver makes a text of all parameters for a log that nobody reads: a quarter of its time where rows are many.
    """

    def __repr__(self) -> str:
        return f"[{len(self)} items]"


def _unwritten(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _Unwritten(value) if isinstance(value, list) else value for name, value in parameters.items()}


class Transaction:
    """A write transaction under way: run named statements, read their rows."""

    def __init__(self, transaction: AsyncManagedTransaction) -> None:
        self._transaction = transaction

    async def run(self, statement: Statement, parameters: Mapping[str, Any] | None = None) -> list[list[Any]]:
        """The rows of one statement."""
        result = await self._transaction.run(statement.text, _unwritten(parameters or {}))
        return [list(record.values()) async for record in result]

    async def value(self, statement: Statement, parameters: Mapping[str, Any] | None = None) -> Any:
        """The only value of a statement that answers with one row of one column."""
        rows = await self.run(statement, parameters)
        return rows[0][0]


class Database:
    """One graph, one driver. Safe to share between tasks; open it with `Database.connect`."""

    def __init__(
        self,
        driver: neo4j.AsyncDriver,
        reading: neo4j.AsyncDriver,
        probing: neo4j.AsyncDriver,
        name: str,
        time_limit: timedelta,
        retry_for: timedelta,
    ) -> None:
        self._driver = driver
        self._readers = reading
        self._probing = probing
        self._probe: asyncio.Task[bool] | None = None
        self._name = name
        self._time_limit = time_limit
        self._retry_for = retry_for
        self._reads = BoltReads(reading, name, retry_for + _ATTEMPT)
        self.calls = 0  # reads, and attempts at a write; tests hold documents to it

    @classmethod
    @asynccontextmanager
    async def connect(
        cls,
        endpoint: Endpoint,
        *,
        reading: Endpoint | None = None,
        time_limit: timedelta = timedelta(seconds=10),
        retry_for: timedelta = timedelta(seconds=1),
        pool_size: int = 100,
    ) -> AsyncIterator["Database"]:
        """A database that closes its connections at the end.

        `reading`: the same graph for a user that can only read, where the engine does not hold reads to reading by
        itself. `time_limit`: how long one operation may take in the database. `retry_for`: how long a failed
        attempt is tried again (a question is better refused within 2 s than kept waiting; a load is not).
        Nothing is sent before the first statement: a database that is down shows as EngineUnavailable there.
        """

        def driver(end: Endpoint, most: int) -> neo4j.AsyncDriver:
            return AsyncGraphDatabase.driver(
                end.uri,
                auth=(end.user, end.password),
                max_connection_pool_size=most,
                connection_timeout=(retry_for + _ATTEMPT).total_seconds(),
                connection_acquisition_timeout=(retry_for + _ATTEMPT).total_seconds(),
                max_transaction_retry_time=retry_for.total_seconds(),
                # The driver's own first delay of a second leaves no time for a second attempt.
                initial_retry_delay=_FIRST_DELAY,
                retry_delay_multiplier=_LONGER,
                notifications_min_severity=_NOTIFICATIONS_OFF,
                keep_alive=True,
                user_agent="renche",
                telemetry_disabled=True,
            )

        async with AsyncExitStack() as stack:
            with translated():
                every = await stack.enter_async_context(driver(endpoint, pool_size))
                readers = every if reading is None else await stack.enter_async_context(driver(reading, pool_size))
                probing = await stack.enter_async_context(driver(endpoint, 1))
            database = cls(every, readers, probing, endpoint.database, time_limit, retry_for)
            try:
                yield database
            finally:
                if database._probe is not None:
                    database._probe.cancel()

    async def read(
        self,
        statement: Statement,
        parameters: Mapping[str, Any] | None = None,
        *,
        bookmarks: neo4j.Bookmarks | None = None,
    ) -> list[list[Any]]:
        """The rows of a read, from any member that holds what `bookmarks` name.

        One statement is a transaction of its own: it needs one round trip, where one that is begun and committed needs
        three. Raises EngineUnavailable, OperationTimeout or DatabaseFailure.
        """
        self.calls += 1
        with translated(statement.name), self._watched(statement.name, self._time_limit):
            return await self._read(statement.text, parameters or {}, bookmarks)

    async def _read(
        self, text: str, parameters: Mapping[str, Any], bookmarks: neo4j.Bookmarks | None
    ) -> list[list[Any]]:
        started, delay = time.monotonic(), _FIRST_DELAY
        while True:
            try:
                return await self._reads.rows(text, parameters, self._time_limit, bookmarks)
            except (Neo4jError, DriverError) as error:
                # A read may always be tried again; the driver does so only for transactions that it manages.
                left = self._retry_for.total_seconds() - (time.monotonic() - started)
                if not error.is_retryable() or left < delay:
                    raise
                await asyncio.sleep(delay)
                delay *= _LONGER

    async def profile(self, statement: Statement, parameters: Mapping[str, Any]) -> Profile:
        """Runs a read and tells what the database did for it; raises what `read` raises."""
        query = neo4j.Query(f"PROFILE {statement.text}", timeout=self._time_limit.total_seconds())
        with translated(statement.name), self._watched(statement.name, self._time_limit):
            return await self._profile(query, dict(parameters))

    async def _profile(self, query: neo4j.Query, parameters: dict[str, Any]) -> Profile:
        async with self._readers.session(database=self._name, default_access_mode=neo4j.READ_ACCESS) as session:
            result = await session.run(query, parameters)
            rows = await result.values()
            summary = await result.consume()
            return read_profile(summary.profile or {}, len(rows))

    def _watched(self, name: str, limit: timedelta) -> Watched:
        """Work that is given up when it does not end in time, or as soon as the database is found silent.

        A statement may say nothing for seconds, while it is planned, and so may a database that hangs: when nothing
        has come for a while, a second connection asks which it is, now and then.
        """
        return Watched(_ATTEMPT.total_seconds(), partial(self._too_long, name, limit))

    async def _too_long(self, name: str, limit: timedelta) -> Exception:
        loop = asyncio.get_running_loop()
        end = loop.time() + (limit + _GRACE - _ATTEMPT).total_seconds()
        while loop.time() < end:
            if not await asyncio.shield(self._sign_of_life()):
                return EngineUnavailable(UNREACHABLE)
            await asyncio.sleep(min(end - loop.time(), _AGAIN.total_seconds()))
        return OperationTimeout(TOO_LONG.format(name))

    def _sign_of_life(self) -> asyncio.Task[bool]:
        """Whether the database answers at all: asked once for all that wait, on a connection that no question takes."""
        if self._probe is None or self._probe.done():
            self._probe = asyncio.get_running_loop().create_task(self._answers())
        return self._probe

    async def _answers(self) -> bool:
        patience = max(self._retry_for, _SIGN).total_seconds()
        try:
            async with (
                asyncio.timeout(patience),
                self._probing.session(database=self._name, default_access_mode=neo4j.READ_ACCESS) as session,
            ):
                await (await session.run("RETURN 1")).consume()
        except (Neo4jError, DriverError, OSError, TimeoutError):
            return False
        return True

    async def read_value(self, statement: Statement, parameters: Mapping[str, Any] | None = None) -> Any:
        """The only value of a read that answers with one row of one column; None when it has no row."""
        rows = await self.read(statement, parameters)
        return rows[0][0] if rows else None

    async def write(
        self, name: str, work: Callable[[Transaction], Awaitable[T]], *, time_limit: timedelta | None = None
    ) -> Written:
        """Runs `work` in one transaction, again from the start when the database asks for it.

        `work` must therefore have no effect but through its transaction. Raises what `read` raises, and
        WriteConflict when another write won each time.
        """

        async def managed(transaction: AsyncManagedTransaction) -> T:
            self.calls += 1
            return await work(Transaction(transaction))

        limit = time_limit or self._time_limit
        with translated(name, writing=True):
            async with self._driver.session(database=self._name, default_access_mode=neo4j.WRITE_ACCESS) as session:
                for attempt in range(3):
                    try:
                        value = await self._carry_out(session.execute_write, name, managed, limit)
                        break
                    except ConstraintError:
                        # Two MERGEs of one new key at the same time: the embedded engine refuses the second.
                        if attempt == 2:
                            raise
                return Written(value, await session.last_bookmarks())

    async def run(
        self,
        statement: Statement,
        parameters: Mapping[str, Any] | None = None,
        *,
        time_limit: timedelta | None = None,
    ) -> list[list[Any]]:
        """The rows of a statement outside a transaction of ours: constraints and indexes want that.

        Raises what `read` raises, and WriteConflict when another won; it is not tried again.
        """
        limit = time_limit or self._time_limit
        query = neo4j.Query(statement.text, timeout=limit.total_seconds())
        with translated(statement.name, writing=statement.write), self._watched(statement.name, limit):
            async with self._driver.session(database=self._name) as session:
                result = await session.run(query, dict(parameters or {}))
                return [list(record.values()) async for record in result]

    async def _carry_out(
        self,
        execute: Callable[[Callable[[AsyncManagedTransaction], Awaitable[T]]], Awaitable[T]],
        name: str,
        work: Callable[[AsyncManagedTransaction], Awaitable[T]],
        limit: timedelta,
    ) -> T:
        """Has the session `execute` the work, and gives up when no transaction begins, or the work does not end."""
        begun = False

        async def bounded(transaction: AsyncManagedTransaction) -> T:
            nonlocal begun
            begun = True
            bound.reschedule(asyncio.get_running_loop().time() + (limit + _GRACE).total_seconds())
            return await work(transaction)

        timed = unit_of_work(metadata={"operation": name}, timeout=limit.total_seconds())(bounded)
        try:
            async with asyncio.timeout((self._retry_for + _ATTEMPT).total_seconds()) as bound:
                return await execute(timed)
        except TimeoutError:
            if not bound.expired():
                raise
            raise (OperationTimeout(TOO_LONG.format(name)) if begun else EngineUnavailable(UNREACHABLE)) from None


def native(value: Any) -> Any:
    """A value of the database with Python's own dates and UTC datetimes, in lists and maps too."""
    if isinstance(value, list):
        return [native(item) for item in value]
    if isinstance(value, dict):
        return {key: native(item) for key, item in value.items()}
    if isinstance(value, Date):
        return value.to_native()
    if isinstance(value, DateTime):
        moment = value.to_native()
        # The embedded engine stores UTC and leaves the zone away.
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return value


def iso_day(value: Date) -> str:
    """A day of the database as text: 2026-11-01."""
    return value.iso_format()


def iso_instant(value: DateTime) -> str:
    """An instant of the database as text, in UTC: 2026-11-01T04:00:00+00:00."""
    text: str = native(value).isoformat()
    return text
