"""Ids are derived, opaque, and told apart from what is no id."""

import re
from base64 import b32encode
from hashlib import blake2b
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renche.graph.errors import InvalidId
from renche.graph.ids import Kind, kind_of, make_id

KINDS = st.sampled_from(Kind)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
# Few characters, the separators among them: pairs that could be taken for one another come up often.
TRICKY = st.text("ab\x1e\x1f01", max_size=4)
GOOD = make_id(Kind.PERSON, "app", "1")


@given(KINDS, TEXT, TEXT)
def test_an_id_is_a_prefix_and_26_characters(kind: Kind, source: str, source_id: str) -> None:
    """Whatever the source calls a thing, its id has one form, and tells its kind."""
    id_ = make_id(kind, source, source_id)
    assert re.fullmatch(r"[a-z]{3}_[a-z2-7]{26}", id_)
    assert kind_of(id_) is kind


@pytest.mark.parametrize(
    ("kind", "prefix", "source", "source_id"),
    [
        (Kind.PERSON, "per", "app", "42"),
        (Kind.VEHICLE, "veh", "dms", "沪-0001"),
        (Kind.LINK, "lnk", "dms", "OF_MODEL:vehicles:9"),
    ],
)
def test_an_id_is_known_beforehand(kind: Kind, prefix: str, source: str, source_id: str) -> None:
    """An id is the BLAKE2b digest of prefix, source and source id, so every rebuild gives the same."""
    digest = blake2b("\x1f".join([prefix, source, source_id]).encode(), digest_size=16).digest()
    assert make_id(kind, source, source_id) == f"{prefix}_" + b32encode(digest).decode().rstrip("=").lower()


def test_an_id_never_changes() -> None:
    """Ids that were given out stay good: this one is written down."""
    assert GOOD == "per_7verm7mr6dd4xq5je6pry3ku3e"


def test_ids_differ_by_kind_source_and_source_id() -> None:
    """No two of many kinds, sources and source ids share an id, not even its random part."""
    keys = list(product(Kind, ["app", "dms", ""], ["1", "2", "01", ""]))
    assert len({make_id(*key).partition("_")[2] for key in keys}) == len(keys)


@given(st.tuples(TRICKY, TRICKY), st.tuples(TRICKY, TRICKY))
def test_a_separator_in_a_name_makes_no_collision(one: tuple[str, str], other: tuple[str, str]) -> None:
    """Two different pairs of source and source id have two ids, whatever characters they hold."""
    assert (make_id(Kind.PERSON, *one) == make_id(Kind.PERSON, *other)) == (one == other)


def test_the_known_collision_is_none() -> None:
    """The character between the hashed parts does not move a piece of the source id into the source."""
    assert make_id(Kind.PERSON, "a", "b\x1fc") != make_id(Kind.PERSON, "a\x1fb", "c")


@pytest.mark.parametrize(
    "junk",
    [
        "",
        "_",
        "per",
        "per_",
        GOOD[:-1],
        GOOD + "a",
        GOOD.upper(),
        "PER" + GOOD[3:],
        GOOD[:-1] + "A",
        GOOD[:-1] + "1",
        GOOD[:-1] + "0",
        GOOD[:-1] + "8",
        GOOD[:-1] + "٣",
        GOOD[:-1] + "²",
        GOOD[:-1] + "é",
        GOOD[:-1] + "=",
        GOOD[:-1] + "\x00",
        GOOD[:-1] + "\ud800",
        GOOD + "\n",
        " " + GOOD,
        GOOD + " ",
        "_" + GOOD,
        GOOD.replace("_", "-"),
        GOOD.replace("_", "__"),
        "xyz" + GOOD[3:],
        "pe" + GOOD[3:],
        "ＰＥＲ" + GOOD[3:],
        "PERSON" + GOOD[3:],
        "13800138000",
        "LSGJA52U7FH000001",
        "4:1f0c8d3e-0000-4000-8000-000000000000:17",
        "None",
        "[]",
        "per_" + "a" * 100_000,
        "' OR 1=1 //",
    ],
)
def test_what_is_no_id_is_refused(junk: str) -> None:
    """Anything that renche cannot have given out is refused with a sentence that does not repeat it."""
    with pytest.raises(InvalidId) as refused:
        kind_of(junk)
    assert refused.value.code == "BAD_USER_INPUT"
    assert len(junk) < 5 or junk not in refused.value.message


def test_prefixes_have_three_letters_and_differ() -> None:
    """A prefix names one kind and has a fixed length."""
    assert all(re.fullmatch(r"[a-z]{3}", kind) for kind in Kind)
    assert len({str(kind) for kind in Kind}) == len(Kind)
