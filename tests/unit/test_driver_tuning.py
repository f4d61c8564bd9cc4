"""What the driver need not do: fill its tables, and start timers."""

import asyncio
import subprocess
import sys

import pytest
from neo4j._async.io._bolt._bolt_socket import AsyncBoltSocket
from neo4j._deadline import Deadline

import renche.graph.database  # noqa: F401  it is what tunes the driver

CODE = """
from neo4j import time
from neo4j._codec.packstream import v1, v2

months = dict(time._DAYS_IN_MONTH)
packed = [list(each.PACKED_UINT_16) for each in (v1, v2)]
unpacked = [dict(each.UNPACKED_UINT_16) for each in (v1, v2)]
assert len(months) > 100_000 and {len(each) for each in packed + unpacked} == {0x10000}

import renche.graph.database

assert not time._DAYS_IN_MONTH
assert all(time._DAYS_IN_MONTH[month] == days for month, days in months.items())
for each, texts, numbers in zip((v1, v2), packed, unpacked, strict=True):
    assert all(each.PACKED_UINT_16[number] == text for number, text in enumerate(texts))
    assert all(each.UNPACKED_UINT_16[text] == number for text, number in numbers.items())
"""


def test_tables_answer_as_the_drivers_own() -> None:
    """The driver still has these tables, as large as they were, and ours answer the same."""
    subprocess.run([sys.executable, "-c", CODE], check=True)


async def test_open_sockets_have_no_timeouts() -> None:
    """Those of its making end with it: the driver's own setting for writes, the one that Neo4j names for reads."""
    socket = AsyncBoltSocket(asyncio.StreamReader(), None, None)
    socket.set_read_timeout(120)
    socket.set_write_timeout(30.0)
    socket.set_read_deadline(Deadline(2))
    socket.set_write_deadline(Deadline(2))
    assert (socket.get_read_timeout(), socket.get_write_timeout()) == (120, 30)
    socket.set_read_deadline(None)
    socket.set_write_deadline(None)
    assert (socket.get_read_timeout(), socket.get_write_timeout()) == (None, None)


async def test_who_falls_silent_while_a_connection_is_made_is_given_up() -> None:
    """The driver's deadline holds until it is open."""
    socket = AsyncBoltSocket(asyncio.StreamReader(), None, None)
    socket.set_read_timeout(0.01)
    with pytest.raises(OSError, match="timed out"):
        await socket.recv(2)
