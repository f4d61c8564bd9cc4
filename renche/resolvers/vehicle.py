"""Vehicles, their visits to workshops, and the questions that lead to them."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import strawberry

from renche.graph import words
from renche.graph.errors import InvalidArgument
from renche.graph.named_queries import named_query
from renche.graph.page import DEFAULT_PAGE
from renche.graph.traversal import traversal
from renche.resolvers.connection import (
    After,
    Connection,
    First,
    RoleConnection,
    RolesConnection,
    connection,
    linked,
    root_connection,
)
from renche.resolvers.context import Info
from renche.resolvers.node import AsKnownAt, AsOf, Money, Node, find, money, native_node, prop
from renche.resolvers.role import Drive, Keeping, Purchase, Service

if TYPE_CHECKING:
    from renche.resolvers.dealer import Dealer
    from renche.resolvers.household import Household
    from renche.resolvers.model import Model
    from renche.resolvers.person import Person
else:
    Dealer = Annotated["Dealer", strawberry.lazy("renche.resolvers.dealer")]
    Household = Annotated["Household", strawberry.lazy("renche.resolvers.household")]
    Model = Annotated["Model", strawberry.lazy("renche.resolvers.model")]
    Person = Annotated["Person", strawberry.lazy("renche.resolvers.person")]

VEHICLES = traversal("vehicles")
BY_VIN = named_query("vehicle.by_vin")


@strawberry.type(description="A vehicle.")
class Vehicle(Node):
    source: str = prop("source", "The system whose record the vehicle is.")
    source_id: str = prop("sourceId", "What that system calls the vehicle.")
    brand: str | None = prop("brand", "The brand.")
    model_year: int | None = prop("modelYear", "The model year.")
    type: words.VehicleType | None = prop("type", "The body.", of=words.VehicleType)
    energy: words.Energy | None = prop("energy", "What drives it.", of=words.Energy)
    built_on: date | None = prop("builtOn", "The day it was built.")
    delivered_on: date | None = prop("deliveredOn", "The day it was first delivered to a customer.")
    in_use_since: date | None = prop(
        "inUseSince",
        "From when its age counts: first delivery, else the day built, else 1 January of the model year.",
    )
    warranty_until: date | None = prop("warrantyUntil", "The day on which the warranty ends.")
    plate: str | None = prop("plate", "The plate, masked, for example 沪A***45.")

    @strawberry.field(
        description="The last six characters of the VIN (车架号); null when the VIN is unknown.",
        metadata={"property": "vin"},
    )
    def vin_ending(self) -> str | None:
        vin: str | None = self.data.get("vin")
        return vin[-6:] if vin else None

    @strawberry.field(
        description="The VIN, the 17 characters that name a vehicle (车架号); null when unknown.",
        metadata={"property": "vin"},
    )
    def vin(self) -> str | None:
        vin: str | None = self.data.get("vin")
        return vin

    model: Model | None = linked("vehicle.model")
    dealer: Dealer | None = linked("vehicle.dealer")
    owners: RoleConnection[Person, Purchase] = connection("vehicle.owner")
    purchasers: RoleConnection[Person, Purchase] = connection("vehicle.purchasers")
    drivers: RoleConnection[Person, Drive] = connection("vehicle.drivers")
    servicers: RoleConnection[Person, Service] = connection("vehicle.servicers")
    people: RolesConnection[Person] = connection("vehicle.people")
    visits: Connection[Annotated["ServiceVisit", strawberry.lazy("renche.resolvers.vehicle")]] = connection(
        "vehicle.visits"
    )
    households: RoleConnection[Household, Keeping] = connection("vehicle.households")


@strawberry.type(description="A visit of a vehicle to a workshop.")
class ServiceVisit(Node):
    source: str = prop("source", "The system that reported the visit.")
    source_id: str = prop("sourceId", "What that system calls the visit.")
    visited_on: date = prop("visitedOn", "The day of the visit.")
    kind: words.VisitKind | None = prop("kind", "Why the vehicle came.", of=words.VisitKind)
    mileage: int | None = prop("mileage", "The odometer's reading in kilometres.")
    amount: Money | None = money("amount", "What was paid.")
    vehicle: Vehicle | None = linked("visit.vehicle")
    dealer: Dealer | None = linked("visit.dealer")
    person: Person | None = linked("visit.person")


@strawberry.type
class VehicleQueries:
    @strawberry.field(description="The vehicle with this id or this VIN; null when there is none.")
    async def vehicle(
        self,
        info: Info,
        id: Annotated[  # noqa: A002
            strawberry.ID | None, strawberry.argument(description="The vehicle's id (veh_…).")
        ] = None,
        vin: Annotated[
            str | None, strawberry.argument(description="The vehicle's VIN, all 17 characters, any case.")
        ] = None,
        as_of: AsOf = None,
        as_known_at: AsKnownAt = None,
    ) -> Vehicle | None:
        if (id is None) == (vin is None):
            raise InvalidArgument("vehicle: give either id or vin.")
        found: Vehicle | None
        if id is not None:
            found = await find(info, "Vehicle", id, as_of, as_known_at)
            return found
        data = await info.context.database.read_value(BY_VIN, {"vin": (vin or "").strip().upper()})
        found = native_node(info, "Vehicle", data, as_of, as_known_at)
        return found

    @strawberry.field(description="Vehicles, in the order of their ids.")
    async def vehicles(
        self,
        info: Info,
        brand: Annotated[str | None, strawberry.argument(description="Only of this brand.")] = None,
        model: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only of the model with this id (mod_…).")
        ] = None,
        type: Annotated[  # noqa: A002
            words.VehicleType | None, strawberry.argument(description="Only with this body.")
        ] = None,
        first: First = DEFAULT_PAGE,
        after: After = None,
        as_of: AsOf = None,
        as_known_at: AsKnownAt = None,
    ) -> Connection[Vehicle]:
        filters = {"modelId": model, "brand": brand, "type": type}
        found: Connection[Vehicle] = await root_connection(
            info, VEHICLES, first, after, as_of, as_known_at, filters=filters
        )
        return found
