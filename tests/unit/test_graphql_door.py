"""What a client may see of the schema and of costs at the door of GraphQL."""

import asyncio
from typing import Any

import pytest
import structlog

from renche.graph.named_queries import Statement
from renche.planner.limits import Limits
from renche.server.trusted import TrustedDocuments
from renche.server.work import InTurn
from tests.graphql_door import door, planner

COSTLY = {"graphql-cost": "report"}


async def test_costs_are_told_when_they_are_asked_for() -> None:
    """With the header the answer has the requested and the actual cost, without it none."""
    client = door(planner())
    body = {"query": '{ __typename __type(name: "Money") { fields { name } } }'}
    assert "extensions" not in (await client.post("/graphql", json=body)).json()
    answer = (await client.post("/graphql", json=body, headers=COSTLY)).json()
    fields = len(answer["data"]["__type"]["fields"])
    cost = answer["extensions"]["cost"]
    assert cost["actualQueryCost"] == 1 + 1 + fields
    assert cost["requestedQueryCost"] >= cost["actualQueryCost"]


async def test_the_log_has_the_cost_of_each_query() -> None:
    """A document that is refused before it is known what it asks costs the least."""
    client = door(planner())
    with structlog.testing.capture_logs() as logs:
        for query in ("{ __typename }", "{ nothing }"):
            await client.post("/graphql", json={"query": query})
    assert [entry["cost"] for entry in logs] == [1, 1]


async def test_what_is_refused_for_how_it_came_costs_something() -> None:
    """A mutation in an address is read before it is refused, and so is a document that may not be asked."""
    mutation = 'mutation { personErase(id: "person_x", reason: "case 7") { proof { hash } } }'
    trusted = TrustedDocuments({}, "only")
    with structlog.testing.capture_logs() as logs:
        assert (await door(planner()).get("/graphql", params={"query": mutation})).status_code == 405
        await door(planner(), trusted).post("/graphql", json={"query": "{ __typename }"})
    assert [(entry["cost"], entry["errors"]) for entry in logs] == [(1, ["BAD_REQUEST"]), (1, ["DOCUMENT_NOT_TRUSTED"])]


async def test_what_is_too_costly_is_refused_with_the_figures() -> None:
    """The code is that of every limit."""
    client = door(planner(limits=Limits(cost=20)))
    answer = (await client.post("/graphql", json={"query": "{ people { nodes { id } } }"}, headers=COSTLY)).json()
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "LIMIT_EXCEEDED"
    assert "may cost 22, 20 are allowed" in error["message"]


@pytest.mark.parametrize("query", ["{ __schema { types { name } } }", '{ a: __type(name: "Person") { name } }'])
async def test_introspection_can_be_off(query: str) -> None:
    """Then nobody looks into the schema; the name of a type is told still."""
    client = door(planner(introspection=False))
    answer = (await client.post("/graphql", json={"query": query})).json()
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"GRAPHQL_REFUSED"}
    assert "introspection has been disabled" in answer["errors"][0]["message"]
    assert (await client.post("/graphql", json={"query": "{ __typename }"})).json() == {"data": {"__typename": "Query"}}
    assert "data" in (await door(planner()).post("/graphql", json={"query": query})).json()


WRONG: list[tuple[str, dict[str, Any]]] = [
    ("{ peopel { totalCount } }", {}),
    ("{ people { nodse { id } } }", {}),
    ("{ people(frist: 1) { totalCount } }", {}),
    ("{ people(filter: {ctiy: {eq: 1}}) { totalCount } }", {}),
    ("{ people(filter: {gender: {eq: FEMAEL}}) { totalCount } }", {}),
    ('{ node(id: "x") { ... on Persn { id } } }', {}),
    ("query ($f: PersonFilter) { people(filter: $f) { totalCount } }", {"f": {"ctiy": {}}}),
    ("query ($f: PersonFilter) { people(filter: $f) { totalCount } }", {"f": {"gender": {"eq": "FEMAEL"}}}),
]


@pytest.mark.parametrize(("query", "variables"), WRONG)
async def test_suggestions_can_be_off(query: str, variables: dict[str, Any]) -> None:
    """An error names no part of the schema then that the client did not."""
    body = {"query": query, "variables": variables}
    told = [(await door(planner(suggestions=on)).post("/graphql", json=body)).text for on in (True, False)]
    assert ["Did you mean" in text for text in told] == [True, False]


class Stuck:
    """A database whose reads never end."""

    async def read(self, *_: object) -> list[list[Any]]:
        await asyncio.Event().wait()
        return []

    read_value = read


async def test_what_the_database_has_no_turn_for_is_told_to_come_again() -> None:
    """With 503 and the seconds to wait, as when the server itself takes on no more."""
    busy = InTurn(Stuck(), 1, patience=0.01)
    first = asyncio.create_task(busy.read(Statement("first", "")))
    await asyncio.sleep(0)
    async with door(planner(), reader=busy) as client:
        told = await client.post("/graphql", json={"query": "{ people(first: 1) { nodes { id } } }"})
    first.cancel()
    assert told.status_code == 503
    assert int(told.headers["retry-after"]) > 0
    assert told.json()["errors"][0]["extensions"]["code"] == "OVERLOADED"
