"""The vault's store: personal values as ciphertext, in SQLite or PostgreSQL, apart from the graph.

Each subject (a registration or a vehicle) has a data key of its own; see decision record 0004.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from types import TracebackType
from typing import Any, Self

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, Engine, inspect, select, text
from sqlalchemy.schema import CreateTable

from renche.vault.database import engine_of, execute_rows, transaction
from renche.vault.errors import WrongKeys
from renche.vault.keys import HMAC, KEK, KEY_BYTES, MEND, Keys
from renche.vault.tables import metadata, personal_values, retired_keys, subject_keys, tombstones, vault_keys
from renche.vault.values import FIELDS, PersonalValue, seal, unseal

# Below the number of parameters that the oldest SQLite in use allows in one statement.
_CHUNK = 900
_SAMPLE = 100
# Any number of our own: it keeps two openings from creating the tables at the same moment.
_OPENING_LOCK = 7_305_016_128
# Shared by those who put, taken alone by who destroys keys; SQLite's one writer at a time needs neither.
_PUTTING_LOCK = 7_305_016_129

TOMBSTONE = "erased"
"""The kind of thing that the fingerprint of an erased subject is of."""

# Given to the driver with rows of plain tuples, which costs half of what named parameters do. A conflict on
# a key waits for the process that won, keeps its key and notes the time, which guards the row against a
# sweep until the graph has been written too.
_PUT_KEYS = (
    "INSERT INTO subject_keys (subject, wrapped, kek_version, created_at, put_at) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (subject) DO UPDATE SET put_at = excluded.put_at"
)
# Said again after another, a value is the newest once more.
_PUT_VALUES = (
    "INSERT INTO personal_values (subject, field, fingerprint, hmac_version, ciphertext, recorded_at) "
    "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (subject, field, fingerprint) DO UPDATE "
    "SET recorded_at = excluded.recorded_at WHERE EXISTS (SELECT 1 FROM personal_values AS newer "
    "WHERE newer.subject = excluded.subject AND newer.field = excluded.field "
    "AND newer.recorded_at > personal_values.recorded_at)"
)
_PUT_CHECKS = text(
    'INSERT INTO vault_keys (purpose, version, "check") VALUES (:purpose, :version, :check) ON CONFLICT DO NOTHING'
)
_FORGET_RETIRED = text(
    "DELETE FROM vault_keys WHERE EXISTS (SELECT 1 FROM retired_keys "
    "WHERE retired_keys.purpose = vault_keys.purpose AND retired_keys.version = vault_keys.version)"
)
_DELETE_KEY = text("DELETE FROM subject_keys WHERE subject = :subject")
_DELETE_SUBJECT = text("DELETE FROM subject_keys WHERE subject = :subject AND put_at < :before")


def _now() -> datetime:
    return datetime.now(UTC)


class Vault:
    """An open vault; made by ``open``. Threads may share it, processes open their own."""

    def __init__(self, engine: Engine, keys: Callable[[], Keys], now: Callable[[], datetime]) -> None:
        self.engine = engine  # for this room's modules
        self._current_keys = keys
        self._now = now

    @classmethod
    def open(cls, url: str, keys: Keys | Callable[[], Keys], *, now: Callable[[], datetime] = _now) -> Vault:
        """Open the vault at ``sqlite:///path`` or ``postgresql://…``, creating its tables when missing.

        ``keys`` may be a function that gives the keys as they are now, for a vault that is open for long.
        Raises VaultUnavailable when the database cannot be used, and WrongKeys when it was written with
        other keys: nothing is ever written under two sets of keys.
        """
        vault = cls(engine_of(url), (lambda: keys) if isinstance(keys, Keys) else keys, now)
        try:
            vault._prepare()
        except BaseException:
            vault.close()
            raise
        return vault

    @property
    def keys(self) -> Keys:
        """The keys as they are now."""
        return self._current_keys()

    @property
    def now(self) -> int:
        """The present, as the tables hold it."""
        return _microseconds(self._now())

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def put(self, values: Sequence[PersonalValue]) -> int:
        """Store values in one transaction, the oldest first, and return how many were new, or the newest again.

        A value that is there already (same subject, field and fingerprint) stays as it is, and so does every
        older value of the field; only which one was said last may change. Values of subjects that were erased are
        dropped. When this returns, the values survive a crash of the machine.
        """
        if not values:
            return 0
        if unknown := {value.field for value in values} - FIELDS:
            raise ValueError(f"no such field of the vault: {', '.join(sorted(unknown))}")
        # One order for all processes: two that put the same subjects wait for each other and never deadlock.
        # Of one field they stay in the order given: the last one is the newest.
        ordered = list(dict.fromkeys(reversed(values)))[::-1]
        ordered.sort(key=lambda value: (value.subject, value.field))
        now, keys = self.now, self.keys
        with transaction(self.engine) as connection:
            lock_for_putting(connection)
            ciphers = _ciphers(connection, keys, list(dict.fromkeys(value.subject for value in ordered)), now)
            _refuse_retired(connection, keys)
            if erased := erased_among(connection, keys, ciphers):
                connection.execute(_DELETE_KEY, [{"subject": subject} for subject in sorted(erased)])
                ordered = [value for value in ordered if value.subject not in erased]
            version = keys.hmac_version
            rows = [
                (
                    value.subject,
                    str(value.field),
                    value.fingerprint,
                    version,
                    seal(ciphers[value.subject], value.subject, value.field, value.value),
                    now + place,
                )
                for _, same in groupby(ordered, key=lambda value: (value.subject, value.field))
                for place, value in enumerate(same)
            ]
            return execute_rows(connection, _PUT_VALUES, rows) if rows else 0

    def values_of(
        self, subjects: Collection[str], fields: Collection[str] | None = None
    ) -> dict[str, list[PersonalValue]]:
        """Decrypt the values of each subject, by field and oldest first; an unknown subject has none.

        ``fields`` limits them. Raises WrongKeys or UnreadableValue when one cannot be opened.
        """
        found: dict[str, dict[tuple[str, str], PersonalValue]] = {subject: {} for subject in subjects}
        query = SEALED.order_by(
            personal_values.c.subject,
            personal_values.c.field,
            personal_values.c.recorded_at,
            personal_values.c.fingerprint,
        )
        if fields is not None:
            query = query.where(personal_values.c.field.in_(sorted(fields)))
        with transaction(self.engine) as connection:
            for chunk in _chunks(list(found)):
                for value in opened(connection.execute(query.where(subject_keys.c.subject.in_(chunk))), self.keys):
                    # While keys change a value may be there under two of them.
                    found[value.subject].pop((value.field, value.value), None)
                    found[value.subject][value.field, value.value] = value
        return {subject: list(values.values()) for subject, values in found.items()}

    def verify(self) -> None:
        """Open a sample of the stored values; raises WrongKeys or UnreadableValue when one does not open."""
        with transaction(self.engine) as connection:
            for _ in opened(connection.execute(SEALED.limit(_SAMPLE)), self.keys):
                pass

    def erased(self, subjects: Collection[str]) -> dict[str, datetime]:
        """Those of these subjects whose values were erased and are taken no more, each with the time."""
        with transaction(self.engine) as connection:
            return erased_among(connection, self.keys, subjects)

    def subjects(self, recorded_before: datetime, after: str = "", limit: int = 5000) -> list[str]:
        """The next subjects by id that no ``put`` has named since ``recorded_before``.

        For a sweep: what is older than any running ingest and has no node in the graph is an orphan.
        """
        query = (
            select(subject_keys.c.subject)
            .where(subject_keys.c.subject > after, subject_keys.c.put_at < _microseconds(recorded_before))
            .order_by(subject_keys.c.subject)
            .limit(limit)
        )
        with transaction(self.engine) as connection:
            return list(connection.scalars(query))

    def delete_subjects(self, subjects: Collection[str], recorded_before: datetime) -> int:
        """Destroy keys and values of subjects, save those put since ``recorded_before``; returns how many.

        The time is looked at again here, so that a subject put between a sweep's read and its delete stays.
        """
        if not subjects:
            return 0
        before = _microseconds(recorded_before)
        with transaction(self.engine) as connection:
            rows = [{"subject": subject, "before": before} for subject in sorted(subjects)]
            return connection.execute(_DELETE_SUBJECT, rows).rowcount

    def _prepare(self) -> None:
        """Create the tables, and compare the keys with those the vault was written with."""
        checks = self.keys.checks()
        with transaction(self.engine) as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _OPENING_LOCK})
            for table in metadata.sorted_tables:
                connection.execute(CreateTable(table, if_not_exists=True))
            # A file of keys may hold a version a moment longer than the vault knows it.
            connection.execute(
                _PUT_CHECKS,
                [
                    {"purpose": purpose, "version": version, "check": check}
                    for (purpose, version), check in checks.items()
                ],
            )
            connection.execute(_FORGET_RETIRED)
            _add_columns(connection)
            for purpose, version, check in connection.execute(select(vault_keys)):
                if (purpose, version) not in checks:
                    raise WrongKeys(f"The keys lack {purpose} version {version} of this vault: {MEND}")
                if checks[purpose, version] != check:
                    raise WrongKeys(f"Version {version} of {purpose} is not the vault's: {MEND}")


SEALED = select(
    subject_keys.c.subject,
    subject_keys.c.wrapped,
    subject_keys.c.kek_version,
    personal_values.c.field,
    personal_values.c.fingerprint,
    personal_values.c.ciphertext,
).join(personal_values, personal_values.c.subject == subject_keys.c.subject)


def _add_columns(connection: Connection) -> None:
    """Gives a vault of an earlier version the columns that tables have got since; whoever opens it waits its turn."""
    there = {column["name"] for column in inspect(connection).get_columns("api_tokens")}
    if "purpose" not in there:
        connection.execute(text("ALTER TABLE api_tokens ADD COLUMN purpose TEXT"))


def _ciphers(connection: Connection, keys: Keys, subjects: list[str], now: int) -> dict[str, AESGCM]:
    """The cipher of each subject's data key, made and stored for those that have none."""
    fresh = {subject: os.urandom(KEY_BYTES) for subject in subjects}
    wrapped = {subject: keys.wrap(subject, key) for subject, key in fresh.items()}
    # The first statement of the transaction writes, so SQLite takes its write lock at once and waits
    # for it; one that begins with a read may find its view outdated and fail.
    rows = [(subject, wrapped[subject], keys.kek_version, now, now) for subject in subjects]
    execute_rows(connection, _PUT_KEYS, rows)
    query = select(subject_keys.c.subject, subject_keys.c.wrapped, subject_keys.c.kek_version)
    ciphers: dict[str, AESGCM] = {}
    for chunk in _chunks(subjects):
        stored_keys = connection.execute(query.where(subject_keys.c.subject.in_(chunk))).all()
        for subject, stored, version in stored_keys:
            key = fresh[subject] if stored == wrapped[subject] else keys.unwrap(subject, stored, version)
            ciphers[subject] = AESGCM(key)
    return ciphers


def opened(rows: Iterable[Any], keys: Keys) -> Iterator[PersonalValue]:
    """The values of rows of `SEALED`, decrypted; raises WrongKeys or UnreadableValue."""
    ciphers: dict[str, AESGCM] = {}
    for subject, wrapped, version, field, fingerprint, ciphertext in rows:
        if subject not in ciphers:
            ciphers[subject] = AESGCM(keys.unwrap(subject, wrapped, version))
        value = unseal(ciphers[subject], subject, field, ciphertext)
        yield PersonalValue(subject, field, value, fingerprint)


def erased_among(connection: Connection, keys: Keys, subjects: Collection[str]) -> dict[str, datetime]:
    """Those of these subjects that have a tombstone, each with the time of its erasure."""
    if connection.scalar(select(tombstones.c.mark).limit(1)) is None:
        return {}
    marks = {mark: subject for subject in subjects for mark in keys.fingerprints(TOMBSTONE, subject)}
    query = select(tombstones.c.mark, tombstones.c.erased_at)
    found: dict[str, datetime] = {}
    for chunk in _chunks(list(marks)):
        for mark, at in connection.execute(query.where(tombstones.c.mark.in_(chunk))):
            found[marks[mark]] = datetime.fromtimestamp(at / 1_000_000, UTC)
    return found


def lock_for_putting(connection: Connection, *, alone: bool = False) -> None:
    """Keeps who puts and who destroys keys apart until the end of the transaction."""
    if connection.dialect.name == "postgresql":
        lock = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
        connection.execute(text(f"SELECT {lock}(:lock)"), {"lock": _PUTTING_LOCK})


def _refuse_retired(connection: Connection, keys: Keys) -> None:
    current = {KEK: keys.kek_version, HMAC: keys.hmac_version}
    for purpose, version in connection.execute(select(retired_keys.c.purpose, retired_keys.c.version)):
        if current[purpose] == version:
            raise WrongKeys(f"Version {version} of {purpose} was retired: {MEND}")


def _chunks(subjects: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(subjects), _CHUNK):
        yield subjects[start : start + _CHUNK]


def _microseconds(moment: datetime) -> int:
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return int(moment.timestamp() * 1_000_000)
