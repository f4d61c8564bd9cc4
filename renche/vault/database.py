"""The way to the vault's database: SQLite or PostgreSQL, its settings, and its errors made ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from renche.vault.errors import VaultUnavailable

_LOCK_WAIT_SECONDS = 30
_CONNECT_SECONDS = 5

_DRIVERS = {
    "sqlite": "sqlite",
    "sqlite+pysqlite": "sqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}


def engine_of(url: str) -> Engine:
    """The engine for an address, not yet connected; raises VaultUnavailable when it names no vault."""
    address = _address(url)
    if address.drivername != "sqlite":
        waits = {"connect_timeout": address.query.get("connect_timeout", str(_CONNECT_SECONDS))}
        return create_engine(address.update_query_dict(waits), hide_parameters=True, pool_pre_ping=True)
    _keep_private(Path(str(address.database)))
    engine = create_engine(address, hide_parameters=True, connect_args={"timeout": _LOCK_WAIT_SECONDS})
    event.listen(engine, "connect", _configure_sqlite)
    return engine


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """A transaction, committed at the end; what the database refuses becomes VaultUnavailable."""
    try:
        with engine.begin() as connection:
            yield connection
    except DBAPIError as error:
        # The first line alone: a second one may quote a row. Parameters are hidden by the engine.
        lines = str(error.orig).splitlines() or [type(error.orig).__name__]
        where = engine.url.render_as_string(hide_password=True)
        raise VaultUnavailable(f"The vault at {where} cannot be used: {lines[0]}") from error


def execute_rows(connection: Connection, statement: str, rows: list[tuple[Any, ...]]) -> int:
    """Run a text with ? for its parameters once for each row; returns how many rows it changed."""
    if connection.dialect.name == "postgresql":
        statement = statement.replace("?", "%s")
    return connection.exec_driver_sql(statement, rows).rowcount


def _address(url: str) -> URL:
    try:
        address = make_url(url)
    except ArgumentError:
        address = None
    # Raised out here, and without the text: it may hold a password.
    if address is None or address.drivername not in _DRIVERS:
        raise VaultUnavailable("The vault's address must begin with sqlite:/// or postgresql://.")
    address = address.set(drivername=_DRIVERS[address.drivername])
    if address.drivername == "sqlite" and address.database in {None, "", ":memory:"}:
        raise VaultUnavailable("The vault's address must name a file: sqlite:///path/to/vault.db.")
    return address


def _keep_private(path: Path) -> None:
    """Make the file before SQLite does, so that it and the -wal and -shm beside it have mode 0600."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        for part in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
            if part.exists():
                part.chmod(0o600)
    except OSError as error:
        raise VaultUnavailable(f"The vault's file {path} cannot be used: {error.strerror}.") from error


def _configure_sqlite(connection: Any, _record: Any) -> None:
    # FULL: the graph, written after, remembers the row as unchanged, so a value that a power cut took from
    # the vault would not come again. secure_delete: a destroyed key leaves no copy in the file.
    for setting in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "secure_delete = ON",
        "cache_size = -65536",
        "wal_autocheckpoint = 8000",
    ):
        connection.execute(f"PRAGMA {setting}").close()
