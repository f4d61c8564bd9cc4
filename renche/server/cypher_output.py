"""An answer to an analyst's statement in the formats that tools read: table, JSON, NDJSON, CSV, Parquet."""

import csv
import io
from collections.abc import Iterator
from enum import StrEnum
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from renche.graph.analysts import Answer
from renche.graph.errors import InvalidArgument


class Format(StrEnum):
    """How an answer is written."""

    TABLE = "table"
    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"
    PARQUET = "parquet"


def as_bytes(answer: Answer, form: Format) -> bytes:
    """The answer in any format but a table."""
    match form:
        case Format.JSON:
            return as_json(answer)
        case Format.NDJSON:
            return b"".join(ndjson_lines(answer))
        case Format.CSV:
            return as_csv(answer)
        case Format.PARQUET:
            return _as_parquet(answer)
        case Format.TABLE:
            raise ValueError("A table is shown, not kept.")


def as_json(answer: Answer) -> bytes:
    """One object: columns, rows, and whether a limit left rows out; where small groups were, below how many people."""
    found = {"columns": answer.columns, "rows": answer.rows, "truncated": answer.truncated}
    if answer.suppressed_below is not None:
        found["suppressedBelow"] = answer.suppressed_below
    return orjson.dumps(found)


def ndjson_lines(answer: Answer) -> Iterator[bytes]:
    """An object a row, each on a line."""
    for row in answer.rows:
        yield orjson.dumps(dict(zip(answer.columns, row, strict=True)), option=orjson.OPT_APPEND_NEWLINE)


def as_csv(answer: Answer) -> bytes:
    """A header and the rows; null is empty, lists and objects are JSON."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(answer.columns)
    writer.writerows([_cell(value) for value in row] for row in answer.rows)
    return out.getvalue().encode()


def show_table(answer: Answer, console: Console) -> None:
    """The answer for people."""
    table = Table(show_lines=False)
    for column in answer.columns:
        table.add_column(Text(column), overflow="fold")
    for row in answer.rows:
        table.add_row(*(Text("" if value is None else str(_cell(value))) for value in row))
    console.print(table)
    console.print(f"{len(answer.rows):,} rows" if len(answer.rows) != 1 else "1 row", highlight=False)


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return orjson.dumps(value).decode() if isinstance(value, list | dict) else value


def _as_parquet(answer: Answer) -> bytes:
    try:
        import pyarrow  # type: ignore[import-untyped]  # it has no type information
        import pyarrow.parquet as parquet  # type: ignore[import-untyped]
    except ImportError:
        raise InvalidArgument("Parquet needs pyarrow: pip install 'renche[parquet]'.") from None
    columns = {}
    for index, name in enumerate(answer.columns):
        values = [row[index] for row in answer.rows]
        try:
            columns[name] = pyarrow.array(values)
        except (pyarrow.ArrowInvalid, pyarrow.ArrowTypeError):
            # Values of several types have no column of their own type.
            columns[name] = pyarrow.array([None if each is None else str(_cell(each)) for each in values])
    out = io.BytesIO()
    parquet.write_table(pyarrow.table(columns), out)
    return out.getvalue()
