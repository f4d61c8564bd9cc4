"""The table of city codes: which codes exist, and which city each belongs to."""

import csv
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from renche.ingest.errors import RefusedFile

SHIPPED = Path(__file__).with_name("gbt2260.csv")
_COLUMNS = ["code", "name", "level", "city"]


def load_cities(path: Path = SHIPPED) -> Mapping[str, str]:
    """Code → code of its city; empty for a province, which is no city.

    The table is a UTF-8 CSV with the columns code, name, level and city; lines that begin with # are
    remarks. Raises RefusedFile when it is missing or of another shape.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(line for line in file if not line.startswith("#"))
            if next(rows, None) != _COLUMNS:
                raise RefusedFile(path, f"a table of city codes has the columns {', '.join(_COLUMNS)}.")
            cities = {}
            for row in rows:
                if len(row) != len(_COLUMNS) or not _is_code(row[0]) or (row[3] and not _is_code(row[3])):
                    raise RefusedFile(path, f"line {rows.line_num} of the remark-free table is no city code.")
                cities[row[0]] = row[3]
    except OSError as error:
        raise RefusedFile(path, "the table of city codes cannot be opened; check the setting.") from error
    except UnicodeDecodeError as error:
        raise RefusedFile(path, "the table of city codes is not UTF-8; save it as UTF-8.") from error
    return MappingProxyType(cities)


def _is_code(text: str) -> bool:
    return len(text) == 6 and text.isascii() and text.isdigit()
