"""Constraints and indexes: numbered, recorded in the graph, safe to repeat."""

import asyncio
import re
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files

from renche.graph.clock import Clock
from renche.graph.database import Database, Transaction
from renche.graph.errors import DatabaseFailure, EngineUnavailable
from renche.graph.named_queries import Statement, named_query

LOCK = named_query("migration.lock")
RECORDED = named_query("migration.recorded")
RECORD = named_query("migration.record")
INDEXES = named_query("migration.indexes")

_TARGET = re.compile(r"FOR (?:\((?:n):(?P<label>\w+)\)|\(\)-\[e:(?P<type>\w+)\]-\(\)) (?:REQUIRE|ON) (?P<what>.+)$")
_PROPERTY = re.compile(r"\b[ne]\.(\w+)")


@dataclass(frozen=True)
class Migration:
    """One numbered file of statements."""

    number: int
    name: str
    statements: tuple[str, ...]
    checksum: str


@dataclass(frozen=True, order=True)
class Index:
    """An index that the graph must have: on which label or relationship type, over which properties."""

    target: str
    properties: tuple[str, ...]


@cache
def migrations() -> tuple[Migration, ...]:
    """Every migration, in order."""
    found = []
    for file in sorted(files("renche.cypher.migrations").iterdir(), key=lambda entry: entry.name):
        if match := re.match(r"^(\d{4})_(\w+)\.cypher$", file.name):
            text = file.read_text(encoding="utf-8")
            lines = [line for line in text.splitlines() if not line.startswith("//")]
            statements = tuple(part.strip() for part in "\n".join(lines).split(";") if part.strip())
            found.append(Migration(int(match[1]), match[2], statements, sha256(text.encode()).hexdigest()[:16]))
    return tuple(found)


@cache
def expected_indexes() -> frozenset[Index]:
    """The indexes that the migrations make, those of constraints among them."""
    return frozenset(
        Index(match["label"] or match["type"], tuple(_PROPERTY.findall(match["what"])))
        for migration in migrations()
        for statement in migration.statements
        if (match := _TARGET.search(statement))
    )


async def pending(database: Database) -> list[Migration]:
    """The migrations that this database still lacks.

    Raises DatabaseFailure when it holds one that was changed afterwards, or that this version does not know.
    """
    recorded = dict(await database.read_value(RECORDED) or [])
    known = {migration.number: migration for migration in migrations()}
    for number, checksum in recorded.items():
        if number not in known:
            raise DatabaseFailure(f"The graph was migrated to {number:04}, which this version of renche lacks.")
        if known[number].checksum != checksum:
            raise DatabaseFailure(f"Migration {number:04} was changed after it had been carried out here.")
    return [migration for migration in migrations() if migration.number not in recorded]


async def migrate(database: Database, clock: Clock, *, wait_seconds: float = 300) -> list[Migration]:
    """Carries out what is pending and waits until every index is online.

    Returns what was carried out. Raises EngineUnavailable when an index is not online in time.
    """
    await database.run(LOCK)
    done = await pending(database)
    for migration in done:
        for text in migration.statements:
            await database.run(Statement(f"migration.{migration.number:04}", text, write=True))
        parameters = {
            "number": migration.number,
            "name": migration.name,
            "checksum": migration.checksum,
            "recordedAt": clock.now(),
        }

        async def record(transaction: Transaction, parameters: dict[str, object] = parameters) -> None:
            await transaction.run(RECORD, parameters)

        await database.write("migration.record", record)
    waited = 0.0
    while missing := await missing_indexes(database):
        if waited > wait_seconds:
            names = ", ".join(f"{index.target}({', '.join(index.properties)})" for index in missing)
            raise EngineUnavailable(f"These indexes are not online after {wait_seconds:.0f} s: {names}.")
        await asyncio.sleep(0.2)
        waited += 0.2
    return done


async def missing_indexes(database: Database) -> list[Index]:
    """The expected indexes that are not there, or not online yet."""
    online = {
        Index(target[0], tuple(properties))
        for target, properties, state in await database.run(INDEXES)
        if state == "ONLINE" and target and properties
    }
    return sorted(expected_indexes() - online)
