"""The links that a row may have: one slot for each kind of link, and the id of the link that stands there.

A row that changes is compared with its slots, so that what it names no longer is found without a search.
"""

from typing import Final

from renche.graph.ids import Kind, make_id
from renche.ingest.rows import Ref
from renche.vault.values import Field

IDENTIFIERS: Final = tuple(item for item in Field if item is not Field.NAME)

MAIN_LINKS: Final = {
    "intents": "intends_to_buy",
    "purchases": "purchased",
    "drives": "drives",
    "memberships": "member_of",
    "consents": "consented_to",
}
"""Kinds of rows that make no thing but are a link themselves."""

_SLOTS: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "models": (),
    "dealers": (("under",),),
    "clubs": (),
    "households": (),
    "people": (("lives_in",), ("gave", *(item.name for item in IDENTIFIERS))),
    "vehicles": (("of_model",), ("keeps",), ("carries", Field.PLATE.name)),
    "intents": (("dealt_with",),),
    "purchases": (("dealt_with",),),
    "drives": (),
    "services": (("had",),),
    "memberships": (),
    "consents": (),
    "referrals": (("made",), ("of",), ("referral_at",), ("through",), ("resulted_in",)),
    "referral_steps": (("reached",),),
}


def slot_id(link: str, kind: str, key: Ref, which: str = "") -> str:
    """The id of a link that a row implies: one for each row and kind of link (and identifier)."""
    if link == "lives_in":
        return make_id(Kind.RESIDENCE, *key)
    if link == "keeps":
        return make_id(Kind.KEEPING, *key)
    return make_id(Kind.LINK, key.source, f"{link}{which and ':' + which}:{kind}:{key.source_id}")


def slots(kind: str, id_: str, key: Ref) -> list[tuple[str, str]]:
    """Every link that a row of this kind may have, as (kind of link, id): what a changed row is compared with."""
    main = [(MAIN_LINKS[kind], id_)] if kind in MAIN_LINKS else []
    implied = [(name, slot_id(name, kind, key, which)) for name, *rest in _SLOTS[kind] for which in rest or [""]]
    return main + implied


def dealing_id(source: str, service: str) -> str:
    """The id of the link to the dealer beside a SERVICES role."""
    return make_id(Kind.LINK, source, f"dealt_with:services:{service}")
