"""What happened with a thing, and how two things are connected."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from tests.evaluator import facts
from tests.evaluator.graph import Graph, Link, Thing, When
from tests.evaluator.values import ROLE_TYPES

_OF_A_PERSON: Final = {
    "INTENDS_TO_BUY": "Model",
    "PURCHASED": "Vehicle",
    "DRIVES": "Vehicle",
    "SERVICES": "Vehicle",
    "MEMBER_OF": "Club",
    "LIVES_IN": "Household",
}
_AT_A_VEHICLE: Final = {"PURCHASED": "Person", "DRIVES": "Person", "SERVICES": "Person", "KEEPS": "Household"}
_CONNECTS: Final = [
    *ROLE_TYPES,
    *("OF_MODEL", "UNDER", "DEALT_WITH", "HAD", "MADE", "OF", "AT", "THROUGH", "RESULTED_IN"),
]
_ENDS_ONLY: Final = ("Model", "Dealer")


@dataclass(frozen=True)
class Event:
    """Something that happened on a day; a role that began or ended, where it is one."""

    day: date
    kind: str
    thing: Thing
    role: Link | None = None

    @property
    def place(self) -> tuple[int, str, str]:
        """The latest first; on the same day by kind, then by id."""
        return (-self.day.toordinal(), self.kind, self.role.id if self.role else self.thing.id)


def timeline(graph: Graph, start: Thing, when: When, between: Mapping[str, Any]) -> list[Event]:
    """Every event with a known day in the interval: roles that were known, whether or not they hold on the day asked
    about, referrals, and visits to a workshop."""
    events = _of_person(graph, start, when) if start.label == "Person" else _of_vehicle(graph, start, when)
    from_, to = between.get("from"), between.get("to")
    shown = [each for each in events if (from_ is None or each.day >= from_) and (to is None or each.day < to)]
    return sorted(shown, key=lambda event: event.place)


def _of_person(graph: Graph, person: Thing, when: When) -> Iterator[Event]:
    for type_, label in _OF_A_PERSON.items():
        for role in graph.out(person.id, type_):
            yield from _of_role(role, graph.the(label, role.end), when)
    for link, id_, kind in [
        *((made, made.end, "REFERRAL_MADE") for made in graph.out(person.id, "MADE")),
        *((of, of.start, "REFERRAL_RECEIVED") for of in graph.into(person.id, "OF")),
    ]:
        if facts.valid(link, when):
            referral = graph.the("Referral", id_)
            yield Event(referral.properties["madeOn"], kind, referral)
    for service in graph.out(person.id, "SERVICES"):
        if facts.known(service, when):
            visits = _visits(graph, service.end, when)
            yield from (each for each in visits if each.thing.properties.get("serviceId") == service.id)


def _of_vehicle(graph: Graph, vehicle: Thing, when: When) -> Iterator[Event]:
    for type_, label in _AT_A_VEHICLE.items():
        for role in graph.into(vehicle.id, type_):
            yield from _of_role(role, graph.the(label, role.start), when)
    yield from _visits(graph, vehicle.id, when)


def _of_role(role: Link, thing: Thing, when: When) -> Iterator[Event]:
    for name, kind in (("validFrom", "ROLE_BEGAN"), ("validTo", "ROLE_ENDED")):
        day = role.properties.get(name)
        if day is not None and facts.known(role, when):
            yield Event(day, kind, thing, role)


def _visits(graph: Graph, vehicle: str, when: When) -> Iterator[Event]:
    for had in graph.out(vehicle, "HAD"):
        if facts.valid(had, when):
            visit = graph.the("ServiceVisit", had.end)
            yield Event(visit.properties["visitedOn"], "VISIT", visit)


def path(graph: Graph, start: Thing | None, goal: Thing | None, most: int, when: When) -> list[tuple[Link, Thing]]:
    """The steps of a shortest path over links that hold, the one with the smallest ids; none where none is so short.

    It may end at a model or a dealer, but leads through none.
    """
    if start is None or goal is None:
        return []
    away = {goal.id: 0}
    level = [goal]
    for distance in range(1, most + 1):
        onward = [each for each in level if each is goal or each.label not in _ENDS_ONLY]
        level = []
        for thing in onward:
            for _, other in _neighbours(graph, thing, when):
                if other.id not in away:
                    away[other.id] = distance
                    level.append(other)
    if start.id not in away:
        return []
    steps: list[tuple[Link, Thing]] = []
    here = start
    while here is not goal:
        nearer = [
            (link, other)
            for link, other in _neighbours(graph, here, when)
            if away.get(other.id) == away[here.id] - 1 and (other is goal or other.label not in _ENDS_ONLY)
        ]
        steps.append(min(nearer, key=lambda step: step[0].id))
        here = steps[-1][1]
    return steps


def _neighbours(graph: Graph, thing: Thing, when: When) -> Iterator[tuple[Link, Thing]]:
    for link in graph.out(thing.id, *_CONNECTS):
        if facts.valid(link, when):
            yield link, graph.with_id(link.end)
    for link in graph.into(thing.id, *_CONNECTS):
        if facts.valid(link, when):
            yield link, graph.with_id(link.start)
