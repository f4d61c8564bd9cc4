"""A person is erased: from the vault first, then from what lies in files, last from the graph.

The graph says which of the vault's entries are the person's, so it goes last: ended anywhere, the same command finds
what is left and does it. See decision record 0010.
"""

import asyncio
import secrets
from pathlib import Path
from typing import Any, Final

from renche.graph.clock import Clock, Moment
from renche.graph.database import Database, Transaction
from renche.graph.named_queries import named_query
from renche.ingest.forget import forget_rows
from renche.ingest.ledger import alone, alone_in
from renche.ingest.waiting import stop_waiting
from renche.privacy.asked import Asked
from renche.privacy.person import Subject, subject
from renche.vault.audit import Audit
from renche.vault.erasures import Proof, begin, end, settle
from renche.vault.store import Vault

COUNTS = named_query("erase.counts")
MARK = named_query("erase.mark")
VISITS = named_query("erase.visits")
WAITING_VISITS = named_query("erase.waiting_visits")
ROLES = named_query("erase.roles")
PURCHASES = named_query("erase.purchases")
GIVEN = named_query("erase.given")
GAVE = named_query("erase.gave")
CARRIES = named_query("erase.carries")
PLATES = named_query("erase.plates")
IDENTIFIERS = named_query("erase.identifiers")
WAITING = named_query("erase.waiting")
REGISTRATIONS = named_query("erase.registrations")
PERSON = named_query("erase.person")

_COUNTED: Final = ("roles", "purchases", "visits", "identifiers", "waiting")


async def erase(database: Database, vault: Vault, clock: Clock, data_dir: Path, id_: str, asked: Asked) -> Proof:
    """Erases the person and gives the proof; a person who was erased before has the same proof again.

    An audit record of it is written first.
    Raises InvalidId or InvalidArgument for who is not there, VaultError, and what the graph raises.
    """
    found = await subject(database, id_, Moment.present(clock))
    registrations = found.registration_ids
    counted = await database.read_value(COUNTS, {"id": id_, "registrations": registrations})
    counts = {
        "registrations": sum(not one.get("erased", False) for one in found.registrations),
        **dict(zip(_COUNTED, counted, strict=True)),
    }
    await asyncio.to_thread(Audit(vault).append, asked.actor, "person.erase", id_, asked.detail)
    await asyncio.to_thread(begin, vault, id_, [*registrations, *found.vehicles], counts)
    async with alone_in(data_dir):
        await asyncio.to_thread(forget_rows, data_dir / "rejects", _keys(found))
    await _from_graph(database, data_dir, found, clock)
    proof = await asyncio.to_thread(end, vault, id_)
    # When another process holds the log, the next one who settles empties it.
    await asyncio.to_thread(settle, vault)
    return proof


def _keys(found: Subject) -> set[tuple[str, str]]:
    """What the sources call the person."""
    return {(one["source"], one["sourceId"]) for one in found.registrations}


async def _from_graph(database: Database, data_dir: Path, found: Subject, clock: Clock) -> None:
    run, now = secrets.token_hex(8), clock.now()
    asked: dict[str, Any] = {
        "id": found.id,
        "registrations": found.registration_ids,
        "vehicles": found.vehicles,
    }
    left = {"id": found.id, "erased": True} | {name: found.person[name] for name in ("kind",) if name in found.person}
    # The source's key goes too; the id in its place keeps the pair of both unique.
    stubs = [
        {"id": one["id"], "source": one["source"], "sourceId": one["id"], "fingerprint": "erased", "erased": True}
        for one in found.registrations
    ]

    async def work(transaction: Transaction) -> None:
        await transaction.run(MARK, {"run": run})
        hmacs = await transaction.value(GIVEN, asked)
        waiting = await transaction.value(WAITING, asked)
        for statement in (VISITS, WAITING_VISITS, ROLES, PURCHASES, GAVE, CARRIES, PLATES):
            await transaction.run(statement, asked)
        await transaction.run(IDENTIFIERS, {"hmacs": hmacs})
        if waiting:
            await stop_waiting(transaction, waiting)
        await transaction.run(REGISTRATIONS, {"rows": stubs})
        await transaction.run(PERSON, {"id": found.id, "left": left, "erasedAt": found.erased_at or now})

    await alone(database, data_dir, "erase", work)
