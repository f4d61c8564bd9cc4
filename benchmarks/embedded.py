"""The twelve documents on the embedded engine: the same answers as on Neo4j, and the times that it needs itself."""

import argparse
import asyncio
import platform
import sys
from datetime import date
from importlib.metadata import version
from typing import Final

from benchmarks.machine import machine
from benchmarks.reads.client import Refused
from benchmarks.reads.dataset import dataset, embedded_dataset
from benchmarks.reads.documents import BENCHMARKS, NAMES
from benchmarks.reads.load import CONNECTIONS, NoLoad, ensure_wrk
from benchmarks.reads.measure import Measured, Unequal, measure
from benchmarks.reads.servers import NotServing, servers

PEOPLE: Final = 100_000
ROUNDS: Final = 3
SECONDS: Final = 4
WARM: Final = 5
RESULTS: Final = BENCHMARKS / "results" / "embedded.md"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the sub-command `embedded`."""
    parser.add_argument("--people", type=int, default=PEOPLE, help="how many people the brand has")


def run(arguments: argparse.Namespace) -> int:
    """Compares, measures, prints and records; 1 when the engines differ."""
    rows: list[str] = []
    code = 0
    try:
        ensure_wrk()
        folder = asyncio.run(embedded_dataset(arguments.people))
        with dataset(arguments.people) as data, servers(data, ("renche", "embedded"), embedded=folder) as running:
            for name in NAMES:
                try:
                    taken = measure(name, data, running, rounds=ROUNDS, seconds=SECONDS, warm=WARM)
                    rows.append(_line(name, taken["embedded"]))
                except (Refused, Unequal, NoLoad) as error:
                    code = 1
                    rows.append(f"| {name} | not measured: {error} | | |")
                print(rows[-1], flush=True)
    except (NoLoad, NotServing) as missing:
        print(missing, file=sys.stderr)
        return 1
    _record(arguments.people, rows)
    return code


def _line(name: str, taken: Measured) -> str:
    return f"| {name} | {taken.rate:,.0f} | {taken.p50 * 1000:.1f} | {taken.p99 * 1000:.1f} |"


def _record(people: int, rows: list[str]) -> None:
    RESULTS.write_text(
        "# Reads on the embedded engine\n\n"
        f"{date.today()}: {people:,} people, median of {ROUNDS} rounds of {SECONDS} s, {CONNECTIONS} connections,"  # noqa: DTZ011 - the day on this machine
        " after answers equal to those on Neo4j; the API process starts the engine itself."
        f" {machine()}; arcadedb-embedded {version('arcadedb-embedded')}, Python {platform.python_version()}."
        " `scripts/bench embedded` measures it.\n\n"
        "| document | requests/s | p50 ms | p99 ms |\n|---|---|---|---|\n" + "\n".join(rows) + "\n",
        encoding="utf-8",
    )
