"""What can go wrong with the vault; no sentence ever holds a personal value or a key.

VaultError
├── KeysUnusable       the keys file or text cannot be used
├── WrongKeys          the keys are sound, but not the ones this vault was written with
├── KeysInUse          a version of the keys cannot be destroyed yet
├── UnreadableValue    a stored value does not open although its keys fit: it was changed
├── BadGrant           a token was asked for that cannot be given
├── UnknownToken       no token has this id, or it has ended
└── VaultUnavailable   the database cannot be reached or refused the work
"""

from __future__ import annotations

from typing import ClassVar


class VaultError(Exception):
    """Base of the family; ``code`` is for programs, the message is a sentence for people."""

    code: ClassVar[str] = "VAULT"


class KeysUnusable(VaultError):
    """The keys file is missing, readable by others, or does not hold what it should."""

    code = "VAULT_KEYS_UNUSABLE"


class WrongKeys(VaultError):
    """These keys did not write this vault, or lack a version that it uses."""

    code = "VAULT_WRONG_KEYS"


class KeysInUse(VaultError):
    """Something was made with the version of the keys that was to be destroyed."""

    code = "VAULT_KEYS_IN_USE"


class UnreadableValue(VaultError):
    """A stored value fails its authentication: it, or the row around it, was changed."""

    code = "VAULT_UNREADABLE_VALUE"


class BadGrant(VaultError):
    """What a token was asked to allow makes no sense, or is more than a token may have."""

    code = "VAULT_BAD_GRANT"


class UnknownToken(VaultError):
    """No token has this id, or the one that has it has ended and cannot be changed."""

    code = "VAULT_UNKNOWN_TOKEN"


class VaultUnavailable(VaultError):
    """The vault's database cannot be reached, is full, locked, or refuses this user."""

    code = "VAULT_UNAVAILABLE"
