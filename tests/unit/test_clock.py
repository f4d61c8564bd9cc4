"""The clock's day is the brand's, its instant is UTC, and a question's moment inherits what it does not state."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from renche.graph.clock import FixedClock, Moment, SystemClock

SHANGHAI = ZoneInfo("Asia/Shanghai")
LATE = datetime(2026, 6, 30, 16, 30, tzinfo=UTC)  # half past midnight of 1 July in Shanghai
MOMENT = Moment(date(2026, 7, 1), LATE)


def test_the_system_clock_tells_utc() -> None:
    """The present is the machine's, in UTC, and moves on."""
    clock = SystemClock(SHANGHAI)
    before = datetime.now(UTC)
    told = clock.now()
    assert told.utcoffset() == timedelta(0)
    assert before <= told <= clock.now() <= datetime.now(UTC)


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_the_system_clock_tells_the_day_of_its_zone(zone: str) -> None:
    """Today is the day on the brand's calendar, which may be another than that of UTC."""
    clock = SystemClock(ZoneInfo(zone))
    before = datetime.now(ZoneInfo(zone)).date()
    assert clock.today() in (before, datetime.now(ZoneInfo(zone)).date())


@pytest.mark.parametrize(
    ("zone", "day"),
    [(UTC, date(2026, 6, 30)), (SHANGHAI, date(2026, 7, 1)), (ZoneInfo("America/New_York"), date(2026, 6, 30))],
)
def test_a_fixed_clock_stands_still(zone: ZoneInfo, day: date) -> None:
    """A fixed clock tells its instant in UTC and the day of its zone, however often it is asked."""
    clock = FixedClock(LATE.astimezone(timezone(timedelta(hours=-7))), zone)
    assert [clock.now(), clock.now()] == [LATE, LATE]
    assert clock.now().tzinfo is UTC
    assert clock.today() == day


def test_the_present_moment() -> None:
    """A question that states no time asks about today, as known now."""
    assert Moment.present(FixedClock(LATE, SHANGHAI)) == MOMENT


@pytest.mark.parametrize(
    ("as_of", "as_known_at", "expected"),
    [
        (None, None, MOMENT),
        (date(2020, 2, 29), None, Moment(date(2020, 2, 29), LATE)),
        (None, datetime(2021, 1, 1, tzinfo=UTC), Moment(date(2026, 7, 1), datetime(2021, 1, 1, tzinfo=UTC))),
        (date.min, datetime(2021, 1, 1, tzinfo=UTC), Moment(date.min, datetime(2021, 1, 1, tzinfo=UTC))),
    ],
)
def test_a_moment_keeps_what_is_not_stated(as_of: date | None, as_known_at: datetime | None, expected: Moment) -> None:
    """Each of the two times is inherited on its own."""
    assert MOMENT.at(as_of, as_known_at) == expected
