"""What a caller's restriction costs: one that lets every row pass, and narrow ones, on Neo4j.

The twelve documents are asked by who sees all, by restrictions that name everything there is, and by restrictions to
so few dealers that hits on the store must follow the people who are seen.
"""

import argparse
import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median
from typing import Any, Final

from benchmarks.machine import machine
from benchmarks.questions import CLOCK, asked, questions
from benchmarks.reads.dataset import dataset
from benchmarks.reads.documents import BENCHMARKS, NAMES
from renche.graph.caller import Restriction
from renche.graph.database import Database
from renche.graph.named_queries import Statement
from renche.graph.policy import Policies, guarded
from renche.graph.reader import Reader
from renche.planner.plan import Asked, Planner
from renche.resolvers.schema import build_schema

PEOPLE: Final = 100_000
ROUNDS: Final = 5
DEALERS: Final = (1, 2, 4, 8, 16)
RESULTS: Final = BENCHMARKS / "results" / "policy.md"

NARROW: Final = {
    "list of people": "{ people(first: 20) { nodes { id name } } }",
    "count of people": "{ people { totalCount } }",
    "people by city": "{ people { aggregate(by: [CITY]) { key { city } count } } }",
    "count of who referred": "{ people(filter: { referralsMade: { some: {} } }) { totalCount } }",
    "count of vehicles": "{ vehicles { totalCount } }",
}
_EVERY: Final = {
    "cities": Statement("every.city", "MATCH (person:Person) RETURN collect(DISTINCT person.city)"),
    "dealers": Statement("every.dealer", "MATCH (dealer:Dealer) RETURN collect(dealer.id)"),
    "brands": Statement("every.brand", "MATCH (model:Model) RETURN collect(DISTINCT model.brand)"),
}
_BY_PEOPLE: Final = Statement(
    "dealers.by_people",
    "MATCH (dealer:Dealer) RETURN dealer.id, COUNT { (dealer)<-[:DEALT_WITH]-() } AS people ORDER BY people, dealer.id",
)
_SEEN: Final = Statement("people.seen", "MATCH (person:Person) RETURN count(person)")


@dataclass(frozen=True)
class Passing:
    """What a document took: milliseconds by who asked (`all` sees all), and who had another answer than `all`."""

    milliseconds: Mapping[str, float]
    others: frozenset[str]

    def cell(self, caller: str) -> str:
        """How much longer a caller waited."""
        ratio = self.milliseconds[caller] / self.milliseconds["all"]
        return f"{ratio:.2f}{'*' if caller in self.others else ''}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the sub-command `policy`."""
    parser.add_argument("--people", type=int, default=PEOPLE, help="how many people the brand has")


def run(arguments: argparse.Namespace) -> int:
    """Measures, prints and records."""
    with dataset(arguments.people) as data:
        passing, narrow = asyncio.run(_measured(data))
    _record(arguments.people, passing, narrow)
    return 0


async def _measured(data: Any) -> tuple[list[str], list[str]]:
    planner = Planner(build_schema()._schema)
    async with Database.connect(data.endpoint, time_limit=timedelta(minutes=5)) as database:
        policies = Policies(database, CLOCK)
        callers: dict[str, Reader] = {"all": database}
        for part, statement in _EVERY.items():
            callers[part] = policies.reader(Restriction(**{part: frozenset(await database.read_value(statement))}))
        passing = []
        for name in NAMES:
            found = await _passing(callers, planner, await questions(name, planner, data, database))
            cells = " | ".join(found.cell(part) for part in _EVERY)
            passing.append(f"| {name} | {found.milliseconds['all']:.2f} | {cells} |")
            print(passing[-1], flush=True)
        return passing, await _narrow(policies, planner, database)


async def _passing(callers: Mapping[str, Reader], planner: Planner, asking: Sequence[Asked]) -> Passing:
    """The questions asked by each caller in turn."""
    taken: dict[str, list[float]] = {name: [] for name in callers}
    others = set()
    for number in range(ROUNDS + 1):
        spent = dict.fromkeys(callers, 0.0)
        for place, each in enumerate(asking):
            answers = {}
            first = (number + place) % len(callers)  # each in turn meets what another has just warmed
            for name in [*callers, *callers][first : first + len(callers)]:
                reader = callers[name]
                started = time.perf_counter()
                answers[name] = await planner.answer(each, reader)
                spent[name] += time.perf_counter() - started
            others |= {name for name, answer in answers.items() if answer != answers["all"]}
        if number:  # the first round warms
            for name, seconds in spent.items():
                taken[name].append(seconds / len(asking) * 1000)
    return Passing({name: median(each) for name, each in taken.items()}, frozenset(others))


async def _narrow(policies: Policies, planner: Planner, database: Database) -> list[str]:
    """Hits for each person seen, by how many dealers the caller has; dealers of the middle size."""
    dealers = [row[0] for row in await database.read(_BY_PEOPLE)]
    chosen = [dealers[len(dealers) // 2 :][:count] for count in DEALERS]
    given = [await policies.policy(Restriction(dealers=frozenset(each)), None) for each in chosen]
    seen = [(await database.read_value(guarded(_SEEN, policy.shape), policy.parameters), policy) for policy in given]
    rows = [f"| people seen | {await database.read_value(_SEEN):,} | " + " | ".join(f"{n:,}" for n, _ in seen) + " |"]
    for name, text in NARROW.items():
        each = asked(planner, text, {})
        assert each.plan is not None  # noqa: S101 - none of them looks into the schema
        statement = each.plan.statement
        assert statement is not None  # noqa: S101
        whole = (await database.profile(statement, each.parameters)).db_hits or 0
        hits = [
            (await database.profile(guarded(statement, policy.shape), each.parameters | policy.parameters)).db_hits or 0
            for _, policy in seen
        ]
        cells = " | ".join(f"{hit:,} ({hit / people:.1f})" for hit, (people, _) in zip(hits, seen, strict=True))
        rows.append(f"| {name} | {whole:,} | {cells} |")
    print(*rows, sep="\n")
    return rows


def _record(people: int, passing: Sequence[str], narrow: Sequence[str]) -> None:
    RESULTS.write_text(
        "# What a restriction costs\n\n"
        f"{date.today()}: {people:,} people on Neo4j, {machine()}. `scripts/bench policy` measures it.\n\n"  # noqa: DTZ011 - the day on this machine
        "## Restrictions that let every row pass\n\n"
        f"One question at a time, the callers in turn, median of {ROUNDS} rounds over fifty sets of variables."
        " Milliseconds of who sees all, and how much longer who is restricted to all cities, dealers or brands that"
        " there are. With a `*` some answers differ, since people without any of these stay hidden.\n\n"
        "| document | ms | cities | dealers | brands |\n|---|---|---|---|---|\n" + "\n".join(passing) + "\n\n"
        "## Narrow restrictions\n\n"
        "Hits on the store, and in brackets for each person seen, by the number of dealers that the caller is"
        " restricted to. Hits follow the people who are seen, not the people there are.\n\n"
        f"| question | sees all | {' | '.join(f'{count} dealers' for count in DEALERS)} |\n"
        f"|{'---|' * (len(DEALERS) + 2)}\n" + "\n".join(narrow) + "\n",
        encoding="utf-8",
    )
