"""What a caller of aggregates alone may name: labels, types of relationships, and their properties by kind.

The place where this is decided. What docs/graph.md has and this has not (ids, names, masks, keyed hashes, VINs, plates,
instants of loads) names one thing, and is not for such a caller.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Final, TypeAlias


class Kind(Enum):
    """What the values of a property are; the value is its word in messages."""

    TEXT = "text"
    NUMBER = "number"
    FLAG = "flag"
    DAY = "day"
    INSTANT = "instant"  # so fine that it may name one thing: only whether there is one may be asked


Properties: TypeAlias = Mapping[str, Kind]


def _of(text: str = "", number: str = "", flag: str = "", day: str = "", instant: str = "") -> Properties:
    kinds = zip((text, number, flag, day, instant), Kind, strict=True)
    return {name: kind for names, kind in kinds for name in names.split()}


PERSON: Final = "Person"

PUBLIC: Final[Mapping[str, Properties]] = {
    "Model": _of("id brand name type energy"),
    "Dealer": _of("id name brand city"),
    "Club": _of("id name brand city", day="foundedOn"),
    "Partner": _of("id name"),
}
"""Labels of what says nothing of any person."""

INDIVIDUAL: Final[Mapping[str, Properties]] = {
    PERSON: _of("kind gender city", "birthYear", "licensed erased"),
    "Registration": _of("touchpoint kind gender city", "birthYear", "licensed erased", "firstSeen lastSeen"),
    "Identifier": _of("kind"),
    "Vehicle": _of("brand modelId type energy", "modelYear", day="builtOn deliveredOn inUseSince warrantyUntil"),
    "Household": _of("city"),
    "ServiceVisit": _of("kind currency dealerId", "mileage amount", day="visitedOn"),
    "Referral": _of(day="madeOn"),
    "ReferralStep": _of("status", "rank", day="reachedOn"),
}
"""Labels of people and of what belongs to some."""

_FACT: Final = _of(day="validFrom validTo", instant="retractedAt")

RELATIONSHIPS: Final[Mapping[str, Properties]] = {
    **dict.fromkeys(("GAVE", "CARRIES", "DRIVES", "KEEPS", "OF_MODEL", "UNDER", "HAD", "MADE", "OF"), _FACT),
    **dict.fromkeys(("AT", "THROUGH", "RESULTED_IN", "REACHED"), _FACT),
    "OF_PERSON": {},
    "INTENDS_TO_BUY": {**_FACT, **_of("heat stage dealerId")},
    "PURCHASED": {**_FACT, **_of("condition motive currency dealerId", "price")},
    "SERVICES": {**_FACT, **_of("dealerId")},
    "MEMBER_OF": {**_FACT, **_of("rank")},
    "LIVES_IN": {**_FACT, **_of("relation")},
    "DEALT_WITH": {**_FACT, **_of("role")},
    "CONSENTED_TO": {**_FACT, **_of("partner purpose")},
    "WITHDREW": {**_of("partner purpose", day="validFrom", instant="retractedAt")},
}
"""Types of relationships."""

JOINING: Final = frozenset({"id", "modelId", "dealerId", "name", "city", "partner"})
"""Properties whose `=` joins two parts of a pattern: others have so few values that it would join most to most."""

PARTS: Final = frozenset({"year", "quarter", "month", "week", "day", "dayOfWeek"})
"""Parts of a day, numbers."""

AGGREGATES: Final = frozenset({"count", "sum", "avg", "stdev", "stdevp"})
"""Functions over a group, in lower case: none gives away a single value."""

COMPARISONS: Final = frozenset({"=", "<>", "<", "<=", ">", ">="})
"""Operators between two values."""
