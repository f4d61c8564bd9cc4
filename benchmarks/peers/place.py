"""Where a Python peer finds Neo4j and which moment it answers for: variables that the benchmark sets."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime
from typing import Any, Final

from neo4j import READ_ACCESS, AsyncDriver, AsyncGraphDatabase

MOMENT: Final[dict[str, Any]] = {
    "asOf": date.fromisoformat(os.environ.get("PEER_AS_OF", "2026-07-01")),
    "asKnownAt": datetime.fromisoformat(os.environ.get("PEER_AS_KNOWN_AT", "2026-07-01T04:00:00+00:00")),
}


@asynccontextmanager
async def connected() -> AsyncIterator[AsyncDriver]:
    """A driver for the benchmark's Neo4j."""
    login = (os.environ["PEER_NEO4J_USER"], os.environ["PEER_NEO4J_PASSWORD"])
    async with AsyncGraphDatabase.driver(
        os.environ["PEER_NEO4J_URI"], auth=login, notifications_min_severity="OFF"
    ) as driver:
        yield driver


async def value(driver: AsyncDriver, statement: str, parameters: dict[str, Any]) -> Any:
    """The only value of the only record of a statement, read in one round trip; None without a record."""
    async with driver.session(database="neo4j", default_access_mode=READ_ACCESS) as session:
        result = await session.run(statement, {**MOMENT, **parameters})
        record = await result.single()
        return record[0] if record else None
