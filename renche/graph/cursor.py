"""Cursors: where a page ended, sealed so that nobody reads or makes one up.

A cursor holds what its row is sorted by, its id and the moment of its list. It is bound to the list it came from
(traversal, filters, order) and to what its caller sees, since it would tell another one where a row stands that is
hidden from it: given to another list, or by who sees otherwise, it is refused. Without times of its own, the next page
is read at the moment of the first, so that a list does not shift while it is paged through.
"""

import os
from base64 import b64decode, urlsafe_b64encode
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Self

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from renche.graph.clock import Moment
from renche.graph.errors import InvalidCursor

_NONCE = 12


@dataclass(frozen=True)
class Position:
    """Where a page ended: the keys of its row, the row's id last, and the moment of the list."""

    keys: tuple[Any, ...]
    moment: Moment


class Cursors:
    """Seals and opens cursors with a key (32 bytes) that all API processes share."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)
        self._sight = ""

    def within(self, sight: str) -> Self:
        """The cursors of callers who see this (`Caller.sight`); no others open them, and they open no others."""
        found = copy(self)
        found._sight = sight
        return found

    def seal(self, position: Position, binding: str) -> str:
        """The cursor of a row in the list that `binding` names."""
        nonce = os.urandom(_NONCE)
        moment = position.moment
        content = orjson.dumps([moment.as_of, moment.as_known_at, [_marked(key) for key in position.keys]])
        return urlsafe_b64encode(nonce + self._cipher.encrypt(nonce, content, self._bound_to(binding))).decode()

    def open(self, cursor: str, binding: str) -> Position:
        """Where the cursor points; raises InvalidCursor when it is not one of this list, or of who sees otherwise."""
        try:
            sealed = b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True)
            if urlsafe_b64encode(sealed) != cursor.encode("ascii"):  # bits that decoding leaves out were altered
                raise ValueError
            content = self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], self._bound_to(binding))
        except (ValueError, InvalidTag):
            raise InvalidCursor(
                "this cursor is not of this list with these arguments; start again without it."
            ) from None
        as_of, known_at, keys = orjson.loads(content)
        moment = Moment(date.fromisoformat(as_of), datetime.fromisoformat(known_at))
        return Position(tuple(_unmarked(key) for key in keys), moment)

    def _bound_to(self, binding: str) -> bytes:
        return (f"{binding}|{self._sight}" if self._sight else binding).encode()


def _marked(key: Any) -> Any:
    """A key as JSON can hold it: a day or an instant with its kind in front."""
    if isinstance(key, datetime):
        return ["instant", key.isoformat()]
    return ["day", key.isoformat()] if isinstance(key, date) else key


def _unmarked(key: Any) -> Any:
    if not isinstance(key, list):
        return key
    kind, text = key
    return datetime.fromisoformat(text) if kind == "instant" else date.fromisoformat(text)
