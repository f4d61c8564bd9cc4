"""How much is worked on at once, here and by the database, and that nothing is worked on for a client that has gone."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from renche.graph.named_queries import Statement
from renche.graph.reader import Reader
from renche.graph.watched import Watched
from renche.server.later import AGAIN_AFTER, Overloaded

PATIENCE: Final = 1.0
"""Seconds that a request waits for its turn; what would take longer is better sent again, perhaps elsewhere."""

UNWATCHED: Final = 0.05
"""Seconds until somebody looks whether the client is still there: most work has ended by then."""


class Work:
    """The work under way in one event loop: of `most` requests, while as many wait for a moment."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._turns = asyncio.Semaphore(most)
        self._waiting = 0

    @asynccontextmanager
    async def turn(self, receive: Receive) -> AsyncIterator[None]:
        """Has what is done inside count as work, once its whole request was received.

        Raises Overloaded at once or soon when there is too much, and ClientDisconnect when the client goes away, as
        soon as what is done inside was cancelled.
        """
        if self._turns.locked():
            await self._wait()
        else:
            await self._turns.acquire()
        try:
            with Watched(UNWATCHED, partial(_goes_away, receive)):
                yield
        finally:
            self._turns.release()

    async def _wait(self) -> None:
        if self._waiting >= self._most:
            raise _overloaded()
        self._waiting += 1
        try:
            async with asyncio.timeout(PATIENCE):
                await self._turns.acquire()
        except TimeoutError:
            raise _overloaded() from None
        finally:
            self._waiting -= 1


class InTurn:
    """A database that is given `most` reads at once; the others wait here, first come first served.

    More than the database has cores for end no sooner, and a long one among them ends much later. Who has waited for
    `patience`, in seconds, is told to come again.
    """

    def __init__(self, database: Reader, most: int, patience: float) -> None:
        self._database = database
        self._turns = asyncio.Semaphore(most)
        self._patience = patience

    async def read(self, statement: Statement, parameters: Mapping[str, Any] | None = None) -> list[list[Any]]:
        """The rows that the database gives; raises Overloaded, and what it raises."""
        await self._turn()
        try:
            return await self._database.read(statement, parameters)
        finally:
            self._turns.release()

    async def read_value(self, statement: Statement, parameters: Mapping[str, Any] | None = None) -> Any:
        """The only value of a statement that answers with one; None when there is no row."""
        rows = await self.read(statement, parameters)
        return rows[0][0] if rows else None

    async def _turn(self) -> None:
        if not self._turns.locked():
            await self._turns.acquire()
            return
        try:
            async with asyncio.timeout(self._patience):
                await self._turns.acquire()
        except TimeoutError:
            raise _overloaded() from None


async def _goes_away(receive: Receive) -> Exception:
    while (await receive())["type"] != "http.disconnect":
        pass
    return ClientDisconnect()


def _overloaded() -> Overloaded:
    return Overloaded("More is asked at once than this server takes on; ask again in a moment.", AGAIN_AFTER)
