"""A batch of prepared rows, as the worker hands it to the process that writes the graph."""

import pickle
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property
from typing import Any

from renche.ingest.checks import Problem
from renche.ingest.links import LinkRow
from renche.ingest.making import Prepared
from renche.ingest.read import Raw, RowError
from renche.ingest.rows import Ref

Reject = tuple[int, RowError | list[Problem], Raw | None]
"""Line, what is wrong, and the row where it could be read."""


class Knowledge(IntEnum):
    """What the worker's run can tell of the SERVICES role that a visit counts towards."""

    NEW = 0  # no visit of this run has counted towards it
    COVERED = 1  # one of this run that was not later has
    OPEN = 2  # the graph must say


@dataclass(slots=True)
class Links:
    """The links of one kind in a batch; `owners` are the places of the rows they come from."""

    rows: list[LinkRow] = field(default_factory=list)
    owners: list[int] = field(default_factory=list)


@dataclass
class Batch:
    """Rows of one file, each id once; the lists over rows go by place.

    `known`: the run may have met the id before. `earlier`: fingerprints of earlier versions of a row in the same
    batch. `services`: (place, role, dealing, what the run knows) of visits. `erased`: ids that rows of the batch name
    and whose values were erased; `lifted`: vehicles of such people that somebody else has bought since. `details` is
    unpacked only when needed.
    """

    file: int
    kind: str
    read: int
    last_line: int
    final: bool
    bytes_read: int
    rejects: list[Reject]
    warnings: dict[Problem, int]
    ids: list[str]
    fingerprints: list[str]
    known: list[bool]
    earlier: dict[int, list[str]]
    things: list[dict[str, Any]]
    links: dict[str, Links]
    services: list[tuple[int, LinkRow, LinkRow | None, Knowledge]]
    vins: list[tuple[int, str, bool]]
    erased: frozenset[str]
    lifted: frozenset[str]
    packed_details: bytes

    @cached_property
    def details(self) -> "Details":
        """What only some batches need."""
        found: Details = pickle.loads(self.packed_details)  # noqa: S301 - made by our own worker
        return found


@dataclass(frozen=True, slots=True)
class Details:
    """Keys and lines of the rows, what their references name, and (of vehicles) the rows as they were read."""

    keys: list[Ref]
    lines: list[list[int]]
    refs: dict[str, tuple[str, str, str]]
    raws: list[list[Raw]]


def pack(keys: list[Ref], lines: list[list[int]], prepared: list[Prepared], raws: list[list[Raw]]) -> bytes:
    """The details of prepared rows."""
    refs: dict[str, tuple[str, str, str]] = {}
    for item in prepared:
        refs.update(item.refs)
    return pickle.dumps(Details(keys, lines, refs, raws), 5)
