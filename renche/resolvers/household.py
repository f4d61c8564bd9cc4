"""Households (家庭) and their fleets."""

from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from renche.graph.page import DEFAULT_PAGE
from renche.graph.traversal import traversal
from renche.resolvers.connection import (
    After,
    Connection,
    First,
    RoleConnection,
    RolesConnection,
    connection,
    page_of_node,
    root_connection,
)
from renche.resolvers.context import Info
from renche.resolvers.node import AsKnownAt, AsOf, Node, find, prop
from renche.resolvers.role import Residence

if TYPE_CHECKING:
    from renche.resolvers.person import Person
    from renche.resolvers.vehicle import Vehicle
else:
    Person = Annotated["Person", strawberry.lazy("renche.resolvers.person")]
    Vehicle = Annotated["Vehicle", strawberry.lazy("renche.resolvers.vehicle")]

HOUSEHOLDS = traversal("households")
FLEET = traversal("household.fleet")


@strawberry.type(description="People who live together (家庭).")
class Household(Node):
    source: str = prop("source", "The system whose record the household is.")
    source_id: str = prop("sourceId", "What that system calls the household.")
    city: str | None = prop("city", "The city, by its six-digit division code (GB/T 2260).")
    members: RoleConnection[Person, Residence] = connection("household.members")
    fleet: RolesConnection[Vehicle] = connection("household.fleet")


@strawberry.type
class HouseholdQueries:
    @strawberry.field(description="The household with this id; null when there is none.")
    async def household(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The household's id (hou_…).")],  # noqa: A002
        as_of: AsOf = None,
        as_known_at: AsKnownAt = None,
    ) -> Household | None:
        found: Household | None = await find(info, "Household", id, as_of, as_known_at)
        return found

    @strawberry.field(description="Households, in the order of their ids.")
    async def households(
        self,
        info: Info,
        city: Annotated[
            str | None,
            strawberry.argument(description="Only in this city (GB/T 2260), for example 310000."),
        ] = None,
        first: First = DEFAULT_PAGE,
        after: After = None,
        as_of: AsOf = None,
        as_known_at: AsKnownAt = None,
    ) -> Connection[Household]:
        found: Connection[Household] = await root_connection(
            info, HOUSEHOLDS, first, after, as_of, as_known_at, filters={"city": city}
        )
        return found

    @strawberry.field(
        description="The fleet of a household: every vehicle that it keeps, or that a member owns or drives,"
        " with the roles its members hold. Null when there is no such household."
    )
    async def household_fleet(
        self,
        info: Info,
        household: Annotated[strawberry.ID, strawberry.argument(description="The household's id (hou_…).")],
        first: First = DEFAULT_PAGE,
        after: After = None,
        as_of: AsOf = None,
        as_known_at: AsKnownAt = None,
    ) -> RolesConnection[Vehicle] | None:
        found: Any = await find(info, "Household", household, as_of, as_known_at)
        if found is None:
            return None
        page: RolesConnection[Vehicle] = await page_of_node(info, FLEET, found, first, after, as_of, as_known_at)
        return page
