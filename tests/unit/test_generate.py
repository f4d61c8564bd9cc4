"""The invented brand: repeatable, bounded in memory, consistent in itself, and in the proportions of the business.

Checks count what is wrong and never show it, as the checks of real files must not.
"""

import csv
import itertools
import os
import re
import subprocess
import sys
import tracemalloc
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path

import orjson
import phonenumbers
import pytest

from renche.generate import MOST_PEOPLE, TODAY, generate
from renche.generate.cities import CITIES
from renche.generate.files import Book
from renche.ingest.checks import Checks
from renche.ingest.rows import KINDS, Row, parse

PEOPLE = 20_000
Record = dict[str, str]
Key = tuple[str, str]

DOCUMENTED = {
    "people": "kind,name,phone,email,wechat_unionid,app_account,member_number,id_card,plate,gender,birth_year,city,"
    "licensed,touchpoint,first_seen,last_seen,household_source,household_source_id,household_relation,"
    "household_from,household_to",
    "vehicles": "vin,brand,model_source,model_source_id,model_year,type,energy,built_on,delivered_on,warranty_until,"
    "plate,household_source,household_source_id,household_from,household_to",
    "models": "brand,name,type,energy",
    "dealers": "name,brand,city,parent_source,parent_source_id",
    "clubs": "name,brand,city,founded_on",
    "households": "city",
    "intents": "person_source,person_source_id,model_source,model_source_id,dealer_source,dealer_source_id,heat,"
    "stage,valid_from,valid_to",
    "purchases": "person_source,person_source_id,vehicle_source,vehicle_source_id,dealer_source,dealer_source_id,"
    "condition,motive,price,currency,valid_from,valid_to",
    "drives": "person_source,person_source_id,vehicle_source,vehicle_source_id,valid_from,valid_to",
    "services": "vehicle_source,vehicle_source_id,person_source,person_source_id,dealer_source,dealer_source_id,"
    "visited_on,kind,mileage,amount,currency",
    "memberships": "person_source,person_source_id,club_source,club_source_id,rank,valid_from,valid_to",
    "referrals": "referrer_source,referrer_source_id,friend_source,friend_source_id,dealer_source,dealer_source_id,"
    "club_source,club_source_id,vehicle_source,vehicle_source_id,made_on",
    "referral_steps": "referral_source,referral_source_id,status,reached_on",
}
REFERS_TO = {
    "person": "people",
    "referrer": "people",
    "friend": "people",
    "vehicle": "vehicles",
    "model": "models",
    "dealer": "dealers",
    "parent": "dealers",
    "club": "clubs",
    "household": "households",
    "referral": "referrals",
}
STEPS = ["invited", "lead", "visited", "test_drive", "ordered", "delivered"]
ENDS = {"rejected", "expired", "voided"}
NEW_ENERGY = {"electric", "plug_in_hybrid", "range_extended", "hydrogen"}


@dataclass(frozen=True)
class Brand:
    """The rows of one run, and what it said of their number."""

    folder: Path
    counts: dict[str, int]
    rows: dict[str, list[Record]]

    def by_key(self, kind: str) -> dict[Key, Record]:
        return {key(row): row for row in self.rows[kind]}


def key(row: Record, prefix: str = "") -> Key:
    return row[f"{prefix}source"], row[f"{prefix}source_id"]


def day(text: str) -> date:
    return date.fromisoformat(text)


def read(folder: Path) -> dict[str, list[Record]]:
    rows = {}
    for kind in DOCUMENTED:
        with (folder / f"{kind}.csv").open(encoding="utf-8", newline="") as file:
            rows[kind] = list(csv.DictReader(file, strict=True))
    return rows


def run(folder: Path, people: int, seed: int = 11) -> Brand:
    counts = generate(people, seed, folder)
    return Brand(folder, counts, read(folder))


@pytest.fixture(scope="module")
def brand(tmp_path_factory: pytest.TempPathFactory) -> Brand:
    return run(tmp_path_factory.mktemp("brand"), PEOPLE)


def hashes(folder: Path) -> dict[str, str]:
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def dangling(rows: dict[str, list[Record]]) -> Counter[str]:
    """How many references name nothing, and how many give only half a name, by kind and column."""
    known = {kind: {key(row) for row in found} for kind, found in rows.items()}
    wrong: Counter[str] = Counter()
    for kind, found in rows.items():
        for prefix, target in REFERS_TO.items():
            if f"{prefix}_source_id" in DOCUMENTED[kind]:
                named = [key(row, f"{prefix}_") for row in found]
                wrong[f"{kind}.{prefix}"] += sum(any(name) and name not in known[target] for name in named)
    return +wrong


def share(part: Iterable[object], whole: Iterable[object]) -> float:
    return sum(1 for _ in part) / sum(1 for _ in whole)


def by(rows: Iterable[Record], prefix: str) -> dict[Key, list[Record]]:
    groups = defaultdict(list)
    for row in rows:
        groups[key(row, prefix)].append(row)
    return groups


def test_header_equals_the_documented_columns(brand: Brand) -> None:
    """Every file begins with the columns that ingest documents for its kind, and nothing else is written."""
    assert {path.name for path in brand.folder.iterdir()} == {f"{kind}.csv" for kind in DOCUMENTED}
    for kind, columns in DOCUMENTED.items():
        with (brand.folder / f"{kind}.csv").open(encoding="utf-8", newline="") as file:
            assert file.readline() == f"source,source_id,{columns}\n"
        assert set(f"source,source_id,{columns}".split(",")) == set(KINDS[kind].model_fields)


def test_counts_are_the_rows_of_each_kind(brand: Brand) -> None:
    """The function returns how many rows each file has."""
    assert brand.counts == {kind: len(rows) for kind, rows in brand.rows.items()}


def test_same_seed_same_bytes(tmp_path: Path) -> None:
    """Two runs of one seed give equal files, also in a process with another hash seed; another seed does not."""
    for folder, seed in (("one", 3), ("two", 3), ("other", 4)):
        generate(1_000, seed, tmp_path / folder)
    program = "import sys, pathlib; from renche.generate import generate; generate(1_000, 3, pathlib.Path(sys.argv[1]))"
    for hash_seed in ("1", "4242"):
        subprocess.run(
            [sys.executable, "-c", program, str(tmp_path / hash_seed)],
            check=True,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            timeout=120,
        )
        assert hashes(tmp_path / hash_seed) == hashes(tmp_path / "one")
    assert hashes(tmp_path / "two") == hashes(tmp_path / "one")
    differ = {name for name, found in hashes(tmp_path / "other").items() if found != hashes(tmp_path / "one")[name]}
    assert differ == {f"{kind}.csv" for kind in DOCUMENTED if kind != "models"}


def test_memory_does_not_grow_with_people(tmp_path: Path) -> None:
    """Ten times the people need hardly more memory; what grows are the tables of dealers and clubs."""
    generate(500, 1, tmp_path)
    peaks = []
    tracemalloc.start()
    try:
        for people in (2_000, 20_000):
            tracemalloc.reset_peak()
            generate(people, 1, tmp_path)
            peaks.append(tracemalloc.get_traced_memory()[1])
    finally:
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.2


def test_ndjson_holds_the_same_rows(tmp_path: Path) -> None:
    """NDJSON has the values of the CSV, typed, and leaves out what is empty."""
    counts = generate(400, 5, tmp_path / "csv")
    assert generate(400, 5, tmp_path / "ndjson", format="ndjson") == counts
    checks = Checks.build(TODAY)
    for kind, rows in read(tmp_path / "csv").items():
        lines = (tmp_path / "ndjson" / f"{kind}.ndjson").read_bytes().splitlines()
        assert len(lines) == len(rows)
        different = sum(
            parse(kind, orjson.loads(line), checks) != parse(kind, row, checks)
            for line, row in zip(lines, rows, strict=True)
        )
        assert different == 0, kind
    person = orjson.loads((tmp_path / "ndjson" / "people.ndjson").read_bytes().splitlines()[0])
    assert {type(person.get(name)) for name in ("birth_year", "licensed")} <= {int, bool, type(None)}


def test_ingest_takes_every_row_without_a_remark(tmp_path: Path) -> None:
    """No row is refused by ingest, and none gets a warning."""
    generate(2_000, 6, tmp_path)
    checks = Checks.build(TODAY)
    wrong: Counter[tuple[str, str, str]] = Counter()
    for kind, rows in read(tmp_path).items():
        for raw in rows:
            found = parse(kind, raw, checks)
            problems = found.warnings if isinstance(found, Row) else found
            wrong.update((kind, problem.field, problem.reason) for problem in problems)
    assert not wrong


@pytest.mark.parametrize("people", [1, 2, 7, 49, 51, 120, 500])
def test_few_people_make_a_whole_brand_too(tmp_path: Path, people: int) -> None:
    """Any number of people gives all files, without dangling references, and a lead for each club."""
    small = run(tmp_path, people, seed=people)
    assert not dangling(small.rows)
    led = {key(row, "club_") for row in small.rows["memberships"] if row["rank"] == "lead" and not row["valid_to"]}
    assert led == set(small.by_key("clubs"))
    assert people <= small.counts["people"] <= 2 * people


@pytest.mark.parametrize("people", [0, -5, MOST_PEOPLE + 1])
def test_impossible_number_of_people_is_refused(tmp_path: Path, people: int) -> None:
    """A number of people that cannot be made is an error that names the limits, and nothing is written."""
    with pytest.raises(ValueError, match=f"between 1 and {MOST_PEOPLE}"):
        generate(people, 1, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_files_of_the_other_format_are_in_the_way(tmp_path: Path) -> None:
    """A folder never holds two runs side by side in two formats."""
    generate(20, 1, tmp_path)
    before = hashes(tmp_path)
    with pytest.raises(FileExistsError, match="csv files of another run"):
        generate(20, 2, tmp_path, format="ndjson")
    assert hashes(tmp_path) == before


def test_run_that_breaks_off_leaves_the_earlier_files(tmp_path: Path) -> None:
    """Files are replaced only when the new ones are whole."""
    generate(20, 1, tmp_path)
    before = hashes(tmp_path)

    def break_off() -> None:
        with Book(tmp_path, "csv") as book:
            book.rows["households"].append(("crm", "H1", "310000"))
            book.flush()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        break_off()
    assert hashes(tmp_path) == before


def test_history_ends_today(tmp_path: Path) -> None:
    """No day lies after `today` except the end of a warranty, and another `today` is another history."""
    today = date(2024, 2, 29)
    generate(300, 1, tmp_path, today=today)
    for kind, rows in read(tmp_path).items():
        dates = {
            row[column]
            for row in rows
            for column in row
            if column.endswith(("_on", "_seen", "_from", "_to")) and column != "warranty_until"
        } - {""}
        assert not dates or max(dates) <= today.isoformat(), kind
        assert not dates or min(dates) >= "2013-01-01", kind


def test_every_reference_names_a_row(brand: Brand) -> None:
    """Whatever a row refers to is in the files, and references are given in full or not at all."""
    assert not dangling(brand.rows)


def test_keys_are_unique(brand: Brand) -> None:
    """Within a kind no two rows have the same source and source id."""
    twice = {kind: len(rows) - len({key(row) for row in rows}) for kind, rows in brand.rows.items()}
    assert set(twice.values()) == {0}


def test_vins_are_unique_and_have_the_right_check_digit(brand: Brand) -> None:
    """The ninth character is the weighted sum of the others modulo 11, X for ten, as ISO 3779 has it."""
    values = {str(digit): digit for digit in range(10)}
    for letters in ("ABCDEFGH", "JKLMN"):
        values |= {letter: number for number, letter in enumerate(letters, 1)}
    values |= {"P": 7, "R": 9} | {letter: number for number, letter in enumerate("STUVWXYZ", 2)}
    weights = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2]

    def right(vin: str) -> bool:
        total = sum(values[sign] * weight for sign, weight in zip(vin, weights, strict=True))
        return vin[8] == ("X" if total % 11 == 10 else str(total % 11))

    vins = [row["vin"] for row in brand.rows["vehicles"] if row["vin"]]
    assert sum(not right(vin) for vin in vins) == 0
    assert len(set(vins)) == len(vins)
    assert 0.98 < len(vins) / len(brand.rows["vehicles"]) < 1
    assert {vin[8] for vin in vins} == set("0123456789X")


def test_plates_are_of_the_real_forms(brand: Brand) -> None:
    """A plate begins as its city's do; new energy has eight signs, the rest seven; no two vehicles share one."""
    prefixes = {prefix for city in CITIES for prefix in city.plates}
    plain, new = re.compile(r"[A-HJ-NP-Z\d]{5}"), re.compile(r"[A-HJK][A-HJ-NP-Z\d]\d{4}")
    plated = [row for row in brand.rows["vehicles"] if row["plate"]]
    wrong = sum(
        row["plate"][:2] not in prefixes
        or (new if row["energy"] in NEW_ENERGY else plain).fullmatch(row["plate"][2:]) is None
        for row in plated
    )
    assert wrong == 0
    assert len({row["plate"] for row in plated}) == len(plated)
    pure = {row["plate"][2] for row in plated if row["energy"] == "electric"}
    other = {row["plate"][2] for row in plated if row["energy"] in NEW_ENERGY - {"electric"}}
    assert pure == {"D"}
    assert other == {"F"}


def test_phones_are_valid_and_some_are_shared(brand: Brand) -> None:
    """Phones are mainland mobiles; families share some, and a dealer's clerk gives his own for many buyers."""
    people = Counter(row["phone"] for row in brand.rows["people"] if row["phone"])
    sample = list(people)[:2_000]
    assert sum(not phonenumbers.is_valid_number(phonenumbers.parse(phone, "CN")) for phone in sample) == 0
    assert sum(re.fullmatch(r"1[3-9]\d{9}", phone) is None for phone in people) == 0
    assert sum(count >= 15 for count in people.values()) >= 2
    families: defaultdict[Key, list[str]] = defaultdict(list)
    for row in brand.rows["people"]:
        if row["phone"] and row["household_source_id"]:
            families[key(row, "household_")].append(row["phone"])
    several = [phones for phones in families.values() if len(phones) > 1]
    assert 0.05 < share((1 for phones in several if len(set(phones)) < len(phones)), several) < 0.3


def test_some_numbers_are_recycled(brand: Brand) -> None:
    """Some phones passed from one person to another who was first seen after the former was last seen."""
    holders = defaultdict(list)
    for row in brand.rows["people"]:
        if row["phone"] and row["name"]:
            holders[row["phone"]].append(row)
    recycled = 0
    for rows in holders.values():
        rows.sort(key=lambda row: row["first_seen"])
        households = [row["household_source_id"] for row in rows]
        recycled += any(
            one["name"] != two["name"]
            and one["last_seen"] < two["first_seen"]
            and (not households[0] or households[0] != households[-1])
            for one, two in itertools.pairwise(rows)
        )
    assert recycled > 20


def test_proportions_of_people(brand: Brand) -> None:
    """Seven of ten are owners verified by plate; companies, second registrations, missing values as documented."""
    people = brand.rows["people"]
    assert 0.67 < share((1 for row in people if row["plate"]), people) < 0.73
    assert 0.014 < share((1 for row in people if row["kind"] == "legal"), people) < 0.024
    assert 0.13 < (len(people) - PEOPLE) / PEOPLE < 0.17
    owners = {key(row, "person_") for row in brand.rows["purchases"] if not row["valid_to"]}
    bought = {key(row, "person_") for row in brand.rows["purchases"]}
    assert 0.68 < len(owners) / PEOPLE < 0.77
    assert 0.05 < len(bought - owners) / PEOPLE < 0.14
    assert len({row["source"] for row in people}) >= 12
    for column, least, most in (
        ("phone", 0.02, 0.1),
        ("name", 0.02, 0.12),
        ("city", 0.02, 0.12),
        ("birth_year", 0.1, 0.25),
        ("gender", 0.1, 0.2),
        ("licensed", 0.1, 0.3),
        ("wechat_unionid", 0.3, 0.7),
    ):
        assert least < share((1 for row in people if not row[column]), people) < most, column


def test_second_registrations_come_from_another_source(brand: Brand) -> None:
    """People registered twice appear as rows of different sources that share a phone or a name."""
    shared = defaultdict(set)
    for row in brand.rows["people"]:
        if row["phone"] and row["name"]:
            shared[row["phone"], row["name"]].add(row["source"])
    twice = [sources for sources in shared.values() if len(sources) > 1]
    assert 0.07 < len(twice) / PEOPLE < 0.16


def test_people_live_where_people_live(brand: Brand) -> None:
    """Cities are drawn by residents: many occur, and the largest have about their share."""
    cities = Counter(row["city"] for row in brand.rows["people"] if row["city"])
    total = sum(city.residents for city in CITIES)
    assert len(CITIES) > 120
    assert len(cities) > 120
    for city in CITIES:
        if city.residents > 1_800:
            expected = city.residents / total
            assert 0.5 * expected < cities[city.code] / cities.total() < 1.8 * expected


def test_households_have_one_to_five_members_and_a_head(brand: Brand) -> None:
    """Each household has one head, at most one spouse, one to five members; fleets of several vehicles occur."""
    homes = by((row for row in brand.rows["people"] if row["household_source_id"]), "household_")
    relations = [Counter(row["household_relation"] for row in members) for members in homes.values()]
    assert {found["head"] for found in relations} == {1}
    assert max(found["spouse"] for found in relations) == 1
    assert {found.total() for found in relations} == {1, 2, 3, 4, 5}
    assert set(homes) == set(brand.by_key("households"))
    members = {key(row): key(row, "household_") for row in brand.rows["people"] if row["household_source_id"]}
    fleets: defaultdict[Key, set[Key]] = defaultdict(set)
    drivers: defaultdict[Key, set[Key]] = defaultdict(set)
    for row in brand.rows["drives"]:
        home = members.get(key(row, "person_"))
        if home and not row["valid_to"]:
            fleets[home].add(key(row, "vehicle_"))
            drivers[home].add(key(row, "person_"))
    assert sum(len(fleet) > 1 for fleet in fleets.values()) > 300
    assert sum(len(fleet) == 1 and len(drivers[home]) == 2 for home, fleet in fleets.items()) > 100
    assert sum(bool(row["household_source_id"]) for row in brand.rows["vehicles"]) > 100


def test_a_vehicles_purchases_follow_each_other(brand: Brand) -> None:
    """The first purchase is new, on the day of delivery; a used one begins when the one before ends."""
    vehicles = brand.by_key("vehicles")
    wrong: Counter[str] = Counter()
    purchases = by(brand.rows["purchases"], "vehicle_")
    assert set(purchases) == set(vehicles)
    for vehicle, rows in purchases.items():
        first, *later = sorted(rows, key=lambda row: row["valid_from"])
        delivered = vehicles[vehicle]["delivered_on"]
        wrong["first not new"] += first["condition"] != "new"
        wrong["bought before delivery"] += bool(delivered) and first["valid_from"] != delivered
        wrong["later not used"] += any(row["condition"] != "used" for row in later)
        wrong["gap"] += any(
            one["valid_to"] != two["valid_from"] for one, two in zip([first, *later], later, strict=False)
        )
        wrong["same buyer"] += len({key(row, "person_") for row in rows}) < len(rows)
    assert not +wrong
    rows = brand.rows["purchases"]
    assert 0.05 < share((1 for row in rows if row["condition"] == "used"), rows) < 0.2
    assert 0.05 < share((1 for row in rows if row["motive"] == "replacement"), rows) < 0.2
    assert 0.02 < share((1 for row in rows if row["motive"] == "additional"), rows) < 0.12
    assert {row["currency"] for row in rows} == {"CNY"}
    assert sum(bool(row["price"]) and re.fullmatch(r"\d+\.\d\d", row["price"]) is None for row in rows) == 0


def test_vehicles_fit_their_model_and_time(brand: Brand) -> None:
    """Type and energy are the model's; a vehicle is built before delivery, the warranty ends years after it."""
    models = brand.by_key("models")
    assert len(models) == 12
    wrong: Counter[str] = Counter()
    for row in brand.rows["vehicles"]:
        model = models[key(row, "model_")]
        wrong["model"] += (row["type"], row["energy"], row["brand"]) != (model["type"], model["energy"], model["brand"])
        if row["built_on"] and row["delivered_on"]:
            wrong["built"] += not 0 < (day(row["delivered_on"]) - day(row["built_on"])).days < 120
            wrong["model year"] += int(row["model_year"]) - day(row["built_on"]).year not in (0, 1)
        if row["delivered_on"] and row["warranty_until"]:
            wrong["warranty"] += (day(row["warranty_until"]) - day(row["delivered_on"])).days not in range(1095, 2193)
        wrong["no time"] += not row["built_on"] and not row["delivered_on"]
    assert not +wrong


def test_companies_buy_and_natural_persons_drive(brand: Brand) -> None:
    """A legal person buys vehicles that natural persons drive, and does nothing else that only people do."""
    legal = {key(row) for row in brand.rows["people"] if row["kind"] == "legal"}
    doing = {
        "drives": "person_",
        "services": "person_",
        "memberships": "person_",
    }
    for kind, prefix in doing.items():
        assert sum(key(row, prefix) in legal for row in brand.rows[kind]) == 0, kind
    assert (
        sum(not {key(row, "referrer_"), key(row, "friend_")}.isdisjoint(legal) for row in brand.rows["referrals"]) == 0
    )
    theirs = {key(row, "vehicle_") for row in brand.rows["purchases"] if key(row, "person_") in legal}
    driven = {key(row, "vehicle_") for row in brand.rows["drives"]}
    assert 0.6 < len(theirs & driven) / len(theirs) < 0.95


def test_some_drive_what_they_did_not_buy(brand: Brand) -> None:
    """About seven of a hundred people drive a vehicle that they did not buy."""
    bought = {(key(row, "person_"), key(row, "vehicle_")) for row in brand.rows["purchases"]}
    others = {
        key(row, "person_") for row in brand.rows["drives"] if (key(row, "person_"), key(row, "vehicle_")) not in bought
    }
    assert 0.05 < len(others) / PEOPLE < 0.09


def test_some_bring_a_vehicle_that_they_neither_bought_nor_drive(brand: Brand) -> None:
    """Among those who come to the workshop are people with no other role, and of some visits nobody knows who."""
    roles = {
        (key(row, "person_"), key(row, "vehicle_")) for kind in ("purchases", "drives") for row in brand.rows[kind]
    }
    services = brand.rows["services"]
    stranger = [
        row for row in services if row["person_source_id"] and (key(row, "person_"), key(row, "vehicle_")) not in roles
    ]
    assert 0.03 < len(stranger) / len(services) < 0.15
    assert 0.05 < share((1 for row in services if not row["person_source_id"]), services) < 0.25


def test_visits_fall_after_the_warranty(brand: Brand) -> None:
    """A vehicle under warranty comes about twice a year, later much less; mileage and days only grow.

    The workshops' system keeps the visits of two years.
    """
    kept = TODAY - timedelta(days=2 * 365)
    years, visits = Counter[bool](), Counter[bool]()
    known = {}
    for row in brand.rows["vehicles"]:
        if row["delivered_on"] and row["warranty_until"]:
            ends = known[key(row)] = day(row["warranty_until"])
            years[True] += max(0, (min(ends, TODAY) - max(kept, day(row["delivered_on"]))).days)
            years[False] += max(0, (TODAY - max(kept, ends)).days)
    backwards = 0
    for vehicle, rows in by(brand.rows["services"], "vehicle_").items():
        if vehicle in known:
            visits.update(day(row["visited_on"]) < known[vehicle] for row in rows)
        seen = [(row["visited_on"], int(row["mileage"])) for row in rows if row["mileage"]]
        backwards += any(one[0] >= two[0] or one[1] >= two[1] for one, two in itertools.pairwise(seen))
    assert backwards == 0
    assert 1.7 < visits[True] / years[True] * 365 < 2.3
    assert 0.2 < visits[False] / years[False] * 365 < 1


def test_clubs_have_leads_core_members_and_members(brand: Brand) -> None:
    """Every club has one or two leads and several core members today, and stands in a real city."""
    clubs = brand.by_key("clubs")
    assert len(clubs) == PEOPLE // 300
    ranks: defaultdict[Key, Counter[str]] = defaultdict(Counter)
    early = 0
    for row in brand.rows["memberships"]:
        early += row["valid_from"] < clubs[key(row, "club_")]["founded_on"]
        if not row["valid_to"]:
            ranks[key(row, "club_")][row["rank"] or "member"] += 1
    assert early == 0
    assert {ranks[club]["lead"] for club in clubs} == {1, 2}
    assert min(ranks[club]["core"] for club in clubs) >= 2
    assert min(ranks[club]["member"] for club in clubs) >= 3
    assert {row["city"] for row in clubs.values()} <= {city.code for city in CITIES}


def test_secondary_dealers_stand_under_dealers(brand: Brand) -> None:
    """A quarter to a half of the dealers have a parent, which itself has none."""
    dealers = brand.by_key("dealers")
    parents = {key(row, "parent_") for row in dealers.values() if row["parent_source_id"]}
    assert 0.25 < share((1 for row in dealers.values() if row["parent_source_id"]), dealers) < 0.5
    assert {dealers[parent]["parent_source_id"] for parent in parents} == {""}


def test_referrals_go_down_the_funnel(brand: Brand) -> None:
    """Each step is reached by fewer, in order, from the day of the invitation, with at most one end, the last."""
    steps = by(brand.rows["referral_steps"], "referral_")
    wrong: Counter[str] = Counter()
    reached: Counter[str] = Counter()
    for referral, row in brand.by_key("referrals").items():
        found = steps[referral]
        names = [step["status"] for step in found]
        days = [step["reached_on"] for step in found]
        reached.update(names)
        ways = names[:-1] if names[-1] in ENDS else names
        wrong["order"] += ways != STEPS[: len(ways)]
        wrong["days"] += days != sorted(days) or days[0] != row["made_on"]
        wrong["vehicle"] += ("delivered" in names) != bool(row["vehicle_source_id"])
        wrong["end after delivery"] += "delivered" in names and names[-1] != "delivered"
    assert not +wrong
    funnel = [reached[step] for step in STEPS]
    assert all(one > two * 1.1 for one, two in itertools.pairwise(funnel))
    assert 0.08 < funnel[-1] / funnel[0] < 0.25
    assert min(reached[end] for end in ENDS) > 50
    assert sum(reached[end] for end in ENDS) + funnel[-1] < funnel[0]
    referrals = brand.rows["referrals"]
    assert 0.15 < share((1 for row in referrals if row["club_source_id"]), referrals) < 0.6


def test_a_delivered_referral_is_the_friends_purchase(brand: Brand) -> None:
    """The friend bought the resulting vehicle new on the day of delivery, and the referrer was an owner before."""
    bought = {(key(row, "person_"), key(row, "vehicle_")): row for row in brand.rows["purchases"]}
    owned = by(brand.rows["purchases"], "person_")
    homes = {key(row): row["household_source_id"] for row in brand.rows["people"]}
    delivered = {
        key(row, "referral_"): row["reached_on"] for row in brand.rows["referral_steps"] if row["status"] == "delivered"
    }
    wrong: Counter[str] = Counter()
    successes = [row for row in brand.rows["referrals"] if row["vehicle_source_id"]]
    for row in successes:
        friend, referrer = key(row, "friend_"), key(row, "referrer_")
        purchase = bought[friend, key(row, "vehicle_")]
        wrong["day"] += purchase["valid_from"] != delivered[key(row)]
        wrong["used"] += purchase["condition"] != "new"
        wrong["dealer"] += key(purchase, "dealer_") != key(row, "dealer_")
        wrong["self"] += friend == referrer
        wrong["household"] += bool(homes[friend]) and homes[friend] == homes[referrer]
        wrong["no owner"] += not any(
            held["valid_from"] <= row["made_on"] and (not held["valid_to"] or held["valid_to"] > row["made_on"])
            for held in owned[referrer]
        )
    assert not +wrong
    assert len({key(row, "vehicle_") for row in successes}) == len(successes)
    assert Counter(key(row, "referrer_") for row in successes).most_common(1)[0][1] >= 4


def courses(brand: Brand) -> Iterator[list[Record]]:
    """The intents of a person for a model, in the order of time."""
    chains = defaultdict(list)
    for row in brand.rows["intents"]:
        chains[key(row, "person_"), key(row, "model_")].append(row)
    for rows in chains.values():
        yield sorted(rows, key=lambda row: row["valid_from"])


def test_intents_warm_up_and_cool_down(brand: Brand) -> None:
    """Heat changes in rows that follow each other without a gap; some turned hot within the last 90 days."""
    recent = (TODAY - timedelta(days=90)).isoformat()
    changes: Counter[tuple[str, str]] = Counter()
    hot_now = 0
    for rows in courses(brand):
        for one, two in itertools.pairwise(rows):
            if one["valid_to"] == two["valid_from"]:
                changes[one["heat"], two["heat"]] += 1
                hot_now += two["heat"] == "hot" and not two["valid_to"] and two["valid_from"] >= recent
    assert min(changes["cold", "warm"], changes["warm", "hot"], changes["warm", "cold"]) > 200
    assert changes["cold", "hot"] < 50
    assert hot_now > 50


def test_intervals_end_after_they_begin(brand: Brand) -> None:
    """Every interval lasts at least a day, and no person's first day seen lies after what the person did."""
    wrong: Counter[str] = Counter()
    people = brand.by_key("people")
    for kind in ("purchases", "drives", "intents", "memberships"):
        for row in brand.rows[kind]:
            start, end = row["valid_from"], row["valid_to"]
            wrong[f"{kind} interval"] += bool(start and end) and start >= end
            person = people[key(row, "person_")]
            wrong[f"{kind} before first seen"] += bool(start) and start < person["first_seen"]
            wrong[f"{kind} before growing up"] += (
                bool(start and person["birth_year"] and kind in ("purchases", "drives"))
                and int(start[:4]) - int(person["birth_year"]) < 18
            )
    for row in people.values():
        wrong["seen"] += row["first_seen"] > row["last_seen"]
        start, end = row["household_from"], row["household_to"]
        wrong["household"] += bool(start and end) and start >= end
    assert not +wrong
