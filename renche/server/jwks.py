"""The identity provider's public keys, from a file or an address; they change while we run.

A key that is not known is looked for at the provider at once, though not more often than every few seconds, so
that a rotation there needs nothing here and made-up key ids cost nothing.
"""

import asyncio
import json
import time
import urllib.request
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, OKPKey, RSAKey

from renche.server.auth_errors import AuthUnavailable
from renche.server.settings import ALGORITHMS

FRESH_FOR: Final = 300.0
"""Seconds after which the keys are read again, while the old ones still count."""

USED_FOR: Final = 3600.0
"""Seconds for which keys count that cannot be read again: what the provider withdrew must end."""

READ_EVERY: Final = 5.0
"""Seconds between two attempts at least."""

LARGEST: Final = 256_000  # bytes
MOST_KEYS: Final = 100
WAIT_SECONDS: Final = 5.0
_SMALLEST_RSA = 2048
_LARGEST_RSA = 8192

PublicKey = RSAKey | ECKey | OKPKey

_log = structlog.get_logger()


class KeysUnreadable(Exception):
    """The keys cannot be read; the message says why, without what was read."""


class Jwks:
    """The keys as they were read last; belongs to one event loop."""

    def __init__(self, read: Callable[[], bytes], *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._read = read
        self._monotonic = monotonic
        self._keys: tuple[PublicKey, ...] = ()
        self._read_at: float | None = None
        self._tried_at: float | None = None
        self._reading: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, "jwks")

    async def close(self) -> None:
        """Ends what is under way."""
        if self._reading is not None:
            self._reading.cancel()
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def key(self, kid: str | None, algorithm: str) -> PublicKey | None:
        """The key with this id for this algorithm; without an id the only one there is.

        Raises AuthUnavailable while there are no keys at all.
        """
        age = self._age()
        if age is None or age >= USED_FOR:
            await self._again()
            age = self._age()
            if age is None or age >= USED_FOR:
                raise AuthUnavailable("The identity provider's keys cannot be read at the moment; try again later.")
        elif age >= FRESH_FOR:
            self._start()
        found = self._find(kid, algorithm)
        if found is None:
            await self._again()
            found = self._find(kid, algorithm)
        return found

    def _age(self) -> float | None:
        return None if self._read_at is None else self._monotonic() - self._read_at

    def _find(self, kid: str | None, algorithm: str) -> PublicKey | None:
        kind = ALGORITHMS.get(algorithm)
        fitting = [
            key
            for key in self._keys
            if key.key_type == kind and key.get("alg") in (None, algorithm) and (kid is None or key.kid == kid)
        ]
        return fitting[0] if len(fitting) == 1 else None

    async def _again(self) -> None:
        """Read once more, unless that was tried just now; who comes meanwhile waits for the same answer."""
        if (reading := self._start()) is not None:
            await asyncio.shield(reading)

    def _start(self) -> asyncio.Task[None] | None:
        if self._reading is None:
            if self._tried_at is not None and self._monotonic() - self._tried_at < READ_EVERY:
                return None
            self._tried_at = self._monotonic()
            self._reading = asyncio.create_task(self._update())
            self._reading.add_done_callback(self._ended)
        return self._reading

    def _ended(self, _: asyncio.Task[None]) -> None:
        self._reading = None

    async def _update(self) -> None:
        started = self._monotonic()
        try:
            content = await asyncio.get_running_loop().run_in_executor(self._thread, self._read)
            self._keys = public_keys(content)
            self._read_at = started
        except (KeysUnreadable, OSError, HTTPException, ValueError) as error:
            reason = str(error) if isinstance(error, KeysUnreadable) else type(error).__name__
            _log.warning("identity provider's keys not read", reason=reason)


def public_keys(content: bytes) -> tuple[PublicKey, ...]:
    """The keys for signatures in the text of a JWK set; what we do not understand is passed over.

    Raises KeysUnreadable when no key is left.
    """
    try:
        listed = json.loads(content)["keys"]
    except (ValueError, TypeError, KeyError, RecursionError):
        listed = None
    if not isinstance(listed, list) or len(listed) > MOST_KEYS:
        raise KeysUnreadable(f'It must be a JSON object with up to {MOST_KEYS} keys under "keys".')
    found = tuple(_understood(listed))
    if not found:
        raise KeysUnreadable("It holds no key that checks signatures of an algorithm that is accepted.")
    return found


def read_file(path: Path) -> bytes:
    """The bytes of a file of keys."""
    with path.open("rb") as file:
        return _bounded(file.read(LARGEST + 1))


def read_address(url: str) -> bytes:
    """The bytes at an address (https, or http of this machine), which must answer itself and soon.

    Raises KeysUnreadable or OSError.
    """
    # No other host is asked in its place, and nothing of this machine is told to a proxy.
    handlers: list[urllib.request.BaseHandler] = [_NoRedirect()]
    if urlsplit(url).scheme == "http":
        handlers.append(urllib.request.ProxyHandler({}))
    opener = urllib.request.build_opener(*handlers)
    request = urllib.request.Request(url, headers={"Accept": "application/jwk-set+json, application/json"})  # noqa: S310  settings check the scheme
    deadline = time.monotonic() + WAIT_SECONDS
    content = b""
    with opener.open(request, timeout=WAIT_SECONDS) as response:
        while chunk := response.read1(65_536):
            content = _bounded(content + chunk)
            if time.monotonic() > deadline:
                raise KeysUnreadable("They did not come in time.")
    return content


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Leaves the answer as it is: an error."""


def _bounded(content: bytes) -> bytes:
    if len(content) > LARGEST:
        raise KeysUnreadable(f"It is longer than {LARGEST} bytes.")
    return content


def _understood(listed: Iterable[Any]) -> Iterable[PublicKey]:
    for data in listed:
        if not isinstance(data, dict) or data.get("kty") not in ALGORITHMS.values():
            continue
        if data.get("use", "sig") != "sig" or "verify" not in (data.get("key_ops") or ["verify"]):
            continue
        # The library warns of a short key and takes it; n of 2048 bits has 342 characters.
        if data["kty"] == "RSA" and not 342 <= len(str(data.get("n"))) <= 1400:
            continue
        try:
            key = JWKRegistry.import_key(data)
            size = getattr(key.public_key, "key_size", _SMALLEST_RSA) if isinstance(key, RSAKey) else _SMALLEST_RSA
        except (JoseError, ValueError, TypeError, KeyError):
            continue
        if isinstance(key, RSAKey | ECKey | OKPKey) and _SMALLEST_RSA <= size <= _LARGEST_RSA:
            yield key
