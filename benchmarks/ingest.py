"""How near ingest comes to the plain driver: the same parameters through the same statements, and nothing else.

Each measurement has a database of its own, warmed by a small brand. The plain driver writes batches that were
prepared beforehand and looks nothing up; ingest starts from the files, and reads, checks, encrypts, decides and
records as ever.
"""

import argparse
import asyncio
import platform
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any, Final
from zoneinfo import ZoneInfo

from neo4j import AsyncDriver, AsyncGraphDatabase, AsyncManagedTransaction

from benchmarks.machine import machine
from renche.generate import TODAY, generate
from renche.graph.clock import SystemClock
from renche.graph.database import Database, Transaction
from renche.graph.embedded import EmbeddedEngine
from renche.graph.endpoint import Endpoint
from renche.graph.migrate import migrate
from renche.graph.named_queries import Statement
from renche.ingest.batch import Batch, Knowledge
from renche.ingest.batches import Job, prepared_batches
from renche.ingest.checks import Checks
from renche.ingest.files import find_files
from renche.ingest.links import FIRST, LINKS, THINGS
from renche.ingest.load import BATCH_SIZE, ingest
from renche.ingest.prepare import thing_kind
from renche.vault.keys import Keys
from tests.neo4j_server import VERSION as NEO4J_VERSION
from tests.neo4j_server import neo4j_server

PEOPLE: Final = 20_000
QUICK_PEOPLE: Final = 2_000
WARM_PEOPLE: Final = 1_000
TARGET: Final = 0.9
RESULTS: Final = Path(__file__).parent / "results" / "ingest.md"
CLOCK: Final = SystemClock(ZoneInfo("Asia/Shanghai"))
ENGINES: Final = ("neo4j", "embedded")

EMPTY: Final = Statement(
    "benchmark.empty",
    "MATCH (n) WHERE NOT n:Migration WITH n LIMIT 5000 DETACH DELETE n RETURN count(*) AS deleted",
    write=True,
)
Write = tuple[Statement, dict[str, Any]]


@dataclass(frozen=True)
class Measured:
    """Seconds that one round took, and how many rows of input it wrote."""

    engine: str
    rows: int
    plain: float
    ingest: float

    @property
    def ratio(self) -> float:
        """The rate of ingest as a part of the plain driver's."""
        return self.plain / self.ingest


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the sub-command `ingest`."""
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_PEOPLE:,} people, one round, nothing recorded")
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--engine", choices=ENGINES, action="append", help="only this one; may be given twice")


def run(arguments: argparse.Namespace) -> int:
    """Measures, prints and records; 1 when an engine stays below the target."""
    people = QUICK_PEOPLE if arguments.quick else arguments.people
    rounds = 1 if arguments.quick else arguments.rounds
    with tempfile.TemporaryDirectory(prefix="renche-bench-") as name:
        folder = Path(name)
        generate(people, 1, folder / "brand")
        generate(WARM_PEOPLE, 2, folder / "warm")
        keys = Keys.generate()
        batches = _prepared(folder, "brand", keys)
        warm = _prepared(folder, "warm", keys)
        measured = []
        for engine in arguments.engine or ENGINES:
            for number in range(rounds):
                measured.append(_round(engine, folder / f"{engine}-{number}", folder / "brand", batches, warm, keys))
                print(_line(engine, [measured[-1]]), flush=True)
    lines = [_line(engine, [one for one in measured if one.engine == engine]) for engine in ENGINES]
    lines = [line for line in lines if line]
    print(*(["", f"Median of {rounds}:", *lines] if rounds > 1 else []), sep="\n")
    if not arguments.quick:
        _record(people, rounds, lines)
    ratios = [median(one.ratio for one in measured if one.engine == engine) for engine in {m.engine for m in measured}]
    return 0 if min(ratios) >= TARGET else 1


def _prepared(folder: Path, name: str, keys: Keys) -> list[list[Write]]:
    """The writes of each batch of a brand, in order."""
    files = [(file, 0) for file in find_files([folder / name])]
    job = Job(files, f"sqlite:///{folder}/{name}.db", keys, Checks.build(TODAY), BATCH_SIZE)
    return [_writes(batch) for batch in prepared_batches(job)]


def _writes(batch: Batch) -> list[Write]:
    """What a first load writes for a batch."""
    writes: list[Write] = []
    kind = thing_kind(batch.kind)
    if kind is not None and batch.things:
        writes.append((THINGS[kind].create, {"rows": batch.things}))
    for name, links in batch.links.items():
        new = [row for row in links.rows if row.get("new")]
        known = [row for row in links.rows if not row.get("new")]
        writes += [(FIRST[name].create, {"rows": new})] if new else []
        writes += [(LINKS[name].create, {"rows": known})] if known else []
    roles = [(role, dealing) for _, role, dealing, known in batch.services if known is Knowledge.NEW]
    if roles:
        writes.append((LINKS["services"].create, {"rows": [role for role, _ in roles]}))
        writes.append((LINKS["dealt_with"].create, {"rows": [dealing for _, dealing in roles if dealing]}))
    return writes


def _round(
    engine: str, folder: Path, brand: Path, batches: list[list[Write]], warm: list[list[Write]], keys: Keys
) -> Measured:
    folder.mkdir()
    with _endpoint(engine, folder / "plain") as endpoint:
        plain = asyncio.run(_plain(endpoint, batches, warm))
    with _endpoint(engine, folder / "ingest") as endpoint:
        rows, seconds = asyncio.run(_ingest(endpoint, folder, brand, warm, keys))
    return Measured(engine, rows, plain, seconds)


@contextmanager
def _endpoint(engine: str, folder: Path) -> Iterator[Endpoint]:
    if engine == "neo4j":
        with neo4j_server() as endpoint:
            yield endpoint
    else:
        with EmbeddedEngine.start(folder, command_timeout=timedelta(minutes=5)) as embedded:
            yield embedded.endpoint


@asynccontextmanager
async def _ready(endpoint: Endpoint, warm: list[list[Write]]) -> AsyncIterator[tuple[AsyncDriver, Database]]:
    """The database with its schema, warm and empty."""
    async with (
        Database.connect(endpoint, time_limit=timedelta(minutes=5), retry_for=timedelta(minutes=1)) as database,
        AsyncGraphDatabase.driver(endpoint.uri, auth=(endpoint.user, endpoint.password)) as driver,
    ):
        await migrate(database, CLOCK)
        await _clear(database)
        await _write(driver, endpoint.database, warm)
        await _clear(database)
        yield driver, database


async def _plain(endpoint: Endpoint, batches: list[list[Write]], warm: list[list[Write]]) -> float:
    async with _ready(endpoint, warm) as (driver, _):
        started = time.perf_counter()
        await _write(driver, endpoint.database, batches)
        return time.perf_counter() - started


async def _write(driver: AsyncDriver, name: str, batches: list[list[Write]]) -> None:
    async with driver.session(database=name) as session:
        for writes in batches:

            async def work(transaction: AsyncManagedTransaction, writes: list[Write] = writes) -> None:
                now = CLOCK.now()
                for statement, parameters in writes:
                    result = await transaction.run(statement.text, {**parameters, "now": now})
                    await result.consume()

            await session.execute_write(work)


async def _ingest(
    endpoint: Endpoint, folder: Path, brand: Path, warm: list[list[Write]], keys: Keys
) -> tuple[int, float]:
    async with _ready(endpoint, warm) as (_, database):
        started = time.perf_counter()
        report = await ingest(
            [brand],
            database=database,
            vault_url=f"sqlite:///{folder}/vault.db",
            keys=keys,
            checks=Checks.build(TODAY),
            clock=CLOCK,
            data_dir=folder,
        )
        seconds = time.perf_counter() - started
    if report.total.created != report.total.read or report.waiting:
        raise SystemExit("The brand was not loaded whole; this measures nothing.")
    return report.total.read, seconds


async def _clear(database: Database) -> None:
    async def work(transaction: Transaction) -> int:
        return int(await transaction.value(EMPTY))

    while (await database.write(EMPTY.name, work)).value:
        pass


def _line(engine: str, measured: list[Measured]) -> str:
    if not measured:
        return ""
    plain = median(one.rows / one.plain for one in measured)
    ours = median(one.rows / one.ingest for one in measured)
    ratio = median(one.ratio for one in measured)
    return f"| {engine} | {plain:,.0f} | {ours:,.0f} | {ratio:.2f} |"


def _record(people: int, rounds: int, lines: list[str]) -> None:
    RESULTS.parent.mkdir(exist_ok=True)
    head = [
        "# Ingest and the plain driver",
        "",
        "Rows of input per second of a first load; several links and nodes come of each row. `python -m benchmarks"
        " ingest` measures it.",
        "",
    ]
    known = RESULTS.read_text(encoding="utf-8").splitlines() if RESULTS.exists() else head
    entry = [
        f"## {date.today()}: {people:,} people, median of {rounds}",  # noqa: DTZ011 - the day on this machine
        "",
        f"{machine()}; Python {platform.python_version()}, neo4j driver {version('neo4j')}, Neo4j {NEO4J_VERSION},"
        f" arcadedb-embedded {version('arcadedb-embedded')}.",
        "",
        "| engine | plain driver | ingest | ratio |",
        "|---|---|---|---|",
        *lines,
        "",
    ]
    RESULTS.write_text("\n".join([*known, *([""] if known[-1] else []), *entry]).rstrip() + "\n", encoding="utf-8")
