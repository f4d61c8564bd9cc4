"""Lists: order, pages by cursor, counts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cmp_to_key
from typing import Any

from tests.evaluator.conditions import Conditions, descends
from tests.evaluator.rows import Row


@dataclass(frozen=True)
class Cursor:
    """A cursor, opened: what its row is sorted by, the row's id last, and the moment of its list."""

    keys: tuple[Any, ...]
    day: date
    instant: datetime


@dataclass(frozen=True)
class Page:
    """The rows of a page with what each is sorted by, those of all pages, and where it stands."""

    rows: list[tuple[Row, tuple[Any, ...]]]
    all: list[Row]
    has_next: bool
    has_previous: bool


def page_of(rows: list[Row], arguments: Mapping[str, Any], conditions: Conditions, mark: Cursor | None) -> Page:
    """The page of a list that the arguments ask for; `mark` is the cursor that it begins or ends at."""
    roled = arguments.get("roled", False)
    filter_, order = arguments.get("filter") or {}, arguments.get("orderBy") or []
    met = [row for row in rows if conditions.met(row if roled else row.thing, filter_)]
    keyed = [(row, (*(conditions.key(row, key, roled=roled) for key in order), row.id)) for row in met]
    compare = comparing([descends(key) for key in order] + [False])
    keyed.sort(key=cmp_to_key(lambda one, other: compare(one[1], other[1])))
    backward = arguments.get("last") is not None
    size = arguments["last"] if backward else 20 if arguments.get("first") is None else arguments["first"]
    if backward:
        before = keyed if mark is None else [each for each in keyed if compare(each[1], mark.keys) < 0]
        shown = before[len(before) - size :] if size < len(before) else before
        return Page(shown, met, mark is not None, len(before) > size)
    after = keyed if mark is None else [each for each in keyed if compare(each[1], mark.keys) > 0]
    return Page(after[:size], met, len(after) > size, mark is not None)


def comparing(down: list[bool]) -> Callable[[tuple[Any, ...], tuple[Any, ...]], int]:
    """Compares rows by their keys; a missing value is the largest: last going up, first going down."""

    def compare(one: tuple[Any, ...], other: tuple[Any, ...]) -> int:
        for mine, its, falls in zip(one, other, down, strict=True):
            if mine == its:
                continue
            less = its is None if mine is None or its is None else mine < its
            return 1 if less == falls else -1
        return 0

    return compare
