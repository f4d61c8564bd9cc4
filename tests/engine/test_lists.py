"""Filters, orders and pages of lists, on both engines, against the same questions answered in plain Python."""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import date
from typing import Any

import pytest

from renche.graph import filters
from renche.graph.clock import Moment
from renche.graph.database import Database
from renche.graph.filters import (
    All,
    Compare,
    Computed,
    Count,
    Filter,
    Missing,
    Not,
    Operator,
    Property,
    Quantifier,
    Related,
    Subject,
)
from renche.graph.page import MAXIMUM_PAGE, Page, PageShape, SortKey
from renche.graph.traversal import Traversal, traversal
from renche.loaders.batch import Row, count, count_root, read_pages, read_root
from tests.conftest import empty
from tests.drawn_graph import DAYS, MOMENTS, WORLD, load

PEOPLE, REFERRALS = traversal("people"), traversal("referrals")
MEMBERS, FLEET = traversal("club.members"), traversal("person.vehicles")
DRIVES, STATUS = traversal("person.drives"), traversal("referral.status")
BORN, GENDER, CITY = Property("birthYear"), Property("gender"), Property("city")
SINCE = Property("validFrom", of_edge=True)


@pytest.fixture(scope="module")
async def loaded(engine: Database) -> AsyncIterator[Database]:
    """Each engine in turn with the drawn graph."""
    await load(engine, WORLD)
    yield engine
    await empty(engine)


def value_of(subject: Subject, row: Row, moment: Moment) -> Any:
    """What is compared, of a row's thing or its edge."""
    if isinstance(subject, Property):
        return (row.edges[0].properties if subject.of_edge else row.node).get(subject.name)
    if isinstance(subject, Count):
        assert subject.traversal is DRIVES
        return len(WORLD.held("DRIVES", moment, start=row.node["id"]))
    assert subject.traversal is STATUS
    steps = [WORLD.nodes["ReferralStep"][edge.end] for edge in WORLD.held("REACHED", moment, start=row.node["id"])]
    return max(steps, key=lambda step: (step["reachedOn"], step["rank"]))["status"] if steps else "INVITED"


COMPARED: dict[Operator, Callable[[Any, Any], bool]] = {
    Operator.EQ: lambda value, given: value == given,
    Operator.IN: lambda value, given: value in given,
    Operator.LT: lambda value, given: value < given,
    Operator.LTE: lambda value, given: value <= given,
    Operator.GT: lambda value, given: value > given,
    Operator.GTE: lambda value, given: value >= given,
    Operator.CONTAINS: lambda value, given: given in value,
    Operator.STARTS_WITH: lambda value, given: value.startswith(given),
    Operator.ENDS_WITH: lambda value, given: value.endswith(given),
}


def meets(filter_: Filter, values: Sequence[Any], row: Row, moment: Moment) -> bool:
    """Whether a row meets a filter, by the rules that docs/graphql.md gives."""
    match filter_:
        case Not(part):
            return not meets(part, values, row, moment)
        case All(parts):
            return all(meets(part, values, row, moment) for part in parts)
        case filters.Any(parts):
            return any(meets(part, values, row, moment) for part in parts)
        case Missing(subject):
            return value_of(subject, row, moment) is None
        case Related(way, quantifier, part):
            assert way is DRIVES
            met = [
                meets(part, values, Row((), WORLD.nodes["Vehicle"][edge.end], (edge,)), moment)
                for edge in WORLD.held("DRIVES", moment, start=row.node["id"])
            ]
            answers = {
                Quantifier.SOME: any(met),
                Quantifier.NONE: not any(met),
                Quantifier.EVERY: all(met),
            }
            return answers[quantifier]
        case Compare(subject, Operator.NE, slot):
            return not meets(Compare(subject, Operator.EQ, slot), values, row, moment)
        case Compare(subject, Operator.NOT_IN, slot):
            return not meets(Compare(subject, Operator.IN, slot), values, row, moment)
    value = value_of(filter_.subject, row, moment)
    return value is not None and COMPARED[filter_.operator](value, values[filter_.slot])


def on(subject: Subject, operator: Operator, slot: int = 0) -> Compare:
    return Compare(subject, operator, slot)


# Each with the values of its slots. Some people have no birth year and some no gender.
FILTERS: dict[str, tuple[Filter, tuple[Any, ...]]] = {
    "everything": (All(()), ()),
    "nothing": (filters.Any(()), ()),
    **{operator.value: (on(BORN, operator), (1980,)) for operator in (Operator.EQ, Operator.NE)},
    **{
        operator.value: (on(BORN, operator), (1980,))
        for operator in (Operator.LT, Operator.LTE, Operator.GT, Operator.GTE)
    },
    "in": (on(BORN, Operator.IN), ((1970, 1990),)),
    "not in": (on(BORN, Operator.NOT_IN), ((1970, 1990),)),
    "in nothing": (on(BORN, Operator.IN), ((),)),
    "not in nothing": (on(BORN, Operator.NOT_IN), ((),)),
    "contains": (on(GENDER, Operator.CONTAINS), ("MAL",)),
    "starts with": (on(GENDER, Operator.STARTS_WITH), ("MA",)),
    "ends with": (on(CITY, Operator.ENDS_WITH), ("10000",)),
    "missing": (Missing(BORN), ()),
    "both": (All((on(BORN, Operator.GT), on(GENDER, Operator.NE, 1))), (1970, "MALE")),
    "either": (filters.Any((on(BORN, Operator.GT), on(GENDER, Operator.EQ, 1))), (1980, "FEMALE")),
    "either or nothing": (filters.Any((on(BORN, Operator.EQ), filters.Any(()))), (1980,)),
    "either or everything": (filters.Any((on(BORN, Operator.EQ), All(()))), (1980,)),
    "neither": (Not(filters.Any((on(BORN, Operator.LT), Missing(GENDER)))), (1990,)),
    "count": (on(Count(DRIVES), Operator.GTE), (2,)),
    "count zero": (on(Count(DRIVES), Operator.EQ), (0,)),
    "count missing": (Missing(Count(DRIVES)), ()),
    **{
        f"{quantifier} {name}": (Related(DRIVES, quantifier, part), given)
        for quantifier in Quantifier
        for name, part, given in [
            ("car", on(Property("type"), Operator.EQ), ("CAR",)),
            ("at all", All(()), ()),
            ("never", filters.Any(()), ()),
            ("early", on(SINCE, Operator.LT), (DAYS[3],)),
            ("not early", Not(on(SINCE, Operator.LT)), (DAYS[3],)),
            ("since ever", Missing(SINCE), ()),
        ]
    },
}


def people() -> list[Row]:
    return [Row((id_,), node, ()) for id_, node in sorted(WORLD.nodes["Person"].items())]


@pytest.mark.parametrize("name", FILTERS)
async def test_a_filter_leaves_the_rows_that_meet_it(loaded: Database, name: str) -> None:
    """Rows and their number are those of Python, and `not` gives exactly the others."""
    filter_, values = FILTERS[name]
    for moment in MOMENTS[:3]:
        met = [row.node["id"] for row in people() if meets(filter_, values, row, moment)]
        others = [row.node["id"] for row in people() if row.node["id"] not in met]
        for asked, expected in ((filter_, met), (Not(filter_), others), (Not(Not(filter_)), met)):
            page = Page(PageShape(asked), MAXIMUM_PAGE, values=values)
            assert [row.node["id"] for row in await read_root(loaded, PEOPLE, page, moment)] == expected
            assert await count_root(loaded, PEOPLE, page, moment) == len(expected)


async def test_a_filter_may_ask_for_a_value_that_is_found(loaded: Database) -> None:
    """The status of a referral is a value of a traversal, compared like a property."""
    rows = [Row((id_,), node, ()) for id_, node in sorted(WORLD.nodes["Referral"].items())]
    seen = set()
    for moment in MOMENTS[:3]:
        for status in {value_of(Computed(STATUS), row, moment) for row in rows}:
            for operator in (Operator.EQ, Operator.NE):
                page = Page(PageShape(on(Computed(STATUS), operator)), MAXIMUM_PAGE, values=(status,))
                expected = [row for row in rows if meets(page.shape.filter, page.values, row, moment)]
                assert await read_root(loaded, REFERRALS, page, moment) == expected
            seen.add(status)
    assert len(seen) > 2


def members(club: str, moment: Moment) -> list[Row]:
    """One row for each membership."""
    edges = WORLD.held("MEMBER_OF", moment, end=club)
    return [Row((edge.properties["id"],), WORLD.nodes["Person"][edge.start], (edge,)) for edge in edges]


def fleet(person: str, moment: Moment) -> list[Row]:
    """One row for each vehicle, with all roles."""
    edges = sorted(
        (edge for type_ in FLEET.relationships for edge in WORLD.held(type_, moment, start=person)),
        key=lambda edge: str(edge.properties["id"]),
    )
    vehicles = WORLD.nodes["Vehicle"]
    return [
        Row((end,), vehicles[end], tuple(edge for edge in edges if edge.end == end)) for end in {e.end for e in edges}
    ]


def in_order(rows: list[Row], order: Sequence[SortKey], moment: Moment) -> list[Row]:
    """The rows in this order with their keys; missing values last going up, first going down; equal ones by id."""
    found = sorted(rows, key=lambda row: row.keys)
    for key in reversed(order):

        def place(row: Row, key: SortKey = key) -> tuple[bool, Any]:
            value = value_of(key.subject, row, moment)
            return (value is None, value)

        found.sort(key=place, reverse=key.descending)
    return [
        Row((*(value_of(key.subject, row, moment) for key in order), *row.keys), row.node, row.edges) for row in found
    ]


Read = Callable[[Database, Page, Moment], Any]
ORDERS: dict[str, tuple[Traversal, tuple[SortKey, ...]]] = {
    "id": (PEOPLE, ()),
    "birth year": (PEOPLE, (SortKey(BORN),)),
    "birth year down": (PEOPLE, (SortKey(BORN, True),)),
    "gender, birth year down": (PEOPLE, (SortKey(GENDER), SortKey(BORN, True))),
    "gender down, birth year": (PEOPLE, (SortKey(GENDER, True), SortKey(BORN))),
    "city, gender, birth year": (PEOPLE, (SortKey(CITY), SortKey(GENDER), SortKey(BORN))),
    "drives down, birth year": (PEOPLE, (SortKey(Count(DRIVES), True), SortKey(BORN))),
    "id down": (PEOPLE, (SortKey(Property("id"), True),)),
    "status, day down": (REFERRALS, (SortKey(Computed(STATUS)), SortKey(Property("madeOn"), True))),
    "member since": (MEMBERS, (SortKey(SINCE),)),
    "member since down, birth year": (MEMBERS, (SortKey(SINCE, True), SortKey(BORN))),
    "recorded down": (MEMBERS, (SortKey(Property("recordedAt", of_edge=True), True),)),
    "brand, age": (FLEET, (SortKey(Property("brand")), SortKey(Property("inUseSince"), True))),
}


def rows_of(way: Traversal, key: str, moment: Moment) -> list[Row]:
    if way is MEMBERS:
        return members(key, moment)
    if way is FLEET:
        return fleet(key, moment)
    return [Row((id_,), node, ()) for id_, node in WORLD.nodes[way.end.label].items()]


@pytest.mark.parametrize("backward", [False, True], ids=["first", "last"])
@pytest.mark.parametrize("name", ORDERS)
async def test_pages_keep_an_order_with_missing_values(loaded: Database, name: str, backward: bool) -> None:
    """Pages of any size, from either end, give every row once in the order asked for, whatever row they begin at."""
    way, order = ORDERS[name]
    moment = MOMENTS[0]
    keys = list(WORLD.nodes[way.start.label]) if way.start else ["everywhere"]
    longest = max(keys, key=lambda key: len(rows_of(way, key, moment)))
    expected = in_order(rows_of(way, longest, moment), order, moment)
    if backward:
        expected.reverse()
    assert len(expected) > 3

    async def read(page: Page) -> list[Row]:
        if way.start is None:
            return await read_root(loaded, way, page, moment)
        [rows] = await read_pages(loaded, way, [longest], page, moment)
        return rows

    assert await read(Page(PageShape(order=order, backward=backward), MAXIMUM_PAGE)) == expected
    for place, row in enumerate(expected):
        seek = tuple(key is not None for key in row.keys[:-1])
        page = Page(PageShape(order=order, backward=backward, seek=seek), 2, seek=row.keys)
        assert await read(page) == expected[place + 1 : place + 4], f"after row {place}"


async def test_a_filter_and_an_order_stand_together(loaded: Database) -> None:
    """A page of a filtered, ordered list of roles goes on where it ended."""
    moment = MOMENTS[0]
    filter_ = filters.Any((on(BORN, Operator.NE), Missing(SINCE)))
    order = (SortKey(SINCE, True), SortKey(BORN))
    seen = 0
    for club in WORLD.nodes["Club"]:
        rows = [row for row in members(club, moment) if meets(filter_, (1980,), row, moment)]
        expected = in_order(rows, order, moment)
        walked: list[Row] = []
        while True:
            last = walked[-1].keys if walked else ()
            seek = tuple(key is not None for key in last[:-1]) if walked else None
            page = Page(PageShape(filter_, order, seek), 1, values=(1980,), seek=last)
            [found] = await read_pages(loaded, MEMBERS, [club], page, moment)
            walked += found[:1]
            if len(found) < 2:
                break
        assert walked == expected
        assert await count(loaded, MEMBERS, [club], Page(PageShape(filter_), values=(1980,)), moment) == [len(rows)]
        seen += len(rows)
    assert seen


@pytest.mark.parametrize("from_", [None, DAYS[2]])
@pytest.mark.parametrize("to", [None, DAYS[4]])
async def test_roles_between_two_days_held_on_one_of_them(
    loaded: Database, from_: date | None, to: date | None
) -> None:
    """`between` gives roles that held at some time from the first day on and before the last, whatever `asOf` is."""
    shape = PageShape(between=(from_ is not None, to is not None))
    page = Page(shape, MAXIMUM_PAGE, between=(from_, to))
    clubs, seen = list(WORLD.nodes["Club"]), set()
    for moment in MOMENTS:
        expected = []
        for club in clubs:
            edges = [
                edge
                for edge, _, _ in WORLD.edges
                if edge.type == "MEMBER_OF"
                and edge.end == club
                and WORLD.known(edge, moment)
                and (from_ is None or edge.properties.get("validTo", date.max) > from_)
                and (to is None or edge.properties.get("validFrom", date.min) < to)
            ]
            rows = [Row((edge.properties["id"],), WORLD.nodes["Person"][edge.start], (edge,)) for edge in edges]
            expected.append(in_order(rows, (), moment))
        assert await read_pages(loaded, MEMBERS, clubs, page, moment) == expected
        assert await count(loaded, MEMBERS, clubs, page, moment) == [len(rows) for rows in expected]
        seen.add(sum(map(len, expected)))
    assert len(seen) > 1
