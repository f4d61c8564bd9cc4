"""API tokens become callers: looked up in the vault, and believed for five seconds.

So a revocation counts in every process within that time. The times of a token are looked at on every use, since
time alone ends it.
"""

import asyncio
import ipaddress
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import structlog

from renche.graph.caller import Caller, Restriction, Scope
from renche.graph.errors import Forbidden
from renche.server.auth_errors import AuthUnavailable, Unauthenticated
from renche.vault.errors import VaultError
from renche.vault.grants import ApiToken, network_of
from renche.vault.token_form import TokenText, read_token
from renche.vault.tokens import USE_NOTED_EVERY, Tokens

BELIEVED_FOR: Final = 5.0
"""Seconds for which a token is good that was good when the vault was asked."""

MOST_BELIEVED: Final = 10_000
MOST_ASKED: Final = 1_000
"""How many tokens may wait for the vault at once; more are turned away before any work."""

_READERS = 2

_WHY = {
    "revoked": "The token was revoked.",
    "expired": "The token has expired; ask its issuer for a new one.",
    "rotated": "The token was rotated and its time beside the new one is over; use the new one.",
    "not yet valid": "The token is not valid yet.",
}
_NOT_OURS = "The token is not one of renche's."
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Believed:
    token: ApiToken
    caller: Caller
    networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]
    until: float


class ApiTokens:
    """Tells whose an API token is; belongs to one event loop."""

    def __init__(
        self,
        tokens: Tokens,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tokens = tokens
        self._now = now
        self._monotonic = monotonic
        # By the hash of the token: no secret lies in memory for longer than its request, and how long it takes
        # to find one tells nothing about any.
        self._believed: dict[bytes, _Believed] = {}
        self._asked: dict[bytes, asyncio.Task[_Believed | None]] = {}
        self._noted: dict[str, float] = {}
        self._readers = ThreadPoolExecutor(_READERS, "token-reader")
        # Apart, since a write may wait for others that write.
        self._writer = ThreadPoolExecutor(1, "token-writer")

    async def close(self) -> None:
        """Ends what is under way; the last uses are noted."""
        for asked in list(self._asked.values()):
            asked.cancel()
        await asyncio.to_thread(self._readers.shutdown)
        await asyncio.to_thread(self._writer.shutdown)

    async def caller(self, text: str, address: str | None) -> Caller:
        """Whose token this is, sent from this address; raises Unauthenticated, Forbidden or AuthUnavailable."""
        given = read_token(text)
        if given is None:
            raise Unauthenticated(_NOT_OURS)
        believed = self._believed.get(given.hash)
        if believed is None or self._monotonic() >= believed.until:
            believed = await self._asked_once(given)
        if believed is None:
            raise Unauthenticated(_NOT_OURS)
        state = believed.token.state(self._now())
        if state != "valid":
            raise Unauthenticated(_WHY[state])
        if believed.networks and not _within(address, believed.networks):
            raise Forbidden("The token may not be used from this address.")
        self._note(believed.token)
        return believed.caller

    async def _asked_once(self, given: TokenText) -> _Believed | None:
        """What the vault says; requests that come with the same token meanwhile wait for the same answer."""
        key = given.hash
        asked = self._asked.get(key)
        if asked is None:
            if len(self._asked) >= MOST_ASKED:
                raise AuthUnavailable("Too many tokens are being checked; try again in a moment.")
            asked = asyncio.create_task(self._ask(given))
            self._asked[key] = asked
            asked.add_done_callback(lambda _: self._asked.pop(key, None))
        # One client that goes away does not take the answer from the others.
        return await asyncio.shield(asked)

    async def _ask(self, given: TokenText) -> _Believed | None:
        # From before the question: what was revoked while it was on its way is noticed in time too.
        until = self._monotonic() + BELIEVED_FOR
        self._believed.pop(given.hash, None)
        loop = asyncio.get_running_loop()
        try:
            token = await loop.run_in_executor(self._readers, self._tokens.check, given.text)
            if token is None:
                return None  # not kept: who tries texts must not push out what is good
            believed = _Believed(token, _caller(token), tuple(map(network_of, sorted(token.networks))), until)
        except VaultError as error:
            _log.error("token check failed", code=error.code)
            believed = None
        if believed is None:
            raise AuthUnavailable("Tokens cannot be checked at the moment; try again later.")
        self._believed[given.hash] = believed
        if len(self._believed) > MOST_BELIEVED:
            del self._believed[next(iter(self._believed))]
        return believed

    def _note(self, token: ApiToken) -> None:
        """Has the use of a token noted once a minute, and not by whoever waits for an answer."""
        moment = self._monotonic()
        if moment < self._noted.get(token.id, moment):
            return
        self._noted[token.id] = moment + USE_NOTED_EVERY.total_seconds()
        if len(self._noted) > MOST_BELIEVED:
            del self._noted[next(iter(self._noted))]
        self._writer.submit(self._tokens.note_use, [token.id]).add_done_callback(_noted)


def _caller(token: ApiToken) -> Caller:
    known = set(Scope)
    return Caller(
        f"token:{token.id}",
        # A scope that this version does not know allows nothing.
        frozenset(Scope(scope) for scope in token.scopes if scope in known),
        Restriction(token.dealers, token.cities, token.brands),
        token.partner,
        token.purpose,
        token.networks,
    )


def _within(address: str | None, networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]) -> bool:
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped  # how a socket for both shows an IPv4 peer
    return any(found in network for network in networks)


def _noted(done: Future[int]) -> None:
    error = done.exception()
    if error is not None:
        _log.warning("use of a token not noted", error=type(error).__name__)
