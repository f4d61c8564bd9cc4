"""The days that the invented history spans, as small integers with their written forms ready."""

from datetime import date, timedelta

YEARS_BACK = 11
YEARS_AHEAD = 8


class Calendar:
    """Days are counted from the first of January eleven years before `today`; `today` is one of them."""

    __slots__ = ("first_year", "iso", "later", "today", "year")

    def __init__(self, today: date) -> None:
        """Write out every day once: formatting a date a million times is what costs."""
        first = date(today.year - YEARS_BACK, 1, 1)
        ahead = date(today.year + YEARS_AHEAD, 1, 1)
        days = [first + timedelta(days=number) for number in range((ahead - first).days)]
        self.first_year = first.year
        self.today = (today - first).days
        self.iso = [day.isoformat() for day in days]
        self.year = [day.year for day in days]
        # 29 February has its anniversary on the 28th.
        known = days[: self.today + 1]
        self.later = {
            years: [
                (day.replace(year=day.year + years, day=min(day.day, 28 if day.month == 2 else 31)) - first).days
                for day in known
            ]
            for years in (3, 4, 6)
        }

    def new_year(self, year: int) -> int:
        """The day (give or take one) on which a year begins; a year before the calendar is day 0."""
        return max(0, (year - self.first_year) * 1461 // 4)
