"""What a caller may take in a minute, and when it may again."""

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from limits.aio.storage import MemoryStorage

from renche.server import rates as module
from renche.server.later import RateLimited
from renche.server.rates import Counters, Policy, Rates, Standing

HUNDRED = Policy("cost", 100)


@pytest.mark.parametrize(
    ("before", "current", "left"),
    [
        (0, 0, 100),
        (0, 30, 70),
        (100, 0, 50),  # half of the minute before is still within the last sixty seconds
        (100, 50, 0),
        (100, 90, 0),  # never less than nothing
    ],
)
def test_what_is_left(before: int, current: int, left: int) -> None:
    """A minute is the last sixty seconds: half a minute after it began, half of the one before still counts."""
    assert Standing(HUNDRED, 1, True, before, 30.0, current, 90.0).left == left


@pytest.mark.parametrize(
    ("before", "current", "amount", "seconds"),
    [
        # 100 a minute fall out of the last sixty seconds. A part of a unit is none, so 9 and some make 10: 5.4 s.
        (100, 50, 10, 6),
        (100, 50, 50, 30),  # in the last second of the current minute
        (100, 50, 60, 41),  # 30 s until that is the minute before, of whose 50 another 9 and some are gone in 10.8 s
        (100, 50, 100, 89),  # when less than 1 of the 50 is left: 30 s and 58.8 s
        (0, 100, 1, 31),  # just after the current minute
        (0, 100, 100, 90),
    ],
)
def test_when_an_amount_may_be_taken(before: int, current: int, amount: int, seconds: int) -> None:
    """The seconds that a caller is told are those after which its request is let through."""
    assert Standing(HUNDRED, 1, False, before, 30.0, current, 90.0).seconds_until(amount) == seconds


async def test_as_much_as_is_left_may_be_taken() -> None:
    """What is more is refused without taking anything, and what still fits may be taken after it."""
    rates = Rates(100, 0)
    await rates.bill("a").charge(90)
    with pytest.raises(RateLimited) as refused:
        await rates.bill("a").charge(11)
    assert 1 <= refused.value.seconds <= 90
    await rates.bill("a").charge(10)
    await rates.bill("b").charge(100)


async def test_who_waits_as_long_as_told_is_let_through(monkeypatch: pytest.MonkeyPatch) -> None:
    """At any time of a minute, after any amounts; and not a second and a half before that."""
    chance, now = random.Random(7), 1_000_000_000.0
    monkeypatch.setattr(time, "time", lambda: now)
    tried = 0
    for caller in map(str, range(300)):
        rates = Rates(100, 0)
        while True:
            amount = chance.randint(1, 100)
            now += chance.uniform(0, 40)
            try:
                await rates.bill(caller).charge(amount)
            except RateLimited as refused:
                seconds = refused.seconds
                break
        if seconds > 1:
            now += seconds - 1.5
            with pytest.raises(RateLimited):
                await rates.bill(caller).charge(amount)
            now += 1.5
            tried += 1
        else:
            now += 1
        await rates.bill(caller).charge(amount)
    assert tried > 100


async def test_what_costs_more_than_a_minute_takes_a_whole_one() -> None:
    """It can be asked when nothing else was, and leaves nothing."""
    rates = Rates(100, 0)
    bill = rates.bill("a")
    await bill.charge(1000)
    assert bill.headers["ratelimit"].startswith('"cost";r=0;t=')
    with pytest.raises(RateLimited):
        await rates.bill("a").charge(1)


async def test_look_ups_have_a_limit_of_their_own() -> None:
    """A caller that has no look-up left may ask other questions, and is told which limit it met."""
    rates = Rates(100, 2)
    bill = rates.bill("a")
    await bill.charge(1, lookups=2)
    assert bill.headers["ratelimit-policy"] == '"cost";q=100;w=60, "lookups";q=2;w=60'
    with pytest.raises(RateLimited, match="lookups"):
        await rates.bill("a").charge(1, lookups=1)
    await rates.bill("a").charge(1)


async def test_what_is_refused_for_points_takes_no_look_up() -> None:
    """The look-ups are still there when the points are."""
    rates = Rates(20, 1)
    await rates.bill("a").charge(15)
    with pytest.raises(RateLimited, match="cost"):
        await rates.bill("a").charge(10, lookups=1)
    await rates.bill("a").charge(5, lookups=1)


async def test_without_limits_nothing_is_counted() -> None:
    """The cost is noted all the same, for the log."""
    bill = Rates(0, 0).bill("a")
    await bill.charge(10**9, lookups=10**9)
    assert (bill.cost, bill.headers) == (10**9, {})


async def test_counters_that_ended_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Callers that came once do not fill the memory."""
    counters = Counters()
    for number in range(10):
        assert await counters.acquire_sliding_window_entry(f"old/{number}", 1, 60)
    later = time.time() + 200
    monkeypatch.setattr(module.time, "time", lambda: later)
    assert await counters.acquire_sliding_window_entry("new", 1, 60)
    assert counters._counts.keys() == {"new"}


@given(st.lists(st.tuples(st.floats(0, 100), st.integers(1, 12)), max_size=30))
async def test_the_counters_count_as_the_librarys_own(steps: list[tuple[float, int]]) -> None:
    """Whatever is taken, and however long nothing is: the same is let through, and the same is left."""
    ours, librarys, now = Counters(), MemoryStorage(), 1_000_000.0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module.time, "time", lambda: now)
        for waited, amount in steps:
            now += waited
            assert await ours.acquire_sliding_window_entry("a", 10, 60, amount) is (
                await librarys.acquire_sliding_window_entry("a", 10, 60, amount)
            )
            assert await ours.get_sliding_window("a", 60) == pytest.approx(await librarys.get_sliding_window("a", 60))
