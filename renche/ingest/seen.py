"""What a run remembers of the rows it has prepared, in fixed memory: enough to spare a first load its look-ups.

Both answers may err on the safe side only: "perhaps" costs a look-up in the graph, never a wrong write.
"""

from array import array
from typing import Final

_BITS: Final = 27  # 16 MB; a file of ten million rows meets one false "perhaps" in a hundred
_MASK: Final = (1 << _BITS) - 1
_ODD: Final = 0x9E3779B97F4A7C15
_SLOTS: Final = 1 << 19


class Seen:
    """A set of ids that never forgets one, and may take a new one for known (a Bloom filter).

    One that is not to remember takes every id for known.
    """

    def __init__(self, remembers: bool = True) -> None:
        self._bits = bytearray(1 << (_BITS - 3)) if remembers else None

    def add(self, id_: str) -> bool:
        """Remembers the id; whether it was perhaps there before."""
        bits = self._bits
        if bits is None:
            return True
        mixed = hash(id_)
        known = True
        for place in (mixed & _MASK, (mixed >> 32) & _MASK, (mixed * _ODD >> 40) & _MASK):
            byte, bit = place >> 3, 1 << (place & 7)
            if not bits[byte] & bit:
                known = False
                bits[byte] |= bit
        return known


class Earliest:
    """The earliest day remembered for an id, for as many ids as there is room (a direct-mapped cache)."""

    def __init__(self) -> None:
        self._ids = array("q", bytes(8 * _SLOTS))
        self._days = array("i", bytes(4 * _SLOTS))

    def covers(self, id_: str, day: int) -> bool:
        """Whether a day not after this one is remembered for the id; remembers this one otherwise."""
        mixed = hash(id_)
        slot = mixed & (_SLOTS - 1)
        if self._ids[slot] == mixed and self._days[slot] <= day:
            return True
        self._ids[slot], self._days[slot] = mixed, day
        return False
