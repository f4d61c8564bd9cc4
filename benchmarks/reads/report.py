"""What was measured, as lines for people, as ratios, and as an entry in `benchmarks/results/reads.md`."""

import json
import platform
from collections.abc import Mapping
from datetime import date
from importlib.metadata import version
from typing import Any, Final

from benchmarks.machine import machine
from benchmarks.reads.dataset import HEAP, PAGE_CACHE
from benchmarks.reads.documents import BENCHMARKS
from benchmarks.reads.extras import Extras
from benchmarks.reads.load import CONNECTIONS
from benchmarks.reads.measure import Measured
from benchmarks.reads.servers import NODE, node_version
from tests.neo4j_server import VERSION as NEO4J_VERSION

RESULTS: Final = BENCHMARKS / "results" / "reads.md"
_HEAD: Final = (
    "# Reads, beside others\n\n"
    "Requests/s with 16 connections, one API process each, all before the same Neo4j; medians of interleaved rounds."
    " In brackets p50 / p99 in milliseconds, and milliseconds of CPU of the API process for one request."
    " `scripts/bench reads` measures it.\n"
)


def ratios(each: Mapping[str, Measured]) -> dict[str, float]:
    """renche's requests per second over each other's; for p99, renche's time over @neo4j/graphql's."""
    ours = each["renche"]
    return {
        "vs_neo4j_graphql": round(ours.rate / each["neo4j_graphql"].rate, 3),
        "vs_strawberry": round(ours.rate / each["strawberry"].rate, 3),
        "vs_floor": round(ours.rate / each["floor"].rate, 3),
        "p99_vs_neo4j_graphql": round(ours.p99 / each["neo4j_graphql"].p99, 3),
    }


def summary(each: Mapping[str, Measured]) -> dict[str, dict[str, float]]:
    """The figures behind the ratios; times in milliseconds."""
    return {
        server: {
            "requests_per_s": round(one.rate, 1),
            "p50_ms": round(one.p50 * 1000, 2),
            "p99_ms": round(one.p99 * 1000, 2),
            "cpu_ms": round(one.cpu * 1000, 3),
            "bytes": one.size,
        }
        for server, one in each.items()
    }


def line(name: str, each: Mapping[str, Measured]) -> str:
    """A row of the table."""
    compared = ratios(each)
    cells = [
        f"{one.rate:,.0f} ({one.p50 * 1e3:.1f} / {one.p99 * 1e3:.1f}, {one.cpu * 1e3:.2f})" for one in each.values()
    ]
    ratio = [f"{compared[key]:.2f}" for key in compared]
    return f"| {name} | {each['renche'].size / 1000:.1f} | {' | '.join(cells)} | {' | '.join(ratio)} |"


def record(
    people: int,
    rounds: int,
    seconds: int,
    results: Mapping[str, Mapping[str, Measured]],
    errors: Mapping[str, str],
    extras: Extras | None,
) -> None:
    """Adds an entry to the results, in the place of one of the same day and size."""
    RESULTS.parent.mkdir(exist_ok=True)
    known = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else _HEAD
    title = f"## {date.today()}: {people:,} people, median of {rounds} rounds of {seconds} s"  # noqa: DTZ011 - the day on this machine
    head, *entries = known.split("\n## ")
    kept = [entry for entry in entries if not f"## {entry}".startswith(title + "\n")]
    unmeasured = [f"- {name}: {error}" for name, error in errors.items()]
    entry = [
        title.removeprefix("## "),
        "",
        f"{machine()}; {_versions()}. Neo4j has {HEAP} of heap and {PAGE_CACHE} of page cache."
        f" {CONNECTIONS} connections.",
        "",
        "| document | kB | renche | @neo4j/graphql | Strawberry | floor | vs @neo4j/graphql | vs Strawberry | vs floor"
        " | p99 vs @neo4j/graphql |",
        "|---|---|---|---|---|---|---|---|---|---|",
        *(line(name, each) for name, each in results.items()),
        "",
        *(["Not measured:", "", *unmeasured, ""] if unmeasured else []),
        *(extras.lines() if extras else []),
        "",
    ]
    RESULTS.write_text("\n## ".join([head, *kept, "\n".join(entry)]), encoding="utf-8")


def _versions() -> str:
    lock = json.loads((NODE / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    node = [f"{name} {_locked(lock, name)}" for name in ("@neo4j/graphql", "@apollo/server", "neo4j-driver", "graphql")]
    python = [
        f"{name} {version(name)}" for name in ("strawberry-graphql", "neo4j", "neo4j-rust-ext", "uvicorn", "orjson")
    ]
    return (
        f"Neo4j {NEO4J_VERSION}, Python {platform.python_version()} ({', '.join(python)}),"
        f" Node {node_version()} ({', '.join(node)})"
    )


def _locked(lock: Mapping[str, Any], name: str) -> str:
    return str(lock[f"node_modules/{name}"]["version"])
