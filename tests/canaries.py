"""Planted values, looked for in the files that programs leave, in each form in which those may write them."""

from __future__ import annotations

import contextlib
import string
from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path

from sqlalchemy import select

from renche.vault.store import Vault
from renche.vault.tables import subject_keys

# How Neo4j packs a short text: into the fewest bits that its characters allow, each by its place in one of these.
_LOWER, _UPPER, _DIGITS = string.ascii_lowercase, string.ascii_uppercase, string.digits
_ALPHABETS = {
    "0123456789 .-+,'": 4,
    f" {_LOWER}_.-+@": 5,
    f" {_LOWER}\0\0\0\0\0{_DIGITS}_.-:/+,'@": 6,
    f" {_UPPER}01234_{_LOWER}56789": 6,
}
_WORD = 8


def scan(*folders: Path, named: str = "*") -> bytes:
    """All bytes of all files, or of those named so; who owns them may be running, and take one away meanwhile."""
    read = []
    for folder in folders:
        for file in sorted(folder.rglob(named)):
            if file.is_file():
                with contextlib.suppress(FileNotFoundError):
                    read.append(file.read_bytes())
    return b"\n".join(read)


def found_in(written: bytes, values: Iterable[str]) -> list[str]:
    """Those of the values that stand there as text, in any encoding, with escapes, or in hexadecimal digits."""
    return [value for value in values if any(form in written for form in _forms(value))]


def packed_in(written: bytes, values: Iterable[str]) -> list[str]:
    """Those of the values that stand there as Neo4j packs short texts: no byte of them need be their own."""
    forms = {value: list(_packed(value)) for value in values}
    found: set[str] = set()
    for view in _views(written):
        found |= {value for value in forms.keys() - found if any(form in view for form in forms[value])}
    return [value for value in forms if value in found]


def wrapped_key(vault: Vault, subject: str) -> bytes:
    """A subject's data key as the vault has it: no text, and a canary all the same."""
    with vault.engine.connect() as connection:
        found = connection.scalar(select(subject_keys.c.wrapped).where(subject_keys.c.subject == subject))
    assert found is not None
    return bytes(found)


def _forms(value: str) -> Iterator[bytes]:
    for encoding in ("utf-8", "utf-16-le", "utf-16-be", "unicode_escape"):
        yield value.encode(encoding)
    yield value.encode().hex().encode()


def _packed(value: str) -> Iterator[bytes]:
    yield value.encode()
    for alphabet, bits in _ALPHABETS.items():
        if set(value) <= set(alphabet):
            packed = sum(alphabet.index(character) << bits * place for place, character in enumerate(value))
            # Whole bytes alone: what comes after may share the last.
            yield packed.to_bytes(len(value), "little")[: bits * len(value) // 8]


def _views(written: bytes) -> Iterator[bytes]:
    """What is written, read from each bit of a byte; a log has words of the lowest byte first, a store the highest."""
    for ordered in (written, *(_swapped(written[start:]) for start in range(_WORD))):
        bits = int.from_bytes(ordered, "little")
        for shift in range(8):
            yield (bits >> shift).to_bytes(len(ordered), "little")


def _swapped(written: bytes) -> bytes:
    words = array("Q", written[: len(written) // _WORD * _WORD])
    words.byteswap()
    return words.tobytes()
