"""The endpoint of GraphQL, with a schema that has a mutation."""

from types import SimpleNamespace
from zoneinfo import ZoneInfo

import httpx
import pytest
import strawberry
from starlette.types import Receive, Scope, Send

from renche.graph.caller import Caller
from renche.graph.clock import SystemClock
from renche.graph.cursor import Cursors
from renche.graph.keyed import Keyed
from renche.planner.plan import Planner
from renche.resolvers.schema import Schema
from renche.server.graphql import Executor, GraphQL
from renche.server.rates import Rates
from renche.server.work import Work

KEYED = Keyed(Cursors(bytes(range(32))), lambda _, value: (value,))
TOUCH = "mutation { touch }"


@strawberry.type
class Query:
    touched: int = 0


@strawberry.type
class Mutation:
    @strawberry.mutation
    def touch(self) -> str:
        return "touched"


def client() -> httpx.AsyncClient:
    """Of the endpoint alone: who asks is known before."""
    schema = Schema(Query, Mutation)
    endpoint = GraphQL(Executor(schema, Planner(schema._schema, KEYED)), KEYED, SystemClock(ZoneInfo("UTC")), Work(1))

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope["app"] = SimpleNamespace(state=SimpleNamespace(database=None, rates=Rates(0, 0)))
        scope["state"] = {"request_id": "r", "caller": Caller("token:test", frozenset())}
        await endpoint(scope, receive, send)

    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")


async def test_a_mutation_comes_by_post() -> None:
    """By POST it is carried out."""
    async with client() as asks:
        assert (await asks.post("/graphql", json={"query": TOUCH})).json() == {"data": {"touch": "touched"}}


@pytest.mark.parametrize("media", ["application/json", "application/graphql-response+json"])
async def test_no_mutation_comes_by_get(media: str) -> None:
    """In an address it is refused with the method that it needs, and not carried out."""
    async with client() as asks:
        refused = await asks.get("/graphql", params={"query": TOUCH}, headers={"accept": media})
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")
    assert "data" not in refused.json()
    assert refused.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
