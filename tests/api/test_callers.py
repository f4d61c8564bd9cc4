"""Who asks GraphQL: nobody without a good token, and each role as it stands in the token."""

from renche.graph.caller import Scope
from tests.api.conftest import Api, token

QUERY = {"query": "{ clubs { totalCount } }"}


async def test_nothing_is_told_without_a_token(brand: Api) -> None:
    """Not even what the schema is; the answer says what to send."""
    for query in ("{ clubs { totalCount } }", "{ __typename }", "{ __schema { queryType { name } } }", "nonsense {"):
        answer = await brand.client.post(f"{brand.url}/graphql", json={"query": query}, headers={"authorization": ""})
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        (error,) = answer.json()["errors"]
        assert error["extensions"]["code"] == "UNAUTHENTICATED"
        assert error["extensions"]["requestId"] == answer.headers["x-request-id"]
        assert "data" not in answer.json()


async def test_a_wrong_token_is_refused(brand: Api) -> None:
    """A token with one letter changed is nobody's."""
    good = token(brand.folder, frozenset(Scope))
    bad = good[:-1] + ("a" if good[-1] != "a" else "b")
    answer = await brand.client.post(f"{brand.url}/graphql", json=QUERY, headers={"authorization": f"Bearer {bad}"})
    assert answer.status_code == 401
    assert bad not in answer.text
