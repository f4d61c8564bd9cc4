"""Everything that is held about one person, as one document for that person.

Of other people it has ids only. Hashes and fingerprints are left out: they say nothing to a reader, and would connect
a copy that is lost with the graph.
"""

import asyncio
from collections import defaultdict
from typing import Any, Final

import orjson

from renche.graph.clock import Clock, Moment
from renche.graph.database import Database, native
from renche.graph.errors import InvalidArgument
from renche.graph.named_queries import named_query
from renche.graph.traversal import traversal
from renche.loaders.batch import read_records
from renche.privacy.asked import Asked
from renche.privacy.person import Subject, subject
from renche.vault.audit import Audit
from renche.vault.store import Vault

IDENTIFIERS = named_query("export.identifiers")
ROLES = named_query("export.roles")
REFERRALS_MADE = named_query("export.referrals_made")
REFERRALS_RECEIVED = named_query("export.referrals_received")
VISITS = named_query("export.visits")
WAITING = named_query("export.waiting")
TIMELINE = traversal("person.timeline")

_TECHNICAL: Final = frozenset({"fingerprint", "hmac", "keyVersion", "vinReversed"})
_MOST_EVENTS: Final = 1_000_000
_THINGS: Final = ("id", "name", "brand", "vin", "modelId", "modelYear", "city")
"""What is shown of the thing at the other end of a role; its plate may be somebody else's by now."""
_CONSENTS: Final = ("CONSENTED_TO", "WITHDREW")
_APART: Final = ("LIVES_IN", "MEMBER_OF", *_CONSENTS)
_OTHERS: Final = {
    "MADE": "referrer",
    "OF": "friend",
    "AT": "dealer",
    "THROUGH": "club",
    "RESULTED_IN": "vehicle",
}


async def export(database: Database, vault: Vault, clock: Clock, id_: str, asked: Asked) -> dict[str, Any]:
    """The document, for `orjson`; its audit record is written before anything but the person itself is read.

    Raises what `subject` raises, VaultError, and InvalidArgument for a person who was erased.
    """
    moment = Moment.present(clock)
    found = await subject(database, id_, moment)
    if found.erased_at is not None:
        raise InvalidArgument(f"The data of {id_} was erased on {found.erased_at.date()}; nothing is held any more.")
    await asyncio.to_thread(Audit(vault).append, asked.actor, "person.export", id_, asked.detail)
    roles = await _roles(database, id_)
    parameters = {"id": id_, "registrations": found.registration_ids}
    visits = native(await database.read_value(VISITS, parameters))
    return {
        "exportedAt": clock.now(),
        "person": _shown(found.person),
        "registrations": await _registrations(database, vault, found),
        "plates": await asyncio.to_thread(_plates, vault, found.vehicles),
        "roles": [role for role in roles if role["type"] not in _APART],
        "households": [role for role in roles if role["type"] == "LIVES_IN"],
        "clubs": [role for role in roles if role["type"] == "MEMBER_OF"],
        "consents": [role for role in roles if role["type"] in _CONSENTS],
        "referralsMade": _referrals(native(await database.read_value(REFERRALS_MADE, {"id": id_}))),
        "referralsReceived": _referrals(native(await database.read_value(REFERRALS_RECEIVED, {"id": id_}))),
        "visits": [_shown(visit) | {"vehicle": vehicle} for vehicle, visit in visits],
        "waiting": [_waiting(one) for one in await database.read_value(WAITING, parameters)],
        "timeline": await _timeline(database, id_, moment),
    }


async def _registrations(database: Database, vault: Vault, found: Subject) -> list[dict[str, Any]]:
    """The registrations, each with its values from the vault and the identifiers it gave."""
    identifiers: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for registration, kind, mask, gave in native(await database.read_value(IDENTIFIERS, {"id": found.id})):
        identifiers[registration].append({"kind": kind, "mask": mask} | _shown(gave))
    values = await asyncio.to_thread(vault.values_of, found.registration_ids)
    return [
        _shown(one) | {"values": _by_field(values[one["id"]]), "identifiers": identifiers[one["id"]]}
        for one in found.registrations
    ]


def _plates(vault: Vault, vehicles: list[str]) -> list[dict[str, str]]:
    return [
        {"vehicle": vehicle, "plate": value.value}
        for vehicle, values in vault.values_of(vehicles).items()
        for value in values
    ]


def _by_field(values: list[Any]) -> dict[str, list[str]]:
    """The values of each field, the oldest first."""
    found: dict[str, list[str]] = defaultdict(list)
    for value in values:
        found[value.field].append(value.value)
    return dict(found)


async def _roles(database: Database, id_: str) -> list[dict[str, Any]]:
    roles = [
        {"type": type_} | _shown(role) | {"thing": {"label": labels[0]} | _of(thing)}
        for type_, role, labels, thing in native(await database.read_value(ROLES, {"id": id_}))
    ]
    return sorted(roles, key=lambda role: (role["type"], str(role.get("validFrom")), role["id"]))


def _of(thing: dict[str, Any]) -> dict[str, Any]:
    return {name: thing[name] for name in _THINGS if name in thing}


def _referrals(rows: list[list[Any]]) -> list[dict[str, Any]]:
    found = []
    for referral, own, links, steps in rows:
        others = [{"what": _OTHERS[type_], "id": end, "said": _shown(said)} for type_, end, said in links]
        history = [{"status": status, "reachedOn": day} for status, day in steps]
        history.sort(key=lambda step: str(step["reachedOn"]))
        found.append(_shown(referral) | {"said": _shown(own), "others": others, "steps": history})
    return found


async def _timeline(database: Database, id_: str, moment: Moment) -> list[dict[str, Any]]:
    parameters = {"start": id_, "from": None, "to": None, "limit": _MOST_EVENTS}
    events = await read_records(database, TIMELINE, "Person", parameters, moment) or []
    return [
        {"day": event["day"], "kind": event["kind"], "thing": {"label": event["thing"][0]} | _of(event["thing"][1])}
        for event in events
    ]


def _waiting(kept: dict[str, Any]) -> dict[str, Any]:
    """A role that shows nowhere yet, since its thing was never loaded."""
    said = _shown(orjson.loads(kept["props"]))
    return {"type": kept["type"], "from": kept["fromId"], "to": kept["toId"], "said": said}


def _shown(properties: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in properties.items() if name not in _TECHNICAL}
