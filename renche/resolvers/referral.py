"""Referrals (推荐购): what became of them, where they lead, and their funnel."""

from collections.abc import Mapping
from datetime import date
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from renche.graph import words
from renche.graph.errors import InvalidArgument
from renche.graph.ids import Kind, kind_of
from renche.graph.traversal import traversal
from renche.loaders.batch import read_records, read_table
from renche.planner.bind import Given, way_of
from renche.planner.meaning import Records, Table
from renche.resolvers.connection import Connection, computed, linked, listing, several
from renche.resolvers.context import Info
from renche.resolvers.node import Node, bound, bound_of, by_id, column, moment_of, node_of, prop

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

FUNNEL = traversal("referral.funnel")
CHAINS = {"DOWN": traversal("person.referral_chain"), "UP": traversal("person.referral_chain_up")}
MAXIMUM_DEPTH = 6
MAXIMUM_CHAIN = 1000

CHAIN = Records(tuple(CHAINS.items()), ("person", "Person"), choice="direction", depth="depth")


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

    status: words.ReferralStatus = computed("referral.status", words.ReferralStatus)
    status_history: list[ReferralStep] = several("referral.steps")


@strawberry.enum(description="Which way a chain of referrals is followed.")
class ChainDirection(Enum):
    DOWN = strawberry.enum_value("DOWN", description="From who recommended to the friends.")
    UP = strawberry.enum_value("UP", description="From a friend to who recommended.")


@strawberry.type(description="Somebody reached through referrals, and the way there.")
class ReferralChainLink:
    depth: int = bound("depth", "How many referrals away the person is.")
    person: Person = bound("person", "The person reached.")
    referral: Referral = bound("referral", "The last referral on the way.")
    path: list[Person] = bound("path", "The people on the way: the one it starts at first, the one reached last.")


@strawberry.type(description="Everybody reached from a person through referrals.")
class ReferralChain:
    links: list[ReferralChainLink] = strawberry.field(
        description="The people reached, the nearest first; somebody reached on two ways stands there twice."
    )
    complete: bool = strawberry.field(description="Whether nobody was left out because of `first`.")


@strawberry.type(description="One status in the funnel of referrals.")
class ReferralFunnelStep:
    status: words.ReferralStatus = column(0, "The status.")
    reached: int = column(1, "How many referrals have this status in their history; every referral was invited.")
    standing: int = column(2, "How many have it as their latest status.")


def _check_chain(arguments: Mapping[str, Any]) -> None:
    depth, first = arguments["depth"], arguments["first"]
    if not 1 <= depth <= MAXIMUM_DEPTH:
        raise InvalidArgument(f"depth: ask for 1 to {MAXIMUM_DEPTH}, not {depth}.")
    if not 0 <= first <= MAXIMUM_CHAIN:
        raise InvalidArgument(f"first: ask for 0 to {MAXIMUM_CHAIN} people, not {first}.")


def _check_funnel(arguments: Mapping[str, Any]) -> None:
    dealer, from_, to = (arguments.get(name) for name in ("dealer", "from", "to"))
    if dealer is not None and kind_of(dealer) is not Kind.DEALER:
        raise InvalidArgument("dealer: this is not the id of a dealer.")
    if from_ and to and to <= from_:
        raise InvalidArgument("to: must be later than from.")


async def _chain(info: Info) -> Any:
    given = bound_of(info)
    assert isinstance(given, Given)  # noqa: S101 - the field is no list
    moment = moment_of(info, given)
    found = await read_records(info.context.database, way_of(CHAIN, given), "Person", dict(given.values), moment)
    if found is None:
        return None
    first = dict(given.values)["limit"] - 1

    def thing(label: str, data: Mapping[str, Any]) -> Any:
        return node_of(label, data, moment)

    links = [
        ReferralChainLink(
            depth=row["depth"],
            person=thing(*row["person"]),
            referral=thing(*row["referral"]),
            path=[thing("Person", each) for each in row["path"]],
        )
        for row in found[:first]
    ]
    return ReferralChain(links=links, complete=len(found) <= first)


async def _funnel(info: Info) -> Any:
    given = bound_of(info)
    assert isinstance(given, Given)  # noqa: S101 - the field is no list
    rows = await read_table(info.context.database, FUNNEL, dict(given.values), moment_of(info, given))
    return [
        ReferralFunnelStep(status=words.ReferralStatus(status), reached=reached, standing=standing)
        for status, reached, standing in rows
    ]


@strawberry.type
class ReferralQueries:
    referral: Referral | None = by_id(
        "Referral", "The referral with this id; null when there is none.", "referral", example="ref_…"
    )
    referrals: Connection[Referral] = listing("referrals")

    @strawberry.field(
        description="Everybody reached from this person through referrals, down to a depth, with the path to"
        " each. A path that comes back to somebody on it (a ring) ends there. Null when there is no such person.",
        metadata={"meaning": CHAIN, "check": _check_chain},
    )
    async def referral_chain(
        self,
        info: Info,
        person: Annotated[strawberry.ID, strawberry.argument(description="The person's id (per_…).")],
        direction: Annotated[
            ChainDirection, strawberry.argument(description="Which way the chain is followed.")
        ] = ChainDirection.DOWN,
        depth: Annotated[
            int, strawberry.argument(description=f"How many referrals away at most, 1 to {MAXIMUM_DEPTH}.")
        ] = 3,
        first: Annotated[
            int, strawberry.argument(description=f"How many people to give, up to {MAXIMUM_CHAIN}.")
        ] = 100,
    ) -> ReferralChain | None:
        del person, direction, depth, first  # read as the planner reads them
        found: ReferralChain | None = await _chain(info)
        return found

    @strawberry.field(
        description="How many referrals reached each status, and how many stand there, for the referrals made"
        " by people of a city, brought to a dealer, in a time; each is left open when not given.",
        metadata={"meaning": Table(FUNNEL), "check": _check_funnel},
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
    ) -> list[ReferralFunnelStep]:
        del city, dealer, from_, to  # read as the planner reads them
        found: list[ReferralFunnelStep] = await _funnel(info)
        return found
