"""An invented car brand with its people, vehicles and history, written as ingest files.

All data is synthetic: no person, company, dealer or brand here is real, and none is derived from a real one.
What is real are the forms (phone, plate, VIN, ID card), city codes and populations, and shares of surnames.

The same arguments give the same bytes, on every machine and in every process. Memory does not depend on the
number of people.
"""

from datetime import date
from pathlib import Path

from renche.generate.brand import Brand
from renche.generate.community import SIZE, Community, Register
from renche.generate.days import Calendar
from renche.generate.files import COLUMNS, Book, Format
from renche.generate.identifiers import Identifiers

__all__ = ["MOST_PEOPLE", "TODAY", "generate"]

TODAY = date(2026, 7, 1)
"""The day on which the invented history ends: fixed, since with the clock's day no run could be repeated."""
MOST_PEOPLE = 20_000_000
"""Beyond this, the serial numbers of the VINs would run out."""


def generate(
    people: int,
    seed: int,
    out: Path,
    *,
    format: Format = "csv",  # noqa: A002 - the word that users of the command know
    today: date = TODAY,
) -> dict[str, int]:
    """Write a brand with so many people into the folder `out`, one file per kind.

    `people` counts people, not rows: about 15 in 100 are registered twice, in two sources, as two rows that
    nothing but their values connects. Files of the same names are replaced, each when it is whole.

    Returns the number of rows of each kind. Raises ValueError when `people` is not between 1 and MOST_PEOPLE, and
    FileExistsError when the folder holds such files in the other format: ingest would read both.
    """
    if not 1 <= people <= MOST_PEOPLE:
        raise ValueError(f"people must be between 1 and {MOST_PEOPLE}, not {people}")
    other = "ndjson" if format == "csv" else "csv"
    if any((out / f"{kind}.{other}").exists() for kind in COLUMNS):
        raise FileExistsError(f"{out} holds {other} files of another run; remove them or name another folder")
    calendar = Calendar(today)
    identifiers = Identifiers(seed)
    communities = -(-people // SIZE)
    brand = Brand(people, communities, seed, calendar, identifiers)
    # Clubs have their homes at even distances, so that each finds its leads in a community of its own.
    homes = {number * communities // len(brand.clubs): club for number, club in enumerate(brand.clubs)}
    with Book(out, format) as book:
        for kind, rows in brand.rows(calendar).items():
            book.rows[kind] += rows
        register = Register(seed, brand, calendar, identifiers, book.rows)
        for number in range(communities):
            Community(register, number, homes.get(number)).live(min(SIZE, people - number * SIZE))
            book.flush()
    return book.counts
