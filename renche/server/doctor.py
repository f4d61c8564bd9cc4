"""What is wrong with the settings, the keys, the vault, the engine, and how to mend it."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta

from renche.graph.database import Database
from renche.graph.errors import RencheError
from renche.graph.migrate import missing_indexes, pending
from renche.graph.named_queries import named_query
from renche.ingest.waiting import waiting_counts
from renche.server.opening import open_graph, open_keys, open_vault
from renche.server.settings import Settings, SettingsError
from renche.vault.audit import Audit
from renche.vault.erasures import proofs, proofs_hold
from renche.vault.errors import VaultError
from renche.vault.keys import Keys
from renche.vault.rotation import older
from renche.vault.store import Vault

KNOWN_SUBJECTS = named_query("doctor.known_subjects")

# Rows of the vault that are younger may belong to an ingest that is under way.
SETTLED = timedelta(hours=1)
_BATCH = 5000


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: whether it is well, what was seen, and what to do."""

    well: bool
    what: str
    mend: str = ""


async def examine(settings: Settings, *, sweep: bool) -> AsyncIterator[Finding]:
    """Looks at everything in turn; with `sweep` the vault's orphans are deleted."""
    try:
        keys = open_keys(settings)
        yield Finding(True, "The keys can be used.")
    except (SettingsError, VaultError) as error:
        yield Finding(False, str(error), "Nothing else can be looked at without the keys.")
        return
    try:
        vault = open_vault(settings, keys)
        vault.verify()
        yield Finding(True, "The vault opens with these keys.")
    except VaultError as error:
        yield Finding(False, str(error), "Check RENCHE_VAULT_URL, and that the keys are those of this vault.")
        return
    with vault:
        for finding in _examine_privacy(vault, keys):
            yield finding
        try:
            async with open_graph(settings) as database:
                async for finding in _examine_graph(settings, database, vault, sweep):
                    yield finding
        except RencheError as error:
            yield Finding(False, error.message, "Start the engine, or check RENCHE_NEO4J_URI and RENCHE_DATA_DIR.")


def _examine_privacy(vault: Vault, keys: Keys) -> Iterator[Finding]:
    """Erasures that were begun and not ended, their proofs, the audit records, and keys that are to go."""
    for proof in proofs(vault):
        if proof.hash is None:
            yield Finding(
                False, f"The erasure of {proof.person} was interrupted.", f"Run `renche person erase {proof.person}`."
            )
    if not proofs_hold(vault):
        yield Finding(False, "A proof of an erasure was changed or removed.", "Restore it from a copy of the proofs.")
    if (broken := Audit(vault).verify()) is not None:
        yield Finding(
            False, f"Audit record {broken} is missing or was changed.", "Restore it from what `renche audit ship` gave."
        )
    if left := older(keys):
        yield Finding(
            True,
            f"{len(left)} older keys are still there: `renche keys rekey` brings everything under the newest,"
            " `renche keys retire` destroys the others.",
        )


async def _examine_graph(settings: Settings, database: Database, vault: Vault, sweep: bool) -> AsyncIterator[Finding]:
    missing = await pending(database)
    yield Finding(True, "The graph answers.")
    if missing:
        yield Finding(False, f"The graph lacks {len(missing)} migrations.", "Run `renche migrate`.")
        return
    lost = await missing_indexes(database)
    for index in lost:
        yield Finding(
            False,
            f"The index on {index.target}({', '.join(index.properties)}) is missing or not online.",
            "Wait while it is being built, or run `renche migrate`, which makes it again.",
        )
    if not lost:
        yield Finding(True, "Every constraint and index is online.")
    waiting = await waiting_counts(database)
    yield Finding(
        True,
        "No row waits for another." if not waiting else f"{sum(waiting.values())} links wait for things not loaded.",
    )
    orphans = await _orphans(settings, database, vault)
    if orphans and sweep:
        before = settings.clock.now() - SETTLED
        swept = sum(vault.delete_subjects(orphans[at : at + _BATCH], before) for at in range(0, len(orphans), _BATCH))
        yield Finding(True, f"{swept} entries of the vault that no row of the graph has were deleted.")
    elif orphans:
        yield Finding(
            False,
            f"The vault has {len(orphans)} entries that no row of the graph has (a load was interrupted).",
            "They are harmless; `renche doctor --sweep` deletes them.",
        )
    else:
        yield Finding(True, "Every entry of the vault has its row in the graph.")


async def _orphans(settings: Settings, database: Database, vault: Vault) -> list[str]:
    """The subjects of the vault that the graph does not have."""
    before = settings.clock.now() - SETTLED
    orphans: list[str] = []
    after = ""
    while subjects := vault.subjects(before, after, _BATCH):
        known = set(await database.read_value(KNOWN_SUBJECTS, {"ids": subjects}))
        orphans.extend(subject for subject in subjects if subject not in known)
        after = subjects[-1]
    return orphans
