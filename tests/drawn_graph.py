"""A small graph drawn by chance, as plain Python values and in a database: what tests of the graph reason about."""

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from renche.graph.clock import Moment
from renche.graph.database import Database, Transaction
from renche.graph.named_queries import Statement
from renche.graph.words import ReferralStatus
from renche.loaders.batch import Edge
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

    def held(self, type_: str, moment: Moment, *, start: str | None = None, end: str | None = None) -> list[Edge]:
        """The edges of this type that hold at the moment, from a start or to an end."""
        return [
            edge
            for edge, _, _ in self.edges
            if edge.type == type_
            and self.valid(edge, moment)
            and start in (None, edge.start)
            and end in (None, edge.end)
        ]


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
    draw_more(random.Random(seed + 1), world)
    for type_, start, end, number in [*ROLES, *LINKS]:
        pairs = [(a, b) for a in world.nodes[start] for b in world.nodes[end]]
        repeatable = (type_, start, end, number) in ROLES
        chosen = chance.choices(pairs, k=number) if repeatable else chance.sample(pairs, min(number, len(pairs)))
        for a, b in chosen:
            edge = Edge(type_, times(chance, type_, list(world.nodes["Dealer"])), a, b)
            world.edges.append((edge, start, end))
    draw_lodgers(random.Random(seed + 2), world)
    return world


def draw_lodgers(chance: random.Random, world: World) -> None:
    """People who only live somewhere, so that some households have more who may drive than vehicles."""
    for household in list(world.nodes["Household"])[:3]:
        for _ in range(7):
            id_ = f"person_{chance.getrandbits(32):08x}"
            world.nodes["Person"][id_] = {"id": id_, "city": "310000", "kind": "NATURAL", "licensed": True}
            edge = Edge("LIVES_IN", times(chance, "LIVES_IN", []), id_, household)
            world.edges.append((edge, "Person", "Household"))


def draw_more(chance: random.Random, world: World) -> None:
    """Values that are sometimes missing, and what became of referrals."""
    for person in world.nodes["Person"].values():
        if chance.random() < 0.7:
            person["birthYear"] = chance.choice([1970, 1980, 1990])
        if chance.random() < 0.5:
            person["gender"] = chance.choice(["FEMALE", "MALE"])
    for referral in world.nodes["Referral"].values():
        referral["madeOn"] = chance.choice(DAYS)
    for step in world.nodes["ReferralStep"].values():
        step["rank"] = chance.randrange(1, len(ReferralStatus))
        step["status"] = list(ReferralStatus)[step["rank"]].value


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
