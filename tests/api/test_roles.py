"""What each role of the identity provider sees: an owner itself, a dealer's staff its people, operations all."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from renche.graph.caller import Role
from renche.graph.database import Database
from renche.graph.endpoint import Endpoint
from renche.server.demo_tokens import DemoIdentity
from renche.server.settings import Settings
from tests.api.conftest import BRAND_DAY, EXAMPLES, Api, load, serving
from tests.conftest import empty

PEOPLE = "{ people(first: 100) { totalCount nodes { id } } }"


@dataclass
class House:
    """The application with the example brand, and the provider that it trusts."""

    api: Api
    identity: DemoIdentity

    async def ask(self, query: str, role: Role, **claims: Any) -> dict[str, Any]:
        """The whole answer to somebody in this role."""
        headers = {"authorization": f"Bearer {self.identity.token(role, **claims)}"}
        answer = await self.api.client.post(f"{self.api.url}/graphql", json={"query": query}, headers=headers)
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture(scope="module")
async def house(
    embedded_endpoint: Endpoint, embedded_database: Database, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    """On the embedded engine; what is seen there and on Neo4j is compared elsewhere."""
    folder: Path = tmp_path_factory.mktemp("roles")
    await empty(embedded_database)
    await load(embedded_database, sorted((EXAMPLES / "brand").glob("*.csv")), BRAND_DAY, folder)
    identity = DemoIdentity()
    trusted = identity.trusted_by(Settings(data_dir=folder))
    own = {name: value for name, value in trusted.model_dump().items() if name.startswith("oidc_")}
    async with serving(embedded_endpoint, BRAND_DAY, folder, **own) as api:
        yield House(api, identity)


async def test_an_owner_sees_itself_alone(house: House) -> None:
    """And of its own all that there is: vehicles, and no other person at them."""
    everybody = (await house.ask(PEOPLE, Role.OPERATIONS))["data"]["people"]["nodes"]
    whole = "{ people(first: 100) { nodes { id vehicles(first: 8) { nodes { id people { totalCount } } } } } }"
    shared = (await house.ask(whole, Role.OPERATIONS))["data"]["people"]["nodes"]
    owner = next(each for each in shared if any(car["people"]["totalCount"] > 1 for car in each["vehicles"]["nodes"]))
    seen = (await house.ask(whole, Role.OWNER, person=owner["id"]))["data"]["people"]["nodes"]
    assert len(everybody) > 1
    assert [each["id"] for each in seen] == [owner["id"]]
    cars = [car["id"] for car in owner["vehicles"]["nodes"]]
    assert [car["id"] for car in seen[0]["vehicles"]["nodes"]] == cars
    assert {car["people"]["totalCount"] for car in seen[0]["vehicles"]["nodes"]} == {1}


async def test_an_owner_consents_for_itself_only(house: House) -> None:
    """Somebody else is not there for it."""
    one, other = (await house.ask(PEOPLE, Role.OPERATIONS))["data"]["people"]["nodes"][:2]
    give = (
        'mutation {{ consentGive(personId: "{}", partner: "bank", purpose: "loans")'
        " {{ consented userErrors {{ code }} }} }}"
    )
    own = (await house.ask(give.format(one["id"]), Role.OWNER, person=one["id"]))["data"]["consentGive"]
    assert own == {"consented": True, "userErrors": []}
    others = (await house.ask(give.format(other["id"]), Role.OWNER, person=one["id"]))["data"]["consentGive"]
    nobody = (await house.ask(give.format(f"per_{'a' * 26}"), Role.OWNER, person=one["id"]))["data"]["consentGive"]
    assert others == nobody
    assert others["consented"] is None


@pytest.mark.parametrize(
    ("role", "code"), [(Role.OWNER, "FORBIDDEN"), (Role.DEALER_STAFF, "FORBIDDEN"), (Role.OPERATIONS, None)]
)
async def test_a_role_comes_with_its_restriction(house: House, role: Role, code: str | None) -> None:
    """An owner or a dealer's staff without one is refused, not shown everything."""
    answer = await house.ask(PEOPLE, role)
    assert [error["extensions"]["code"] for error in answer.get("errors", ())] == ([code] if code else [])


async def test_only_operations_see_personal_values(house: House) -> None:
    """Whoever else asks is refused before anything is read."""
    person = (await house.ask(PEOPLE, Role.OPERATIONS))["data"]["people"]["nodes"][0]["id"]
    reveal = (
        f'mutation {{ personReveal(ids: ["{person}"], fields: [NAME], reason: "a call back")'
        " { people { values { value } } } }"
    )
    shown = (await house.ask(reveal, Role.OPERATIONS))["data"]["personReveal"]["people"]
    assert shown[0]["values"]
    for role, claims in ((Role.ANALYST, {}), (Role.OWNER, {"person": person})):
        (error,) = (await house.ask(reveal, role, **claims))["errors"]
        assert error["extensions"]["code"] == "FORBIDDEN"
