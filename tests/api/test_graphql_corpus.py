"""Harmless requests that look hostile are answered, and answers cost no more than was said before."""

import pytest

from tests.api.conftest import Api
from tests.graphql_corpus.harmless import HARMLESS

REPORT = {"graphql-cost": "report"}


@pytest.mark.parametrize("name", HARMLESS)
async def test_a_harmless_request_is_answered(brand: Api, name: str) -> None:
    """It has data and no errors, and did not cost more than it might have (of introspection that is an estimate)."""
    asked = HARMLESS[name]
    body = {"query": asked.query, "variables": asked.variables}
    if "query Q0" in asked.query:
        body["operationName"] = "Q0"
    response = await brand.client.post(f"{brand.url}/graphql", json=body, headers=REPORT)
    answer = response.json()
    assert "errors" not in answer
    assert answer["data"] is not None
    cost = answer["extensions"]["cost"]
    assert cost["actualQueryCost"] >= 1
    assert cost["actualQueryCost"] <= cost["requestedQueryCost"] or "__type(" in asked.query


async def test_an_answer_costs_what_it_holds(brand: Api) -> None:
    """Three clubs, each with its leads: what is counted in the answer, however long the pages might be."""
    query = "{ clubs { totalCount nodes { leads(first: 5) { edges { node { id } role { rank } } } } } }"
    response = await brand.client.post(
        f"{brand.url}/graphql", json={"query": query}, headers={"graphql-cost": "report"}
    )
    answer = response.json()
    clubs = answer["data"]["clubs"]["nodes"]
    leads = sum(len(club["leads"]["edges"]) for club in clubs)
    assert answer["extensions"]["cost"] == {
        "requestedQueryCost": 1 + 1 + 10 + 20 * (1 + 1 + 5 * 3),
        "actualQueryCost": 1 + 1 + 10 + len(clubs) * 2 + leads * 3,
    }
