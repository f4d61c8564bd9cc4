"""Keys get new versions and lose old ones, in a file that is always whole, and a server that runs takes notice."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from renche.vault.errors import KeysUnusable
from renche.vault.keys import HMAC, KEK, Keys
from renche.vault.rotation import CurrentKeys, alone_with, current_alone, older, rotated


def test_a_rotation_adds_a_version() -> None:
    """The new keys are current, the old ones still there, the cursor key the same, and the keys given unchanged."""
    keys = Keys.generate()
    newer = rotated(keys)
    assert (newer.kek_version, newer.hmac_version) == (2, 2)
    assert newer.key_encryption_keys[1] == keys.key_encryption_keys[1]
    assert newer.hmac_keys[1] == keys.hmac_keys[1]
    assert newer.cursor_key == keys.cursor_key
    assert len({*newer.key_encryption_keys.values(), *newer.hmac_keys.values()}) == 4
    assert keys.kek_version == 1
    assert newer.fingerprints("phone", "1") == (newer.fingerprint("phone", "1"), keys.fingerprint("phone", "1"))
    assert newer.unwrap("reg_a", keys.wrap("reg_a", b"d" * 32), 1) == b"d" * 32


def test_one_purpose_may_be_rotated_alone() -> None:
    """Only the keys that are named get a version; only older ones can be left out again."""
    keys = Keys.generate()
    assert (rotated(keys, [KEK]).kek_version, rotated(keys, [KEK]).hmac_version) == (2, 1)
    assert (rotated(keys, [HMAC]).kek_version, rotated(keys, [HMAC]).hmac_version) == (1, 2)
    newest = rotated(rotated(keys), [HMAC])
    assert older(newest) == [(HMAC, 1), (HMAC, 2), (KEK, 1)]
    assert (dict(current_alone(newest).hmac_keys).keys(), older(current_alone(newest))) == ({3}, [])
    assert current_alone(newest).hmac_keys[3] == newest.hmac_keys[3]
    assert current_alone(keys) == keys


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    """New keys take the place of the old file with mode 0600 and leave nothing beside it."""
    path = tmp_path / "keys.json"
    newer = rotated(Keys.create(path))
    newer.replace(path)
    assert Keys.load(path) == newer
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["keys.json"]


def test_a_file_that_cannot_be_replaced_stays(tmp_path: Path) -> None:
    """The error names the file, and no second file with keys is left."""
    folder = tmp_path / "keys.json"
    folder.mkdir()
    with pytest.raises(KeysUnusable, match="cannot be written"):
        Keys.generate().replace(folder)
    assert [file.name for file in tmp_path.iterdir()] == ["keys.json"]
    with pytest.raises(KeysUnusable, match="cannot be written"):
        Keys.generate().replace(tmp_path / "missing" / "keys.json")


def test_rotations_at_once_come_one_after_the_other(tmp_path: Path) -> None:
    """Of many that rotate one file at the same time none is lost."""
    path = tmp_path / "keys.json"
    Keys.create(path)

    def rotate(_: int) -> None:
        with alone_with(path) as keys:
            rotated(keys).replace(path)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(rotate, range(16)))
    assert Keys.load(path).kek_version == 17
    with pytest.raises(KeysUnusable, match="no keys file"), alone_with(tmp_path / "missing.json"):
        pass


def test_a_server_takes_notice_of_a_rotation(tmp_path: Path) -> None:
    """The keys are read again when the file was replaced, and stay as they were while it cannot be used."""
    path = tmp_path / "keys.json"
    first = Keys.create(path)
    current = CurrentKeys(path)
    assert current() == first
    second = rotated(first)
    second.replace(path)
    assert current() == second
    path.write_text("no keys")
    assert current() == second
    path.unlink()
    assert current() == second
    third = rotated(second)
    third.replace(path)
    assert current() == third
