"""Turns at work, and the end of work for a client that has gone."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive

from renche.graph.named_queries import Statement
from renche.server import work as module
from renche.server.later import Overloaded
from renche.server.work import InTurn, Work


def client(gone: asyncio.Event) -> Receive:
    """What a server receives of a client that sends nothing more."""

    async def receive() -> Message:
        await gone.wait()
        return {"type": "http.disconnect"}

    return receive


THERE = client(asyncio.Event())


async def busy(work: Work, until: asyncio.Event, receive: Receive = THERE) -> str:
    """One request."""
    async with work.turn(receive):
        await until.wait()
        return "done"


async def test_work_ends_when_its_client_goes() -> None:
    """It is cancelled, and its turn is free for the next."""
    work, gone, cancelled = Work(1), asyncio.Event(), []

    async def asked() -> None:
        async with work.turn(client(gone)):
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                cancelled.append(True)
                raise

    task = asyncio.create_task(asked())
    await asyncio.sleep(0.01)
    gone.set()
    with pytest.raises(ClientDisconnect):
        await asyncio.wait_for(task, 1)
    assert cancelled == [True]
    at_once = asyncio.Event()
    at_once.set()
    assert await busy(work, at_once) == "done"


async def test_a_server_that_stops_is_no_client_that_goes() -> None:
    """A cancellation that comes from elsewhere stays one."""
    task = asyncio.create_task(busy(Work(1), asyncio.Event()))
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_what_is_too_much_is_refused() -> None:
    """Of four requests where one is worked on, one waits its turn; the others are told at once to come again."""
    work, done = Work(1), asyncio.Event()
    first, second, *others = [asyncio.create_task(busy(work, done)) for _ in range(4)]
    for other in others:
        with pytest.raises(Overloaded) as refused:
            await asyncio.wait_for(other, 0.1)
        assert refused.value.seconds > 0
    done.set()
    assert [await first, await second] == ["done", "done"]


async def test_waiting_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits for a turn that does not come is told to come again, and does not wait on."""
    monkeypatch.setattr(module, "PATIENCE", 0.05)
    work, done = Work(1), asyncio.Event()
    first = asyncio.create_task(busy(work, done))
    await asyncio.sleep(0)
    for _ in range(2):
        with pytest.raises(Overloaded):
            await asyncio.wait_for(busy(work, done), 1)
    done.set()
    assert [await first, await busy(work, done)] == ["done", "done"]


class Slow:
    """A database whose reads end when they are told to, in whatever order; it remembers who began."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.ends: dict[str, asyncio.Event] = {}

    async def read(self, statement: Statement, _: Mapping[str, Any] | None = None) -> list[list[Any]]:
        """One row with the statement's name, once it may end."""
        self.begun.append(statement.name)
        await self.ends.setdefault(statement.name, asyncio.Event()).wait()
        return [[statement.name]]

    async def read_value(self, statement: Statement, parameters: Mapping[str, Any] | None = None) -> Any:
        """The statement's name."""
        return (await self.read(statement, parameters))[0][0]


def asks(database: InTurn, *names: str) -> list[asyncio.Task[Any]]:
    """Reads with these names, asked in this order."""
    return [asyncio.create_task(database.read_value(Statement(name, ""))) for name in names]


async def test_the_database_is_given_some_reads_at_once_in_their_order() -> None:
    """Each that ends, or whose client goes, lets in the one that has waited longest."""
    slow = Slow()
    tasks = asks(InTurn(slow, 2, patience=60), "a", "b", "c", "d", "e")
    await asyncio.sleep(0.01)
    assert slow.begun == ["a", "b"]
    slow.ends["b"].set()
    assert await tasks[1] == "b"
    await asyncio.sleep(0.01)
    assert slow.begun == ["a", "b", "c"]
    tasks[3].cancel()  # it waits still
    tasks[0].cancel()
    await asyncio.sleep(0.01)
    assert slow.begun == ["a", "b", "c", "e"]
    for name in "ce":
        slow.ends[name].set()
    assert [await tasks[2], await tasks[4]] == ["c", "e"]


async def test_a_read_waits_for_the_database_no_longer_than_it_may() -> None:
    """It is told to come again, and the next one finds a turn."""
    slow = Slow()
    database = InTurn(slow, 1, patience=0.05)
    (first,) = asks(database, "first")
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        await asyncio.wait_for(asks(database, "late")[0], 1)
    slow.ends["first"].set()
    assert await first == "first"
    slow.ends["next"] = slow.ends["first"]
    assert await asks(database, "next")[0] == "next"
    assert slow.begun == ["first", "next"]
