"""Vault and graph brought under the newest keys beside a running API, and the end of the older ones.

Readers know every version, so each batch may stand under either. The graph goes first here: a hash that it no longer
has is looked for in vain, and the vault still says what remains to be done.
"""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from renche.graph.database import Database, Transaction
from renche.graph.ids import Kind, make_id
from renche.graph.named_queries import named_query
from renche.ingest.ledger import alone
from renche.ingest.links import content_fingerprint
from renche.vault.erasures import settle
from renche.vault.errors import KeysInUse
from renche.vault.keys import HMAC, Keys
from renche.vault.rekey import Rehash, rebury, rehash, retire, rewrap, stale
from renche.vault.rotation import older
from renche.vault.store import Vault
from renche.vault.values import Field

TURN = named_query("rekey.turn")
LINKS = named_query("rekey.links")
KNOWN = named_query("rekey.known")
RENAME = named_query("rekey.rename")
JOIN_GAVE = named_query("rekey.join.gave")
JOIN_CARRIES = named_query("rekey.join.carries")
DROP = named_query("rekey.drop")
GAVE_SAYS = named_query("rekey.fingerprints.gave")
CARRIES_SAYS = named_query("rekey.fingerprints.carries")
LEFT = named_query("rekey.left")
ROWS: Final = (
    (named_query("rekey.rows.registration"), named_query("rekey.forget.registration")),
    (named_query("rekey.rows.vehicle"), named_query("rekey.forget.vehicle")),
)

_PAGE: Final = 5_000
_NO_KEY: Final = ("", "erased")
"""In the place of a fingerprint: forgotten, and of a registration whose row must not come back."""


@dataclass(frozen=True)
class Rekeyed:
    """What was brought under the newest keys: data keys, values, identifiers, and rows whose fingerprints are gone."""

    data_keys: int = 0
    values: int = 0
    identifiers: int = 0
    rows: int = 0


async def rekey(
    database: Database, vault: Vault, data_dir: Path, progress: Callable[[Rekeyed], None] = lambda _: None
) -> Rekeyed:
    """Brings everything under the newest keys; it may be ended anywhere and run again.

    Raises VaultError, and what the graph raises.
    """
    done = Rekeyed()
    batches = rewrap(vault)
    while wrapped := await asyncio.to_thread(next, batches, 0):
        done = replace(done, data_keys=done.data_keys + wrapped)
        progress(done)
    after = ""
    while values := await asyncio.to_thread(stale, vault, after):
        identifiers = await _identifiers(database, data_dir, values)
        await asyncio.to_thread(rehash, vault, values)
        after = values[-1].subject
        done = replace(done, values=done.values + len(values), identifiers=done.identifiers + identifiers)
        progress(done)
    await asyncio.to_thread(rebury, vault)
    rows = await _forget_rows(database, data_dir, vault.keys)
    await asyncio.to_thread(settle, vault)
    return replace(done, rows=rows)


async def retire_older(
    database: Database, vault: Vault, data_dir: Path, *, abandon_loads: bool = False
) -> list[tuple[str, int]]:
    """Ends every older version in the vault, once nothing in either store was made with it; gives what ended.

    The keys themselves are destroyed by who holds their file, after this. With `abandon_loads` those that are not at
    their end count as dead. Raises KeysInUse.
    """
    versions = older(vault.keys)
    if any(purpose == HMAC for purpose, _ in versions):
        await _refuse_used(database, data_dir, vault.keys, abandon_loads)
    await asyncio.to_thread(retire, vault, versions)
    await asyncio.to_thread(settle, vault)
    return versions


async def _refuse_used(database: Database, data_dir: Path, keys: Keys, abandon_loads: bool) -> None:
    asked = {"version": keys.hmac_version, "prefix": f"{keys.hmac_version}."}
    identifiers, rows, loads = await alone(database, data_dir, LEFT.name, lambda run: run.value(LEFT, asked))
    if loads and not abandon_loads:
        # It may hold hashes of an older key that it has not written yet.
        raise KeysInUse(
            f"{loads} loads are not at their end: run their commands to the end, then this again; or give"
            " --abandon-loads when none of them runs and none will be taken up again."
        )
    if identifiers or rows:
        raise KeysInUse(
            f"Older hashing keys are still used by {identifiers} identifiers and {rows} rows of the graph: "
            "run `renche keys rekey`, then this again."
        )


async def _identifiers(database: Database, data_dir: Path, values: list[Rehash]) -> int:
    """Gives the graph's identifiers of these values their new hashes; how many there were."""
    rows = {
        value.old: {"old": value.old, "hmac": value.new, "id": _id(value), "version": value.version}
        for value in values
        if value.field != Field.NAME
    }
    if not rows:
        return 0
    run = secrets.token_hex(8)

    async def work(transaction: Transaction) -> int:
        await transaction.run(TURN, {"run": run})
        links = await transaction.value(LINKS, {"hmacs": list(rows)})
        there = {hmac for hmac, *_ in links}
        if not there:
            return 0
        newer = [rows[hmac]["hmac"] for hmac in there]
        known = set(await transaction.value(KNOWN, {"hmacs": newer}))
        joined = [rows[hmac] for hmac in there if rows[hmac]["hmac"] in known]
        if joined:
            for statement in (JOIN_GAVE, JOIN_CARRIES, DROP):
                await transaction.run(statement, {"rows": joined})
        await transaction.run(RENAME, {"rows": [rows[hmac] for hmac in there if rows[hmac]["hmac"] not in known]})
        said = _said(links, rows)
        await transaction.run(GAVE_SAYS, {"rows": said["GAVE"]})
        await transaction.run(CARRIES_SAYS, {"rows": said["CARRIES"]})
        return len(there)

    return await alone(database, data_dir, "rekey.identifiers", work)


def _said(links: list[list[Any]], rows: dict[str, dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """What links to identifiers say under the new ids, by type, as ingest will compare it."""
    said: dict[str, list[dict[str, Any]]] = {"GAVE": [], "CARRIES": []}
    for hmac, thing, type_, link, source in links:
        if type_ is not None:
            row = rows[hmac]
            fingerprint = content_fingerprint(thing, row["id"], {"id": link, "source": source})
            said[type_].append({"hmac": row["hmac"], "link": link, "fingerprint": fingerprint})
    return said


def _id(value: Rehash) -> str:
    return make_id(Kind.IDENTIFIER, Field(value.field).name, value.new)


async def _forget_rows(database: Database, data_dir: Path, keys: Keys) -> int:
    """Forgets fingerprints of rows that an older key made, since who had that key could try values against them."""
    prefix, forgotten = f"{keys.hmac_version}.", 0
    for rows, forget in ROWS:
        after = ""
        while page := await database.read_value(rows, {"after": after, "limit": _PAGE}):
            ids = [id_ for id_, said in page if said not in _NO_KEY and not said.startswith(prefix)]
            if ids:

                async def work(transaction: Transaction, ids: list[str] = ids, forget: Any = forget) -> int:
                    return int(await transaction.value(forget, {"ids": ids}))

                forgotten += await alone(database, data_dir, forget.name, work)
            after = page[-1][0]
    return forgotten
