"""What the Neo4j driver need not do here: it reaches into it (docs/decisions/0016-driver-tuning.md)."""

import struct
from calendar import monthrange
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from neo4j import time
from neo4j._async_compat.network._bolt_socket import AsyncBoltSocketBase
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
    """Puts tables that make an entry when it is asked for into the place of the driver's large ones.

    Whole, as it makes them when it is imported, they take 24 MB: the lengths of the months of 9,999 years, and each
    whole number of two bytes beside these bytes.
    """
    time._DAYS_IN_MONTH = _Filled(lambda month: monthrange(*month)[1])
    numbers: tuple[Any, ...] = (v1, v2)
    for each in numbers:
        each.PACKED_UINT_16 = _Filled(_TWO_BYTES.pack)
        each.UNPACKED_UINT_16 = _Filled(_unpacked)


def _unpacked(two: bytes) -> int:
    (number,) = _TWO_BYTES.unpack(two)
    return int(number)


def wait_without_timers() -> None:
    """Has open sockets wait for the database without timers of their own, a sixth of the CPU of a small read.

    The driver starts a task and a timer for each part of each message. All that we ask has a limit of its own. While a
    connection is made the driver's deadlines hold; when it lifts them, the timeouts go, too.
    """
    for way in ("read", "write"):
        lift = getattr(AsyncBoltSocketBase, f"set_{way}_deadline")
        setattr(AsyncBoltSocketBase, f"set_{way}_deadline", _with_timeout(lift, f"set_{way}_timeout"))
    wait = "_wait_for_io"
    setattr(AsyncBoltSocketBase, wait, _only_waiting(getattr(AsyncBoltSocketBase, wait)))


def _with_timeout(set_deadline: Callable[[Any, Any], None], set_timeout: str) -> Callable[[Any, Any], None]:
    """Sets a socket's deadline; without one the socket has no timeout either."""

    def set_both(socket: AsyncBoltSocketBase, deadline: object) -> None:
        set_deadline(socket, deadline)
        if deadline is None:
            getattr(socket, set_timeout)(None)

    return set_both


def _only_waiting(wait_for_io: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Waits for what is given a timeout or a deadline as before, and only waits for the rest."""

    def wait_or_time_out(
        socket: AsyncBoltSocketBase,
        name: str,
        timeout: float | None,
        deadline: object,
        io: Callable[..., Awaitable[Any]],
        *arguments: Any,
    ) -> Awaitable[Any]:
        if timeout is None and deadline is None:
            return io(*arguments)
        return wait_for_io(socket, name, timeout, deadline, io, *arguments)

    return wait_or_time_out
