"""Writes rejected rows to files: where each was, what is wrong, and the row without what is personal.

A file of rejects may be mailed about until someone mends the source, so it shows masks only, and of a
value that stands in the wrong column no more than its form makes harmless.
"""

import csv
import os
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TextIO

import orjson

from renche.graph import identifiers
from renche.graph.identifiers import personal_form
from renche.graph.mask import (
    HIDDEN,
    mask_account,
    mask_email,
    mask_id_card,
    mask_name,
    mask_phone,
    mask_plate,
)
from renche.ingest.checks import Problem, account
from renche.ingest.files import InputFile
from renche.ingest.forget import COLUMNS
from renche.ingest.read import Raw, RowError
from renche.ingest.rows import KINDS

_PERSONAL: Final[dict[str, tuple[Callable[[str], str], Callable[[str], str]]]] = {
    "phone": (identifiers.phone, mask_phone),
    "email": (identifiers.email, mask_email),
    "wechat_unionid": (account, mask_account),
    "app_account": (account, mask_account),
    "member_number": (account, mask_account),
    "id_card": (identifiers.id_card, mask_id_card),
    "plate": (identifiers.plate, mask_plate),
}
"""Column → its check and its mask: a mask knows what to hide only in a value of the right form."""

_NUMBER_OR_DAY = re.compile(r"-?[0-9]{1,6}(\.[0-9]{1,4})?|[0-9]{4}([-/.][0-9]{1,2}){1,2}", re.ASCII)
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_ -]{0,30}", re.ASCII)
_LIKE_VIN = re.compile(r"(?=[0-9]*[A-Za-z])[A-Za-z0-9]{5,20}", re.ASCII)
_LONG_NUMBER = re.compile(r"[0-9]{15}", re.ASCII)


class Rejects:
    """The rejects of one run: in `folder`, `<name of the input file>.csv` for each file that has any.

    `files` are all files of the run, so that two of the same name in different folders are kept apart the
    same way when the run is resumed.
    """

    def __init__(self, folder: Path, files: Iterable[InputFile]) -> None:
        self.folder = folder
        self._targets: dict[Path, Path] = {}
        for file in files:
            target, turn = folder / f"{file.path.name}.csv", 1
            while target in self._targets.values():
                turn += 1
                target = folder / f"{file.path.name}-{turn}.csv"
            self._targets[file.path] = target
        self._open: dict[Path, TextIO] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def add(self, file: InputFile, line: int, found: RowError | Sequence[Problem], raw: Raw | None = None) -> None:
        """One line for one rejected row; `raw` is None where the row could not be read."""
        problems = [Problem("", found.reason)] if isinstance(found, RowError) else found
        fields = [problem.field for problem in problems]
        reasons = " ".join(f"{field} {reason}".strip() for field, reason in problems)
        row = "" if raw is None else orjson.dumps(masked(file.kind, raw, fields)).decode()
        csv.writer(self._file(file)).writerow([str(file.path), line, "; ".join(fields), reasons, row])

    def resume(self, file: InputFile, after: int) -> None:
        """Forgets the file's rejects behind line `after`: those rows are about to be read again."""
        target = self._targets[file.path]
        if not target.exists():
            return
        with target.open(encoding="utf-8", newline="") as old:
            rows = list(csv.reader(old))
        # The last line may be torn where the process was killed.
        kept = [row for row in rows[1:] if len(row) == len(COLUMNS) and row[1].isdigit() and int(row[1]) <= after]
        target.unlink()
        if kept:
            csv.writer(self._file(file)).writerows(kept)
            self.flush()

    def flush(self) -> None:
        """Brings all lines to the operating system, before the batch they belong to counts as done."""
        for open_file in self._open.values():
            open_file.flush()

    def close(self) -> None:
        """Closes all files."""
        for open_file in self._open.values():
            open_file.close()
        self._open.clear()

    def _file(self, file: InputFile) -> TextIO:
        target = self._targets[file.path]
        if target not in self._open:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            self._open[target] = os.fdopen(descriptor, "a", encoding="utf-8", newline="")
            if os.fstat(descriptor).st_size == 0:
                csv.writer(self._open[target]).writerow(COLUMNS)
        return self._open[target]


def masked(kind: str, raw: Raw, failed: Sequence[str]) -> dict[str, str]:
    """The row as a file of rejects may show it; `failed` are the columns that something is wrong with."""
    known = KINDS[kind].model_fields
    legal = str(raw.get("kind", "")).strip().lower() == "legal"
    row: dict[str, str] = {}
    for column, value in raw.items():
        if value is None or value == "":
            continue
        if column not in known:
            row["(unknown)"] = HIDDEN
        elif kind == "people" and column == "name":
            row[column] = _masked_name(str(value).strip(), legal)
        elif column in _PERSONAL:
            row[column] = _masked_identifier(column, str(value).strip())
        else:
            row[column] = _shown(kind, column, value, column in failed)
    return row


def _masked_name(name: str, legal: bool) -> str:
    # A digit or an at sign: this is another value in the wrong column.
    if any(character.isdigit() or character == "@" for character in name):
        return HIDDEN
    return mask_name(name, legal=legal)


def _masked_identifier(column: str, value: str) -> str:
    check, mask = _PERSONAL[column]
    try:
        return mask(check(value))
    except ValueError:
        return HIDDEN


def _shown(kind: str, column: str, value: Any, failed: bool) -> str:
    if not isinstance(value, str | int | float) and not hasattr(value, "isoformat"):
        return HIDDEN
    text = str(value).strip()[:200]
    if personal_form(text) is not None or "@" in text or _LONG_NUMBER.search(text):
        return HIDDEN
    if failed:
        harmless = (
            _NUMBER_OR_DAY.fullmatch(text)
            or (kind != "people" and _WORD.fullmatch(text))
            or (column == "vin" and _LIKE_VIN.fullmatch(text))
        )
        return text if harmless else HIDDEN
    # In a row of people a word in Chinese may be a name whose column has shifted.
    return text if text.isascii() or kind != "people" else HIDDEN
