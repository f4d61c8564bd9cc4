"""The types: plain attributes, and a resolver with a loader where one thing leads to another."""

import strawberry

from benchmarks.peers.strawberry_dataloader.context import Info


@strawberry.type
class Model:
    id: strawberry.ID
    name: str
    brand: str


@strawberry.type
class Dealer:
    id: strawberry.ID
    name: str
    city: str | None


@strawberry.type
class Vehicle:
    id: strawberry.ID
    plate: str | None
    type: str | None
    model_year: int | None

    @strawberry.field
    async def model(self, info: Info) -> Model | None:
        found = await info.context.loaders.model_by_vehicle.load(self.id)
        return Model(**found) if found else None

    @strawberry.field
    async def dealer(self, info: Info) -> Dealer | None:
        found = await info.context.loaders.dealer_by_vehicle.load(self.id)
        return Dealer(**found) if found else None


@strawberry.type
class Club:
    id: strawberry.ID
    name: str


@strawberry.type
class Residence:
    relation: str | None


@strawberry.type
class Membership:
    rank: str


@strawberry.type
class Intent:
    heat: str


@strawberry.type
class ClubOfPerson:
    role: Membership
    node: Club


@strawberry.type
class IntentOfPerson:
    role: Intent
    node: Model


@strawberry.type
class Holder:
    name: str | None


@strawberry.type
class FleetRole:
    type: str
    valid_from: str | None
    person: Holder


@strawberry.type
class FleetVehicle:
    node: Vehicle
    roles: list[FleetRole]


@strawberry.type
class Referral:
    id: strawberry.ID
    made_on: str

    @strawberry.field
    async def status(self, info: Info) -> str:
        found: str = await info.context.loaders.status_by_referral.load(self.id)
        return found

    @strawberry.field
    async def friend(self, info: Info) -> "Person | None":
        found = await info.context.loaders.friend_by_referral.load(self.id)
        return person_of(found) if found else None

    @strawberry.field
    async def vehicle(self, info: Info) -> Vehicle | None:
        found = await info.context.loaders.vehicle_by_referral.load(self.id)
        return vehicle_of(found) if found else None


@strawberry.type
class Household:
    id: strawberry.ID
    city: str | None

    @strawberry.field
    async def members(self, info: Info) -> "list[MemberOfHousehold]":
        rows = await info.context.loaders.members_by_household.load(self.id)
        return [MemberOfHousehold(role=Residence(**row["role"]), node=person_of(row["node"])) for row in rows]

    @strawberry.field
    async def fleet(self, info: Info) -> list[FleetVehicle]:
        rows = await info.context.loaders.fleet_by_household.load(self.id)
        return [
            FleetVehicle(node=vehicle_of(row["node"]), roles=[_role(role) for role in row["roles"]]) for row in rows
        ]


@strawberry.type
class HouseholdOfPerson:
    role: Residence
    node: Household


@strawberry.type
class Person:
    id: strawberry.ID
    kind: str
    name: str | None
    phone: str | None
    gender: str | None
    birth_year: int | None
    city: str | None
    licensed: bool | None

    @strawberry.field
    async def owned_vehicles(self, info: Info) -> list[Vehicle]:
        return [vehicle_of(row) for row in await info.context.loaders.owned_by_person.load(self.id)]

    @strawberry.field
    async def drives(self, info: Info) -> list[Vehicle]:
        return [vehicle_of(row) for row in await info.context.loaders.driven_by_person.load(self.id)]

    @strawberry.field
    async def households(self, info: Info) -> list[HouseholdOfPerson]:
        rows = await info.context.loaders.households_by_person.load(self.id)
        return [HouseholdOfPerson(role=Residence(**row["role"]), node=Household(**row["node"])) for row in rows]

    @strawberry.field
    async def clubs(self, info: Info) -> list[ClubOfPerson]:
        rows = await info.context.loaders.clubs_by_person.load(self.id)
        return [ClubOfPerson(role=Membership(**row["role"]), node=Club(**row["node"])) for row in rows]

    @strawberry.field
    async def intents(self, info: Info) -> list[IntentOfPerson]:
        rows = await info.context.loaders.intents_by_person.load(self.id)
        return [IntentOfPerson(role=Intent(**row["role"]), node=Model(**row["node"])) for row in rows]

    @strawberry.field
    async def referrals_made(self, info: Info, first: int = 20) -> list[Referral]:
        rows = await info.context.loaders.referrals_by_person.load(self.id)
        return [Referral(id=row["id"], made_on=row["madeOn"]) for row in rows[:first]]


@strawberry.type
class MemberOfHousehold:
    role: Residence
    node: Person


def person_of(row: dict) -> Person:  # type: ignore[type-arg]
    """A person of a row of the graph."""
    birth_year = row["birthYear"]
    return Person(
        id=row["id"],
        kind=row["kind"],
        name=row["name"],
        phone=row["phone"],
        gender=row["gender"],
        birth_year=birth_year,
        city=row["city"],
        licensed=row["licensed"],
    )


def vehicle_of(row: dict) -> Vehicle:  # type: ignore[type-arg]
    """A vehicle of a row of the graph."""
    return Vehicle(id=row["id"], plate=row["plate"], type=row["type"], model_year=row["modelYear"])


def _role(row: dict) -> FleetRole:  # type: ignore[type-arg]
    return FleetRole(type=row["type"], valid_from=row["validFrom"], person=Holder(**row["person"]))
