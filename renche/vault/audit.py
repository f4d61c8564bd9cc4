"""Audit records: who did what to which thing and when, appended and never changed.

Each record holds the hash of the one before it, and its own hash is an HMAC over all of it: whoever changes, removes or
adds one without the key is found by `verify`. The key is in the vault like each subject's data key, wrapped by a
key-encryption key, so that it changes with those. A chain cannot tell that its end was cut off; who keeps
a `Mark` elsewhere (in the logs, say) can.

No record holds a personal value: things are named by ids, and details are words, ids, counts and times.
"""

from __future__ import annotations

import hmac
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, text

from renche.vault.database import transaction
from renche.vault.keys import KEY_BYTES, Keys
from renche.vault.store import Vault, lock_for_putting
from renche.vault.tables import audit_records, subject_keys

Detail = Mapping[str, str | int | bool | Sequence[str] | None]

SUBJECT = "audit"
"""The subject whose data key the chain is made with."""

FIRST = "0" * 64
"""What stands in the first record for the hash of the one before."""

LONGEST_DETAIL = 150_000  # an analyst's statement, each character escaped
_PAGE = 1_000
# Any number of our own: of several that append, on PostgreSQL, one comes after the other.
_APPENDING_LOCK = 7_305_016_130
# No sweep looks for subjects put after its time: this one has no node in the graph, and no end.
_NEVER_SWEPT = 2**62
_ACTION = re.compile(r"[a-z]+(\.[a-z_]+)+", re.ASCII)
_NAME = re.compile(r"[!-~]{1,300}", re.ASCII)

# SQLite takes its write lock with the first statement that writes, even one that changes nothing; what is read after
# is what the next record follows.
_PUT_KEY = text(
    "INSERT INTO subject_keys (subject, wrapped, kek_version, created_at, put_at) "
    "VALUES (:subject, :wrapped, :kek_version, :now, :put_at) ON CONFLICT (subject) DO NOTHING"
)


@dataclass(frozen=True)
class AuditRecord:
    """One record; `number` counts from 1 without a gap."""

    number: int
    at: datetime
    actor: str
    action: str
    target: str
    detail: Mapping[str, Any]
    previous: str
    hash: str


@dataclass(frozen=True)
class Mark:
    """How far the chain had come: kept elsewhere, it shows that an end was cut off since."""

    number: int
    hash: str


class Turn:
    """A transaction that may append, beside other work that stays or goes with its records."""

    def __init__(self, connection: Connection, key: bytes, now: int) -> None:
        self.connection = connection
        self.now = now
        self._key = key

    def append(self, actor: str, action: str, target: str, detail: Detail | None = None) -> Mark:
        """Append one record.

        `actor` is the id of a caller or `cli:<number of the user>`, `action` like `token.issue`, `target` an id.
        """
        if not _ACTION.fullmatch(action) or not _NAME.fullmatch(actor) or not _NAME.fullmatch(target):
            raise ValueError("an audit record names its actor, action and target by ids")
        written = json.dumps(detail or {}, sort_keys=True, separators=(",", ":"))
        if len(written) > LONGEST_DETAIL:
            raise ValueError("the detail of an audit record is too long")
        last = self.connection.execute(
            select(audit_records.c.number, audit_records.c.hash).order_by(audit_records.c.number.desc()).limit(1)
        ).one_or_none()
        number, previous = (last.number + 1, last.hash) if last else (1, FIRST)
        content = (number, self.now, actor, action, target, written, previous)
        made = _hash(self._key, content)
        names = ("number", "at", "actor", "action", "target", "detail", "previous")
        self.connection.execute(insert(audit_records).values(hash=made, **dict(zip(names, content, strict=True))))
        return Mark(number, made)


class Audit:
    """The audit records of a vault; threads and processes may append at once."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    @contextmanager
    def turn(self) -> Iterator[Turn]:
        """A transaction in which nobody else appends; committed at the end."""
        with transaction(self._vault.engine) as connection:
            key = _locked_key(connection, self._vault.keys, self._vault.now)
            # Looked at once more: others may have had their turns meanwhile.
            yield Turn(connection, key, self._vault.now)

    def append(self, actor: str, action: str, target: str, detail: Detail | None = None) -> Mark:
        """Append one record that stands for itself."""
        with self.turn() as turn:
            return turn.append(actor, action, target, detail)

    def records(self, after: int = 0, limit: int = 100) -> list[AuditRecord]:
        """The next records by number."""
        with transaction(self._vault.engine) as connection:
            return [_record(row) for row in _page(connection, after, limit)]

    def verify(self, mark: Mark | None = None) -> int | None:
        """The number of the first record that is missing or not as it was written; None when all are sound.

        With a `mark` also the chain's end is looked at: that it has come at least so far, by the same way.
        """
        with transaction(self._vault.engine) as connection:
            key = _key(connection, self._vault.keys)
        number, previous = 0, FIRST
        while True:
            with transaction(self._vault.engine) as connection:
                page = _page(connection, number, _PAGE)
            for row in page:
                number += 1
                content = tuple(row)[:-1]
                sound = (
                    key is not None
                    and row.number == number
                    and hmac.compare_digest(row.previous, previous)
                    and hmac.compare_digest(row.hash, _hash(key, content))
                    and (mark is None or mark.number != number or mark.hash == row.hash)
                )
                if not sound:
                    return number
                previous = row.hash
            if len(page) < _PAGE:
                break
        # A key is made with the first record.
        if (key is not None and number == 0) or (mark is not None and number < mark.number):
            return number + 1
        return None


def _locked_key(connection: Connection, keys: Keys, now: int) -> bytes:
    """Wait until nobody else appends; the chain's key, made when there is none."""
    lock_for_putting(connection)
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _APPENDING_LOCK})
    wrapped = keys.wrap(SUBJECT, os.urandom(KEY_BYTES))
    row = {"wrapped": wrapped, "kek_version": keys.kek_version, "now": now, "put_at": _NEVER_SWEPT}
    connection.execute(_PUT_KEY, {"subject": SUBJECT, **row})
    key = _key(connection, keys)
    assert key is not None  # noqa: S101  it was just put
    return key


def _key(connection: Connection, keys: Keys) -> bytes | None:
    query = select(subject_keys.c.wrapped, subject_keys.c.kek_version).where(subject_keys.c.subject == SUBJECT)
    row = connection.execute(query).one_or_none()
    return keys.unwrap(SUBJECT, row.wrapped, row.kek_version) if row else None


def _page(connection: Connection, after: int, limit: int) -> Sequence[Row[Any]]:
    query = select(audit_records).where(audit_records.c.number > after).order_by(audit_records.c.number).limit(limit)
    return connection.execute(query).all()


def _record(row: Row[Any]) -> AuditRecord:
    moment = datetime.fromtimestamp(row.at / 1_000_000, UTC)
    detail = json.loads(row.detail)
    return AuditRecord(row.number, moment, row.actor, row.action, row.target, detail, row.previous, row.hash)


def _hash(key: bytes, content: tuple[Any, ...]) -> str:
    # One JSON list of all columns: no two records have the same text.
    return hmac.digest(key, json.dumps(content, separators=(",", ":")).encode("ascii"), "sha256").hex()
