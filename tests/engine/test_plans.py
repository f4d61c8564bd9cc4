"""No question makes Neo4j walk over all things of a kind where an index serves."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from renche.graph.clock import Moment
from renche.graph.cursor import Cursors
from renche.graph.database import Database
from renche.graph.keyed import Keyed
from renche.graph.named_queries import Statement
from renche.graph.profile import Operator, Profile
from renche.planner.plan import Planner
from renche.resolvers.schema import build_schema
from tests.api.conftest import EXAMPLES, GENERATED_DAY, generated_files, load
from tests.conftest import empty

PEOPLE: Final = 3_000
FEW: Final = 50  # dealers, clubs and models; of all other kinds there are far more
BENCHMARKS: Final = Path(__file__).parents[2] / "benchmarks" / "documents"
SCENARIOS: Final = {
    f"{folder.parent.name}/{file.stem}": file
    for folder in (BENCHMARKS, EXAMPLES / "queries")
    for file in sorted(folder.glob("*.graphql"))
}

# Walks over a label, over a type of relationship, or over everything.
_SCAN: Final = re.compile(r"(AllNodes|NodeByLabels?|RelationshipTypes?|AllRelationships|Intersection\w*)Scan")

_VALUES: Final = Statement(
    "test.values",
    """
    MATCH (person:Person)-[:MADE]->(referral:Referral)-[:OF]->(friend:Person)-[:MADE]->(:Referral)-[:OF]->(other:Person)
    WHERE person.city IS NOT NULL AND person <> other
    WITH person, referral, friend, other ORDER BY person.id, other.id LIMIT 1
    MATCH (household:Household)<-[:LIVES_IN]-(:Person) WITH * ORDER BY household.id LIMIT 1
    MATCH (club:Club) WITH * ORDER BY club.id LIMIT 1
    MATCH (dealer:Dealer) WITH * ORDER BY dealer.id LIMIT 1
    MATCH (vehicle:Vehicle) WHERE vehicle.vin IS NOT NULL WITH * ORDER BY vehicle.id LIMIT 1
    RETURN {
      person: person.id, city: person.city, referral: referral.id, friend: friend.id, from: person.id, to: other.id,
      household: household.id, club: club.id, dealer: dealer.id, vehicle: vehicle.id, vin: vehicle.vin,
      text: right(vehicle.vin, 6), day: toString(referral.madeOn), since: 1980, ids: [person.id, club.id]
    } AS found""",
)


KEYED: Final = Keyed(Cursors(bytes(range(32))), lambda kind, value: (f"{kind}:{value}",))


@dataclass
class Generated:
    """A generated brand in Neo4j, a planner, and a value for each variable of the documents."""

    database: Database
    planner: Planner
    values: dict[str, Any]


@pytest.fixture(scope="module")
async def generated(neo4j_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Generated:
    """Enough people that an index is worth its while."""
    folder = tmp_path_factory.mktemp("generated")
    await empty(neo4j_database)
    await load(neo4j_database, [generated_files(folder, PEOPLE)], GENERATED_DAY, folder)
    planner = Planner(build_schema()._schema)
    return Generated(neo4j_database, planner, await neo4j_database.read_value(_VALUES))


async def profiled(site: Generated, text: str) -> Profile:
    """What Neo4j does for a document's statement."""
    document = site.planner.document(text, None)
    names = [each.variable.name.value for each in document.operation.variable_definitions or ()]
    given = {name: site.values[name] for name in names if name in site.values}
    asked = site.planner.ask(document, given, Moment.present(GENERATED_DAY), KEYED)
    assert asked.plan is not None
    assert asked.plan.statement is not None
    return await site.database.profile(asked.plan.statement, asked.parameters)


def scans(profile: Profile) -> list[Operator]:
    """The steps that walked over everything of a kind, kinds with few things aside: their names are looked through."""
    return [each for each in profile.operators if _SCAN.search(each.name) and (each.rows or 0) > FEW]


@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_a_scenario_reads_from_indexes(generated: Generated, scenario: str) -> None:
    """No step of its plan walks over a label, a type of relationship or the store."""
    assert scans(await profiled(generated, SCENARIOS[scenario].read_text(encoding="utf-8"))) == []


async def test_a_scan_is_noticed(generated: Generated) -> None:
    """A statement without an index's help has an operator that the tests above refuse."""
    statement = Statement("test.scan", "MATCH (person:Person) WHERE person.kind = $kind RETURN count(person) AS people")
    profile = await generated.database.profile(statement, {"kind": "NATURAL"})
    assert scans(profile)
