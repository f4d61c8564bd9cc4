"""Both engines give the same rows for every traversal and query, on three sets of data."""

import random
from pathlib import Path
from typing import Any

import pytest

from renche.graph.clock import FixedClock, Moment
from renche.graph.database import Database, native
from renche.graph.named_queries import Statement, definitions, named_query
from renche.graph.page import Page
from renche.graph.traversal import traversal
from renche.graph.words import ReferralStatus
from renche.loaders.batch import count, count_root, read_pages, read_root
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
    page = Page(pair.moment, 100)
    if way.start is None:
        await _same_root(pair, way, page)
        return
    keys = await pair.ids(way.start.label)
    if not keys:
        return
    first, second = [await read_pages(database, way, keys, page) for database in pair.both]
    assert first == second
    assert await count(pair.both[0], way, keys, page) == await count(pair.both[1], way, keys, page)
    small = Page(pair.moment, 2, after=next((rows[0].id for rows in first if len(rows) > 1), "a"))
    first, second = [await read_pages(database, way, keys[:200], small) for database in pair.both]
    assert first == second


async def _same_root(pair: Pair, way: Any, page: Page) -> None:
    narrowed = [page, Page(pair.moment, 7, after="veh_m"), Page(pair.moment, 7, after="per_m")]
    if "city" in way.filters:
        narrowed += [Page(pair.moment, 100, filters=(("city", city),)) for city in CITIES]
    arguments = [{"city": city, "months": 12} for city in CITIES] if way.order else [{}]
    for each in narrowed:
        for given in arguments:
            rows = [await read_root(database, way, each, given) for database in pair.both]
            assert rows[0] == rows[1]
            counts = [await count_root(database, way, each, given) for database in pair.both]
            assert counts[0] == counts[1]


QUERIES = ["person.repurchase_reasons", "referral.statuses", "referral.funnel", "person.referral_chain"]


@pytest.mark.parametrize("name", QUERIES)
async def test_a_query_gives_the_same_answer(pair: Pair, name: str) -> None:
    """Whole queries agree as well; lists without a promised order are compared as sets."""
    statement = named_query(name)
    label = "Referral" if name == "referral.statuses" else "Person"
    keys = await pair.ids(label)
    parameters: dict[str, Any] = {
        "keys": keys,
        "asOf": pair.moment.as_of,
        "asKnownAt": pair.moment.as_known_at,
        "limit": 500,
        "dealer": None,
        "from": None,
        "to": None,
        "statuses": list(ReferralStatus),
    }
    chosen = [{"city": city} for city in [*CITIES, None]] if name == "referral.funnel" else [{}]
    if name == "person.referral_chain":
        chosen = [{"id": key} for key in keys[:150]]
    for extra in chosen:
        given = {name: value for name, value in (parameters | extra).items() if name in statement.parameters}
        first, second = [native(await database.read_value(statement, given)) for database in pair.both]
        if name in ("person.repurchase_reasons", "referral.statuses"):
            first, second = sorted(first), sorted(second)
        assert first == second
