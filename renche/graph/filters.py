"""Filters: what the rows of a list must meet, as a tree without values, and the condition that it becomes.

The tree is the shape of a filter and chooses the statement's text; the values beside it are parameters only, one
for each `slot`. A missing value (null) equals nothing and is neither smaller nor larger than anything: `eq`, `in`,
`lt` and their like do not meet it, `ne` and `notIn` do, and `Not` is met by exactly the rows that its inside is not
met by. So that Cypher's third truth value never decides, a negation is carried down to the comparisons.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from renche.graph.traversal import Traversal


class Operator(StrEnum):
    """How a value is compared; the value is the name in GraphQL."""

    EQ = "eq"
    NE = "ne"
    IN = "in"
    NOT_IN = "notIn"
    LT = "lt"
    LTE = "lte"
    GT = "gt"
    GTE = "gte"
    CONTAINS = "contains"
    STARTS_WITH = "startsWith"
    ENDS_WITH = "endsWith"


CYPHER = {
    Operator.EQ: "=",
    Operator.IN: "IN",
    Operator.LT: "<",
    Operator.LTE: "<=",
    Operator.GT: ">",
    Operator.GTE: ">=",
    Operator.CONTAINS: "CONTAINS",
    Operator.STARTS_WITH: "STARTS WITH",
    Operator.ENDS_WITH: "ENDS WITH",
}
NEGATIVE = {Operator.NE: Operator.EQ, Operator.NOT_IN: Operator.IN}


class Quantifier(StrEnum):
    """How many of the related rows must meet a filter."""

    SOME = "some"
    NONE = "none"
    EVERY = "every"


@dataclass(frozen=True)
class Property:
    """A property of a row's thing or, with `of_edge`, of the relationship that leads to it."""

    name: str
    of_edge: bool = False


@dataclass(frozen=True)
class Computed:
    """A value that a traversal of the form `value:` finds for a row's thing."""

    traversal: Traversal


@dataclass(frozen=True)
class Count:
    """How many rows a traversal has from a row's thing."""

    traversal: Traversal


Subject: TypeAlias = Property | Computed | Count


@dataclass(frozen=True)
class Compare:
    """The subject compared with the value in a slot."""

    subject: Subject
    operator: Operator
    slot: int


@dataclass(frozen=True)
class Missing:
    """The subject has no value."""

    subject: Subject


@dataclass(frozen=True)
class Not:
    """What is inside is not met."""

    part: "Filter"


@dataclass(frozen=True)
class All:
    """Every part is met; without parts, always."""

    parts: tuple["Filter", ...]


@dataclass(frozen=True)
class Any:
    """At least one part is met; without parts, never."""

    parts: tuple["Filter", ...]


@dataclass(frozen=True)
class Related:
    """Some, none or every row of a traversal from the row's thing meets a filter."""

    traversal: Traversal
    quantifier: Quantifier
    part: "Filter"


Filter: TypeAlias = Compare | Missing | Not | All | Any | Related

EVERYTHING = All(())


def equalities(filter_: Filter) -> list[tuple[str, int]]:
    """Properties of the thing that must equal one value, with its slot: what an index can begin with."""
    if isinstance(filter_, All):
        return [found for part in filter_.parts for found in equalities(part)]
    if isinstance(filter_, Compare) and filter_.operator is Operator.EQ and isinstance(filter_.subject, Property):
        return [] if filter_.subject.of_edge else [(filter_.subject.name, filter_.slot)]
    return []
