"""The shipped examples: the hand-drawn brand and the real survey."""

import csv
import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import phonenumbers
import pytest

from renche.demo import nhts
from renche.ingest import rows
from renche.ingest.checks import Checks
from tests.brand_oracle import BRAND, KINDS, Brand
from tests.nhts_oracle import SURVEY, Survey

ANSWERS: dict[str, Any] = json.loads((BRAND / "answers.json").read_text(encoding="utf-8"))

DATES = re.compile(r"(_from|_to|_on|_seen|_until)$")
PLATE = re.compile(r"[沪浙苏][A-HJ-NP-Z](?:[DF][0-9]{5}|[A-HJ-NP-Z0-9]{5})")


def read(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def brand_rows(kind: str) -> list[dict[str, str]]:
    return read(BRAND / f"{kind}.csv")


@pytest.fixture(scope="module")
def brand() -> Iterator[Brand]:
    oracle = Brand(date.fromisoformat(ANSWERS["today"]))
    yield oracle
    oracle.close()


@pytest.fixture(scope="module")
def survey() -> Iterator[Survey]:
    oracle = Survey()
    yield oracle
    oracle.close()


@pytest.fixture(scope="module")
def mapped(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, str]]]:
    out = tmp_path_factory.mktemp("nhts") / "files"
    counts = nhts.write_ingest_files(nhts.survey_folder(), out)
    files = {file.stem: read(file) for file in out.iterdir()}
    assert counts == {kind: len(found) for kind, found in files.items()}
    return files


# --- the brand


def test_brand_has_a_file_of_every_kind() -> None:
    """The brand shows all fourteen kinds of file, and nothing else is taken for one."""
    assert {file.stem for file in BRAND.glob("*.csv")} == set(KINDS) == set(rows.KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_brand_columns_are_the_documented_ones(kind: str) -> None:
    """Every file has exactly the documented columns, and no cell too many or too few."""
    with (BRAND / f"{kind}.csv").open(encoding="utf-8", newline="") as text:
        header, *cells = csv.reader(text)
    assert sorted(header) == sorted(rows.KINDS[kind].model_fields)
    assert {len(row) for row in cells} == {len(header)}


@pytest.mark.parametrize("kind", KINDS)
def test_brand_keys_are_given_and_unique(kind: str) -> None:
    """Every row names its source and its key there, once per file."""
    keys = Counter((row["source"], row["source_id"]) for row in brand_rows(kind))
    assert all(source and source_id for source, source_id in keys)
    assert max(keys.values()) == 1


def test_brand_references_lead_somewhere(brand: Brand) -> None:
    """Every person, vehicle, dealer and so on that a row names has a row of its own."""
    assert brand.dangling() == []


@pytest.mark.parametrize("kind", KINDS)
def test_brand_dates_are_in_order_and_not_after_its_today(kind: str) -> None:
    """Dates are ISO 8601, intervals end after they begin, and nothing happens after the brand's today."""
    for row in brand_rows(kind):
        days = {name: date.fromisoformat(value) for name, value in row.items() if DATES.search(name) and value}
        assert all(day <= date(2026, 11, 1) for name, day in days.items() if name != "warranty_until")
        for start, end in (("valid_from", "valid_to"), ("household_from", "household_to")):
            assert days.get(start, date.min) < days.get(end, date.max)
        assert days.get("first_seen", date.min) <= days.get("last_seen", date.max)
        assert days.get("built_on", date.min) <= days.get("delivered_on", date.max)


@pytest.mark.parametrize("kind", KINDS)
def test_brand_rows_pass_the_checks_of_ingest(kind: str) -> None:
    """No row is refused, and the only warning is about the VIN that is meant to be wrong."""
    checks = Checks.build(date.fromisoformat(ANSWERS["today"]))
    warned = []
    for raw in brand_rows(kind):
        row = rows.parse(kind, raw, checks)
        assert isinstance(row, rows.Row), (raw["source_id"], row)
        warned += [f"{row.source}:{row.source_id}" for _ in row.warnings]
    assert warned == (ANSWERS["warnings"]["vinCheckDigit"] if kind == "vehicles" else [])


def vin_check_digit(vin: str) -> str:
    values = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", [*range(1, 9), *range(1, 6), 7, 9, *range(2, 10)], strict=True))
    weights = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
    rest = sum((values.get(c) or int(c)) * weight for c, weight in zip(vin, weights, strict=True)) % 11
    return "X" if rest == 10 else str(rest)


def test_vin_check_digit_of_a_known_vin() -> None:
    """The test's own arithmetic agrees with the example that ISO 3779's check digit is usually shown with."""
    assert vin_check_digit("1M8GDM9AXKP042788") == "X"


def test_brand_vins_are_well_formed() -> None:
    """VINs are unique, have 17 characters without I, O and Q, and one of them has a wrong check digit."""
    vins = {f"{row['source']}:{row['source_id']}": row["vin"] for row in brand_rows("vehicles") if row["vin"]}
    assert len(set(vins.values())) == len(vins) == 29
    assert all(re.fullmatch(r"[A-HJ-NPR-Z0-9]{17}", vin) for vin in vins.values())
    wrong = [vehicle for vehicle, vin in vins.items() if vin[8] != vin_check_digit(vin)]
    assert wrong == ANSWERS["warnings"]["vinCheckDigit"]


def test_brand_phones_plates_and_cities_are_well_formed() -> None:
    """Phones and plates have mainland forms, both plate lengths occur, and the cities are three."""
    people, vehicles = brand_rows("people"), brand_rows("vehicles")
    for phone in filter(None, (row["phone"] for row in people)):
        assert phonenumbers.is_valid_number(phonenumbers.parse(phone, "CN"))
    plates = [row["plate"] for row in [*people, *vehicles] if row["plate"]]
    assert all(PLATE.fullmatch(plate) for plate in plates)
    assert {len(plate) for plate in plates} == {7, 8}
    with_city = [row for kind in ("people", "dealers", "clubs", "households") for row in brand_rows(kind)]
    assert {row["city"] for row in with_city} == {"310000", "320500", "330100"}


def test_brand_has_the_promised_number_of_rows(brand: Brand) -> None:
    """The answers state how many rows each file has."""
    assert brand.rows() == ANSWERS["rows"]


def test_brand_owners(brand: Brand) -> None:
    """A later purchaser ends an earlier one's ownership, with and without a valid_to."""
    assert brand.owners() == ANSWERS["owners"]
    for case in ANSWERS["vehicleOwners"]:
        assert brand.vehicle_owners(case["vehicle"], date.fromisoformat(case["asOf"])) == case["owners"], case


def test_brand_owners_who_referred(brand: Brand) -> None:
    """The owners of each city who referred, their friends, and what became of each."""
    assert brand.owners_who_referred() == ANSWERS["ownersWhoReferred"]


@pytest.mark.parametrize("person", ANSWERS["referralChain"])
def test_brand_referral_chains(brand: Brand, person: str) -> None:
    """The professor's chain is four deep, the ring comes back to where it began, and neither goes on."""
    assert brand.referral_chain(person, 10) == ANSWERS["referralChain"][person]


def test_brand_household_fleets(brand: Brand) -> None:
    """What each household keeps, drives or owns, with the roles that its members hold."""
    assert brand.household_fleet() == ANSWERS["householdFleet"]


@pytest.mark.parametrize("case", ANSWERS["lapsedOwners"], ids=lambda case: f"{case['city']}-{case['months']}")
def test_brand_lapsed_owners(brand: Brand, case: dict[str, Any]) -> None:
    """Owners none of whose older vehicles had a service lately; newer vehicles do not count."""
    assert brand.lapsed_owners(case["city"], case["months"]) == case["owners"]


def test_brand_repurchase_candidates(brand: Brand) -> None:
    """The owners who may buy again, each with every reason that applies."""
    assert brand.repurchase_candidates() == ANSWERS["repurchaseCandidates"]


@pytest.mark.parametrize("case", ANSWERS["referralFunnel"], ids=lambda case: f"{case['city']}-{case['from']}")
def test_brand_referral_funnel(brand: Brand, case: dict[str, Any]) -> None:
    """How many referrals reached each step, and how many stand there."""
    reached, standing = brand.referral_funnel(case["city"], case["dealer"], case["from"], case["to"])
    assert (reached, standing) == (case["reached"], case["standing"])
    assert reached["INVITED"] == sum(standing.values())


def test_brand_clubs_and_shared_phones(brand: Brand) -> None:
    """Who leads the clubs today, and who gave the same phone."""
    assert brand.club_members("lead") == ANSWERS["clubLeaders"]
    assert brand.club_members("core") == ANSWERS["clubCore"]
    assert brand.club_members("member") == ANSWERS["clubMembers"]
    assert sorted(brand.shared_phones()) == sorted(ANSWERS["sharedPhones"])


# --- the survey


def test_survey_files_are_reproducible() -> None:
    """The compressed files carry no time of packing, so that packing them again gives the same bytes."""
    for name in nhts.FILES:
        header = (SURVEY / name).read_bytes()[:10]
        assert header[:2] == b"\x1f\x8b"
        assert header[4:8] == b"\0\0\0\0"
        assert gzip.decompress((SURVEY / name).read_bytes()).startswith(b"houseid,")


def test_survey_counts(survey: Survey, mapped: dict[str, list[dict[str, str]]]) -> None:
    """Every household, person and vehicle becomes one row, and every listed main driver one drive."""
    assert survey.counts() == {"households": 7_893, "persons": 16_997, "vehicles": 14_684}
    assert {kind: len(found) for kind, found in mapped.items()} == {
        "households": 7_893,
        "people": 16_997,
        "vehicles": 14_684,
        "drives": 14_684 - 760,
    }


def test_survey_rows_pass_the_checks_of_ingest(mapped: dict[str, list[dict[str, str]]]) -> None:
    """No row of the mapped survey is refused or gives a warning."""
    checks = Checks.build(date(2022, 12, 31))
    for kind, found in mapped.items():
        assert set(found[0]) <= set(rows.KINDS[kind].model_fields)
        for raw in found:
            row = rows.parse(kind, raw, checks)
            assert isinstance(row, rows.Row), (raw["source_id"], row)
            assert row.warnings == []


def test_survey_fleets(survey: Survey, mapped: dict[str, list[dict[str, str]]]) -> None:
    """Each household keeps exactly the vehicles that the survey lists for it."""
    fleet: dict[str, set[str]] = {row["source_id"]: set() for row in mapped["households"]}
    for row in mapped["vehicles"]:
        houseid, vehid = row["source_id"].split("-")
        assert row["household_source_id"] == houseid
        fleet[houseid].add(vehid)
    assert fleet == survey.fleet_by_household()
    assert max(map(len, fleet.values())) == 17


def test_survey_drivers(survey: Survey, mapped: dict[str, list[dict[str, str]]]) -> None:
    """A vehicle has a driver exactly when its main driver is a listed person of its household."""
    people = {row["source_id"] for row in mapped["people"]}
    drivers: dict[str, dict[str, str]] = {}
    for row in mapped["drives"]:
        assert row["person_source_id"] in people
        assert row["source_id"].startswith(row["vehicle_source_id"])
        houseid, vehid = row["vehicle_source_id"].split("-")
        driver_house, personid = row["person_source_id"].split("-")
        assert driver_house == houseid
        drivers.setdefault(houseid, {})[vehid] = personid
    assert drivers == survey.drivers_by_household()


def test_survey_households_with_two_vehicles_and_two_drivers(
    survey: Survey, mapped: dict[str, list[dict[str, str]]]
) -> None:
    """The households with at least two vehicles and two licensed people are those of the survey."""
    vehicles = Counter(row["household_source_id"] for row in mapped["vehicles"])
    licensed = Counter(row["household_source_id"] for row in mapped["people"] if row["licensed"] == "true")
    found = {houseid for houseid in vehicles if vehicles[houseid] >= 2 and licensed[houseid] >= 2}
    assert found == survey.households_with_two_vehicles_and_two_drivers()
    assert len(found) == 4_204


def test_survey_vehicle_types(survey: Survey, mapped: dict[str, list[dict[str, str]]]) -> None:
    """The vehicles of each type are as many as in the survey."""
    types = survey.vehicles_by_type()
    assert Counter(row["type"].upper() for row in mapped["vehicles"]) == types
    assert types["CAR"] == 6_382
    assert types["OTHER"] == 53


def test_survey_mapping_invents_nothing(mapped: dict[str, list[dict[str, str]]]) -> None:
    """Cities stay empty, and so do values that the survey suppresses or groups."""
    assert {row["city"] for row in mapped["households"]} == {""}
    people, vehicles = mapped["people"], mapped["vehicles"]
    assert Counter(row["licensed"] for row in people) == {"true": 13_434, "false": 1_599, "": 1_964}
    assert Counter(row["gender"] for row in people) == {"male": 8_154, "female": 8_606, "": 237}
    assert sum(row["birth_year"] == "" for row in people) == 128
    assert sum(row["model_year"] == "" for row in vehicles) == 287
    assert sum(row["energy"] == "" for row in vehicles) == 32
    assert Counter(row["household_relation"] for row in people)["head"] == 7_852
    assert min(int(row["model_year"]) for row in vehicles if row["model_year"]) == 1990
    assert not {"nhts-make-00", "nhts-make-29", "nhts-make-98"} & {row["brand"] for row in vehicles}


def test_survey_mapping_is_repeatable(tmp_path: Path, mapped: dict[str, list[dict[str, str]]]) -> None:
    """Mapping twice gives the same files."""
    assert set(mapped) == {"households", "people", "vehicles", "drives"}
    for name in ("one", "two"):
        nhts.write_ingest_files(SURVEY, tmp_path / name)
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes()


def test_survey_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Outside a checkout the demo says which files are missing and what to do instead."""
    monkeypatch.setattr(nhts, "__file__", str(tmp_path / "renche" / "demo" / "nhts.py"))
    with pytest.raises(FileNotFoundError, match=r"households\.csv\.gz.*from a checkout"):
        nhts.survey_folder()
