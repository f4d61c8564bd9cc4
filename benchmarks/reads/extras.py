"""What load does not show of renche: its start, its memory, the CPU of one wide answer, and how deep pages fare."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from statistics import median
from typing import Final

import httpx

from benchmarks.reads.client import ask
from benchmarks.reads.dataset import Dataset
from benchmarks.reads.documents import Request, request
from benchmarks.reads.parameters import parameters
from benchmarks.reads.servers import Server, serving

PLANS: Final = 1_000
DEPTH: Final = 50_000
_PAGE: Final = 100
_TIMES: Final = 50
_TIMEOUT: Final = 60.0


@dataclass(frozen=True)
class Extras:
    """Seconds, megabytes and milliseconds, as the names say."""

    start_s: float
    memory_started_mb: float
    memory_1000_plans_mb: float
    wide_cpu_ms: float
    paging_rows: int
    first_page_ms: float
    last_page_ms: float

    def figures(self) -> dict[str, float]:
        """All figures by name, rounded."""
        return {name: round(value, 2) for name, value in asdict(self).items()}

    def lines(self) -> list[str]:
        """A sentence for each."""
        return [
            f"- The API listens {self.start_s:.1f} s after its start, with {self.memory_started_mb:.0f} MB resident;"
            f" after {PLANS:,} different documents it has {self.memory_1000_plans_mb:.0f} MB.",
            f"- One wide answer, asked alone, takes {self.wide_cpu_ms:.1f} ms of its CPU.",
            f"- A page of {_PAGE} after {self.paging_rows:,} rows takes {self.last_page_ms:.1f} ms, the first"
            f" {self.first_page_ms:.1f} ms.",
        ]


def measure_extras(data: Dataset) -> Extras:
    """Measures a fresh process of renche, with one request at a time. Raises Refused or NotServing."""
    with serving("renche", data) as server, httpx.Client(timeout=_TIMEOUT) as client:
        started = server.memory()
        cpu = _wide_cpu(client, server, data)
        rows, first, last = _paging(client, server)
        _fill_plans(client, server, data)
        return Extras(server.seconds_to_start, started, server.memory(), cpu, rows, first, last)


def _wide_cpu(client: httpx.Client, server: Server, data: Dataset) -> float:
    """Milliseconds of CPU for one wide answer."""
    requests = [request("renche", "wide", each) for each in parameters(data, "wide")]
    for each in requests:
        ask(client, server, each)
    before = server.cpu()
    for each in requests * 2:
        ask(client, server, each)
    return (server.cpu() - before) / (2 * len(requests)) * 1000


def _paging(client: httpx.Client, server: Server) -> tuple[int, float, float]:
    """How many rows were passed, and the milliseconds of the first page and of the last one."""

    def page(after: str | None) -> str | None:
        info = ask(client, server, request("renche", "paging", {"after": after}))["people"]["pageInfo"]
        return info["endCursor"] if info["hasNextPage"] else None

    after: str | None = None
    rows = 0
    while rows < DEPTH - _PAGE and (following := page(after)):
        after = following
        rows += _PAGE
    return rows, _milliseconds(lambda: page(None)), _milliseconds(lambda: page(after))


def _milliseconds(work: Callable[[], object]) -> float:
    taken = []
    for _ in range(_TIMES):
        started = time.perf_counter()
        work()
        taken.append((time.perf_counter() - started) * 1000)
    return median(taken)


def _fill_plans(client: httpx.Client, server: Server, data: Dataset) -> None:
    """Asks so many documents, each with a name and a field of its own, each answer as wide as the next."""
    first = request("renche", "five_levels", parameters(data, "five_levels")[0])
    for number in range(PLANS):
        query = first.query.replace(first.operation, f"{first.operation}{number}", 1)
        query = query.replace("{", f"{{ field{number}: __typename", 1)
        ask(client, server, Request(query, f"{first.operation}{number}", first.variables))
