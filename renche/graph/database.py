"""The graph's database: open, read, write, close; the driver's errors become ours here and nowhere else."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Any, Final, TypeVar

import neo4j
from neo4j import AsyncGraphDatabase, AsyncManagedTransaction, unit_of_work
from neo4j.exceptions import (
    AuthError,
    ConstraintError,
    DriverError,
    Neo4jError,
    ServiceUnavailable,
    SessionExpired,
    TransientError,
)
from neo4j.time import Date, DateTime

from renche.graph.endpoint import Endpoint
from renche.graph.errors import (
    DatabaseFailure,
    EngineUnavailable,
    OperationTimeout,
    WriteConflict,
)
from renche.graph.named_queries import Statement

T = TypeVar("T")

# The driver tells every caller about properties the database has not seen yet; on a young graph that is
# each of ours.
_NOTIFICATIONS_OFF: Final = "OFF"

_TIMED_OUT = ("TransactionTimedOut", "TransactionTimedOutClientConfiguration", "CommandTimeout")

logging.getLogger("neo4j").setLevel(logging.CRITICAL)  # it logs addresses and statements; we say it ourselves


@dataclass(frozen=True)
class Written:
    """What a write gave back, and the bookmark that lets later reads see it on every member of a cluster."""

    value: Any
    bookmarks: neo4j.Bookmarks


class Transaction:
    """A write transaction under way: run named statements, read their rows."""

    def __init__(self, transaction: AsyncManagedTransaction) -> None:
        self._transaction = transaction

    async def run(self, statement: Statement, parameters: Mapping[str, Any] | None = None) -> list[list[Any]]:
        """The rows of one statement."""
        result = await self._transaction.run(statement.text, dict(parameters or {}))
        return [list(record.values()) async for record in result]

    async def value(self, statement: Statement, parameters: Mapping[str, Any] | None = None) -> Any:
        """The only value of a statement that answers with one row of one column."""
        rows = await self.run(statement, parameters)
        return rows[0][0]


class Database:
    """One graph, one driver. Safe to share between tasks; open it with `Database.connect`."""

    def __init__(self, driver: neo4j.AsyncDriver, name: str, time_limit: timedelta) -> None:
        self._driver = driver
        self._name = name
        self._time_limit = time_limit.total_seconds()
        self.calls = 0  # statements sent; `serve` shows it, tests hold documents to it

    @classmethod
    @asynccontextmanager
    async def connect(
        cls,
        endpoint: Endpoint,
        *,
        time_limit: timedelta = timedelta(seconds=10),
        retry_for: timedelta = timedelta(seconds=1),
        pool_size: int = 100,
    ) -> AsyncIterator["Database"]:
        """A database that closes its connections at the end.

        `time_limit`: how long one operation may take in the database. `retry_for`: how long a failed
        attempt is tried again (a question is better refused within 2 s than kept waiting; a load is not).
        Nothing is sent before the first statement: a database that is down shows as EngineUnavailable there.
        """
        with _translated():
            driver = AsyncGraphDatabase.driver(
                endpoint.uri,
                auth=(endpoint.user, endpoint.password),
                max_connection_pool_size=pool_size,
                connection_timeout=1.0,
                connection_acquisition_timeout=1.5,
                max_transaction_retry_time=retry_for.total_seconds(),
                notifications_min_severity=_NOTIFICATIONS_OFF,
                keep_alive=True,
                user_agent="renche",
            )
        async with driver:
            yield cls(driver, endpoint.database, time_limit)

    async def read(
        self,
        statement: Statement,
        parameters: Mapping[str, Any] | None = None,
        *,
        bookmarks: neo4j.Bookmarks | None = None,
    ) -> list[list[Any]]:
        """The rows of a read, from any member that holds what `bookmarks` name.

        Raises EngineUnavailable, OperationTimeout or DatabaseFailure.
        """

        async def work(transaction: AsyncManagedTransaction) -> list[list[Any]]:
            result = await transaction.run(statement.text, dict(parameters or {}))
            return [list(record.values()) async for record in result]

        self.calls += 1
        with _translated(statement.name):
            async with self._driver.session(
                database=self._name, default_access_mode=neo4j.READ_ACCESS, bookmarks=bookmarks
            ) as session:
                return await session.execute_read(self._unit(statement.name, work))

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

        with _translated(name):
            async with self._driver.session(database=self._name, default_access_mode=neo4j.WRITE_ACCESS) as session:
                for attempt in range(3):
                    try:
                        value = await session.execute_write(self._unit(name, managed, time_limit))
                        break
                    except ConstraintError:
                        # Two MERGEs of one new key at the same time: the embedded engine refuses the second.
                        if attempt == 2:
                            raise
                return Written(value, await session.last_bookmarks())

    async def run(self, statement: Statement, parameters: Mapping[str, Any] | None = None) -> list[list[Any]]:
        """The rows of a statement outside a transaction of ours: constraints and indexes want that."""
        with _translated(statement.name):
            async with self._driver.session(database=self._name) as session:
                result = await session.run(statement.text, dict(parameters or {}))
                return [list(record.values()) async for record in result]

    def _unit(
        self,
        name: str,
        work: Callable[[AsyncManagedTransaction], Awaitable[T]],
        time_limit: timedelta | None = None,
    ) -> Callable[[AsyncManagedTransaction], Awaitable[T]]:
        seconds = time_limit.total_seconds() if time_limit else self._time_limit
        decorate = unit_of_work(metadata={"operation": name}, timeout=seconds)
        return decorate(work)


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


@contextmanager
def _translated(operation: str = "connect") -> Iterator[None]:
    """Turns the driver's errors into ours; without the cause, since its text may quote values."""
    try:
        yield
    except AuthError:
        raise EngineUnavailable(
            "The graph database refuses our user or password; check RENCHE_NEO4J_USER and _PASSWORD."
        ) from None
    except (ServiceUnavailable, SessionExpired):
        raise EngineUnavailable("The graph database cannot be reached; it may be starting or down.") from None
    except Neo4jError as error:
        code = error.code or "an unknown error"
        if any(part in code for part in _TIMED_OUT) or "timeout" in (error.message or "").lower():
            raise OperationTimeout(f"{operation} took longer than its time limit; ask for less.") from None
        if isinstance(error, TransientError | ConstraintError):
            raise WriteConflict(f"{operation} lost against another write; try again.") from None
        detail = f" {error.message}" if code.endswith("SyntaxError") else ""
        raise DatabaseFailure(f"The database refused {operation}: {code}.{detail}") from None
    except DriverError as error:
        raise EngineUnavailable(f"The connection to the graph database failed ({type(error).__name__}).") from None
