"""How reads grow with the brand: the same twelve documents on 100,000 and on 1,000,000 people, on Neo4j.

Each document's statement is run for the same number of variables on both brands, one after the other, and the hits
on the store are counted: where they stay, the time must stay.
"""

import argparse
import asyncio
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median
from typing import Any, Final

from benchmarks.machine import machine
from benchmarks.reads.dataset import NOW, Dataset, dataset
from benchmarks.reads.deep import DOCUMENT as DEEP_PAGE
from benchmarks.reads.documents import BENCHMARKS, NAMES, request
from benchmarks.reads.parameters import parameters
from renche.graph.clock import FixedClock, Moment
from renche.graph.cursor import Cursors
from renche.graph.database import Database
from renche.graph.keyed import Keyed
from renche.planner.plan import Asked, Planner
from renche.resolvers.schema import build_schema

PEOPLE: Final = (100_000, 1_000_000)
ROUNDS: Final = 5
COUNTED: Final = 10  # variables whose hits are counted
KEYED: Final = Keyed(Cursors(bytes(range(32))), lambda kind, value: (kind + value,))
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
        " over fifty sets of variables each. Hits are the database's count of touches of its store. Where they grow,"
        " so do the rows that the question is about: a city has ten times the people."
        f" {machine()}. `scripts/bench scale` measures it.\n\n"
        "| document | ms | ms of the larger | ratio | hits | hits of the larger | ratio |\n"
        "|---|---|---|---|---|---|---|\n" + "\n".join(lines) + "\n",
        encoding="utf-8",
    )
    return 0


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
    asked = [await _questions(name, planner, *site) for site in sites]
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


async def _questions(name: str, planner: Planner, data: Dataset, database: Database) -> list[Asked]:
    given = parameters(data, name)
    if name == DEEP_PAGE:
        given = [
            {**each, "after": cursor}
            for each, cursor in zip(given, await _cursors(planner, given[0], database), strict=False)
        ]
    return [_asked(name, planner, each) for each in given]


async def _cursors(planner: Planner, city: Any, database: Database) -> list[str]:
    """Cursors from the second half of the list."""
    found: list[str] = []
    while True:
        asked = _asked(DEEP_PAGE, planner, {**city, **({"after": found[-1]} if found else {})})
        (page,) = (await planner.answer(asked, database)).values()
        if not page["pageInfo"]["hasNextPage"]:
            return found[len(found) // 2 :]
        found.append(page["pageInfo"]["endCursor"])


def _asked(name: str, planner: Planner, variables: Any) -> Asked:
    said = request("renche", name, variables)
    document = planner.document(said.query, said.operation)
    return planner.ask(document, said.variables, Moment.present(FixedClock(NOW)), KEYED)


async def _hits(asked: Asked, database: Database) -> int:
    assert asked.plan is not None  # noqa: S101 - none of the documents looks into the schema
    assert asked.plan.statement is not None  # noqa: S101
    return (await database.profile(asked.plan.statement, asked.parameters)).db_hits or 0
