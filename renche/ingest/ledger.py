"""How far the load of each file came, kept in the graph with what was loaded; and whose turn it is to write.

A file is known by its content, so a load goes on after a crash wherever the file lies then. Every transaction of
ingest takes the turn first: two loads at once write one after the other, and each sees what the other wrote.
"""

import asyncio
import fcntl
import hashlib
import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

from renche.graph.database import Database, Transaction
from renche.graph.errors import WriteConflict
from renche.graph.named_queries import named_query

T = TypeVar("T")

BEGIN = named_query("ingest.begin")
RECORD = named_query("ingest.record")

SEVERAL: Final = "several"
_CHUNK: Final = 1 << 20
_LOCK_POLL: Final = 0.01
_TIME_LIMIT: Final = timedelta(minutes=5)
_ATTEMPTS: Final = 12


@dataclass(frozen=True)
class Counts:
    """What became of the rows; every row that was read is one of the others.

    `withheld`: rows of people who were erased.
    """

    read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    withheld: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(mine + theirs for mine, theirs in zip(self.values, other.values, strict=True)))

    @property
    def values(self) -> tuple[int, int, int, int, int, int]:
        """The numbers in the order above."""
        return self.read, self.created, self.updated, self.unchanged, self.rejected, self.withheld

    @property
    def balanced(self) -> bool:
        """Whether nothing is lost."""
        return self.read == self.created + self.updated + self.unchanged + self.rejected + self.withheld


@dataclass(frozen=True)
class Load:
    """The load of one file: up to which line its rows are in the graph, and what became of them."""

    id: str
    kind: str
    name: str
    line: int = 0
    counts: Counts = field(default_factory=Counts)

    def after(self, line: int, counts: Counts) -> "Load":
        """The load with one more batch."""
        return replace(self, line=line, counts=self.counts + counts)


@dataclass
class Turn:
    """What a transaction learned when it took the turn."""

    run: str
    turn: Mapping[str, Any]
    load: Mapping[str, Any]

    @property
    def waits(self) -> bool:
        """Whether any link may be waiting."""
        return bool(self.turn.get("waits", False))

    @property
    def arrived(self) -> bool:
        """Whether awaited things have come whose links are not all written yet."""
        return bool(self.turn.get("arrived", False))

    @property
    def erasures(self) -> bool:
        """Whether anybody was erased from this graph."""
        return bool(self.turn.get("erasures", False))

    def alone(self, kind: str) -> bool:
        """Whether no other run than this one has ever loaded rows of this kind."""
        return self.turn.get(f"run_{kind}") in (None, self.run)


def content_id(path: Path, kind: str) -> str:
    """The name of a file's content as rows of this kind. Raises OSError when it cannot be read."""
    digest = hashlib.sha256(f"{kind}\n".encode())
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


@asynccontextmanager
async def alone_in(data_dir: Path) -> AsyncIterator[None]:
    """Keeps other loads of the same data folder waiting for the length of a transaction.

    Neo4j's own lock would do. The embedded engine has none: it finds out at the end that two transactions wrote
    the same, and while one is being committed another may see some of it and not the rest.
    """
    lock = os.open(data_dir / "ingest.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                await asyncio.sleep(_LOCK_POLL)
            else:
                break
        yield
    finally:
        os.close(lock)


async def alone(database: Database, data_dir: Path, name: str, work: Callable[[Transaction], Awaitable[T]]) -> T:
    """What a transaction gives that writes alone in the data folder; tried again while another is in the way."""
    for attempt in range(_ATTEMPTS):
        try:
            async with alone_in(data_dir):
                written = await database.write(name, work, time_limit=_TIME_LIMIT)
        except WriteConflict:
            if attempt + 1 == _ATTEMPTS:
                raise
            await asyncio.sleep(random.uniform(0.05, 0.2) * 2 ** min(attempt, 5))  # noqa: S311 - to take turns
        else:
            value: T = written.value
            return value
    raise AssertionError


async def take_turn(transaction: Transaction, run: str, load_id: str) -> Turn:
    """The first statement of every transaction of ingest."""
    turn, load = await transaction.value(BEGIN, {"run": run, "id": load_id})
    return Turn(run, turn, load)


async def begin(transaction: Transaction, run: str, load: Load) -> Load:
    """Makes the load this run's: where an unfinished one stopped, else from the start."""
    turn = await take_turn(transaction, run, load.id)
    found = turn.load
    if found.get("finished") is False:
        counts = Counts(**{name: found.get(name, 0) for name in asdict(Counts())})
        load = replace(load, line=found["line"], counts=counts)
    await record(transaction, turn, load, {}, finished=False, take_over=True)
    return load


async def record(
    transaction: Transaction,
    turn: Turn,
    load: Load,
    changed: Mapping[str, Any],
    *,
    finished: bool,
    take_over: bool = False,
) -> None:
    """Records the load as it stands, and what is new about the turn.

    A load that another run has begun since is that run's to record: it went on from where we were.
    """
    said: dict[str, Any] = {}
    if take_over or turn.load.get("run") == turn.run:
        said = {
            "kind": load.kind,
            "name": load.name,
            "run": turn.run,
            "line": load.line,
            "finished": finished,
            **asdict(load.counts),
        }
    await transaction.run(RECORD, {"id": load.id, "turn": dict(changed), "load": said})
