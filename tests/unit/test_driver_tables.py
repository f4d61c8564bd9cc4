"""The driver's tables that are filled as they are asked."""

import subprocess
import sys

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


def test_they_answer_as_the_drivers_own() -> None:
    """The driver still has these tables, as large as they were, and ours answer the same."""
    subprocess.run([sys.executable, "-c", CODE], check=True)
