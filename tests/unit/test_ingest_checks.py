"""The forms of identifiers, days, money and codes that ingest accepts, and the one way each is written."""

import pickle
import string
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renche.graph import identifiers, money
from renche.ingest import checks
from renche.ingest.checks import Checks
from renche.ingest.cities import SHIPPED, load_cities
from renche.ingest.errors import RefusedFile

TODAY = date(2024, 2, 29)
CHECKS = Checks.build(TODAY)

NORMAL_FORMS: list[tuple[Callable[[str], str], str, str]] = [
    (identifiers.phone, "13812341234", "+8613812341234"),
    (identifiers.phone, "+8613812341234", "+8613812341234"),
    (identifiers.phone, "+86 138 1234 1234", "+8613812341234"),
    (identifiers.phone, "0086-138-1234-1234", "+8613812341234"),
    (identifiers.phone, "86 13812341234", "+8613812341234"),
    (identifiers.phone, "１３８１２３４１２３４", "+8613812341234"),
    (identifiers.phone, "021-62345678", "+862162345678"),
    (identifiers.phone, "+1 415 555 2671", "+14155552671"),
    (identifiers.phone, "+852 9123 4567", "+85291234567"),
    (identifiers.email, "Wang.Wei@Example.COM", "wang.wei@example.com"),
    (identifiers.email, "a+b@mail.example.com.cn", "a+b@mail.example.com.cn"),
    (identifiers.plate, "沪A12345", "沪A12345"),
    (identifiers.plate, "沪a·1234b", "沪A1234B"),
    (identifiers.plate, "沪A-123 45", "沪A12345"),
    (identifiers.plate, "沪Ａ．１２３４５", "沪A12345"),
    (identifiers.plate, "沪AD12345", "沪AD12345"),
    (identifiers.plate, "粤BF12345", "粤BF12345"),
    (identifiers.plate, "京ADA1234", "京ADA1234"),
    (identifiers.plate, "京A12345D", "京A12345D"),
    (identifiers.plate, "京A1234警", "京A1234警"),
    (identifiers.plate, "京A1234学", "京A1234学"),
    (identifiers.plate, "沪B1234挂", "沪B1234挂"),
    (identifiers.plate, "粤Z1234港", "粤Z1234港"),
    (identifiers.plate, "粤Z·1234澳", "粤Z1234澳"),
    (identifiers.plate, "沪A0023领", "沪A0023领"),
    (identifiers.plate, "使224001", "使224001"),
    (identifiers.plate, "224·001使", "224001使"),
    (identifiers.id_card, "11010519491231002X", "11010519491231002X"),
    (identifiers.id_card, "11010519491231002x", "11010519491231002X"),
    (identifiers.id_card, "110105491231002", "11010519491231002X"),
    (identifiers.vin, "1m8gdm9axkp042788", "1M8GDM9AXKP042788"),
    (identifiers.vin, "１M8GDM9AXKP042788", "1M8GDM9AXKP042788"),
]

REFUSED: list[tuple[Callable[[str], str], str, str]] = [
    (identifiers.phone, "1381234123", "no phone number"),
    (identifiers.phone, "12812341234", "no phone number"),
    (identifiers.phone, "13812341234/13912341234", "no phone number"),
    (identifiers.phone, "021-62345678转801", "no phone number"),
    (identifiers.phone, "138****1234", "masked"),
    (identifiers.phone, "+999 1234567", "no phone number"),
    (identifiers.email, "wang.wei", "no e-mail address"),
    (identifiers.email, "a@b", "no e-mail address"),
    (identifiers.email, "a@example.com, b@example.com", "no e-mail address"),
    (identifiers.plate, "沪A1234", "no mainland plate"),
    (identifiers.plate, "沪A123456", "no mainland plate"),
    (identifiers.plate, "沪A1234O", "I or O"),
    (identifiers.plate, "沪AL12345", "no mainland plate"),
    (identifiers.plate, "沪A12345L", "no mainland plate"),
    (identifiers.plate, "A12345", "no mainland plate"),
    (identifiers.id_card, "110105194912310021", "check digit is wrong"),
    (identifiers.id_card, "110105194913310025", "does not exist"),
    (identifiers.id_card, "000105194912310021", "no ID-card number"),
    (identifiers.id_card, "990105194902300021", "does not exist"),
    (identifiers.id_card, "91310000MA1FL1234X", "no ID-card number"),
    (identifiers.vin, "1M8GDM9AXKP04278", "17 characters"),
    (identifiers.vin, "1M8GDM9AXKP04278O", "other than I, O and Q"),
]


@pytest.mark.parametrize(("check", "given_", "normal"), NORMAL_FORMS)
def test_identifiers_have_one_normal_form(check: Callable[[str], str], given_: str, normal: str) -> None:
    """However an identifier is written, it becomes the same text, and stays it when checked again."""
    assert check(given_) == normal
    assert check(normal) == normal


@pytest.mark.parametrize(("check", "given_", "fragment"), REFUSED)
def test_wrong_identifiers_are_refused(check: Callable[[str], str], given_: str, fragment: str) -> None:
    """A wrong identifier is refused with a reason that does not repeat it."""
    with pytest.raises(ValueError, match=fragment) as refused:
        check(given_)
    assert given_ not in str(refused.value)


@given(st.from_regex(r"\A1[3-9][0-9]{9}\Z"), st.sampled_from(["", "+86", "0086", "86", "+86 "]), st.booleans())
def test_mobiles_are_normalised_however_written(number: str, prefix: str, dashes: bool) -> None:
    """Country code and dashes make no difference to a mainland mobile."""
    written = f"{number[:3]}-{number[3:7]}-{number[7:]}" if dashes else number
    assert identifiers.phone(prefix + written) == "+86" + number
    assert identifiers.phone(identifiers.phone(prefix + written)) == "+86" + number


_SERIAL = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"


@given(
    st.sampled_from(identifiers.PROVINCES),
    st.sampled_from("ABCDEFGH"),
    st.text(_SERIAL, min_size=5, max_size=5),
    st.sampled_from(["", "·", ".", "-", " ", "• "]),
)
def test_plates_are_normalised_however_written(province: str, city: str, serial: str, separator: str) -> None:
    """Separators and small letters make no difference to a plate."""
    normal = province + city + serial
    written = f"{province}{city.lower()}{separator}{serial.lower()}"
    assert identifiers.plate(written) == normal
    assert identifiers.plate(normal) == normal


def _iso_3779_digit(vin: str) -> str:
    """Written from the standard's two tables, letter by letter."""
    values = {digit: int(digit) for digit in string.digits}
    for letters, first in (("ABCDEFGH", 1), ("JKLMN", 1), ("STUVWXYZ", 2)):
        values.update({letter: first + place for place, letter in enumerate(letters)})
    values.update({"P": 7, "R": 9})
    weights = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2]
    rest = 0
    for character, weight in zip(vin, weights, strict=True):
        rest += values[character] * weight
    rest %= 11
    return "X" if rest == 10 else str(rest)


@given(st.text("ABCDEFGHJKLMNPRSTUVWXYZ0123456789", min_size=17, max_size=17))
def test_vin_check_digit_agrees_with_the_standard(vin: str) -> None:
    """The check digit holds exactly when an independent reckoning gives the same character."""
    assert identifiers.vin_check_digit_holds(vin) == (vin[8] == _iso_3779_digit(vin))
    right = vin[:8] + _iso_3779_digit(vin) + vin[9:]
    assert identifiers.vin_check_digit_holds(right)


@given(
    st.sampled_from(["110105", "310104", "440305"]),
    st.dates(date(1900, 1, 1), date(2020, 1, 1)),
    st.integers(0, 999),
)
def test_id_card_check_digit_agrees_with_mod_11_2(region: str, born: date, serial: int) -> None:
    """Of the eleven possible last characters exactly the one of ISO 7064 MOD 11-2 passes."""
    front = f"{region}{born:%Y%m%d}{serial:03}"
    # The recursive method of the standard, unlike the weights of the code under test.
    product = 0
    for digit in front:
        product = (product + int(digit)) * 2 % 11
    right = "0123456789X"[(12 - product) % 11]
    passing = []
    for last in "0123456789X":
        try:
            passing.append(identifiers.id_card(front + last)[-1])
        except ValueError:
            continue
    assert passing == [right]


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("13812341234", "a mobile phone number"),
        ("+86 138-1234-1234", "a mobile phone number"),
        ("cust_13812341234", "a mobile phone number"),
        ("沪A12345", "a plate"),
        ("沪a·12345", "a plate"),
        ("使224001", "a plate"),
        ("11010519491231002X", "an ID-card number"),
        ("110105491231002", "an ID-card number"),
        ("wang@example.com", "an e-mail address"),
        ("p-000123", None),
        ("1001", None),
        ("20240101000012345", None),
        ("110105194912310021", None),
        ("550e8400-e29b-41d4-a716-446655440000", None),
        ("1M8GDM9AXKP042788", None),
        ("沪上车友会一", None),
    ],
)
def test_personal_forms_are_recognised(text: str, form: str | None) -> None:
    """What looks like an identifier of a person is told from the keys that systems use."""
    assert identifiers.personal_form(text) == form


@pytest.mark.parametrize(
    "value",
    ["2023-05-06", "2023/05/06", "20230506", "2023/5/6", 20230506, date(2023, 5, 6), datetime(2023, 5, 6)],  # noqa: DTZ001
)
def test_days_are_read_in_every_documented_form(value: object) -> None:
    """A day means the same in every form."""
    assert checks.day(value, CHECKS.latest) == date(2023, 5, 6)


@pytest.mark.parametrize(
    ("value", "fragment"),
    [
        ("2023-02-30", "no date"),
        ("06.05.2023", "no date"),
        ("2023-W05-1", "no date"),
        ("2023-05", "no date"),
        ("2023-0506", "no date"),
        ("202356", "no date"),
        ("1899-12-31", "before 1900"),
        ("2025-03-01", "after 2025-02-28"),
        ("9999-12-31", "too far ahead"),
        (True, "no date"),
        (1.5, "no date"),
        (datetime(2023, 5, 6, 1, 2), "an instant"),  # noqa: DTZ001
    ],
)
def test_wrong_days_are_refused(value: object, fragment: str) -> None:
    """A day that is none, or far off, is refused."""
    with pytest.raises(ValueError, match=fragment):
        checks.day(value, CHECKS.latest)


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("128800.00", "CNY", 12880000),
        ("128800", "CNY", 12880000),
        ("0.5", "CNY", 50),
        ("1.5000", "CNY", 150),
        ("100", "JPY", 100),
        ("1.234", "KWD", 1234),
        (128800, "CNY", 12880000),
        (0.1, "CNY", 10),
        (Decimal("128800.0000"), "CNY", 12880000),
        (Decimal("1E+3"), "CNY", 100000),
    ],
)
def test_money_becomes_minor_units(amount: object, currency: str, minor: int) -> None:
    """An amount becomes whole minor units of its currency, exactly."""
    assert money.minor_units(amount, currency) == minor


@pytest.mark.parametrize(
    ("amount", "currency", "fragment"),
    [
        ("-1", "CNY", "no amount"),
        ("1,000.00", "CNY", "no amount"),
        ("¥100", "CNY", "no amount"),
        ("1e3", "CNY", "no amount"),
        ("1.005", "CNY", "2 decimals"),
        ("1.5", "JPY", "0 decimals"),
        (True, "CNY", "no amount"),
        (float("inf"), "CNY", "no amount"),
        ("12345678901234", "CNY", "no amount"),
    ],
)
def test_wrong_amounts_are_refused(amount: object, currency: str, fragment: str) -> None:
    """A negative, over-precise or decorated amount is refused."""
    with pytest.raises(ValueError, match=fragment):
        money.minor_units(amount, currency)


@given(st.decimals(min_value=0, max_value=10**12, places=2))
def test_money_is_exact(amount: Decimal) -> None:
    """Minor units are a hundred times the amount, with nothing lost on the way."""
    assert money.minor_units(str(amount), "CNY") == amount * 100


@pytest.mark.parametrize(
    ("code", "city"),
    [
        ("310000", "310000"),  # a municipality is its own city
        ("310115", "310000"),  # and a county's code becomes its city's
        ("330100", "330100"),
        ("330106", "330100"),
        ("330103", "330100"),  # abolished in 2021, still in old exports
        ("429004", "429004"),  # a county directly under its province
        ("441900", "441900"),  # a prefecture without counties
        ("810000", "810000"),
        ("３１００００", "310000"),
        (310000, "310000"),
        (310000.0, "310000"),
    ],
)
def test_county_codes_become_their_citys(code: object, city: str) -> None:
    """The graph keeps the code of the city, whichever level the source gives."""
    assert checks.city(code, CHECKS.cities) == city


@pytest.mark.parametrize(
    ("code", "fragment"),
    [("330000", "a province"), ("上海", "six digits"), ("999999", "not in the table"), ("31000", "six digits")],
)
def test_wrong_city_codes_are_refused(code: str, fragment: str) -> None:
    """A province, a name and an unknown code are no city."""
    with pytest.raises(ValueError, match=fragment):
        checks.city(code, CHECKS.cities)


def test_shipped_city_table_is_complete_and_closed() -> None:
    """All 34 provinces are there, and each city that a code belongs to is a code of the table."""
    cities = load_cities()
    assert sum(code.endswith("0000") for code in cities) == 34
    assert {city for city in cities.values() if city} <= set(cities)
    assert all(cities[city] == city for city in cities.values() if city)
    assert SHIPPED.read_text(encoding="utf-8").startswith("# Administrative division codes")


@pytest.mark.parametrize("content", ["code,name\n310000,上海\n", "code,name,level,city\n31,上海,city,310000\n", ""])
def test_wrong_city_tables_are_refused(tmp_path: Path, content: str) -> None:
    """A table of city codes with another shape is refused by its path."""
    table = tmp_path / "cities.csv"
    table.write_text(content, encoding="utf-8")
    with pytest.raises(RefusedFile, match=r"cities\.csv"):
        load_cities(table)


def test_missing_or_foreign_city_table_is_refused(tmp_path: Path) -> None:
    """A table that is not there, or not UTF-8, is refused by its path."""
    with pytest.raises(RefusedFile, match="cannot be opened"):
        Checks.build(TODAY, tmp_path / "none.csv")
    table = tmp_path / "cities.csv"
    table.write_bytes("code,name,level,city\n310000,上海,city,310000\n".encode("gb18030"))
    with pytest.raises(RefusedFile, match="not UTF-8"):
        load_cities(table)


def test_own_city_table_serves(tmp_path: Path) -> None:
    """A table of one's own stands in for the shipped one."""
    table = tmp_path / "cities.csv"
    table.write_text("# ours\ncode,name,level,city\n990000,试,city,990000\n", encoding="utf-8")
    assert checks.city("990000", Checks.build(TODAY, table).cities) == "990000"


def test_checks_can_be_pickled() -> None:
    """Worker processes get equal checks."""
    copy = pickle.loads(pickle.dumps(CHECKS))  # noqa: S301
    assert (copy.today, copy.latest, dict(copy.cities)) == (TODAY, date(2025, 2, 28), dict(CHECKS.cities))


@pytest.mark.parametrize(
    ("value", "cleaned"),
    [
        ("王\u3000 伟", "王 伟"),
        ("王\u200b伟", "王伟"),
        ("𠮷野", "𠮷野"),
        ("\ue81a姓", "\ue81a姓"),
        (1001, "1001"),
        (1001.0, "1001"),
        (Decimal("7.00"), "7"),
        (True, "true"),
    ],
)
def test_text_is_cleaned(value: object, cleaned: str) -> None:
    """Text loses what cannot be seen and keeps rare characters of names."""
    assert checks.text(value) == cleaned


@pytest.mark.parametrize(
    ("value", "fragment"),
    [
        ("a\x00b", "control"),
        ("\u200b", "invisible"),
        ("x" * 201, "longer"),
        (["a"], "plain value"),
        ({"a": 1}, "plain value"),
        (b"a", "plain value"),
    ],
)
def test_text_that_is_none_is_refused(value: object, fragment: str) -> None:
    """Control characters, lists and endless text are refused."""
    with pytest.raises(ValueError, match=fragment):
        checks.text(value)


@pytest.mark.parametrize(
    ("value", "found"), [("true", True), ("FALSE", False), ("是", True), (1, True), (0, False), (False, False)]
)
def test_truth_values(value: object, found: bool) -> None:
    """True and false are known in the forms that exports have."""
    assert checks.truth(value) is found
