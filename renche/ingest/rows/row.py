"""What every row has: a key, columns, references to other things, and how it is read from raw values."""

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any, ClassVar, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from renche.ingest.checks import Checks, Problem
from renche.ingest.columns import Key, Label


class Ref(NamedTuple):
    """A thing by its name in a source; it need not be known yet."""

    source: str
    source_id: str


class Row(BaseModel):
    """One row of a file in its normal form; its fields are the columns.

    Values are what the graph and the vault hold: dates, whole numbers, enum words in capitals, phones in
    E.164, money in minor units; what the row does not tell is None.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    SUMMARY: ClassVar[str]
    """What a row of this kind states, for the documentation."""

    source: Label = Field(description="The system that the row comes from, as `crm` or `dms`.")
    source_id: Key = Field(description="The row's own key in that system; the same key again is the same row.")

    @property
    def key(self) -> Ref:
        """The row's own name."""
        return Ref(self.source, self.source_id)

    @property
    def warnings(self) -> list[Problem]:
        """What is odd about the row, though it is loaded."""
        return []

    def _ref(self, source: str | None, source_id: str | None) -> Ref | None:
        return None if source_id is None else Ref(source or self.source, source_id)

    @classmethod
    def parse(cls, raw: Mapping[str, Any], context: Checks) -> Self | list[Problem]:
        """The row of raw values: text, or what NDJSON and Parquet make of them; blank text is None."""
        values = {}
        for column, value in raw.items():
            if value.__class__ is str:
                value = value.strip()
                if value:
                    values[column] = value
            elif value is not None and value == value:  # NaN is how pandas writes a missing value
                values[column] = value
        try:
            return cls.model_validate(values, context=context)
        except ValidationError as error:
            found = error.errors(include_url=False, include_input=False)
            return [cls._problem(details) for details in found]

    @classmethod
    def _problem(cls, details: ErrorDetails) -> Problem:
        field = str(details["loc"][0])
        match details["type"]:
            case "missing":
                return Problem(field, "is required and empty; give a value.")
            case "extra_forbidden":
                return Problem(shown_column(field), unknown_column(cls, field))
        return Problem(field, str(details["ctx"]["error"]))

    def __reduce__(self) -> tuple[Any, ...]:
        # Rows go between processes by the million, so the values go alone, without column names.
        return _restored, (self.__class__, tuple(self.__dict__.values()))


def _restored(cls: type[Row], values: tuple[Any, ...]) -> Row:
    row = cls.__new__(cls)
    row.__setstate__(
        {
            "__dict__": dict(zip(_columns(cls), values, strict=True)),
            "__pydantic_fields_set__": set(),
            "__pydantic_extra__": None,
            "__pydantic_private__": None,
        }
    )
    return row


@cache
def _columns(cls: type[Row]) -> tuple[str, ...]:
    return tuple(cls.model_fields)


@cache
def required_columns(cls: type[Row]) -> tuple[str, ...]:
    """The columns that no row may leave empty."""
    return tuple(name for name, column in cls.model_fields.items() if column.is_required())


def unknown_column(cls: type[Row], name: str) -> str:
    """Why that name is no column, and which one may be meant."""
    near = get_close_matches(name.lower(), cls.model_fields, n=1, cutoff=0.5)
    return (
        f"is no column of this kind of file; did you mean {near[0]}?" if near else "is no column of this kind of file."
    )


def shown_column(name: str) -> str:
    """A column's name as a message may show it: what looks like a value stays hidden."""
    plain = name.replace("_", "").replace(" ", "").replace("-", "")
    # A name of a column has no long number, and few are as long as an address.
    if plain.isascii() and plain.isalnum() and len(name) <= 40 and sum(map(str.isdigit, plain)) <= 4:
        return name
    return "(a name that is not shown, as it may be a value)"
