"""Fifty values of the variables of each document, chosen in the graph itself, so that no single row is always warm."""

from collections.abc import Callable, Mapping
from typing import Any, Final, LiteralString

from neo4j import Driver, GraphDatabase

from benchmarks.reads.dataset import Dataset
from benchmarks.reads.documents import Variables

COUNT: Final = 50

_CITIES: Final[LiteralString] = """
MATCH (person:Person) WHERE person.city IS NOT NULL
WITH person.city AS city, count(*) AS people ORDER BY people DESC, city LIMIT $count
RETURN {city: city}"""

_OWNERS: Final[LiteralString] = """
MATCH (person:Person) WHERE EXISTS { (person)-[:PURCHASED]->() }
WITH person ORDER BY person.id LIMIT $count
RETURN {person: person.id}"""

_HOUSEHOLDS: Final[LiteralString] = """
MATCH (household:Household)<-[:LIVES_IN]-(person:Person)-[:DRIVES]->(vehicle:Vehicle)
WITH household, count(DISTINCT vehicle) AS vehicles, count(DISTINCT person) AS drivers, min(person.id) AS person
WHERE vehicles >= 2 AND drivers >= 2
WITH household, person ORDER BY household.id LIMIT $count
RETURN {household: household.id, person: person}"""

_REFERRERS: Final[LiteralString] = """
MATCH (person:Person)-[:MADE]->(:Referral)-[:OF]->(:Person)-[:MADE]->(:Referral)-[:OF]->(friend:Person)
WHERE friend <> person
WITH person, min(friend.id) AS friend ORDER BY person.id LIMIT $count
RETURN {person: person.id, from: person.id, to: friend}"""

_SOURCES: Final[Mapping[str, tuple[LiteralString, tuple[str, ...]]]] = {
    "point": (_OWNERS, ("person",)),
    "list": (_CITIES, ("city",)),
    "owners_who_referred": (_CITIES, ("city",)),
    "household_fleet": (_HOUSEHOLDS, ("household",)),
    "five_levels": (_HOUSEHOLDS, ("person",)),
    "wide": (_CITIES, ("city",)),
    "aggregates": (_CITIES, ("city",)),
    "funnel": (_CITIES, ("city",)),
    "chain": (_REFERRERS, ("person",)),
    "shortest_path": (_REFERRERS, ("from", "to")),
    "sort_by_count": (_CITIES, ("city",)),
    "deep_page": (_CITIES, ("city",)),
}
_FIXED: Final[Mapping[str, dict[str, Any]]] = {"list": {"since": 1980}}

Walk = Callable[[str], list[str]]


def parameters(data: Dataset, name: str) -> list[Variables]:
    """The values for the document; those of `deep_page` lack the cursor, which each server has of its own."""
    end = data.endpoint
    statement, wanted = _SOURCES[name]
    with GraphDatabase.driver(end.uri, auth=(end.user, end.password)) as driver:
        found = _rows(driver, statement)
    if name == "deep_page":
        found = found[:1] * COUNT
    return [{key: row[key] for key in wanted} | _FIXED.get(name, {}) for row in found]


def _rows(driver: Driver, statement: LiteralString) -> list[dict[str, Any]]:
    records, _, _ = driver.execute_query(statement, {"count": COUNT}, database_="neo4j")
    return [record[0] for record in records]
