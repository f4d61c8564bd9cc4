"""The endpoint of analysts' statements, with a small database of its own in the place of an engine."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson
import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as AsgiScope

from renche.graph.aggregate_gate import examine_aggregate
from renche.graph.analysts import Answer
from renche.graph.caller import Caller, Restriction, Scope
from renche.graph.errors import OperationTimeout
from renche.graph.gate import examine
from renche.server.analyst import MAXIMUM_BODY, AnalystCypher, Asked
from renche.server.rates import Rates
from renche.server.work import Work

ANALYST = Caller("user:ann", frozenset({Scope.CYPHER}))
SECRET = "planted-13800138000"


@dataclass
class Small:
    """Answers each statement that passes the gate with the same rows; `slow` ones wait for `go`."""

    go: asyncio.Event = field(default_factory=asyncio.Event)

    async def ask(self, statement: str, parameters: dict[str, Any], *, smallest_group: int | None) -> Answer:
        passed = examine(statement) if smallest_group is None else examine_aggregate(statement, smallest_group)
        passed.check(parameters)
        if "slow" in statement:
            await self.go.wait()
        if "late" in statement:
            raise OperationTimeout("The statement took longer than 5 s; ask for less.")
        if "broken" in statement:
            raise RuntimeError(SECRET)
        return Answer(["id", "tags"], [["a", ["x", 1]], [None, {}]], "cut" in statement, smallest_group)


@dataclass
class Site:
    """A client of the endpoint, and what was recorded."""

    client: httpx.AsyncClient
    small: Small
    records: list[Asked]
    caller: list[Caller | None]

    async def post(self, statement: Any, accept: str = "application/json", **parameters: Any) -> httpx.Response:
        body = {"statement": statement, "parameters": parameters}
        return await self.client.post("/cypher", json=body, headers={"accept": accept})


class Known:
    """Puts the caller into the request, as the authentication does."""

    def __init__(self, app: ASGIApp, caller: list[Caller | None]) -> None:
        self.app = app
        self.caller = caller

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        scope["state"] = {"request_id": "r1", "caller": self.caller[0]}
        await self.app(scope, receive, send)


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    """The endpoint for an analyst."""
    records: list[Asked] = []

    async def audit(record: Asked) -> None:
        records.append(record)

    caller: list[Caller | None] = [ANALYST]
    small = Small()
    app = Starlette(routes=[Route("/cypher", AnalystCypher(audit, Work(10)), methods=["POST"])])
    app.state.analysts, app.state.rates = small, Rates(0, 0)
    transport = httpx.ASGITransport(Known(app, caller))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield Site(client, small, records, caller)


async def test_an_answer_in_each_format(site: Site) -> None:
    """JSON by default, NDJSON and CSV by Accept; each says whether it was cut."""
    found = await site.post("RETURN 1 AS x")
    assert found.json() == {"columns": ["id", "tags"], "rows": [["a", ["x", 1]], [None, {}]], "truncated": False}
    lines = await site.post("RETURN 1 AS cut", "application/x-ndjson")
    assert [orjson.loads(line) for line in lines.text.splitlines()] == [
        {"id": "a", "tags": ["x", 1]},
        {"id": None, "tags": {}},
    ]
    assert lines.headers["x-renche-truncated"] == "true"
    table = await site.post("RETURN 1 AS x", "text/csv")
    assert table.text == 'id,tags\r\na,"[""x"",1]"\r\n,{}\r\n'
    assert found.headers["x-request-id"] == "r1"


async def test_each_statement_is_recorded_without_values(site: Site) -> None:
    """Who, what, how many rows, how long, and what came of it; no value of a parameter."""
    await site.post("RETURN $id AS id", id=SECRET)
    await site.post("RETURN 1 AS cut")
    await site.post("CREATE (:Hostile)")
    await site.post("RETURN 1 AS late")
    await site.post("RETURN 1 AS broken")
    outcomes = ["ok", "truncated", "CYPHER_REFUSED clauses", "TIMEOUT", "INTERNAL"]
    assert [record.outcome for record in site.records] == outcomes
    assert [record.rows for record in site.records] == [2, 2, 0, 0, 0]
    assert {record.caller for record in site.records} == {"user:ann"}
    assert SECRET not in repr(site.records)


async def test_a_refusal_says_rule_and_place(site: Site) -> None:
    """Code, rule, line and column stand beside the sentence."""
    refused = await site.post("MATCH (n)\nDELETE n")
    assert refused.status_code == 400
    error = refused.json()["error"]
    assert (error["code"], error["rule"], error["line"], error["column"]) == ("CYPHER_REFUSED", "clauses", 2, 1)
    assert error["requestId"] == "r1"


async def test_other_errors_have_their_status(site: Site) -> None:
    """A timeout is 504; what is not known is 500 and shows nothing of itself."""
    assert (await site.post("RETURN 1 AS late")).status_code == 504
    broken = await site.post("RETURN 1 AS broken")
    assert broken.status_code == 500
    assert SECRET not in broken.text


@pytest.mark.parametrize(
    ("caller", "status"),
    [
        (None, 401),
        (Caller("user:bob", frozenset({Scope.PEOPLE})), 403),
        (Caller("user:eve", frozenset({Scope.CYPHER}), Restriction(cities=frozenset({"310000"}))), 403),
        (Caller("token:1", frozenset({Scope.CYPHER}), partner="par_1"), 403),
        (Caller("user:eve", frozenset({Scope.AGGREGATES}), Restriction(brands=frozenset({"A"}))), 403),
        (Caller("token:1", frozenset({Scope.AGGREGATES}), partner="par_1"), 403),
    ],
)
async def test_only_who_may_see_all_may_ask(site: Site, caller: Caller | None, status: int) -> None:
    """The scope is needed, and a restricted caller or a partner never passes."""
    site.caller[0] = caller
    assert (await site.post("RETURN 1 AS x")).status_code == status
    assert site.records == []


async def test_who_may_ask_for_aggregates_only_is_held_to_them(site: Site) -> None:
    """The answer says below how many people groups are left out, in each format; all else is refused and recorded."""
    site.caller[0] = Caller("token:2", frozenset({Scope.AGGREGATES}))
    people = "MATCH (p:Person) RETURN count(DISTINCT p) AS n"
    found = await site.post(people)
    assert found.json()["suppressedBelow"] == 10
    for accept in ("text/csv", "application/x-ndjson"):
        assert (await site.post(people, accept)).headers["x-renche-suppressed-below"] == "10"
    refused = await site.post("MATCH (p:Person)\nRETURN p.id AS id")
    error = refused.json()["error"]
    assert (refused.status_code, error["rule"], error["line"], error["column"]) == (400, "aggregate", 2, 10)
    assert [record.outcome for record in site.records] == ["ok", "ok", "ok", "CYPHER_REFUSED aggregate"]
    site.caller[0] = Caller("user:ann", frozenset({Scope.CYPHER, Scope.AGGREGATES}))
    whole = await site.post("MATCH (p:Person) RETURN p.id AS id")
    assert "suppressedBelow" not in whole.json()
    assert "x-renche-suppressed-below" not in whole.headers


async def test_a_caller_has_so_many_statements_at_once(site: Site) -> None:
    """The third statement of one analyst is refused while two run; another analyst's is not."""
    running = [asyncio.create_task(site.post("RETURN 1 AS slow")) for _ in range(2)]
    await asyncio.sleep(0.05)
    assert (await site.post("RETURN 1 AS x")).status_code == 429
    site.caller[0] = Caller("user:zoe", frozenset({Scope.CYPHER}))
    assert (await site.post("RETURN 1 AS x")).status_code == 200
    site.caller[0] = ANALYST
    site.small.go.set()
    assert [found.status_code for found in await asyncio.gather(*running)] == [200, 200]
    assert (await site.post("RETURN 1 AS x")).status_code == 200


async def test_a_statement_given_up_is_recorded(site: Site) -> None:
    """A client that goes away leaves a record, and its place."""
    task = asyncio.create_task(site.post("RETURN 1 AS slow"))
    await asyncio.sleep(0.05)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert [record.outcome for record in site.records] == ["CANCELLED"]
    site.small.go.set()
    assert [(await site.post("RETURN 1 AS slow")).status_code for _ in range(3)] == [200] * 3


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"{}", "application/json", 400),
        (b'{"statement": 1}', "application/json", 400),
        (b'{"statement": "RETURN 1", "parameters": [1]}', "application/json", 400),
        (b'{"statement": "RETURN 1"}', "text/plain", 415),
        (b" " * (MAXIMUM_BODY + 1), "application/json", 413),
    ],
)
async def test_a_request_that_is_none_is_refused(site: Site, content: bytes, kind: str, status: int) -> None:
    """Nothing is asked and nothing recorded."""
    found = await site.client.post("/cypher", content=content, headers={"content-type": kind})
    assert found.status_code == status
    assert site.records == []


async def test_what_cannot_be_recorded_is_not_answered(site: Site) -> None:
    """No rows go out when the audit fails."""

    async def broken(_record: Asked) -> None:
        raise OSError("disk full")

    app = Starlette(routes=[Route("/cypher", AnalystCypher(broken, Work(10)), methods=["POST"])])
    app.state.analysts, app.state.rates = site.small, Rates(0, 0)
    transport = httpx.ASGITransport(Known(app, [ANALYST]))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        found = await client.post("/cypher", json={"statement": "RETURN 1 AS x"})
    assert found.status_code == 500
    assert "rows" not in found.json()
