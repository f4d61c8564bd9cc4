"""Analysts' statements: through the gate, then read-only and bounded on either engine."""

import asyncio
import re
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final, NoReturn

import neo4j
import orjson
from neo4j import AsyncGraphDatabase
from neo4j.exceptions import DriverError, Neo4jError

from renche.graph.aggregate_gate import examine_aggregate
from renche.graph.driver_errors import our_error
from renche.graph.endpoint import Endpoint
from renche.graph.errors import OperationTimeout, StatementRefused
from renche.graph.gate import Passed, examine
from renche.graph.literals import lifted
from renche.graph.plain import plain
from renche.graph.plan_check import unknown_operators

_GRACE: Final = timedelta(seconds=2)  # within which the database says itself that it gave up
_CONNECT: Final = timedelta(seconds=2)
_FETCH: Final = 200  # rows in one message: little is read in vain when the limit comes
_PLACE: Final = re.compile(r"\(line (\d+), column (\d+)")
_PLANS: Final = 1_000  # statements whose plan was seen
_TOO_LONG: Final = "The statement took longer than {:g} s; ask for less."


@dataclass(frozen=True)
class Limits:
    """How much one statement may take and give: time in the database, rows, bytes of its rows as JSON."""

    time: timedelta = timedelta(seconds=5)
    rows: int = 10_000
    bytes: int = 10_000_000


@dataclass(frozen=True)
class Answer:
    """The rows of a statement in JSON's types; `truncated` when a limit left some out.

    `suppressed_below`: how many people a group needed to be among them, where only aggregates could be asked.
    """

    columns: list[str]
    rows: list[list[Any]]
    truncated: bool
    suppressed_below: int | None = None


class Analysts:
    """Asks one graph for analysts; open it with `Analysts.connect`. Safe to share between tasks."""

    def __init__(self, driver: neo4j.AsyncDriver, name: str, limits: Limits, *, embedded: bool) -> None:
        self._driver = driver
        self._name = name
        self._embedded = embedded
        self._planned: OrderedDict[str, None] = OrderedDict()
        self.limits = limits

    @classmethod
    @asynccontextmanager
    async def connect(
        cls, endpoint: Endpoint, *, embedded: bool, limits: Limits = Limits()
    ) -> AsyncIterator["Analysts"]:
        """Connections of their own, closed at the end; on the embedded engine as its user that can only read."""
        driver = AsyncGraphDatabase.driver(
            endpoint.uri,
            auth=(endpoint.user, endpoint.password),
            max_connection_pool_size=20,
            connection_timeout=_CONNECT.total_seconds(),
            connection_acquisition_timeout=_CONNECT.total_seconds(),
            notifications_min_severity="OFF",
            user_agent="renche-analysts",
            telemetry_disabled=True,
        )
        async with driver:
            yield cls(driver, endpoint.database, limits, embedded=embedded)

    async def ask(
        self, statement: str, parameters: Mapping[str, Any] | None = None, *, smallest_group: int | None = None
    ) -> Answer:
        """The answer to a statement; with `smallest_group` one of aggregates, over at least so many people each.

        Raises StatementRefused, with rule and place, for what the gate or the database refuses; OperationTimeout,
        EngineUnavailable or DatabaseFailure otherwise.
        """
        passed = examine(statement) if smallest_group is None else examine_aggregate(statement, smallest_group)
        given = dict(parameters or {})
        passed.check(given)
        bound = self.limits.time + _GRACE
        try:
            async with asyncio.timeout(bound.total_seconds()):
                return replace(await self._ask(passed, given), suppressed_below=smallest_group)
        except (Neo4jError, DriverError) as error:
            _raise_ours(error, self.limits)
        except OverflowError:
            raise StatementRefused("parameters", "A whole number has more than 64 bits.", 1, 1) from None
        except TimeoutError:
            raise OperationTimeout(_TOO_LONG.format(self.limits.time.total_seconds())) from None

    async def _ask(self, passed: Passed, given: dict[str, Any]) -> Answer:
        text = passed.text
        if self._embedded:
            text, strings = lifted(passed)
            given |= strings
        async with self._driver.session(
            database=self._name, default_access_mode=neo4j.READ_ACCESS, fetch_size=_FETCH
        ) as session:
            if not self._embedded:
                await self._check_plan(session, text, given)
            query = neo4j.Query(text, timeout=self.limits.time.total_seconds())
            return await self._read(await session.run(query, given))

    async def _check_plan(self, session: neo4j.AsyncSession, text: str, given: dict[str, Any]) -> None:
        """Refuses a statement whose plan does anything but read; a text is planned for this once."""
        if text in self._planned:
            self._planned.move_to_end(text)
            return
        # On a line of its own, so that columns stay.
        query = neo4j.Query(f"EXPLAIN\n{text}", timeout=self.limits.time.total_seconds())
        try:
            summary = await (await session.run(query, given)).consume()
        except Neo4jError as error:
            _raise_ours(error, self.limits, lines_before=1)
        unknown = unknown_operators(summary.plan or {"operatorType": "nothing"})
        if summary.query_type != "r" or unknown:
            what = f"has the operator {unknown[0]}" if unknown else "does not only read"
            raise StatementRefused("plan", f"The database's plan {what}.", 1, 1)
        self._planned[text] = None
        if len(self._planned) > _PLANS:
            self._planned.popitem(last=False)

    async def _read(self, result: neo4j.AsyncResult) -> Answer:
        rows: list[list[Any]] = []
        size = 0
        async for record in result:
            row = plain(list(record.values()))
            size += len(orjson.dumps(row))
            if len(rows) == self.limits.rows or size > self.limits.bytes:
                return Answer(list(result.keys()), rows, truncated=True)
            rows.append(row)
        return Answer(list(result.keys()), rows, truncated=False)


def _raise_ours(error: Neo4jError | DriverError, limits: Limits, *, lines_before: int = 0) -> NoReturn:
    """Raises our error: what is wrong with a statement is the analyst's to mend, and says where."""
    if isinstance(error, Neo4jError) and ".ClientError.Statement." in (error.code or ""):
        message = (error.message or "").partition("\n")[0]
        place = _PLACE.search(message)
        line, column = (max(int(place[1]) - lines_before, 1), int(place[2])) if place else (1, 1)
        raise StatementRefused("database", message[: place.start()] if place else message, line, column) from None
    if isinstance(error, Neo4jError) and ".Security.Forbidden" in (error.code or ""):
        raise StatementRefused("read-only", "The database lets this user only read.", 1, 1) from None
    ours = our_error("the statement", error)
    if isinstance(ours, OperationTimeout):
        ours = OperationTimeout(_TOO_LONG.format(limits.time.total_seconds()))
    raise ours from None
