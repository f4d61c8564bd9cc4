"""Reads an input file row by row, in bounded memory, whatever its format.

A row that cannot be told apart into columns is a RowError at its place; it ends neither the file nor the
run.
"""

import csv
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Protocol, Self

import orjson

from renche.graph.errors import InvalidArgument
from renche.ingest.errors import RefusedFile
from renche.ingest.files import Format, InputFile
from renche.ingest.lines import ENCODINGS, Line, Lines
from renche.ingest.rows import KINDS, check_columns

LONGEST_FIELD: Final = 100_000
_MOST_LINES = 200
"""Lines that one CSV row may span: a quote left open shall not swallow the rows after it."""
_FIRST_ROWS = 100
_PARQUET_ROWS = 2048


@dataclass(frozen=True)
class RowError:
    """A row that could not be read; the reason repeats nothing of it."""

    reason: str


Raw = Mapping[str, Any]
"""The values of a row by column; empty ones may be absent."""


class Reader(Protocol):
    """An open input file: its rows with the line where each starts (in Parquet, the row's number), from 1.

    The header of a CSV file is line 1. Use it in a `with` statement and go through it once.
    """

    def __enter__(self) -> Self:
        """The reader."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes the file."""

    def __iter__(self) -> Iterator[tuple[int, Raw | RowError]]:
        """Line number and row."""

    @property
    def bytes_read(self) -> int:
        """How much of the file's size is read, for a progress bar."""


def open_file(file: InputFile, encoding: str | None = None) -> Reader:
    """The file's reader, its header checked.

    `encoding` ("utf-8" or "gb18030") spares the guess; Parquet needs none. Raises RefusedFile when the file
    is not what its name says, or has columns that its kind does not know, and InvalidArgument for another
    encoding.
    """
    if encoding is not None and encoding not in ENCODINGS:
        raise InvalidArgument(f"There is no such encoding here; name {' or '.join(ENCODINGS)}, or none.")
    match file.format:
        case Format.CSV:
            return CsvReader(file, encoding)
        case Format.NDJSON:
            return NdjsonReader(file, encoding)
        case Format.PARQUET:
            return ParquetReader(file)


class _TextReader:
    def __init__(self, file: InputFile, encoding: str | None) -> None:
        self.file = file
        self._lines = Lines(file.path, file.compressed, encoding)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lines.close()

    @property
    def bytes_read(self) -> int:
        return self._lines.bytes_read

    @property
    def encoding(self) -> str:
        """The encoding that the file is read in."""
        return self._lines.encoding

    def _damage(self) -> Iterator[tuple[int, RowError]]:
        if self._lines.damage is not None:
            yield self._lines.number + 1, RowError(self._lines.damage)


class _Record:
    """Feeds the csv module line by line and can go back to the line after the one where a row began."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._again: deque[Line] = deque()
        self.taken: list[Line] = []

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        if len(self.taken) == _MOST_LINES:
            raise csv.Error
        line = self._again.popleft() if self._again else next(self._lines)
        self.taken.append(line)
        return line.text

    def start(self) -> None:
        self.taken.clear()

    def back(self) -> None:
        """Only the row's first line is lost: those after it may be rows of their own."""
        self._again.extendleft(reversed(self.taken[1:]))


class CsvReader(_TextReader):
    """A CSV file: comma, double quotes, a header of column names."""

    def __init__(self, file: InputFile, encoding: str | None = None) -> None:
        super().__init__(file, encoding)
        csv.field_size_limit(LONGEST_FIELD)
        self._record = _Record(self._lines)
        self._parser = csv.reader(self._record, strict=True)
        try:
            self.columns = self._header()
        except RefusedFile:
            self._lines.close()
            raise

    def _header(self) -> list[str]:
        path = self.file.path
        try:
            columns = [name.strip() for name in next(self._parser)]
        except StopIteration:
            raise RefusedFile(path, "it is empty; its first line names the columns.") from None
        except csv.Error:
            columns = []
        fault = next((line.fault for line in self._record.taken if line.fault), None)
        if not columns or fault:
            raise RefusedFile(path, f"its first line {fault or 'names no columns; write them there.'}")
        if len(columns) == 1:
            for mark, name in (
                (";", "semicolons"),
                ("\t", "tabs"),
                ("|", "bars"),
                ("，", "full-width commas"),
            ):
                if mark in columns[0]:
                    raise RefusedFile(path, f"its columns are separated by {name}; separate them by commas.")
        check_columns(path, self.file.kind, columns)
        return columns

    def __iter__(self) -> Iterator[tuple[int, Raw | RowError]]:
        record, parser, columns, width = self._record, self._parser, self.columns, len(self.columns)
        while True:
            record.start()
            try:
                values = next(parser)
            except StopIteration:
                break
            except csv.Error:
                first = record.taken[0]
                record.back()
                yield first.number, RowError(_sentence(first) or _quotes(first.number))
                continue
            first = record.taken[0]
            if len(values) == width and len(record.taken) == 1 and first.fault is None:
                row = {column: value for column, value in zip(columns, values, strict=True) if value}
                if row:
                    yield first.number, row
                continue
            fault: str | None
            if len(record.taken) > 1 and len(values) != width:
                record.back()
                fault = _sentence(first) or _quotes(first.number)
            else:
                fault = next((_sentence(line) for line in record.taken if line.fault), None)
            if fault is not None:
                yield first.number, RowError(fault)
            elif len(values) == width:
                yield first.number, {c: value for c, value in zip(columns, values, strict=True) if value}
            elif any(values):
                reason = f"The row has {len(values)} fields and the header {width}; quote fields that hold commas."
                yield first.number, RowError(reason)
        yield from self._damage()


def _sentence(line: Line) -> str | None:
    return f"Line {line.number} {line.fault}" if line.fault else None


def _quotes(number: int) -> str:
    return f"A double quote in line {number} is not closed or stands alone; double it or quote the whole field."


class NdjsonReader(_TextReader):
    """A file with one JSON object in each line."""

    def __init__(self, file: InputFile, encoding: str | None = None) -> None:
        super().__init__(file, encoding)
        self._first: list[tuple[int, Raw | RowError]] = []
        try:
            self._check_first_rows()
        except RefusedFile:
            self._lines.close()
            raise

    def _check_first_rows(self) -> None:
        """The first objects stand for a header: a known column counts if one has it, others if all have."""
        objects: list[Raw] = []
        for line in self._lines:
            if not self._first and line.text.lstrip().startswith("["):
                raise RefusedFile(self.file.path, "it is one JSON array; write one object in each line.")
            row = self._row(line)
            if row is None:
                continue
            self._first.append((line.number, row))
            if not isinstance(row, RowError):
                objects.append(row)
            if len(self._first) == _FIRST_ROWS:
                break
        if objects:
            columns = {name: None for row in objects for name in row}
            known = KINDS[self.file.kind].model_fields
            everywhere = [name for name in columns if name in known or all(name in row for row in objects)]
            check_columns(self.file.path, self.file.kind, everywhere)

    def __iter__(self) -> Iterator[tuple[int, Raw | RowError]]:
        yield from self._first
        for line in self._lines:
            row = self._row(line)
            if row is not None:
                yield line.number, row
        yield from self._damage()

    @staticmethod
    def _row(line: Line) -> Raw | RowError | None:
        if line.fault is not None:
            return RowError(f"Line {line.number} {line.fault}")
        if line.text.isspace():
            return None
        try:
            row = orjson.loads(line.text)
        except orjson.JSONDecodeError:
            return RowError("The line is not valid JSON; write one object in each line.")
        return row if isinstance(row, dict) else RowError("The line is no JSON object; write one in each line.")


class ParquetReader:
    """A Parquet file; needs the extra `parquet`."""

    def __init__(self, file: InputFile) -> None:
        self.file = file
        try:
            # Late: pyarrow takes a second and doubles a process's memory.
            import pyarrow as arrow  # type: ignore[import-untyped]  # it has no type information
            import pyarrow.parquet as parquet  # type: ignore[import-untyped]
        except ImportError as error:
            reason = "Parquet files need an extra package; install it with: pip install 'renche[parquet]'"
            raise RefusedFile(file.path, reason) from error
        self._failures = (arrow.ArrowException, OSError)
        try:
            self._parquet = parquet.ParquetFile(file.path)
        except self._failures as error:
            raise RefusedFile(file.path, "it is no whole Parquet file, or may not be read.") from error
        self._rows: int = self._parquet.metadata.num_rows
        self._done = 0
        self.columns: list[str] = list(self._parquet.schema_arrow.names)
        try:
            check_columns(file.path, file.kind, self.columns)
        except RefusedFile:
            self._parquet.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._parquet.close()

    @property
    def bytes_read(self) -> int:
        return self.file.size * self._done // max(self._rows, 1)

    def __iter__(self) -> Iterator[tuple[int, Raw | RowError]]:
        number = 0
        try:
            for batch in self._parquet.iter_batches(batch_size=_PARQUET_ROWS):
                for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                    number += 1
                    yield number, dict(zip(self.columns, values, strict=True))
                self._done = number
        except self._failures:
            reason = "The file is damaged from here on; copy it again. What comes before is loaded."
            yield number + 1, RowError(reason)
