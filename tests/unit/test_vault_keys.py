"""Keys are made once, kept private, and never shown."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import pickle
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renche.vault.errors import KeysUnusable, VaultError, WrongKeys
from renche.vault.keys import Keys

KEY = base64.b64encode(b"k" * 32).decode()


def written(**changes: object) -> str:
    content: dict[str, object] = {
        "key_encryption_keys": {"1": KEY},
        "hmac_keys": {"1": KEY},
        "cursor_key": KEY,
    }
    return json.dumps({**content, **changes})


def test_created_keys_are_loaded_again(tmp_path: Path) -> None:
    """What create wrote, load reads, from a file that only its owner may read."""
    path = tmp_path / "keys.json"
    made = Keys.create(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Keys.load(path) == made
    assert Keys.parse(path.read_text()) == made
    assert [file.name for file in tmp_path.iterdir()] == ["keys.json"]


def test_keys_are_never_overwritten(tmp_path: Path) -> None:
    """Of several that create one file at once, one wins and its keys stay."""
    path = tmp_path / "keys.json"

    def create(_: int) -> Keys | None:
        try:
            return Keys.create(path)
        except KeysUnusable:
            return None

    with ThreadPoolExecutor(8) as threads:
        made = [keys for keys in threads.map(create, range(16)) if keys]
    assert made == [Keys.load(path)]
    with pytest.raises(KeysUnusable, match="never overwritten"):
        Keys.create(path)


def test_generated_keys_differ() -> None:
    """Every generation is new, and no key serves two purposes."""
    one, two = Keys.generate(), Keys.generate()
    keys = [
        *one.key_encryption_keys.values(),
        *one.hmac_keys.values(),
        one.cursor_key,
        *two.key_encryption_keys.values(),
        *two.hmac_keys.values(),
        two.cursor_key,
    ]
    assert len(set(keys)) == 6
    assert {len(key) for key in keys} == {32}


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o700, 0o620])
def test_a_file_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    """The error names the mode and the command that mends it."""
    path = tmp_path / "keys.json"
    Keys.create(path)
    path.chmod(mode)
    with pytest.raises(KeysUnusable, match=f"mode {mode:04o}.*chmod 600 {path}"):
        Keys.load(path)


def test_a_stricter_mode_is_accepted(tmp_path: Path) -> None:
    """A file that even its owner may only read is fine."""
    path = tmp_path / "keys.json"
    made = Keys.create(path)
    path.chmod(0o400)
    assert Keys.load(path) == made


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The error says which file is missing, and warns of making new keys for an old vault."""
    with pytest.raises(KeysUnusable, match=r"no keys file .*keys\.json.*only a new vault"):
        Keys.load(tmp_path / "keys.json")
    with pytest.raises(KeysUnusable, match="cannot be written"):
        Keys.create(tmp_path / "missing" / "keys.json")
    with pytest.raises(KeysUnusable, match="cannot be read"):
        Keys.load(tmp_path)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "must be a JSON object"),
        ("SECRET", "must be a JSON object"),
        ("[]", "must be a JSON object"),
        ('{"cursor_key": "SECRET"}', "must be a JSON object"),
        (written(more="SECRET"), "must be a JSON object"),
        (written(key_encryption_keys={}), "key_encryption_keys must be an object with at least one"),
        (written(key_encryption_keys=["SECRET"]), "key_encryption_keys must be an object"),
        (written(hmac_keys={"0": KEY}), "hmac_keys has a version that is not"),
        (written(hmac_keys={"SECRET": KEY}), "hmac_keys has a version that is not"),
        (written(hmac_keys={"1": KEY, "01": KEY}), "hmac_keys has a version that is not"),
        (written(hmac_keys={"": KEY}), "hmac_keys has a version that is not"),
        (written(hmac_keys={"1": "SECRET"}), "hmac_keys version 1 must be 32 bytes"),
        (written(hmac_keys={"1": KEY[:-4]}), "hmac_keys version 1 must be 32 bytes"),
        (written(hmac_keys={"1": "密" * 44}), "hmac_keys version 1 must be 32 bytes"),
        (written(cursor_key=None), "cursor_key must be 32 bytes"),
        (written(cursor_key="SECRET" + KEY), "cursor_key must be 32 bytes"),
    ],
)
def test_what_is_no_key_is_refused_without_being_shown(text: str, reason: str) -> None:
    """The error says which entry is wrong, and neither it nor its cause holds the text."""
    with pytest.raises(KeysUnusable, match=reason) as caught:
        Keys.parse(text)
    assert "SECRET" not in str(caught.value)
    assert KEY not in str(caught.value)
    assert not isinstance(caught.value.__context__, json.JSONDecodeError)
    assert isinstance(caught.value, VaultError)
    assert caught.value.code == "VAULT_KEYS_UNUSABLE"


def test_the_highest_version_is_current() -> None:
    """New fingerprints and wrappings take the highest version, as a number and not as text."""
    keys = Keys.parse(
        written(
            key_encryption_keys={"2": KEY, "10": base64.b64encode(b"n" * 32).decode()},
            hmac_keys={"9": KEY, "11": base64.b64encode(b"h" * 32).decode()},
        )
    )
    assert (keys.kek_version, keys.hmac_version) == (10, 11)
    digest = hmac.digest(b"h" * 32, b"phone\0+8613812341234", hashlib.sha256)[:16]
    assert keys.fingerprint("phone", "+8613812341234") == base64.urlsafe_b64encode(digest).decode().rstrip("=")
    wrapped = keys.wrap("reg_a", b"d" * 32)
    assert keys.unwrap("reg_a", wrapped, 10) == b"d" * 32


def test_nothing_of_the_keys_is_shown() -> None:
    """Neither repr, str nor format tells a key."""
    keys = Keys.generate()
    assert {repr(keys), str(keys), f"{keys}"} == {"Keys(hidden)"}


def test_keys_travel_to_a_worker_process() -> None:
    """Pickled keys are the same keys, even after they were used."""
    keys = Keys.generate()
    wrapped = keys.wrap("reg_a", b"d" * 32)
    copy = pickle.loads(pickle.dumps(keys))  # noqa: S301 - our own bytes
    assert copy == keys
    assert copy.unwrap("reg_a", wrapped, 1) == b"d" * 32


@given(st.text(), st.text())
def test_a_fingerprint_depends_on_key_kind_and_value(one: str, two: str) -> None:
    """Equal values have equal fingerprints of 22 safe characters; another kind, value or key has another."""
    assert KEYS.fingerprint("phone", one) == KEYS.fingerprint("phone", one)
    assert (KEYS.fingerprint("phone", one) == KEYS.fingerprint("phone", two)) == (one == two)
    assert KEYS.fingerprint("phone", one) != KEYS.fingerprint("app_account", one)
    assert KEYS.fingerprint("phone", one) != OTHERS.fingerprint("phone", one)
    assert len(KEYS.fingerprint("phone", one)) == 22
    assert set(KEYS.fingerprint("phone", one)) <= SAFE


def test_a_lone_surrogate_has_a_fingerprint() -> None:
    """Text that UTF-8 cannot hold raises no encoding error, which would carry the value."""
    assert len(KEYS.fingerprint("name", "\ud800")) == 22


def test_a_data_key_opens_only_for_its_subject_and_version() -> None:
    """A wrapped key moved to another subject, to another version or under other keys does not open."""
    keys = Keys({1: b"a" * 32, 2: b"a" * 32}, {1: b"h" * 32}, b"c" * 32)
    wrapped = keys.wrap("reg_a", b"d" * 32)
    assert keys.unwrap("reg_a", wrapped, 2) == b"d" * 32
    for subject, version, reason in (
        ("reg_b", 2, "do not open"),
        ("reg_a", 1, "do not open"),
        ("reg_a", 3, "lack"),
    ):
        with pytest.raises(WrongKeys, match=reason):
            keys.unwrap(subject, wrapped, version)
    with pytest.raises(WrongKeys):
        Keys.generate().unwrap("reg_a", wrapped, 1)
    assert wrapped != keys.wrap("reg_a", b"d" * 32)


def test_checks_tell_keys_apart() -> None:
    """Each purpose and version has a check that is equal for equal keys only and holds no key."""
    assert KEYS.checks() == KEYS.checks()
    assert KEYS.checks().keys() == {("key_encryption_keys", 1), ("hmac_keys", 1)}
    assert not set(KEYS.checks().values()) & set(OTHERS.checks().values())


KEYS, OTHERS = Keys.generate(), Keys.generate()
SAFE = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
