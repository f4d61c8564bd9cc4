"""How reads grow with the brand: the same twelve documents on 100,000 and on 1,000,000 people, on Neo4j.

Each document's statement is run for the same number of variables on both brands, one after the other, and the hits
on the store are counted: where they stay, the time must stay.
"""

import argparse
import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median
from typing import Final

from benchmarks.machine import machine
from benchmarks.questions import questions
from benchmarks.reads.dataset import Dataset, dataset
from benchmarks.reads.documents import BENCHMARKS, NAMES
from renche.graph.database import Database
from renche.planner.plan import Asked, Planner
from renche.resolvers.schema import build_schema

PEOPLE: Final = (100_000, 1_000_000)
ROUNDS: Final = 5
COUNTED: Final = 10  # variables whose hits are counted
GROWING: Final = 3  # times the hits: more than what other variables make
RESULTS: Final = BENCHMARKS / "results" / "scale.md"


@dataclass(frozen=True)
class Taken:
    """What a document needs on one brand: milliseconds and hits on the store, medians."""

    milliseconds: float
    hits: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the sub-command `scale`."""
    parser.add_argument("--people", type=int, nargs=2, default=PEOPLE, help="the sizes of the two brands")


def run(arguments: argparse.Namespace) -> int:
    """Measures, prints and records."""
    small, large = arguments.people
    with ExitStack() as stack:
        brands = [stack.enter_context(dataset(people)) for people in (small, large)]
        rows = asyncio.run(_measured(brands))
    lines = [_line(name, *each) for name, each in rows.items()]
    print(*lines, sep="\n")
    RESULTS.write_text(
        "# Reads of a brand ten times as large\n\n"
        f"{date.today()}: {small:,} and {large:,} people on Neo4j, one question at a time, median of {ROUNDS} rounds"  # noqa: DTZ011 - the day on this machine
        " over fifty sets of variables each. Hits are the database's count of touches of its store."
        f" {machine()}. `scripts/bench scale` measures it.\n\n"
        f"The rows that the question is about grow with the brand, a city having {large // small} times the people, for"
        f" {_names(rows, growing=True)}; there the time may grow as much."
        f" They stay for {_names(rows, growing=False)}; there the time must stay.\n\n"
        "| document | ms | ms of the larger | ratio | hits | hits of the larger | ratio |\n"
        "|---|---|---|---|---|---|---|\n" + "\n".join(lines) + "\n",
        encoding="utf-8",
    )
    return 0


def _names(rows: Mapping[str, Sequence[Taken]], *, growing: bool) -> str:
    """The documents whose hits grow with the brand, or the others."""
    return ", ".join(name for name, (small, large) in rows.items() if (large.hits > GROWING * small.hits) == growing)


def _line(name: str, small: Taken, large: Taken) -> str:
    times, hits = large.milliseconds / small.milliseconds, large.hits / small.hits
    return (
        f"| {name} | {small.milliseconds:.2f} | {large.milliseconds:.2f} | {times:.2f}"
        f" | {small.hits:,.0f} | {large.hits:,.0f} | {hits:.2f} |"
    )


async def _measured(brands: Sequence[Dataset]) -> dict[str, list[Taken]]:
    planner = Planner(build_schema()._schema)
    found = {}
    async with (
        Database.connect(brands[0].endpoint, time_limit=timedelta(minutes=5)) as one,
        Database.connect(brands[1].endpoint, time_limit=timedelta(minutes=5)) as other,
    ):
        for name in NAMES:
            found[name] = await _document(name, planner, list(zip(brands, (one, other), strict=True)))
            print(name, *found[name], flush=True)
    return found


async def _document(name: str, planner: Planner, sites: Sequence[tuple[Dataset, Database]]) -> list[Taken]:
    """The document on both brands, in turn."""
    asked = [await questions(name, planner, *site) for site in sites]
    taken: list[list[float]] = [[] for _ in sites]
    for number in range(ROUNDS + 1):
        for place, (_, database) in enumerate(sites):
            started = time.perf_counter()
            for each in asked[place]:
                await planner.answer(each, database)
            if number:  # the first round warms
                taken[place].append((time.perf_counter() - started) / len(asked[place]) * 1000)
    hits = [
        [await _hits(each, database) for each in asked[place][:COUNTED]] for place, (_, database) in enumerate(sites)
    ]
    return [Taken(median(times), median(counted)) for times, counted in zip(taken, hits, strict=True)]


async def _hits(asked: Asked, database: Database) -> int:
    assert asked.plan is not None  # noqa: S101 - none of the documents looks into the schema
    assert asked.plan.statement is not None  # noqa: S101
    return (await database.profile(asked.plan.statement, asked.parameters)).db_hits or 0
