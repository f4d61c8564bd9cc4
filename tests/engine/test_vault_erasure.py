"""What the vault does when keys change and subjects are erased, on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from renche.vault.erasures import begin, end, lift, proofs, proofs_hold, settle
from renche.vault.errors import KeysInUse, WrongKeys
from renche.vault.keys import HMAC, KEK, Keys
from renche.vault.rekey import rebury, rehash, retire, rewrap, stale
from renche.vault.rotation import current_alone, rotated
from renche.vault.store import Vault
from renche.vault.values import Field, PersonalValue
from tests.canaries import found_in, scan, wrapped_key
from tests.postgres import own_postgres

CANARIES = ("夏侯惇子", "13987654321")
KEYS = Keys.generate()
NEWER = rotated(KEYS)
MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)


def value(subject: str, field: str, plain: str, keys: Keys = KEYS) -> PersonalValue:
    return PersonalValue(subject, field, plain, keys.fingerprint(field, plain))


PEOPLE = [value(f"reg_{n}", field, f"{field} {n}") for n in range(5) for field in (Field.NAME, Field.PHONE)]
SUBJECTS = [f"reg_{n}" for n in range(5)]


def plain(vault: Vault) -> set[tuple[str, str, str]]:
    return {(one.subject, one.field, one.value) for found in vault.values_of(SUBJECTS).values() for one in found}


def run(url: str, *statements: str) -> None:
    address = url.replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def test_data_keys_are_wrapped_anew_some_at_a_time(url: str) -> None:
    """A run that ends after any batch leaves every value readable; the next does what is left and no more."""
    with Vault.open(url, KEYS) as vault:
        vault.put(PEOPLE)
        before = plain(vault)
    with Vault.open(url, NEWER) as vault:
        assert next(rewrap(vault, batch=2)) == 2
        assert plain(vault) == before
        with pytest.raises(KeysInUse, match="still used by 3 rows"):
            retire(vault, [(KEK, 1)])
        vault.put([value("reg_7", Field.NAME, "new", NEWER), value("reg_4", Field.EMAIL, "e", NEWER)])
        assert list(rewrap(vault, batch=2)) == [2, 1]
        assert list(rewrap(vault, batch=2)) == []
        assert plain(vault) == before | {("reg_4", "email", "e")}
        retire(vault, [(KEK, 1)])
        retire(vault, [(KEK, 1)])
    only = Keys(current_alone(NEWER).key_encryption_keys, NEWER.hmac_keys, NEWER.cursor_key)
    with Vault.open(url, only) as vault:
        vault.verify()
        assert len(plain(vault)) == 11
    with Vault.open(url, NEWER) as vault:
        vault.verify()  # a file that still has the old key is no harm
    with Vault.open(url, only) as vault:
        vault.verify()


def test_fingerprints_are_made_anew_some_at_a_time(url: str) -> None:
    """A value that came again meanwhile is there once; a batch done twice does no harm."""
    with Vault.open(url, KEYS) as vault:
        vault.put(PEOPLE)
        before = plain(vault)
    with Vault.open(url, NEWER) as vault:
        vault.put([value("reg_0", Field.PHONE, "phone 0", NEWER)])
        assert plain(vault) == before
        assert len(vault.values_of(["reg_0"])["reg_0"]) == 2
        first = stale(vault, batch=2)
        assert {one.subject for one in first} == {"reg_0", "reg_1"}
        rehash(vault, first)
        rehash(vault, first)
        assert {one.subject for one in stale(vault)} == {"reg_2", "reg_3", "reg_4"}
        assert {one.subject for one in stale(vault, "reg_3")} == {"reg_4"}
        with pytest.raises(KeysInUse):
            retire(vault, [(HMAC, 1)])
        rehash(vault, stale(vault))
        assert stale(vault) == []
        assert plain(vault) == before
        found = [one for values in vault.values_of(SUBJECTS).values() for one in values]
        assert {one.fingerprint for one in found} == {NEWER.fingerprint(one.field, one.value) for one in found}
        assert len(found) == len(PEOPLE)
        retire(vault, [(HMAC, 1)])


def test_retired_keys_put_nothing(url: str) -> None:
    """Who opened the vault before and has the retired version as the current one is told to use the newest."""
    with Vault.open(url, KEYS) as late, Vault.open(url, NEWER) as vault:
        retire(vault, [(HMAC, 1), (KEK, 1)])
        with pytest.raises(WrongKeys, match="was retired"):
            late.put(PEOPLE)
        assert plain(vault) == set()


def test_a_vault_follows_keys_that_change(url: str) -> None:
    """One that is open for long reads what was put under a version that came later."""
    now = [KEYS]
    with Vault.open(url, lambda: now[0]) as long, Vault.open(url, NEWER) as vault:
        vault.put([value("reg_0", Field.NAME, "n", NEWER)])
        with pytest.raises(WrongKeys):
            long.values_of(["reg_0"])
        now[0] = NEWER
        assert len(long.values_of(["reg_0"])["reg_0"]) == 1


def test_an_erased_subject_stays_away(url: str) -> None:
    """Its key and values are gone, later ones are dropped, those of others in the same batch are not."""
    with Vault.open(url, KEYS) as vault:
        vault.put(PEOPLE)
        begin(vault, "per_0", ["reg_0", "reg_none"], {"roles": 3})
        assert vault.values_of(["reg_0"]) == {"reg_0": []}
        assert vault.erased(["reg_0", "reg_1", "reg_none"]).keys() == {"reg_0", "reg_none"}
        assert vault.put([value("reg_0", Field.EMAIL, "again"), value("reg_1", Field.EMAIL, "new")]) == 1
        assert vault.put([value("reg_0", Field.EMAIL, "again")]) == 0
        assert vault.subjects(datetime.now(UTC) + timedelta(days=1)) == SUBJECTS[1:]
        lift(vault, ["reg_0"])
        assert vault.put([value("reg_0", Field.EMAIL, "again")]) == 1
        assert settle(vault)


def test_tombstones_take_new_keys(url: str) -> None:
    """They are known under the newest keys alone, and count as uses of the older ones until then."""
    with Vault.open(url, KEYS) as vault:
        begin(vault, "per_0", ["reg_0"], {})
    with Vault.open(url, NEWER) as vault:
        assert vault.erased(["reg_0"])
        for purpose in (KEK, HMAC):
            with pytest.raises(KeysInUse):
                retire(vault, [(purpose, 1)])
        assert (rebury(vault), rebury(vault)) == (1, 0)
        retire(vault, [(KEK, 1), (HMAC, 1)])
    with Vault.open(url, current_alone(NEWER)) as vault:
        assert vault.erased(["reg_0", "reg_1"]).keys() == {"reg_0"}


def test_proofs_are_kept_and_hold(url: str) -> None:
    """Each has the time, the person's id and counts; one that was changed or taken away is noticed."""
    clock = [MONDAY]
    with Vault.open(url, KEYS, now=lambda: clock[0]) as vault:
        vault.put(PEOPLE)
        for n in range(3):
            begin(vault, f"per_{n}", [f"reg_{n}"], {"roles": n})
            assert [one.hash is None for one in proofs(vault)] == [False] * n + [True]
            proof = end(vault, f"per_{n}")
            assert (proof.person, proof.erased_at) == (f"per_{n}", clock[0])
            assert proof.counts == {"roles": n, "values": 2, "keys": 1}
            assert end(vault, f"per_{n}") == proof
        begin(vault, "per_1", ["reg_1"], {"roles": 0})
        assert [one.person for one in proofs(vault)] == ["per_0", "per_1", "per_2"]
        clock[0] += timedelta(days=1)
        begin(vault, "per_1", ["reg_1"], {"roles": 1})
        assert end(vault, "per_1").erased_at == clock[0]
        assert len(proofs(vault)) == 4
        assert proofs_hold(vault)
        run(url, "DELETE FROM erasures WHERE person = 'per_0'")
        assert not proofs_hold(vault)
        with pytest.raises(ValueError, match="not begun"):
            end(vault, "per_9")


@pytest.fixture
def server() -> Iterator[tuple[str, Path]]:
    """A PostgreSQL that holds this vault alone, and the folder of its files."""
    with own_postgres() as server:
        yield server


def test_no_file_of_postgresql_has_a_canary(server: tuple[str, Path]) -> None:
    """Tables, write-ahead log and a log of every statement hold no value in clear, before an erasure and after."""
    url, folder = server
    run(url, "ALTER ROLE renche SET log_statement = 'all'")
    with Vault.open(url, KEYS) as vault:
        vault.put([value("reg_canary", Field.NAME, CANARIES[0]), value("reg_canary", Field.PHONE, CANARIES[1])])
        run(url, "CHECKPOINT")
        for part in (folder / "data" / "base", folder / "data" / "pg_wal"):
            assert b"reg_canary" in scan(part)
        assert b"INSERT INTO personal_values" in scan(folder, named="log")
        assert found_in(scan(folder), CANARIES) == []
        begin(vault, "per_canary", ["reg_canary"], {})
        run(url, "CHECKPOINT")
        assert found_in(scan(folder), CANARIES) == []


@pytest.mark.parametrize("part", ["base", "pg_wal"])
def test_a_canary_in_clear_is_found_in_the_files_of_postgresql(server: tuple[str, Path], part: str) -> None:
    """Were one written into a table, the scan would say so."""
    url, folder = server
    run(url, "CREATE TABLE planted AS SELECT '夏侯惇子, 13987654321' AS value", "CHECKPOINT")
    assert found_in(scan(folder / "data" / part), CANARIES) == [*CANARIES]


def test_no_key_that_is_left_opens_what_postgresql_keeps(server: tuple[str, Path]) -> None:
    """An erased data key stays in the files, and in every backup, until the key that wraps it has ended."""
    url, folder = server
    with Vault.open(url, KEYS) as vault:
        vault.put(PEOPLE)
        wrapped = wrapped_key(vault, "reg_0")
        begin(vault, "per_0", ["reg_0"], {})
    with Vault.open(url, NEWER) as vault:
        list(rewrap(vault))
        rebury(vault)
        retire(vault, [(KEK, 1)])
    assert wrapped in scan(folder)
    left = current_alone(NEWER)
    for version in (1, *left.key_encryption_keys):
        with pytest.raises(WrongKeys):
            left.unwrap("reg_0", wrapped, version)


def test_vacuum_full_leaves_no_erased_key_in_tables(server: tuple[str, Path]) -> None:
    """Wherever on its page a row was: a plain VACUUM leaves the bytes of one that no other takes the place of."""
    url, folder = server
    subjects = [f"reg_{n}" for n in range(300)]
    with Vault.open(url, KEYS) as vault:
        vault.put([value(subject, Field.NAME, "n") for subject in subjects])
        gone = subjects[::2] + subjects[-1:]
        wrapped = [wrapped_key(vault, subject) for subject in gone]
        begin(vault, "per_0", gone, {})
    run(url, "VACUUM FULL subject_keys, personal_values", "CHECKPOINT")
    written = scan(folder / "data" / "base")
    assert [key for key in wrapped if key in written] == []
