"""Pages: every row once, in one order, at one moment."""

import csv
from typing import Any

import pytest

from renche.graph.ids import Kind
from tests.api.conftest import EXAMPLES, Api, thing


@pytest.mark.parametrize("size", [1, 3, 7, 100])
@pytest.mark.parametrize(
    ("field", "total"),
    [("people", 41), ("vehicles", 30), ("referrals", 21), ("households", 7), ("dealers", 5), ("models", 4)],
)
async def test_walking_a_list_gives_every_row_once(brand: Api, field: str, total: int, size: int) -> None:
    """Whatever the size of a page, the pages together are the list, and pageInfo says where they end."""
    query = (
        f"query ($after: String) {{ {field}(first: {size}, after: $after) {{ totalCount"
        " edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"
    )
    seen: list[str] = []
    after = None
    while True:
        page = (await brand.ask(query, after=after))[field]
        assert page["totalCount"] == total
        assert page["pageInfo"]["hasPreviousPage"] is (after is not None)
        assert page["pageInfo"]["startCursor"] == page["edges"][0]["cursor"]
        assert page["pageInfo"]["endCursor"] == page["edges"][-1]["cursor"]
        seen += [edge["node"]["id"] for edge in page["edges"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        assert len(page["edges"]) == size
        after = page["pageInfo"]["endCursor"]
    assert len(seen) == len(set(seen)) == total
    assert seen == sorted(seen)


@pytest.mark.parametrize("size", [1, 3, 100])
@pytest.mark.parametrize(("field", "total"), [("people", 41), ("dealers", 5)])
async def test_a_list_can_be_walked_from_its_end(brand: Api, field: str, total: int, size: int) -> None:
    """`last` and `before` give the same rows in the same order, page by page from the end."""
    query = (
        f"query ($before: String) {{ {field}(last: {size}, before: $before) {{ totalCount"
        " edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"
    )
    seen: list[str] = []
    before = None
    while True:
        page = (await brand.ask(query, before=before))[field]
        assert page["totalCount"] == total
        assert page["pageInfo"]["hasNextPage"] is (before is not None)
        assert page["pageInfo"]["startCursor"] == page["edges"][0]["cursor"]
        assert page["pageInfo"]["endCursor"] == page["edges"][-1]["cursor"]
        seen = [edge["node"]["id"] for edge in page["edges"]] + seen
        if not page["pageInfo"]["hasPreviousPage"]:
            break
        assert len(page["edges"]) == size
        before = page["pageInfo"]["startCursor"]
    assert len(seen) == len(set(seen)) == total
    assert seen == sorted(seen)


def people_in_order(*keys: tuple[str, bool]) -> list[str]:
    """The ids of the example's people, read from its file, by these columns (True: descending), then by id."""
    with (EXAMPLES / "brand" / "people.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = sorted((thing(Kind.PERSON, f"{row['source']}:{row['source_id']}"), row) for row in rows)
    for column, descending in reversed(keys):
        # A missing value stands last going up and first going down.
        found.sort(key=lambda each, column=column: (not each[1][column], each[1][column]), reverse=descending)
    return [id_ for id_, _ in found]


ORDERS: list[tuple[str, tuple[tuple[str, bool], ...]]] = [
    ("{birthYear: ASC}", (("birth_year", False),)),
    ("{birthYear: DESC}", (("birth_year", True),)),
    ("{gender: ASC}, {birthYear: DESC}", (("gender", False), ("birth_year", True))),
    ("{gender: DESC}, {birthYear: ASC}", (("gender", True), ("birth_year", False))),
    ("{city: DESC}, {gender: ASC}, {birthYear: ASC}", (("city", True), ("gender", False), ("birth_year", False))),
    ("{kind: ASC}", (("kind", False),)),
]


@pytest.mark.parametrize("size", [1, 4])
@pytest.mark.parametrize(("order", "keys"), ORDERS, ids=[order for order, _ in ORDERS])
async def test_a_cursor_goes_on_after_rows_without_a_value(
    brand: Api, order: str, keys: tuple[tuple[str, bool], ...], size: int
) -> None:
    """Walked from either end, a list sorted by several keys has each row once, in order: missing values last going
    up, first going down; equal rows by their ids."""
    expected = people_in_order(*keys)
    for count, mark, more, at in (
        ("first", "after", "hasNextPage", "endCursor"),
        ("last", "before", "hasPreviousPage", "startCursor"),
    ):
        query = (
            f"query ($mark: String) {{ people(orderBy: [{order}], {count}: {size}, {mark}: $mark) {{"
            f" nodes {{ id }} pageInfo {{ {more} {at} }} }} }}"
        )
        seen: list[str] = []
        cursor = None
        while True:
            page = (await brand.ask(query, mark=cursor))["people"]
            found = [node["id"] for node in page["nodes"]]
            seen = seen + found if count == "first" else found + seen
            assert len(seen) <= len(expected)
            if not page["pageInfo"][more]:
                break
            cursor = page["pageInfo"][at]
        assert seen == expected, count


async def test_the_oldest_come_first_and_those_of_unknown_age_last(brand: Api) -> None:
    """In the story, tang of 1968 and bai of 1969 are the oldest; nobody knows the age of u-8839, and a company has
    none."""
    found = await brand.ask(
        """{ oldest: people(orderBy: [{birthYear: ASC}], first: 2) { nodes { id } }
        unknown: people(orderBy: [{birthYear: ASC}], last: 2) { nodes { id } }
        first: people(orderBy: [{birthYear: DESC}], first: 3) { nodes { id } } }"""
    )
    unknown = sorted((thing(Kind.PERSON, "crm:qingtong"), thing(Kind.PERSON, "app:u-8839")))
    youngest = thing(Kind.PERSON, "crm:xiaoman")
    assert {name: [node["id"] for node in page["nodes"]] for name, page in found.items()} == {
        "oldest": [thing(Kind.PERSON, "crm:tang"), thing(Kind.PERSON, "crm:bai")],
        "unknown": unknown,
        "first": [*unknown, youngest],
    }


@pytest.mark.parametrize(
    ("direction", "expected"), [("ASC", ["gu", "shen", "he", "bai"]), ("DESC", ["bai", "he", "shen", "gu"])]
)
async def test_roles_are_sorted_by_their_own_values(brand: Api, direction: str, expected: list[str]) -> None:
    """A list of roles can be sorted by the role; bai's membership has no known start."""
    query = f"""query ($id: ID!, $after: String) {{ club(id: $id) {{
        members(orderBy: [{{role: {{validFrom: {direction}}}}}], first: 1, after: $after) {{
            nodes {{ id }} pageInfo {{ hasNextPage endCursor }} }} }} }}"""
    seen: list[str] = []
    after = None
    while True:
        page = (await brand.ask(query, id=thing(Kind.CLUB, "club:sz"), after=after))["club"]["members"]
        seen += [node["id"] for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert seen == [thing(Kind.PERSON, f"crm:{name}") for name in expected]


async def test_a_list_stays_at_the_moment_of_its_first_page(brand: Api) -> None:
    """A later page need not repeat asOf: the cursor keeps it, for the rows and for their number."""
    query = """query ($id: ID!, $asOf: Date, $after: String) { club(id: $id) {
        members(first: 2, asOf: $asOf, after: $after) { totalCount nodes { id } pageInfo { endCursor } } } }"""
    club = thing(Kind.CLUB, "club:sh")
    one = (await brand.ask(query, id=club, asOf="2022-12-31"))["club"]["members"]
    for again in (None, "2022-12-31"):
        two = (await brand.ask(query, id=club, asOf=again, after=one["pageInfo"]["endCursor"]))["club"]["members"]
        assert one["totalCount"] == two["totalCount"] == 3
        assert {node["id"] for node in one["nodes"] + two["nodes"]} == {
            thing(Kind.PERSON, f"crm:{name}") for name in ("lin", "zhao", "jia")
        }


ALWAYS = {("lin", "LEAD"), ("sun", "CORE"), ("qian", "MEMBER")}
INTERVALS: list[tuple[str, set[tuple[str, str]]]] = [
    # The last day on which zhao was an ordinary member, the first on which he is of the core, and both.
    ('{from: "2023-12-31", to: "2024-01-01"}', ALWAYS | {("zhao", "MEMBER"), ("jia", "MEMBER")}),
    ('{from: "2024-01-01", to: "2024-01-02"}', ALWAYS | {("zhao", "CORE"), ("jia", "MEMBER")}),
    (
        '{from: "2023-12-31", to: "2024-01-02"}',
        ALWAYS | {("zhao", "MEMBER"), ("zhao", "CORE"), ("jia", "MEMBER")},
    ),
    # jia left on 2025-09-16, and joined before everybody else.
    ('{from: "2025-09-16"}', ALWAYS | {("zhao", "CORE"), ("wu", "MEMBER"), ("feng", "MEMBER")}),
    ('{to: "2021-06-21"}', {("jia", "MEMBER")}),
    ('{to: "2021-06-20"}', set()),
    (
        "{}",
        ALWAYS | {("zhao", "MEMBER"), ("zhao", "CORE"), ("jia", "MEMBER"), ("wu", "MEMBER"), ("feng", "MEMBER")},
    ),
]


@pytest.mark.parametrize(("interval", "expected"), INTERVALS, ids=[interval for interval, _ in INTERVALS])
async def test_between_gives_the_roles_of_an_interval(
    brand: Api, interval: str, expected: set[tuple[str, str]]
) -> None:
    """A role that held on one of its days is there, each as a row of its own; the last day is not part of it."""
    query = f"""query ($id: ID!, $asOf: Date) {{ club(id: $id, asOf: $asOf) {{ members(between: {interval}) {{
        totalCount edges {{ node {{ id }} role {{ rank }} }} }} }} }}"""
    for day in (None, "1990-01-01"):  # asOf has no part in it
        page = (await brand.ask(query, id=thing(Kind.CLUB, "club:sh"), asOf=day))["club"]["members"]
        found = [(edge["node"]["id"], edge["role"]["rank"]) for edge in page["edges"]]
        assert page["totalCount"] == len(found) == len(expected)
        assert set(found) == {(thing(Kind.PERSON, f"crm:{name}"), rank) for name, rank in expected}


async def test_between_counts_for_gathered_roles_too(brand: Api) -> None:
    """Around the day on which dong sold her car to yuan both have roles at it; nobody said that she had stopped to
    bring it to the workshop."""
    query = """query ($id: ID!, $from: Date!, $to: Date!) { vehicle(id: $id) {
        people(between: {from: $from, to: $to}) { totalCount edges { node { id } roles { __typename } } } } }"""
    for from_, to, expected in (
        ("2024-05-31", "2024-06-01", {"dong": ["Drive", "Purchase", "Service"]}),
        (
            "2024-05-31",
            "2024-06-02",
            {"dong": ["Drive", "Purchase", "Service"], "yuan": ["Drive", "Purchase"]},
        ),
        ("2024-06-01", "2024-06-02", {"dong": ["Service"], "yuan": ["Drive", "Purchase"]}),
    ):
        given = {"id": thing(Kind.VEHICLE, "dms:car-17"), "from": from_, "to": to}
        found = (await brand.ask(query, **given))["vehicle"]["people"]
        assert found["totalCount"] == len(expected)
        assert {
            edge["node"]["id"]: sorted(role["__typename"] for role in edge["roles"]) for edge in found["edges"]
        } == {thing(Kind.PERSON, f"crm:{name}"): roles for name, roles in expected.items()}


async def test_between_knows_nothing_before_it_was_recorded(brand: Api) -> None:
    """The recorded time still counts."""
    query = """query ($id: ID!) { club(id: $id, asKnownAt: "2026-10-01T00:00:00Z") {
        members(between: {}) { totalCount nodes { id } } } }"""
    found: dict[str, Any] = await brand.ask(query, id=thing(Kind.CLUB, "club:sh"))
    assert found["club"]["members"] == {"totalCount": 0, "nodes": []}


async def test_a_nested_list_goes_on_after_its_own_cursor(brand: Api) -> None:
    """The cursor of a nested connection leads on in that connection of that object."""
    query = """query ($after: String) { clubs(first: 1, filter: {city: {eq: "310000"}}) { nodes {
        members(first: 2, after: $after) {
            edges { cursor node { id } } pageInfo { hasNextPage endCursor } totalCount } } } }"""
    seen: list[str] = []
    after = None
    while True:
        page = (await brand.ask(query, after=after))["clubs"]["nodes"][0]["members"]
        seen += [edge["node"]["id"] for edge in page["edges"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert len(seen) == len(set(seen)) == page["totalCount"] > 2


async def test_a_page_of_no_rows_says_whether_there_are_any(brand: Api) -> None:
    """first: 0 or last: 0 gives no rows, and pageInfo tells that there are some."""
    found = await brand.ask(
        """{ first: people(first: 0) { nodes { id } pageInfo { hasNextPage hasPreviousPage endCursor } }
        last: people(last: 0) { nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor } } }"""
    )
    assert found == {
        "first": {"nodes": [], "pageInfo": {"hasNextPage": True, "hasPreviousPage": False, "endCursor": None}},
        "last": {"nodes": [], "pageInfo": {"hasNextPage": False, "hasPreviousPage": True, "startCursor": None}},
    }
