"""People, what touchpoints know of them, and the questions that lead to people."""

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from renche.graph import words
from renche.graph.errors import InvalidArgument
from renche.graph.page import DEFAULT_PAGE, MAXIMUM_PAGE, Page
from renche.graph.traversal import traversal
from renche.loaders.batch import Edge as GraphEdge
from renche.resolvers.connection import (
    After,
    Connection,
    First,
    RoleConnection,
    RolesConnection,
    connection,
    root_connection,
)
from renche.resolvers.context import Info
from renche.resolvers.node import AsKnownAt, AsOf, Node, find, prop
from renche.resolvers.role import Drive, Intent, Membership, Purchase, Residence, Service

if TYPE_CHECKING:
    from renche.resolvers.club import Club
    from renche.resolvers.household import Household
    from renche.resolvers.model import Model
    from renche.resolvers.referral import Referral
    from renche.resolvers.vehicle import Vehicle
else:
    Club = Annotated["Club", strawberry.lazy("renche.resolvers.club")]
    Household = Annotated["Household", strawberry.lazy("renche.resolvers.household")]
    Model = Annotated["Model", strawberry.lazy("renche.resolvers.model")]
    Referral = Annotated["Referral", strawberry.lazy("renche.resolvers.referral")]
    Vehicle = Annotated["Vehicle", strawberry.lazy("renche.resolvers.vehicle")]

PEOPLE = traversal("people")
OWNERS_WHO_REFERRED = traversal("owners_who_referred")
LAPSED_OWNERS = traversal("lapsed_owners")
REPURCHASE_CANDIDATES = traversal("repurchase_candidates")
REGISTRATIONS = traversal("person.registrations")
IDENTIFIERS = traversal("registration.identifiers")

City = Annotated[
    str,
    strawberry.argument(description="The city: a six-digit division code (GB/T 2260), for example 310000."),
]


@strawberry.type(description="Evidence for who somebody is: a phone, an account, a plate. Shown masked.")
class Identifier:
    data: strawberry.Private[dict[str, Any]]
    edge: strawberry.Private[GraphEdge]

    @strawberry.field(description="The id of the identifier; two people with the same one share it.")
    def id(self) -> strawberry.ID:
        return strawberry.ID(self.data["id"])

    kind: words.IdentifierKind = prop("kind", "What it is.", of=words.IdentifierKind)
    mask: str = prop("mask", "The value with most of it hidden, for example 138****1234.")

    @strawberry.field(description="The first day for which it was given; null when nobody knows.")
    def valid_from(self) -> date | None:
        found: date | None = self.edge.properties.get("validFrom")
        return found

    @strawberry.field(description="The first day for which it is given no more; null while it is.")
    def valid_to(self) -> date | None:
        found: date | None = self.edge.properties.get("validTo")
        return found


@strawberry.type(description="What one touchpoint (触点) knows of a person.")
class Registration(Node):
    source: str = prop("source", "The system that registered the person.")
    source_id: str = prop("sourceId", "What that system calls the person.")
    touchpoint: str | None = prop("touchpoint", "Where the person was seen.")
    name: str | None = prop("name", "The name it has, masked, for example 王**.")
    phone: str | None = prop("phone", "The phone it has, masked, for example 138****1234.")
    city: str | None = prop("city", "The city it has, by its six-digit division code (GB/T 2260).")
    first_seen: date | None = prop("firstSeen", "The day it first saw the person.")
    last_seen: date | None = prop("lastSeen", "The day it last saw the person.")

    @strawberry.field(description="The identifiers that this registration gave, at most 100.")
    async def identifiers(self, info: Info) -> list[Identifier]:
        page = Page(self.moment, MAXIMUM_PAGE)
        rows = await info.context.loaders.rows(IDENTIFIERS, self.data["id"], page)
        return [Identifier(data=dict(row.node), edge=row.edges[0]) for row in rows[:MAXIMUM_PAGE]]


@strawberry.type(description="A person with one lasting id over all touchpoints (One ID), masked.")
class Person(Node):
    kind: words.PersonKind = prop("kind", "Whether a human being or a company.", of=words.PersonKind)
    name: str | None = prop("name", "The name, masked, for example 王**.")
    phone: str | None = prop("phone", "The phone, masked, for example 138****1234.")
    gender: words.Gender | None = prop("gender", "The gender, where known.", of=words.Gender)
    birth_year: int | None = prop("birthYear", "The year of birth, where known.")
    city: str | None = prop("city", "The city, by its six-digit division code (GB/T 2260).")
    licensed: bool | None = prop("licensed", "Whether the person may drive; null when nobody knows.")
    intents: RoleConnection[Model, Intent] = connection("person.intents")
    purchases: RoleConnection[Vehicle, Purchase] = connection("person.purchases")
    owned_vehicles: RoleConnection[Vehicle, Purchase] = connection("person.owned_vehicles")
    drives: RoleConnection[Vehicle, Drive] = connection("person.drives")
    services: RoleConnection[Vehicle, Service] = connection("person.services")
    vehicles: RolesConnection[Vehicle] = connection("person.vehicles")
    households: RoleConnection[Household, Residence] = connection("person.households")
    clubs: RoleConnection[Club, Membership] = connection("person.clubs")
    referrals_made: Connection[Referral] = connection("person.referrals_made")
    referrals_received: Connection[Referral] = connection("person.referrals_received")

    @strawberry.field(description="What each touchpoint knows of this person, at most 100.")
    async def registrations(self, info: Info) -> list[Registration]:
        page = Page(self.moment, MAXIMUM_PAGE)
        rows = await info.context.loaders.rows(REGISTRATIONS, self.data["id"], page)
        return [Registration(data=row.node, moment=self.moment) for row in rows[:MAXIMUM_PAGE]]

    @strawberry.field(description="Why this owner may buy again; empty for who owns no vehicle.")
    async def repurchase_reasons(self, info: Info) -> list[words.RepurchaseReason]:
        applies = await info.context.loaders.repurchase_reasons(self.data["id"], self.moment)
        return [reason for reason, holds in zip(words.RepurchaseReason, applies, strict=True) if holds]


@strawberry.type
class PersonQueries:
    @strawberry.field(description="The person with this id; null when there is none.")
    async def person(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The person's id (per_…).")],  # noqa: A002
        as_of: AsOf = None,
        as_known_at: AsKnownAt = None,
    ) -> Person | None:
        found: Person | None = await find(info, "Person", id, as_of, as_known_at)
        return found

    @strawberry.field(description="People, in the order of their ids.")
    async def people(
        self,
        info: Info,
        city: Annotated[
            str | None,
            strawberry.argument(description="Only people of this city (GB/T 2260), for example 310000."),
        ] = None,
        kind: Annotated[
            words.PersonKind | None,
            strawberry.argument(description="Only human beings, or only companies."),
        ] = None,
        first: First = DEFAULT_PAGE,
        after: After = None,
        as_of: AsOf = None,
        as_known_at: AsKnownAt = None,
    ) -> Connection[Person]:
        filters = {"city": city, "kind": kind}
        found: Connection[Person] = await root_connection(
            info, PEOPLE, first, after, as_of, as_known_at, filters=filters
        )
        return found

    @strawberry.field(
        description="Owners living in the city who recommended the brand to at least one friend. An owner is a"
        " person with a valid purchase of a vehicle that nobody bought later. Ask for `referralsMade` to see"
        " the friends and what became of them."
    )
    async def owners_who_referred(
        self,
        info: Info,
        city: City,
        first: First = DEFAULT_PAGE,
        after: After = None,
        as_of: AsOf = None,
        as_known_at: AsKnownAt = None,
    ) -> Connection[Person]:
        arguments = {"city": city}
        found: Connection[Person] = await root_connection(
            info, OWNERS_WHO_REFERRED, first, after, as_of, as_known_at, arguments=arguments
        )
        return found

    @strawberry.field(
        description="Owners living in the city who have lapsed (流失): they own a vehicle that is older than the"
        " months, and none of those had a service in that time. Newer vehicles do not count. A vehicle's age"
        " counts from `inUseSince`."
    )
    async def lapsed_owners(
        self,
        info: Info,
        city: City,
        months: Annotated[int, strawberry.argument(description="How many months without a service, 1 to 240.")] = 12,
        first: First = DEFAULT_PAGE,
        after: After = None,
        as_of: AsOf = None,
        as_known_at: AsKnownAt = None,
    ) -> Connection[Person]:
        if not 1 <= months <= 240:
            raise InvalidArgument(f"months: ask for 1 to 240, not {months}.")
        arguments = {"city": city, "months": months}
        found: Connection[Person] = await root_connection(
            info, LAPSED_OWNERS, first, after, as_of, as_known_at, arguments=arguments
        )
        return found

    @strawberry.field(
        description="Owners living in the city who may buy again, for at least one reason; ask for"
        " `repurchaseReasons` to see which."
    )
    async def repurchase_candidates(
        self,
        info: Info,
        city: City,
        first: First = DEFAULT_PAGE,
        after: After = None,
        as_of: AsOf = None,
        as_known_at: AsKnownAt = None,
    ) -> Connection[Person]:
        arguments = {"city": city}
        found: Connection[Person] = await root_connection(
            info, REPURCHASE_CANDIDATES, first, after, as_of, as_known_at, arguments=arguments
        )
        return found
