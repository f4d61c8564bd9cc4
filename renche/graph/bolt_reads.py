"""Reads over the driver's connections, without its sessions (docs/decisions/0018-reads-without-sessions.md)."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any, Final

import neo4j
from neo4j._async.io._bolt import AsyncBolt
from neo4j._async.io._bolt._common import Response
from neo4j._async.io._pool import AcquisitionAuth, AcquisitionDatabase
from neo4j._codec.packstream import Structure
from neo4j.exceptions import BrokenRecordError

# Bolt's messages: https://neo4j.com/docs/bolt/current/bolt/message/
_RUN: Final = b"\x10"
_PULL: Final = b"\x3f"
_ALL: Final = ({"n": -1},)

_AS_ITSELF: Final = AcquisitionAuth(None)
_MILLISECOND: Final = timedelta(milliseconds=1)


class BoltReads:
    """Asks one database of a driver: each read one round trip over a connection of the driver's pool."""

    def __init__(self, driver: neo4j.AsyncDriver, database: str, patience: timedelta) -> None:
        """`patience`: how long to wait for a connection."""
        self._pool = driver._pool
        self._database = database
        self._patience = patience.total_seconds()

    async def rows(
        self, statement: str, parameters: Mapping[str, Any], limit: timedelta, bookmarks: neo4j.Bookmarks | None = None
    ) -> list[list[Any]]:
        """The rows of a statement that reads, in a transaction of its own that may take `limit` in the database.

        Values are plain: maps and lists, text and numbers, temporal and spatial values, no nodes. Raises the driver's
        errors, and leaves the connection to the next read or closed.
        """
        seen = list(bookmarks.raw_values) if bookmarks else []
        connection = await self._pool.acquire(
            access_mode=neo4j.READ_ACCESS,
            timeout=self._patience,
            database=AcquisitionDatabase(self._database),
            bookmarks=seen,
            auth=_AS_ITSELF,
            liveness_check_timeout=None,
        )
        try:
            rows = await _pulled(
                connection,
                statement,
                parameters,
                {"mode": "r", "db": self._database, "tx_timeout": round(limit / _MILLISECOND), "bookmarks": seen},
            )
        except asyncio.CancelledError:
            self._pool.kill_and_release(connection)  # what it has not said yet is no answer to the next
            raise
        except BaseException:
            await self._pool.release(connection)
            raise
        await self._pool.release(connection)
        return rows


async def _pulled(
    connection: AsyncBolt, statement: str, parameters: Mapping[str, Any], extra: dict[str, Any]
) -> list[list[Any]]:
    codec = connection.hydration_handler
    # The driver's own hooks look through each map and each list for values that it could not read.
    hooks = {Structure: partial(_read_structure, codec.struct_hydration_functions)}
    run, pull = _Answer(connection, "run", hooks), _Answer(connection, "pull", hooks)
    connection._append(_RUN, (statement, parameters, extra), run, codec.dehydration_hooks)
    connection._append(_PULL, _ALL, pull)
    await connection.send_all()
    await connection.fetch_all()
    return pull.rows


def _read_structure(readers: Mapping[bytes, Any], structure: Structure) -> Any:
    try:
        return readers[structure.tag](*structure.fields)
    except Exception as error:
        raise BrokenRecordError(f"A value of the kind {structure.tag!r} cannot be read.") from error


class _Answer(Response):
    """What the database says to one message: rows, then a success. A failure is raised, after a reset."""

    def __init__(self, connection: AsyncBolt, message: str, hooks: dict[type, Any]) -> None:
        Response.__init__(self, connection, message, hooks)
        self.rows: list[list[Any]] = []

    async def on_records(self, records: list[list[Any]]) -> None:
        """Keeps what came."""
        self.rows += records

    async def on_success(self, metadata: dict[str, Any]) -> None:
        """Passes over what the database says of the statement."""
