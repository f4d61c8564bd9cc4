"""The ingest files as they are written: their columns, and a book that keeps them all open.

A file appears under its name only when it is whole; a run that is broken off leaves earlier files alone.
"""

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Literal, Self

import orjson

Format = Literal["csv", "ndjson"]
Row = tuple[str, ...]


def _columns(text: str) -> tuple[str, ...]:
    """Spell out a kind's columns: `@person` stands for the pair that names a person."""
    names = ["source", "source_id"]
    for word in text.split():
        names += [f"{word[1:]}_source", f"{word[1:]}_source_id"] if word[0] == "@" else [word]
    return tuple(names)


COLUMNS: dict[str, tuple[str, ...]] = {
    "people": _columns(
        "kind name phone email wechat_unionid app_account member_number id_card plate gender birth_year city "
        "licensed touchpoint first_seen last_seen @household household_relation household_from household_to"
    ),
    "vehicles": _columns(
        "vin brand @model model_year type energy built_on delivered_on warranty_until plate @household "
        "household_from household_to"
    ),
    "models": _columns("brand name type energy"),
    "dealers": _columns("name brand city @parent"),
    "clubs": _columns("name brand city founded_on"),
    "households": _columns("city"),
    "intents": _columns("@person @model @dealer heat stage valid_from valid_to"),
    "purchases": _columns("@person @vehicle @dealer condition motive price currency valid_from valid_to"),
    "drives": _columns("@person @vehicle valid_from valid_to"),
    "services": _columns("@vehicle @person @dealer visited_on kind mileage amount currency"),
    "memberships": _columns("@person @club rank valid_from valid_to"),
    "referrals": _columns("@referrer @friend @dealer @club @vehicle made_on"),
    "referral_steps": _columns("@referral status reached_on"),
}
"""The columns of each kind of file, in the order in which they are written."""

_WHOLE = {"birth_year", "model_year", "mileage"}


class Book:
    """All files of one run: rows are laid on `rows[kind]` and go out with `flush`."""

    def __init__(self, out: Path, format_: Format) -> None:
        """Write into the folder `out`, which is made when missing."""
        self.rows: dict[str, list[Row]] = {kind: [] for kind in COLUMNS}
        self.counts: dict[str, int] = dict.fromkeys(COLUMNS, 0)
        self._out = out
        self._format = format_
        self._files: dict[str, BinaryIO] = {}
        self._open = ExitStack()

    def __enter__(self) -> Self:
        """Open the files under names that ingest does not read."""
        self._out.mkdir(parents=True, exist_ok=True)
        for kind, columns in COLUMNS.items():
            file = self._open.enter_context(self._part(kind).open("wb"))
            self._files[kind] = file
            if self._format == "csv":
                file.write((",".join(columns) + "\n").encode())
        return self

    def flush(self) -> None:
        """Write the rows laid down so far and forget them."""
        for kind, rows in self.rows.items():
            if rows:
                self.counts[kind] += len(rows)
                self._files[kind].write(self._written(kind, rows))
                rows.clear()

    def __exit__(
        self, error: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the files; when all went well they get their names, otherwise they are removed."""
        self._open.close()
        for kind in COLUMNS:
            part = self._part(kind)
            if error is None:
                part.replace(self._out / f"{kind}.{self._format}")
            else:
                part.unlink()

    def _part(self, kind: str) -> Path:
        return self._out / f".{kind}.{self._format}.part"

    def _written(self, kind: str, rows: list[Row]) -> bytes:
        """The rows as text. No value holds a comma, quote or line break, so CSV needs no quoting here."""
        if self._format == "csv":
            return ("\n".join(map(",".join, rows)) + "\n").encode()
        columns = COLUMNS[kind]
        lines = [{name: _typed(name, value) for name, value in zip(columns, row, strict=True) if value} for row in rows]
        return b"".join(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE) for line in lines)


def _typed(column: str, value: str) -> str | int | bool:
    """The value as JSON has it; money stays text, since a decimal is no binary number."""
    if column in _WHOLE:
        return int(value)
    return value == "true" if column == "licensed" else value
