"""The text of API tokens, what may be granted, and when a token is good."""

from __future__ import annotations

import dataclasses
import re
import zlib
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from detect_secrets.plugins.base import RegexBasedDetector
from hypothesis import given
from hypothesis import strategies as st

from renche.vault.errors import BadGrant
from renche.vault.grants import MAXIMUM_LIFE, Allowed, ApiToken, Grant, network_of
from renche.vault.token_form import LONGEST, PATTERN, make_token, read_token

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
DAY = timedelta(days=1)

GRANT = Grant("CRM, nightly", "marketing", "live", frozenset({"people:read"}), NOW + 90 * DAY)


@pytest.mark.parametrize("env", ["live", "test", "demo", "a", "0123456789abcdef"])
def test_a_token_is_read_again(env: str) -> None:
    """What is made is found by the pattern amid other text, and read as the same token."""
    made = make_token(env)
    assert re.findall(PATTERN, f'Authorization: "Bearer {made.text}", x') == [made.text]
    assert read_token(made.text) == made
    assert made.text.startswith(f"rch_{env}_{made.id}_")
    assert len(made.text) <= LONGEST
    assert made.text.replace("_", "").isalnum()


def test_tokens_differ_and_hide() -> None:
    """No two tokens share id or secret, and no repr shows one."""
    made = [make_token("live") for _ in range(100)]
    assert len({token.id for token in made}) == len({token.text.split("_")[3] for token in made}) == 100
    assert len({token.hash for token in made}) == 100
    assert made[0].text not in repr(made)


def test_the_checksum_is_as_documented() -> None:
    """The last part is the CRC32 of all before it in base62, most significant digit first."""
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    body, _, checksum = make_token("live").text.rpartition("_")
    value = 0
    for character in checksum:
        value = value * 62 + alphabet.index(character)
    assert value == zlib.crc32(body.encode())


GOOD = make_token("live").text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "rch",
        GOOD[:-1],
        GOOD + "0",
        GOOD + "\n",
        " " + GOOD,
        GOOD.replace("rch", "rcj"),
        GOOD.replace("_live_", "_Live_"),
        GOOD.replace("_live_", "_test_"),
        GOOD.replace("_live_", "__"),
        GOOD.replace("_live_", "_lïve_"),
        GOOD[:-1] + "０",
        GOOD[:20] + "-" + GOOD[21:],
        GOOD * 100_000,
    ],
    ids=count(),  # they hold what is made by chance
)
def test_what_is_no_token_is_not_read(text: str) -> None:
    """Whatever was cut, lengthened or changed fails by its form or its checksum."""
    assert read_token(text) is None


@given(place=st.integers(4, len(GOOD) - 1), character=st.sampled_from("0aZ9_-é"))
def test_a_changed_character_is_noticed(place: int, character: str) -> None:
    """Any one character that changes breaks the token."""
    changed = GOOD[:place] + character + GOOD[place + 1 :]
    assert (read_token(changed) is None) == (changed != GOOD)


class RencheToken(RegexBasedDetector):
    """Our pattern as a secret scanner is given it."""

    secret_type = "renche API token"
    denylist = (re.compile(PATTERN),)


@pytest.mark.parametrize(
    "line",
    [
        f'token = "{GOOD}"',
        f"curl -H 'Authorization: Bearer {GOOD}' https://api.example.com",
        f"RENCHE_TOKEN={GOOD}",
        f"https://user:{GOOD}@example.com/",
    ],
    ids=count(),  # they hold what is made by chance
)
def test_a_secret_scanner_finds_a_planted_token(line: str) -> None:
    """detect-secrets with the documented pattern finds it in code, commands, settings and addresses."""
    found = RencheToken().analyze_line("config.py", line, 1)
    assert {secret.secret_value for secret in found} == {GOOD}
    assert not RencheToken().analyze_line("config.py", line.replace("rch_", "rcx_"), 1)


def test_the_pattern_is_documented() -> None:
    """docs/tokens.md has it as it is."""
    assert PATTERN in (Path(__file__).parents[2] / "docs" / "tokens.md").read_text(encoding="utf-8")


BAD_GRANTS: list[tuple[dict[str, object], str]] = [
    ({"name": " "}, "name of a token must be"),
    ({"name": "a\nb"}, "printable"),
    ({"name": "n" * 101}, "1 to 100"),
    ({"owner": ""}, "owner of a token must be"),
    ({"env": "Live"}, "lower-case"),
    ({"env": "live_1"}, "env of a token"),
    ({"scopes": frozenset()}, "at least one scope"),
    ({"scopes": frozenset({"everything"})}, "like people:read"),
    ({"partner": "a b"}, "partner must be"),
    ({"partner": ""}, "partner must be"),
    ({"partner": "insurer", "purpose": "x y"}, "purpose must be"),
    ({"partner": "insurer"}, "both the partner and the purpose"),
    ({"purpose": "quotes"}, "both the partner and the purpose"),
    ({"dealers": frozenset({""})}, "dealers"),
    ({"cities": frozenset({str(n) for n in range(1_001)})}, "1000 cities at most"),
    ({"brands": frozenset({"x" * 101})}, "brands"),
    ({"networks": frozenset({"10.0.0.0/33"})}, "no network; write a CIDR"),
    ({"networks": frozenset({"example.com"})}, "'example.com' is no network"),
    ({"networks": frozenset({"10.0.0.1/8"})}, "write 10.0.0.0/8, or the address with /32"),
    ({"networks": frozenset({""})}, "networks"),
    ({"expires_at": NOW}, "expired already"),
    ({"expires_at": NOW - DAY}, "expired already"),
    ({"expires_at": NOW + MAXIMUM_LIFE + DAY}, "after 366 days at the latest"),
    ({"expires_at": datetime(2026, 4, 1)}, "time zone"),  # noqa: DTZ001  that is what is wrong with it
    ({"not_before": NOW + 91 * DAY}, "before it begins"),
]


@pytest.mark.parametrize(("change", "said"), BAD_GRANTS)
def test_what_may_not_be_granted(change: dict[str, object], said: str) -> None:
    """Each thing that is wrong has a sentence of its own."""
    with pytest.raises(BadGrant, match=re.escape(said)) as caught:
        dataclasses.replace(GRANT, **change).check(NOW)  # type: ignore[arg-type]
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"not_before": NOW + 30 * DAY},
        {"expires_at": NOW + MAXIMUM_LIFE},
        {"dealers": frozenset()},
        {"cities": frozenset({"310000"}), "brands": frozenset({"比亚迪"}), "partner": "insurer-1", "purpose": "quotes"},
        {"networks": frozenset({"10.0.0.0/8", "2001:db8::/32", "203.0.113.7", "::1"})},
    ],
)
def test_what_may_be_granted(change: dict[str, object]) -> None:
    """Restrictions, networks and a later beginning are all a grant may have."""
    dataclasses.replace(GRANT, **change).check(NOW)  # type: ignore[arg-type]


def test_a_network_is_read() -> None:
    """An address alone is the network of that address."""
    assert str(network_of("203.0.113.7")) == "203.0.113.7/32"


TOKEN = ApiToken(
    "a" * 12,
    "n",
    "o",
    "live",
    frozenset({"people:read"}),
    None,
    None,
    None,
    None,
    None,
    frozenset(),
    NOW,
    NOW,
    NOW + 90 * DAY,
)


@pytest.mark.parametrize(
    ("change", "after", "state"),
    [
        ({}, timedelta(0), "valid"),
        ({}, 90 * DAY - timedelta(microseconds=1), "valid"),
        ({}, 90 * DAY, "expired"),
        ({"not_before": NOW + DAY}, timedelta(0), "not yet valid"),
        ({"not_before": NOW + DAY}, DAY, "valid"),
        ({"revoked_at": NOW}, timedelta(0), "revoked"),
        ({"revoked_at": NOW}, 91 * DAY, "revoked"),
        ({"rotated_to": "b" * 12, "rotated_until": NOW + DAY}, timedelta(0), "valid"),
        ({"rotated_to": "b" * 12, "rotated_until": NOW + DAY}, DAY, "rotated"),
    ],
)
def test_the_state_of_a_token(change: dict[str, object], after: timedelta, state: str) -> None:
    """Expiry, beginning, rotation and revocation count from their very moment."""
    assert dataclasses.replace(TOKEN, **change).state(NOW + after) == state  # type: ignore[arg-type]


GIVER = Allowed(
    frozenset({"tokens:manage", "people:read"}),
    dealers=frozenset({"dea_a", "dea_b"}),
    partner="insurer",
    purpose="quotes",
    networks=frozenset({"10.0.0.0/8", "2001:db8::/32"}),
)
GIVEN = dataclasses.replace(GIVER, scopes=frozenset({"people:read"}), networks=frozenset({"10.1.0.0/16"}))


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"scopes": GIVER.scopes},
        {"dealers": frozenset({"dea_b"})},
        {"dealers": frozenset()},
        {"cities": frozenset({"310000"}), "brands": frozenset()},
        {"networks": frozenset({"10.0.0.7", "2001:db8:1::/48"})},
    ],
)
def test_the_same_or_less_may_be_given(change: dict[str, Any]) -> None:
    """A token may do what its giver may, or be restricted further."""
    assert GIVER.refuses(dataclasses.replace(GIVEN, **change)) is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"scopes": frozenset({"people:read", "people:erase"})}, "people:erase"),
        ({"dealers": None}, "dealers"),
        ({"dealers": frozenset({"dea_a", "dea_c"})}, "dealers"),
        ({"partner": None, "purpose": None}, "partner"),
        ({"partner": "charger"}, "partner"),
        ({"purpose": "marketing"}, "purpose"),
        ({"networks": frozenset()}, "networks"),
        ({"networks": frozenset({"10.1.0.0/16", "11.0.0.0/8"})}, "networks"),
        ({"networks": frozenset({"0.0.0.0/0"})}, "networks"),
        ({"networks": frozenset({"2001::/16"})}, "networks"),
    ],
)
def test_more_may_not_be_given(change: dict[str, Any], said: str) -> None:
    """A scope that the giver lacks, a restriction left out or widened, a network outside of its own are refused."""
    refused = GIVER.refuses(dataclasses.replace(GIVEN, **change))
    assert refused is not None
    assert said in refused


def test_who_is_not_restricted_may_give_anything_of_its_scopes() -> None:
    """Without restrictions any are narrower."""
    assert Allowed(GIVER.scopes).refuses(GIVEN) is None
