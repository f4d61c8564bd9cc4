"""Vehicles, their visits to workshops, and the questions that lead to them."""

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from graphql import GraphQLArgument, GraphQLID, GraphQLString

from renche.graph import words
from renche.graph.database import native
from renche.graph.errors import InvalidArgument
from renche.graph.named_queries import named_query
from renche.planner.bind import Given
from renche.planner.meaning import ByVin, Form
from renche.resolvers.connection import Connection, RoleConnection, RolesConnection, connection, linked, listing
from renche.resolvers.context import Info
from renche.resolvers.node import Money, Node, bound_of, find, moment_of, money, node_of, prop
from renche.resolvers.role import Drive, Keeping, Purchase, Service
from renche.resolvers.timeline import Timeline, timeline

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
    plate: str | None = prop("plate", "The plate, masked, for example 沪A***45.", masked=True)

    model_id: strawberry.ID | None = prop("modelId", "The id of the model it is of (mod_…).")
    vin_ending: str | None = prop(
        "vin", "The last six characters of the VIN (车架号); null when the VIN is unknown.", form=Form.ENDING
    )
    vin: str | None = prop("vin", "The VIN, the 17 characters that name a vehicle (车架号); null when unknown.")
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
    timeline: Timeline = timeline("vehicle.timeline")


@strawberry.type(description="A visit of a vehicle to a workshop.")
class ServiceVisit(Node):
    source: str = prop("source", "The system that reported the visit.")
    source_id: str = prop("sourceId", "What that system calls the visit.")
    visited_on: date = prop("visitedOn", "The day of the visit.")
    kind: words.VisitKind | None = prop("kind", "Why the vehicle came.", of=words.VisitKind)
    mileage: int | None = prop("mileage", "The odometer's reading in kilometres.")
    amount: Money | None = money("amount", "What was paid.")
    dealer_id: strawberry.ID | None = prop("dealerId", "The id of the dealer whose workshop it was (dea_…).")
    vehicle: Vehicle | None = linked("visit.vehicle")
    dealer: Dealer | None = linked("visit.dealer")
    person: Person | None = linked("visit.person")


def _either(arguments: Mapping[str, Any]) -> None:
    if (arguments.get("id") is None) == (arguments.get("vin") is None):
        raise InvalidArgument("vehicle: give either id or vin.")


async def _vehicle(info: Info) -> Any:
    bound = bound_of(info)
    assert isinstance(bound, Given)  # noqa: S101 - the field is no list
    moment = moment_of(info, bound)
    ((name, value),) = bound.values
    if name == "id":
        return await find(info, "Vehicle", value, moment)
    data = await info.context.database.read_value(BY_VIN, {"vin": value})
    return node_of("Vehicle", native(data), moment) if data else None


@strawberry.type
class VehicleQueries:
    vehicle: Vehicle | None = strawberry.field(
        resolver=_vehicle,
        description="The vehicle with this id or this VIN; null when there is none.",
        metadata={
            "meaning": ByVin(),
            "arguments": {
                "id": GraphQLArgument(GraphQLID, description="The vehicle's id (veh_…)."),
                "vin": GraphQLArgument(GraphQLString, description="The vehicle's VIN, all 17 characters, any case."),
            },
            "check": _either,
        },
    )
    vehicles: Connection[Vehicle] = listing("vehicles")
