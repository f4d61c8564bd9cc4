"""People, what touchpoints know of them, and the questions that lead to people."""

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from graphql import GraphQLArgument, GraphQLInt, GraphQLNonNull, GraphQLString

from renche.graph import words
from renche.graph.errors import InvalidArgument
from renche.loaders.batch import Edge as GraphEdge
from renche.planner.meaning import Form, Property
from renche.resolvers.connection import (
    Connection,
    RoleConnection,
    RolesConnection,
    computed,
    connection,
    listing,
    several,
)
from renche.resolvers.node import Node, by_id, prop
from renche.resolvers.role import Drive, Intent, Membership, Purchase, Residence, Service
from renche.resolvers.timeline import Timeline, timeline

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

CITY = GraphQLArgument(
    GraphQLNonNull(GraphQLString),
    description="The city: a six-digit division code (GB/T 2260), for example 310000.",
)
MONTHS = GraphQLArgument(
    GraphQLNonNull(GraphQLInt),
    default_value=12,
    description="How many months without a service, 1 to 240.",
)


def _some_months(arguments: Mapping[str, Any]) -> None:
    if not 1 <= arguments["months"] <= 240:
        raise InvalidArgument(f"months: ask for 1 to 240, not {arguments['months']}.")


def _edge_day(name: str, description: str) -> Any:
    """A field that shows a day of the relationship which leads to the thing."""

    def resolve(root: "Identifier") -> date | None:
        found: date | None = root.edge.properties.get(name)
        return found

    return strawberry.field(
        resolver=resolve, description=description, metadata={"meaning": Property(name, of_edge=True)}
    )


@strawberry.type(description="Evidence for who somebody is: a phone, an account, a plate. Shown masked.")
class Identifier:
    data: strawberry.Private[Mapping[str, Any]]
    edge: strawberry.Private[GraphEdge]

    id: strawberry.ID = prop("id", "The id of the identifier; two people with the same one share it.")
    kind: words.IdentifierKind = prop("kind", "What it is.", of=words.IdentifierKind)
    mask: str = prop("mask", "The value with most of it hidden, for example 138****1234.", masked=True)
    valid_from: date | None = _edge_day("validFrom", "The first day for which it was given; null when nobody knows.")
    valid_to: date | None = _edge_day("validTo", "The first day for which it is given no more; null while it is.")


@strawberry.type(description="What one touchpoint (触点) knows of a person.")
class Registration(Node):
    source: str = prop("source", "The system that registered the person.")
    source_id: str = prop("sourceId", "What that system calls the person.")
    touchpoint: str | None = prop("touchpoint", "Where the person was seen.")
    name: str | None = prop("name", "The name it has, masked, for example 王**.", masked=True)
    phone: str | None = prop("phone", "The phone it has, masked, for example 138****1234.", masked=True)
    city: str | None = prop("city", "The city it has, by its six-digit division code (GB/T 2260).")
    first_seen: date | None = prop("firstSeen", "The day it first saw the person.")
    last_seen: date | None = prop("lastSeen", "The day it last saw the person.")

    identifiers: list[Identifier] = several(
        "registration.identifiers", lambda row, _: Identifier(data=row.node, edge=row.edges[0])
    )


def _reasons(applies: list[bool] | None) -> list[words.RepurchaseReason]:
    return [reason for reason, holds in zip(words.RepurchaseReason, applies or [], strict=False) if holds]


@strawberry.type(description="A person with one lasting id over all touchpoints (One ID), masked.")
class Person(Node):
    kind: words.PersonKind = prop("kind", "Whether a human being or a company.", of=words.PersonKind)
    name: str | None = prop("name", "The name, masked, for example 王**.", masked=True)
    phone: str | None = prop("phone", "The phone, masked, for example 138****1234.", masked=True)
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

    registrations: list[Registration] = several("person.registrations")
    repurchase_reasons: list[words.RepurchaseReason] = computed("person.repurchase_reasons", _reasons, Form.REASONS)
    timeline: Timeline = timeline("person.timeline")


@strawberry.type
class PersonQueries:
    person: Person | None = by_id(
        "Person", "The person with this id; null when there is none.", "person", example="per_…"
    )
    people: Connection[Person] = listing("people")
    owners_who_referred: Connection[Person] = listing(
        "owners_who_referred",
        "Owners living in the city who recommended the brand to at least one friend. An owner is a person with a valid"
        " purchase of a vehicle that nobody bought later. Ask for `referralsMade` to see the friends and what became"
        " of them.",
        {"city": CITY},
    )
    lapsed_owners: Connection[Person] = listing(
        "lapsed_owners",
        "Owners living in the city who have lapsed (流失): they own a vehicle that is older than the months, and none"
        " of those had a service in that time. Newer vehicles do not count. A vehicle's age counts from `inUseSince`.",
        {"city": CITY, "months": MONTHS},
        _some_months,
    )
    repurchase_candidates: Connection[Person] = listing(
        "repurchase_candidates",
        "Owners living in the city who may buy again, for at least one reason; ask for `repurchaseReasons` to see"
        " which.",
        {"city": CITY},
    )
