"""Every traversal read by the batch, on both engines, against the same questions answered in plain Python."""

import random
import re
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from typing import Any

import pytest

from renche.graph.clock import Moment
from renche.graph.database import Database, Transaction
from renche.graph.named_queries import Statement, definitions, read_definitions
from renche.graph.page import MAXIMUM_PAGE, Page
from renche.graph.traversal import Traversal, traversal
from renche.loaders.batch import Edge, Row, count, count_root, read_nodes, read_pages, read_root
from tests.conftest import empty

SEED = 20260701
DAYS = [date(2026, 1, 1) + timedelta(days=30 * step) for step in range(8)]
INSTANTS = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=30 * step, hours=7) for step in range(8)]
MOMENTS = [
    Moment(DAYS[7], INSTANTS[7]),
    Moment(DAYS[3], INSTANTS[7]),
    Moment(DAYS[4], INSTANTS[4]),
    Moment(DAYS[0], INSTANTS[2]),
    Moment(date(1990, 1, 1), INSTANTS[7]),
    Moment(DAYS[7], datetime(1990, 1, 1, tzinfo=UTC)),
]
CITIES = ["310000", "310000", "110000"]

# How many of each thing, and how many links of each type between which things.
THINGS = {
    "Person": 9,
    "Registration": 9,
    "Identifier": 5,
    "Vehicle": 8,
    "Model": 3,
    "Dealer": 4,
    "Club": 3,
    "Household": 4,
    "ServiceVisit": 8,
    "Referral": 7,
    "ReferralStep": 9,
}
# Roles may stand side by side, since each is a row of its own; of the other links there is one between two things.
ROLES = [
    ("INTENDS_TO_BUY", "Person", "Model", 25),
    ("PURCHASED", "Person", "Vehicle", 40),
    ("DRIVES", "Person", "Vehicle", 30),
    ("SERVICES", "Person", "Vehicle", 20),
    ("MEMBER_OF", "Person", "Club", 25),
    ("LIVES_IN", "Person", "Household", 30),
    ("KEEPS", "Household", "Vehicle", 15),
    ("DEALT_WITH", "Person", "Dealer", 40),
    ("GAVE", "Registration", "Identifier", 20),
]
LINKS = [
    ("OF_PERSON", "Registration", "Person", 9),
    ("OF_MODEL", "Vehicle", "Model", 10),
    ("UNDER", "Dealer", "Dealer", 6),
    ("HAD", "Vehicle", "ServiceVisit", 20),
    ("AT", "Referral", "Dealer", 15),
    ("MADE", "Person", "Referral", 20),
    ("OF", "Referral", "Person", 20),
    ("THROUGH", "Referral", "Club", 10),
    ("RESULTED_IN", "Referral", "Vehicle", 10),
    ("REACHED", "Referral", "ReferralStep", 25),
]


@dataclass(frozen=True)
class World:
    """A small graph as plain Python values."""

    nodes: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    edges: list[tuple[Edge, str, str]] = field(default_factory=list)  # with the labels of its ends

    def known(self, edge: Edge, moment: Moment) -> bool:
        recorded, retracted = edge.properties["recordedAt"], edge.properties.get("retractedAt")
        return recorded <= moment.as_known_at and (retracted is None or moment.as_known_at < retracted)

    def valid(self, edge: Edge, moment: Moment) -> bool:
        start, end = edge.properties.get("validFrom"), edge.properties.get("validTo")
        holds = (start is None or start <= moment.as_of) and (end is None or moment.as_of < end)
        return holds and self.known(edge, moment)

    def owning(self, edge: Edge, moment: Moment) -> bool:
        return self.valid(edge, moment) and not any(
            other.type == "PURCHASED"
            and other.end == edge.end
            and self.known(other, moment)
            and other.properties.get("validFrom") is not None
            and (edge.properties.get("validFrom") or date.min) < other.properties["validFrom"] <= moment.as_of
            for other, _, _ in self.edges
        )


def drawn(seed: int) -> World:
    """A graph whose links and times are drawn by chance."""
    chance = random.Random(seed)
    world = World()
    for label, number in THINGS.items():
        world.nodes[label] = {}
        for index in range(number):
            id_ = f"{label.lower()}_{chance.getrandbits(32):08x}"
            properties: dict[str, Any] = {"id": id_, "source": "test", "sourceId": str(index)}
            if label in ("Person", "Dealer", "Club", "Household"):
                properties["city"] = chance.choice(CITIES)
            if label in ("Vehicle", "Model", "Dealer", "Club"):
                properties["brand"] = chance.choice(["one", "two"])
            world.nodes[label][id_] = properties
    for person in world.nodes["Person"].values():
        person |= {"kind": chance.choice(["NATURAL", "LEGAL"]), "licensed": chance.random() < 0.5}
    for vehicle in world.nodes["Vehicle"].values():
        vehicle |= {"type": chance.choice(["CAR", "SUV"]), "modelId": chance.choice(list(world.nodes["Model"]))}
        vehicle["inUseSince"] = date(chance.randrange(2015, 2026), chance.randrange(1, 13), 1)
    for visit in world.nodes["ServiceVisit"].values():
        visit["visitedOn"] = chance.choice(DAYS)
        visit["dealerId"] = chance.choice(list(world.nodes["Dealer"]))
        visit["registrationId"] = chance.choice(list(world.nodes["Registration"]))
    for step in world.nodes["ReferralStep"].values():
        step["reachedOn"] = chance.choice(DAYS)
    for identifier in world.nodes["Identifier"].values():
        identifier["hmac"] = identifier["id"]
    for type_, start, end, number in [*ROLES, *LINKS]:
        pairs = [(a, b) for a in world.nodes[start] for b in world.nodes[end]]
        repeatable = (type_, start, end, number) in ROLES
        chosen = chance.choices(pairs, k=number) if repeatable else chance.sample(pairs, min(number, len(pairs)))
        for a, b in chosen:
            edge = Edge(type_, times(chance, type_, list(world.nodes["Dealer"])), a, b)
            world.edges.append((edge, start, end))
    return world


def times(chance: random.Random, type_: str, dealers: list[str]) -> dict[str, Any]:
    """The properties of a fact: often with an unknown start or end, sometimes retracted."""
    properties: dict[str, Any] = {"id": f"edge_{chance.getrandbits(40):010x}", "recordedAt": chance.choice(INSTANTS)}
    since, until = sorted(chance.sample(DAYS, 2))
    if chance.random() < 0.6:
        properties["validFrom"] = since
    if chance.random() < 0.4:
        properties["validTo"] = until
    if chance.random() < 0.2:
        properties["retractedAt"] = properties["recordedAt"] + timedelta(days=45)
    match type_:
        case "DEALT_WITH":
            properties["role"] = chance.choice(["INTENT", "PURCHASE", "SERVICE"])
        case "MEMBER_OF":
            properties["rank"] = chance.choice(["LEAD", "MEMBER"])
        case "INTENDS_TO_BUY":
            properties["heat"] = chance.choice(["HOT", "WARM", "COLD"])
        case "PURCHASED" if chance.random() < 0.7:
            properties["dealerId"] = chance.choice(dealers)
    return properties


WORLD = drawn(SEED)


async def load(database: Database, world: World) -> None:
    """The graph, and nothing else, into a database."""
    await empty(database)

    async def work(transaction: Transaction) -> None:
        for label, nodes in world.nodes.items():
            text = f"UNWIND $rows AS row CREATE (n:{label}) SET n = row"
            await transaction.run(Statement("test.nodes", text, write=True), {"rows": list(nodes.values())})
        for type_, start, end, _ in [*ROLES, *LINKS]:
            text = (
                f"UNWIND $rows AS row MATCH (a:{start} {{id: row.start}}), (b:{end} {{id: row.end}})"
                f" CREATE (a)-[e:{type_}]->(b) SET e = row.properties"
            )
            rows = [
                {"start": edge.start, "end": edge.end, "properties": edge.properties}
                for edge, a, b in world.edges
                if (edge.type, a, b) == (type_, start, end)
            ]
            await transaction.run(Statement("test.edges", text, write=True), {"rows": rows})

    await database.write("test.load", work)


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
SIMPLE = [way for way in FROM_NODES if ONE_EDGE.fullmatch(RAW[way.name].text)]
ARGUMENTS = {"city": "310000", "months": 12}


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
            rows.append(Row(edge.properties["id"], node, (edge,)))
        else:
            rows.append(Row(far, node, ()))
    rows += [
        Row(far, WORLD.nodes[parts["label"]][far], tuple(sorted(edges, key=lambda edge: str(edge.properties["id"]))))
        for far, edges in gathered.items()
    ]
    if way.order:
        assert way.order == "step.reachedOn"
        return sorted(rows, key=lambda row: (row.node["reachedOn"], row.id))
    return sorted(rows, key=lambda row: row.id)


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
            Row(id_, ends[id_], ())
            for id_ in sorted(ends)
            if (start[called] == id_ if at_start else ends[id_][called] == start["id"])
        ]
        for start in starts.values()
    ]
    assert await read_pages(loaded, way, list(starts), Page(MOMENTS[0], MAXIMUM_PAGE)) == expected
    assert any(expected)


@named(SIMPLE)
async def test_a_traversal_gives_what_python_gives(loaded: Database, way: Traversal) -> None:
    """Rows, their order and their number are right for every start at every moment, and some are not empty."""
    keys = keys_of(way)
    seen = 0
    for moment in MOMENTS:
        expected = [evaluated(way, key, moment) for key in keys]
        seen += sum(map(len, expected))
        page = Page(moment, MAXIMUM_PAGE)
        assert await read_pages(loaded, way, keys, page) == expected
        assert await count(loaded, way, keys, page) == [len(rows) for rows in expected]
    assert seen


@named([way for way in FROM_NODES if not way.order])
async def test_pages_walk_every_row_once(loaded: Database, way: Traversal) -> None:
    """Pages of any size, one after another, give the rows of one large page in the same order."""
    keys = keys_of(way)
    moment = MOMENTS[0]
    everything = await read_pages(loaded, way, keys, Page(moment, MAXIMUM_PAGE))
    assert await count(loaded, way, keys, Page(moment)) == [len(rows) for rows in everything]
    longest = max(everything, key=len)
    assert longest
    assert longest == sorted(longest, key=lambda row: row.id)
    key = keys[everything.index(longest)]
    for size in (1, 3):
        walked: list[Row] = []
        more = True
        while more:
            page = Page(moment, size, walked[-1].id if walked else None)
            [rows] = await read_pages(loaded, way, [key], page)
            more = len(rows) > size
            walked += rows[:size]
        assert walked == longest


@named(ROOTS)
async def test_root_lists_walk_every_row_once(loaded: Database, way: Traversal) -> None:
    """Pages of a root list give each of its rows once, in the order of their ids, and the count agrees."""
    lists = [await read_root(loaded, way, Page(moment, MAXIMUM_PAGE), ARGUMENTS) for moment in MOMENTS]
    everything = max(lists, key=len)
    assert everything
    moment = MOMENTS[lists.index(everything)]
    assert [row.id for row in everything] == sorted({row.id for row in everything})
    assert await count_root(loaded, way, Page(moment), ARGUMENTS) == len(everything)
    if not way.order:
        assert [row.node for row in everything] == sorted(
            WORLD.nodes[way.end.label].values(), key=lambda n: str(n["id"])
        )
    for size in (1, 3):
        walked: list[Row] = []
        more = True
        while more:
            rows = await read_root(loaded, way, Page(moment, size, walked[-1].id if walked else None), ARGUMENTS)
            more = len(rows) > size
            walked += rows[:size]
        assert walked == everything


@named([way for way in ROOTS if way.filters])
async def test_root_lists_are_narrowed(loaded: Database, way: Traversal) -> None:
    """Filters leave the rows with those values, alone and together, over pages and in counts."""
    nodes = sorted(WORLD.nodes[way.end.label].values(), key=lambda node: str(node["id"]))
    for names in [*((name,) for name in way.filters), way.filters]:
        given = tuple((name, nodes[0][name]) for name in names)
        expected = [node for node in nodes if all(node[name] == value for name, value in given)]
        page = Page(MOMENTS[0], MAXIMUM_PAGE, None, given)
        assert [row.node for row in await read_root(loaded, way, page, {})] == expected
        assert await count_root(loaded, way, page, {}) == len(expected)
        after = Page(MOMENTS[0], MAXIMUM_PAGE, expected[0]["id"], given)
        assert [row.node for row in await read_root(loaded, way, after, {})] == expected[1:]


@named(FROM_NODES)
async def test_keys_and_rows_stay_aligned(loaded: Database, way: Traversal) -> None:
    """Answers come in the order of the keys, twice for a key asked twice, empty for one that is not there."""
    one, *_, other = keys_of(way)
    page = Page(MOMENTS[0], 3)
    mixed = [other, "nobody", one, other]
    [of_one] = await read_pages(loaded, way, [one], page)
    [of_other] = await read_pages(loaded, way, [other], page)
    assert await read_pages(loaded, way, mixed, page) == [of_other, [], of_one, of_other]
    numbers = await count(loaded, way, mixed, page)
    assert numbers[1] == 0
    assert numbers[0] == numbers[3]
    assert await read_pages(loaded, way, [], page) == []


async def test_nodes_stay_aligned(loaded: Database) -> None:
    """Nodes come in the order of their ids, None where there is none of that label."""
    dealers = WORLD.nodes["Dealer"]
    one, *_, other = dealers
    person = next(iter(WORLD.nodes["Person"]))
    found = await read_nodes(loaded, "Dealer", [other, "nobody", person, one, other])
    assert found == [dealers[other], None, None, dealers[one], dealers[other]]


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
        rows = await read_root(loaded, traversal("owners_who_referred"), Page(moment, MAXIMUM_PAGE), ARGUMENTS)
        assert [row.id for row in rows] == sorted(expected)


async def test_both_engines_agree(neo4j_database: Database, embedded_database: Database) -> None:
    """Every traversal has the same rows on both engines, at every moment and from every start."""
    for database in (neo4j_database, embedded_database):
        await load(database, WORLD)
    differing = []
    for moment in MOMENTS:
        page = Page(moment, MAXIMUM_PAGE)
        for way in WAYS:
            if way.start:
                found = [
                    await read_pages(each, way, keys_of(way), page) for each in (neo4j_database, embedded_database)
                ]
                differing += [way.name] * (found[0] != found[1])
            else:
                lists = [await read_root(each, way, page, ARGUMENTS) for each in (neo4j_database, embedded_database)]
                differing += [way.name] * (lists[0] != lists[1])
    assert differing == []
