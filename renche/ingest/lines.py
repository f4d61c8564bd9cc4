"""A text file as lines of known number and encoding, plain or as .gz, in bounded memory."""

import codecs
import gzip
import zlib
from collections import deque
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, Self, cast

from renche.ingest.errors import RefusedFile

UTF8: Final = "utf-8"
GB18030: Final = "gb18030"
ENCODINGS: Final = (UTF8, GB18030)

LONGEST_LINE: Final = 1 << 20
_SAMPLE = 1 << 20


class Line(NamedTuple):
    """A line with its end; `fault` says why its text is not to be trusted."""

    number: int
    text: str
    fault: str | None


class Lines:
    """The lines of a file, one after another, numbered from 1.

    `encoding` forces one of ENCODINGS; otherwise UTF-8 is tried on the file's first MiB, and GB18030
    where most lines are that alone. Raises RefusedFile when the file cannot be opened or is no text at
    all.
    """

    def __init__(self, path: Path, compressed: bool, encoding: str | None = None) -> None:
        self._path = path
        try:
            self._disk = path.open("rb")
        except OSError as error:
            raise RefusedFile(path, "it cannot be opened; check that it exists and may be read.") from error
        self._bytes = cast(BinaryIO, gzip.GzipFile(fileobj=self._disk)) if compressed else self._disk
        self._ahead: deque[bytes] = deque()
        self.number = 0
        self.damage: str | None = None
        """Why reading ended before the end of the file; None when it did not."""
        try:
            sample = self._sample()
            _refuse_other_formats(path, sample)
        except RefusedFile:
            self.close()
            raise
        self.encoding = encoding or _encoding_of(sample)

    def close(self) -> None:
        """Gives the file back."""
        self._bytes.close()
        self._disk.close()

    @property
    def bytes_read(self) -> int:
        """How far the file on disk is read."""
        return self._disk.tell()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Line:
        raw = self._ahead.popleft() if self._ahead else self._read_line()
        if not raw:
            raise StopIteration
        self.number += 1
        if len(raw) >= LONGEST_LINE and not raw.endswith(b"\n"):
            self._skip_line()
            return Line(self.number, "", "is longer than 1 MiB; split it or mend a missing line end.")
        if b"\0" in raw:
            return Line(self.number, "", "holds NUL bytes; save the file as text again.")
        try:
            text = raw.decode(self.encoding)
            return Line(self.number, text.removeprefix("\ufeff") if self.number == 1 else text, None)
        except UnicodeDecodeError:
            other = GB18030 if self.encoding == UTF8 else UTF8
            reason = f"is not {self.encoding.upper()}; save the file as UTF-8, or name its encoding ({other}?)."
            return Line(self.number, raw.decode("ascii", "replace"), reason)

    def _read_line(self) -> bytes:
        if self.damage is not None:
            return b""
        try:
            return self._bytes.readline(LONGEST_LINE)
        except EOFError:
            self.damage = "The compressed file ends too early; copy it again. What comes before is loaded."
        except (OSError, zlib.error):
            self.damage = "The file is damaged from here on; copy it again. What comes before is loaded."
        return b""

    def _skip_line(self) -> None:
        while True:
            rest = self._ahead.popleft() if self._ahead else self._read_line()
            if not rest or rest.endswith(b"\n"):
                return

    def _sample(self) -> bytes:
        # Whole lines are taken ahead, since a compressed file cannot be wound back cheaply.
        size = 0
        while size < _SAMPLE and (line := self._read_line()):
            self._ahead.append(line)
            size += len(line)
        if self.damage is not None and not self._ahead:
            raise RefusedFile(self._path, "it is no whole .gz file; copy it again.")
        return b"".join(self._ahead)


def _encoding_of(sample: bytes) -> str:
    try:
        codecs.getincrementaldecoder(UTF8)().decode(sample)
    except UnicodeDecodeError:
        # By lines, so that one damaged line of UTF-8 does not turn all names of the file into others.
        strong = weak = foreign = 0
        for line in sample.split(b"\n"):
            if line.isascii():
                continue
            text = _decoded(line, UTF8)
            if text is None:
                foreign += _decoded(line, GB18030) is not None
            elif max(text) >= "\u0800":
                strong += 1
            else:
                # Some characters of GB18030 are two-byte UTF-8 as well, as 通 is.
                weak += 1
        if foreign > max(strong, weak / 4):
            return GB18030
    return UTF8


def _decoded(line: bytes, encoding: str) -> str | None:
    try:
        return line.decode(encoding)
    except UnicodeDecodeError:
        return None


def _refuse_other_formats(path: Path, sample: bytes) -> None:
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise RefusedFile(path, "it is UTF-16; save it as UTF-8.")
    if sample.startswith(b"PK\x03\x04"):
        raise RefusedFile(path, "it is a workbook or a zip archive; save it as CSV in UTF-8.")
    if sample.startswith(b"\x1f\x8b"):
        raise RefusedFile(path, "it is compressed; let its name end in .gz.")
    if sample.startswith(b"PAR1"):
        raise RefusedFile(path, "it is a Parquet file; let its name end in .parquet.")
    if b"\r" in sample and b"\n" not in sample:
        raise RefusedFile(path, "its lines end in CR alone; save it with LF or CRLF.")
