"""Personal values are revealed with a reason and a record, on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from renche.privacy.asked import Asked, BadReason
from renche.privacy.reveal import reveal
from renche.vault.audit import Audit
from renche.vault.errors import VaultUnavailable
from renche.vault.keys import Keys
from renche.vault.store import Vault
from renche.vault.values import Field, PersonalValue

KEYS = Keys.generate()
MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)
ASKED = Asked("user:anna", " calls back, case 7 ")


def value(subject: str, field: str, plain: str) -> PersonalValue:
    return PersonalValue(subject, field, plain, KEYS.fingerprint(field, plain))


PEOPLE = [value(f"reg_{n}", field, f"{field} {n}") for n in range(3) for field in (Field.NAME, Field.PHONE)]


def test_values_are_revealed_with_a_record_for_each_person(url: str) -> None:
    """Of each field the value said last; each person's record has who, which fields and why, and no value."""
    with Vault.open(url, KEYS, now=lambda: MONDAY) as vault:
        vault.put([*PEOPLE, value("reg_0", Field.PHONE, "second")])
        found = reveal(vault, {"per_b": ["reg_1", "reg_x"], "per_a": ["reg_0"]}, [Field.PHONE], ASKED)
        assert found == {"reg_0": {"phone": "second"}, "reg_1": {"phone": "phone 1"}, "reg_x": {}}
        records = Audit(vault).records()
    detail = {"fields": ["phone"], "reason": "calls back, case 7"}
    assert [(one.actor, one.action, one.target, one.detail) for one in records] == [
        ("user:anna", "person.reveal", "per_a", detail),
        ("user:anna", "person.reveal", "per_b", detail),
    ]


def test_a_value_said_again_is_the_newest(url: str) -> None:
    """Said last, an older value comes to the fore once more; said twice in a row, nothing changes."""
    clock = [MONDAY]
    first, second = value("reg_0", Field.PHONE, "1"), value("reg_0", Field.PHONE, "2")
    with Vault.open(url, KEYS, now=lambda: clock[0]) as vault:
        for said, newest in (
            ([first], "1"),
            ([second], "2"),
            ([second], "2"),
            ([first], "1"),
            ([first, second, first], "1"),
        ):
            clock[0] += timedelta(minutes=1)
            vault.put(said)
            assert reveal(vault, {"per_a": ["reg_0"]}, [Field.PHONE], ASKED) == {"reg_0": {"phone": newest}}


def test_without_a_record_nothing_is_revealed(url: str) -> None:
    """When the record cannot be written, its error comes in the place of the values."""
    with Vault.open(url, KEYS) as vault:
        vault.put(PEOPLE)
        with vault.engine.begin() as connection:
            connection.execute(text("DROP TABLE audit_records"))
        with pytest.raises(VaultUnavailable):
            reveal(vault, {"per_a": ["reg_0"]}, [Field.PHONE], ASKED)


@pytest.mark.parametrize("reason", ["", "   ", "abc", "   abcd   ", "x" * 301])
def test_a_reason_says_something(reason: str) -> None:
    """Less than five characters say nothing, and more than 300 too much."""
    with pytest.raises(BadReason, match="5 to 300 characters"):
        Asked("user:anna", reason)


@pytest.mark.parametrize(
    ("reason", "form"),
    [
        ("calls back 13800000101 today", "a phone number"),
        ("电话13800000101，回访", "a phone number"),
        ("电话 １３８００００１０１", None),
        ("电话 １３８０００００１０１", "a phone number"),
        ("please call 138-0000-0101", "a phone number"),
        ("office +86 138 0000 0101 asked", "a phone number"),
        ("landline 010-12345678 asked", "a phone number"),
        ("from +1 415 555 0123", "a phone number"),
        ("accident of 沪A·12345 on Monday", "a plate"),
        ("车牌粤b98765需要核对", "a plate"),
        ("new energy 沪AD12345", "a plate"),
        ("recall of LSVAM4187C2184847, urgent", "a VIN"),
        ("recall of lsvam4187c2184847", "a VIN"),
        ("wrote from lin@example.com", "an e-mail address"),
        ("card 11010519491231002X seen", "an ID-card number"),
        ("card 110105491231002 seen", "an ID-card number"),
        ("complaint, case 2026-1101-0007", None),
        ("ticket INC0012345, since 2026-11-01 13:45", None),
        ("order 20260101000012345", None),
        ("asked by per_abcdefghijklmnopqrstuvwxyz itself", None),
        ("job 550e8400-e29b-41d4-a716-446655440000", None),
        ("客户来电要求回访", None),
        ("沪上车友会活动确认", None),
    ],
)
def test_a_reason_names_nobody(reason: str, form: str | None) -> None:
    """What seems to be somebody's phone, plate, VIN, e-mail or ID card is refused, however it is written."""
    if form is None:
        assert Asked("user:anna", reason).detail == {"reason": reason}
        return
    with pytest.raises(BadReason, match=form) as caught:
        Asked("user:anna", reason)
    assert reason not in str(caught.value)
