"""The longer run of the three witnesses: `python -m tests.long_run --documents 100000`.

It starts the engines that tests run on, gathers disagreements instead of stopping at the first one, and adds a line
to `benchmarks/results/witnesses.md` when asked to record. `--only GRAPH/DOCUMENT` hears one document again.
"""

import argparse
import asyncio
import platform
import sys
import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from renche.graph.database import Database
from renche.graph.embedded import EmbeddedEngine
from renche.graph.endpoint import Endpoint
from renche.graph.migrate import migrate
from tests.conftest import MIGRATED_AT
from tests.neo4j_server import neo4j_server
from tests.trials import Tally, hear, hear_one
from tests.witnesses import Court, Disagreement

RECORD = Path(__file__).parents[1] / "benchmarks" / "results" / "witnesses.md"
LIMIT = timedelta(minutes=5)


def main() -> int:
    """Runs as the command line asks; 1 when witnesses disagreed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=100_000, help="how many on each engine")
    parser.add_argument("--engine", choices=["neo4j", "embedded", "both"], default="both")
    parser.add_argument("--first-graph", type=int, default=0, help="the number of the first graph")
    parser.add_argument("--restricted", action="store_true", help="each document asked by who sees a part")
    parser.add_argument("--only", metavar="GRAPH/DOCUMENT")
    parser.add_argument("--record", action="store_true", help=f"add the result to {RECORD.name}")
    options = parser.parse_args()
    engines = ["neo4j", "embedded"] if options.engine == "both" else [options.engine]
    with ExitStack() as stack:
        tallies = [asyncio.run(_run(engine, _start(engine, stack), options)) for engine in engines]
    if options.record:
        _record(tallies, "asked by who sees a part" if options.restricted else "asked by who sees all")
    return int(any(tally.disagreements for tally in tallies))


def _start(engine: str, stack: ExitStack) -> Endpoint:
    if engine == "neo4j":
        return stack.enter_context(neo4j_server())
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    return stack.enter_context(EmbeddedEngine.start(folder, heap="1g", command_timeout=LIMIT)).endpoint


async def _run(engine: str, endpoint: Endpoint, options: argparse.Namespace) -> Tally:
    async with Database.connect(endpoint, time_limit=LIMIT, retry_for=LIMIT) as database:
        await migrate(database, MIGRATED_AT)
        court = Court.of(engine, database)
        if options.only:
            try:
                await hear_one(court, options.only, restricted=options.restricted)
                _say(f"{engine}: {options.only} has equal answers")
            except* Disagreement as found:
                _say("\n".join(map(str, found.exceptions)))
            return Tally(engine)
        return await hear(court, options.documents, options.first_graph, _progress, restricted=options.restricted)


def _progress(tally: Tally) -> None:
    speed = tally.documents / tally.seconds
    _say(f"{tally.engine}: {tally.documents} documents, {speed:.1f}/s, {len(tally.disagreements)} disagreements")
    for found in tally.disagreements[tally.told :]:
        _say(found)
    tally.told = len(tally.disagreements)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _record(tallies: list[Tally], asked: str) -> None:
    lines = [
        f"| {datetime.now(UTC):%Y-%m-%d} | {tally.engine} | {asked} | {tally.graphs} | {tally.documents} |"
        f" {tally.pages} | {tally.filled / max(1, tally.documents):.0%} | {len(tally.disagreements)} |"
        f" {tally.seconds / 60:.0f} min | Python {platform.python_version()} |\n"
        for tally in tallies
    ]
    with RECORD.open("a", encoding="utf-8") as file:
        file.writelines(lines)


if __name__ == "__main__":
    raise SystemExit(main())
