"""Many trials: graphs and documents drawn one after another, each document heard with all witnesses."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from tests.evaluator import sdl_schema
from tests.random_documents import document
from tests.random_graph import drawn, write
from tests.visible import drawn_restriction
from tests.witnesses import Court, Disagreement, Trial, later

PER_GRAPH: Final = 100
AT_ONCE: Final = 3
"""Documents under way at one moment, so that an engine plans one while Python works out another."""


@dataclass
class Tally:
    """What was heard. `pages`: documents asked on from a cursor of their answer; `filled`: answers with a value.

    `told`: how many of the disagreements were shown.
    """

    engine: str
    graphs: int = 0
    documents: int = 0
    pages: int = 0
    filled: int = 0
    seconds: float = 0.0
    disagreements: list[str] = field(default_factory=list)
    told: int = 0


async def hear(
    court: Court,
    documents: int,
    first_graph: int = 0,
    report: Callable[[Tally], None] | None = None,
    *,
    restricted: bool = False,
) -> Tally:
    """Hears this many documents on as many graphs as they need; `restricted`: each asked by who sees a part.

    With `report`, which is called after each graph, disagreements are gathered; without, the first one is raised.
    """
    tally, started, schema = Tally(court.engine), time.monotonic(), sdl_schema()
    for seed in range(first_graph, first_graph + -(-documents // PER_GRAPH)):
        trial = Trial(seed, drawn(seed), court, schema)
        await write(court.database, trial.graph)
        numbers = range(min(PER_GRAPH, documents - tally.documents))
        await _hear_graph(trial, numbers, tally, strict=report is None, restricted=restricted)
        court.cursors.sealed.clear()
        tally.graphs += 1
        tally.seconds = time.monotonic() - started
        if report is not None:
            report(tally)
    return tally


async def hear_one(court: Court, label: str, *, restricted: bool = False) -> None:
    """Hears one document again, by the label that a disagreement told: `graph/document`."""
    seed, _, number = label.partition("/")
    trial = Trial(int(seed), drawn(int(seed)), court, sdl_schema())
    await write(court.database, trial.graph)
    await _hear_graph(
        trial, range(int(number), int(number) + 1), Tally(court.engine), strict=True, restricted=restricted
    )


async def _hear_graph(trial: Trial, numbers: range, tally: Tally, *, strict: bool, restricted: bool) -> None:
    waiting = iter(numbers)

    async def work() -> None:
        for number in waiting:
            label = f"{trial.seed}/{number}"
            try:
                await _hear_document(_asked_by(trial, label) if restricted else trial, label, tally)
            except Disagreement as found:
                if strict:
                    raise
                tally.disagreements.append(str(found))
            tally.documents += 1

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(work())


def _asked_by(trial: Trial, label: str) -> Trial:
    chance = Random(f"{label} asked by")
    return trial.asked_by(drawn_restriction(chance, trial.graph), chance.choice([0, 1]))


async def _hear_document(trial: Trial, label: str, tally: Tally) -> None:
    chance = Random(label)
    asked = document(chance, trial.graph, trial.schema)
    answer = await trial.hear(asked, label)
    tally.filled += _has_row(answer)
    on = later(chance, asked, answer)
    if on is not None:
        await trial.hear(on, f"{label}, asked on")
        tally.pages += 1


def _has_row(answer: Any) -> bool:
    """Whether an answer shows anything but nulls, empty lists and counts of zero."""
    if isinstance(answer, dict):
        return any(_has_row(value) for name, value in answer.items())
    if isinstance(answer, list):
        return any(map(_has_row, answer))
    return isinstance(answer, str)
