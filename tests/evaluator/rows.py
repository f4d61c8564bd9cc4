"""What each field leads to: the rows of every list, of every linked thing, and of every root list.

A field is named `Type.field`, as in the schema. To teach the evaluator a new list, say here what its rows are.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

from tests.evaluator import facts
from tests.evaluator.graph import Graph, Link, Thing, When

Holds: TypeAlias = Callable[[Link], bool]
"""Whether a role counts: on the day asked about, or within an interval."""


@dataclass(frozen=True)
class Row:
    """A thing, the roles that lead to it, and the id by which ties are broken."""

    thing: Thing
    id: str
    roles: tuple[Link, ...] = ()


Lead: TypeAlias = Callable[[Graph, Thing, When, Holds], list[Row]]
Root: TypeAlias = Callable[[Graph, When, Mapping[str, Any]], list[Thing]]

ROADS = ("PURCHASED", "DRIVES", "SERVICES")


def _far(graph: Graph, link: Link, label: str, *, back: bool) -> Thing:
    return graph.the(label, link.start if back else link.end)


def _near(graph: Graph, start: Thing, types: tuple[str, ...], *, back: bool) -> list[Link]:
    return graph.into(start.id, *types) if back else graph.out(start.id, *types)


def _each(type_: str, label: str, *, back: bool = False, also: Callable[..., bool] = lambda *_: True) -> Lead:
    """One row for each role; `also` is what the role must be besides."""

    def lead(graph: Graph, start: Thing, when: When, holds: Holds) -> list[Row]:
        links = [link for link in _near(graph, start, (type_,), back=back) if holds(link) and also(graph, link, when)]
        return [Row(_far(graph, link, label, back=back), link.id, (link,)) for link in links]

    return lead


def _gathered(types: tuple[str, ...], label: str, *, back: bool = False, role: str | None = None) -> Lead:
    """One row for each thing, with its roles together in the order of their ids."""

    def lead(graph: Graph, start: Thing, when: When, holds: Holds) -> list[Row]:
        del when
        found: dict[str, list[Link]] = defaultdict(list)
        for link in _near(graph, start, types, back=back):
            if holds(link) and (role is None or link.properties["role"] == role):
                found[_far(graph, link, label, back=back).id].append(link)
        return [Row(graph.the(label, id_), id_, _in_order(links)) for id_, links in found.items()]

    return lead


def _in_order(links: list[Link]) -> tuple[Link, ...]:
    return tuple(sorted(links, key=lambda link: link.id))


def _things(type_: str, label: str, *, back: bool = False) -> Lead:
    """One row for each thing that a valid link leads to."""

    def lead(graph: Graph, start: Thing, when: When, holds: Holds) -> list[Row]:
        del holds
        links = [link for link in _near(graph, start, (type_,), back=back) if facts.valid(link, when)]
        return [_row(thing) for thing in {thing.id: thing for thing in _ends(graph, links, label, back)}.values()]

    return lead


def _ends(graph: Graph, links: list[Link], label: str, back: bool) -> list[Thing]:
    return [_far(graph, link, label, back=back) for link in links]


def _row(thing: Thing) -> Row:
    return Row(thing, thing.id)


def _naming(label: str, property_: str) -> Lead:
    """The things whose property names the start."""
    return lambda graph, start, *_: [
        _row(thing) for thing in graph.all(label) if thing.properties.get(property_) == start.id
    ]


def _named(label: str, property_: str) -> Lead:
    """The thing that a property of the start names."""

    def lead(graph: Graph, start: Thing, *_: object) -> list[Row]:
        thing = graph.thing(label, start.properties.get(property_))
        return [] if thing is None else [_row(thing)]

    return lead


def _fleet(graph: Graph, start: Thing, when: When, holds: Holds) -> list[Row]:
    living = facts.members(graph, start.id, when)
    return [
        Row(
            graph.the("Vehicle", id_),
            id_,
            _in_order([each for each in graph.into(id_, *ROADS) if each.start in living and holds(each)]),
        )
        for id_ in facts.fleet(graph, start.id, when)
    ]


def _last_dealer(graph: Graph, start: Thing, when: When, holds: Holds) -> list[Row]:
    del holds
    sales = [
        each
        for each in graph.into(start.id, "PURCHASED")
        if facts.known(each, when)
        and each.properties.get("dealerId") is not None
        and (each.properties.get("validFrom") or when.day.min) <= when.day
    ]
    if not sales:
        return []
    latest = max(each.properties.get("validFrom") or when.day.min for each in sales)
    sale = min(
        (each for each in sales if (each.properties.get("validFrom") or when.day.min) == latest),
        key=lambda each: each.id,
    )
    thing = graph.thing("Dealer", sale.properties["dealerId"])
    return [] if thing is None else [_row(thing)]


def _bringer(graph: Graph, start: Thing, *_: object) -> list[Row]:
    registration = start.properties.get("registrationId")
    return [] if registration is None else [_row(t) for t in _persons(graph, registration)]


def _persons(graph: Graph, registration: str) -> list[Thing]:
    return [graph.the("Person", each.end) for each in graph.out(registration, "OF_PERSON")]


def _registrations(graph: Graph, start: Thing, *_: object) -> list[Row]:
    return [_row(graph.the("Registration", each.start)) for each in graph.into(start.id, "OF_PERSON")]


def _owning(graph: Graph, link: Link, when: When) -> bool:
    return facts.owning(graph, link, when)


EACH: Mapping[str, Lead] = {
    "Person.intents": _each("INTENDS_TO_BUY", "Model"),
    "Person.purchases": _each("PURCHASED", "Vehicle"),
    "Person.ownedVehicles": _each("PURCHASED", "Vehicle", also=_owning),
    "Person.drives": _each("DRIVES", "Vehicle"),
    "Person.services": _each("SERVICES", "Vehicle"),
    "Person.households": _each("LIVES_IN", "Household"),
    "Person.clubs": _each("MEMBER_OF", "Club"),
    "Vehicle.owners": _each("PURCHASED", "Person", back=True, also=_owning),
    "Vehicle.purchasers": _each("PURCHASED", "Person", back=True),
    "Vehicle.drivers": _each("DRIVES", "Person", back=True),
    "Vehicle.servicers": _each("SERVICES", "Person", back=True),
    "Vehicle.households": _each("KEEPS", "Household", back=True),
    "Club.members": _each("MEMBER_OF", "Person", back=True),
    "Club.leads": _each("MEMBER_OF", "Person", back=True, also=lambda _, link, __: link.properties["rank"] == "LEAD"),
    "Household.members": _each("LIVES_IN", "Person", back=True),
    "Registration.identifiers": _each("GAVE", "Identifier"),
}
"""A row is a role."""

GATHERED: Mapping[str, Lead] = {
    "Person.vehicles": _gathered(ROADS, "Vehicle"),
    "Vehicle.people": _gathered(ROADS, "Person", back=True),
    "Household.fleet": _fleet,
    "Dealer.leads": _gathered(("DEALT_WITH",), "Person", back=True, role="INTENT"),
    "Dealer.purchasers": _gathered(("DEALT_WITH",), "Person", back=True, role="PURCHASE"),
    "Dealer.servicers": _gathered(("DEALT_WITH",), "Person", back=True, role="SERVICE"),
}
"""A row is a thing with its roles."""

PLAIN: Mapping[str, Lead] = {
    "Person.referralsMade": _things("MADE", "Referral"),
    "Person.referralsReceived": _things("OF", "Referral", back=True),
    "Person.registrations": _registrations,
    "Dealer.secondaryDealers": _things("UNDER", "Dealer", back=True),
    "Dealer.referrals": _things("AT", "Referral", back=True),
    "Dealer.visits": _naming("ServiceVisit", "dealerId"),
    "Club.referrals": _things("THROUGH", "Referral", back=True),
    "Model.vehicles": _naming("Vehicle", "modelId"),
    "Vehicle.visits": _things("HAD", "ServiceVisit"),
    "Referral.statusHistory": _things("REACHED", "ReferralStep"),
}
"""A row is a thing."""

ONE: Mapping[str, Lead] = {
    "Dealer.parent": _things("UNDER", "Dealer"),
    "Vehicle.model": _things("OF_MODEL", "Model"),
    "Vehicle.dealer": _last_dealer,
    "ServiceVisit.vehicle": _things("HAD", "Vehicle", back=True),
    "ServiceVisit.dealer": _named("Dealer", "dealerId"),
    "ServiceVisit.person": _bringer,
    "Referral.referrer": _things("MADE", "Person", back=True),
    "Referral.friend": _things("OF", "Person"),
    "Referral.dealer": _things("AT", "Dealer"),
    "Referral.club": _things("THROUGH", "Club"),
    "Referral.vehicle": _things("RESULTED_IN", "Vehicle"),
}
"""At most one thing; of several that a graph may hold, the one with the smallest id is shown."""

LEADS: Mapping[str, Lead] = {**EACH, **GATHERED, **PLAIN, **ONE}


def _all(label: str) -> Root:
    return lambda graph, *_: graph.all(label)


def _of_city(graph: Graph, arguments: Mapping[str, Any]) -> list[Thing]:
    return [each for each in graph.all("Person") if each.properties.get("city") == arguments["city"]]


def _owners_who_referred(graph: Graph, when: When, arguments: Mapping[str, Any]) -> list[Thing]:
    people = _of_city(graph, arguments)
    return [each for each in people if facts.owned(graph, each, when) and facts.referred(graph, each, when)]


def _lapsed_owners(graph: Graph, when: When, arguments: Mapping[str, Any]) -> list[Thing]:
    return [each for each in _of_city(graph, arguments) if facts.lapsed(graph, each, when, arguments["months"])]


def _candidates(graph: Graph, when: When, arguments: Mapping[str, Any]) -> list[Thing]:
    return [each for each in _of_city(graph, arguments) if facts.reasons(graph, each, when)]


ROOTS: Mapping[str, Root] = {
    "people": _all("Person"),
    "vehicles": _all("Vehicle"),
    "models": _all("Model"),
    "dealers": _all("Dealer"),
    "clubs": _all("Club"),
    "households": _all("Household"),
    "referrals": _all("Referral"),
    "ownersWhoReferred": _owners_who_referred,
    "lapsedOwners": _lapsed_owners,
    "repurchaseCandidates": _candidates,
}
"""Root lists."""


def rows_of(graph: Graph, field: str, start: Thing, when: When, holds: Holds | None = None) -> list[Row]:
    """The rows that a field leads to from a thing; without `holds`, roles must be valid."""
    return LEADS[field](graph, start, when, holds or partial(facts.valid, when=when))


def root_rows(graph: Graph, field: str, when: When, arguments: Mapping[str, Any]) -> list[Row]:
    """The rows of a root list."""
    return [_row(thing) for thing in ROOTS[field](graph, when, arguments)]
