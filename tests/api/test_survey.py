"""The real survey: every answer over HTTP is that of DuckDB over the original files."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from renche.graph.database import Database
from renche.graph.endpoint import Endpoint
from renche.graph.ids import Kind
from tests.api.conftest import BRAND_DAY, Api, load, serving, survey_files, thing
from tests.conftest import empty
from tests.nhts_oracle import Survey


@pytest.fixture(scope="module")
async def survey(site: tuple[Endpoint, Database], tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Api]:
    """The application with the whole survey, on each engine."""
    endpoint, database = site
    folder = tmp_path_factory.mktemp("survey")
    await empty(database)
    await load(database, [survey_files(folder)], BRAND_DAY, folder)
    async with serving(endpoint, BRAND_DAY, folder) as api:
        yield api


@pytest.fixture(scope="module")
def oracle() -> Any:
    """DuckDB over the original files."""
    survey = Survey()
    yield survey
    survey.close()


@pytest.fixture(scope="module")
async def households(survey: Api) -> list[dict[str, Any]]:
    """Every household with its fleet and members, page by page."""
    query = """query ($after: String) { households(first: 100, after: $after) {
      nodes { sourceId
        members { totalCount nodes { licensed } }
        fleet { totalCount edges { node { sourceId type }
          roles { __typename ... on Role { person { registrations { sourceId } } } } } } }
      pageInfo { hasNextPage endCursor } } }"""
    found: list[dict[str, Any]] = []
    after = None
    while True:
        page = (await survey.ask(query, after=after))["households"]
        found += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


async def test_every_household_has_its_fleet(households: list[dict[str, Any]], oracle: Survey) -> None:
    """The fleet of each household is the vehicles that the survey lists for it, no more and no fewer."""
    found = {
        each["sourceId"]: {edge["node"]["sourceId"].partition("-")[2] for edge in each["fleet"]["edges"]}
        for each in households
    }
    expected = oracle.fleet_by_household()
    assert len(found) == 7893
    assert found == {household: expected.get(household, set()) for household in oracle.households()}
    assert all(each["fleet"]["totalCount"] == len(each["fleet"]["edges"]) for each in households)


async def test_every_vehicle_has_the_driver_of_the_survey(households: list[dict[str, Any]], oracle: Survey) -> None:
    """Who mainly drives a vehicle is its driver; a vehicle whose driver nobody knows has none."""
    found: dict[str, dict[str, str]] = {}
    for household in households:
        for edge in household["fleet"]["edges"]:
            assert all(role["__typename"] == "Drive" for role in edge["roles"])
            for role in edge["roles"]:
                (registration,) = role["person"]["registrations"]
                vehicle = edge["node"]["sourceId"].partition("-")[2]
                drivers = found.setdefault(household["sourceId"], {})
                assert vehicle not in drivers
                drivers[vehicle] = registration["sourceId"].partition("-")[2]
    assert found == {household: drivers for household, drivers in oracle.drivers_by_household().items() if drivers}


async def test_households_with_two_vehicles_and_two_people_who_drive(
    households: list[dict[str, Any]], oracle: Survey
) -> None:
    """They are the 4,204 that counting persons who drive gives."""
    found = {
        each["sourceId"]
        for each in households
        if each["fleet"]["totalCount"] >= 2
        and sum(member["licensed"] is True for member in each["members"]["nodes"]) >= 2
    }
    assert found == oracle.households_with_two_vehicles_and_two_drivers()
    assert len(found) == 4204


async def test_vehicles_are_counted_by_type(survey: Api, oracle: Survey) -> None:
    """The totalCount of vehicles filtered by type is the survey's count of that type."""
    expected = oracle.vehicles_by_type()
    for kind, count in expected.items():
        query = "query ($type: VehicleType) { vehicles(filter: {type: {eq: $type}}) { totalCount } }"
        found = await survey.ask(query, type=kind)
        assert found["vehicles"]["totalCount"] == count, kind
    everything = await survey.ask("{ vehicles { totalCount } people { totalCount } }")
    assert everything == {"vehicles": {"totalCount": 14684}, "people": {"totalCount": 16997}}


async def test_the_largest_fleet_has_seventeen_vehicles(survey: Api, households: list[dict[str, Any]]) -> None:
    """The household with most vehicles has 17, and its id leads to them."""
    largest = max(households, key=lambda each: int(each["fleet"]["totalCount"]))
    id_ = thing(Kind.HOUSEHOLD, f"nhts:{largest['sourceId']}")
    found = await survey.ask("query ($id: ID!) { householdFleet(household: $id) { nodes { id } } }", id=id_)
    assert len(found["householdFleet"]["nodes"]) == 17
