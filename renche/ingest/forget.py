"""Takes people who are erased from the files of rejected rows; apart from what writes these, as an API only forgets."""

import csv
import os
from collections.abc import Collection
from pathlib import Path
from typing import Final

import orjson

COLUMNS: Final = ("file", "line", "field", "reason", "row")
"""Of a file of rejects."""


def forget_rows(folder: Path, keys: Collection[tuple[str, str]]) -> int:
    """Takes the rows of people with these (source, source id) from all files of rejects; how many there were.

    Written in place, as a load may have the file open to add to it; no load must write meanwhile.
    """
    forgotten = 0
    for path in sorted(folder.glob("*.csv")):
        with path.open("r+", encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
            kept = [row for row in rows if not _is_of(row, keys)]
            if len(kept) < len(rows):
                forgotten += len(rows) - len(kept)
                file.seek(0)
                csv.writer(file).writerows(kept)
                file.truncate()
                file.flush()
                os.fsync(file.fileno())
    return forgotten


def _is_of(row: list[str], keys: Collection[tuple[str, str]]) -> bool:
    if len(row) != len(COLUMNS) or not row[-1].startswith("{"):
        return False
    try:
        said = orjson.loads(row[-1])
    except orjson.JSONDecodeError:
        return False
    return (said.get("source"), said.get("source_id")) in keys
