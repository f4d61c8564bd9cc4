"""Filters with two truth values, and orders.

A missing value equals nothing and is neither smaller nor larger than anything; `not` is met by exactly the rows that
its inside is not met by.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from tests.evaluator.graph import Graph, Link, Thing, When
from tests.evaluator.rows import EACH, LEADS, Row, rows_of
from tests.evaluator.values import DECIMALS, amount_of, type_name, value_of

Wanted = Mapping[str, Any]

_PRESENT: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "eq": lambda value, other: value == other,
    "in": lambda value, others: value in others,
    "lt": lambda value, other: value < other,
    "lte": lambda value, other: value <= other,
    "gt": lambda value, other: value > other,
    "gte": lambda value, other: value >= other,
    "contains": lambda value, other: other in value,
    "startsWith": lambda value, other: value.startswith(other),
    "endsWith": lambda value, other: value.endswith(other),
    "between": lambda value, range_: range_["from"] <= value <= range_["to"],
}
"""What only a value that is there can meet."""


def compared(value: Any, tests: Wanted) -> bool:
    """Whether a value meets every comparison."""
    return all(_compared(value, name, other) for name, other in tests.items())


def _compared(value: Any, name: str, other: Any) -> bool:
    if name == "isNull":
        return bool((value is None) == other)
    if name == "ne":
        return not _compared(value, "eq", other)
    if name == "notIn":
        return not _compared(value, "in", other)
    return value is not None and _PRESENT[name](value, other)


def _amount_met(amount: tuple[int, str] | None, tests: Wanted) -> bool:
    """Whether an amount meets every comparison; one in another currency is as one that is not there."""
    wanted = tests.get("currency") or "CNY"
    units = amount[0] if amount and amount[1] == wanted else None

    def minor(other: Any) -> Any:
        if isinstance(other, Mapping):
            return {name: minor(each) for name, each in other.items()}
        if isinstance(other, list):
            return [minor(each) for each in other]
        return int(Decimal(other).scaleb(DECIMALS[wanted]))

    return all(
        ((amount is None) == other) if name == "isNull" else _compared(units, name, minor(other))
        for name, other in tests.items()
        if name != "currency"
    )


@dataclass(frozen=True)
class Conditions:
    """Filters and orders at one moment."""

    graph: Graph
    when: When

    def met(self, holder: Thing | Link | Row, wanted: Wanted) -> bool:
        """Whether a thing, a role, or a row of a thing and its role meets every field of a filter."""
        return all(self._met(holder, name, value) for name, value in wanted.items())

    def _met(self, holder: Thing | Link | Row, name: str, value: Any) -> bool:
        if name == "and":
            return all(self.met(holder, each) for each in value)
        if name == "or":
            return any(self.met(holder, each) for each in value)
        if name == "not":
            return not self.met(holder, value)
        if isinstance(holder, Row):
            return self.met(holder.thing if name == "node" else holder.roles[0], value)
        if (field := f"{type_name(holder)}.{name}") in LEADS:
            assert isinstance(holder, Thing)
            return self._related(field, holder, value)
        if name in ("price", "amount"):
            assert isinstance(holder, Thing | Link)
            return _amount_met(amount_of(holder, name), value)
        return compared(value_of(self.graph, holder, name, self.when), value)

    def _related(self, field: str, start: Thing, wanted: Wanted) -> bool:
        rows = rows_of(self.graph, field, start, self.when)
        subjects: list[Any] = list(rows) if field in EACH else [row.thing for row in rows]
        for quantifier, value in wanted.items():
            if quantifier == "count":
                holds = compared(len(rows), value)
            else:
                met = [self.met(each, value) for each in subjects]
                holds = {"some": any(met), "none": not any(met), "every": all(met)}[quantifier]
            if not holds:
                return False
        return True

    def key(self, row: Row, key: Wanted, *, roled: bool) -> Any:
        """What a row is sorted by, by one key of an order."""
        ((name, value),) = key.items()
        holder: Thing | Link = row.thing
        if roled:
            holder = row.thing if name == "node" else row.roles[0]
            ((name, value),) = value.items()
        if isinstance(value, Mapping):
            assert isinstance(holder, Thing)
            return len(rows_of(self.graph, f"{type_name(holder)}.{name}", holder, self.when))
        return value_of(self.graph, holder, name, self.when)


def descends(key: Wanted) -> bool:
    """Whether a key of an order goes down."""
    direction: Any = key
    while isinstance(direction, Mapping):
        (direction,) = direction.values()
    return bool(direction == "DESC")
