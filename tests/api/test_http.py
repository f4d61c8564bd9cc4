"""GraphQL over HTTP: methods, media types, limits, request ids."""

import json
from typing import Any

import pytest

from tests.api.conftest import Api


async def test_a_query_may_come_by_get(brand: Api) -> None:
    """GET takes query, variables and operationName from the address."""
    response = await brand.client.get(
        f"{brand.url}/graphql",
        params={
            "query": "query A($n: Int!) { clubs(first: $n) { totalCount } } query B { __typename }",
            "variables": json.dumps({"n": 1}),
            "operationName": "A",
        },
    )
    assert response.status_code == 200
    assert response.json() == {"data": {"clubs": {"totalCount": 3}}}


async def test_every_answer_has_a_request_id_of_its_own(brand: Api) -> None:
    """The header x-request-id differs from request to request."""
    ids = {
        (await brand.client.get(f"{brand.url}/graphql", params={"query": "{ __typename }"})).headers["x-request-id"]
        for _ in range(3)
    }
    assert len(ids) == 3


@pytest.mark.parametrize(
    ("body", "headers", "status", "says"),
    [
        (b"{", {"content-type": "application/json"}, 400, "not valid JSON"),
        (b"3", {"content-type": "application/json"}, 400, "JSON object"),
        (b'[{"query": "{ __typename }"}]', {"content-type": "application/json"}, 400, "one request"),
        (b"{}", {"content-type": "application/json"}, 400, "query"),
        (b'{"query": 3}', {"content-type": "application/json"}, 400, "query"),
        (b'{"query": "{ __typename }", "variables": []}', {"content-type": "application/json"}, 400, "variables"),
        (b'{"query": "{ __typename }", "extensions": ""}', {"content-type": "application/json"}, 400, "extensions"),
        (
            b'{"query": "{ __typename }", "operationName": 1}',
            {"content-type": "application/json"},
            400,
            "operationName",
        ),
        (b"query={__typename}", {"content-type": "application/x-www-form-urlencoded"}, 415, "application/json"),
        (b'{"query": "' + b" " * 100_001 + b'"}', {"content-type": "application/json"}, 413, "longer"),
    ],
)
async def test_what_is_no_graphql_request_is_refused(
    brand: Api, body: bytes, headers: dict[str, str], status: int, says: str
) -> None:
    """Each gets its HTTP status and a sentence that says what is wrong."""
    response = await brand.client.post(f"{brand.url}/graphql", content=body, headers=headers)
    assert response.status_code == status
    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] == "BAD_REQUEST"
    assert says in error["message"]


async def test_a_refused_document_is_400_for_clients_that_know_the_media_type(brand: Api) -> None:
    """application/graphql-response+json tells by the status whether the document ran; JSON always says 200."""
    statuses: dict[str, Any] = {}
    for media in ("application/json", "application/graphql-response+json"):
        response = await brand.client.post(
            f"{brand.url}/graphql", json={"query": "{ nothing }"}, headers={"accept": media}
        )
        assert response.headers["content-type"].startswith(media)
        statuses[media] = response.status_code
    assert statuses == {"application/json": 200, "application/graphql-response+json": 400}


async def test_a_process_with_a_migrated_graph_is_ready(brand: Api) -> None:
    """/livez and /readyz say so."""
    assert (await brand.client.get(f"{brand.url}/livez")).json() == {"status": "alive"}
    assert (await brand.client.get(f"{brand.url}/readyz")).json() == {"status": "ready"}


async def test_introspection_tells_the_whole_schema(brand: Api) -> None:
    """A front end's tools can read the schema from the server."""
    found = await brand.ask("{ __schema { queryType { name } types { name } } }")
    assert {"Person", "Vehicle", "Role", "Node"} <= {each["name"] for each in found["__schema"]["types"]}
