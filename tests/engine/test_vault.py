"""The vault keeps values, opens them only with its keys, and loses none, on SQLite and PostgreSQL."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from renche.vault.errors import UnreadableValue, VaultError, VaultUnavailable, WrongKeys
from renche.vault.keys import Keys
from renche.vault.store import Vault
from renche.vault.values import Field, PersonalValue

MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)
KEYS = Keys.generate()


@dataclass
class Clock:
    """A clock that a test sets."""

    at: datetime = MONDAY

    def __call__(self) -> datetime:
        return self.at


def value(subject: str, field: str, plain: str) -> PersonalValue:
    return PersonalValue(subject, field, plain, KEYS.fingerprint(field, plain))


def everything(url: str) -> list[tuple[object, ...]]:
    """Every row of every table, as the database holds it."""
    return run(url, "SELECT * FROM personal_values", "SELECT * FROM subject_keys", "SELECT * FROM vault_keys")


def run(url: str, *statements: str) -> list[tuple[object, ...]]:
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))
    rows: list[tuple[object, ...]] = []
    with engine.begin() as connection:
        for statement in statements:
            result = connection.execute(text(statement))
            rows += [tuple(row) for row in result] if result.returns_rows else []
    engine.dispose()
    return rows


WANG = [
    value("reg_wang", Field.NAME, "王小明"),
    value("reg_wang", Field.PHONE, "+8613800000001"),
    value("reg_wang", Field.EMAIL, "wang@example.com"),
]
CAR = value("veh_car", Field.PLATE, "沪A12345")


def test_values_come_back(url: str) -> None:
    """What was put is read again by subject and field, also after the vault was closed."""
    with Vault.open(url, KEYS) as vault:
        assert vault.put([*WANG, CAR]) == 4
    with Vault.open(url, KEYS) as vault:
        vault.verify()
        found = vault.values_of(["reg_wang", "veh_car", "reg_nobody"])
        assert sorted(found["reg_wang"], key=str) == sorted(WANG, key=str)
        assert found["veh_car"] == [CAR]
        assert found["reg_nobody"] == []
        assert vault.values_of(["reg_wang"], {Field.PHONE}) == {"reg_wang": [WANG[1]]}
        assert vault.values_of([]) == {}


def test_an_empty_vault_is_sound(url: str) -> None:
    """A vault without rows verifies, has no subjects, and takes an empty batch."""
    with Vault.open(url, KEYS) as vault:
        vault.verify()
        assert vault.put([]) == 0
        assert vault.subjects(MONDAY) == []
        assert vault.delete_subjects([], MONDAY) == 0


def test_putting_twice_changes_nothing(url: str) -> None:
    """Values that are there already are left alone, within one batch too, and only new ones are counted."""
    with Vault.open(url, KEYS) as vault:
        assert vault.put([*WANG, *WANG]) == 3
        before = run(url, "SELECT * FROM personal_values", "SELECT subject, wrapped FROM subject_keys")
        assert vault.put(WANG) == 0
        after = run(url, "SELECT * FROM personal_values", "SELECT subject, wrapped FROM subject_keys")
        assert sorted(map(repr, after)) == sorted(map(repr, before))
        assert vault.put([*WANG, CAR]) == 1


def test_an_old_value_stays_beside_the_new(url: str) -> None:
    """Nothing that a source said is overwritten: both phones are there, the older first."""
    clock = Clock()
    newer = value("reg_wang", Field.PHONE, "+8613800000002")
    with Vault.open(url, KEYS, now=clock) as vault:
        vault.put(WANG)
        clock.at += timedelta(days=1)
        assert vault.put([newer]) == 1
        assert vault.values_of(["reg_wang"], [Field.PHONE]) == {"reg_wang": [WANG[1], newer]}


def test_a_large_batch_is_one_transaction(url: str) -> None:
    """More subjects than fit in one IN list are stored and read in one call each."""
    many = [value(f"reg_{n:05}", Field.MEMBER_NUMBER, f"member-{n}") for n in range(2500)]
    with Vault.open(url, KEYS) as vault:
        assert vault.put(many) == 2500
        found = vault.values_of([item.subject for item in many])
        assert [found[item.subject] for item in many] == [[item] for item in many]


def test_any_text_is_kept(url: str) -> None:
    """Empty text, NUL, lone surrogates and rare characters come back as they were."""
    odd = [value(f"reg_{n}", Field.NAME, plain) for n, plain in enumerate(["", "a\0b", "\ud800", "𠮷野", "' OR 1"])]
    with Vault.open(url, KEYS) as vault:
        vault.put(odd)
        found = vault.values_of([item.subject for item in odd])
        assert [found[item.subject] for item in odd] == [[item] for item in odd]


def test_an_unknown_field_is_refused(url: str) -> None:
    """A field that the vault does not know is a mistake of the caller, and nothing is stored."""
    with Vault.open(url, KEYS) as vault:
        with pytest.raises(ValueError, match="shoe_size"):
            vault.put([WANG[0], value("reg_wang", "shoe_size", "42")])
        assert vault.values_of(["reg_wang"]) == {"reg_wang": []}


def test_the_database_holds_no_value(url: str, tmp_path: Path) -> None:
    """Neither rows nor the files beside them contain a planted name, phone or plate."""
    planted = [item.value.encode() for item in [*WANG, CAR]]
    with Vault.open(url, KEYS) as vault:
        vault.put([*WANG, CAR])
        rows = everything(url)
        assert len(rows) == 8
        stored = b"\n".join(cell if isinstance(cell, bytes) else str(cell).encode() for row in rows for cell in row)
        files = b"\n".join(path.read_bytes() for path in (tmp_path / "vault").glob("*"))
        for plain in planted:
            assert plain not in stored
            assert plain not in files


def test_equal_values_look_different(url: str) -> None:
    """Two people with one phone have different ciphertexts, since each subject has its own key."""
    with Vault.open(url, KEYS) as vault:
        vault.put([value("reg_a", Field.PHONE, "+8613800000001"), value("reg_b", Field.PHONE, "+8613800000001")])
    ciphertexts = run(url, "SELECT ciphertext FROM personal_values")
    keys = run(url, "SELECT wrapped FROM subject_keys")
    assert len(set(ciphertexts)) == len(set(keys)) == 2


@pytest.mark.parametrize("used", [False, True])
def test_other_keys_are_refused_at_the_door(url: str, *, used: bool) -> None:
    """A vault opens with its own keys only, even while it is empty, and says what to do."""
    with Vault.open(url, KEYS) as vault:
        vault.put(WANG if used else [])
    with pytest.raises(WrongKeys, match="not the vault's: use the newest keys file") as caught:
        Vault.open(url, Keys.generate())
    assert caught.value.code == "VAULT_WRONG_KEYS"
    with pytest.raises(WrongKeys, match=r"hmac_keys is not the vault's"):
        Vault.open(url, Keys(KEYS.key_encryption_keys, {1: b"h" * 32}, KEYS.cursor_key))
    with Vault.open(url, KEYS) as vault:
        vault.verify()


def test_a_newer_version_is_taken_and_then_needed(url: str) -> None:
    """Keys with one version more read the old rows; the keys without it are refused from then on."""
    newer = Keys({**KEYS.key_encryption_keys, 2: b"k" * 32}, {**KEYS.hmac_keys, 2: b"h" * 32}, KEYS.cursor_key)
    with Vault.open(url, KEYS) as vault:
        vault.put(WANG)
    with Vault.open(url, newer) as vault:
        vault.put([CAR])
        vault.verify()
        assert len(vault.values_of(["reg_wang"])["reg_wang"]) == 3
    rows = run(url, "SELECT kek_version FROM subject_keys ORDER BY subject")
    assert rows == [(1,), (2,)]
    with pytest.raises(WrongKeys, match=r"lack .* version 2 of this vault"):
        Vault.open(url, KEYS)


def test_a_swapped_key_is_noticed(url: str) -> None:
    """A data key put in another subject's row opens nothing: reading and verifying both say so."""
    with Vault.open(url, KEYS) as vault:
        vault.put([*WANG, CAR])
        run(
            url,
            "UPDATE subject_keys SET wrapped = (SELECT wrapped FROM subject_keys WHERE subject = 'veh_car') "
            "WHERE subject = 'reg_wang'",
        )
        for read in (vault.verify, lambda: vault.values_of(["reg_wang"]), lambda: vault.put(WANG)):
            with pytest.raises(WrongKeys, match="data key of reg_wang"):
                read()


def test_a_moved_value_is_noticed(url: str) -> None:
    """A ciphertext that was moved to another field does not open there."""
    with Vault.open(url, KEYS) as vault:
        vault.put(WANG[:1])
        run(url, "UPDATE personal_values SET field = 'email'")
        for read in (vault.verify, lambda: vault.values_of(["reg_wang"])):
            with pytest.raises(UnreadableValue, match="stored email of reg_wang was changed"):
                read()


def test_a_sweep_sees_only_what_is_old(url: str) -> None:
    """Subjects are walked by id in pages, without those that a put has named since the given time."""
    clock = Clock()
    with Vault.open(url, KEYS, now=clock) as vault:
        vault.put([value(f"reg_{n}", Field.NAME, "王") for n in range(5)])
        clock.at += timedelta(days=2)
        vault.put([value("reg_1", Field.NAME, "王"), value("reg_9", Field.NAME, "王")])
        cutoff = MONDAY + timedelta(days=1)
        assert vault.subjects(cutoff, limit=2) == ["reg_0", "reg_2"]
        assert vault.subjects(cutoff, after="reg_2") == ["reg_3", "reg_4"]
        assert vault.subjects(MONDAY) == []
        with pytest.raises(ValueError, match="time zone"):
            vault.subjects(cutoff.replace(tzinfo=None))


def test_a_sweep_spares_what_was_put_since(url: str) -> None:
    """Deleting takes keys and values together, but not of a subject put again after the sweep read it."""
    clock = Clock()
    cutoff = MONDAY + timedelta(days=1)
    with Vault.open(url, KEYS, now=clock) as vault:
        vault.put([*WANG, CAR])
        orphans = vault.subjects(cutoff)
        clock.at += timedelta(days=2)
        vault.put([CAR])
        assert vault.delete_subjects([*orphans, "reg_nobody"], cutoff) == 1
        assert vault.values_of(orphans) == {"reg_wang": [], "veh_car": [CAR]}
        assert len(everything(url)) == 4
        assert vault.put(WANG) == 3


def test_writers_in_threads_agree_on_keys(url: str) -> None:
    """Many that put the same subjects at once, in any order, store each value once and can read all."""
    batch = [value(f"reg_{n:03}", field, f"{n}") for n in range(200) for field in (Field.NAME, Field.PHONE)]
    with Vault.open(url, KEYS) as vault, ThreadPoolExecutor(4) as threads:
        orders = [batch, batch[::-1], batch[100:] + batch[:100], batch[1::2] + batch[::2]]
        assert sum(threads.map(vault.put, orders)) == len(batch)
        found = vault.values_of({item.subject for item in batch})
        assert {item for items in found.values() for item in items} == set(batch)


WRITER = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from renche.vault.keys import Keys
    from renche.vault.store import Vault
    from renche.vault.values import PersonalValue

    url, keys, first, batches = sys.argv[1], Keys.load(Path(sys.argv[2])), int(sys.argv[3]), int(sys.argv[4])
    with Vault.open(url, keys) as vault:
        for batch in range(first, first + batches):
            people = range(batch * 100, batch * 100 + 100)
            values = [(f"reg_{n:06}", "name", f"name {n}") for n in people]
            new = vault.put([PersonalValue(*value, keys.fingerprint(*value[1:])) for value in values])
            print(batch, new, flush=True)
    """
)


def writer(url: str, keys: Path, first: int, batches: int) -> subprocess.Popen[str]:
    arguments = [sys.executable, "-c", WRITER, url, str(keys), str(first), str(batches)]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_processes_share_a_new_vault(url: str, tmp_path: Path) -> None:
    """Three processes that open an empty vault at once and write overlapping people lose none."""
    keys = Keys.create(tmp_path / "keys.json")
    processes = [writer(url, tmp_path / "keys.json", first, 6) for first in (0, 3, 0)]
    answers = [process.communicate(timeout=60) for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], answers
    stored = sum(int(line.split()[1]) for output, _ in answers for line in output.splitlines())
    assert stored == 900
    with Vault.open(url, keys) as vault:
        found = vault.values_of([f"reg_{n:06}" for n in range(900)])
        assert [item.value for items in found.values() for item in items] == [f"name {n}" for n in range(900)]


def test_a_killed_writer_leaves_whole_batches(url: str, tmp_path: Path) -> None:
    """After kill -9 every acknowledged batch is there, and each is there whole or not at all."""
    keys = Keys.create(tmp_path / "keys.json")
    process = writer(url, tmp_path / "keys.json", 0, 100_000)
    assert process.stdout is not None
    done = [int(process.stdout.readline().split()[0]) for _ in range(5)]
    os.kill(process.pid, signal.SIGKILL)
    rest, _ = process.communicate(timeout=60)
    done += [int(line.split()[0]) for line in rest.splitlines(keepends=True) if line.endswith("\n")]
    with Vault.open(url, keys) as vault:
        vault.verify()
        count = run(url, "SELECT count(*) FROM personal_values")[0][0]
        assert isinstance(count, int)
        assert count % 100 == 0
        assert count >= 100 * len(done)
        assert vault.put([PersonalValue("reg_x", Field.NAME, "x", keys.fingerprint(Field.NAME, "x"))]) == 1


def test_no_error_shows_a_value(url: str, caplog: pytest.LogCaptureFixture) -> None:
    """When the database fails within a put, neither the error, its causes nor a log tell a value."""
    caplog.set_level("DEBUG")
    with Vault.open(url, KEYS) as vault:
        run(url, "DROP TABLE personal_values")
        with pytest.raises(VaultUnavailable, match="cannot be used") as caught:
            vault.put(WANG)
    error: BaseException | None = caught.value
    told = caplog.text
    while error is not None:
        told += f"{error!r}{error}"
        error = error.__cause__ or error.__context__
    for item in WANG:
        assert item.value not in told
        assert item.value not in repr(item)


def test_sqlite_files_are_private(tmp_path: Path) -> None:
    """The file and its -wal and -shm have mode 0600 under any umask, also when they were wider before."""
    path = tmp_path / "data" / "vault.db"
    before = os.umask(0)
    try:
        with Vault.open(f"sqlite:///{path}", KEYS) as vault:
            vault.put(WANG)
            assert modes(path.parent) == {"vault.db": 0o600, "vault.db-wal": 0o600, "vault.db-shm": 0o600}
        path.chmod(0o644)
        with Vault.open(f"sqlite:///{path}", KEYS) as vault:
            vault.put([CAR])
            assert set(modes(path.parent).values()) == {0o600}
    finally:
        os.umask(before)


def modes(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("mysql://user:hunter2@db/vault", "must begin with sqlite:/// or postgresql://"),
        ("hunter2", "must begin with"),
        ("sqlite://", "must name a file"),
        ("sqlite:///:memory:", "must name a file"),
        ("sqlite:////proc/none/vault.db", "cannot be used"),
        (
            "postgresql://user:hunter2@127.0.0.1:1/vault",
            r"postgresql\+psycopg://user:\*\*\*@127.0.0.1:1/vault",
        ),
    ],
)
def test_a_wrong_address_is_told_without_its_password(url: str, reason: str) -> None:
    """An address that cannot be used is an error of the vault, and hides its password."""
    with pytest.raises(VaultError, match=reason) as caught:
        Vault.open(url, KEYS)
    assert "hunter2" not in str(caught.value)


def test_a_file_that_is_no_vault_is_told(tmp_path: Path) -> None:
    """A file of something else is left as it is."""
    path = tmp_path / "vault.db"
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(VaultUnavailable, match="not a database"):
        Vault.open(f"sqlite:///{path}", KEYS)
    assert path.read_bytes() == b"not a database" * 100
