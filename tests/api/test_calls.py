"""Each example document costs a fixed number of database calls, however many rows it has."""

from typing import Any

import pytest

from renche.graph.ids import Kind
from tests.api.conftest import EXAMPLES, Api, thing

# What each asks: one call for each kind of thing on each level.
CALLS = {
    "as-of": 3,  # the person, vehicles, drivers
    "club": 7,  # the club, leads, members and their count, referrals, their count and status
    "dealer": 14,  # the dealer, parent, dealers below, three lists and counts, intents, referrals, status, people
    "household-fleet": 4,  # the household, fleet, models, people in the roles
    "lapsed-owners": 3,  # owners, their count, owned vehicles
    "lists": 15,  # eight lists, two counts, status, members and vehicles of a page with their counts
    "node": 2,  # one for each kind of thing, however often it is asked for
    "owners-who-referred": 7,  # owners, their count, referrals, status, friends, vehicles, models
    "person": 10,  # the person, registrations and identifiers, vehicles, models, visits, dealers, homes, members, clubs
    "referral": 8,  # the referral, status, history, and five ends
    "referral-chain": 5,  # the person, the chain, people, referrals, status
    "referral-funnel": 1,  # the funnel
    "repurchase-candidates": 3,  # owners, their count, reasons
    "vehicle": 7,  # the vehicle, model, dealer, owners, purchasers, drivers, people
}


def variables() -> dict[str, Any]:
    return {
        "person": thing(Kind.PERSON, "crm:lin"),
        "household": thing(Kind.HOUSEHOLD, "crm:h-lin"),
        "club": thing(Kind.CLUB, "club:sh"),
        "dealer": thing(Kind.DEALER, "dms:sh1"),
        "referral": thing(Kind.REFERRAL, "mgm:r01"),
        "city": "310000",
        "day": "2025-11-01",
    }


def test_every_example_states_its_calls() -> None:
    """The table has each document of examples/queries, and no other."""
    assert set(CALLS) == {file.stem for file in (EXAMPLES / "queries").glob("*.graphql")}


@pytest.mark.parametrize("document", sorted(CALLS))
async def test_a_document_costs_its_calls(brand: Api, document: str) -> None:
    """The number of database calls follows from the document's shape alone."""
    query = (EXAMPLES / "queries" / f"{document}.graphql").read_text(encoding="utf-8")
    given = {name: value for name, value in variables().items() if f"${name}:" in query}
    if "$vin:" in query:
        found = await brand.ask("query ($id: ID!) { vehicle(id: $id) { vin } }", id=thing(Kind.VEHICLE, "dms:car-01"))
        given["vin"] = found["vehicle"]["vin"]
    before = brand.database.calls
    await brand.ask(query, **given)
    assert brand.database.calls - before == CALLS[document]
