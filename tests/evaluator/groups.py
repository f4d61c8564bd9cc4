"""Groups of a list's rows: what they have in common, and what is worked out of their values.

A key or a figure is a field of the row's thing or, with `role` in front, of its role; a day may be a key by its month
or its year. Missing values are left out of figures, and come last among keys.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cmp_to_key
from typing import Any

from graphql import GraphQLObjectType, GraphQLSchema

from tests.evaluator.graph import Graph, Link, Thing, When
from tests.evaluator.lists import comparing
from tests.evaluator.rows import Row
from tests.evaluator.values import amount_of, type_name, value_of


@dataclass(frozen=True)
class Group:
    """Rows, and what they have in common by the names of the keys."""

    rows: Sequence[Row]
    key: Mapping[str, Any]


@dataclass(frozen=True)
class Groups:
    """Groups the rows of a list that was read at one moment."""

    graph: Graph
    schema: GraphQLSchema
    when: When

    def of(self, rows: Sequence[Row], by: Sequence[str], first: int) -> list[Group]:
        """The largest groups first, equal ones by their keys; without keys one group, even of no rows."""
        names = [_camel(each) for each in by]
        found: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
        if not names:
            found[()] = []
        for row in rows:
            found[tuple(self._key(row, name) for name in names)].append(row)
        compare = comparing([False] * len(names))
        keys = sorted(found, key=cmp_to_key(compare))
        keys.sort(key=lambda key: -len(found[key]))
        return [Group(found[key], dict(zip(names, key, strict=True))) for key in keys[:first]]

    def figure(self, group: Group, kind: str, name: str) -> Any:
        """What is worked out of the values of a field; an amount of money as a pair with its currency."""
        held = [self._holder(row, name) for row in group.rows]
        if name in ("amount", "rolePrice"):
            return _of_money(kind, [amount_of(holder, field) for holder, field in held])
        values = [self._value(holder, field) for holder, field in held]
        return _figure(kind, [each for each in values if each is not None])

    def _holder(self, row: Row, name: str) -> tuple[Thing | Link, str]:
        """Which of a row has a field that groups know, and the field's own name."""
        if name.startswith("role"):
            return row.roles[0], name[4].lower() + name[5:]
        return row.thing, name

    def _value(self, holder: Thing | Link, name: str) -> Any:
        return value_of(self.graph, holder, name, self.when)

    def _key(self, row: Row, name: str) -> Any:
        holder, field = self._holder(row, name)
        type_ = self.schema.type_map[type_name(holder)]
        assert isinstance(type_, GraphQLObjectType)
        if field in type_.fields:
            return self._value(holder, field)
        day: date | None = self._value(holder, field.removesuffix("Month").removesuffix("Year"))
        if day is None:
            return None
        return day.year if field.endswith("Year") else f"{day:%Y-%m}"


def _camel(name: str) -> str:
    first, *others = name.lower().split("_")
    return first + "".join(map(str.capitalize, others))


def _figure(kind: str, values: Sequence[Any]) -> Any:
    match kind:
        case "distinct":
            return len(set(values))
        case "sum":
            return sum(values)
        case "avg":
            return sum(values) / len(values) if values else None
    return (min if kind == "min" else max)(values, default=None)


def _of_money(kind: str, amounts: Sequence[tuple[int, str] | None]) -> tuple[int, str] | None:
    """A figure of amounts in minor units; none where they are of several currencies."""
    known = [each for each in amounts if each is not None]
    currencies = {currency for _, currency in known}
    if len(currencies) != 1:
        return None
    units = [each for each, _ in known]
    figure = round(Fraction(sum(units), len(units))) if kind == "avg" else _figure(kind, units)
    return figure, currencies.pop()
