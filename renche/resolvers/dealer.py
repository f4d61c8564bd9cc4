"""Dealers (4S店) and the secondary dealers under them (二网)."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from renche.graph.page import DEFAULT_PAGE
from renche.graph.traversal import traversal
from renche.resolvers.connection import After, Connection, First, connection, linked, root_connection
from renche.resolvers.context import Info
from renche.resolvers.node import AsKnownAt, AsOf, Node, find, prop

if TYPE_CHECKING:
    from renche.resolvers.person import Person
    from renche.resolvers.referral import Referral
    from renche.resolvers.vehicle import ServiceVisit
else:
    Person = Annotated["Person", strawberry.lazy("renche.resolvers.person")]
    Referral = Annotated["Referral", strawberry.lazy("renche.resolvers.referral")]
    ServiceVisit = Annotated["ServiceVisit", strawberry.lazy("renche.resolvers.vehicle")]

DEALERS = traversal("dealers")


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
    @strawberry.field(description="The dealer with this id; null when there is none.")
    async def dealer(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The dealer's id (dea_…).")],  # noqa: A002
        as_of: AsOf = None,
        as_known_at: AsKnownAt = None,
    ) -> Dealer | None:
        found: Dealer | None = await find(info, "Dealer", id, as_of, as_known_at)
        return found

    @strawberry.field(description="Dealers, in the order of their ids.")
    async def dealers(
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
    ) -> Connection[Dealer]:
        filters = {"city": city, "brand": brand}
        found: Connection[Dealer] = await root_connection(
            info, DEALERS, first, after, as_of, as_known_at, filters=filters
        )
        return found
