"""The input files under the given paths: kind and format of each, and the order of loading."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path

from renche.ingest.errors import RefusedFile
from renche.ingest.rows import KINDS


class Format(StrEnum):
    """How a file is written."""

    CSV = "csv"
    NDJSON = "ndjson"
    PARQUET = "parquet"


@dataclass(frozen=True)
class InputFile:
    """A file to load."""

    path: Path
    kind: str
    format: Format
    compressed: bool
    size: int
    """Bytes on disk, of the compressed file where it is one."""


_NAME = re.compile(r"(?P<stem>.+)\.(?:(?P<format>csv|ndjson|parquet)|(?P<packed>csv|ndjson)\.gz)", re.IGNORECASE)
_KIND = re.compile(rf"({'|'.join(sorted(KINDS, key=len, reverse=True))})(?:[-_. ].*)?", re.IGNORECASE)
_ORDER = {kind: place for place, kind in enumerate(KINDS)}


def find_files(paths: Iterable[Path]) -> list[InputFile]:
    """The input files at the paths, things before what refers to them.

    A folder stands for the files directly in it that end like input; others, and hidden ones, are left
    alone. A file reached twice counts once. Raises RefusedFile for a path that does not exist, a name
    that tells no kind and a folder without input.
    """
    found: dict[Path, InputFile] = {}
    for path in paths:
        if path.is_dir():
            inside = sorted(file for file in path.iterdir() if _NAME.fullmatch(file.name) and file.name[0] not in ".~")
            if not inside:
                raise RefusedFile(path, "no .csv, .ndjson, .csv.gz, .ndjson.gz or .parquet file is in this folder.")
        elif path.exists():
            inside = [path]
        else:
            raise RefusedFile(path, "there is no such file or folder.")
        for file in inside:
            found.setdefault(file.resolve(), _input_file(file))
    return sorted(found.values(), key=lambda file: (_ORDER[file.kind], file.path.name, str(file.path)))


def _input_file(path: Path) -> InputFile:
    name = _NAME.fullmatch(path.name)
    if name is None:
        raise RefusedFile(path, "input files end in .csv, .ndjson, .csv.gz, .ndjson.gz or .parquet; rename it.")
    kind = _KIND.fullmatch(name["stem"])
    if kind is None:
        near = get_close_matches(name["stem"].lower(), KINDS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"begin it with one of {', '.join(KINDS)}."
        raise RefusedFile(path, f"the name tells no kind of rows; {hint}")
    try:
        size = path.stat().st_size
    except OSError as error:
        raise RefusedFile(path, "it cannot be opened; check its permissions.") from error
    format_ = Format((name["format"] or name["packed"]).lower())
    return InputFile(path, kind[1].lower(), format_, name["packed"] is not None, size)
