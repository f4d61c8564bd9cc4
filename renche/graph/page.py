"""Pages by keyset: which rows of a traversal a question asks for, in which order.

A page has a *shape*, which chooses the text of a statement and holds no value, and values, which are parameters.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from renche.graph.errors import InvalidArgument
from renche.graph.filters import EVERYTHING, Filter, Subject

DEFAULT_PAGE: Final = 20
MAXIMUM_PAGE: Final = 100


@dataclass(frozen=True)
class SortKey:
    """What rows are sorted by; missing values come last going up and first going down."""

    subject: Subject
    descending: bool = False


@dataclass(frozen=True, slots=True)
class PageShape:
    """All that chooses the text of a page's statement.

    `order`: the keys before the row's own id, by which ties are broken. `seek`: when the page begins after (going
    backward: before) a row, which of that row's keys have a value. `own`: whether the question states a day, and an
    instant, of its own in the place of its parent's. `between`: rows whose edge holds at some time in an interval,
    instead of on the day: whether its start and its end are given. `arguments`: the traversal's own arguments that
    have a value.
    """

    filter: Filter = EVERYTHING
    order: tuple[SortKey, ...] = ()
    seek: tuple[bool, ...] | None = None
    backward: bool = False
    own: tuple[bool, bool] = (False, False)
    between: tuple[bool, bool] | None = None
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """`first` rows of a list, from the end of it when the shape goes backward.

    `as_of` and `as_known_at` are the question's own times, None where the parent's count; `values` fill the filter's
    slots; `seek` holds the keys of the row that the page begins at, its id last; `arguments` are the traversal's own.
    """

    shape: PageShape = PageShape()
    first: int = DEFAULT_PAGE
    as_of: date | None = None
    as_known_at: datetime | None = None
    values: tuple[Any, ...] = ()
    seek: tuple[Any, ...] = ()
    between: tuple[Any, Any] = (None, None)
    arguments: tuple[tuple[str, Any], ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.first <= MAXIMUM_PAGE:
            name = "last" if self.shape.backward else "first"
            raise InvalidArgument(f"{name}: ask for 0 to {MAXIMUM_PAGE} rows, not {self.first}.")

    def parameters(self, prefix: str, *, beyond: int = 1) -> dict[str, Any]:
        """The statement's parameters; `beyond` rows more than asked for tell whether there are more."""
        found = {f"{prefix}{name}": value for name, value in self.arguments}
        found |= {f"{prefix}v{slot}": value for slot, value in enumerate(self.values)}
        found |= {f"{prefix}k{place}": value for place, value in enumerate(self.seek)}
        found[f"{prefix}limit"] = self.first + beyond
        found |= own_times(prefix, self.as_of, self.as_known_at)
        if self.shape.between is not None:
            found[f"{prefix}from"], found[f"{prefix}to"] = self.between
        return found


def own_times(prefix: str, as_of: date | None, as_known_at: datetime | None) -> dict[str, Any]:
    """The parameters of the times that are given."""
    times = {f"{prefix}asOf": as_of, f"{prefix}asKnownAt": as_known_at and as_known_at.isoformat()}
    return {name: value for name, value in times.items() if value is not None}
