"""Ids: opaque, stable for ever, with the kind of thing in front.

An id is derived from the source's own key, so that the same row has the same id on every engine and after
every rebuild of the graph, and a link can name a thing before its row has come. See
docs/decisions/0002-derived-ids.md.
"""

import re
import struct
from enum import StrEnum
from functools import cache
from hashlib import blake2b

from renche.graph.errors import InvalidId

_DIGEST_SIZE = 16
_LENGTH = 26  # base32 characters of 128 bits, without padding
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_TWO = [one + two for one in _ALPHABET for two in _ALPHABET]
_HALVES = struct.Struct(">QQ").unpack
_FORM = re.compile(rf"([a-z]{{3}})_[a-z2-7]{{{_LENGTH}}}")

# What divides the parts that are hashed must not stand in the first of them, or two rows could share an id.
_ESCAPED = str.maketrans({"\x1e": "\x1e0", "\x1f": "\x1e1"})


class Kind(StrEnum):
    """What an id names; the value is the id's prefix."""

    PERSON = "per"
    REGISTRATION = "reg"
    IDENTIFIER = "idf"
    VEHICLE = "veh"
    MODEL = "mod"
    DEALER = "dea"
    CLUB = "clu"
    HOUSEHOLD = "hou"
    VISIT = "vis"
    REFERRAL = "ref"
    STEP = "stp"
    INTENT = "int"
    PURCHASE = "pur"
    DRIVE = "drv"
    SERVICE = "srv"
    MEMBERSHIP = "mem"
    RESIDENCE = "res"
    KEEPING = "kep"
    CONSENT = "con"
    PARTNER = "par"
    LINK = "lnk"


_PREFIXES = frozenset(Kind)


@cache
def _three() -> list[str]:
    """Base32 by three characters at a time: a load makes millions of ids, and Python's own takes many times as long.

    It takes 2 MB, which who only reads ids does not pay for.
    """
    return [two + three for two in _TWO for three in _ALPHABET]


def make_id(kind: Kind, source: str, source_id: str) -> str:
    """The id of what `source` calls `source_id`: prefix, underscore, 26 lower-case base32 characters."""
    key = f"{kind._value_}\x1f{source.translate(_ESCAPED)}\x1f{source_id}"
    # Two halves: arithmetic on whole numbers of 128 bits takes longer. The last character has three bits of its five.
    a, b = _HALVES(blake2b(key.encode(), digest_size=_DIGEST_SIZE).digest())
    three = _three()
    return (
        f"{kind._value_}_{three[a >> 49]}{three[a >> 34 & 32767]}{three[a >> 19 & 32767]}{three[a >> 4 & 32767]}"
        f"{three[(a & 15) << 11 | b >> 53]}{three[b >> 38 & 32767]}{three[b >> 23 & 32767]}{three[b >> 8 & 32767]}"
        f"{_TWO[(b & 255) << 2]}"
    )


def partner_id(code: str) -> str:
    """The id of the partner with this code, which no source has for its own."""
    return make_id(Kind.PARTNER, "partner", code)


def kind_of(id_: str) -> Kind:
    """The kind an id names.

    Raises InvalidId when renche cannot have given it out.
    """
    found = _FORM.fullmatch(id_)
    if found and found[1] in _PREFIXES:
        return Kind(found[1])
    raise InvalidId("This is not an id of renche; ids look like 'per_' and 26 letters or digits.")


_LABELS = {
    Kind.PERSON: "Person",
    Kind.REGISTRATION: "Registration",
    Kind.VEHICLE: "Vehicle",
    Kind.MODEL: "Model",
    Kind.DEALER: "Dealer",
    Kind.CLUB: "Club",
    Kind.HOUSEHOLD: "Household",
    Kind.VISIT: "ServiceVisit",
    Kind.REFERRAL: "Referral",
}


def label_of(id_: str) -> str:
    """The label of the thing an id names; raises InvalidId for what names no thing that can be asked for."""
    label = _LABELS.get(kind_of(id_))
    if label is None:
        raise InvalidId("id: this names a relationship or a part of a thing; ask for the thing itself.")
    return label
