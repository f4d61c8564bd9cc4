"""A cursor opens for its own list under its own key, and for nothing else."""

import string
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renche.graph.caller import Caller, Restriction, Scope
from renche.graph.clock import Moment
from renche.graph.cursor import Cursors, Position
from renche.graph.errors import InvalidCursor
from renche.graph.ids import Kind, make_id

KEY = bytes(range(32))
CURSORS = Cursors(KEY)
ID = make_id(Kind.PERSON, "app", "42")
KEYS = ("310000", None, 1974, date(2021, 6, 18), ID)
POSITION = Position(KEYS, Moment(date(2026, 7, 1), datetime(2026, 7, 1, 3, 4, 5, 678, tzinfo=UTC)))
BINDING = "people|(('city', '310000'),)|[]"
CURSOR = CURSORS.seal(POSITION, BINDING)

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
INSTANTS = st.datetimes(timezones=st.just(UTC))
# What rows are sorted by: words, numbers, days, instants, or nothing where a value is missing.
KEY_VALUES = st.one_of(st.none(), TEXT, st.integers(-(2**63), 2**63 - 1), st.dates(), INSTANTS)
POSITIONS = st.builds(
    Position,
    st.builds(
        lambda keys, id_: (*keys, id_), st.lists(KEY_VALUES), st.builds(make_id, st.sampled_from(Kind), TEXT, TEXT)
    ),
    st.builds(Moment, st.dates(), INSTANTS),
)


@given(POSITIONS, TEXT)
def test_a_cursor_opens_where_it_was_sealed(position: Position, binding: str) -> None:
    """What was sealed comes back whole: each key of the row as it was, the day and the instant to the microsecond."""
    cursor = CURSORS.seal(position, binding)
    opened = CURSORS.open(cursor, binding)
    assert opened == position
    assert [type(key) for key in opened.keys] == [type(key) for key in position.keys]
    assert set(cursor) <= set(string.ascii_letters + string.digits + "-_=")


@given(TEXT)
def test_a_cursor_of_another_list_is_refused(binding: str) -> None:
    """Whatever differs in the list, its start or its filters, the cursor does not fit."""
    with pytest.raises(InvalidCursor):
        CURSORS.open(CURSOR, binding)


def test_a_cursor_under_another_key_is_refused() -> None:
    """Nobody makes up a cursor without the key."""
    with pytest.raises(InvalidCursor):
        CURSORS.open(Cursors(bytes(32)).seal(POSITION, BINDING), BINDING)


CALLERS: list[dict[str, Any]] = [
    {},
    {"restriction": Restriction(dealers=frozenset())},
    {"restriction": Restriction(dealers=frozenset({"a", "b"}))},
    {"restriction": Restriction(cities=frozenset({"a", "b"}))},
    {"restriction": Restriction(brands=frozenset({"a", "b"}))},
    {"restriction": Restriction(brands=frozenset({"a"}), cities=frozenset({"b"}))},
    {"restriction": Restriction(brands=frozenset({"a, b"}))},
    {"restriction": Restriction(person="a")},
    {"partner": "a", "purpose": "b"},
    {"partner": "a", "purpose": "c"},
    {"partner": "a", "purpose": "b", "restriction": Restriction(cities=frozenset({"a", "b"}))},
]


@pytest.mark.parametrize("given", CALLERS)
def test_a_cursor_is_for_who_sees_the_same(given: dict[str, Any]) -> None:
    """Of all who see otherwise none can open it; another token that allows to see the same can."""
    mine, another = (Caller(name, frozenset(), **given) for name in ("token:a", "token:b"))
    cursor = CURSORS.within(mine.sight).seal(POSITION, BINDING)
    assert CURSORS.within(another.sight).open(cursor, BINDING) == POSITION
    for other in CALLERS:
        if other != given:
            with pytest.raises(InvalidCursor):
                CURSORS.within(Caller("token:a", frozenset(), **other).sight).open(cursor, BINDING)


def test_who_sees_everything_has_the_cursors_of_all_who_do() -> None:
    """Those sealed for nobody in particular stay good."""
    assert CURSORS.within(Caller("user:a", frozenset(Scope)).sight).open(CURSOR, BINDING) == POSITION


def test_any_altered_bit_is_noticed() -> None:
    """No bit of the sealed bytes can be turned."""
    sealed = bytearray(urlsafe_b64decode(CURSOR))
    for bit in range(len(sealed) * 8):
        sealed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(InvalidCursor):
            CURSORS.open(urlsafe_b64encode(sealed).decode(), BINDING)
        sealed[bit // 8] ^= 1 << bit % 8
    assert CURSORS.open(CURSOR, BINDING) == POSITION


def test_any_altered_character_is_noticed() -> None:
    """A cursor has one spelling: no character can be another, be left out or be put in."""
    for at in range(len(CURSOR)):
        for changed in (
            CURSOR[:at] + ("A" if CURSOR[at] != "A" else "B") + CURSOR[at + 1 :],
            CURSOR[:at] + CURSOR[at + 1 :],
            CURSOR[:at] + "!" + CURSOR[at:],
            CURSOR[:at] + "\n" + CURSOR[at:],
        ):
            with pytest.raises(InvalidCursor):
                CURSORS.open(changed, BINDING)


@given(st.integers(1, 30), st.integers(1, 255))
def test_bits_that_base64_leaves_out_count_too(length: int, change: int) -> None:
    """Where the last character has bits to spare, they cannot be used to spell the cursor in another way."""
    cursor = CURSORS.seal(Position(("x" * length,), POSITION.moment), BINDING)
    last = cursor.rstrip("=")[-1]
    alphabet = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
    other = alphabet[alphabet.index(last) ^ (change % 64)]
    respelt = cursor.rstrip("=")[:-1] + other + "=" * cursor.count("=")
    if respelt != cursor:
        with pytest.raises(InvalidCursor):
            CURSORS.open(respelt, BINDING)


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        " ",
        "=",
        "====",
        "A",
        "AAAA",
        urlsafe_b64encode(bytes(7)).decode(),
        urlsafe_b64encode(bytes(12)).decode(),
        urlsafe_b64encode(bytes(27)).decode(),
        urlsafe_b64encode(bytes(28)).decode(),
        urlsafe_b64encode(bytes(100)).decode(),
        urlsafe_b64encode(f'["{ID}","2026-07-01","2026-07-01T00:00:00+00:00"]'.encode()).decode(),
        CURSOR[: len(CURSOR) // 2],
        CURSOR + "A",
        CURSOR + "AAAA",
        CURSOR + "====",
        CURSOR + CURSOR,
        " " + CURSOR,
        CURSOR + "\n",
        CURSOR.replace("-", "+").replace("_", "/") + "+",
        "游标",
        "\ud800",
        "\x00",
        "null",
        "arrayconnection:20",
        ID,
        "A" * 4_000_000,
        "!" * 1_000_000,
    ],
)
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    """Anything else gets the one error, with its code and a sentence that does not repeat it; the caller of `open`
    puts the argument's name in front."""
    with pytest.raises(InvalidCursor) as refused:
        CURSORS.open(cursor, BINDING)
    assert refused.value.code == "INVALID_CURSOR"
    assert refused.value.message == "this cursor is not of this list with these arguments; start again without it."
    assert refused.value.__cause__ is None


@given(st.text(max_size=200))
def test_no_text_raises_another_error(cursor: str) -> None:
    """Not base64, not ASCII, too short: never an exception that shows as an internal error."""
    with pytest.raises(InvalidCursor):
        CURSORS.open(cursor, BINDING)


def test_a_cursor_shows_nothing() -> None:
    """Neither the row's keys nor the moment can be read, and two seals of one row look different."""
    sealed = urlsafe_b64decode(CURSOR)
    for hidden in (ID, ID[4:12], "per_", "2026-07", "310000", "1974", "2021-06", "people"):
        assert hidden.encode() not in sealed
        assert hidden not in CURSOR
    other = CURSORS.seal(POSITION, BINDING)
    assert other != CURSOR
    assert CURSORS.open(other, BINDING) == POSITION
