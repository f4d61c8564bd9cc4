"""Audit records on SQLite and PostgreSQL: chained, appended by many at once, and no change stays unseen."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from renche.vault import audit as audits
from renche.vault.audit import FIRST, LONGEST_DETAIL, SUBJECT, Audit, Mark
from renche.vault.errors import WrongKeys
from renche.vault.keys import Keys
from renche.vault.store import Vault

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
KEYS = Keys.generate()


@pytest.fixture
def vault(url: str) -> Iterator[Vault]:
    with Vault.open(url, KEYS, now=lambda: NOW) as vault:
        yield vault


@pytest.fixture
def audit(vault: Vault) -> Audit:
    return Audit(vault)


def fill(audit: Audit, count: int) -> None:
    for number in range(count):
        audit.append("cli:0", "test.done", f"thing-{number}", {"count": number, "words": ["a", "b"], "none": None})


def change(vault: Vault, statement: str) -> None:
    with vault.engine.begin() as connection:
        connection.execute(text(statement))


def test_records_are_chained(audit: Audit) -> None:
    """Numbers count from 1, each record holds the hash before, and pages follow by number."""
    assert audit.verify() is None
    fill(audit, 5)
    records = audit.records()
    assert [record.number for record in records] == [1, 2, 3, 4, 5]
    assert [record.previous for record in records] == [FIRST, *(record.hash for record in records[:-1])]
    assert (records[2].at, records[2].actor, records[2].action, records[2].target) == (
        NOW,
        "cli:0",
        "test.done",
        "thing-2",
    )
    assert records[2].detail == {"count": 2, "words": ["a", "b"], "none": None}
    assert audit.records(after=3) == records[3:]
    assert audit.records(after=1, limit=2) == records[1:3]
    assert audit.verify() is None


CHANGES = [
    ("UPDATE audit_records SET target = 'other' WHERE number = 3", 3),
    ("UPDATE audit_records SET actor = 'cli:1' WHERE number = 1", 1),
    ("UPDATE audit_records SET action = 'test.undone' WHERE number = 5", 5),
    ("UPDATE audit_records SET at = at + 1 WHERE number = 4", 4),
    ("UPDATE audit_records SET detail = '{}' WHERE number = 2", 2),
    ("UPDATE audit_records SET hash = previous WHERE number = 2", 2),
    ("DELETE FROM audit_records WHERE number = 1", 1),
    ("DELETE FROM audit_records WHERE number = 3", 3),
    ("DELETE FROM audit_records", 1),
    # One moved to another number, and one added at the end without the key.
    ("UPDATE audit_records SET number = 9 WHERE number = 5", 5),
    (
        "INSERT INTO audit_records SELECT 6, at, actor, action, target, detail, hash, hash FROM audit_records "
        "WHERE number = 5",
        6,
    ),
    ("DELETE FROM subject_keys WHERE subject = 'audit'", 1),
]


@pytest.mark.parametrize(("statement", "broken"), CHANGES)
def test_a_change_is_seen(vault: Vault, audit: Audit, statement: str, broken: int) -> None:
    """Whatever is changed, removed or added in the database, the first wrong number is told."""
    fill(audit, 5)
    change(vault, statement)
    assert audit.verify() == broken


def test_a_record_of_another_past_is_seen(vault: Vault, audit: Audit) -> None:
    """A record that was once written with the key, and cut off since, fits no chain that went on without it."""
    fill(audit, 3)
    change(vault, "CREATE TABLE kept AS SELECT * FROM audit_records WHERE number = 3")
    change(vault, "DELETE FROM audit_records WHERE number = 3")
    audit.append("cli:0", "test.done", "another")
    fill(audit, 1)
    change(vault, "DELETE FROM audit_records WHERE number = 3")
    change(vault, "INSERT INTO audit_records SELECT * FROM kept")
    assert audit.verify() == 4


def test_a_change_is_seen_across_pages(vault: Vault, audit: Audit, monkeypatch: pytest.MonkeyPatch) -> None:
    """A chain longer than what is read at once is looked at to its end."""
    monkeypatch.setattr(audits, "_PAGE", 2)
    fill(audit, 6)
    assert audit.verify() is None
    change(vault, "DELETE FROM audit_records WHERE number = 5")
    assert audit.verify() == 5


def test_a_mark_shows_a_cut_end(vault: Vault, audit: Audit) -> None:
    """Who kept a mark elsewhere sees that records after it are missing, also when others took their numbers."""
    fill(audit, 3)
    mark = audit.append("cli:0", "test.done", "last")
    assert audit.verify(mark) is None
    change(vault, "DELETE FROM audit_records WHERE number >= 3")
    assert audit.verify() is None
    assert audit.verify(mark) == 3
    fill(audit, 2)
    assert audit.verify() is None
    assert audit.verify(mark) == 4
    assert audit.verify(Mark(99, mark.hash)) == 5


def test_work_and_record_stay_together(audit: Audit) -> None:
    """A turn that fails leaves neither."""

    def fail() -> None:
        with audit.turn() as turn:
            turn.append("cli:0", "test.done", "a")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert audit.records() == []
    assert audit.verify() is None


@pytest.mark.parametrize(
    ("actor", "action", "target", "detail"),
    [
        ("王小明", "test.done", "a", {}),
        ("cli 0", "test.done", "a", {}),
        ("", "test.done", "a", {}),
        ("cli:0", "Done", "a", {}),
        ("cli:0", "done", "a", {}),
        ("cli:0", "test.done", "two words", {}),
        ("cli:0", "test.done", "a" * 301, {}),
        ("cli:0", "test.done", "a", {"text": "x" * (LONGEST_DETAIL + 1)}),
    ],
)
def test_what_names_no_id_is_refused(
    audit: Audit, actor: str, action: str, target: str, detail: dict[str, str]
) -> None:
    """A sentence, a name or a long text has no place in a record."""
    with pytest.raises(ValueError, match="audit record"):
        audit.append(actor, action, target, detail)
    assert audit.records() == []


def test_no_sweep_takes_the_key(vault: Vault, audit: Audit) -> None:
    """The key's row is no orphan of the graph, however old it is."""
    fill(audit, 1)
    for later in (timedelta(days=1), timedelta(days=36_500)):
        assert vault.subjects(NOW + later) == []
        assert vault.delete_subjects([SUBJECT], NOW + later) == 0
    assert audit.verify() is None


def test_a_newer_key_reads_the_chain(url: str) -> None:
    """A rotation of keys leaves the chain sound; without the older version it is told, not taken for broken."""
    newer = Keys({**KEYS.key_encryption_keys, 2: b"k" * 32}, KEYS.hmac_keys, KEYS.cursor_key)
    with Vault.open(url, KEYS) as vault:
        fill(Audit(vault), 2)
    with Vault.open(url, newer) as vault:
        fill(Audit(vault), 2)
        assert Audit(vault).verify() is None
        assert len(Audit(vault).records()) == 4
        change(vault, "UPDATE subject_keys SET kek_version = 2")
        with pytest.raises(WrongKeys):
            Audit(vault).verify()


def test_threads_append_one_after_the_other(audit: Audit) -> None:
    """Many at once lose none and leave no gap."""
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: fill(audit, 10), range(4)))
    assert len(audit.records()) == 40
    assert audit.verify() is None


WRITER = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from renche.vault.audit import Audit
    from renche.vault.keys import Keys
    from renche.vault.store import Vault

    with Vault.open(sys.argv[1], Keys.load(Path(sys.argv[2]))) as vault:
        for number in range(25):
            Audit(vault).append("cli:0", "test.done", f"thing-{number}")
    """
)


def test_processes_append_one_after_the_other(url: str, tmp_path: Path) -> None:
    """Three processes that begin an empty chain at once make one sound chain of all their records."""
    keys = Keys.create(tmp_path / "keys.json")
    command = [sys.executable, "-c", WRITER, url, str(tmp_path / "keys.json")]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    answers = [process.communicate(timeout=60) for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], answers
    with Vault.open(url, keys) as vault:
        assert len(Audit(vault).records()) == 75
        assert Audit(vault).verify() is None
