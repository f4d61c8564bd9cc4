"""Root fields that are no list of things: chains of referrals, and their funnel."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.evaluator import facts
from tests.evaluator.graph import Graph, Link, Thing, When

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
    """Somebody reached through referrals: the people on the way, the referrals between them, the links gone along."""

    path: tuple[Thing, ...]
    referrals: tuple[Thing, ...] = ()
    links: tuple[Link, ...] = ()

    @property
    def depth(self) -> int:
        return len(self.referrals)

    @property
    def comes_back(self) -> bool:
        return self.path[-1] in self.path[:-1]


def chain(graph: Graph, when: When, arguments: Mapping[str, Any]) -> list[Chained] | None:
    """Everybody reached from a person, the nearest first; None when there is no such person.

    A path that comes back to somebody on it ends there, and none goes along a link twice.
    """
    start = graph.thing("Person", arguments["person"])
    if start is None:
        return None
    level = [Chained((start,))]
    found: list[Chained] = []
    for _ in range(arguments["depth"]):
        level = [
            longer
            for way in level
            if not way.comes_back
            for longer in _longer(graph, way, when, up=arguments["direction"] == "UP")
        ]
        found += level
    found.sort(key=lambda way: (way.depth, [each.id for each in way.referrals], [each.id for each in way.path]))
    return found


def _longer(graph: Graph, way: Chained, when: When, *, up: bool) -> Iterator[Chained]:
    """The ways that are one referral longer."""
    here = way.path[-1].id
    for first in graph.into(here, "OF") if up else graph.out(here, "MADE"):
        referral = graph.the("Referral", first.start if up else first.end)
        for second in graph.into(referral.id, "MADE") if up else graph.out(referral.id, "OF"):
            if all(facts.valid(each, when) and each not in way.links for each in (first, second)):
                person = graph.the("Person", second.start if up else second.end)
                yield Chained((*way.path, person), (*way.referrals, referral), (*way.links, first, second))


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
