"""How much each caller may ask in a minute: points, as its questions cost, and look-ups of identifiers.

A caller's minute is the last sixty seconds, taken from two counters: that of the current minute, and that of the one
before by the share of it that is still within them.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, Protocol

import structlog

from renche.server.later import RateLimited
from renche.server.settings import Settings

WINDOW: Final = 60  # seconds
ANSWERS_WITHIN: Final = 0.25  # seconds; a store that is slower does more harm than counters apart
ALONE_FOR: Final = 5.0  # seconds until a store that failed is tried again

_log = structlog.get_logger()


@dataclass(frozen=True)
class Policy:
    """So many units a minute for each caller."""

    name: str
    most: int


@dataclass(frozen=True)
class Standing:
    """An amount that a caller asked for, whether it was `taken`, and the counters of its minute after that."""

    policy: Policy
    amount: int
    taken: bool
    before: int
    before_left: float
    current: int
    current_left: float

    @property
    def left(self) -> int:
        """What may still be taken now."""
        return max(0, self.policy.most - int(self.before * self.before_left / WINDOW) - self.current)

    def seconds_until(self, amount: int) -> int:
        """After how long this amount may be taken, when nothing is until then; at least 1."""
        kept = self.before * self.before_left / WINDOW
        below = self.policy.most - amount + 1  # what counts must be less than this: a part of a unit is none
        if self.before and self.current < below:
            return max(1, int((kept + self.current - below) * WINDOW / self.before) + 1)
        # What was taken in the current minute counts less from second to second only once that minute is over.
        further = WINDOW * (1 - below / self.current) if self.current > below else 0
        return max(1, int(self.current_left - WINDOW + further) + 1)


class Windows(Protocol):
    """Counters by key, as the stores of the library `limits` are."""

    async def acquire_sliding_window_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Counts so much more, unless that passes the limit."""

    async def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]:
        """The count of the window before, how long it still counts, that of the current one, and how long that does."""


@dataclass(frozen=True)
class Shared:
    """Counters of several processes, and what is raised when they cannot be reached."""

    windows: Windows
    failure: type[Exception]


class Counters:
    """The counters of this process; the library's own looks through those of all callers at each request."""

    def __init__(self) -> None:
        self._counts: dict[str, tuple[int, int, int]] = {}  # the window, and the counts before and in it
        self._swept = 0

    async def acquire_sliding_window_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Counts so much more, unless that passes the limit."""
        window, before, current, left = self._counted(key, expiry)
        if int(before * left / expiry) + current + amount > limit:
            return False
        self._counts[key] = (window, before, current + amount)
        return True

    async def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]:
        """The count of the window before, how long it still counts, that of the current one, and how long that does."""
        _, before, current, left = self._counted(key, expiry)
        return before, left if before else 0.0, current, left + expiry

    def _counted(self, key: str, expiry: int) -> tuple[int, int, int, float]:
        """The window, the counts before and in it, and the seconds that are left of it."""
        now = time.time()
        window = int(now // expiry)
        if window > self._swept:
            self._swept = window
            self._counts = {name: kept for name, kept in self._counts.items() if kept[0] >= window - 1}
        kept, before, current = self._counts.get(key, (window, 0, 0))
        if kept < window:
            before, current = current, 0
        return window, before, current, (window + 1) * expiry - now


class Rates:
    """Counts what callers take, in a store that processes share or, without one, in this process."""

    def __init__(self, points: int, lookups: int, shared: Shared | None = None) -> None:
        """`points` and `lookups` a minute; 0: without limit."""
        self._points = Policy("cost", points)
        self._lookups = Policy("lookups", lookups)
        self._own = Counters()
        self._shared = shared
        self._alone_until = 0.0

    def bill(self, caller: str) -> "Bill":
        """The bill of one request."""
        return Bill(self, caller)

    async def take(self, caller: str, points: int, lookups: int) -> list[Standing]:
        """Takes as much from each policy that holds, up to the first that has not so much left.

        Points above those of a whole minute count as these, so that what costs them can be asked at all. Look-ups
        never are: a request that takes more than a minute has is refused before.
        """
        found: list[Standing] = []
        # Points first: what is refused for them takes none of the look-ups, which are few.
        for policy, amount in ((self._points, min(points, self._points.most)), (self._lookups, lookups)):
            if policy.most and amount:
                found.append(await self._take(policy, caller, amount))
                if not found[-1].taken:
                    break
        return found

    async def _take(self, policy: Policy, caller: str, amount: int) -> Standing:
        if self._shared is not None and time.monotonic() >= self._alone_until:
            try:
                async with asyncio.timeout(ANSWERS_WITHIN):
                    return await _taken(self._shared.windows, policy, caller, amount)
            except (self._shared.failure, OSError, TimeoutError) as error:
                self._alone_until = time.monotonic() + ALONE_FOR
                _log.warning("rate_limits_alone", error=type(error.__cause__ or error).__name__)
        return await _taken(self._own, policy, caller, amount)


async def _taken(counters: Windows, policy: Policy, caller: str, amount: int) -> Standing:
    key = f"{policy.name}/{caller}"
    taken = await counters.acquire_sliding_window_entry(key, policy.most, WINDOW, amount)
    return Standing(policy, amount, taken, *await counters.get_sliding_window(key, WINDOW))


@dataclass
class Bill:
    """What one request costs its caller, and what the headers of its answer say about it."""

    rates: Rates
    caller: str
    cost: int = 0
    headers: dict[str, str] = field(default_factory=dict)

    async def charge(self, cost: int, lookups: int = 0) -> None:
        """Charges the caller, before the work; raises RateLimited when it has not so much left."""
        self.cost = cost
        stands = await self.rates.take(self.caller, cost, lookups)
        if not stands:
            return
        # Two lists of items with parameters, as draft-ietf-httpapi-ratelimit-headers-10 has them.
        self.headers["ratelimit-policy"] = ", ".join(
            f'"{stand.policy.name}";q={stand.policy.most};w={WINDOW}' for stand in stands
        )
        self.headers["ratelimit"] = ", ".join(
            f'"{stand.policy.name}";r={stand.left};t={stand.seconds_until(stand.left + 1)}' for stand in stands
        )
        stand = stands[-1]
        if not stand.taken:
            seconds = stand.seconds_until(stand.amount)
            raise RateLimited(
                f"Limit of {stand.policy.name}: this request takes {stand.amount}, and of the {stand.policy.most} a"
                f" minute {stand.left} are left; ask again in {seconds} s.",
                seconds,
            )


@asynccontextmanager
async def open_rates(settings: Settings) -> AsyncIterator[Rates]:
    """The limits that the settings describe; a Redis is not asked before the first request."""
    async with AsyncExitStack() as stack:
        shared = None
        if settings.rate_limit_storage is not None:
            shared = _redis(settings.rate_limit_storage.get_secret_value(), stack)
        yield Rates(settings.rate_limit, settings.lookup_rate_limit, shared)


def _redis(url: str, stack: AsyncExitStack) -> Shared:
    # Only who shares the limits pays for the client: 7 MB.
    from limits.aio.storage import RedisStorage
    from limits.errors import StorageError
    from redis.asyncio import ConnectionPool
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff

    pool = ConnectionPool.from_url(url, retry=Retry(NoBackoff(), 0))
    stack.push_async_callback(pool.aclose)
    windows = RedisStorage(
        f"async+{url}",
        wrap_exceptions=True,
        implementation="redispy",
        key_prefix="renche",
        connection_pool=pool,  # type: ignore[arg-type]  # passed on as it is
    )
    return Shared(windows, StorageError)
