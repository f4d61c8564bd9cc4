"""Rows of every kind: what a good one becomes, and what each bad one is told."""

import logging
import pickle
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from renche.ingest.checks import Checks, Problem
from renche.ingest.errors import RefusedFile
from renche.ingest.rows import (
    KINDS,
    ClubRow,
    DealerRow,
    DriveRow,
    IntentRow,
    MembershipRow,
    PersonRow,
    PurchaseRow,
    Ref,
    ReferralRow,
    ReferralStepRow,
    Row,
    ServiceRow,
    VehicleRow,
    check_columns,
    parse,
)
from renche.ingest.rows.row import required_columns

CHECKS = Checks.build(date(2024, 6, 1))

GOOD: dict[str, dict[str, str]] = {
    "models": {"source": "mdm", "source_id": "m-1", "brand": "Sample", "name": "S1", "type": "car", "energy": "petrol"},
    "dealers": {
        "source": "dms",
        "source_id": "d-1",
        "name": "上海一店",
        "brand": "Sample",
        "city": "310115",
        "parent_source": "",
        "parent_source_id": "d-0",
    },
    "clubs": {
        "source": "club",
        "source_id": "c-1",
        "name": "沪上车友会",
        "brand": "Sample",
        "city": "310000",
        "founded_on": "2015-05-01",
    },
    "households": {"source": "crm", "source_id": "h-1", "city": "330106"},
    "people": {
        "source": "crm",
        "source_id": "p-1",
        "kind": "natural",
        "name": " 王小明 ",
        "phone": "+86 138-1234-1234",
        "email": "Wang@Example.com",
        "wechat_unionid": "oAbC123",
        "app_account": "app-77",
        "member_number": "M01",
        "id_card": "11010519491231002x",
        "plate": "沪A·12345",
        "gender": "Male",
        "birth_year": "1949",
        "city": "310000",
        "licensed": "true",
        "touchpoint": "app",
        "first_seen": "2019/01/02",
        "last_seen": "20240506",
        "household_source": "hh",
        "household_source_id": "h-1",
        "household_relation": "head",
        "household_from": "2010-01-01",
        "household_to": "2020-01-01",
    },
    "vehicles": {
        "source": "dms",
        "source_id": "v-1",
        "vin": "1m8gdm9axkp042788",
        "brand": "Sample",
        "model_source": "mdm",
        "model_source_id": "m-1",
        "model_year": "2020",
        "type": "car",
        "energy": "plug-in hybrid",
        "built_on": "2020-01-01",
        "delivered_on": "2020-02-01",
        "warranty_until": "2030-02-01",
        "plate": "沪AD12345",
        "household_source_id": "h-1",
        "household_from": "2020-02-01",
        "household_to": "",
    },
    "intents": {
        "source": "app",
        "source_id": "i-1",
        "person_source": "crm",
        "person_source_id": "p-1",
        "model_source_id": "m-1",
        "dealer_source_id": "d-1",
        "heat": "HOT",
        "stage": "test_drive",
        "valid_from": "2024-01-01",
        "valid_to": "2024-02-01",
    },
    "purchases": {
        "source": "dms",
        "source_id": "b-1",
        "person_source": "crm",
        "person_source_id": "p-1",
        "vehicle_source_id": "v-1",
        "dealer_source_id": "d-1",
        "condition": "new",
        "motive": "first",
        "price": "128800.00",
        "currency": "",
        "valid_from": "2020-02-01",
        "valid_to": "2024-01-01",
    },
    "drives": {
        "source": "app",
        "source_id": "u-1",
        "person_source_id": "p-1",
        "vehicle_source_id": "v-1",
        "valid_from": "2020-02-01",
        "valid_to": "",
    },
    "services": {
        "source": "dms",
        "source_id": "s-1",
        "vehicle_source_id": "v-1",
        "person_source_id": "",
        "dealer_source_id": "d-1",
        "visited_on": "2021-03-01",
        "kind": "maintenance",
        "mileage": "12000",
        "amount": "480",
        "currency": "cny",
    },
    "memberships": {
        "source": "club",
        "source_id": "k-1",
        "person_source_id": "p-1",
        "club_source_id": "c-1",
        "rank": "",
        "valid_from": "2020-03-01",
        "valid_to": "",
    },
    "consents": {
        "source": "crm",
        "source_id": "n-1",
        "person_source_id": "p-1",
        "partner": "insurer",
        "purpose": "quotes",
        "valid_from": "2020-03-01",
        "valid_to": "",
    },
    "referrals": {
        "source": "club",
        "source_id": "r-1",
        "referrer_source_id": "p-1",
        "friend_source_id": "p-2",
        "dealer_source_id": "d-1",
        "club_source_id": "c-1",
        "vehicle_source_id": "",
        "made_on": "2024-05-01",
    },
    "referral_steps": {
        "source": "club",
        "source_id": "t-1",
        "referral_source_id": "r-1",
        "status": "test_drive",
        "reached_on": "2024-05-09",
    },
}

# kind, column changed, its value, column named in the rejection, fragment of the reason
BAD: list[tuple[str, str, Any, str, str]] = [
    ("models", "source", "", "source", "required"),
    ("models", "source", "13812341234", "source", "mobile phone"),
    ("models", "source", "x" * 65, "source", "longer than 64"),
    ("models", "source_id", " \t ", "source_id", "required"),
    ("models", "source_id", "x" * 201, "source_id", "longer than 200"),
    ("models", "source_id", "m\x001", "source_id", "control characters"),
    ("models", "brand", "", "brand", "required"),
    ("models", "name", None, "name", "required"),
    ("models", "name", ["S1"], "name", "plain value"),
    ("models", "type", "sedan", "type", "none of car, van"),
    ("models", "energy", "gas", "energy", "none of petrol"),
    ("models", "colour", "red", "colour", "no column"),
    ("dealers", "name", "", "name", "required"),
    ("dealers", "brand", "x" * 65, "brand", "longer"),
    ("dealers", "city", "330000", "city", "province"),
    ("dealers", "city", "上海", "city", "six digits"),
    ("dealers", "city", "319999", "city", "not in the table"),
    ("dealers", "parent_sorce_id", "d-9", "parent_sorce_id", "did you mean parent_source_id"),
    ("clubs", "name", "", "name", "required"),
    ("clubs", "founded_on", "2015-13-01", "founded_on", "no date"),
    ("clubs", "founded_on", "1815-01-01", "founded_on", "before 1900"),
    ("clubs", "city", 31, "city", "six digits"),
    ("households", "source_id", "13812341234", "source_id", "mobile phone"),
    ("households", "city", "hangzhou", "city", "six digits"),
    ("people", "source_id", "", "source_id", "required"),
    ("people", "source_id", "13812341234", "source_id", "mobile phone"),
    ("people", "source_id", 13812341234, "source_id", "mobile phone"),
    ("people", "source_id", "+86 138 1234 1234", "source_id", "mobile phone"),
    ("people", "source_id", "沪A12345", "source_id", "plate"),
    ("people", "source_id", "沪A·D12345", "source_id", "plate"),
    ("people", "source_id", "11010519491231002X", "source_id", "ID-card"),
    ("people", "source_id", "110105491231002", "source_id", "ID-card"),
    ("people", "source_id", "wang@example.com", "source_id", "e-mail"),
    ("people", "kind", "company", "kind", "none of natural, legal"),
    ("people", "name", "王" * 201, "name", "longer"),
    ("people", "name", "\u200b", "name", "invisible"),
    ("people", "name", {"first": "小明"}, "name", "plain value"),
    ("people", "phone", "1381234123", "phone", "no phone number"),
    ("people", "phone", "138****1234", "phone", "masked"),
    ("people", "phone", "无", "phone", "no phone number"),
    ("people", "phone", "13812341234 13912341234", "phone", "no phone number"),
    ("people", "email", "wang.example.com", "email", "no e-mail"),
    ("people", "email", "a@b@example.com", "email", "no e-mail"),
    ("people", "wechat_unionid", "o abc", "wechat_unionid", "blank"),
    ("people", "app_account", "王 小明", "app_account", "blank"),
    ("people", "member_number", "x" * 201, "member_number", "longer"),
    ("people", "id_card", "110105194912310021", "id_card", "check digit"),
    ("people", "id_card", "110105194913310021", "id_card", "date of birth"),
    ("people", "id_card", "1101051949123100", "id_card", "18 characters"),
    ("people", "plate", "沪A1234", "plate", "no mainland plate"),
    ("people", "plate", "沪A1234I", "plate", "letter I or O"),
    ("people", "gender", "unknown", "gender", "none of female, male"),
    ("people", "birth_year", "49", "birth_year", "outside 1900 to 2024"),
    ("people", "birth_year", "2025", "birth_year", "outside"),
    ("people", "birth_year", "1949年", "birth_year", "whole number"),
    ("people", "birth_year", 1949.5, "birth_year", "whole number"),
    ("people", "city", "110", "city", "six digits"),
    ("people", "licensed", "maybe", "licensed", "neither true nor false"),
    ("people", "touchpoint", "13812341234", "touchpoint", "shifted"),
    ("people", "first_seen", "yesterday", "first_seen", "no date"),
    ("people", "last_seen", "2019-01-01", "last_seen", "before first_seen"),
    ("people", "last_seen", "2025-06-02", "last_seen", "too far ahead"),
    ("people", "household_source_id", "", "household_relation", "household_source_id is empty"),
    ("people", "household_relation", "cousin", "household_relation", "none of head"),
    ("people", "household_to", "2010-01-01", "household_to", "not after household_from"),
    ("people", "fone", "1", "fone", "did you mean phone"),
    ("vehicles", "source_id", "沪A12345", "source_id", "plate"),
    ("vehicles", "vin", "1M8GDM9AXKP04278", "vin", "17 characters"),
    ("vehicles", "vin", "1M8GDM9AXKPO42788", "vin", "other than I, O and Q"),
    ("vehicles", "model_year", "1899", "model_year", "outside 1900 to 2026"),
    ("vehicles", "model_year", "MY20", "model_year", "whole number"),
    ("vehicles", "type", "bus", "type", "none of"),
    ("vehicles", "energy", "coal", "energy", "none of"),
    ("vehicles", "built_on", "2020-02-30", "built_on", "no date"),
    ("vehicles", "delivered_on", "2026-01-01", "delivered_on", "too far ahead"),
    ("vehicles", "warranty_until", "2099-12-31", "warranty_until", "too far ahead"),
    ("vehicles", "plate", "12345", "plate", "no mainland plate"),
    ("vehicles", "household_source_id", None, "household_from", "means nothing"),
    ("vehicles", "household_to", "2020-02-01", "household_to", "not after"),
    ("intents", "person_source_id", "", "person_source_id", "required"),
    ("intents", "person_source_id", "13812341234", "person_source_id", "mobile phone"),
    ("intents", "model_source_id", "", "model_source_id", "required"),
    ("intents", "heat", "", "heat", "required"),
    ("intents", "heat", "lukewarm", "heat", "none of hot, warm, cold"),
    ("intents", "stage", "signed", "stage", "none of enquiry"),
    ("intents", "valid_to", "2024-01-01", "valid_to", "not after valid_from"),
    ("purchases", "person_source_id", "", "person_source_id", "required"),
    ("purchases", "vehicle_source_id", "", "vehicle_source_id", "required"),
    ("purchases", "vehicle_source_id", "沪A12345", "vehicle_source_id", "plate"),
    ("purchases", "condition", "mint", "condition", "none of new, used"),
    ("purchases", "motive", "fun", "motive", "none of first"),
    ("purchases", "price", "-1.00", "price", "no amount"),
    ("purchases", "price", "128,800", "price", "no amount"),
    ("purchases", "price", "1.005", "price", "more than the 2 decimals of CNY"),
    ("purchases", "price", True, "price", "no amount"),
    ("purchases", "currency", "RMB", "currency", "ISO 4217"),
    ("purchases", "valid_to", "2020-01-31", "valid_to", "not after"),
    ("drives", "person_source_id", None, "person_source_id", "required"),
    ("drives", "vehicle_source_id", float("nan"), "vehicle_source_id", "required"),
    ("drives", "valid_from", "2020-00-01", "valid_from", "no date"),
    ("services", "vehicle_source_id", "", "vehicle_source_id", "required"),
    ("services", "visited_on", "", "visited_on", "required"),
    ("services", "visited_on", datetime(2021, 3, 1, 9, 30), "visited_on", "instant"),  # noqa: DTZ001
    ("services", "kind", "wash", "kind", "none of maintenance"),
    ("services", "mileage", "-5", "mileage", "whole number"),
    ("services", "mileage", "12.5", "mileage", "whole number"),
    ("services", "mileage", "99999999", "mileage", "outside"),
    ("services", "amount", "free", "amount", "no amount"),
    ("services", "person_source_id", "wang@example.com", "person_source_id", "e-mail"),
    ("memberships", "person_source_id", "", "person_source_id", "required"),
    ("memberships", "club_source_id", "", "club_source_id", "required"),
    ("memberships", "rank", "boss", "rank", "none of lead, core, member"),
    ("memberships", "valid_from", "2026-01-01", "valid_from", "too far ahead"),
    ("consents", "person_source_id", "", "person_source_id", "required"),
    ("consents", "partner", "", "partner", "required"),
    ("consents", "partner", "an insurer", "partner", "no code"),
    ("consents", "purpose", "报价", "purpose", "no code"),
    ("consents", "valid_to", "2020-03-01", "valid_to", "not after valid_from"),
    ("referrals", "referrer_source_id", "", "referrer_source_id", "required"),
    ("referrals", "friend_source_id", "", "friend_source_id", "required"),
    ("referrals", "friend_source_id", "13912341234", "friend_source_id", "mobile phone"),
    ("referrals", "source_id", "p-1_13912341234", "source_id", "mobile phone"),
    ("referrals", "made_on", "", "made_on", "required"),
    ("referrals", "made_on", "1.5.2024", "made_on", "no date"),
    ("referral_steps", "referral_source_id", "", "referral_source_id", "required"),
    ("referral_steps", "status", "", "status", "required"),
    ("referral_steps", "status", "won", "status", "none of invited"),
    ("referral_steps", "reached_on", "", "reached_on", "required"),
    ("referral_steps", "reached_on", 7, "reached_on", "no date"),
]


def _good(kind: str, **changes: Any) -> Row:
    row = parse(kind, {**GOOD[kind], **changes}, CHECKS)
    assert isinstance(row, Row), row
    return row


def _problems(kind: str, raw: Mapping[str, Any]) -> list[Problem]:
    problems = parse(kind, raw, CHECKS)
    assert isinstance(problems, list)
    return problems


@pytest.mark.parametrize("kind", KINDS)
def test_good_rows_pass(kind: str) -> None:
    """A good row of each kind passes and carries its key."""
    row = _good(kind)
    assert type(row) is KINDS[kind]
    assert row.key == Ref(GOOD[kind]["source"], GOOD[kind]["source_id"])
    assert row.warnings == []


@pytest.mark.parametrize("kind", KINDS)
def test_required_columns_alone_pass(kind: str) -> None:
    """Whatever is not required may be missing altogether."""
    raw = {column: GOOD[kind][column] for column in required_columns(KINDS[kind])}
    assert isinstance(parse(kind, raw, CHECKS), Row)


@pytest.mark.parametrize(("kind", "column", "value", "field", "fragment"), BAD)
def test_bad_rows_are_told_why(kind: str, column: str, value: Any, field: str, fragment: str) -> None:
    """One wrong value refuses the row, names its column and says what is wrong without repeating it."""
    problems = _problems(kind, {**GOOD[kind], column: value})
    assert problems[0].field == field
    assert fragment in problems[0].reason
    assert problems[0].reason.endswith((".", "?"))
    if isinstance(value, str) and len(value) > 6 and value.isascii() and any(map(str.isdigit, value)):
        assert value not in problems[0].reason


def test_bad_rows_are_many_and_of_every_kind() -> None:
    """The table above covers each kind, and keeps its size."""
    assert len(BAD) >= 100
    assert {case[0] for case in BAD} == set(KINDS)


def test_all_problems_of_a_row_are_told_at_once() -> None:
    """Whoever mends a row sees everything that is wrong with it."""
    fields = [problem.field for problem in _problems("people", {"source": "", "phone": "1", "gender": "x", "a": 1})]
    assert fields == ["source", "source_id", "phone", "gender", "a"]


def test_person_in_normal_form() -> None:
    """Every value of a person is what graph and vault hold."""
    row = _good("people")
    assert isinstance(row, PersonRow)
    assert (row.kind, row.name, row.gender, row.birth_year) == ("NATURAL", "王小明", "MALE", 1949)
    assert (row.phone, row.email) == ("+8613812341234", "wang@example.com")
    assert (row.id_card, row.plate) == ("11010519491231002X", "沪A12345")
    assert (row.wechat_unionid, row.app_account, row.member_number) == ("oAbC123", "app-77", "M01")
    assert (row.city, row.licensed, row.touchpoint) == ("310000", True, "app")
    assert (row.first_seen, row.last_seen) == (date(2019, 1, 2), date(2024, 5, 6))
    assert row.household == Ref("hh", "h-1")
    assert row.household_relation == "HEAD"
    assert (row.household_from, row.household_to) == (date(2010, 1, 1), date(2020, 1, 1))


def test_vehicle_and_its_references() -> None:
    """A vehicle knows its model and the household that keeps it, which default to its own source."""
    row = _good("vehicles")
    assert isinstance(row, VehicleRow)
    assert (row.vin, row.energy, row.plate) == ("1M8GDM9AXKP042788", "PLUG_IN_HYBRID", "沪AD12345")
    assert (row.model, row.household) == (Ref("mdm", "m-1"), Ref("dms", "h-1"))
    assert row.warranty_until == date(2030, 2, 1)


def test_odd_vehicles_are_loaded_with_a_warning() -> None:
    """A VIN whose check digit is not the standard's, and days in the wrong order, warn and do not refuse."""
    row = _good("vehicles", vin="1M8GDM9A1KP042788", delivered_on="2019-01-01", warranty_until="2018-01-01")
    assert [warning.field for warning in row.warnings] == ["vin", "delivered_on", "warranty_until"]


def test_roles_and_their_references() -> None:
    """References resolve to the named source or, without one, to the row's own."""
    intent = _good("intents")
    assert isinstance(intent, IntentRow)
    assert (intent.person, intent.model, intent.dealer) == (Ref("crm", "p-1"), Ref("app", "m-1"), Ref("app", "d-1"))
    assert (intent.heat, intent.stage) == ("HOT", "TEST_DRIVE")
    service = _good("services")
    assert isinstance(service, ServiceRow)
    assert (service.vehicle, service.person, service.amount) == (Ref("dms", "v-1"), None, 48000)
    membership = _good("memberships")
    assert isinstance(membership, MembershipRow)
    assert (membership.rank, membership.club) == ("MEMBER", Ref("club", "c-1"))
    referral = _good("referrals")
    assert isinstance(referral, ReferralRow)
    assert (referral.referrer, referral.friend) == (Ref("club", "p-1"), Ref("club", "p-2"))
    assert (referral.dealer, referral.club, referral.vehicle) == (Ref("club", "d-1"), Ref("club", "c-1"), None)
    step = _good("referral_steps")
    assert isinstance(step, ReferralStepRow)
    assert (step.referral, step.status) == (Ref("club", "r-1"), "TEST_DRIVE")


def test_roles_with_vehicles() -> None:
    """Purchases, drives and visits name their vehicle, dealer and person."""
    purchase, drive = _good("purchases"), _good("drives", vehicle_source="dms")
    assert isinstance(purchase, PurchaseRow)
    assert isinstance(drive, DriveRow)
    assert (purchase.vehicle, purchase.dealer) == (Ref("dms", "v-1"), Ref("dms", "d-1"))
    assert (drive.person, drive.vehicle) == (Ref("app", "p-1"), Ref("dms", "v-1"))
    service = _good("services", person_source="crm", person_source_id="p-1")
    assert isinstance(service, ServiceRow)
    assert (service.person, service.dealer) == (Ref("crm", "p-1"), Ref("dms", "d-1"))


def test_money_of_a_purchase() -> None:
    """A price becomes minor units of its currency, whichever column comes first."""
    row = _good("purchases")
    assert isinstance(row, PurchaseRow)
    assert (row.price, row.currency) == (12880000, "CNY")
    yen = _good("purchases", price="2880000", currency="jpy")
    assert isinstance(yen, PurchaseRow)
    assert (yen.price, yen.currency) == (2880000, "JPY")
    assert _problems("purchases", {**GOOD["purchases"], "price": "1.50", "currency": "JPY"})[0].field == "price"


def test_self_referral_is_loaded() -> None:
    """Whoever refers themselves is loaded, since cheating must be seen."""
    assert isinstance(_good("referrals", friend_source_id="p-1"), ReferralRow)


def test_cities_of_dealers_and_clubs() -> None:
    """A district's code becomes its city's; a dealer's parent is of its own source."""
    dealer, club = _good("dealers"), _good("clubs")
    assert isinstance(dealer, DealerRow)
    assert isinstance(club, ClubRow)
    assert (dealer.city, dealer.parent, club.city) == ("310000", Ref("dms", "d-0"), "310000")


def test_typed_values_mean_the_same_as_text() -> None:
    """NDJSON and Parquet give numbers, truth values, dates and decimals; the row is the same."""
    typed = {
        **GOOD["people"],
        "phone": 13812341234,
        "birth_year": 1949.0,
        "licensed": True,
        "first_seen": date(2019, 1, 2),
        "last_seen": datetime(2024, 5, 6),  # noqa: DTZ001
        "city": 310000,
    }
    assert parse("people", typed, CHECKS) == _good("people")
    assert _good("purchases", price=Decimal("128800.0000"), currency=None) == _good("purchases")
    assert _good("services", mileage=12000, amount=480) == _good("services")
    assert _good("drives", source_id=1001) == _good("drives", source_id="1001")


def test_full_width_forms_are_the_same_identifiers() -> None:
    """Keys typed with a Chinese input method name the same thing."""
    assert _good("drives", vehicle_source_id="ｖ－１").model_dump()["vehicle_source_id"] == "v-1"


@pytest.mark.parametrize("kind", KINDS)
def test_rows_survive_pickling(kind: str) -> None:
    """A row from a worker process equals the one made here."""
    row = _good(kind)
    copy = pickle.loads(pickle.dumps(row))  # noqa: S301
    assert copy == row
    assert copy.model_dump() == row.model_dump()


@pytest.mark.parametrize("kind", KINDS)
def test_every_column_is_described(kind: str) -> None:
    """Each column says in a sentence what it holds."""
    for name, column in KINDS[kind].model_fields.items():
        assert column.description, name
        assert column.description.endswith("."), name


def test_unknown_columns_refuse_the_file() -> None:
    """A file with a column that its kind lacks is refused, with the column that may be meant."""
    with pytest.raises(RefusedFile, match=r"people\.csv: fone is no column .* did you mean phone\?"):
        check_columns(Path("people.csv"), "people", ["source", "source_id", "fone"])


def test_missing_columns_refuse_the_file() -> None:
    """A file without a required column is refused by the column's name."""
    with pytest.raises(RefusedFile, match="the column heat is missing"):
        check_columns(Path("i.csv"), "intents", ["source", "source_id", "person_source_id", "model_source_id"])


def test_columns_named_twice_refuse_the_file() -> None:
    """A header that names a column twice is refused."""
    with pytest.raises(RefusedFile, match="the column city is there twice"):
        check_columns(Path("h.csv"), "households", ["source", "source_id", "city", "city"])


def test_values_in_place_of_a_header_are_not_repeated(caplog: pytest.LogCaptureFixture) -> None:
    """A file without a header, or with a value in it, is refused without showing the values."""
    with caplog.at_level(logging.DEBUG), pytest.raises(RefusedFile, match="has no header") as refused:
        check_columns(Path("people.csv"), "people", ["crm", "p-1", "王小明", "13812341234"])
    assert "王小明" not in str(refused.value)
    with pytest.raises(RefusedFile) as refused:
        check_columns(Path("people.csv"), "people", ["source", "source_id", "13812341234"])
    assert "13812341234" not in str(refused.value)
