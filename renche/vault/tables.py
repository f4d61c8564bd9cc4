"""The vault's tables, one form for SQLite and PostgreSQL; times are microseconds since 1970 UTC."""

from __future__ import annotations

from sqlalchemy import TEXT, BigInteger, Column, ForeignKey, Integer, LargeBinary, MetaData, Table, Text

metadata = MetaData()

# Byte order everywhere: ids come back in the same order from both databases, and compare faster.
_ID = Text().with_variant(TEXT(collation="C"), "postgresql")

vault_keys = Table(
    "vault_keys",
    metadata,
    Column("purpose", _ID, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("check", Text, nullable=False),
    sqlite_with_rowid=False,
)

# Versions that were destroyed: whoever still has one must write nothing with it.
retired_keys = Table(
    "retired_keys",
    metadata,
    Column("purpose", _ID, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("retired_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

subject_keys = Table(
    "subject_keys",
    metadata,
    Column("subject", _ID, primary_key=True),
    Column("wrapped", LargeBinary, nullable=False),
    Column("kek_version", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    # When a put last named the subject, even if it brought nothing new.
    Column("put_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

personal_values = Table(
    "personal_values",
    metadata,
    Column("subject", _ID, ForeignKey("subject_keys.subject", ondelete="CASCADE"), primary_key=True),
    Column("field", _ID, primary_key=True),
    Column("fingerprint", _ID, primary_key=True),
    Column("hmac_version", Integer, nullable=False),
    Column("ciphertext", LargeBinary, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# Lists are JSON; a restriction that is null does not restrict.
api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("hash", LargeBinary, nullable=False),
    Column("env", _ID, nullable=False),
    Column("name", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("dealers", Text),
    Column("cities", Text),
    Column("brands", Text),
    Column("partner", Text),
    Column("purpose", Text),
    Column("networks", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("not_before", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    # The token that takes its place, and until when this one is still good beside it.
    Column("rotated_to", _ID),
    Column("rotated_until", BigInteger),
    Column("revoked_at", BigInteger),
    Column("last_used_at", BigInteger),
    sqlite_with_rowid=False,
)

audit_records = Table(
    "audit_records",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("previous", Text, nullable=False),
    Column("hash", Text, nullable=False),
    sqlite_with_rowid=False,
)

# What must not come back, known by keyed hashes alone. The subject is sealed beside, for the day the keys change.
tombstones = Table(
    "tombstones",
    metadata,
    Column("mark", _ID, primary_key=True),
    Column("hmac_version", Integer, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("kek_version", Integer, nullable=False),
    Column("erased_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# The proofs of erasures: when, whose id, how many of what; each hash covers the one before.
erasures = Table(
    "erasures",
    metadata,
    Column("person", _ID, primary_key=True),
    Column("erased_at", BigInteger, primary_key=True),
    Column("counts", Text, nullable=False),
    # Both are null until nothing is left to do.
    Column("ended_at", BigInteger),
    Column("hash", Text),
    sqlite_with_rowid=False,
)
