"""How much a request may have; `size.py` finds how much it has."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Limits:
    """How much of each a document may have; fragments count wherever they are spread."""

    bytes: int = 50_000
    tokens: int = 1_000
    depth: int = 32  # fields within fields, and values within values
    fields: int = 500  # and spreads
    aliases: int = 50
    directives: int = 50
    variables: int = 50
    values: int = 1_000  # those of the text, and those of the variables
    objects: int = 200  # among those values: conditions, mostly
    string: int = 2_000  # characters of one
    cost: int = 100_000
    lookups: int | None = 60  # phones and plates to look for, and people to show in clear; None: any number
    repeats: int = 4_000  # fields under one key of the answer, times what stands below them: validation compares these
    spreads: int = 100  # as they stand in the text
    operations: int = 10
    definitions: int = 50


DEFAULT: Final = Limits()
