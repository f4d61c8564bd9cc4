"""Aggregates only, on both engines: every row stands for enough people, and what is shown is right.

Small graphs and statements are drawn by chance, and each answer is compared with one worked out in plain Python.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from itertools import product
from random import Random
from typing import Any

import pytest

from renche.graph.analysts import Analysts, Limits
from renche.graph.database import Database, Transaction
from renche.graph.endpoint import Endpoint
from renche.graph.errors import StatementRefused
from renche.graph.migrate import migrate
from renche.graph.named_queries import Statement
from tests.conftest import MIGRATED_AT, TIME_LIMIT, empty
from tests.unit.test_aggregate_gate import REFUSED

GRAPHS = 4
STATEMENTS = 60  # on each graph
PEOPLE = Statement("test.people", "UNWIND $rows AS row CREATE (n:Person) SET n = row", write=True)
VEHICLES = Statement("test.vehicles", "UNWIND $rows AS row CREATE (n:Vehicle) SET n = row", write=True)
DEALERS = Statement(
    "test.dealers", "UNWIND range(1, 40) AS i CREATE (:Dealer {id: toString(i), city: 'a'})", write=True
)
FACTS = {
    type_: Statement(
        f"test.{type_.lower()}",
        "UNWIND $rows AS row MATCH (p:Person {id: row.person}), (v:Vehicle {id: row.vehicle})"
        f" CREATE (p)-[r:{type_}]->(v) SET r = row.own",
        write=True,
    )
    for type_ in ("PURCHASED", "DRIVES")
}

Thing = Mapping[str, Any]
Row = dict[str, Thing]


@dataclass
class Drawn:
    """A small graph: people, vehicles and, by type, what holds between them."""

    people: list[dict[str, Any]]
    vehicles: list[dict[str, Any]]
    facts: dict[str, list[dict[str, Any]]]

    @classmethod
    def by(cls, chance: Random) -> "Drawn":
        """With missing values, vehicles of several people and people with several vehicles."""

        def some(value: Any) -> Any:
            return None if chance.random() < 0.25 else value

        people = [
            {
                "id": f"p{number}",
                "city": chance.choice("aab"),
                "gender": some(chance.choice("FM")),
                "birthYear": some(chance.choice([1958, 1972, 1975, 1990])),
            }
            for number in range(chance.randint(6, 30))
        ]
        vehicles = [
            {"id": f"v{number}", "brand": chance.choice("AB"), "modelYear": some(chance.choice([2020, 2024]))}
            for number in range(chance.randint(6, 30))
        ]
        facts = {
            type_: [
                {
                    "person": chance.choice(people)["id"],
                    "vehicle": chance.choice(vehicles)["id"],
                    "own": {"id": f"{type_}{number}", "price": some(chance.randint(1, 9))},
                }
                for number in range(chance.randint(10, 40))
            ]
            for type_ in FACTS
        }
        return cls(people, vehicles, facts)

    def rows(self, pattern: str) -> list[Row]:
        """What one of `PATTERNS` finds."""
        people = {each["id"]: each for each in self.people}
        vehicles = {each["id"]: each for each in self.vehicles}
        bought = [
            {"p": people[fact["person"]], "b": fact["own"], "v": vehicles[fact["vehicle"]]}
            for fact in self.facts["PURCHASED"]
        ]
        drivers = [(people[fact["person"]], vehicles[fact["vehicle"]]) for fact in self.facts["DRIVES"]]
        match pattern:
            case "people":
                return [{"p": person} for person in self.people]
            case "bought":
                return bought
            case "drivers":
                return [{**row, "q": person} for row in bought for person, vehicle in drivers if vehicle is row["v"]]
            case _:
                return [{"p": one, "q": other} for one, other in product(self.people, self.people)]


PATTERNS = {
    "people": "(p:Person)",
    "bought": "(p:Person)-[b:PURCHASED]->(v:Vehicle)",
    "drivers": "(p:Person)-[b:PURCHASED]->(v:Vehicle), (v)<-[:DRIVES]-(q:Person)",
    "neighbours": "(p:Person), (q:Person)",
}
PROPERTIES = {
    "p": ["city", "gender", "birthYear"],
    "q": ["city", "gender"],
    "v": ["brand", "modelYear"],
    "b": ["price"],
}
VALUES: dict[str, list[Any]] = {"city": ["a", "b"], "gender": ["F", "M"], "brand": ["A", "B"]}
VALUES |= {"birthYear": [1958, 1972, 1990], "modelYear": [2020, 2024], "price": [3, 5]}


@dataclass
class Asked:
    """A statement drawn by chance, and the same in Python."""

    pattern: str
    variables: list[str]
    conditions: list[tuple[str, Callable[[Row], bool]]] = field(default_factory=list)
    keys: list[tuple[str, Callable[[Row], Any]]] = field(default_factory=list)
    aggregates: list[tuple[str, str, str]] = field(default_factory=list)  # function, variable, property

    @classmethod
    def by(cls, chance: Random) -> "Asked":
        """Conditions and keys take some properties, aggregates others."""
        pattern = chance.choice(list(PATTERNS))
        variables = {"people": "p", "bought": "pbv", "drivers": "pbvq", "neighbours": "pq"}[pattern]
        asked = cls(pattern, list(variables))
        names = sorted({name for variable in variables for name in PROPERTIES[variable]})
        measured = set(chance.sample(names, k=len(names) // 2))
        if pattern == "neighbours":
            asked.conditions.append(("p.city = q.city", lambda row: bool(row["p"]["city"] == row["q"]["city"])))
            measured.discard("city")
        pairs = [(v, name) for v in variables for name in PROPERTIES[v]]
        free = [pair for pair in pairs if pair[1] not in measured]
        for variable, name in chance.sample(free, k=min(len(free), chance.choice([0, 0, 1]))):
            asked.conditions.append(_condition(chance, variable, name))
        for variable, name in chance.sample(free, k=min(len(free), chance.choice([0, 1, 1, 2]))):
            asked.keys.append((f"{variable}.{name}", lambda row, v=variable, n=name: row[v].get(n)))
        for _ in range(chance.randint(1, 2)):
            variable, name = chance.choice([pair for pair in pairs if pair[1] in measured] or [("p", "")])
            number = isinstance(VALUES.get(name, [""])[0], int)
            function = chance.choice(["*", "things", "things", "some", *(["sum", "avg"] if number else [])])
            asked.aggregates.append((function, variable, name if function in ("sum", "avg") else ""))
        return asked

    @property
    def text(self) -> str:
        forms = {"*": "count(*)", "things": "count(DISTINCT {0})", "some": "count({0})", "sum": "sum({0}.{1})"}
        forms |= {"avg": "avg({0}.{1})"}
        items = [key for key, _ in self.keys] + [forms[form].format(*of) for form, *of in self.aggregates]
        where = " WHERE " + " AND ".join(text for text, _ in self.conditions) if self.conditions else ""
        columns = ", ".join(f"{item} AS c{place}" for place, item in enumerate(items))
        return f"MATCH {PATTERNS[self.pattern]}{where} RETURN {columns}"

    def groups(self, graph: Drawn) -> list[list[Row]]:
        """The rows of each group, large or small."""
        found: dict[tuple[Any, ...], list[Row]] = {}
        for row in graph.rows(self.pattern):
            if all(holds(row) for _, holds in self.conditions):
                found.setdefault(tuple(key(row) for _, key in self.keys), []).append(row)
        return list(found.values())

    def shown(self, group: list[Row], smallest: int) -> bool:
        """Whether enough people and vehicles are in it, also with the values, and nothing is counted twice."""
        individuals = [variable for variable in self.variables if variable != "b"]
        if any(_different(group, variable) < smallest for variable in individuals):
            return False
        for function, variable, name in self.aggregates:
            valued = [row for row in group if not name or row[variable].get(name) is not None]
            if any(_different(valued, each) < smallest for each in individuals):
                return False
            if function in ("some", "sum", "avg") and _different(group, variable) < len(group):
                return False
            if function == "*" and len(group) not in {_different(group, each) for each in self.variables}:
                return False
        return True

    def answer(self, group: list[Row]) -> list[Any]:
        """The group's row."""
        found = [key(group[0]) for _, key in self.keys]
        for function, variable, name in self.aggregates:
            values = [row[variable][name] for row in group if name and row[variable].get(name) is not None]
            match function:
                case "*" | "some":
                    found.append(len(group))
                case "things":
                    found.append(_different(group, variable))
                case _:
                    found.append(sum(values) / (1 if function == "sum" else len(values)))
        return found


def _condition(chance: Random, variable: str, name: str) -> tuple[str, Callable[[Row], bool]]:
    value = chance.choice(VALUES[name])
    text = f"'{value}'" if isinstance(value, str) else str(value)
    place = f"{variable}.{name}"
    return chance.choice(
        [
            (f"{place} = {text}", lambda row: row[variable].get(name) == value),
            (f"({place} IS NULL OR {place} <> {text})", lambda row: row[variable].get(name) != value),
            (f"NOT {place} IS NULL", lambda row: row[variable].get(name) is not None),
        ]
    )


def _different(group: list[Row], variable: str) -> int:
    return len({row[variable]["id"] for row in group})


def _sorted(rows: list[list[Any]]) -> list[list[Any]]:
    plain = [[round(float(value), 6) if isinstance(value, int | float) else value for value in row] for row in rows]
    return sorted(plain, key=repr)


@dataclass
class Site:
    """An engine, asked as its owner and as who may have aggregates only."""

    database: Database
    analysts: Analysts

    async def write(self, graph: Drawn) -> None:
        """Puts this graph in the place of what was there."""
        await empty(self.database)

        async def create(transaction: Transaction) -> None:
            await transaction.run(PEOPLE, {"rows": graph.people})
            await transaction.run(VEHICLES, {"rows": graph.vehicles})
            await transaction.run(DEALERS)
            for type_, rows in graph.facts.items():
                await transaction.run(FACTS[type_], {"rows": rows})

        await self.database.write("test.create", create)

    async def ask(self, statement: str, smallest: int) -> list[list[Any]]:
        return (await self.analysts.ask(statement, smallest_group=smallest)).rows


@pytest.fixture(scope="module", params=["neo4j", "embedded"])
async def site(request: pytest.FixtureRequest) -> AsyncIterator[Site]:
    """Each engine in turn."""
    endpoint: Endpoint = request.getfixturevalue(f"{request.param}_endpoint")
    embedded = request.param == "embedded"
    async with (
        Database.connect(endpoint, time_limit=TIME_LIMIT, retry_for=TIME_LIMIT) as database,
        Analysts.connect(endpoint, embedded=embedded, limits=Limits(time=TIME_LIMIT)) as analysts,
    ):
        await migrate(database, MIGRATED_AT)
        yield Site(database, analysts)
        await empty(database)


@pytest.mark.parametrize("seed", range(GRAPHS))
async def test_every_row_stands_for_enough_people_and_is_right(site: Site, seed: int) -> None:
    """For any graph, statement and number: just the groups that are large enough, with the values that Python finds."""
    chance = Random(seed)
    graph = Drawn.by(chance)
    await site.write(graph)
    shown = left_out = 0
    for _ in range(STATEMENTS):
        asked, smallest = Asked.by(chance), chance.choice([2, 2, 3, 4, 6])
        groups = asked.groups(graph)
        right = [asked.answer(group) for group in groups if asked.shown(group, smallest)]
        assert _sorted(await site.ask(asked.text, smallest)) == _sorted(right), (smallest, asked.text)
        shown, left_out = shown + len(right), left_out + len(groups) - len(right)
    assert shown > 10
    assert left_out > 10


BESIDE_A_CROWD = "-[b:PURCHASED]->(v:Vehicle), (q:Person) WHERE p.city = q.city"

# Each is about the only person born in 1933, or would tell of that person beside others.
HOSTILE = [
    "MATCH (p:Person {birthYear: 1933}) RETURN p.city AS city, count(*) AS n",
    "MATCH (p:Person) WHERE p.birthYear = 1933 AND p.gender = 'F' RETURN count(DISTINCT p) AS n",
    "MATCH (p:Person {birthYear: 1933}), (q:Person) WHERE p.city = q.city RETURN p.gender AS gender, count(*) AS n",
    "MATCH (p:Person {birthYear: 1933}), (q:Person) WHERE p.city = q.city RETURN count(DISTINCT q) AS n",
    "MATCH (p:Person {birthYear: 1933}), (d:Dealer) WHERE p.city = d.city RETURN d.id AS dealer, count(*) AS n",
    f"MATCH (p:Person {{birthYear: 1933}}){BESIDE_A_CROWD} RETURN avg(b.price) AS price",
    f"MATCH (p:Person){BESIDE_A_CROWD} AND p.birthYear < 1940 RETURN sum(b.price) AS price",
    "MATCH (p:Person) RETURN p.birthYear AS year, count(*) AS n ORDER BY year",
    "MATCH (p:Person) RETURN p.birthYear AS year, count(*) AS n ORDER BY year SKIP 1 LIMIT 1",
    "MATCH (p:Person) WHERE p.birthYear IN [1933, 1990] RETURN p.birthYear AS year, count(*) AS n ORDER BY n LIMIT 1",
    "MATCH (p:Person) WHERE p.birthYear IN [1933, 1990] RETURN p.birthYear AS year, count(p.city) AS n",
    "MATCH (p:Person {birthYear: 1990}), (q:Person {birthYear: 1933}) WHERE p.city = q.city"
    " RETURN count(DISTINCT p) AS n",
]


async def test_no_answer_shows_that_one_person_is_there(site: Site) -> None:
    """Answers are the same where he was born in another year, and where he is not at all."""
    answers = []
    for year in (1933, 1934, None):
        graph = Drawn.by(Random(7))
        graph.people = [{"id": f"p{n}", "city": "a", "gender": "F", "birthYear": 1990} for n in range(30)]
        graph.people[0] |= {"birthYear": year}
        bought = [{"person": "p0", "vehicle": vehicle["id"], "own": {"price": 5}} for vehicle in graph.vehicles]
        graph.facts = {"PURCHASED": bought, "DRIVES": []}
        if year is None:
            del graph.people[0]
        await site.write(graph)
        answers.append([await site.ask(text, 5) for text in HOSTILE])
    assert answers[0] == answers[1] == answers[2]
    assert [[1990, 29]] in answers[0]


@pytest.mark.parametrize(
    "statement",
    [
        # One has a price among thirty; one is found many times; nobody hides behind the vehicles of one.
        "MATCH (p:Person)-[b:DRIVES]->(v:Vehicle) RETURN sum(v.modelYear) AS n",
        "MATCH (p:Person), (d:Dealer) WHERE d.city = p.city RETURN avg(p.birthYear) AS year",
        "MATCH (p:Person), (d:Dealer) WHERE d.city = p.city RETURN count(p) AS n",
        "MATCH (p:Person)-[:PURCHASED]->(v:Vehicle) RETURN count(DISTINCT v) AS n",
    ],
)
async def test_what_outweighs_the_others_is_left_out(site: Site, statement: str) -> None:
    """Enough people are in the pattern, and yet one of them would be most of the number."""
    graph = Drawn.by(Random(8))
    graph.people = [{"id": f"p{n}", "city": "a", "birthYear": 1990} for n in range(30)]
    graph.vehicles = [{"id": f"v{n}", "brand": "A"} for n in range(30)]
    graph.vehicles[0]["modelYear"] = 2020
    graph.facts = {
        "DRIVES": [{"person": f"p{n}", "vehicle": f"v{n}", "own": {}} for n in range(30)],
        "PURCHASED": [{"person": "p0", "vehicle": f"v{n}", "own": {}} for n in range(30)],
    }
    await site.write(graph)
    assert await site.ask(statement, 5) == []
    assert await site.ask("MATCH (p:Person)-[:DRIVES]->(v:Vehicle) RETURN count(*) AS n", 5) == [[30]]


async def test_no_refused_statement_is_answered(site: Site) -> None:
    """Each ends at the gate, on either engine, by the same rule."""
    for _, statement in REFUSED:
        with pytest.raises(StatementRefused):
            await site.ask(statement, 2)
