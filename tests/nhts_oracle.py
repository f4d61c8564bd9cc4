"""DuckDB's answers over the survey's own files: the witness that the graph's answers are compared with.

Households are named as in the survey (`houseid`), vehicles and people by their number within the household
(`vehid`, `personid`); in the graph their source ids are `houseid-vehid` and `houseid-personid`.
"""

from collections import defaultdict
from pathlib import Path

import duckdb

SURVEY = Path(__file__).resolve().parents[1] / "examples" / "nhts"


class Survey:
    """The three files as tables of text, in memory."""

    def __init__(self, folder: Path = SURVEY) -> None:
        self._database = duckdb.connect()
        for name in ("households", "persons", "vehicles"):
            self._database.read_csv(str(folder / f"{name}.csv.gz"), all_varchar=True).create(name)

    def close(self) -> None:
        """Forget the tables."""
        self._database.close()

    def counts(self) -> dict[str, int]:
        """The number of rows of each file."""
        names = ("households", "persons", "vehicles")
        return {name: int(self._rows(f"SELECT count(*) FROM {name}")[0][0]) for name in names}  # noqa: S608

    def households(self) -> set[str]:
        """Every household, those without vehicles too."""
        return {houseid for (houseid,) in self._rows("SELECT houseid FROM households")}

    def fleet_by_household(self) -> dict[str, set[str]]:
        """The vehicles of every household; a household without any has an empty set."""
        fleet: dict[str, set[str]] = {houseid: set() for houseid in self.households()}
        for houseid, vehid in self._rows("SELECT houseid, vehid FROM vehicles"):
            fleet[houseid].add(vehid)
        return fleet

    def drivers_by_household(self) -> dict[str, dict[str, str]]:
        """The main driver of each vehicle that has one among the listed people of its household.

        Households of which no vehicle has such a driver are left out.
        """
        drivers: dict[str, dict[str, str]] = defaultdict(dict)
        for houseid, vehid, personid in self._rows(
            "SELECT v.houseid, v.vehid, p.personid FROM vehicles v"
            " JOIN persons p ON p.houseid = v.houseid AND p.personid = v.whomain"
        ):
            drivers[houseid][vehid] = personid
        return dict(drivers)

    def households_with_two_vehicles_and_two_drivers(self) -> set[str]:
        """Households with at least two vehicles and at least two people who drive (`driver` = 01)."""
        rows = self._rows(
            "SELECT houseid FROM households"
            " SEMI JOIN (SELECT houseid FROM vehicles GROUP BY houseid HAVING count(*) >= 2) USING (houseid)"
            " SEMI JOIN (SELECT houseid FROM persons WHERE driver = '01'"
            "            GROUP BY houseid HAVING count(*) >= 2) USING (houseid)"
        )
        return {houseid for (houseid,) in rows}

    def vehicles_by_type(self) -> dict[str, int]:
        """How many vehicles there are of each type, by the graph's names for the types."""
        rows = self._rows(
            "SELECT CASE vehtype WHEN '01' THEN 'CAR' WHEN '02' THEN 'VAN' WHEN '03' THEN 'SUV'"
            " WHEN '04' THEN 'PICKUP' WHEN '05' THEN 'TRUCK' WHEN '06' THEN 'MOTORHOME'"
            " WHEN '07' THEN 'MOTORCYCLE' ELSE 'OTHER' END AS type, count(*) FROM vehicles GROUP BY type"
        )
        return {name: int(number) for name, number in rows}

    def _rows(self, query: str) -> list[tuple[str, ...]]:
        rows: list[tuple[str, ...]] = self._database.execute(query).fetchall()
        return rows
