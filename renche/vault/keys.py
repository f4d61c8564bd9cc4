"""The keys of the vault: they wrap data keys, make fingerprints, and live in neither store."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import os
import secrets
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from renche.vault.errors import KeysUnusable, WrongKeys

KEY_BYTES = 32
NONCE_BYTES = 12
FINGERPRINT_BYTES = 16

KEK, HMAC = "key_encryption_keys", "hmac_keys"
"""The purposes of keys that have versions, as the file and the vault name them."""

_CURSOR = "cursor_key"
_CHECK = b"renche key check"


@dataclass(frozen=True, repr=False)
class Keys:
    """Key-encryption and HMAC keys by version, and the cursor key; the highest version is current.

    Older versions stay until nothing in the vault or the graph was made with them.
    """

    key_encryption_keys: Mapping[int, bytes] = field(hash=False)
    hmac_keys: Mapping[int, bytes] = field(hash=False)
    cursor_key: bytes = field(hash=False)

    def __repr__(self) -> str:
        return "Keys(hidden)"

    def __reduce__(self) -> tuple[type[Keys], tuple[Mapping[int, bytes], Mapping[int, bytes], bytes]]:
        # A worker process is given the keys; the ciphers cached beside them cannot travel.
        return Keys, (self.key_encryption_keys, self.hmac_keys, self.cursor_key)

    @classmethod
    def generate(cls) -> Keys:
        """Make new random keys, each at version 1."""
        return cls(
            {1: secrets.token_bytes(KEY_BYTES)},
            {1: secrets.token_bytes(KEY_BYTES)},
            secrets.token_bytes(KEY_BYTES),
        )

    @classmethod
    def create(cls, path: Path) -> Keys:
        """Write new keys to a file that does not exist yet, mode 0600, and return them.

        The file appears whole or not at all, so that a second process never reads half of it.
        Raises KeysUnusable when the file exists or cannot be written.
        """
        keys = cls.generate()
        try:
            name = keys._written_beside(path)
            try:
                os.link(name, path)
            finally:
                name.unlink()
            _sync_folder(path.parent)
        except FileExistsError:
            raise KeysUnusable(f"The keys file {path} exists already; it is never overwritten.") from None
        except OSError as error:
            raise KeysUnusable(f"The keys file {path} cannot be written: {error.strerror}.") from error
        return keys

    def replace(self, path: Path) -> None:
        """Put these keys in the place of a file's: who reads it finds the old ones or these, never half.

        Raises KeysUnusable when the file cannot be written; the old one is there then.
        """
        try:
            name = self._written_beside(path)
            try:
                name.replace(path)
            except OSError:
                name.unlink()
                raise
            _sync_folder(path.parent)
        except OSError as error:
            raise KeysUnusable(f"The keys file {path} cannot be written: {error.strerror}.") from error

    @classmethod
    def load(cls, path: Path) -> Keys:
        """Read the keys from a file that only its owner may read.

        Raises KeysUnusable when it is missing, open to others, or does not hold keys.
        """
        try:
            with path.open(encoding="utf-8", errors="replace") as file:
                mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
                text = file.read()
        except FileNotFoundError:
            raise KeysUnusable(
                f"There is no keys file {path}. Bring the one the vault was written with; "
                "only a new vault may have new keys."
            ) from None
        except OSError as error:
            raise KeysUnusable(f"The keys file {path} cannot be read: {error.strerror}.") from error
        if os.name == "posix" and mode & ~0o600:
            raise KeysUnusable(
                f"The keys file {path} has mode {mode:04o}, but must have 0600 or stricter: chmod 600 {path}"
            )
        return cls.parse(text, origin=f"The keys file {path}")

    @classmethod
    def parse(cls, text: str, *, origin: str = "The text of the keys") -> Keys:
        """Read the keys from their JSON text, as an environment variable or a secret manager holds it.

        ``origin`` begins the sentence of KeysUnusable, which never quotes the text.
        """
        try:
            content = json.loads(text)
        except ValueError:
            content = None
        # Raised out here: the decoder's own error carries the whole text.
        if not isinstance(content, dict) or content.keys() != {KEK, HMAC, _CURSOR}:
            raise KeysUnusable(f"{origin} must be a JSON object with {KEK}, {HMAC} and {_CURSOR}.")
        return cls(
            _versions(content[KEK], f"{origin}: {KEK}"),
            _versions(content[HMAC], f"{origin}: {HMAC}"),
            _key(content[_CURSOR], f"{origin}: {_CURSOR}"),
        )

    @cached_property
    def kek_version(self) -> int:
        """The version of the key-encryption key that wraps new data keys."""
        return max(self.key_encryption_keys)

    @cached_property
    def hmac_version(self) -> int:
        """The version of the HMAC key that makes new fingerprints."""
        return max(self.hmac_keys)

    @cached_property
    def _current_hmac_key(self) -> bytes:
        return self.hmac_keys[self.hmac_version]

    @cached_property
    def _ciphers(self) -> dict[int, AESGCM]:
        return {version: AESGCM(key) for version, key in self.key_encryption_keys.items()}

    def fingerprint(self, kind: str, value: str) -> str:
        """The keyed HMAC of a value under the current version: 128 bits, 22 characters of base64url.

        The same text under another ``kind`` has another fingerprint, so a phone number that serves as an
        account name does not tell that it is one.
        """
        return _fingerprint(self._current_hmac_key, kind, value)

    def fingerprints(self, kind: str, value: str) -> tuple[str, ...]:
        """The same under every version, the current one first: what a look-up asks for."""
        versions = sorted(self.hmac_keys, reverse=True)
        return tuple(_fingerprint(self.hmac_keys[version], kind, value) for version in versions)

    def wrap(self, subject: str, data_key: bytes) -> bytes:
        """Encrypt a subject's data key under the current key-encryption key, bound to both."""
        nonce = os.urandom(NONCE_BYTES)
        version = self.kek_version
        return nonce + self._ciphers[version].encrypt(nonce, data_key, _wrap_context(subject, version))

    def unwrap(self, subject: str, wrapped: bytes, version: int) -> bytes:
        """Give back the data key that ``wrap`` encrypted; raises WrongKeys when these keys cannot."""
        cipher = self._ciphers.get(version)
        if cipher is None:
            raise WrongKeys(f"The keys lack {KEK} version {version}, which the vault uses: {MEND}")
        try:
            return cipher.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], _wrap_context(subject, version))
        except InvalidTag:
            raise WrongKeys(f"These keys do not open the data key of {subject}: {MEND}") from None

    def checks(self) -> dict[tuple[str, int], str]:
        """A value for each (purpose, version) that tells keys apart and nothing about them."""
        return {
            (purpose, version): hmac.digest(key, _CHECK, "sha256")[:FINGERPRINT_BYTES].hex()
            for purpose, keys in ((KEK, self.key_encryption_keys), (HMAC, self.hmac_keys))
            for version, key in keys.items()
        }

    def _written_beside(self, path: Path) -> Path:
        """A file of another name, mode 0600, that holds these keys for good."""
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(self._text())
            file.flush()
            os.fsync(file.fileno())
        return Path(name)

    def _text(self) -> str:
        def encoded(keys: Mapping[int, bytes]) -> dict[str, str]:
            return {str(version): base64.b64encode(key).decode("ascii") for version, key in keys.items()}

        content = {
            KEK: encoded(self.key_encryption_keys),
            HMAC: encoded(self.hmac_keys),
            _CURSOR: base64.b64encode(self.cursor_key).decode("ascii"),
        }
        return json.dumps(content, indent=2) + "\n"


MEND = "use the newest keys file that this vault was written with, or restore vault and keys from one backup."


def _fingerprint(key: bytes, kind: str, value: str) -> str:
    # surrogatepass: an encoding error would carry the value along.
    message = f"{kind}\0{value}".encode("utf-8", "surrogatepass")
    digest = hmac.digest(key, message, "sha256")
    return base64.urlsafe_b64encode(digest[:FINGERPRINT_BYTES])[:22].decode("ascii")


def _wrap_context(subject: str, version: int) -> bytes:
    return f"{subject}\0{version}".encode()


def _versions(content: object, what: str) -> dict[int, bytes]:
    if not isinstance(content, dict) or not content:
        raise KeysUnusable(f"{what} must be an object with at least one version.")
    keys: dict[int, bytes] = {}
    for version, text in content.items():
        if not (version.isascii() and version.isdecimal() and version[0] != "0" and len(version) < 6):
            raise KeysUnusable(f"{what} has a version that is not a whole number from 1 to 99999.")
        keys[int(version)] = _key(text, f"{what} version {version}")
    return keys


def _key(text: object, what: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True) if isinstance(text, str) else b""
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise KeysUnusable(f"{what} must be {KEY_BYTES} bytes in base64.")
    return key


def _sync_folder(folder: Path) -> None:
    # A vault must never outlive the file of its keys: the name is on disk before the first row is.
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
