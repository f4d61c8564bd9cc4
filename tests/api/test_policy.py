"""What restricted callers see over HTTP: their part of the brand, and of the rest not that it exists."""

import json
from typing import Any

import pytest

from renche.graph.caller import READS, Scope
from tests.api.conftest import Api, token

EVERYBODY = "{ people(first: 100) { totalCount nodes { id city } } }"

WALK = "query ($after: String) { people(first: 1, after: $after) { nodes { id } pageInfo { endCursor } } }"


class Partner:
    """A client with a token of its own."""

    def __init__(self, api: Api, scopes: frozenset[Scope] = READS, **restricted: Any) -> None:
        self._api = api
        self._headers = {"authorization": f"Bearer {token(api.folder, scopes, **restricted)}"}

    async def bytes(self, query: str, **variables: Any) -> bytes:
        body = {"query": query, "variables": variables}
        return (await self._api.client.post(f"{self._api.url}/graphql", json=body, headers=self._headers)).content

    async def ask(self, query: str, **variables: Any) -> Any:
        body = {"query": query, "variables": variables}
        answer = (await self._api.client.post(f"{self._api.url}/graphql", json=body, headers=self._headers)).json()
        assert "errors" not in answer, answer["errors"]
        return answer["data"]


async def test_who_is_held_to_a_city_sees_its_people_alone(brand: Api) -> None:
    """In the list, in its count, and through whatever leads to others."""
    everybody = (await brand.ask(EVERYBODY))["people"]["nodes"]
    partner = Partner(brand, cities=frozenset({"310000"}))
    seen = (await partner.ask(EVERYBODY))["people"]
    here = [person["id"] for person in everybody if person["city"] == "310000"]
    assert [person["id"] for person in seen["nodes"]] == here
    assert seen["totalCount"] == len(here) < len(everybody)
    chained = await partner.ask("{ referrals(first: 100) { nodes { referrer { city } friend { city } } } }")
    ends = [end for each in chained["referrals"]["nodes"] for end in (each["referrer"], each["friend"]) if end]
    assert ends
    assert {end["city"] for end in ends} == {"310000"}


@pytest.mark.parametrize(
    "query",
    [
        "query ($id: ID!) { node(id: $id) { id } }",
        "query ($id: ID!) { nodes(ids: [$id]) { id } }",
        "query ($id: ID!) { person(id: $id) { id registrations { id } } }",
        "query ($id: ID!) { referralChain(person: $id) { complete } }",
    ],
)
async def test_a_hidden_person_is_like_one_who_never_was(brand: Api, query: str) -> None:
    """To the byte."""
    everybody = (await brand.ask(EVERYBODY))["people"]["nodes"]
    hidden = next(person["id"] for person in everybody if person["city"] != "310000")
    partner = Partner(brand, cities=frozenset({"310000"}))
    assert await partner.bytes(query, id=hidden) == await partner.bytes(query, id=f"per_{'a' * 26}")


@pytest.mark.parametrize(
    "restricted",
    [{"cities": frozenset({"310000"})}, {"dealers": frozenset()}, {"partner": "bank", "purpose": "loans"}],
    ids=["city", "dealer", "partner"],
)
async def test_a_cursor_of_who_sees_more_is_refused(brand: Api, restricted: dict[str, Any]) -> None:
    """It would tell where the hidden row that it stands at would come."""
    wide = (await brand.ask(WALK))["people"]["pageInfo"]["endCursor"]
    (error,) = json.loads(await Partner(brand, **restricted).bytes(WALK, after=wide))["errors"]
    assert error["extensions"]["code"] == "INVALID_CURSOR"


async def test_a_cursor_stays_good_for_another_token_of_the_same_sight(brand: Api) -> None:
    """A deployment goes on paging when its token was rotated."""
    old, new = (Partner(brand, cities=frozenset({"310000"})) for _ in range(2))
    first = (await old.ask(WALK))["people"]
    second = (await new.ask(WALK, after=first["pageInfo"]["endCursor"]))["people"]
    both = await new.ask("{ people(first: 2) { nodes { id } } }")
    assert first["nodes"] + second["nodes"] == both["people"]["nodes"]


async def test_who_is_held_to_a_dealer_sees_its_people_and_no_other_dealer(brand: Api) -> None:
    """The dealer itself is the only one there is."""
    dealers = (await brand.ask("{ dealers { nodes { id purchasers { totalCount } } } }"))["dealers"]["nodes"]
    mine = max(dealers, key=lambda dealer: dealer["purchasers"]["totalCount"])["id"]
    partner = Partner(brand, dealers=frozenset({mine}))
    told = await partner.ask(
        "{ dealers { nodes { id } } people(first: 100) { nodes { id purchases { nodes { id } } } } }"
    )
    assert told["dealers"]["nodes"] == [{"id": mine}]
    of_mine = await brand.ask(
        "query ($id: ID!) { dealer(id: $id) { leads { nodes { id } } purchasers(first: 100) { nodes { id } }"
        " servicers(first: 100) { nodes { id } } } }",
        id=mine,
    )
    known = {person["id"] for group in of_mine["dealer"].values() for person in group["nodes"]}
    seen = {person["id"] for person in told["people"]["nodes"]}
    assert known <= seen
    assert len(seen) < (await brand.ask("{ people { totalCount } }"))["people"]["totalCount"]


async def test_a_partner_sees_who_consented_and_nobody_after_the_withdrawal(brand: Api) -> None:
    """For its own purpose only."""
    person = (await brand.ask(EVERYBODY))["people"]["nodes"][0]["id"]
    consent = 'mutation ($id: ID!) { %s(personId: $id, partner: "bank", purpose: "loans") { userErrors { message } } }'
    partner = Partner(brand, partner="bank", purpose="loans")
    other = Partner(brand, partner="bank", purpose="marketing")
    assert (await partner.ask(EVERYBODY))["people"] == {"totalCount": 0, "nodes": []}
    try:
        assert (await brand.ask(consent % "consentGive", id=person))["consentGive"]["userErrors"] == []
        assert [each["id"] for each in (await partner.ask(EVERYBODY))["people"]["nodes"]] == [person]
        assert (await other.ask(EVERYBODY))["people"]["totalCount"] == 0
        cars = (await brand.ask("query ($id: ID!) { person(id: $id) { vehicles { totalCount } } }", id=person))[
            "person"
        ]
        seen = await partner.ask("{ vehicles { totalCount } }")
        assert seen["vehicles"]["totalCount"] >= cars["vehicles"]["totalCount"]
    finally:
        await brand.ask(consent % "consentWithdraw", id=person)
    assert (await partner.ask(EVERYBODY))["people"] == {"totalCount": 0, "nodes": []}
