"""The text of an API token: `rch_<env>_<id>_<secret>_<checksum>`, each part of letters and digits alone.

A double click takes all of it, a secret scanner finds it by `PATTERN`, and the checksum tells without a look-up that
a text cannot be a token. The id is no secret; it names the token in lists, logs and audit records.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import string
import zlib
from dataclasses import dataclass, field
from typing import Final

PATTERN: Final = r"\brch_[a-z0-9]{1,16}_[0-9A-Za-z]{12}_[0-9A-Za-z]{32}_[0-9A-Za-z]{6}\b"
"""The regular expression for secret scanners; what it finds and `read_token` accepts is a token of renche."""

LONGEST: Final = 4 + 16 + 1 + 12 + 1 + 32 + 1 + 6

_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
_ID_LENGTH = 12
_SECRET_LENGTH = 32  # 190 random bits
_CHECKSUM_LENGTH = 6  # 32 bits
_FORM = re.compile(PATTERN.replace(r"\b", ""), re.ASCII)
_ENV = re.compile(r"[a-z0-9]{1,16}", re.ASCII)
_ID = re.compile(rf"[0-9A-Za-z]{{{_ID_LENGTH}}}", re.ASCII)


@dataclass(frozen=True, slots=True)
class TokenText:
    """A token in clear, which is shown once, with the id that it holds."""

    id: str
    text: str = field(repr=False)

    @property
    def hash(self) -> bytes:
        """What is kept of it.

        SHA-256 once is right here: nobody can try 190 random bits, so there is nothing that a slow hash would
        protect, and each request would pay for it.
        """
        return hashlib.sha256(self.text.encode("ascii")).digest()


def make_token(env: str) -> TokenText:
    """A new token; `env` tells for which installation it is: live, test, demo, ..."""
    if not is_env(env):
        raise ValueError("an env is 1 to 16 lower-case letters and digits")
    id_ = _random(_ID_LENGTH)
    body = f"rch_{env}_{id_}_{_random(_SECRET_LENGTH)}"
    return TokenText(id_, f"{body}_{_checksum(body)}")


def read_token(text: str) -> TokenText | None:
    """The token that a text is, or None where its form or its checksum is wrong; nothing is looked up."""
    if len(text) > LONGEST or not _FORM.fullmatch(text):
        return None
    body, _, checksum = text.rpartition("_")
    # No secret: anyone can compute it.
    if _checksum(body) != checksum:
        return None
    return TokenText(body.split("_")[2], text)


def is_env(text: str) -> bool:
    """Whether a token can be for this installation."""
    return _ENV.fullmatch(text) is not None


def is_token_id(text: str) -> bool:
    """Whether a text has the form of a token's id."""
    return _ID.fullmatch(text) is not None


def _random(length: int) -> str:
    return "".join(secrets.choice(_BASE62) for _ in range(length))


def _checksum(body: str) -> str:
    """The CRC32 of all before it, in base62."""
    rest, digits = zlib.crc32(body.encode("ascii")), ""
    for _ in range(_CHECKSUM_LENGTH):
        rest, digit = divmod(rest, 62)
        digits = _BASE62[digit] + digits
    return digits
