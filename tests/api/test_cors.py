"""What a browser is told about pages of other origins."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.api.conftest import BRAND_DAY, Api, serving
from tests.api.test_unavailable import CLOSED

APP, OTHER = "https://app.example.com", "https://other.example.com"
QUERY = {"query": "{ __typename }"}


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Api]:
    """A server that one origin may ask."""
    async with serving(CLOSED, BRAND_DAY, tmp_path, cors_origins=APP) as api:
        yield api


def preflight(origin: str, headers: str = "authorization,content-type,graphql-cost") -> dict[str, str]:
    """What a browser asks before it sends a page's question; it has no token yet."""
    return {
        "origin": origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": headers,
        "authorization": "",
    }


@pytest.mark.parametrize("path", ["/graphql", "/cypher"])
async def test_a_page_of_a_named_origin_may_ask(site: Api, path: str) -> None:
    """The browser is let send a token, JSON and the wish to know the cost, before anyone has a token."""
    told = await site.client.options(f"{site.url}{path}", headers=preflight(APP))
    assert told.status_code == 200
    assert told.headers["access-control-allow-origin"] == APP
    allowed = told.headers["access-control-allow-headers"].lower().split(", ")
    assert {"authorization", "content-type", "graphql-cost"} <= set(allowed)
    assert "POST" in told.headers["access-control-allow-methods"].split(", ")


async def test_its_answers_may_be_read(site: Api) -> None:
    """With the headers that say when to ask again, also when the answer is a refusal."""
    for headers, status in (({}, 200), ({"authorization": ""}, 401)):
        told = await site.client.post(f"{site.url}/graphql", json=QUERY, headers={"origin": APP} | headers)
        assert (told.status_code, told.headers["access-control-allow-origin"]) == (status, APP)
        read = told.headers["access-control-expose-headers"].lower().split(", ")
        assert {"x-request-id", "retry-after", "ratelimit", "ratelimit-policy"} <= set(read)


async def test_no_other_page_may(site: Api) -> None:
    """The browser finds no permission, neither before the question nor in its answer."""
    for headers in (preflight(OTHER), preflight("null"), preflight(f"{APP}.evil.example")):
        told = await site.client.options(f"{site.url}/graphql", headers=headers)
        assert told.status_code == 400
        assert "access-control-allow-origin" not in told.headers
    told = await site.client.post(f"{site.url}/graphql", json=QUERY, headers={"origin": OTHER})
    assert "access-control-allow-origin" not in told.headers


async def test_there_are_no_cookies(site: Api) -> None:
    """None is set, and a browser is never let send one: no page can ask in the name of its reader."""
    for told in (
        await site.client.options(f"{site.url}/graphql", headers=preflight(APP)),
        await site.client.post(f"{site.url}/graphql", json=QUERY, headers={"origin": APP}),
    ):
        assert "access-control-allow-credentials" not in told.headers
        assert "set-cookie" not in told.headers


async def test_unless_origins_are_named_no_page_may_ask(tmp_path: Path) -> None:
    """By default there are no headers for pages at all."""
    async with serving(CLOSED, BRAND_DAY, tmp_path) as api:
        told = await api.client.options(f"{api.url}/graphql", headers=preflight(APP))
        assert told.status_code == 405
        assert not any(name.startswith("access-control") for name in told.headers)
