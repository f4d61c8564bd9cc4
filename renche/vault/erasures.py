"""The end of subjects in the vault: their keys are destroyed, a tombstone keeps them away, a proof says so.

A tombstone is a keyed hash of the subject, so that the vault without its keys does not tell who was erased.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, Row, delete, func, insert, select, text, update

from renche.vault.database import execute_rows, transaction
from renche.vault.keys import Keys
from renche.vault.store import TOMBSTONE, Vault, lock_for_putting
from renche.vault.tables import erasures, personal_values, subject_keys, tombstones

_BURY = (
    "INSERT INTO tombstones (mark, hmac_version, sealed, kek_version, erased_at) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT DO NOTHING"
)
_TRIES = 20
_PAUSE_SECONDS = 0.1


@dataclass(frozen=True)
class Proof:
    """That a person was erased: when, how many of what, and a hash over this and the proof before it."""

    person: str
    erased_at: datetime
    counts: Mapping[str, int]
    ended_at: datetime | None
    hash: str | None


def begin(vault: Vault, person: str, subjects: Collection[str], counts: Mapping[str, int]) -> None:
    """Destroys the keys and values of a person's subjects for good, and notes it, in one transaction.

    ``counts`` says what else will be erased. A second run adds nothing to the note of a first that did not end,
    and makes no other when there was nothing left to erase.
    """
    with transaction(vault.engine) as connection:
        lock_for_putting(connection, alone=True)
        bury(connection, vault.keys, [(subject, vault.now) for subject in sorted(subjects)])
        values = keys = 0
        for subject in sorted(subjects):
            values += connection.execute(delete(personal_values).where(personal_values.c.subject == subject)).rowcount
            keys += connection.execute(delete(subject_keys).where(subject_keys.c.subject == subject)).rowcount
        found = {**counts, "values": values, "keys": keys}
        last = _last(connection, person)
        if last is None or (last.hash is not None and any(found.values())):
            connection.execute(
                insert(erasures).values(person=person, erased_at=vault.now, counts=json.dumps(found, sort_keys=True))
            )


def end(vault: Vault, person: str) -> Proof:
    """Completes the person's note, once nothing is left to erase, and gives it."""
    with transaction(vault.engine) as connection:
        # A write first: SQLite's lock then holds for the reads too.
        connection.execute(update(erasures).where(erasures.c.person == person).values(person=person))
        lock_for_putting(connection, alone=True)
        last = _last(connection, person)
        if last is None:
            raise ValueError("this erasure was not begun")
        if last.hash is None:
            before = connection.scalar(select(func.max(erasures.c.ended_at))) or 0
            ended = max(vault.now, before + 1)
            previous = connection.scalar(select(erasures.c.hash).where(erasures.c.ended_at == before)) or ""
            connection.execute(
                update(erasures)
                .where(erasures.c.person == person, erasures.c.hash.is_(None))
                .values(ended_at=ended, hash=_hash(previous, last, ended))
            )
            last = _last(connection, person)
            assert last is not None  # noqa: S101 - for the type checker: it was there a moment ago
        return _proof(last)


def proofs(vault: Vault) -> list[Proof]:
    """Every proof, in the order in which they ended, those that did not last."""
    query = select(erasures).order_by(erasures.c.ended_at.is_(None), erasures.c.ended_at)
    with transaction(vault.engine) as connection:
        return [_proof(row) for row in connection.execute(query)]


def proofs_hold(vault: Vault) -> bool:
    """Whether no proof was changed or taken from between others."""
    previous = ""
    query = select(erasures).where(erasures.c.hash.is_not(None)).order_by(erasures.c.ended_at)
    with transaction(vault.engine) as connection:
        for row in connection.execute(query):
            if row.hash != _hash(previous, row, row.ended_at):
                return False
            previous = row.hash
    return True


def lift(vault: Vault, subjects: Iterable[str]) -> None:
    """Takes tombstones away: what these subjects say from now on is somebody else's."""
    keys = vault.keys
    with transaction(vault.engine) as connection:
        for subject in subjects:
            marks = keys.fingerprints(TOMBSTONE, subject)
            connection.execute(delete(tombstones).where(tombstones.c.mark.in_(marks)))


def bury(connection: Connection, keys: Keys, subjects: Iterable[tuple[str, int]]) -> None:
    """Sets a tombstone for each subject, with the time of its erasure."""
    rows = []
    for subject, at in subjects:
        mark = keys.fingerprint(TOMBSTONE, subject)
        rows.append((mark, keys.hmac_version, keys.wrap(mark, subject.encode()), keys.kek_version, at))
    if rows:
        execute_rows(connection, _BURY, rows)


def settle(vault: Vault) -> bool:
    """Empties SQLite's log, where copies of what was deleted may be; False while another process still reads it.

    The main file has none: it is kept with `secure_delete`. PostgreSQL has its own times, see docs/privacy.md.
    """
    if vault.engine.dialect.name != "sqlite":
        return True
    for _ in range(_TRIES):
        with transaction(vault.engine) as connection:
            busy = connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)")).one()[0]
        if not busy:
            return True
        time.sleep(_PAUSE_SECONDS)
    return False


def _last(connection: Connection, person: str) -> Row[tuple[str, int, str, int | None, str | None]] | None:
    query = select(erasures).where(erasures.c.person == person).order_by(erasures.c.erased_at.desc()).limit(1)
    return connection.execute(query).first()


def _hash(previous: str, row: Row[tuple[str, int, str, int | None, str | None]], ended: int) -> str:
    said = json.dumps([previous, row.person, row.erased_at, row.counts, ended])
    return hashlib.sha256(said.encode()).hexdigest()


def _proof(row: Row[tuple[str, int, str, int | None, str | None]]) -> Proof:
    return Proof(
        row.person, _moment(row.erased_at), json.loads(row.counts), row.ended_at and _moment(row.ended_at), row.hash
    )


def _moment(microseconds: int) -> datetime:
    return datetime.fromtimestamp(microseconds / 1_000_000, UTC)
