"""Every traversal read by the batch, on both engines, against the same questions answered in plain Python."""

import re
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import date, timedelta
from importlib.resources import files
from typing import Any

import pytest

from renche.graph.clock import Moment
from renche.graph.database import Database
from renche.graph.filters import All, Compare, Filter, Operator, Property
from renche.graph.named_queries import definitions, read_definitions
from renche.graph.page import MAXIMUM_PAGE, Page, PageShape
from renche.graph.traversal import Traversal, traversal
from renche.graph.words import ReferralStatus
from renche.loaders.batch import (
    Edge,
    Row,
    count,
    count_root,
    read_nodes,
    read_pages,
    read_records,
    read_root,
    read_table,
    read_values,
)
from tests.conftest import empty
from tests.drawn_graph import DAYS, MOMENTS, WORLD, load


@pytest.fixture(scope="module")
async def loaded(engine: Database) -> AsyncIterator[Database]:
    """Each engine in turn with the drawn graph."""
    await load(engine, WORLD)
    yield engine
    await empty(engine)


# The texts before predicates are put in: simple enough to be taken apart here.
RAW = read_definitions(
    {
        entry.name: text
        for entry in files("renche.cypher").iterdir()
        if entry.name.endswith(".cypher") and "// predicate:" not in (text := entry.read_text(encoding="utf-8"))
    }
)[0]
ONE_EDGE = re.compile(
    r"MATCH \(\w+\)(?P<left><?)-\[(?P<edge>\w*):(?P<types>[A-Z_|]+)\]->?\((?P<end>\w+):(?P<label>\w+)\)"
    r"(?:\nWHERE (?P<where>[^\n]+))?"
)
WAYS = [traversal(name) for name, found in definitions().items() if "to" in found.attributes]
FROM_NODES = [way for way in WAYS if way.start]
ROOTS = [way for way in WAYS if not way.start]
VALUES = [
    traversal(name)
    for name, found in definitions().items()
    if "value" in found.attributes and "from" in found.attributes
]
SIMPLE = [way for way in FROM_NODES if ONE_EDGE.fullmatch(RAW[way.name].text)]
ARGUMENTS = (("city", "310000"), ("months", 12))
EVERYTHING = Page(first=MAXIMUM_PAGE)


def asked(size: int, *, after: Row | None = None) -> Page:
    """The page of this size from the beginning of a list in the order of its ids, or after a row of it."""
    shape = PageShape(seek=None if after is None else ())
    return Page(shape, size, seek=() if after is None else after.keys, arguments=ARGUMENTS)


def met(*values: tuple[str, Any]) -> tuple[Filter, tuple[Any, ...]]:
    """The filter that these properties have these values, and what fills its slots."""
    parts = tuple(Compare(Property(name), Operator.EQ, slot) for slot, (name, _) in enumerate(values))
    return All(parts), tuple(value for _, value in values)


def condition_of(where: str | None, moment: Moment) -> Callable[[Edge], bool]:
    """What a raw WHERE asks of the edge."""
    if where is None:
        return lambda _: True
    if found := re.fullmatch(r"\w+\.(\w+) = '(\w+)'", where):
        return lambda edge: edge.properties.get(found[1]) == found[2]
    if re.fullmatch(r"valid\(\w+\)", where):
        return lambda edge: WORLD.valid(edge, moment)
    assert re.fullmatch(r"owning\(\w+, vehicle\)", where), where
    return lambda edge: WORLD.owning(edge, moment)


def evaluated(way: Traversal, key: str, moment: Moment) -> list[Row]:
    """All rows of a traversal over one edge, in plain Python."""
    parts = ONE_EDGE.fullmatch(RAW[way.name].text)
    assert parts is not None
    assert way.start is not None
    meets = condition_of(parts["where"], moment)
    rows: list[Row] = []
    gathered: dict[str, list[Edge]] = {}
    for edge, start, end in WORLD.edges:
        near, far, label, other = (
            (edge.end, edge.start, end, start) if parts["left"] else (edge.start, edge.end, start, end)
        )
        if near != key or (label, other) != (way.start.label, parts["label"]):
            continue
        if edge.type not in parts["types"].split("|") or not meets(edge):
            continue
        if way.edge and not WORLD.valid(edge, moment):
            continue
        node = WORLD.nodes[other][far]
        if way.gathers:
            gathered.setdefault(far, []).append(edge)
        elif way.edge:
            rows.append(Row((edge.properties["id"],), node, (edge,)))
        else:
            rows.append(Row((far,), node, ()))
    rows += [
        Row((far,), WORLD.nodes[parts["label"]][far], tuple(sorted(edges, key=lambda edge: str(edge.properties["id"]))))
        for far, edges in gathered.items()
    ]
    if way.order:
        assert way.order == "step.reachedOn"
        return sorted(rows, key=lambda row: (row.node["reachedOn"], row.keys))
    return sorted(rows, key=lambda row: row.keys)


def keys_of(way: Traversal) -> list[str]:
    assert way.start is not None
    return list(WORLD.nodes[way.start.label])


def named(ways: Sequence[Traversal]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("way", ways, ids=[way.name for way in ways])


def test_most_traversals_are_evaluated() -> None:
    """Only the few that a pattern of one edge cannot say are left to the comparison of the engines."""
    assert {way.name for way in FROM_NODES} - {way.name for way in SIMPLE} == {
        *BY_PROPERTY,
        "household.fleet",
        "vehicle.dealer",
        "visit.person",
    }


# Ways that go by a property: what it is called, and whether it is the start that has it.
BY_PROPERTY = {
    "model.vehicles": ("modelId", False),
    "dealer.visits": ("dealerId", False),
    "visit.dealer": ("dealerId", True),
}


@pytest.mark.parametrize("name", BY_PROPERTY)
async def test_a_way_by_property_gives_what_python_gives(loaded: Database, name: str) -> None:
    """Where an index stands in for a relationship, the rows are those whose property names the other end."""
    way = traversal(name)
    called, at_start = BY_PROPERTY[name]
    assert way.start is not None
    starts, ends = WORLD.nodes[way.start.label], WORLD.nodes[way.end.label]
    expected = [
        [
            Row((id_,), ends[id_], ())
            for id_ in sorted(ends)
            if (start[called] == id_ if at_start else ends[id_][called] == start["id"])
        ]
        for start in starts.values()
    ]
    assert await read_pages(loaded, way, list(starts), EVERYTHING, MOMENTS[0]) == expected
    assert any(expected)


@named(SIMPLE)
async def test_a_traversal_gives_what_python_gives(loaded: Database, way: Traversal) -> None:
    """Rows, their order and their number are right for every start at every moment, and some are not empty."""
    keys = keys_of(way)
    seen = 0
    for moment in MOMENTS:
        expected = [evaluated(way, key, moment) for key in keys]
        seen += sum(map(len, expected))
        assert await read_pages(loaded, way, keys, EVERYTHING, moment) == expected
        assert await count(loaded, way, keys, EVERYTHING, moment) == [len(rows) for rows in expected]
    assert seen


@named([way for way in FROM_NODES if not way.order])
async def test_pages_walk_every_row_once(loaded: Database, way: Traversal) -> None:
    """Pages of any size, one after another, give the rows of one large page in the same order."""
    keys = keys_of(way)
    moment = MOMENTS[0]
    everything = await read_pages(loaded, way, keys, EVERYTHING, moment)
    assert await count(loaded, way, keys, Page(), moment) == [len(rows) for rows in everything]
    longest = max(everything, key=len)
    assert longest
    assert longest == sorted(longest, key=lambda row: row.keys)
    key = keys[everything.index(longest)]
    for size in (1, 3):
        walked: list[Row] = []
        more = True
        while more:
            page = asked(size, after=walked[-1] if walked else None)
            [rows] = await read_pages(loaded, way, [key], page, moment)
            more = len(rows) > size
            walked += rows[:size]
        assert walked == longest


@named(ROOTS)
async def test_root_lists_walk_every_row_once(loaded: Database, way: Traversal) -> None:
    """Pages of a root list give each of its rows once, in the order of their ids, and the count agrees."""
    lists = [await read_root(loaded, way, asked(MAXIMUM_PAGE), moment) for moment in MOMENTS]
    everything = max(lists, key=len)
    assert everything
    moment = MOMENTS[lists.index(everything)]
    assert [row.keys for row in everything] == sorted({row.keys for row in everything})
    assert [row.keys for row in everything] == [(row.node["id"],) for row in everything]
    assert await count_root(loaded, way, asked(1), moment) == len(everything)
    if not way.order:
        assert [row.node for row in everything] == sorted(
            WORLD.nodes[way.end.label].values(), key=lambda n: str(n["id"])
        )
    for size in (1, 3):
        walked: list[Row] = []
        more = True
        while more:
            rows = await read_root(loaded, way, asked(size, after=walked[-1] if walked else None), moment)
            more = len(rows) > size
            walked += rows[:size]
        assert walked == everything


@named([way for way in ROOTS if way.indexed])
async def test_root_lists_are_narrowed(loaded: Database, way: Traversal) -> None:
    """Filters leave the rows with those values, alone and together, over pages and in counts."""
    nodes = sorted(WORLD.nodes[way.end.label].values(), key=lambda node: str(node["id"]))
    for names in [*((name,) for name in way.indexed), way.indexed]:
        given = tuple((name, nodes[0][name]) for name in names)
        expected = [node for node in nodes if all(node[name] == value for name, value in given)]
        filter_, values = met(*given)
        page = Page(PageShape(filter_), MAXIMUM_PAGE, values=values)
        assert [row.node for row in await read_root(loaded, way, page, MOMENTS[0])] == expected
        assert await count_root(loaded, way, page, MOMENTS[0]) == len(expected)
        after = Page(PageShape(filter_, seek=()), MAXIMUM_PAGE, values=values, seek=(expected[0]["id"],))
        assert [row.node for row in await read_root(loaded, way, after, MOMENTS[0])] == expected[1:]


@named(FROM_NODES)
async def test_keys_and_rows_stay_aligned(loaded: Database, way: Traversal) -> None:
    """Answers come in the order of the keys, twice for a key asked twice, empty for one that is not there."""
    one, *_, other = keys_of(way)
    page, moment = Page(first=3), MOMENTS[0]
    mixed = [other, "nobody", one, other]
    [of_one] = await read_pages(loaded, way, [one], page, moment)
    [of_other] = await read_pages(loaded, way, [other], page, moment)
    assert await read_pages(loaded, way, mixed, page, moment) == [of_other, [], of_one, of_other]
    numbers = await count(loaded, way, mixed, page, moment)
    assert numbers[1] == 0
    assert numbers[0] == numbers[3]
    assert await read_pages(loaded, way, [], page, moment) == []


async def test_nodes_stay_aligned(loaded: Database) -> None:
    """Nodes come in the order of their ids, None where there is none of that label."""
    dealers = WORLD.nodes["Dealer"]
    one, *_, other = dealers
    person = next(iter(WORLD.nodes["Person"]))
    found = await read_nodes(loaded, "Dealer", [other, "nobody", person, one, other])
    assert found == [dealers[other], None, None, dealers[one], dealers[other]]


def history(referral: str, moment: Moment) -> list[str]:
    """The statuses of a referral, the latest first; on one day the furthest first."""
    steps = [WORLD.nodes["ReferralStep"][edge.end] for edge in WORLD.held("REACHED", moment, start=referral)]
    return [step["status"] for step in sorted(steps, key=lambda step: (step["reachedOn"], step["rank"]), reverse=True)]


async def test_a_referral_stands_where_its_latest_step_is(loaded: Database) -> None:
    """referral.status is that of the last day, on one day the furthest; INVITED before any; None for nobody."""
    way, keys = traversal("referral.status"), list(WORLD.nodes["Referral"])
    seen: set[str] = set()
    for moment in MOMENTS:
        expected = [(history(key, moment) or ["INVITED"])[0] for key in keys]
        seen |= set(expected)
        assert await read_values(loaded, way, keys, moment) == expected
    assert len(seen) > 2
    last, *_ = reversed(keys)
    assert await read_values(loaded, way, [last, "nobody", last], MOMENTS[0]) == [
        (history(last, MOMENTS[0]) or ["INVITED"])[0],
        None,
        (history(last, MOMENTS[0]) or ["INVITED"])[0],
    ]


def reasons(person: str, moment: Moment) -> list[bool]:
    """Why a person may buy again, by the rules of docs/graph.md and of the fields' descriptions."""
    day = moment.as_of
    owned = [edge.end for edge in WORLD.held("PURCHASED", moment, start=person) if WORLD.owning(edge, moment)]
    ages = [WORLD.nodes["Vehicle"][vehicle]["inUseSince"] for vehicle in owned]
    of_age = any(day.replace(year=day.year - 8) < since <= day.replace(year=day.year - 4) for since in ages)
    short = False
    for home in WORLD.held("LIVES_IN", moment, start=person):
        residents = {edge.start for edge in WORLD.held("LIVES_IN", moment, end=home.end)}
        drivers = {
            each
            for each in residents
            if WORLD.nodes["Person"][each]["licensed"] or WORLD.held("DRIVES", moment, start=each)
        }
        fleet = {edge.end for edge in WORLD.held("KEEPS", moment, start=home.end)}
        for each in residents:
            fleet |= {edge.end for edge in WORLD.held("DRIVES", moment, start=each)}
            fleet |= {edge.end for edge in WORLD.held("PURCHASED", moment, start=each) if WORLD.owning(edge, moment)}
        short = short or len(drivers) > len(fleet)
    intents = [edge for edge, _, _ in WORLD.edges if edge.type == "INTENDS_TO_BUY" and edge.start == person]
    rose = any(
        hot.properties["heat"] == "HOT"
        and WORLD.valid(hot, moment)
        and hot.properties.get("validFrom", date.min) > day - timedelta(days=90)
        and any(
            cooler.properties["heat"] in ("COLD", "WARM")
            and cooler.end == hot.end
            and WORLD.known(cooler, moment)
            and cooler.properties.get("validFrom", date.min) < hot.properties["validFrom"]
            for cooler in intents
        )
        for hot in intents
    )
    return [bool(owned) and each for each in (of_age, short, rose)]


async def test_reasons_to_buy_again_are_those_of_the_rules(loaded: Database) -> None:
    """person.repurchase_reasons says of each reason whether it applies, and that none does to who owns nothing."""
    way, keys = traversal("person.repurchase_reasons"), list(WORLD.nodes["Person"])
    seen: list[list[bool]] = []
    for moment in MOMENTS:
        expected = [reasons(key, moment) for key in keys]
        assert await read_values(loaded, way, keys, moment) == expected
        seen += expected
    assert [len(set(column)) for column in zip(*seen, strict=True)] == [2, 2, 2]


def chains(start: str, depth: int, moment: Moment, *, up: bool) -> Iterator[tuple[list[str], list[str]]]:
    """Every path of people, and the referrals between them; one that comes back to somebody on it ends there."""
    leave, arrive = ("OF", "MADE") if up else ("MADE", "OF")

    def steps(type_: str, *, forward: bool, at: str) -> list[tuple[str, str]]:
        edges = WORLD.held(type_, moment, start=at) if forward else WORLD.held(type_, moment, end=at)
        return [(str(edge.properties["id"]), edge.end if forward else edge.start) for edge in edges]

    def follow(path: list[str], referrals: list[str], used: set[str]) -> Iterator[tuple[list[str], list[str]]]:
        for out, referral in steps(leave, forward=not up, at=path[-1]):
            for into, person in steps(arrive, forward=not up, at=referral):
                if out in used or into in used:  # no edge is walked twice
                    continue
                yield [*path, person], [*referrals, referral]
                if person not in path and len(path) < depth:
                    yield from follow([*path, person], [*referrals, referral], {*used, out, into})

    yield from follow([start], [], set())


@pytest.mark.parametrize(("name", "up"), [("person.referral_chain", False), ("person.referral_chain_up", True)])
async def test_chains_of_referrals_are_followed_to_their_depth(loaded: Database, name: str, up: bool) -> None:
    """Each path is there once with its people, the nearest first; a limit leaves out the farthest."""
    longest = 0
    for depth, moment in [(1, MOMENTS[0]), (3, MOMENTS[0]), (2, MOMENTS[1]), (3, MOMENTS[2])]:
        way = traversal(name).repeated(depth)
        for start in WORLD.nodes["Person"]:
            expected = [
                (len(referrals), path, path[-1], referrals[-1])
                for path, referrals in chains(start, depth, moment, up=up)
            ]
            found = await read_records(loaded, way, "Person", {"start": start, "limit": 10_000}, moment)
            assert found is not None
            rows = [
                (row["depth"], [each["id"] for each in row["path"]], row["person"][1]["id"], row["referral"][1]["id"])
                for row in found
            ]
            assert sorted(rows) == sorted(expected)
            assert [row[0] for row in rows] == sorted(row[0] for row in rows)
            for row in found:
                for end in ("person", "referral"):
                    label, properties = row[end]
                    assert label == end.capitalize()
                    assert properties == WORLD.nodes[label][properties["id"]]
            few = await read_records(loaded, way, "Person", {"start": start, "limit": 2}, moment)
            assert few is not None
            assert [row["depth"] for row in few] == [row[0] for row in rows[:2]]
            longest = max([longest, *(row[0] for row in rows)])
    assert longest == 3


async def test_a_chain_from_nobody_is_none(loaded: Database) -> None:
    """Where the start is not there, there is no list, not an empty one."""
    way = traversal("person.referral_chain")
    dealer = next(iter(WORLD.nodes["Dealer"]))
    for start in ("nobody", dealer):
        assert await read_records(loaded, way, "Person", {"start": start, "limit": 9}, MOMENTS[0]) is None


async def test_the_funnel_counts_each_referral_once(loaded: Database) -> None:
    """referral.funnel counts who reached a status and who stands there, by city, dealer and half-open days."""
    dealer = next(iter(WORLD.nodes["Dealer"]))
    seen = 0
    for moment in MOMENTS:
        for city, at, from_, to in [
            (None, None, None, None),
            ("310000", None, None, None),
            (None, dealer, None, None),
            ("310000", dealer, None, None),
            (None, None, DAYS[2], DAYS[5]),
            ("999999", None, None, None),
        ]:
            chosen = {
                edge.end
                for edge in WORLD.held("MADE", moment)
                if city in (None, WORLD.nodes["Person"][edge.start]["city"])
            }
            at_dealer = {edge.start for edge in WORLD.held("AT", moment, end=at)}
            if at is not None:
                chosen = at_dealer if city is None else chosen & at_dealer
            histories = [
                history(referral, moment)
                for referral in chosen
                if (from_ is None or from_ <= WORLD.nodes["Referral"][referral]["madeOn"])
                and (to is None or WORLD.nodes["Referral"][referral]["madeOn"] < to)
            ]
            seen += len(histories)
            given = {"city": city, "dealer": at, "from": from_, "to": to}
            assert await read_table(loaded, traversal("referral.funnel"), given, moment) == [
                [
                    status,
                    sum(status in each or status == "INVITED" for each in histories),
                    sum((each or ["INVITED"])[0] == status for each in histories),
                ]
                for status in ReferralStatus
            ]
    assert seen


async def test_owners_are_those_who_own(loaded: Database) -> None:
    """A root list with rules of its own has the people whom those rules name."""
    for moment in MOMENTS:
        expected = {
            edge.start
            for edge, _, _ in WORLD.edges
            if edge.type == "PURCHASED"
            and WORLD.owning(edge, moment)
            and WORLD.nodes["Person"][edge.start]["city"] == "310000"
            and any(
                made.start == edge.start and of.start == made.end
                for made, _, _ in WORLD.edges
                if made.type == "MADE" and WORLD.valid(made, moment)
                for of, _, _ in WORLD.edges
                if of.type == "OF" and WORLD.valid(of, moment)
            )
        }
        rows = await read_root(loaded, traversal("owners_who_referred"), asked(MAXIMUM_PAGE), moment)
        assert [row.node["id"] for row in rows] == sorted(expected)


async def test_both_engines_agree(neo4j_database: Database, embedded_database: Database) -> None:
    """Every traversal has the same rows on both engines, at every moment and from every start."""
    for database in (neo4j_database, embedded_database):
        await load(database, WORLD)
    differing = []
    for moment in MOMENTS:
        page = asked(MAXIMUM_PAGE)
        for way in WAYS:
            found: list[Any] = [
                await (
                    read_pages(each, way, keys_of(way), page, moment)
                    if way.start
                    else read_root(each, way, page, moment)
                )
                for each in (neo4j_database, embedded_database)
            ]
            differing += [way.name] * (found[0] != found[1])
        for way in VALUES:
            found = [await read_values(each, way, keys_of(way), moment) for each in (neo4j_database, embedded_database)]
            differing += [way.name] * (found[0] != found[1])
    assert differing == []
