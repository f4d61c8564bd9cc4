"""The endpoint of GraphQL, with a schema that has a mutation."""

import httpx
import pytest
import strawberry

from renche.planner.plan import Planner
from renche.resolvers.schema import Schema
from renche.resolvers.scopes import state_scopes
from tests.graphql_door import door

TOUCH = "mutation { touch }"


@strawberry.type
class Query:
    touched: int = strawberry.field(default=0, metadata={"scopes": set()})


@strawberry.type
class Mutation:
    @strawberry.mutation(metadata={"scopes": set()})
    def touch(self) -> str:
        return "touched"


def client() -> httpx.AsyncClient:
    """Of the endpoint alone: who asks is known before."""
    schema = Schema(Query, Mutation)
    state_scopes(schema._schema)
    return door(Planner(schema._schema), schema=schema)


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
