"""Both engines give the same rows for every traversal and query, on three sets of data."""

import random
from pathlib import Path
from typing import Any

import pytest

from renche.graph.clock import FixedClock, Moment
from renche.graph.database import Database
from renche.graph.filters import Compare, Operator, Property
from renche.graph.named_queries import Statement, definitions
from renche.graph.page import Page, PageShape
from renche.graph.traversal import Traversal, traversal
from renche.loaders.batch import count, count_root, read_pages, read_records, read_root, read_table, read_values
from tests.api.conftest import BRAND_DAY, EXAMPLES, GENERATED_DAY, generated_files, load, survey_files
from tests.conftest import empty

MOST_KEYS = 2000
CITIES = ["310000", "110000", "320500", "330100", "440100", "510100"]


class Pair:
    """The same data in both engines."""

    def __init__(self, neo4j: Database, embedded: Database, clock: FixedClock) -> None:
        self.both = (neo4j, embedded)
        self.moment = Moment.present(clock)

    async def ids(self, label: str) -> list[str]:
        """The ids of this label: all, or a seeded sample where there are many."""
        statement = Statement("test.ids", f"MATCH (n:{label}) WITH n.id AS id ORDER BY id RETURN collect(id) AS ids")
        first, second = [await database.read_value(statement) for database in self.both]
        assert first == second, f"the engines hold different {label} nodes"
        return random.Random(7).sample(first, MOST_KEYS) if len(first) > MOST_KEYS else first


@pytest.fixture(scope="module", params=["brand", "survey", "generated"])
async def pair(
    request: pytest.FixtureRequest,
    neo4j_database: Database,
    embedded_database: Database,
    tmp_path_factory: pytest.TempPathFactory,
) -> Pair:
    """The example brand, the real survey, and a generated brand of 20,000 people."""
    folder: Path = tmp_path_factory.mktemp("files")
    clock = GENERATED_DAY if request.param == "generated" else BRAND_DAY
    if request.param == "brand":
        files = sorted((EXAMPLES / "brand").glob("*.csv"))
    elif request.param == "survey":
        files = [survey_files(folder)]
    else:
        files = [generated_files(folder, 20_000)]
    for number, database in enumerate((neo4j_database, embedded_database)):
        await empty(database)
        data = folder / str(number)
        data.mkdir()
        await load(database, files, clock, data)
    return Pair(neo4j_database, embedded_database, clock)


TRAVERSALS = sorted(name for name, each in definitions().items() if "to" in each.attributes)


@pytest.mark.parametrize("name", TRAVERSALS)
async def test_a_traversal_gives_the_same_rows(pair: Pair, name: str) -> None:
    """Rows, their order, their edges and the count are equal, on the first page and after it."""
    way = traversal(name)
    page = Page(first=100)
    if way.start is None:
        await _same_root(pair, way)
        return
    keys = await pair.ids(way.start.label)
    if not keys:
        return
    first, second = [await read_pages(database, way, keys, page, pair.moment) for database in pair.both]
    assert first == second
    counts = [await count(database, way, keys, page, pair.moment) for database in pair.both]
    assert counts[0] == counts[1]
    after = next((rows[0].keys for rows in first if len(rows) > 1), ("a",))
    small = Page(PageShape(seek=()), 2, seek=after)
    first, second = [await read_pages(database, way, keys[:200], small, pair.moment) for database in pair.both]
    assert first == second


async def _same_root(pair: Pair, way: Traversal) -> None:
    given = [
        tuple({"city": city, "months": 12}.items()) if way.parameters else ()
        for city in (CITIES if way.order else [""])
    ]
    pages = [Page(first=100, arguments=each) for each in given]
    for id_ in ("veh_m", "per_m"):
        pages += [Page(PageShape(seek=()), 7, seek=(id_,), arguments=each) for each in given]
    if "city" in way.indexed:
        narrowed = PageShape(Compare(Property("city"), Operator.EQ, 0))
        pages += [Page(narrowed, 100, values=(city,)) for city in CITIES]
    for page in pages:
        rows = [await read_root(database, way, page, pair.moment) for database in pair.both]
        assert rows[0] == rows[1]
        counts = [await count_root(database, way, page, pair.moment) for database in pair.both]
        assert counts[0] == counts[1]


@pytest.mark.parametrize("name", ["person.repurchase_reasons", "referral.status"])
async def test_a_value_is_the_same(pair: Pair, name: str) -> None:
    """What a traversal finds for each thing agrees."""
    way = traversal(name)
    assert way.start is not None
    keys = await pair.ids(way.start.label)
    first, second = [await read_values(database, way, keys, pair.moment) for database in pair.both]
    assert first == second


@pytest.mark.parametrize("name", ["person.referral_chain", "person.referral_chain_up"])
async def test_a_chain_is_the_same(pair: Pair, name: str) -> None:
    """Chains agree, and so does their order."""
    way = traversal(name)
    for key in (await pair.ids("Person"))[:150]:
        given: dict[str, Any] = {"start": key, "limit": 500}
        first, second = [await read_records(database, way, "Person", given, pair.moment) for database in pair.both]
        assert first == second


async def test_the_funnel_is_the_same(pair: Pair) -> None:
    """The funnel of each city, and of all together, agrees."""
    for city in [*CITIES, None]:
        given = {"city": city, "dealer": None, "from": None, "to": None}
        first, second = [
            await read_table(database, traversal("referral.funnel"), given, pair.moment) for database in pair.both
        ]
        assert first == second
