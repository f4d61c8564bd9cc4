"""The tables of ingest: each kind of thing and each kind of link, with the statements that read and write it."""

from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any, Final

from renche.graph.ids import Kind
from renche.graph.named_queries import Statement, named_query

LinkRow = dict[str, Any]
"""A parameter of a link statement: `from`, `to` and `edge`, the properties.

A link to an identifier has that too, as `identifier`, and `new` where no row of the run has named it before.
"""


@dataclass(frozen=True)
class ThingKind:
    """A kind of thing that rows make: what is there of it, and how it is created and changed."""

    file_kind: str
    present: Statement
    create: Statement
    update: Statement


@dataclass(frozen=True)
class LinkKind:
    """A kind of relationship between two kinds of things.

    An end of kind REGISTRATION stands for the person of that registration, except where `GAVE` starts.
    """

    name: str
    start: Kind
    end: Kind
    create: Statement
    current: Statement
    retract: Statement


THINGS: Final[dict[Kind, ThingKind]] = {
    Kind.MODEL: ThingKind(
        "models",
        named_query("ingest.present.model"),
        named_query("ingest.create.model"),
        named_query("ingest.update.model"),
    ),
    Kind.DEALER: ThingKind(
        "dealers",
        named_query("ingest.present.dealer"),
        named_query("ingest.create.dealer"),
        named_query("ingest.update.dealer"),
    ),
    Kind.CLUB: ThingKind(
        "clubs",
        named_query("ingest.present.club"),
        named_query("ingest.create.club"),
        named_query("ingest.update.club"),
    ),
    Kind.HOUSEHOLD: ThingKind(
        "households",
        named_query("ingest.present.household"),
        named_query("ingest.create.household"),
        named_query("ingest.update.household"),
    ),
    Kind.REGISTRATION: ThingKind(
        "people",
        named_query("ingest.present.registration"),
        named_query("ingest.create.registration"),
        named_query("ingest.update.registration"),
    ),
    Kind.VEHICLE: ThingKind(
        "vehicles",
        named_query("ingest.present.vehicle"),
        named_query("ingest.create.vehicle"),
        named_query("ingest.update.vehicle"),
    ),
    Kind.VISIT: ThingKind(
        "services",
        named_query("ingest.present.visit"),
        named_query("ingest.create.visit"),
        named_query("ingest.update.visit"),
    ),
    Kind.REFERRAL: ThingKind(
        "referrals",
        named_query("ingest.present.referral"),
        named_query("ingest.create.referral"),
        named_query("ingest.update.referral"),
    ),
    Kind.STEP: ThingKind(
        "referral_steps",
        named_query("ingest.present.step"),
        named_query("ingest.create.step"),
        named_query("ingest.update.step"),
    ),
}

_LINKS = (
    LinkKind(
        "intends_to_buy",
        Kind.REGISTRATION,
        Kind.MODEL,
        named_query("ingest.link.intends_to_buy"),
        named_query("ingest.current.intends_to_buy"),
        named_query("ingest.retract.intends_to_buy"),
    ),
    LinkKind(
        "purchased",
        Kind.REGISTRATION,
        Kind.VEHICLE,
        named_query("ingest.link.purchased"),
        named_query("ingest.current.purchased"),
        named_query("ingest.retract.purchased"),
    ),
    LinkKind(
        "drives",
        Kind.REGISTRATION,
        Kind.VEHICLE,
        named_query("ingest.link.drives"),
        named_query("ingest.current.drives"),
        named_query("ingest.retract.drives"),
    ),
    LinkKind(
        "services",
        Kind.REGISTRATION,
        Kind.VEHICLE,
        named_query("ingest.link.services"),
        named_query("ingest.current.services"),
        named_query("ingest.retract.services"),
    ),
    LinkKind(
        "member_of",
        Kind.REGISTRATION,
        Kind.CLUB,
        named_query("ingest.link.member_of"),
        named_query("ingest.current.member_of"),
        named_query("ingest.retract.member_of"),
    ),
    LinkKind(
        "consented_to",
        Kind.REGISTRATION,
        Kind.PARTNER,
        named_query("ingest.link.consented_to"),
        named_query("ingest.current.consented_to"),
        named_query("ingest.retract.consented_to"),
    ),
    LinkKind(
        "lives_in",
        Kind.REGISTRATION,
        Kind.HOUSEHOLD,
        named_query("ingest.link.lives_in"),
        named_query("ingest.current.lives_in"),
        named_query("ingest.retract.lives_in"),
    ),
    LinkKind(
        "keeps",
        Kind.HOUSEHOLD,
        Kind.VEHICLE,
        named_query("ingest.link.keeps"),
        named_query("ingest.current.keeps"),
        named_query("ingest.retract.keeps"),
    ),
    LinkKind(
        "dealt_with",
        Kind.REGISTRATION,
        Kind.DEALER,
        named_query("ingest.link.dealt_with"),
        named_query("ingest.current.dealt_with"),
        named_query("ingest.retract.dealt_with"),
    ),
    LinkKind(
        "of_model",
        Kind.VEHICLE,
        Kind.MODEL,
        named_query("ingest.link.of_model"),
        named_query("ingest.current.of_model"),
        named_query("ingest.retract.of_model"),
    ),
    LinkKind(
        "under",
        Kind.DEALER,
        Kind.DEALER,
        named_query("ingest.link.under"),
        named_query("ingest.current.under"),
        named_query("ingest.retract.under"),
    ),
    LinkKind(
        "gave",
        Kind.REGISTRATION,
        Kind.IDENTIFIER,
        named_query("ingest.link.gave"),
        named_query("ingest.current.gave"),
        named_query("ingest.retract.gave"),
    ),
    LinkKind(
        "carries",
        Kind.VEHICLE,
        Kind.IDENTIFIER,
        named_query("ingest.link.carries"),
        named_query("ingest.current.carries"),
        named_query("ingest.retract.carries"),
    ),
    LinkKind(
        "had",
        Kind.VEHICLE,
        Kind.VISIT,
        named_query("ingest.link.had"),
        named_query("ingest.current.had"),
        named_query("ingest.retract.had"),
    ),
    LinkKind(
        "made",
        Kind.REGISTRATION,
        Kind.REFERRAL,
        named_query("ingest.link.made"),
        named_query("ingest.current.made"),
        named_query("ingest.retract.made"),
    ),
    LinkKind(
        "of",
        Kind.REFERRAL,
        Kind.REGISTRATION,
        named_query("ingest.link.of"),
        named_query("ingest.current.of"),
        named_query("ingest.retract.of"),
    ),
    LinkKind(
        "referral_at",
        Kind.REFERRAL,
        Kind.DEALER,
        named_query("ingest.link.referral_at"),
        named_query("ingest.current.at"),
        named_query("ingest.retract.at"),
    ),
    LinkKind(
        "through",
        Kind.REFERRAL,
        Kind.CLUB,
        named_query("ingest.link.through"),
        named_query("ingest.current.through"),
        named_query("ingest.retract.through"),
    ),
    LinkKind(
        "resulted_in",
        Kind.REFERRAL,
        Kind.VEHICLE,
        named_query("ingest.link.resulted_in"),
        named_query("ingest.current.resulted_in"),
        named_query("ingest.retract.resulted_in"),
    ),
    LinkKind(
        "reached",
        Kind.REFERRAL,
        Kind.STEP,
        named_query("ingest.link.reached"),
        named_query("ingest.current.reached"),
        named_query("ingest.retract.reached"),
    ),
)
LINKS: Final[dict[str, LinkKind]] = {link.name: link for link in _LINKS}

FIRST: Final[dict[str, LinkKind]] = {
    "gave": replace(LINKS["gave"], create=named_query("ingest.first.gave")),
    "carries": replace(LINKS["carries"], create=named_query("ingest.first.carries")),
}
"""How links to identifiers are written that are not there yet."""


def content_fingerprint(start: str, end: str, edge: dict[str, Any]) -> str:
    """Tells whether an implied link says the same; all it covers stands in the graph, so no key is needed."""
    return blake2b(repr((start, end, edge)).encode(), digest_size=12).hexdigest()
