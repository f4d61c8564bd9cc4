"""The driver's large tables, filled as they are asked: whole, as it makes them when imported, they take 24 MB.

They hold the lengths of the months of 9,999 years, and each whole number of two bytes beside these bytes
(docs/decisions/0016-driver-tables.md).
"""

import struct
from calendar import monthrange
from collections.abc import Callable
from typing import Any, TypeVar

from neo4j import time
from neo4j._codec.packstream import v1, v2

K = TypeVar("K")
V = TypeVar("V")

_TWO_BYTES = struct.Struct(">H")


class _Filled(dict[K, V]):
    """A table whose entries are made when they are first asked for."""

    def __init__(self, make: Callable[[K], V]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: K) -> V:
        value = self[key] = self._make(key)
        return value


def fill_tables_as_asked() -> None:
    """Puts such tables into the place of the driver's own."""
    time._DAYS_IN_MONTH = _Filled(lambda month: monthrange(*month)[1])
    numbers: tuple[Any, ...] = (v1, v2)
    for each in numbers:
        each.PACKED_UINT_16 = _Filled(_TWO_BYTES.pack)
        each.UNPACKED_UINT_16 = _Filled(_unpacked)


def _unpacked(two: bytes) -> int:
    (number,) = _TWO_BYTES.unpack(two)
    return int(number)
