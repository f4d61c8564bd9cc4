"""What a single value must be: text, days, whole numbers, cities.

Each check takes a value that is neither None nor blank, as a CSV cell (trimmed text) or typed by NDJSON
or Parquet, and gives the normal form. It raises ValueError with a reason that completes "this column …",
says what to do and never repeats the value. Identifiers of people and vehicles are in identifiers.py,
money in money.py.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from renche.graph.identifiers import personal_form, plain
from renche.ingest.cities import SHIPPED, load_cities

EARLIEST: Final = date(1900, 1, 1)
WARRANTY_YEARS: Final = 30
"""How far ahead a warranty may end; other days at most one year."""

_TEXT_LENGTH = 200
_LABEL_LENGTH = 64
_INVISIBLE = dict.fromkeys((0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0xFEFF, 0x00AD))
_DAY = re.compile(r"([0-9]{4})([-/]?)([0-9]{1,2})\2([0-9]{1,2})")
_WHOLE = re.compile(r"([0-9]{1,15})(?:\.0+)?")
_CITY = re.compile(r"[1-9][0-9]{5}")
_TRUTH = {
    **dict.fromkeys(("true", "1", "yes", "y", "t", "是"), True),
    **dict.fromkeys(("false", "0", "no", "n", "f", "否"), False),
}


class Problem(NamedTuple):
    """What is wrong with one column of a row; the reason never holds a personal value."""

    field: str
    reason: str


@dataclass(frozen=True)
class Checks:
    """What the checks must know beside the value, made once for a run."""

    today: date
    cities: Mapping[str, str]
    """Code → code of its city, empty for a province."""
    latest: date = field(init=False)
    latest_warranty: date = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "latest", _years_after(self.today, 1))
        object.__setattr__(self, "latest_warranty", _years_after(self.today, WARRANTY_YEARS))

    @classmethod
    def build(cls, today: date, cities: Path | None = None) -> "Checks":
        """Checks as of a day, with the shipped city codes or those at a path.

        Raises RefusedFile when that holds none.
        """
        return cls(today, load_cities(cities or SHIPPED))

    def __reduce__(self) -> tuple[Any, ...]:
        # A mapping proxy cannot be pickled, and worker processes need the checks too.
        return Checks, (self.today, dict(self.cities))


def text(value: Any) -> str:
    """One line of text: white space as single blanks, invisible characters gone."""
    return _text(value if value.__class__ is str else _written(value))


def _text(value: str) -> str:
    if not value.isprintable():
        value = " ".join(value.translate(_INVISIBLE).split())
        if not value:
            raise ValueError("holds invisible characters only; leave the cell empty.")
        # Unassigned and private characters pass: rare ones of Chinese names are among them.
        if any(unicodedata.category(character) in ("Cc", "Cs") for character in value):
            raise ValueError("holds control characters; remove them.")
    if len(value) > _TEXT_LENGTH:
        raise ValueError(f"is longer than {_TEXT_LENGTH} characters; shorten it.")
    return value


def identifier(value: Any) -> str:
    """Text whose full-width letters and digits become plain ones."""
    written = text(value)
    return written if written.isascii() else plain(written)


def account(value: Any) -> str:
    """An account or member number: text without blanks."""
    written = identifier(value)
    if " " in written:
        raise ValueError("holds a blank; give one account without blanks.")
    return written


def impersonal(value: Any) -> str:
    """The key of a thing in its source: it stands in clear in the graph and must not tell who someone is."""
    written = identifier(value)
    form = personal_form(written)
    if form is not None:
        raise ValueError(
            f"looks like {form}, and source ids stand in clear in the graph; use another key of the source."
        )
    return written


def label(value: Any) -> str:
    """A short name out of few, such as a source, touchpoint or brand."""
    return _label(value) if value.__class__ is str else _label(_written(value))


@lru_cache(maxsize=1024)
def _label(value: str) -> str:
    value = identifier(value)
    if len(value) > _LABEL_LENGTH:
        raise ValueError(f"is longer than {_LABEL_LENGTH} characters; shorten it.")
    form = personal_form(value)
    if form is not None:
        raise ValueError(f"looks like {form}; are the columns shifted?")
    return value


def day(value: Any, latest: date) -> date:
    """A date not before 1900 nor after `latest`."""
    if value.__class__ is str:
        try:
            found = date.fromisoformat(value) if len(value) == 10 and value[4] == "-" == value[7] else _day(value)
        except ValueError:
            raise ValueError("is no date; write it as YYYY-MM-DD.") from None
    elif isinstance(value, datetime):
        if value.timetz().replace(tzinfo=None) != time.min:
            raise ValueError("is an instant, not a day; give the date in the brand's time zone.")
        found = value.date()
    elif isinstance(value, date):
        found = value
    elif isinstance(value, int) and not isinstance(value, bool):
        return day(str(value), latest)
    else:
        raise ValueError("is no date; write it as YYYY-MM-DD.")
    if found < EARLIEST:
        raise ValueError("is before 1900; correct it or leave the cell empty when the day is unknown.")
    if found > latest:
        raise ValueError(f"is after {latest}, too far ahead; correct it or leave the cell empty when it is open.")
    return found


def _day(value: str) -> date:
    match = _DAY.fullmatch(value)
    if match is None or (not match[2] and len(value) != 8):
        raise ValueError
    return date(int(match[1]), int(match[3]), int(match[4]))


def whole(value: Any, least: int, most: int) -> int:
    """A whole number within limits."""
    if value.__class__ is not str:
        value = _written(value) if isinstance(value, int | float | Decimal) else ""
    match = _WHOLE.fullmatch(value)
    if match is None:
        raise ValueError("is no whole number; write digits only.")
    number = int(match[1])
    if not least <= number <= most:
        raise ValueError(f"is outside {least} to {most}; correct it or leave the cell empty.")
    return number


def truth(value: Any) -> bool:
    """True or false."""
    found = value if isinstance(value, bool) else _TRUTH.get(_written(value).lower())
    if found is None:
        raise ValueError("is neither true nor false; write one of them or leave the cell empty.")
    return found


def city(value: Any, cities: Mapping[str, str]) -> str:
    """The code of the city: a county's code becomes that of its city."""
    code = identifier(value)
    found = cities.get(code)
    if found:
        return found
    if found == "":
        raise ValueError("is the code of a province; give the code of a city in it.")
    if _CITY.fullmatch(code) is None:
        raise ValueError("is no city code; write six digits as 310000 (GB/T 2260).")
    raise ValueError("is not in the table of city codes; correct it or extend the table.")


def _written(value: Any) -> str:
    """A typed value as a CSV cell would have it."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float() if value.is_integer():  # pandas makes floats of whole numbers where some are missing
            return str(int(value))
        case Decimal() if value == value.to_integral_value():
            return f"{value:.0f}"
        case float() | Decimal() | date():
            return str(value)
    raise ValueError("holds a list, an object or bytes; give one plain value.")


def _years_after(today: date, years: int) -> date:
    try:
        return today.replace(year=today.year + years)
    except ValueError:  # 29 February
        return today.replace(year=today.year + years, day=28)
