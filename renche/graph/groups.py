"""Groups of a list's rows: by what they are grouped, and what is counted and measured in each group."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from renche.graph.filters import Computed, Property
from renche.graph.listing import Listing

MAXIMUM_GROUPS: Final = 1_000


class Span(StrEnum):
    """How much of a day is a key: its month as 2026-11, its year as 2026."""

    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True)
class GroupKey:
    """What rows are grouped by; with a `span`, the days that fall into the same one are equal."""

    subject: Property | Computed
    span: Span | None = None


class Kind(StrEnum):
    """What is worked out of the values in a group; missing ones are left out."""

    DISTINCT = "distinct"
    MIN = "min"
    MAX = "max"
    AVG = "avg"
    SUM = "sum"


@dataclass(frozen=True)
class Measure:
    """One figure of a group. An amount of `money` has one only where all rows are of one currency."""

    kind: Kind
    subject: Property
    money: bool = False


_CYPHER = {Kind.DISTINCT: "count(DISTINCT {})", Kind.MIN: "min({})", Kind.MAX: "max({})", Kind.AVG: "avg({})"}
_CYPHER[Kind.SUM] = "sum({})"


def grouped(listing: Listing, keys: Sequence[GroupKey], measures: Sequence[Measure], *, limit: str, answer: str) -> str:
    """The clauses that end in `RETURN ... AS answer`: [keys, count, figures] for each group, the largest first.

    `limit` names the parameter with the number of groups. Without keys all rows are one group, even when there are
    none. An amount of money is a list: the figure, the first and the last currency.
    """
    whole = replace(listing, shape=replace(listing.shape, order=(), seek=None, backward=False))
    names = listing.names
    given = [names.fresh("key") for _ in keys]
    values = {each: names.fresh("value") for each in _values(measures)}
    count = names.fresh("size")
    figures = [(_figure(measure, values), names.fresh(measure.kind.value)) for measure in measures]
    bound = [f"{_key(whole, key)} AS {name}" for key, name in zip(keys, given, strict=True)]
    bound += [f"{whole.expression(subject)} AS {name}" for subject, name in values.items()]
    order = ", ".join([f"{count} DESC", *given])
    return "\n".join(
        [
            whole.rows(),
            f"WITH {', '.join(bound or ['1 AS ' + names.fresh('row')])}",
            f"WITH {', '.join([*given, f'count(*) AS {count}', *(f'{text} AS {name}' for text, name in figures)])}",
            f"ORDER BY {order} LIMIT ${limit}",
            f"RETURN collect([[{', '.join(given)}], {', '.join([count, *(name for _, name in figures)])}]) AS {answer}",
        ]
    )


def _values(measures: Sequence[Measure]) -> list[Property]:
    """The properties that the measures need, each once."""
    found: dict[Property, None] = {}
    for measure in measures:
        found[measure.subject] = None
        if measure.money:
            found[_currency(measure)] = None
    return list(found)


def _currency(measure: Measure) -> Property:
    return replace(measure.subject, name="currency")


def _figure(measure: Measure, values: dict[Property, str]) -> str:
    figure = _CYPHER[measure.kind].format(values[measure.subject])
    if not measure.money:
        return figure
    # Rows without an amount have no say in the currency.
    counted = f"CASE WHEN {values[measure.subject]} IS NOT NULL THEN coalesce({values[_currency(measure)]}, 'CNY') END"
    return f"[{figure}, min({counted}), max({counted})]"


def _key(listing: Listing, key: GroupKey) -> str:
    value = listing.expression(key.subject)
    if key.span is Span.MONTH:
        return f"substring(toString({value}), 0, 7)"
    return f"{value}.year" if key.span is Span.YEAR else value
