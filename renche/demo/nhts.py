"""The real survey of `examples/nhts` as ingest files: households, people, vehicles and who drives them.

Nothing is invented: what the survey does not know (names, VINs, cities, purchases, the start of anything)
stays empty. The code lists below are the survey's own labels; `examples/nhts/README.md` explains each choice.
"""

import csv
import gzip
from collections.abc import Iterable, Iterator
from pathlib import Path

SOURCE = "nhts"
FILES = ("households.csv.gz", "persons.csv.gz", "vehicles.csv.gz")

_GENDER = {"01": "male", "02": "female"}
_LICENSED = {"01": "true", "02": "false"}
_RELATION = {
    "01": "spouse",
    "02": "child",
    "03": "parent",
    "04": "sibling",
    "05": "other",
    "06": "other",
    "07": "head",
}
_TYPE = {
    "01": "car",
    "02": "van",
    "03": "suv",
    "04": "pickup",
    "05": "truck",
    "06": "motorhome",
    "07": "motorcycle",
}
_ENERGY = {
    "01": "petrol",
    "02": "diesel",
    "03": "other",  # biodiesel
    "04": "plug_in_hybrid",
    "05": "electric",
    "06": "hybrid",
    "97": "other",
}

# The survey groups the oldest people and vehicles under one value each; neither is an age or a model year.
_GROUPED_AGE = 92
_GROUPED_YEAR = 1982
# Suppressed, other domestic makes, other makes: none of them names one make.
_NO_SINGLE_MAKE = frozenset({"00", "29", "98"})

_COLUMNS = {
    "households": ("source", "source_id", "city"),
    "people": (
        "source",
        "source_id",
        "kind",
        "gender",
        "birth_year",
        "licensed",
        "touchpoint",
        "household_source_id",
        "household_relation",
    ),
    "vehicles": ("source", "source_id", "brand", "model_year", "type", "energy", "household_source_id"),
    "drives": ("source", "source_id", "person_source_id", "vehicle_source_id"),
}


def survey_folder() -> Path:
    """The survey's folder in the checkout that this package is run from.

    Raises FileNotFoundError when the package is installed elsewhere, since the survey is not part of it.
    """
    folder = Path(__file__).resolve().parents[2] / "examples" / "nhts"
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise FileNotFoundError(
            f"The survey is not part of the installed package: {', '.join(missing)} not found in {folder}. "
            "Run the demo from a checkout of the repository, or choose other data."
        )
    return folder


def write_ingest_files(survey: Path, out: Path) -> dict[str, int]:
    """Write `households`, `people`, `vehicles` and `drives` as CSV into `out`, made when it is missing.

    `survey` is the folder with the three compressed files. Answers the number of rows by kind.
    Raises FileNotFoundError when a file of the survey is missing.
    """
    households = list(_rows(survey / FILES[0]))
    persons = list(_rows(survey / FILES[1]))
    vehicles = list(_rows(survey / FILES[2]))
    surveyed = {row["houseid"]: int(row["tdaydate"][:4]) for row in households}
    listed = {(row["houseid"], row["personid"]) for row in persons}

    out.mkdir(parents=True, exist_ok=True)
    return {
        "households": _write(out, "households", ({"source_id": row["houseid"]} for row in households)),
        "people": _write(out, "people", (_person(row, surveyed[row["houseid"]]) for row in persons)),
        "vehicles": _write(out, "vehicles", map(_vehicle, vehicles)),
        "drives": _write(
            out, "drives", (_drive(row) for row in vehicles if (row["houseid"], row["whomain"]) in listed)
        ),
    }


def _person(row: dict[str, str], surveyed: int) -> dict[str, str]:
    age = int(row["r_age"])
    return {
        "source_id": f"{row['houseid']}-{row['personid']}",
        "kind": "natural",
        "gender": _GENDER.get(row["r_sex"], ""),
        "birth_year": str(surveyed - age) if 0 <= age != _GROUPED_AGE else "",
        "licensed": _LICENSED.get(row["driver"], ""),
        "touchpoint": "survey",
        "household_source_id": row["houseid"],
        "household_relation": _RELATION.get(row["r_relat"], "other"),
    }


def _vehicle(row: dict[str, str]) -> dict[str, str]:
    year = int(row["vehyear"])
    return {
        "source_id": f"{row['houseid']}-{row['vehid']}",
        "brand": "" if row["make"] in _NO_SINGLE_MAKE else f"nhts-make-{row['make']}",
        "model_year": str(year) if year > _GROUPED_YEAR else "",
        "type": _TYPE.get(row["vehtype"], "other"),
        "energy": _ENERGY.get(row["vehfuel"], ""),
        "household_source_id": row["houseid"],
    }


def _drive(row: dict[str, str]) -> dict[str, str]:
    vehicle = f"{row['houseid']}-{row['vehid']}"
    return {
        "source_id": f"{vehicle}-{row['whomain']}",
        "person_source_id": f"{row['houseid']}-{row['whomain']}",
        "vehicle_source_id": vehicle,
    }


def _rows(file: Path) -> Iterator[dict[str, str]]:
    with gzip.open(file, "rt", encoding="utf-8", newline="") as text:
        yield from csv.DictReader(text)


def _write(out: Path, kind: str, rows: Iterable[dict[str, str]]) -> int:
    written = 0
    with (out / f"{kind}.csv").open("w", encoding="utf-8", newline="") as text:
        writer = csv.DictWriter(text, _COLUMNS[kind], restval="", lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({"source": SOURCE, **row})
            written += 1
    return written
