"""A mask shows little, always the same way, and never a short value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renche.graph.mask import (
    mask_account,
    mask_email,
    mask_id_card,
    mask_identifier,
    mask_name,
    mask_phone,
    mask_plate,
)
from renche.graph.words import IdentifierKind

# Any character but the star, which a mask writes itself.
TEXT = st.text(st.characters(exclude_characters="*"), max_size=40)
DIGITS = st.text("0123456789", max_size=20)
PHONES = st.one_of(DIGITS, DIGITS.map(lambda digits: f"+{digits}"), st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))
PLATES = st.from_regex(r"[京沪粤]([A-Z])·?[0-9A-Z]{0,8}", fullmatch=True)
EMAILS = st.builds("{}@{}".format, TEXT, st.one_of(TEXT, st.just("qq.com")))


@pytest.mark.parametrize(
    ("name", "mask"),
    [
        ("王小明", "王**"),
        ("王明", "王**"),
        (" 王小明 ", "王**"),
        ("欧阳娜娜", "欧**"),
        ("司马光", "司**"),
        ("Anna Smith", "A**"),
        ("王", "**"),
        ("", "**"),
        ("\ud800明", "**"),
    ],
)
def test_a_natural_person_keeps_the_first_character(name: str, mask: str) -> None:
    """A name shows exactly one character, compound surnames too, and a single character is hidden."""
    assert mask_name(name) == mask


@pytest.mark.parametrize(
    ("name", "mask"),
    [
        ("上海某某汽车租赁有限公司", "上海****"),
        ("某某公司", "某某****"),
        ("某公司", "某****"),
        ("某", "****"),
        ("", "****"),
    ],
)
def test_a_legal_person_keeps_two_characters(name: str, mask: str) -> None:
    """A company shows two characters, or fewer when its name is short."""
    assert mask_name(name, legal=True) == mask


@pytest.mark.parametrize(
    ("phone", "mask"),
    [
        ("13812341234", "138****1234"),
        ("+8613812341234", "138****1234"),
        ("+862112345678", "+86****78"),
        ("+14155550123", "+1****23"),
        ("+447911123456", "+44****56"),
        ("+85291234567", "+852****67"),
        ("+6834000", "+683****"),
        ("+99912345678", "****"),
        ("02112345678", "****"),
        ("1381234123", "****"),
        ("12812341234", "****"),
        ("13812341234\n", "****"),
        ("１３８１２３４１２３４", "****"),
        ("", "****"),
    ],
)
def test_a_phone_keeps_its_ends(phone: str, mask: str) -> None:
    """A mainland mobile shows three and four digits, a number elsewhere its country and two."""
    assert mask_phone(phone) == mask


@pytest.mark.parametrize(
    ("email", "mask"),
    [
        ("anna@qq.com", "a****@qq.com"),
        ("anna@QQ.com", "a****@qq.com"),
        ("anna@anna-smith.example", "a****@****"),
        ("an@qq.com", "****@qq.com"),
        ("@qq.com", "****@qq.com"),
        ("anna", "****"),
        ("", "****"),
    ],
)
def test_an_email_hides_a_domain_that_may_name_its_owner(email: str, mask: str) -> None:
    """Only a large public domain is shown, and the first character of a name of three or more."""
    assert mask_email(email) == mask


@pytest.mark.parametrize(
    ("plate", "mask"),
    [
        ("沪A·12345", "沪A***45"),
        ("沪A12345", "沪A***45"),
        ("沪AD12345", "沪A***45"),
        ("沪A1234挂", "沪A***4挂"),
        ("沪A1234", "****"),
        ("AB-123-C", "****"),
        ("", "****"),
    ],
)
def test_a_plate_keeps_its_city_and_the_last_two(plate: str, mask: str) -> None:
    """Ordinary and new-energy plates look alike when masked; another form is hidden."""
    assert mask_plate(plate) == mask


def test_accounts_and_cards_keep_a_tail_when_long_enough() -> None:
    """An account shows four of twelve, two of eight, else none; an identity card its last two."""
    assert [mask_account(value) for value in ("oABCDEF12345", "member88", "abc1234", "")] == [
        "****2345",
        "****88",
        "****",
        "****",
    ]
    assert [mask_id_card(value) for value in ("11010519491231002X", "110105491231002", "11010549")] == [
        "****2X",
        "****02",
        "****",
    ]


def test_every_kind_of_identifier_has_a_mask() -> None:
    """No kind is left out, and each leads to its own mask."""
    assert {mask_identifier(kind, "") for kind in IdentifierKind} == {"****"}
    assert mask_identifier(IdentifierKind.PHONE, "13812341234") == "138****1234"
    assert mask_identifier(IdentifierKind.PLATE, "沪A12345") == "沪A***45"


@given(TEXT)
def test_a_name_never_shows_more_than_its_first_characters(name: str) -> None:
    """Whatever the name, at most one character of a person and two of a company come through, and not all."""
    for legal, most in ((False, 1), (True, 2)):
        shown = mask_name(name, legal=legal).replace("*", "")
        assert len(shown) <= most
        assert name.strip().startswith(shown)
        assert not shown or len(shown) < len(name.strip())


@given(st.sampled_from(IdentifierKind), st.one_of(TEXT, PHONES, PLATES))
def test_an_identifier_never_shows_whole(kind: IdentifierKind, value: str) -> None:
    """Whatever the value, its mask hides at least three characters, and all of a short one."""
    mask = mask_identifier(kind, value)
    shown = sum(len(part) for part in mask.split("*"))
    assert "***" in mask
    assert not value or value not in mask
    if kind is not IdentifierKind.EMAIL:
        assert shown <= max(0, len(value) - 3)
        if len(value) < 4:
            assert shown == 0


@given(EMAILS)
def test_an_email_never_shows_more_than_one_character_of_its_name(email: str) -> None:
    """The name before the last @ shows one character at most, and none when it has fewer than three."""
    name = email.rpartition("@")[0]
    shown = mask_email(email).rpartition("@")[0].replace("*", "")
    assert len(shown) <= (1 if len(name) >= 3 else 0)


@given(st.sampled_from(IdentifierKind), st.one_of(TEXT, PHONES, EMAILS))
def test_a_mask_does_not_tell_the_length(kind: IdentifierKind, value: str) -> None:
    """The run of stars is as long for a long value as for a short one."""
    assert set(filter(None, mask_identifier(kind, value).translate(_ONLY_STARS).split())) <= {"***", "****"}


class _OnlyStars(dict[int, str]):
    def __missing__(self, character: int) -> str:
        return "*" if character == ord("*") else " "


_ONLY_STARS = _OnlyStars()
