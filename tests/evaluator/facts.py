"""Rules of the business on a graph: which facts hold, who owns, who lapsed, who may buy again, what a referral reached.

They follow docs/graph.md and the sentences of the predicates.
"""

import calendar
from datetime import date, timedelta

from tests.evaluator.graph import Graph, Link, Thing, When

STATUSES = [
    "INVITED",
    "LEAD",
    "VISITED",
    "TEST_DRIVE",
    "ORDERED",
    "DELIVERED",
    "REJECTED",
    "EXPIRED",
    "VOIDED",
]


def known(link: Link, when: When) -> bool:
    """Recorded by then, and not yet retracted."""
    retracted = link.properties.get("retractedAt")
    return link.properties["recordedAt"] <= when.instant and (retracted is None or retracted > when.instant)


def valid(link: Link, when: When) -> bool:
    """Known, and holds on the day: from its start on, up to the day before its end; unknown ends are open."""
    start, end = link.properties.get("validFrom"), link.properties.get("validTo")
    return known(link, when) and (start is None or start <= when.day) and (end is None or end > when.day)


def within(link: Link, when: When, start: date | None, end: date | None) -> bool:
    """Known, and holds on some day of an interval, whose end does not belong to it."""
    from_, to = link.properties.get("validFrom"), link.properties.get("validTo")
    return (
        known(link, when)
        and (start is None or to is None or to > start)
        and (end is None or from_ is None or from_ < end)
    )


def owning(graph: Graph, purchase: Link, when: When) -> bool:
    """The purchase is valid, and by the day nobody bought the vehicle later."""
    since = purchase.properties.get("validFrom") or date.min
    for other in graph.into(purchase.end, "PURCHASED"):
        day = other.properties.get("validFrom")
        if known(other, when) and day is not None and since < day <= when.day:
            return False
    return valid(purchase, when)


def owned(graph: Graph, person: Thing, when: When) -> list[Thing]:
    """The vehicles that a person owns."""
    purchases = graph.out(person.id, "PURCHASED")
    return [graph.the("Vehicle", each.end) for each in purchases if owning(graph, each, when)]


def earlier(day: date, months: int) -> date:
    """The day that many months before; the last one of its month where that is shorter."""
    count = day.year * 12 + day.month - 1 - months
    year, month = count // 12, count % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def fleet(graph: Graph, household: str, when: When) -> set[str]:
    """Ids of the vehicles that a household keeps, or that a member owns or drives."""
    found = {each.end for each in graph.out(household, "KEEPS") if valid(each, when)}
    for person in members(graph, household, when):
        found |= {each.end for each in graph.out(person, "DRIVES") if valid(each, when)}
        found |= {each.end for each in graph.out(person, "PURCHASED") if owning(graph, each, when)}
    return found


def members(graph: Graph, household: str, when: When) -> set[str]:
    """Ids of the people who live in a household."""
    return {each.start for each in graph.into(household, "LIVES_IN") if valid(each, when)}


def referred(graph: Graph, person: Thing, when: When) -> bool:
    """Made a referral that has a friend."""
    return any(
        valid(made, when) and any(valid(of, when) for of in graph.out(made.end, "OF"))
        for made in graph.out(person.id, "MADE")
    )


def lapsed(graph: Graph, person: Thing, when: When, months: int) -> bool:
    """Owns a vehicle older than the months, and none of those had a service in that time."""
    since = earlier(when.day, months)
    aged = [each for each in owned(graph, person, when) if (each.properties.get("inUseSince") or date.max) < since]
    visits = [
        graph.the("ServiceVisit", had.end)
        for vehicle in aged
        for had in graph.out(vehicle.id, "HAD")
        if known(had, when)
    ]
    return bool(aged) and not any(since <= visit.properties["visitedOn"] <= when.day for visit in visits)


def reasons(graph: Graph, person: Thing, when: When) -> list[str]:
    """Why an owner may buy again; nothing for who owns no vehicle."""
    vehicles = owned(graph, person, when)
    if not vehicles:
        return []
    found = []
    ages = [each.properties["inUseSince"] for each in vehicles if each.properties.get("inUseSince")]
    # Four to seven completed years: the fourth birthday has come, the eighth has not.
    if any(earlier(when.day, 96) < since <= earlier(when.day, 48) for since in ages):
        found.append("VEHICLE_AGE")
    homes = [each.end for each in graph.out(person.id, "LIVES_IN") if valid(each, when)]
    if any(len(_drivers(graph, home, when)) > len(fleet(graph, home, when)) for home in homes):
        found.append("HOUSEHOLD_SHORT_OF_VEHICLES")
    if _intent_rose(graph, person, when):
        found.append("INTENT_ROSE")
    return found


def _drivers(graph: Graph, household: str, when: When) -> set[str]:
    return {
        person
        for person in members(graph, household, when)
        if graph.the("Person", person).properties.get("licensed")
        or any(valid(each, when) for each in graph.out(person, "DRIVES"))
    }


def _intent_rose(graph: Graph, person: Thing, when: When) -> bool:
    intents = graph.out(person.id, "INTENDS_TO_BUY")
    for hot in intents:
        since = hot.properties.get("validFrom")
        if hot.properties["heat"] != "HOT" or not valid(hot, when):
            continue
        if since is None or since <= when.day - timedelta(days=90):
            continue
        for cooler in intents:
            before = cooler.properties.get("validFrom") or date.min
            if cooler.end == hot.end and cooler.properties["heat"] != "HOT" and known(cooler, when) and before < since:
                return True
    return False


def history(graph: Graph, referral: Thing, when: When) -> list[str]:
    """The statuses a referral had, the latest first; on the same day the furthest one first."""
    steps = [graph.the("ReferralStep", each.end) for each in graph.out(referral.id, "REACHED") if valid(each, when)]
    steps.sort(key=lambda step: (step.properties["reachedOn"], step.properties["rank"]), reverse=True)
    return [step.properties["status"] for step in steps]


def status(graph: Graph, referral: Thing, when: When) -> str:
    """Where a referral stands."""
    return (history(graph, referral, when) or ["INVITED"])[0]
