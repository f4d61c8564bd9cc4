"""Clubs of owners (车友会)."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import strawberry

from renche.graph.page import DEFAULT_PAGE
from renche.graph.traversal import traversal
from renche.resolvers.connection import (
    After,
    Connection,
    First,
    RoleConnection,
    connection,
    root_connection,
)
from renche.resolvers.context import Info
from renche.resolvers.node import AsKnownAt, AsOf, Node, find, prop
from renche.resolvers.role import Membership

if TYPE_CHECKING:
    from renche.resolvers.person import Person
    from renche.resolvers.referral import Referral
else:
    Person = Annotated["Person", strawberry.lazy("renche.resolvers.person")]
    Referral = Annotated["Referral", strawberry.lazy("renche.resolvers.referral")]

CLUBS = traversal("clubs")


@strawberry.type(description="A local club of owners (车友会).")
class Club(Node):
    source: str = prop("source", "The system whose record the club is.")
    source_id: str = prop("sourceId", "What that system calls the club.")
    name: str = prop("name", "The name.")
    brand: str | None = prop("brand", "The brand its members own.")
    city: str | None = prop("city", "The city, by its six-digit division code (GB/T 2260).")
    founded_on: date | None = prop("foundedOn", "The day it was founded.")
    members: RoleConnection[Person, Membership] = connection("club.members")
    leads: RoleConnection[Person, Membership] = connection("club.leads")
    referrals: Connection[Referral] = connection("club.referrals")


@strawberry.type
class ClubQueries:
    @strawberry.field(description="The club with this id; null when there is none.")
    async def club(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The club's id (clu_…).")],  # noqa: A002
        as_of: AsOf = None,
        as_known_at: AsKnownAt = None,
    ) -> Club | None:
        found: Club | None = await find(info, "Club", id, as_of, as_known_at)
        return found

    @strawberry.field(description="Clubs, in the order of their ids.")
    async def clubs(
        self,
        info: Info,
        city: Annotated[
            str | None,
            strawberry.argument(description="Only in this city (GB/T 2260), for example 310000."),
        ] = None,
        brand: Annotated[str | None, strawberry.argument(description="Only of this brand.")] = None,
        first: First = DEFAULT_PAGE,
        after: After = None,
        as_of: AsOf = None,
        as_known_at: AsKnownAt = None,
    ) -> Connection[Club]:
        filters = {"city": city, "brand": brand}
        found: Connection[Club] = await root_connection(info, CLUBS, first, after, as_of, as_known_at, filters=filters)
        return found
