"""Dealers (4S店) and the secondary dealers under them (二网)."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from renche.resolvers.connection import Connection, connection, linked, listing
from renche.resolvers.node import Node, by_id, prop

if TYPE_CHECKING:
    from renche.resolvers.person import Person
    from renche.resolvers.referral import Referral
    from renche.resolvers.vehicle import ServiceVisit
else:
    Person = Annotated["Person", strawberry.lazy("renche.resolvers.person")]
    Referral = Annotated["Referral", strawberry.lazy("renche.resolvers.referral")]
    ServiceVisit = Annotated["ServiceVisit", strawberry.lazy("renche.resolvers.vehicle")]


@strawberry.type(description="A dealer (4S店), or a secondary dealer (二网) under one.")
class Dealer(Node):
    source: str = prop("source", "The system whose record the dealer is.")
    source_id: str = prop("sourceId", "What that system calls the dealer.")
    name: str = prop("name", "The name.")
    brand: str | None = prop("brand", "The brand it sells.")
    city: str | None = prop("city", "The city, by its six-digit division code (GB/T 2260).")
    parent: Annotated["Dealer", strawberry.lazy("renche.resolvers.dealer")] | None = linked("dealer.parent")
    secondary_dealers: Connection[Annotated["Dealer", strawberry.lazy("renche.resolvers.dealer")]] = connection(
        "dealer.secondary_dealers"
    )
    leads: Connection[Person] = connection("dealer.leads", roles=False)
    purchasers: Connection[Person] = connection("dealer.purchasers", roles=False)
    servicers: Connection[Person] = connection("dealer.servicers", roles=False)
    referrals: Connection[Referral] = connection("dealer.referrals")
    visits: Connection[ServiceVisit] = connection("dealer.visits")


@strawberry.type
class DealerQueries:
    dealer: Dealer | None = by_id(
        "Dealer", "The dealer with this id; null when there is none.", "dealer", example="dea_…"
    )
    dealers: Connection[Dealer] = listing("dealers")
