"""Each example document costs one database call, however deep it is and however many rows it has."""

from typing import Any

import pytest

from renche.graph.ids import Kind
from tests.api.conftest import EXAMPLES, Api, thing

DOCUMENTS = {file.stem: file.read_text(encoding="utf-8") for file in sorted((EXAMPLES / "queries").glob("*.graphql"))}
COST = 1  # whatever it asks for: an operation is one statement


def variables() -> dict[str, Any]:
    return {
        "person": thing(Kind.PERSON, "crm:lin"),
        "household": thing(Kind.HOUSEHOLD, "crm:h-lin"),
        "club": thing(Kind.CLUB, "club:sh"),
        "dealer": thing(Kind.DEALER, "dms:sh1"),
        "referral": thing(Kind.REFERRAL, "mgm:r01"),
        "city": "310000",
        "friend": thing(Kind.PERSON, "crm:zhao"),
        "text": "浦东",
        "day": "2025-11-01",
    }


@pytest.mark.parametrize("document", DOCUMENTS)
async def test_a_document_costs_one_call(brand: Api, document: str) -> None:
    """The whole operation is read in one statement."""
    query = DOCUMENTS[document]
    given = {name: value for name, value in variables().items() if f"${name}:" in query}
    if "$vin:" in query:
        found = await brand.ask("query ($id: ID!) { vehicle(id: $id) { vin } }", id=thing(Kind.VEHICLE, "dms:car-01"))
        given["vin"] = found["vehicle"]["vin"]
    before = brand.database.calls
    await brand.ask(query, **given)
    assert brand.database.calls - before == COST


async def test_what_needs_no_data_costs_nothing(brand: Api) -> None:
    """A refused document, and one that asks only for the name of the root's type, never reach the database."""
    before = brand.database.calls
    assert await brand.ask("{ __typename }") == {"__typename": "Query"}
    await brand.refused("{ people(first: 101) { nodes { id } } }")
    await brand.refused("{ people { nodes { nme } } }")
    assert brand.database.calls == before
