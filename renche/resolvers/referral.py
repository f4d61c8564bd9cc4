"""Referrals (推荐购): what became of them, where they lead, and their funnel."""

import asyncio
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from renche.graph import words
from renche.graph.errors import InvalidArgument
from renche.graph.ids import Kind, kind_of
from renche.graph.named_queries import named_query
from renche.graph.page import DEFAULT_PAGE, MAXIMUM_PAGE, Page
from renche.graph.traversal import traversal
from renche.loaders.batch import repeated
from renche.resolvers.connection import After, Connection, First, linked, root_connection
from renche.resolvers.context import Info
from renche.resolvers.node import AsKnownAt, AsOf, Node, find, label_of, node_of, prop

if TYPE_CHECKING:
    from renche.resolvers.club import Club
    from renche.resolvers.dealer import Dealer
    from renche.resolvers.person import Person
    from renche.resolvers.vehicle import Vehicle
else:
    Club = Annotated["Club", strawberry.lazy("renche.resolvers.club")]
    Dealer = Annotated["Dealer", strawberry.lazy("renche.resolvers.dealer")]
    Person = Annotated["Person", strawberry.lazy("renche.resolvers.person")]
    Vehicle = Annotated["Vehicle", strawberry.lazy("renche.resolvers.vehicle")]

REFERRALS = traversal("referrals")
STEPS = traversal("referral.steps")
FUNNEL = named_query("referral.funnel")
CHAIN = named_query("person.referral_chain")
MAXIMUM_DEPTH = 6
MAXIMUM_CHAIN = 1000


@strawberry.type(description="A status that a referral had, and since when.")
class ReferralStep(Node):
    status: words.ReferralStatus = prop("status", "The status.", of=words.ReferralStatus)
    reached_on: date = prop("reachedOn", "The day on which it was reached.")


@strawberry.type(description="A recommendation of the brand by an owner to a friend.")
class Referral(Node):
    source: str = prop("source", "The system that recorded it.")
    source_id: str = prop("sourceId", "What that system calls it.")
    made_on: date = prop("madeOn", "The day on which it was made.")
    referrer: Person | None = linked("referral.referrer")
    friend: Person | None = linked("referral.friend")
    dealer: Dealer | None = linked("referral.dealer")
    club: Club | None = linked("referral.club")
    vehicle: Vehicle | None = linked("referral.vehicle")

    @strawberry.field(
        description="Where it stands: the latest step; on the same day the furthest one; INVITED before any."
    )
    async def status(self, info: Info) -> words.ReferralStatus:
        found = await info.context.loaders.status(self.data["id"], self.moment)
        return words.ReferralStatus(found or words.ReferralStatus.INVITED)

    @strawberry.field(description="Every status it had, the first one first, at most 100.")
    async def status_history(self, info: Info) -> list[ReferralStep]:
        rows = await info.context.loaders.rows(STEPS, self.data["id"], Page(self.moment, MAXIMUM_PAGE))
        return [ReferralStep(data=row.node, moment=self.moment) for row in rows[:MAXIMUM_PAGE]]


@strawberry.type(description="Somebody reached through referrals, and the way there.")
class ReferralChainLink:
    depth: int = strawberry.field(description="How many referrals away the person is.")
    person: Person = strawberry.field(description="The person reached.")
    referral: Referral = strawberry.field(description="The last referral on the way.")
    path: list[Person] = strawberry.field(
        description="The people on the way: the one it starts at first, the one reached last."
    )


@strawberry.type(description="Everybody reached from a person through referrals.")
class ReferralChain:
    links: list[ReferralChainLink] = strawberry.field(
        description="The people reached, the nearest first; somebody reached on two ways stands there twice."
    )
    complete: bool = strawberry.field(description="Whether nobody was left out because of `first`.")


@strawberry.type(description="One status in the funnel of referrals.")
class ReferralFunnelStep:
    status: words.ReferralStatus = strawberry.field(description="The status.")
    reached: int = strawberry.field(
        description="How many referrals have this status in their history; every referral was invited."
    )
    standing: int = strawberry.field(description="How many have it as their latest status.")


@strawberry.type
class ReferralQueries:
    @strawberry.field(description="The referral with this id; null when there is none.")
    async def referral(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The referral's id (ref_…).")],  # noqa: A002
        as_of: AsOf = None,
        as_known_at: AsKnownAt = None,
    ) -> Referral | None:
        found: Referral | None = await find(info, "Referral", id, as_of, as_known_at)
        return found

    @strawberry.field(description="Referrals, in the order of their ids.")
    async def referrals(
        self,
        info: Info,
        first: First = DEFAULT_PAGE,
        after: After = None,
        as_of: AsOf = None,
        as_known_at: AsKnownAt = None,
    ) -> Connection[Referral]:
        found: Connection[Referral] = await root_connection(info, REFERRALS, first, after, as_of, as_known_at)
        return found

    @strawberry.field(
        description="Everybody reached from this person through referrals, down to a depth, with the path to"
        " each. A path that comes back to somebody on it (a ring) ends there. Null when there is no such person."
    )
    async def referral_chain(
        self,
        info: Info,
        person: Annotated[strawberry.ID, strawberry.argument(description="The person's id (per_…).")],
        depth: Annotated[
            int, strawberry.argument(description=f"How many referrals away at most, 1 to {MAXIMUM_DEPTH}.")
        ] = 3,
        first: Annotated[
            int, strawberry.argument(description=f"How many people to give, up to {MAXIMUM_CHAIN}.")
        ] = 100,
        as_of: AsOf = None,
        as_known_at: AsKnownAt = None,
    ) -> ReferralChain | None:
        if not 1 <= depth <= MAXIMUM_DEPTH:
            raise InvalidArgument(f"depth: ask for 1 to {MAXIMUM_DEPTH}, not {depth}.")
        if not 0 <= first <= MAXIMUM_CHAIN:
            raise InvalidArgument(f"first: ask for 0 to {MAXIMUM_CHAIN} people, not {first}.")
        start: Any = await find(info, "Person", person, as_of, as_known_at)
        if start is None:
            return None
        moment = start.moment
        parameters = {"id": person, "limit": first + 1, "asOf": moment.as_of, "asKnownAt": moment.as_known_at}
        found = await info.context.database.read_value(repeated(CHAIN, depth), parameters)
        return ReferralChain(links=await _links(info, start, found[:first]), complete=len(found) <= first)

    @strawberry.field(
        description="How many referrals reached each status, and how many stand there, for the referrals made"
        " by people of a city, brought to a dealer, in a time; each is left open when not given."
    )
    async def referral_funnel(
        self,
        info: Info,
        city: Annotated[
            str | None,
            strawberry.argument(description="The city of who recommended (GB/T 2260), for example 310000."),
        ] = None,
        dealer: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="The id of the dealer (dea_…) the friend was sent to."),
        ] = None,
        from_: Annotated[
            date | None,
            strawberry.argument(name="from", description="The first day on which a referral may be made."),
        ] = None,
        to: Annotated[
            date | None,
            strawberry.argument(description="The day before which a referral must be made."),
        ] = None,
        as_of: AsOf = None,
        as_known_at: AsKnownAt = None,
    ) -> list[ReferralFunnelStep]:
        if dealer is not None and kind_of(dealer) is not Kind.DEALER:
            raise InvalidArgument("dealer: this is not the id of a dealer.")
        if from_ and to and to <= from_:
            raise InvalidArgument("to: must be later than from.")
        moment = info.context.present.at(as_of, as_known_at)
        parameters = {
            "city": city,
            "dealer": dealer,
            "from": from_,
            "to": to,
            "statuses": list(words.ReferralStatus),
            "asOf": moment.as_of,
            "asKnownAt": moment.as_known_at,
        }
        counted = await info.context.database.read_value(FUNNEL, parameters)
        return [
            ReferralFunnelStep(status=words.ReferralStatus(status), reached=reached, standing=standing)
            for status, reached, standing in counted
        ]


async def _links(info: Info, start: Person, found: list[tuple[list[str], list[str]]]) -> list[ReferralChainLink]:
    """The links of a chain: for each the people after the start, and the referrals between them."""
    loaders = info.context.loaders
    people = {id_ for friends, _ in found for id_ in friends}
    last = {referrals[-1] for _, referrals in found}
    data = await asyncio.gather(
        *(loaders.node("Person", id_) for id_ in people), *(loaders.node("Referral", id_) for id_ in last)
    )
    things: dict[str, Any] = {
        each["id"]: node_of(label_of(each["id"]), each, start.moment) for each in data if each is not None
    }
    return [
        ReferralChainLink(
            depth=len(referrals),
            person=things[friends[-1]],
            referral=things[referrals[-1]],
            path=[start, *(things[id_] for id_ in friends)],
        )
        for friends, referrals in found
    ]
