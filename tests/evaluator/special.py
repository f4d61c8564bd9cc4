"""Root fields that are no list of things: chains of referrals, and their funnel."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.evaluator import facts
from tests.evaluator.graph import Graph, Thing, When

IDS = {
    "per": "Person",
    "reg": "Registration",
    "veh": "Vehicle",
    "mod": "Model",
    "dea": "Dealer",
    "clu": "Club",
    "hou": "Household",
    "vis": "ServiceVisit",
    "ref": "Referral",
}
"""The label of the thing that an id names, by the first letters of the id."""


@dataclass(frozen=True)
class Chained:
    """Somebody reached through referrals: the people on the way, and the referrals between them."""

    path: tuple[Thing, ...]
    referrals: tuple[Thing, ...]

    @property
    def depth(self) -> int:
        return len(self.referrals)

    @property
    def referral(self) -> Thing:
        return self.referrals[-1]


def chain(graph: Graph, when: When, arguments: Mapping[str, Any]) -> list[Chained] | None:
    """Everybody reached from a person, the nearest first; None when there is no such person."""
    start = graph.thing("Person", arguments["person"])
    if start is None:
        return None
    up = arguments["direction"] == "UP"
    level = [Chained((start,), ())]
    found: list[Chained] = []
    for _ in range(arguments["depth"]):
        level = [
            Chained((*way.path, person), (*way.referrals, referral))
            for way in level
            for referral, person in _next(graph, way.path[-1], when, up=up)
            if person not in way.path
        ]
        found += level
    found.sort(
        key=lambda way: (way.depth, [each.id for each in way.referrals], [each.id for each in way.path]),
    )
    return found


def _next(graph: Graph, person: Thing, when: When, *, up: bool) -> Iterator[tuple[Thing, Thing]]:
    """Each referral that leads from a person to another, with that person."""
    if up:
        pairs = ((of.start, made.start, of, made) for of in graph.into(person.id, "OF")
                 for made in graph.into(of.start, "MADE"))
    else:
        pairs = ((made.end, of.end, of, made) for made in graph.out(person.id, "MADE")
                 for of in graph.out(made.end, "OF"))
    for referral, other, of, made in pairs:
        if facts.valid(of, when) and facts.valid(made, when):
            yield graph.the("Referral", referral), graph.the("Person", other)


def funnel(graph: Graph, when: When, arguments: Mapping[str, Any]) -> list[dict[str, Any]]:
    """For each status how many referrals have it in their history, and how many stand there.

    Counted are referrals made by people of the city, or brought to the dealer, or made by anybody.
    """
    counted = [each for each in graph.all("Referral") if _counts(graph, each, when, arguments)]
    histories = [facts.history(graph, each, when) for each in counted]
    return [
        {
            "status": status,
            "reached": sum(status in history or status == "INVITED" for history in histories),
            "standing": sum((history or ["INVITED"])[0] == status for history in histories),
        }
        for status in facts.STATUSES
    ]


def _counts(graph: Graph, referral: Thing, when: When, arguments: Mapping[str, Any]) -> bool:
    city, dealer = arguments.get("city"), arguments.get("dealer")
    makers = [graph.the("Person", each.start) for each in graph.into(referral.id, "MADE") if facts.valid(each, when)]
    dealers = [each.end for each in graph.out(referral.id, "AT") if facts.valid(each, when)]
    if city is not None and not any(maker.properties.get("city") == city for maker in makers):
        return False
    if dealer is not None and dealer not in dealers:
        return False
    if city is None and dealer is None and not makers:
        return False
    made, from_, to = referral.properties["madeOn"], arguments.get("from"), arguments.get("to")
    return (from_ is None or made >= from_) and (to is None or made < to)
