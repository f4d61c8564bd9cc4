"""Households (家庭) and their fleets."""

from typing import TYPE_CHECKING, Annotated

import strawberry
from graphql import GraphQLArgument, GraphQLID, GraphQLNonNull

from renche.resolvers.connection import Connection, RoleConnection, RolesConnection, connection, listing, listing_of
from renche.resolvers.node import Node, by_id, prop
from renche.resolvers.role import Residence

if TYPE_CHECKING:
    from renche.resolvers.person import Person
    from renche.resolvers.vehicle import Vehicle
else:
    Person = Annotated["Person", strawberry.lazy("renche.resolvers.person")]
    Vehicle = Annotated["Vehicle", strawberry.lazy("renche.resolvers.vehicle")]


@strawberry.type(description="People who live together (家庭).")
class Household(Node):
    source: str = prop("source", "The system whose record the household is.")
    source_id: str = prop("sourceId", "What that system calls the household.")
    city: str | None = prop("city", "The city, by its six-digit division code (GB/T 2260).")
    members: RoleConnection[Person, Residence] = connection("household.members")
    fleet: RolesConnection[Vehicle] = connection("household.fleet")


@strawberry.type
class HouseholdQueries:
    household: Household | None = by_id(
        "Household", "The household with this id; null when there is none.", "household", example="hou_…"
    )
    households: Connection[Household] = listing("households")
    household_fleet: RolesConnection[Vehicle] | None = listing_of(
        "household.fleet",
        "The fleet of a household: every vehicle that it keeps, or that a member owns or drives, with the roles its"
        " members hold. Null when there is no such household.",
        "household",
        GraphQLArgument(GraphQLNonNull(GraphQLID), description="The household's id (hou_…)."),
    )
