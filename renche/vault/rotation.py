"""New versions of keys, and the end of old ones, in the file that holds them."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from renche.vault.errors import KeysUnusable
from renche.vault.keys import HMAC, KEK, KEY_BYTES, Keys

PURPOSES = (KEK, HMAC)


def rotated(keys: Keys, purposes: Collection[str] = PURPOSES) -> Keys:
    """The keys with a new current version for each of these purposes; the older versions stay."""
    wrapping, hashing = dict(keys.key_encryption_keys), dict(keys.hmac_keys)
    if KEK in purposes:
        wrapping[keys.kek_version + 1] = secrets.token_bytes(KEY_BYTES)
    if HMAC in purposes:
        hashing[keys.hmac_version + 1] = secrets.token_bytes(KEY_BYTES)
    return Keys(wrapping, hashing, keys.cursor_key)


def current_alone(keys: Keys) -> Keys:
    """The keys without their older versions."""
    return Keys(
        {keys.kek_version: keys.key_encryption_keys[keys.kek_version]},
        {keys.hmac_version: keys.hmac_keys[keys.hmac_version]},
        keys.cursor_key,
    )


def older(keys: Keys) -> list[tuple[str, int]]:
    """Purpose and version of every key that is not current."""
    current = {(KEK, keys.kek_version), (HMAC, keys.hmac_version)}
    return sorted(keys.checks().keys() - current)


@contextmanager
def alone_with(path: Path) -> Iterator[Keys]:
    """The keys of a file while nobody else changes them: of two rotations one comes after the other.

    Raises KeysUnusable as `Keys.load` does.
    """
    while True:
        try:
            handle = os.open(path, os.O_RDONLY)
        except OSError:
            Keys.load(path)  # it says what is wrong
            raise KeysUnusable(f"The keys file {path} cannot be read.") from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            # Whoever held the lock before has put another file in its place.
            if os.fstat(handle).st_ino == path.stat().st_ino:
                yield Keys.load(path)
                return
        finally:
            os.close(handle)


class CurrentKeys:
    """The keys of a file, read again when it is replaced: so a rotation reaches a server that runs.

    A file that cannot be used for the moment leaves the keys as they were.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = _state(path)
        self._keys = Keys.load(path)

    def __call__(self) -> Keys:
        """The keys as they are now."""
        seen = _state(self._path)
        if seen is not None and seen != self._seen:
            try:
                self._keys = Keys.load(self._path)
            except KeysUnusable:
                return self._keys
            self._seen = seen
        return self._keys


def _state(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns
