"""One document, asked of every server: first the answers are compared, then the load goes round."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil
from statistics import median
from typing import Any, Final

import httpx
import orjson

from benchmarks.reads.answers import normal
from benchmarks.reads.client import Refused, ask
from benchmarks.reads.dataset import KEPT, Dataset
from benchmarks.reads.deep import DOCUMENT as DEEP_PAGE
from benchmarks.reads.deep import with_cursors
from benchmarks.reads.documents import Request, request
from benchmarks.reads.load import CONNECTIONS, NoLoad, load, write_bodies
from benchmarks.reads.parameters import parameters
from benchmarks.reads.servers import Server

_TIMEOUT: Final = 60.0
_ANSWERS: Final = 3
_STRETCHED: Final = 2  # times as long, at most


class Unequal(Exception):
    """Servers answer a document differently, so nothing can be said of their speed."""


@dataclass(frozen=True)
class Measured:
    """What one server needed for one document: medians of the rounds; times in seconds, size in bytes."""

    rate: float
    p50: float
    p99: float
    cpu: float
    size: int


def compare(name: str, data: Dataset, running: Mapping[str, Server]) -> dict[str, int]:
    """The mean size of each server's answers to the document. Raises Refused, or Unequal where they differ."""
    return _compare(name, _requests(name, data, running), running)


def measure(
    name: str, data: Dataset, running: Mapping[str, Server], *, rounds: int, seconds: int, warm: int
) -> dict[str, Measured]:
    """Each server's figures for the document. Raises Refused, Unequal or NoLoad."""
    asked = _requests(name, data, running)
    sizes = _compare(name, asked, running)
    bodies = {server: KEPT / "bodies" / f"{name}-{server}.ndjson" for server in running}
    slowest = float("inf")
    for server, requests in asked.items():
        write_bodies(bodies[server], [each.body() for each in requests])
        slowest = min(slowest, load(running[server], bodies[server], warm).rate)
    seconds = _long_enough(seconds, slowest)
    taken: dict[str, list[Measured]] = {server: [] for server in running}
    order = list(running)
    for _ in range(rounds):
        for server in order:
            before = running[server].cpu()
            loaded = load(running[server], bodies[server], seconds)
            if not loaded.requests:
                raise NoLoad(f"{server} answered nothing in {seconds} s.")
            cpu = (running[server].cpu() - before) / loaded.requests
            whole_rounds = loaded.requests >= 2 * len(asked[server])
            if whole_rounds and loaded.bytes < 0.9 * sizes[server] * loaded.requests:
                raise NoLoad(f"{server} sent less under load than when it was asked one by one.")
            taken[server].append(Measured(loaded.rate, loaded.p50, loaded.p99, cpu, sizes[server]))
        order = order[1:] + order[:1]
    return {server: _median(each) for server, each in taken.items()}


def _long_enough(seconds: int, slowest: float) -> int:
    """So long that each connection is answered a few times by the slowest server, too; the same for all."""
    longest = _STRETCHED * seconds
    wanted = _ANSWERS * CONNECTIONS / slowest if slowest else longest
    return max(seconds, min(longest, ceil(wanted)))


def _requests(name: str, data: Dataset, running: Mapping[str, Server]) -> dict[str, list[Request]]:
    variables = parameters(data, name)
    if not variables:
        raise Unequal("this brand is too small: nothing in it can be asked for")
    with httpx.Client(timeout=_TIMEOUT) as client:

        def own(server: str) -> list[Request]:
            try:
                deep = name == DEEP_PAGE
                given = with_cursors(client, running[server], variables) if deep else variables
            except Refused as refused:
                raise Refused(f"{server}: {refused}") from None
            return [request(server, name, each) for each in given]

        return {server: own(server) for server in running}


def _compare(name: str, asked: Mapping[str, list[Request]], running: Mapping[str, Server]) -> dict[str, int]:
    """The mean size of each server's answers, when they all say the same. Raises Refused or Unequal."""
    expected: list[Any] = []
    first = next(iter(asked))
    sizes = {}
    with httpx.Client(timeout=_TIMEOUT) as client:
        for server, requests in asked.items():
            total = 0
            for number, each in enumerate(requests):
                try:
                    data = ask(client, running[server], each)
                except Refused as refused:
                    raise Refused(f"{server}: {refused}") from None
                total += len(orjson.dumps({"data": data}))
                answer = normal(name, data)
                if server == first:
                    expected.append(answer)
                elif answer != expected[number]:
                    raise Unequal(f"{server} and {first} differ for {dict(each.variables)}")
            sizes[server] = total // len(requests)
    return sizes


def _median(taken: list[Measured]) -> Measured:
    def of(figure: Callable[[Measured], float]) -> float:
        return median(figure(each) for each in taken)

    return Measured(
        rate=of(lambda each: each.rate),
        p50=of(lambda each: each.p50),
        p99=of(lambda each: each.p99),
        cpu=of(lambda each: each.cpu),
        size=taken[0].size,
    )
