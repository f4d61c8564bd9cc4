"""Clubs of owners (车友会)."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import strawberry

from renche.resolvers.connection import Connection, RoleConnection, connection, listing
from renche.resolvers.node import Node, by_id, prop
from renche.resolvers.role import Membership

if TYPE_CHECKING:
    from renche.resolvers.person import Person
    from renche.resolvers.referral import Referral
else:
    Person = Annotated["Person", strawberry.lazy("renche.resolvers.person")]
    Referral = Annotated["Referral", strawberry.lazy("renche.resolvers.referral")]


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
    club: Club | None = by_id("Club", "The club with this id; null when there is none.", "club", example="clu_…")
    clubs: Connection[Club] = listing("clubs")
