"""One personal value, and how it is sealed under the data key of the thing it belongs to."""

from __future__ import annotations

import dataclasses
import os
from enum import StrEnum

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from renche.vault.errors import UnreadableValue
from renche.vault.keys import NONCE_BYTES


class Field(StrEnum):
    """What a personal value is."""

    NAME = "name"
    PHONE = "phone"
    EMAIL = "email"
    WECHAT_UNIONID = "wechat_unionid"
    APP_ACCOUNT = "app_account"
    MEMBER_NUMBER = "member_number"
    ID_CARD = "id_card"
    PLATE = "plate"


FIELDS = frozenset(Field)


@dataclasses.dataclass(frozen=True, slots=True)
class PersonalValue:
    """A value in clear, of one field of one subject (a registration or a vehicle), with its fingerprint."""

    subject: str
    field: str
    value: str = dataclasses.field(repr=False)
    fingerprint: str


def seal(cipher: AESGCM, subject: str, of: str, value: str) -> bytes:
    """Encrypt a value so that it opens only as this field of this subject."""
    nonce = os.urandom(NONCE_BYTES)
    # surrogatepass: an encoding error would carry the value along.
    return nonce + cipher.encrypt(nonce, value.encode("utf-8", "surrogatepass"), _context(subject, of))


def unseal(cipher: AESGCM, subject: str, of: str, sealed: bytes) -> str:
    """Decrypt what ``seal`` made; raises UnreadableValue when it was changed or moved."""
    try:
        plain = cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _context(subject, of))
    except InvalidTag:
        raise UnreadableValue(
            f"A stored {of} of {subject} was changed outside renche and cannot be opened: "
            "restore the vault from a backup."
        ) from None
    return plain.decode("utf-8", "surrogatepass")


def _context(subject: str, of: str) -> bytes:
    return f"{subject}\0{of}".encode()
