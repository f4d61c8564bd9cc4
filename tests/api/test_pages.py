"""Pages: every row once, in one order, at one moment."""

import pytest

from tests.api.conftest import Api


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


async def test_a_nested_list_goes_on_after_its_own_cursor(brand: Api) -> None:
    """The cursor of a nested connection leads on in that connection of that object."""
    query = """query ($after: String) { clubs(first: 1, city: "310000") { nodes { members(first: 2, after: $after) {
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
    """first: 0 gives no rows, and hasNextPage tells that there are some."""
    page = (await brand.ask("{ people(first: 0) { nodes { id } pageInfo { hasNextPage endCursor } } }"))["people"]
    assert page == {"nodes": [], "pageInfo": {"hasNextPage": True, "endCursor": None}}
