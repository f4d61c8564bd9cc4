"""Who is let in with an API token, and for how long; nobody's token is told again."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from threading import Event

import pytest
import structlog
from sqlalchemy import text as sql

from renche.graph.caller import Caller, Restriction, Scope
from renche.graph.errors import Forbidden, RencheError
from renche.server import api_tokens as module
from renche.server.api_tokens import BELIEVED_FOR, ApiTokens
from renche.server.auth import Authenticator
from renche.server.auth_errors import AuthUnavailable, Unauthenticated
from renche.vault.grants import ApiToken, Grant
from renche.vault.keys import Keys
from renche.vault.store import Vault
from renche.vault.token_form import make_token
from renche.vault.tokens import Tokens

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
DAY = timedelta(days=1)
KEYS = Keys.generate()
GRANT = Grant("CRM", "marketing", "live", frozenset({"people:read", "clubs:read"}), NOW + 90 * DAY)


@dataclasses.dataclass
class Clock:
    """The time of day and the seconds since the start, which a test sets."""

    at: datetime = NOW
    seconds: float = 100.0

    def __call__(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.seconds


class CountedTokens(Tokens):
    """Counts the questions to the vault; may be held up."""

    def __init__(self, vault: Vault) -> None:
        super().__init__(vault)
        self.asked = 0
        self.go_on = Event()
        self.go_on.set()

    def check(self, text: str) -> ApiToken | None:
        self.asked += 1
        assert self.go_on.wait(10)
        return super().check(text)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def vault(tmp_path: Path, clock: Clock) -> Iterator[Vault]:
    with Vault.open(f"sqlite:///{tmp_path}/vault.db", KEYS, now=clock) as vault:
        yield vault


@pytest.fixture
def tokens(vault: Vault) -> CountedTokens:
    return CountedTokens(vault)


@pytest.fixture
async def api_tokens(tokens: CountedTokens, clock: Clock) -> AsyncIterator[ApiTokens]:
    found = ApiTokens(tokens, now=clock, monotonic=clock.monotonic)
    yield found
    await found.close()


@pytest.fixture
def door(api_tokens: ApiTokens) -> Authenticator:
    return Authenticator(api_tokens)


def bearer(text: str) -> str:
    return f"Bearer {text}"


async def refused(door: Authenticator, header: str | None, address: str | None = None) -> RencheError:
    """Why a header is refused; the reason holds no part of it that could be a token."""
    with pytest.raises(RencheError) as caught:
        await door.caller(header, address)
    error: BaseException | None = caught.value
    told = ""
    while error is not None:
        told += f"{error!r}{error}"
        error = error.__cause__ or error.__context__
    if header and len(header) > 20:
        assert header.split()[-1] not in told
        assert header.split()[-1][:40] not in told
    assert str(caught.value).endswith(".")
    return caught.value


async def test_a_token_becomes_its_caller(door: Authenticator, tokens: Tokens) -> None:
    """Scopes, restrictions and partner come with it, and what this version does not know allows nothing."""
    grant = dataclasses.replace(
        GRANT,
        scopes=GRANT.scopes | {"future:read"},
        dealers=frozenset({"dea_a"}),
        cities=frozenset(),
        partner="insurer",
        purpose="quotes",
    )
    issued = tokens.issue(grant, "cli:0")
    expected = Caller(
        f"token:{issued.token.id}",
        frozenset({Scope.PEOPLE, Scope.CLUBS}),
        Restriction(dealers=frozenset({"dea_a"}), cities=frozenset()),
        "insurer",
        "quotes",
    )
    for header in (bearer(issued.text), f"bearer {issued.text}", f"BEARER  {issued.text} "):
        assert await door.caller(header, None) == expected


GOOD = make_token("live").text


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        " ",
        "Bearer",
        "Bearer ",
        GOOD,
        f"Basic {GOOD}",
        f"Bearer{GOOD}",
        f"Bearer\t{GOOD}",
        bearer(GOOD),
        bearer(GOOD[:-1] + ("0" if GOOD[-1] != "0" else "1")),
        bearer(GOOD[:-1]),
        bearer(GOOD.replace("live", "test")),
        bearer(GOOD + " " + GOOD),
        bearer("rch_"),
        bearer("rch_" + "é" * 50),
        bearer("rch_" + "x" * 8_000),
        bearer("x" * 1_000_000),
        bearer("a.b.c"),
    ],
    ids=count(),  # they hold what is made by chance
)
async def test_what_is_no_token_is_refused(door: Authenticator, tokens: CountedTokens, header: str | None) -> None:
    """No header, another scheme, a changed or an unknown token; only one of the right form is looked up."""
    assert isinstance(await refused(door, header), Unauthenticated)
    assert tokens.asked == (1 if header == bearer(GOOD) else 0)


async def test_a_secret_of_another_token_is_refused(door: Authenticator, tokens: Tokens) -> None:
    """The id is no secret: with a secret that is not its own it lets nobody in."""
    issued = tokens.issue(GRANT, "cli:0")
    with pytest.MonkeyPatch.context() as patch:
        parts = iter([issued.token.id, "x" * 32])
        patch.setattr("renche.vault.token_form._random", lambda _: next(parts))
        forged = make_token("live").text
    error = await refused(door, bearer(forged))
    assert error.code == "UNAUTHENTICATED"
    assert str(error) == str(await refused(door, bearer(make_token("live").text)))


async def test_times_count_at_every_use(door: Authenticator, tokens: CountedTokens, clock: Clock) -> None:
    """A token that is believed is refused from the very moment at which it ends, and before it begins."""
    issued = tokens.issue(dataclasses.replace(GRANT, not_before=NOW + DAY), "cli:0")
    assert "not valid yet" in str(await refused(door, bearer(issued.text)))
    clock.at = NOW + DAY
    await door.caller(bearer(issued.text), None)
    clock.at = NOW + 90 * DAY - timedelta(microseconds=1)
    await door.caller(bearer(issued.text), None)
    clock.at = NOW + 90 * DAY
    assert "has expired" in str(await refused(door, bearer(issued.text)))
    assert tokens.asked == 1


async def test_a_revocation_counts_within_five_seconds(
    door: Authenticator, tokens: CountedTokens, clock: Clock, tmp_path: Path
) -> None:
    """Another process revokes: what was believed before is refused five seconds later at the latest."""
    issued = tokens.issue(GRANT, "cli:0")
    await door.caller(bearer(issued.text), None)
    with Vault.open(f"sqlite:///{tmp_path}/vault.db", KEYS, now=clock) as elsewhere:
        Tokens(elsewhere).revoke(issued.token.id, "cli:0")
    clock.seconds += BELIEVED_FOR - 0.001
    await door.caller(bearer(issued.text), None)
    clock.seconds += 0.001
    error = await refused(door, bearer(issued.text))
    assert (error.code, str(error)) == ("UNAUTHENTICATED", "The token was revoked.")
    assert BELIEVED_FOR <= 5
    assert tokens.asked == 2


async def test_a_rotated_token_ends_after_its_overlap(door: Authenticator, tokens: Tokens, clock: Clock) -> None:
    """Both are let in meanwhile, then the new one alone."""
    old = tokens.issue(GRANT, "cli:0")
    await door.caller(bearer(old.text), None)
    new = tokens.rotate(old.token.id, "cli:0", overlap=DAY)
    clock.seconds += BELIEVED_FOR
    assert (await door.caller(bearer(old.text), None)).id == f"token:{old.token.id}"
    assert (await door.caller(bearer(new.text), None)).id == f"token:{new.token.id}"
    clock.at += DAY
    assert "use the new one" in str(await refused(door, bearer(old.text)))
    await door.caller(bearer(new.text), None)


@pytest.mark.parametrize(
    ("address", "let_in"),
    [
        ("203.0.113.7", True),
        ("203.0.114.7", False),
        ("::ffff:203.0.113.7", True),
        ("::ffff:203.0.114.7", False),
        ("2001:db8::1", True),
        ("2001:db9::1", False),
        ("198.51.100.1", True),
        ("198.51.100.2", False),
        ("203.0.113.7, 10.0.0.1", False),
        ("203.0.113.007", False),
        ("testclient", False),
        ("", False),
        (None, False),
    ],
)
async def test_networks_are_kept(door: Authenticator, tokens: Tokens, address: str | None, let_in: bool) -> None:
    """A token with networks is let in from there alone, and from no address that cannot be read."""
    networks = frozenset({"203.0.113.0/24", "2001:db8::/32", "198.51.100.1"})
    issued = tokens.issue(dataclasses.replace(GRANT, networks=networks), "cli:0")
    if let_in:
        await door.caller(bearer(issued.text), address)
    else:
        assert isinstance(await refused(door, bearer(issued.text), address), Forbidden)


async def test_a_vault_that_fails_lets_nobody_in(
    door: Authenticator, tokens: Tokens, vault: Vault, clock: Clock
) -> None:
    """What is believed is so for its seconds; then nobody who cannot be checked is let in."""
    issued = tokens.issue(GRANT, "cli:0")
    await door.caller(bearer(issued.text), None)
    with vault.engine.begin() as connection:
        connection.execute(sql("DROP TABLE api_tokens"))
    await door.caller(bearer(issued.text), None)
    clock.seconds += BELIEVED_FOR
    with structlog.testing.capture_logs() as logs:
        error = await refused(door, bearer(issued.text))
    assert isinstance(error, AuthUnavailable)
    assert error.code == "UNAVAILABLE"
    assert {log["event"] for log in logs} <= {"token check failed", "use of a token not noted"}
    assert issued.text not in str(logs)


async def test_requests_share_a_question(door: Authenticator, tokens: CountedTokens) -> None:
    """Many requests with one token ask the vault once, also when the first of them goes away."""
    issued = tokens.issue(GRANT, "cli:0")
    tokens.go_on.clear()
    waiting = [asyncio.create_task(door.caller(bearer(issued.text), None)) for _ in range(50)]
    await asyncio.sleep(0.01)
    waiting[0].cancel()
    tokens.go_on.set()
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(answers[0], asyncio.CancelledError)
    assert {answer.id for answer in answers[1:] if isinstance(answer, Caller)} == {f"token:{issued.token.id}"}
    assert tokens.asked == 1


async def test_too_many_questions_are_turned_away(
    door: Authenticator, tokens: CountedTokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Invented tokens of the right form do not queue up for ever."""
    monkeypatch.setattr(module, "MOST_ASKED", 3)
    tokens.go_on.clear()
    waiting = [asyncio.create_task(door.caller(bearer(make_token("live").text), None)) for _ in range(3)]
    await asyncio.sleep(0.01)
    assert isinstance(await refused(door, bearer(make_token("live").text)), AuthUnavailable)
    tokens.go_on.set()
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(answer) for answer in answers] == [Unauthenticated] * 3


async def test_what_is_believed_is_bounded(
    door: Authenticator, tokens: CountedTokens, api_tokens: ApiTokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest goes first; texts that are no tokens of ours push nothing out."""
    monkeypatch.setattr(module, "MOST_BELIEVED", 2)
    issued = [tokens.issue(GRANT, "cli:0").text for _ in range(3)]
    for one in issued:
        await door.caller(bearer(one), None)
    assert len(api_tokens._believed) == 2
    for _ in range(5):
        await refused(door, bearer(make_token("live").text))
    before = tokens.asked
    await door.caller(bearer(issued[2]), None)
    assert tokens.asked == before
    await door.caller(bearer(issued[0]), None)
    assert tokens.asked == before + 1


async def test_a_use_is_noted_once_a_minute(tokens: CountedTokens, clock: Clock) -> None:
    """The vault learns the last use, from the first request of each minute alone, and not of one refused."""
    used, refused_one = tokens.issue(GRANT, "cli:0"), tokens.issue(GRANT, "cli:0")
    noted: list[object] = []
    note = tokens.note_use
    tokens.note_use = lambda ids: noted.append(ids) or note(ids)  # type: ignore[method-assign, func-returns-value]
    api_tokens = ApiTokens(tokens, now=clock, monotonic=clock.monotonic)
    door = Authenticator(api_tokens)
    tokens.revoke(refused_one.token.id, "cli:0")
    await refused(door, bearer(refused_one.text))
    for _ in range(10):
        await door.caller(bearer(used.text), None)
    clock.seconds += 59.9
    await door.caller(bearer(used.text), None)
    assert len(noted) == 1
    clock.seconds += 0.1
    await door.caller(bearer(used.text), None)
    await api_tokens.close()
    assert noted == [[used.token.id]] * 2
    assert tokens.find(used.token.id).last_used_at == NOW
    assert tokens.find(refused_one.token.id).last_used_at is None


async def test_a_believed_token_costs_little(door: Authenticator, tokens: Tokens) -> None:
    """A check that needs no vault takes well under a tenth of a millisecond."""
    networks = frozenset({"203.0.113.0/24", "2001:db8::/32"})
    header = bearer(tokens.issue(dataclasses.replace(GRANT, networks=networks), "cli:0").text)
    best = 1.0
    for _ in range(5):
        started = time.perf_counter()
        for _ in range(200):
            await door.caller(header, "203.0.113.7")
        best = min(best, (time.perf_counter() - started) / 200)
    assert best < 0.0001


async def test_no_secret_is_logged_or_shown(door: Authenticator, tokens: Tokens, api_tokens: ApiTokens) -> None:
    """What is kept in memory between requests and what is logged hold no secret."""
    issued = tokens.issue(GRANT, "cli:0")
    with structlog.testing.capture_logs() as logs:
        caller = await door.caller(bearer(issued.text), None)
        await refused(door, bearer(make_token("live").text))
    secret = issued.text.split("_")[3]
    assert secret not in f"{logs}{caller}{api_tokens._believed}{api_tokens._noted}{vars(api_tokens)}"
