"""Loading files in tests, and the graph as something that can be compared."""

import csv
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from renche.graph.clock import Clock
from renche.graph.database import Database, Transaction, native
from renche.graph.named_queries import Statement
from renche.ingest.batches import Job, prepared_batches
from renche.ingest.checks import Checks
from renche.ingest.files import find_files
from renche.ingest.load import Loading, ingest
from renche.ingest.report import Report
from renche.vault.keys import Keys

TODAY = date(2026, 11, 1)
BRAND = Path(__file__).resolve().parent.parent / "examples" / "brand"

NODES = Statement("test.nodes", "MATCH (n) RETURN labels(n) AS labels, properties(n) AS properties")
EDGES = Statement(
    "test.edges",
    "MATCH (a)-[e]->(b) RETURN type(e) AS type, a.id AS start, b.id AS end, properties(e) AS properties",
)

Row = Mapping[str, Any]


@cache
def checks() -> Checks:
    """Checks as of the tests' day."""
    return Checks.build(TODAY)


@dataclass
class TickingClock:
    """A clock that goes on by a second each time somebody looks at it."""

    moment: datetime = field(default_factory=lambda: datetime(2026, 11, 1, tzinfo=UTC))

    def now(self) -> datetime:
        self.moment += timedelta(seconds=1)
        return self.moment

    def today(self) -> date:
        return TODAY


@dataclass(frozen=True)
class Place:
    """Where a test loads: a data folder with keys and a vault of its own."""

    folder: Path
    keys: Keys = field(default_factory=Keys.generate)
    clock: Clock = field(default_factory=TickingClock)

    @property
    def vault_url(self) -> str:
        return f"sqlite:///{self.folder}/vault.db"

    async def load(self, database: Database, *paths: Path, batch_size: int = 7) -> Report:
        """Loads as the command does, with a worker process."""
        return await ingest(
            paths,
            database=database,
            vault_url=self.vault_url,
            keys=self.keys,
            checks=checks(),
            clock=self.clock,
            data_dir=self.folder,
            batch_size=batch_size,
        )

    async def load_in_order(self, database: Database, paths: Sequence[Path], batch_size: int = 7) -> Report:
        """Loads the files in just this order, without a process of its own."""
        files = [find_files([path])[0] for path in paths]
        loading = Loading(database, self.clock, secrets.token_hex(4), files, self.folder, batch_size, None)
        await loading.begin()
        after = [load.line for load in loading.loads]
        job = Job(list(zip(files, after, strict=True)), self.vault_url, self.keys, checks(), batch_size)
        with loading.rejects:
            for batch in prepared_batches(job):
                await loading.write(batch)
        await loading.end()
        return await loading.report()

    def write(self, kind: str, *rows: Row, name: str = "") -> Path:
        """A CSV file of these rows, of the source `s` where they name none."""
        path = self.folder / f"{kind}{name and '-' + name}.csv"
        rows = tuple({"source": "s", **row} for row in rows)
        columns = list(dict.fromkeys(column for row in rows for column in row))
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(rows)
        return path

    async def load_rows(self, database: Database, kind: str, *rows: Row) -> Report:
        """Loads rows of one kind."""
        return await self.load_in_order(database, [self.write(kind, *rows)])


@dataclass(frozen=True)
class Snapshot:
    """What the graph says, without when it was recorded and without what was retracted."""

    nodes: frozenset[str]
    edges: frozenset[str]
    waiting: frozenset[str]


async def snapshot(database: Database) -> Snapshot:
    """The graph as it stands."""
    nodes, waiting = [], []
    for (label, *_), properties in await database.read(NODES):
        if label in ("Migration", "Load", "Awaited"):
            continue
        (waiting if label == "Waiting" else nodes).append(_text(label, properties))
    edges = [
        _text(type_, start, end, properties)
        for type_, start, end, properties in await database.read(EDGES)
        if "retractedAt" not in properties and type_ != "FOR"
    ]
    assert len(nodes) == len(set(nodes))
    assert len(edges) == len(set(edges)), "a link was written twice"
    return Snapshot(frozenset(nodes), frozenset(edges), frozenset(waiting))


async def edges(database: Database, type_: str) -> list[dict[str, Any]]:
    """The properties of all relationships of a type, retracted ones too, as they were recorded."""
    found = [native(row[3]) for row in await database.read(EDGES) if row[0] == type_]
    return sorted(found, key=lambda edge: (edge["recordedAt"], edge["id"]))


async def current(database: Database, type_: str) -> list[dict[str, Any]]:
    """Those of them that are not retracted."""
    return [edge for edge in await edges(database, type_) if "retractedAt" not in edge]


async def nodes(database: Database, label: str) -> list[dict[str, Any]]:
    """The properties of all nodes of a label."""
    return [native(properties) for labels, properties in await database.read(NODES) if label in labels]


async def empty(database: Database) -> None:
    """Deletes everything but the migrations."""
    statement = Statement("test.empty", "MATCH (n) WHERE NOT n:Migration DETACH DELETE n RETURN count(*)", write=True)

    async def delete(transaction: Transaction) -> None:
        await transaction.run(statement)

    await database.write("test.empty", delete)


def _text(*parts: Any) -> str:
    return repr([_plain(part) for part in parts])


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return sorted((name, str(native(one))) for name, one in value.items() if name != "recordedAt")
    return value
