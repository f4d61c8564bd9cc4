"""The twelve documents, as each server asks them, and the variables that rotate."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import orjson

from benchmarks.reads.dataset import NOW

BENCHMARKS: Final = Path(__file__).resolve().parents[1]
NAMES: Final = (
    "point",
    "list",
    "owners_who_referred",
    "household_fleet",
    "five_levels",
    "wide",
    "aggregates",
    "funnel",
    "chain",
    "shortest_path",
    "sort_by_count",
    "deep_page",
)
QUICK: Final = ("point", "owners_who_referred", "wide")
SERVERS: Final = ("renche", "neo4j_graphql", "strawberry", "floor")
_FOLDERS: Final = {
    "renche": BENCHMARKS / "documents",
    "embedded": BENCHMARKS / "documents",
    "neo4j_graphql": BENCHMARKS / "peers" / "neo4j_graphql" / "documents",
    "strawberry": BENCHMARKS / "peers" / "strawberry_dataloader" / "documents",
}
Variables = Mapping[str, Any]

# Who cannot be told once what day it is, is told with each request.
_TOLD: Final = {"asOf": NOW.date().isoformat(), "asKnownAt": NOW.isoformat()}


@dataclass(frozen=True)
class Request:
    """One request to one server: the document's text, the operation's name, the values of its variables."""

    query: str
    operation: str
    variables: Variables

    def body(self) -> bytes:
        """What is sent: one line of JSON."""
        return orjson.dumps({"query": self.query, "operationName": self.operation, "variables": dict(self.variables)})


def request(server: str, name: str, variables: Variables) -> Request:
    """The request by which this server is asked the document with these variables."""
    if server == "floor":
        return Request("", name, variables)
    query = _text(server, name)
    told = {key: value for key, value in _TOLD.items() if f"${key}:" in query}
    return Request(query, _operation(name), {**variables, **told})


@cache
def _text(server: str, name: str) -> str:
    return (_FOLDERS[server] / f"{name}.graphql").read_text(encoding="utf-8")


def _operation(name: str) -> str:
    """`deep_page` → `DeepPage`."""
    return name.title().replace("_", "")
