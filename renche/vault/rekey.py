"""The vault's rows brought under the newest keys, some at a time, and the end of versions that nothing uses.

Each step leaves the vault whole: it may be ended anywhere, and the next run finds what is left by the versions that
the rows name. Others may read and put meanwhile; they need keys with all the versions.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, delete, func, insert, or_, select, text

from renche.vault.database import execute_rows, transaction
from renche.vault.erasures import bury
from renche.vault.errors import KeysInUse
from renche.vault.keys import HMAC, KEK
from renche.vault.store import SEALED, Vault, lock_for_putting, opened
from renche.vault.tables import personal_values, retired_keys, subject_keys, tombstones, vault_keys

BATCH = 2_000

# The old key is named too: a subject that was erased meanwhile, and came again, has another.
_REWRAP = "UPDATE subject_keys SET wrapped = ?, kek_version = ? WHERE subject = ? AND wrapped = ?"
_REHASH = (
    "UPDATE personal_values SET fingerprint = ?, hmac_version = ? WHERE subject = ? AND field = ? AND fingerprint = ? "
    "AND NOT EXISTS (SELECT 1 FROM personal_values AS other "
    "WHERE other.subject = ? AND other.field = ? AND other.fingerprint = ?)"
)
# What is left under the old fingerprint was put again under the new one.
_DROP_DOUBLE = "DELETE FROM personal_values WHERE subject = ? AND field = ? AND fingerprint = ?"


_UNBURY = text("DELETE FROM tombstones WHERE mark = :mark")


@dataclasses.dataclass(frozen=True)
class Rehash:
    """A value whose fingerprint is of an older version, with its fingerprint under the newest."""

    subject: str
    field: str
    version: int
    old: str = dataclasses.field(repr=False)
    new: str = dataclasses.field(repr=False)


def rewrap(vault: Vault, batch: int = BATCH) -> Iterator[int]:
    """Wraps the data keys anew under the newest key-encryption key; gives how many after each transaction."""
    query = (
        select(subject_keys.c.subject, subject_keys.c.wrapped, subject_keys.c.kek_version)
        .order_by(subject_keys.c.subject)
        .limit(batch)
    )
    keys, after = vault.keys, ""
    while True:
        with transaction(vault.engine) as connection:
            of_older = subject_keys.c.kek_version < keys.kek_version
            rows = connection.execute(query.where(of_older, subject_keys.c.subject > after)).all()
        if not rows:
            return
        changed = [
            (keys.wrap(subject, keys.unwrap(subject, wrapped, version)), keys.kek_version, subject, wrapped)
            for subject, wrapped, version in rows
        ]
        # A transaction of its own: on SQLite one that begins with a read may not go on to write.
        with transaction(vault.engine) as connection:
            execute_rows(connection, _REWRAP, changed)
        after = rows[-1][0]
        yield len(changed)


def stale(vault: Vault, after: str = "", batch: int = BATCH) -> list[Rehash]:
    """The next values by subject whose fingerprints are not of the newest version, those of some subjects together."""
    keys = vault.keys
    of_older = personal_values.c.hmac_version < keys.hmac_version
    subjects = (
        select(personal_values.c.subject)
        .where(of_older, personal_values.c.subject > after)
        .distinct()
        .order_by(personal_values.c.subject)
        .limit(batch)
    )
    query = SEALED.where(of_older, personal_values.c.subject.in_(subjects)).order_by(personal_values.c.subject)
    with transaction(vault.engine) as connection:
        rows = connection.execute(query).all()
    found = []
    for value in opened(rows, keys):
        new = keys.fingerprint(value.field, value.value)
        found.append(Rehash(value.subject, value.field, keys.hmac_version, value.fingerprint, new))
    return found


def rehash(vault: Vault, values: Sequence[Rehash]) -> None:
    """Gives values their new fingerprints; one that was put again meanwhile is not kept twice."""
    with transaction(vault.engine) as connection:
        named = [(one.subject, one.field) for one in values]
        rows = [(one.new, one.version, *name, one.old, *name, one.new) for one, name in zip(values, named, strict=True)]
        execute_rows(connection, _REHASH, rows)
        execute_rows(connection, _DROP_DOUBLE, [(*name, one.old) for one, name in zip(values, named, strict=True)])


def rebury(vault: Vault) -> int:
    """Gives the tombstones of what was erased marks and seals of the newest keys; how many were older."""
    keys, changed = vault.keys, []
    older = or_(tombstones.c.hmac_version < keys.hmac_version, tombstones.c.kek_version < keys.kek_version)
    with transaction(vault.engine) as connection:
        rows = connection.execute(select(tombstones).where(older)).all()
    for mark, _, sealed, version, erased_at in rows:
        changed.append((mark, keys.unwrap(mark, sealed, version).decode(), erased_at))
    if changed:
        with transaction(vault.engine) as connection:
            connection.execute(_UNBURY, [{"mark": mark} for mark, _, _ in changed])
            bury(connection, keys, [(subject, at) for _, subject, at in changed])
    return len(changed)


_USES = {
    KEK: (subject_keys.c.kek_version, tombstones.c.kek_version),
    HMAC: (personal_values.c.hmac_version, tombstones.c.hmac_version),
}


def _uses(connection: Connection, purpose: str, version: int) -> int:
    """How many rows were made with this version of a key."""
    return sum(
        connection.scalar(select(func.count()).select_from(column.table).where(column == version)) or 0
        for column in _USES[purpose]
    )


def retire(vault: Vault, versions: Sequence[tuple[str, int]]) -> None:
    """Notes for ever that these versions, given with their purposes, make no rows any more.

    From then on who still has such a key as the current one can put nothing. Raises KeysInUse, having changed
    nothing, when a row of one of them is there.
    """
    with transaction(vault.engine) as connection:
        lock_for_putting(connection, alone=True)
        for purpose, version in versions:
            named = (retired_keys.c.purpose == purpose, retired_keys.c.version == version)
            connection.execute(delete(retired_keys).where(*named))
            connection.execute(insert(retired_keys).values(purpose=purpose, version=version, retired_at=vault.now))
            connection.execute(
                delete(vault_keys).where(vault_keys.c.purpose == purpose, vault_keys.c.version == version)
            )
            if used := _uses(connection, purpose, version):
                raise KeysInUse(
                    f"Version {version} of {purpose} is still used by {used} rows of the vault: "
                    "run `renche keys rekey`, then this again."
                )
