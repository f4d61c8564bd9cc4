"""The clock: what time it is, and which moment a question asks about."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import Any, Protocol
from zoneinfo import ZoneInfo


class Clock(Protocol):
    """Tells the time; tests use one that stands still."""

    def now(self) -> datetime:
        """The present, in UTC."""

    def today(self) -> date:
        """The present day where the brand does business."""


@dataclass(frozen=True)
class SystemClock:
    """The machine's clock, with the brand's time zone for the day."""

    zone: ZoneInfo

    def now(self) -> datetime:
        return datetime.now(UTC)

    def today(self) -> date:
        return self.now().astimezone(self.zone).date()


@dataclass(frozen=True)
class FixedClock:
    """A clock that stands still, for demos whose data ends on a day, and for tests."""

    moment: datetime
    zone: tzinfo = UTC

    def now(self) -> datetime:
        return self.moment.astimezone(UTC)

    def today(self) -> date:
        return self.moment.astimezone(self.zone).date()


@dataclass(frozen=True)
class Moment:
    """The two times of a question.

    `as_of`: the day on which facts shall hold (valid time). `as_known_at`: the instant whose knowledge
    counts (recorded time): what was recorded later, or retracted by then, is left out.
    """

    as_of: date
    as_known_at: datetime

    @classmethod
    def present(cls, clock: Clock) -> "Moment":
        """Today, as known now."""
        return cls(clock.today(), clock.now())

    @property
    def parameters(self) -> dict[str, Any]:
        """A statement's parameters for it; the instant as text, which the driver sends in a tenth of the time."""
        return {"asOf": self.as_of, "asKnownAt": self.as_known_at.isoformat()}

    def at(self, as_of: date | None, as_known_at: datetime | None) -> "Moment":
        """This moment with what the question states in its place."""
        if as_of is None and as_known_at is None:
            return self
        return Moment(as_of or self.as_of, as_known_at or self.as_known_at)
