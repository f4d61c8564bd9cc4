"""The numbers that people and vehicles carry: phones, plates, VINs, ID cards. Each form is the real one.

None belongs to anybody by design, yet a phone or plate of a real form may exist: the files are test data. An
ID-card number here names a whole city (its district digits are 00), which no real card does.
"""

from functools import cache

from renche.generate.draw import Scatter

# Left out: fixed networks, data cards, satellites, resellers of capacity, and what nobody was given.
_OTHER_PREFIXES = {*range(140, 147), 148, 149, 154, *range(160, 166), *range(167, 173), 174, 179, 192, 194, 196, 197}
PHONE_PREFIXES = tuple(str(prefix) for prefix in range(130, 200) if prefix not in _OTHER_PREFIXES)
_PER_PREFIX = 10**8

NEW_ENERGY = frozenset({"electric", "plug_in_hybrid", "range_extended", "hydrogen"})
"""Energies that China registers as new energy; a plain hybrid counts as petrol."""
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Letters that a plate may show: I and O look like digits."""
_SIGNS = "0123456789" + LETTERS
_PURE_ELECTRIC, _OTHER_NEW_ENERGY = "DABCE", "FGHJK"
"""GA 36-2018: the first letter of a new-energy plate tells a pure electric vehicle from the rest."""

_WMI = "L0Y"
"""The invented maker's world manufacturer identifier; L is China."""
_VALUES = "012345678912345678123457923456789"
_VALUE = dict(zip("0123456789ABCDEFGHJKLMNPRSTUVWXYZ", map(int, _VALUES), strict=True))
_WEIGHT = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_YEARS = "ABCDEFGHJKLMNPRSTVWXY123456789"
_SERIES = "123456789ABCDEFGHJKLMNPRSTUVWXYZ"
_ID_WEIGHT = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def _weigh(text: str, start: int) -> int:
    return sum(_VALUE[sign] * weight for sign, weight in zip(text, _WEIGHT[start:], strict=False))


# The serial's six digits in two halves: a VIN's check digit is then three additions.
_HIGH = tuple(_weigh(f"{half:03d}", 11) for half in range(1000))
_LOW = tuple(_weigh(f"{half:03d}", 14) for half in range(1000))


@cache
def _vin_frame(model: str, year: int, series: int) -> tuple[str, str, int]:
    """What stands before the check digit, what stands between it and the serial, and the weight of both."""
    before = f"{_WMI}{model}{_SERIES[series]}"
    between = f"{_YEARS[(year - 2010) % 30]}A"
    return before, between, _weigh(before, 0) + _weigh(between, 9)


class Identifiers:
    """Phones, plates, VINs and row numbers in an order that the seed decides, none of them twice."""

    __slots__ = ("_issued", "_phone", "_phones", "_plate", "_plate_new", "_row", "_rows", "_serial")

    def __init__(self, seed: int) -> None:
        """Lay out the number spaces; nothing is given out yet."""
        self._phone = Scatter(seed, "phones", len(PHONE_PREFIXES) * _PER_PREFIX)
        self._plate = Scatter(seed, "plates", 5 * len(LETTERS) * 10**4)
        self._plate_new = Scatter(seed, "new-energy plates", len(_SIGNS) * 10**4)
        self._serial = Scatter(seed, "serials", 10**6)
        self._row = Scatter(seed, "rows", 9 * 10**8)
        self._phones = self._rows = 0
        self._issued: dict[str, int] = {}

    def row(self) -> str:
        """Nine digits that number a source's row of a person; two rows of one person look unrelated."""
        self._rows += 1
        return str(10**8 + self._row(self._rows))

    def phone(self) -> str:
        """The next mainland mobile number."""
        self._phones += 1
        prefix, rest = divmod(self._phone(self._phones), _PER_PREFIX)
        return f"{PHONE_PREFIXES[prefix]}{rest:08d}"

    def plate(self, prefix: str, energy: str) -> str:
        """The next plate that a city issues: seven signs, or eight for new energy."""
        letters = plate_kind(energy)
        if letters:
            series, number = divmod(self._next(prefix + letters[0]), self._plate_new.size)
            sign, digits = divmod(self._plate_new(number), 10**4)
            return f"{prefix}{letters[series]}{_SIGNS[sign]}{digits:04d}"
        place, digits = divmod(self._plate(self._next(prefix)), 10**4)
        position, letter = divmod(place, len(LETTERS))
        text = f"{digits:04d}"
        return f"{prefix}{text[:position]}{LETTERS[letter]}{text[position:]}"

    def vin(self, model: str, year: int, number: int) -> str:
        """The VIN of a vehicle's number, with the check digit of ISO 3779 (GB 16735)."""
        series, within = divmod(number, 10**6)
        serial = self._serial(within)
        before, between, weight = _vin_frame(model, year, series)
        check = (weight + _HIGH[serial // 1000] + _LOW[serial % 1000]) % 11
        return f"{before}{'X' if check == 10 else check}{between}{serial:06d}"

    def _next(self, series: str) -> int:
        number = self._issued.get(series, 0)
        self._issued[series] = number + 1
        return number


def plate_kind(energy: str) -> str:
    """The letters that begin the plates of this energy after the prefix, new energy only; otherwise none."""
    if energy in NEW_ENERGY:
        return _PURE_ELECTRIC if energy == "electric" else _OTHER_NEW_ENERGY
    return ""


def id_card(city: str, birth_year: int, day: int, order: int) -> str:
    """An ID-card number of the right form (GB 11643): `day` picks the birthday, `order` the last digits."""
    month, day = divmod(day % 336, 28)
    body = f"{city}{birth_year}{month + 1:02d}{day + 1:02d}{order:03d}"
    total = sum(int(sign) * weight for sign, weight in zip(body, _ID_WEIGHT, strict=True))
    return body + "10X98765432"[total % 11]
