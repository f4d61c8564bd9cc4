"""The loaders of one request: a statement for each, which takes keys and answers with one record for all of them."""

from collections.abc import Sequence
from functools import cached_property, partial
from typing import Any, Final

from neo4j import AsyncDriver
from strawberry.dataloader import DataLoader

from benchmarks.peers.facts import with_facts
from benchmarks.peers.place import value

OWNED_BY_PERSON: Final = with_facts("""
UNWIND $keys AS key MATCH (person:Person {id: key})
CALL (person) {
  MATCH (person)-[bought:PURCHASED]->(vehicle:Vehicle) WHERE owning(bought, vehicle)
  WITH bought, vehicle ORDER BY bought.id LIMIT 20
  RETURN collect(vehicle {.id, .plate, .type, .modelYear}) AS rows
}
RETURN collect([key, rows]) AS answers""")

DRIVEN_BY_PERSON: Final = with_facts("""
UNWIND $keys AS key MATCH (person:Person {id: key})
CALL (person) {
  MATCH (person)-[drive:DRIVES]->(vehicle:Vehicle) WHERE valid(drive)
  WITH drive, vehicle ORDER BY drive.id LIMIT 20
  RETURN collect(vehicle {.id, .plate, .type, .modelYear}) AS rows
}
RETURN collect([key, rows]) AS answers""")

HOUSEHOLDS_BY_PERSON: Final = with_facts("""
UNWIND $keys AS key MATCH (person:Person {id: key})
CALL (person) {
  MATCH (person)-[living:LIVES_IN]->(household:Household) WHERE valid(living)
  WITH living, household ORDER BY living.id LIMIT 20
  RETURN collect({role: living {.relation}, node: household {.id, .city}}) AS rows
}
RETURN collect([key, rows]) AS answers""")

CLUBS_BY_PERSON: Final = with_facts("""
UNWIND $keys AS key MATCH (person:Person {id: key})
CALL (person) {
  MATCH (person)-[member:MEMBER_OF]->(club:Club) WHERE valid(member)
  WITH member, club ORDER BY member.id LIMIT 20
  RETURN collect({role: member {.rank}, node: club {.id, .name}}) AS rows
}
RETURN collect([key, rows]) AS answers""")

INTENTS_BY_PERSON: Final = with_facts("""
UNWIND $keys AS key MATCH (person:Person {id: key})
CALL (person) {
  MATCH (person)-[intent:INTENDS_TO_BUY]->(model:Model) WHERE valid(intent)
  WITH intent, model ORDER BY intent.id LIMIT 20
  RETURN collect({role: intent {.heat}, node: model {.id, .name, .brand}}) AS rows
}
RETURN collect([key, rows]) AS answers""")

REFERRALS_BY_PERSON: Final = with_facts("""
UNWIND $keys AS key MATCH (person:Person {id: key})
CALL (person) {
  MATCH (person)-[made:MADE]->(referral:Referral) WHERE valid(made)
  WITH referral ORDER BY referral.id LIMIT 20
  RETURN collect({id: referral.id, madeOn: toString(referral.madeOn)}) AS rows
}
RETURN collect([key, rows]) AS answers""")

MEMBERS_BY_HOUSEHOLD: Final = with_facts("""
UNWIND $keys AS key MATCH (household:Household {id: key})
CALL (household) {
  MATCH (household)<-[living:LIVES_IN]-(person:Person) WHERE valid(living)
  WITH living, person ORDER BY living.id LIMIT 20
  RETURN collect({role: living {.relation}, node: person {
    .id, .kind, .name, .phone, .gender, .birthYear, .city, .licensed
  }}) AS rows
}
RETURN collect([key, rows]) AS answers""")

FLEET_BY_HOUSEHOLD: Final = with_facts("""
UNWIND $keys AS key MATCH (household:Household {id: key})
CALL (household) {
  CALL (household) {
    MATCH (household)-[keeps:KEEPS]->(vehicle:Vehicle) WHERE valid(keeps) RETURN vehicle
    UNION
    MATCH (household)<-[lives:LIVES_IN]-(:Person)-[held:PURCHASED|DRIVES]->(vehicle:Vehicle)
    WHERE valid(lives)
      AND (type(held) = 'DRIVES' AND valid(held) OR type(held) = 'PURCHASED' AND owning(held, vehicle))
    RETURN vehicle
  }
  WITH household, vehicle ORDER BY vehicle.id LIMIT 20
  CALL (household, vehicle) {
    MATCH (household)<-[lives:LIVES_IN]-(person:Person)-[role:PURCHASED|DRIVES|SERVICES]->(vehicle)
    WHERE valid(lives) AND valid(role)
    WITH role, person ORDER BY role.id
    RETURN collect({type: type(role), validFrom: toString(role.validFrom), person: person {.name}}) AS roles
  }
  RETURN collect({node: vehicle {.id, .plate, .type, .modelYear}, roles: roles}) AS rows
}
RETURN collect([key, rows]) AS answers""")

MODEL_BY_VEHICLE: Final = with_facts("""
UNWIND $keys AS key MATCH (vehicle:Vehicle {id: key})-[of:OF_MODEL]->(model:Model) WHERE valid(of)
RETURN collect([key, model {.id, .name, .brand}]) AS answers""")

DEALER_BY_VEHICLE: Final = with_facts("""
UNWIND $keys AS key MATCH (vehicle:Vehicle {id: key})
CALL (vehicle) {
  MATCH (vehicle)<-[sale:PURCHASED]-(:Person)
  WHERE known(sale) AND sale.dealerId IS NOT NULL AND coalesce(sale.validFrom <= $asOf, true)
  RETURN sale.dealerId AS dealerId ORDER BY coalesce(sale.validFrom, date('0001-01-01')) DESC, sale.id LIMIT 1
}
MATCH (dealer:Dealer {id: dealerId})
RETURN collect([key, dealer {.id, .name, .city}]) AS answers""")

STATUS_BY_REFERRAL: Final = with_facts("""
UNWIND $keys AS key MATCH (referral:Referral {id: key})
CALL (referral) {
  MATCH (referral)-[reached:REACHED]->(step:ReferralStep) WHERE valid(reached)
  RETURN step.status AS status ORDER BY step.reachedOn DESC, step.rank DESC LIMIT 1
}
RETURN collect([key, status]) AS answers""")

FRIEND_BY_REFERRAL: Final = with_facts("""
UNWIND $keys AS key MATCH (referral:Referral {id: key})-[of:OF]->(person:Person) WHERE valid(of)
RETURN collect([key, person {.id, .kind, .name, .phone, .gender, .birthYear, .city, .licensed}]) AS answers""")

VEHICLE_BY_REFERRAL: Final = with_facts("""
UNWIND $keys AS key MATCH (referral:Referral {id: key})-[result:RESULTED_IN]->(vehicle:Vehicle) WHERE valid(result)
RETURN collect([key, vehicle {.id, .plate, .type, .modelYear}]) AS answers""")


class Loaders:
    """One for each request; a loader is made when it is first asked."""

    def __init__(self, driver: AsyncDriver) -> None:
        self.driver = driver

    def _loader(self, statement: str, missing: Any) -> DataLoader[str, Any]:
        return DataLoader(load_fn=partial(self._load, statement, missing))

    async def _load(self, statement: str, missing: Any, keys: Sequence[str]) -> list[Any]:
        found = dict(await value(self.driver, statement, {"keys": list(keys)}))
        return [found.get(key, missing) for key in keys]

    @cached_property
    def owned_by_person(self) -> DataLoader[str, Any]:
        return self._loader(OWNED_BY_PERSON, [])

    @cached_property
    def driven_by_person(self) -> DataLoader[str, Any]:
        return self._loader(DRIVEN_BY_PERSON, [])

    @cached_property
    def households_by_person(self) -> DataLoader[str, Any]:
        return self._loader(HOUSEHOLDS_BY_PERSON, [])

    @cached_property
    def clubs_by_person(self) -> DataLoader[str, Any]:
        return self._loader(CLUBS_BY_PERSON, [])

    @cached_property
    def intents_by_person(self) -> DataLoader[str, Any]:
        return self._loader(INTENTS_BY_PERSON, [])

    @cached_property
    def referrals_by_person(self) -> DataLoader[str, Any]:
        return self._loader(REFERRALS_BY_PERSON, [])

    @cached_property
    def members_by_household(self) -> DataLoader[str, Any]:
        return self._loader(MEMBERS_BY_HOUSEHOLD, [])

    @cached_property
    def fleet_by_household(self) -> DataLoader[str, Any]:
        return self._loader(FLEET_BY_HOUSEHOLD, [])

    @cached_property
    def model_by_vehicle(self) -> DataLoader[str, Any]:
        return self._loader(MODEL_BY_VEHICLE, None)

    @cached_property
    def dealer_by_vehicle(self) -> DataLoader[str, Any]:
        return self._loader(DEALER_BY_VEHICLE, None)

    @cached_property
    def status_by_referral(self) -> DataLoader[str, Any]:
        return self._loader(STATUS_BY_REFERRAL, "INVITED")

    @cached_property
    def friend_by_referral(self) -> DataLoader[str, Any]:
        return self._loader(FRIEND_BY_REFERRAL, None)

    @cached_property
    def vehicle_by_referral(self) -> DataLoader[str, Any]:
        return self._loader(VEHICLE_BY_REFERRAL, None)
