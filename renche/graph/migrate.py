"""Constraints and indexes: numbered, recorded in the graph, safe to repeat."""

import asyncio
import random
import re
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from hashlib import sha256
from importlib.resources import files

from renche.graph.clock import Clock
from renche.graph.database import Database
from renche.graph.errors import DatabaseFailure, EngineUnavailable, WriteConflict
from renche.graph.named_queries import Statement, named_query

LOCK = named_query("migration.lock")
RECORDED = named_query("migration.recorded")
RECORD = named_query("migration.record")
INDEXES = named_query("migration.indexes")

_ATTEMPTS = 20
_MAKING = timedelta(hours=1)  # a constraint looks through all that is there

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
    made = (_index(statement) for migration in migrations() for statement in migration.statements)
    return frozenset(index for index in made if index)


def _index(statement: str) -> Index | None:
    """The index that a statement of a migration makes."""
    match = _TARGET.search(statement)
    return match and Index(match["label"] or match["type"], tuple(_PROPERTY.findall(match["what"])))


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
    """Carries out what is pending, makes again what was dropped, and waits until every index is online.

    Returns the migrations that were carried out, in part only where it was for a lost index. Raises what
    `pending` raises, and EngineUnavailable when an index is not online in time.
    """
    await _make(database, LOCK)
    fresh = await pending(database)
    lost = set(await missing_indexes(database))
    done = []
    for migration in migrations():
        statements = [text for text in migration.statements if migration in fresh or _index(text) in lost]
        for text in statements:
            await _make(database, Statement(f"migration.{migration.number:04}", text, write=True))
        if statements:
            await _record(database, migration, clock)
            done.append(migration)
    waited = 0.0
    while missing := await missing_indexes(database):
        if waited > wait_seconds:
            names = ", ".join(f"{index.target}({', '.join(index.properties)})" for index in missing)
            raise EngineUnavailable(f"These indexes are not online after {wait_seconds:.0f} s: {names}.")
        await asyncio.sleep(0.2)
        waited += 0.2
    return done


async def _make(database: Database, statement: Statement) -> None:
    """Makes a constraint or an index; Neo4j refuses one of two that do so at the same time, who then tries again."""
    for left in reversed(range(_ATTEMPTS)):
        try:
            await database.run(statement, time_limit=_MAKING)
            return
        except WriteConflict:
            if not left:
                raise
            await asyncio.sleep(random.uniform(0.05, 0.5))  # noqa: S311  apart from the other, no secret


async def _record(database: Database, migration: Migration, clock: Clock) -> None:
    parameters = {
        "number": migration.number,
        "name": migration.name,
        "checksum": migration.checksum,
        "recordedAt": clock.now(),
    }
    await database.write("migration.record", lambda transaction: transaction.run(RECORD, parameters))


async def missing_indexes(database: Database) -> list[Index]:
    """The expected indexes that are not there, or not online yet."""
    online = {
        Index(target[0], tuple(properties))
        for target, properties, state in await database.read(INDEXES)
        if state == "ONLINE" and target and properties
    }
    return sorted(expected_indexes() - online)
