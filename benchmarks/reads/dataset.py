"""The brand that reads are measured on: generated and loaded into Neo4j once, and kept under `build/bench`."""

import asyncio
import hashlib
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from renche.generate import TODAY, generate
from renche.graph.clock import FixedClock
from renche.graph.database import Database
from renche.graph.embedded import embedded
from renche.graph.endpoint import Endpoint
from renche.graph.errors import DatabaseFailure
from renche.graph.migrate import migrate
from renche.graph.named_queries import Statement
from renche.ingest.checks import Checks
from renche.ingest.load import ingest
from renche.vault.keys import Keys
from tests.neo4j_server import kept_neo4j_server

ROOT: Final = Path(__file__).resolve().parents[2]
KEPT: Final = ROOT / "build" / "bench"
SEED: Final = 1
NOW: Final = datetime(TODAY.year, TODAY.month, TODAY.day, 4, tzinfo=UTC)
"""When the clock of every server stands still: the brand's history ends on this day."""

HEAP: Final = "2g"
PAGE_CACHE: Final = "1g"
_LOAD_LIMIT: Final = timedelta(minutes=5)
_RETRY: Final = timedelta(minutes=1)
_SETTINGS: Final = {"db.tx_log.rotation.retention_policy": "1 files"}

# Statements of the peers name a city alone, which renche's own index of city and id does not serve.
PEERS_INDEXES: Final = (
    Statement(
        "peers.person_city", "CREATE INDEX peers_person_city IF NOT EXISTS FOR (n:Person) ON (n.city)", write=True
    ),
    Statement("peers.await_indexes", "CALL db.awaitIndexes(300)"),
)


@dataclass(frozen=True)
class Dataset:
    """A loaded brand behind a running Neo4j: where it answers, and the folder with the keys of its vault."""

    endpoint: Endpoint
    people: int
    data_dir: Path


async def embedded_dataset(people: int) -> Path:
    """The data folder of the same brand in the embedded engine, loaded now when it is not kept yet; nothing runs."""
    folder = KEPT / f"embedded-{people}-{SEED}-{_fingerprint()}"
    loaded = folder / "loaded"
    if folder.exists() and not loaded.exists():
        shutil.rmtree(folder)
    if not loaded.exists():
        folder.mkdir(parents=True)
        async with (
            embedded(folder, command_timeout=_LOAD_LIMIT, heap=HEAP) as endpoint,
            Database.connect(endpoint, time_limit=_LOAD_LIMIT, retry_for=_RETRY) as database,
        ):
            await migrate(database, FixedClock(NOW))
            await _load(database, folder, people)
        loaded.touch()
    return folder


@contextmanager
def dataset(people: int) -> Iterator[Dataset]:
    """The brand with so many people, loaded now when it is not kept yet; Neo4j runs as long as the block."""
    folder = KEPT / f"brand-{people}-{SEED}-{_fingerprint()}"
    if folder.exists() and not (folder / "loaded").exists():
        shutil.rmtree(folder)  # a load that was interrupted
    with ExitStack() as stack:
        try:
            found = _opened(folder, people, stack)
        except DatabaseFailure as changed:
            print(f"Loading the brand anew: {changed}", file=sys.stderr)
            stack.close()
            shutil.rmtree(folder)
            found = _opened(folder, people, stack)
        yield found


def _opened(folder: Path, people: int, stack: ExitStack) -> Dataset:
    """The brand in this folder, with every migration. Raises DatabaseFailure when one was changed."""
    loaded = folder / "loaded"
    endpoint = stack.enter_context(kept_neo4j_server(folder / "neo4j", HEAP, PAGE_CACHE, _SETTINGS))
    found = Dataset(endpoint, people, folder)
    asyncio.run(_ready(found, load=not loaded.exists()))
    loaded.touch()
    return found


async def _ready(found: Dataset, *, load: bool) -> None:
    """Migrates the graph, and loads it when it is new. Raises DatabaseFailure when a migration was changed."""
    async with Database.connect(found.endpoint, time_limit=_LOAD_LIMIT, retry_for=_RETRY) as database:
        await migrate(database, FixedClock(NOW))
        if load:
            await _load(database, found.data_dir, found.people)
        for statement in PEERS_INDEXES:
            await database.run(statement)


async def _load(database: Database, folder: Path, people: int) -> None:
    """Generates the brand and loads it, with a vault and keys in the folder."""
    source = folder / "source"
    rows = sum(generate(people, SEED, source).values())
    print(f"Loading {rows:,} rows about {people:,} people, once ...", file=sys.stderr, flush=True)
    report = await ingest(
        [source],
        database=database,
        vault_url=f"sqlite:///{folder / 'vault.sqlite'}",
        keys=Keys.create(folder / "keys.json"),
        checks=Checks.build(TODAY),
        clock=FixedClock(NOW),
        data_dir=folder,
    )
    if report.exit_code or report.waiting:
        raise SystemExit("The brand was not loaded whole; nothing could be measured on it.")
    shutil.rmtree(source)


def _fingerprint() -> str:
    """Changes with whatever decides what stands in the graph, except migrations, which know it themselves."""
    sources = [*(ROOT / "renche" / "generate").rglob("*.py"), *(ROOT / "renche" / "ingest").rglob("*.py")]
    sources.append(ROOT / "renche" / "cypher" / "ingest.cypher")
    digest = hashlib.sha256()
    for source in sorted(sources):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:12]
