"""What a load tells: its progress on a terminal, and at the end a table with nothing lost."""

import csv
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from renche.ingest.checks import Problem
from renche.ingest.ledger import Counts
from renche.ingest.rows import KINDS
from renche.ingest.waiting import AwaitedThing

SHOWN_AWAITED: Final = 20
REJECTED: Final = 2
"""The exit code of a load that refused rows."""


@dataclass(frozen=True)
class Step:
    """How far a load is: bytes of input and rows done, the files being known by their bytes only."""

    file: str
    bytes_done: int
    bytes_total: int
    rows: int


@dataclass
class Report:
    """What became of the rows of each kind, what waits, and where the details are.

    `waiting` counts links by the kind of the rows they come from, as the graph stands after the load; `awaited`
    holds the first of the things that they wait for, `waiting_file` all of them.
    """

    rejects: Path
    counts: dict[str, Counts] = field(default_factory=dict)
    warnings: dict[tuple[str, Problem], int] = field(default_factory=dict)
    waiting: dict[str, int] = field(default_factory=dict)
    awaited: list[AwaitedThing] = field(default_factory=list)
    awaited_total: int = 0
    waiting_file: Path | None = None

    @property
    def total(self) -> Counts:
        """All kinds together."""
        return sum(self.counts.values(), Counts())

    @property
    def exit_code(self) -> int:
        """0, or 2 when a row was rejected."""
        return REJECTED if self.total.rejected else 0

    def add(self, kind: str, counts: Counts) -> None:
        """Counts rows of a kind."""
        self.counts[kind] = self.counts.get(kind, Counts()) + counts

    def warn(self, kind: str, found: dict[Problem, int]) -> None:
        """Counts warnings about rows that were loaded nevertheless."""
        for problem, times in found.items():
            self.warnings[kind, problem] = self.warnings.get((kind, problem), 0) + times


def show(report: Report, console: Console) -> None:
    """Prints the report."""
    columns = ["read", "created", "updated", "unchanged", "rejected", "withheld", "waiting"]
    shown = [name for name in columns if name != "withheld" or report.total.withheld]
    table = Table("rows of", *shown, title="Loaded")
    for column in table.columns[1:]:
        column.justify = "right"

    def add(name: str, counts: Counts, waiting: int) -> None:
        numbers = dict(zip(columns, (*counts.values, waiting), strict=True))
        table.add_row(name, *(f"{numbers[column]:,}" for column in shown))

    for kind in KINDS:
        if kind in report.counts or report.waiting.get(kind):
            add(kind, report.counts.get(kind, Counts()), report.waiting.get(kind, 0))
    table.add_section()
    add("all", report.total, sum(report.waiting.values()))
    console.print(table)
    for (kind, problem), times in sorted(report.warnings.items()):
        console.print(f"Warning, {times:,} of {kind}: {problem.field} {problem.reason}", markup=False)
    if report.total.rejected:
        console.print(f"Rejected rows and what is wrong with each: {report.rejects}", markup=False)
    if report.total.withheld:
        console.print(f"{report.total.withheld:,} rows are of people who were erased, and were left out.", markup=False)
    if report.awaited_total:
        console.print(f"{report.awaited_total:,} things are named by rows and not loaded yet:", markup=False)
        for thing in report.awaited:
            console.print(f"  {thing.kind}: {thing.source} {thing.source_id} ({thing.links:,} links)", markup=False)
        if report.awaited_total > len(report.awaited):
            console.print("  ...", markup=False)
        console.print(f"All of them: {report.waiting_file}", markup=False)


async def list_awaited(report: Report, things: AsyncIterator[AwaitedThing]) -> None:
    """Puts the awaited things into the report, and all of them into a file beside the rejects.

    The file is of this load: that of an earlier one goes away.
    """
    target = report.rejects / "waiting.csv"
    target.unlink(missing_ok=True)
    file = None
    try:
        async for thing in things:
            if file is None:
                report.rejects.mkdir(mode=0o700, parents=True, exist_ok=True)
                descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                file = os.fdopen(descriptor, "w", encoding="utf-8", newline="")
                csv.writer(file).writerow(("kind", "source", "source_id", "links"))
                report.waiting_file = target
            csv.writer(file).writerow((thing.kind, thing.source, thing.source_id, thing.links))
            report.awaited_total += 1
            if len(report.awaited) < SHOWN_AWAITED:
                report.awaited.append(thing)
    finally:
        if file is not None:
            file.close()


@contextmanager
def progress_bar(console: Console) -> Iterator[Callable[[Step], None] | None]:
    """A bar with rows, rate and time left; nothing where the output is not a terminal."""
    if not console.is_terminal:
        yield None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rows]:,} rows"),
        TextColumn("{task.fields[rate]:,.0f} rows/s"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None, rows=0, rate=0.0)

        def show_step(step: Step) -> None:
            elapsed = bar.tasks[0].elapsed or 0.0
            rate = step.rows / elapsed if elapsed else 0.0
            bar.update(
                task,
                description=step.file,
                completed=step.bytes_done,
                total=step.bytes_total,
                rows=step.rows,
                rate=rate,
            )

        yield show_step
