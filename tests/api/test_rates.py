"""Limits by caller, through the HTTP server; none of it needs a graph."""

import asyncio
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from renche.graph.analysts import Analysts, Answer
from renche.graph.caller import Scope
from tests.api.conftest import BRAND_DAY, KEYS, Api, serving, token
from tests.api.serve_process import process
from tests.api.test_unavailable import CLOSED
from tests.conftest import do_without
from tests.redis_server import redis_server, there_is_redis

# A document that is refused costs 1, and so does a statement.
REFUSED = {"query": "{ nothing }"}


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A Redis of this test alone."""
    if not there_is_redis():
        do_without("no Redis: install Debian's package redis-server")
    with redis_server(tmp_path) as server:
        yield server


async def ask(api: Api, body: dict[str, str] = REFUSED, **headers: str) -> httpx.Response:
    """The answer to a question of GraphQL."""
    return await api.client.post(f"{api.url}/graphql", json=body, headers=headers)


async def test_a_caller_that_asks_too_much_is_told_when_to_ask_again(tmp_path: Path) -> None:
    """Every answer says what is left; the one too many is 429 with Retry-After, and a code in its body."""
    async with serving(CLOSED, BRAND_DAY, tmp_path, rate_limit=3) as api:
        for left in (2, 1, 0):
            answer = await ask(api)
            assert answer.status_code == 200
            assert answer.headers["ratelimit-policy"] == '"cost";q=3;w=60'
            assert answer.headers["ratelimit"].startswith(f'"cost";r={left};t=')
        for media in ("application/json", "application/graphql-response+json"):
            refused = await ask(api, accept=media)
            assert refused.status_code == 429
            assert refused.headers["content-type"] == media
            seconds = int(refused.headers["retry-after"])
            assert 1 <= seconds <= 120
            assert int(refused.headers["ratelimit"].rpartition("t=")[2]) <= seconds
            (error,) = refused.json()["errors"]
            assert error["extensions"]["code"] == "RATE_LIMITED"
            assert "data" not in refused.json()


async def test_one_limit_holds_for_all_that_a_caller_asks(tmp_path: Path) -> None:
    """Cypher counts with GraphQL; another caller has its own minute; what is not asked of the graph is free."""
    async with serving(CLOSED, BRAND_DAY, tmp_path, rate_limit=2) as api:
        await ask(api)
        cypher = await api.client.post(f"{api.url}/cypher", json={"statement": "RETURN 1 AS one"})
        assert cypher.json()["error"]["code"] == "UNAVAILABLE"
        assert cypher.headers["ratelimit"].startswith('"cost";r=0;t=')
        cypher = await api.client.post(f"{api.url}/cypher", json={"statement": "RETURN 1 AS one"})
        assert (cypher.status_code, cypher.json()["error"]["code"]) == (429, "RATE_LIMITED")
        assert int(cypher.headers["retry-after"]) > 0
        assert (await ask(api)).status_code == 429
        other = f"Bearer {token(tmp_path, frozenset({Scope.PEOPLE}))}"
        assert (await ask(api, authorization=other)).status_code == 200
        assert (await api.client.get(f"{api.url}/livez")).status_code == 200


async def test_a_statement_too_many_is_told_when_to_ask_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While as many of a caller's statements as may be are under way, the next one is 429 with Retry-After."""
    begun, go = asyncio.Event(), asyncio.Event()

    async def slowly(*_: object, **__: object) -> Answer:
        begun.set()
        await go.wait()
        return Answer(["one"], [[1]], truncated=False)

    monkeypatch.setattr(Analysts, "ask", slowly)
    async with serving(CLOSED, BRAND_DAY, tmp_path, cypher_at_once=1) as api, asyncio.timeout(30):
        url, statement = f"{api.url}/cypher", {"statement": "RETURN 1 AS one"}
        under_way = asyncio.create_task(api.client.post(url, json=statement))
        await begun.wait()
        refused = await api.client.post(url, json=statement)
        go.set()
        await under_way
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "TOO_MANY")
    assert int(refused.headers["retry-after"]) > 0


async def test_looking_for_a_phone_or_a_plate_has_its_own_limit(tmp_path: Path) -> None:
    """Each of them counts, whatever it is called in the document; other texts do not."""
    two = {"query": '{ a: search(text: "13800138000") { complete } b: search(text: "沪A12345") { complete } }'}
    one = {"query": '{ search(text: "138 0013 8000") { complete } }'}
    name = {"query": '{ search(text: "云河") { complete } }'}
    async with serving(CLOSED, BRAND_DAY, tmp_path, lookup_rate_limit=2) as api:
        answer = await ask(api, two)
        assert answer.headers["ratelimit"].startswith('"lookups";r=0;t=')
        refused = await ask(api, one)
        assert refused.status_code == 429
        assert "138" not in refused.text
        assert (await ask(api, name)).json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"


async def test_processes_share_a_limit_in_redis(tmp_path: Path, redis: tuple[str, subprocess.Popen[bytes]]) -> None:
    """Of four questions, put to two processes in turn, three are answered."""
    KEYS.replace(tmp_path / "keys.json")
    settings = {"RENCHE_RATE_LIMIT": "3", "RENCHE_RATE_LIMIT_STORAGE": redis[0]}
    headers = {"authorization": f"Bearer {token(tmp_path, frozenset(Scope))}"}
    async with (
        process(tmp_path, **settings) as first,
        process(tmp_path, **settings) as second,
        httpx.AsyncClient(headers=headers, timeout=30) as client,
    ):
        answers = [await client.post(f"{server.url}/graphql", json=REFUSED) for server in (first, second) * 2]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    left = [answer.headers["ratelimit"].partition(";t=")[0] for answer in answers]
    assert left == ['"cost";r=2', '"cost";r=1', '"cost";r=0', '"cost";r=0']


@pytest.mark.parametrize("stop", [signal.SIGKILL, signal.SIGSTOP], ids=["down", "hangs"])
async def test_without_its_redis_a_process_counts_for_itself(
    tmp_path: Path,
    redis: tuple[str, subprocess.Popen[bytes]],
    capsys: pytest.CaptureFixture[str],
    stop: signal.Signals,
) -> None:
    """Questions are answered at once while Redis is down or hangs, and the limit still holds."""
    storage, server = redis
    async with serving(CLOSED, BRAND_DAY, tmp_path, rate_limit=3, rate_limit_storage=storage) as api:
        assert (await ask(api)).headers["ratelimit"].startswith('"cost";r=2;')
        server.send_signal(stop)
        started = time.monotonic()
        assert [(await ask(api)).status_code for _ in range(4)] == [200, 200, 200, 429]
        assert time.monotonic() - started < 2
    assert capsys.readouterr().out.count("rate_limits_alone") == 1
