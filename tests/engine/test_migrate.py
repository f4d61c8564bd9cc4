"""Migrations on both engines: fresh, repeated, two at once, and what to do when somebody else changed the graph."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

import pytest

from renche.graph import migrate as module
from renche.graph.clock import FixedClock
from renche.graph.database import Database, Transaction, native
from renche.graph.errors import DatabaseFailure, EngineUnavailable, WriteConflict
from renche.graph.migrate import (
    Index,
    Migration,
    expected_indexes,
    migrate,
    migrations,
    missing_indexes,
    pending,
)
from renche.graph.named_queries import Statement

AT = datetime(2026, 7, 1, 12, tzinfo=UTC)
CLOCK = FixedClock(AT)
MADE = re.compile(r"CREATE (CONSTRAINT|INDEX) (\w+) ")

RECORDS = Statement(
    "test.records", "MATCH (m:Migration) RETURN m.number, m.name, m.checksum, m.recordedAt ORDER BY m.number"
)
FORGET = Statement("test.forget", "MATCH (m:Migration) DETACH DELETE m", write=True)
ALTER = Statement("test.alter", "MATCH (m:Migration {number: $number}) SET m.checksum = 'altered'", write=True)
ADD = Statement("test.add", "CREATE (:Migration {number: $number, checksum: 'unknown'})", write=True)
CREATE_CLUB = Statement("test.create", "CREATE (:Club {id: $id})", write=True)


async def write(database: Database, statement: Statement, **parameters: Any) -> None:
    async def work(transaction: Transaction) -> None:
        await transaction.run(statement, parameters)

    await database.write(statement.name, work)


async def drop(database: Database, *names: str) -> None:
    """Drops constraints and indexes as somebody would by hand; without names all that migrations make."""
    for migration in migrations():
        for text in migration.statements:
            made = MADE.match(text)
            assert made, text
            if not names or made[2] in names:
                await database.run(Statement("test.drop", f"DROP {made[1]} {made[2]} IF EXISTS", write=True))


@pytest.fixture
async def bare(graph: Database) -> AsyncIterator[Database]:
    """Each engine without constraints, indexes and records; afterwards it has them again."""
    await drop(graph)
    await graph.run(Statement("test.drop", "DROP CONSTRAINT migration_number IF EXISTS", write=True))
    await write(graph, FORGET)
    yield graph
    await write(graph, FORGET)
    await migrate(graph, CLOCK)


@pytest.fixture
async def migrated(graph: Database) -> AsyncIterator[Database]:
    """Each engine with everything; whatever a test does to the records is undone."""
    yield graph
    await write(graph, FORGET)
    await migrate(graph, CLOCK)


async def test_a_fresh_graph_gets_everything(bare: Database) -> None:
    """On an empty database every migration is carried out and recorded, and every index is online."""
    assert await pending(bare) == list(migrations())
    assert await missing_indexes(bare) == sorted(expected_indexes())
    assert await migrate(bare, CLOCK) == list(migrations())
    assert await pending(bare) == []
    assert await missing_indexes(bare) == []
    assert native(await bare.read(RECORDS)) == [[m.number, m.name, m.checksum, AT] for m in migrations()]


async def test_a_repeated_migration_does_nothing(migrated: Database) -> None:
    """What was carried out is not carried out again, and its record stays as it was."""
    records = await migrated.read(RECORDS)
    assert await migrate(migrated, FixedClock(datetime(2030, 1, 1, tzinfo=UTC))) == []
    assert await migrated.read(RECORDS) == records


async def test_two_at_once(bare: Database) -> None:
    """Of several that migrate a fresh graph at the same time all succeed, and there is one record of each."""
    await asyncio.gather(*(migrate(bare, CLOCK) for _ in range(4)))
    assert await missing_indexes(bare) == []
    assert [number for number, *_ in await bare.read(RECORDS)] == [m.number for m in migrations()]


async def test_a_half_done_migration_is_finished(bare: Database) -> None:
    """A run that was killed amid its statements is carried on by the next."""
    for text in migrations()[0].statements[:10]:
        await bare.run(Statement("test.half", text, write=True))
    assert await migrate(bare, CLOCK) == list(migrations())
    assert await missing_indexes(bare) == []


async def test_a_dropped_index_is_reported_and_made_again(migrated: Database) -> None:
    """What was dropped by hand is named, and the next migrate makes it again, that and nothing else."""
    await drop(migrated, "person_city", "drives_id", "club_id")
    assert await missing_indexes(migrated) == [
        Index("Club", ("id",)),
        Index("DRIVES", ("id",)),
        Index("Person", ("city", "id")),
    ]
    assert await pending(migrated) == []
    assert await migrate(migrated, CLOCK) == [migrations()[0]]
    assert await missing_indexes(migrated) == []
    assert [number for number, *_ in await migrated.read(RECORDS)] == [m.number for m in migrations()]
    await write(migrated, CREATE_CLUB, id="clu_one")
    with pytest.raises(WriteConflict):
        await write(migrated, CREATE_CLUB, id="clu_one")


async def test_a_changed_migration_is_refused(migrated: Database) -> None:
    """A file that was changed after it had been carried out is an error, and nothing is done."""
    await write(migrated, ALTER, number=1)
    for ask in (pending(migrated), migrate(migrated, CLOCK)):
        with pytest.raises(DatabaseFailure, match="0001 was changed after"):
            await ask


async def test_a_newer_graph_is_refused(migrated: Database) -> None:
    """An older version leaves alone a graph that a newer one has migrated."""
    await write(migrated, ADD, number=9999)
    for ask in (pending(migrated), migrate(migrated, CLOCK)):
        with pytest.raises(DatabaseFailure, match="9999, which this version of renche lacks"):
            await ask


async def test_migrate_waits_for_what_is_not_online(migrated: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """An index that does not come online in time is named, as a state of the database that may pass."""
    asked: list[int] = []
    looked = missing_indexes

    async def slow(database: Database) -> list[Index]:
        asked.append(1)
        return [Index("Person", ("city", "id"))] if len(asked) < 4 else await looked(database)

    monkeypatch.setattr(module, "missing_indexes", slow)
    await migrate(migrated, CLOCK)
    assert len(asked) == 4
    asked.clear()
    with pytest.raises(EngineUnavailable, match=r"not online after 0 s: Person\(city, id\)"):
        await migrate(migrated, CLOCK, wait_seconds=0)


def test_migrations_are_numbered_without_gaps() -> None:
    """Numbers count up from one, each with its own checksum."""
    assert [migration.number for migration in migrations()] == list(range(1, len(migrations()) + 1))
    assert len({migration.checksum for migration in migrations()}) == len(migrations())
    names = [entry.name for entry in files("renche.cypher.migrations").iterdir() if entry.name.endswith(".cypher")]
    assert sorted(names) == [f"{migration.number:04}_{migration.name}.cypher" for migration in migrations()]


def every_statement() -> list[tuple[Migration, str]]:
    return [(migration, text) for migration in migrations() for text in migration.statements]


def test_every_statement_can_be_repeated() -> None:
    """Each makes one named constraint or index if there is none yet, and none is made twice."""
    for _, text in every_statement():
        assert MADE.match(text)
        assert " IF NOT EXISTS FOR " in text
    names = [made[2] for _, text in every_statement() if (made := MADE.match(text))]
    assert len(set(names)) == len(names)
    assert len(expected_indexes()) == len(names)


def test_migrations_are_frozen() -> None:
    """What was read from the files cannot be changed on the way."""
    assert replace(migrations()[0]) == migrations()[0]
    with pytest.raises(AttributeError):
        migrations()[0].number = 2  # type: ignore[misc]
