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
from renche.graph.endpoint import Endpoint
from renche.graph.errors import DatabaseFailure
from renche.graph.migrate import migrate
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
_SETTINGS: Final = {"db.tx_log.rotation.retention_policy": "1 files"}


@dataclass(frozen=True)
class Dataset:
    """A loaded brand behind a running Neo4j: where it answers, and the folder with the keys of its vault."""

    endpoint: Endpoint
    people: int
    data_dir: Path

    @property
    def keys_file(self) -> Path:
        """The keys with which it was loaded."""
        return self.data_dir / "keys.json"


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
    clock = FixedClock(NOW)
    async with Database.connect(
        found.endpoint, time_limit=timedelta(minutes=5), retry_for=timedelta(minutes=1)
    ) as database:
        await migrate(database, clock)
        if not load:
            return
        source = found.data_dir / "source"
        rows = sum(generate(found.people, SEED, source).values())
        print(f"Loading {rows:,} rows about {found.people:,} people, once ...", file=sys.stderr, flush=True)
        report = await ingest(
            [source],
            database=database,
            vault_url=f"sqlite:///{found.data_dir / 'vault.sqlite'}",
            keys=Keys.create(found.keys_file),
            checks=Checks.build(TODAY),
            clock=clock,
            data_dir=found.data_dir,
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
