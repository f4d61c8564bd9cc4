"""One row on its way into the graph: its thing, links and identifiers, and the values for the vault.

Personal values leave here twice: into `values`, for the vault, and as keyed HMACs and masks, for the graph.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import orjson

from renche.graph.ids import Kind, make_id
from renche.graph.mask import mask_identifier
from renche.graph.words import IdentifierKind
from renche.ingest.links import THINGS, LinkRow, content_fingerprint
from renche.ingest.rows import Ref, Row
from renche.ingest.slots import slot_id
from renche.vault.keys import Keys
from renche.vault.values import Field, PersonalValue

_PERSONAL: Final = frozenset({"people", "vehicles"})
_FILE_KINDS: Final = {kind: thing.file_kind for kind, thing in THINGS.items()}


@dataclass(slots=True)
class Prepared:
    """What a row becomes.

    `id` is that of its thing, or of its main link when it makes no thing. `links` holds (name of the link kind,
    row); `refs` what is named by the ids of other rows' things, for when they are not there; `service` the derived
    SERVICES role that a visit counts towards, with the link to the dealer beside it.
    """

    id: str
    key: Ref
    fingerprint: str
    thing: dict[str, Any] | None = None
    vin: str | None = None
    links: list[tuple[str, LinkRow]] = field(default_factory=list)
    values: list[PersonalValue] = field(default_factory=list)
    refs: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    service: tuple[LinkRow, LinkRow | None] | None = None


class Making:
    """One row being prepared; the links of a row have ids by its key and their slot."""

    def __init__(self, kind: str, row: Row, id_kind: Kind, keys: Keys) -> None:
        self.kind = kind
        self.source, self.source_id = key = row.key
        said = {name: value for name, value in row.__dict__.items() if value is not None}
        text = orjson.dumps(said, option=orjson.OPT_SORT_KEYS).decode()
        self.made = Prepared(make_id(id_kind, self.source, self.source_id), key, _row_fingerprint(kind, text, keys))
        self.keys = keys

    def thing(self, **properties: Any) -> dict[str, Any]:
        """The properties of the row's own node; what is not known is left out."""
        made = self.made
        made.thing = known(
            id=made.id,
            source=self.source,
            sourceId=self.source_id,
            fingerprint=made.fingerprint,
            **properties,
        )
        return made.thing

    def ref(self, kind: Kind, ref: Ref) -> str:
        """The id of a thing that the row names."""
        found = _ref_id(kind, *ref)
        self.made.refs[found] = (_FILE_KINDS[kind], *ref)
        return found

    def link(self, name: str, start: str, end: str, *, id: str | None = None, **properties: Any) -> LinkRow:  # noqa: A002
        """A link that the row implies."""
        edge = known(id=id or slot_id(name, self.kind, self.made.key), source=self.source, **properties)
        edge["fingerprint"] = content_fingerprint(start, end, edge)
        row: LinkRow = {"from": start, "to": end, "edge": edge}
        self.made.links.append((name, row))
        return row

    def main_link(self, name: str, start: str, end: str, **properties: Any) -> None:
        """The link that the row is: it has the row's id and fingerprint."""
        edge = known(id=self.made.id, source=self.source, fingerprint=self.made.fingerprint, **properties)
        self.made.links.append((name, {"from": start, "to": end, "edge": edge}))

    def personal(self, item: Field, value: str) -> str:
        """Hands a value to the vault; gives its keyed HMAC."""
        hmac = self.keys.fingerprint(item.value, value)
        self.made.values.append(PersonalValue(self.made.id, item, value, hmac))
        return hmac

    def identifier(self, link: str, item: Field, value: str) -> str:
        """An identifier that the thing gave or carries; gives its mask."""
        kind = item.name
        hmac = self.personal(item, value)
        mask = mask_identifier(IdentifierKind(kind), value)
        id_ = make_id(Kind.IDENTIFIER, kind, hmac)
        row = self.link(link, self.made.id, id_, id=slot_id(link, self.kind, self.made.key, kind))
        row["identifier"] = {
            "id": id_,
            "kind": kind,
            "hmac": hmac,
            "keyVersion": self.keys.hmac_version,
            "mask": mask,
        }
        return mask


def _row_fingerprint(kind: str, text: str, keys: Keys) -> str:
    """Tells whether a row says the same as before; keyed where the row has values that its thing does not show.

    The version of the key stands in front, so that a re-keying finds what is older.
    """
    if kind in _PERSONAL:
        return f"{keys.hmac_version}.{keys.fingerprint('row', f'{kind} {text}')}"
    # Without a key it outlasts every rotation: a role that is loaded again is the same role.
    return content_fingerprint(kind, text, {})


def known(**properties: Any) -> dict[str, Any]:
    """The properties that have a value."""
    if None not in properties.values():
        return properties
    return {name: value for name, value in properties.items() if value is not None}


@lru_cache(maxsize=100_000)
def _ref_id(kind: Kind, source: str, source_id: str) -> str:
    return make_id(kind, source, source_id)
