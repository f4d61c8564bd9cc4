"""docs/partners.md works as it stands: both of its clients read what a partner's token sees, and wait when told to."""

import asyncio
import os
import re
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from starlette.types import Receive

from renche.graph.caller import READS, Scope
from renche.graph.database import Database
from renche.graph.endpoint import Endpoint
from renche.server.later import Overloaded
from renche.server.work import Work
from tests.api.conftest import BRAND_DAY, EXAMPLES, Api, load, serving, token
from tests.api.test_graphql_http import FOLDER, install_node_modules
from tests.conftest import do_without, empty

TEXT = (Path(__file__).parents[2] / "docs" / "partners.md").read_text(encoding="utf-8")
(PYTHON,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
(TYPESCRIPT,) = re.findall(r"```typescript\n(.*?)```", TEXT, re.DOTALL)
(COMPILE,) = re.findall(r"^npx tsc (.*) people\.ts && node people\.js$", TEXT, re.MULTILINE)
SMALL = ("first: 100", "first: 5")  # so that the example brand has several pages
CITY = "310000"
THREE_PAGES = 3 * (3 + 5 * 22)  # what a small page costs: the query, two objects of the page, five people with theirs


@pytest.fixture(scope="module")
async def api(
    embedded_endpoint: Endpoint, embedded_database: Database, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Api]:
    """The example brand on the embedded engine."""
    folder = tmp_path_factory.mktemp("partners")
    await empty(embedded_database)
    await load(embedded_database, sorted((EXAMPLES / "brand").glob("*.csv")), BRAND_DAY, folder)
    async with serving(embedded_endpoint, BRAND_DAY, folder) as api:
        yield api


async def expected(api: Api) -> list[str]:
    """What somebody who sees everything knows of the partner's part."""
    everybody = await api.ask("{ people(first: 100) { nodes { id city purchases { nodes { brand } } } } }")
    return [
        " ".join([person["id"], person["city"], *(str(car["brand"]) for car in person["purchases"]["nodes"])])
        for person in everybody["people"]["nodes"]
        if person["city"] == CITY
    ]


async def run(api: Api, folder: Path, *command: str, **environment: str) -> tuple[int | None, str, str]:
    """The exit code, the output and the errors of a client."""
    kept = {"RENCHE_URL": f"{api.url}/graphql", **environment}
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, env=os.environ | kept, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    output, errors = await process.communicate()
    return process.returncode, output.decode(), errors.decode()


async def python_client(api: Api, key: str) -> tuple[int | None, str, str]:
    (api.folder / "people.py").write_text(PYTHON.replace(*SMALL), encoding="utf-8")
    return await run(api, api.folder, sys.executable, "people.py", RENCHE_TOKEN=key)


async def typescript_client(api: Api, key: str) -> tuple[int | None, str, str]:
    if shutil.which("node") is None or shutil.which("npm") is None:
        do_without("no Node: install nodejs and npm")
    folder = api.folder / "typescript"
    if not folder.exists():  # the compiler takes its time, so it is called once
        await install_node_modules()
        folder.mkdir()
        (folder / "package.json").write_text('{"type": "module"}', encoding="utf-8")
        (folder / "people.ts").write_text(TYPESCRIPT.replace(*SMALL), encoding="utf-8")
        (folder / "node_modules").symlink_to(FOLDER / "node_modules")
        compiler = str(FOLDER / "node_modules" / "typescript" / "bin" / "tsc")
        code, output, _ = await run(api, folder, "node", compiler, *COMPILE.split(), "people.ts", RENCHE_TOKEN="")
        assert code == 0, output
    return await run(api, folder, "node", "people.js", RENCHE_TOKEN=key)


class BusyAtFirst(Work):
    """The work of a server that has no room for the first request."""

    refused = False

    def turn(self, receive: Receive) -> AbstractAsyncContextManager[None]:
        """As usual, from the second request on."""
        if not self.refused:
            self.refused = True
            raise Overloaded("Too much at once.", 2)
        return super().turn(receive)


CLIENTS = [python_client, typescript_client]


@pytest.mark.parametrize("client", CLIENTS)
async def test_a_client_reads_all_that_its_token_sees(api: Api, client: Any) -> None:
    """Page after page, in the order of the list, and nobody of another city."""
    code, output, errors = await client(api, token(api.folder, READS, cities=frozenset({CITY})))
    assert code == 0, errors
    lines = [line.strip() for line in output.splitlines()]
    assert lines == await expected(api)
    assert len(lines) > 5


@pytest.mark.parametrize("client", CLIENTS)
async def test_a_client_waits_as_long_as_it_is_told(
    api: Api,
    embedded_endpoint: Endpoint,
    client: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """By a busy server, and when its points are used up: no question is refused twice, and all are answered."""
    monkeypatch.setattr("renche.server.rates.WINDOW", 4)  # a minute is long
    monkeypatch.setattr("renche.server.app.Work", BusyAtFirst)
    capsys.readouterr()
    async with serving(embedded_endpoint, BRAND_DAY, api.folder, rate_limit=THREE_PAGES) as strict:
        code, output, errors = await client(strict, token(api.folder, READS, cities=frozenset({CITY})))
    refusals = re.findall(r" errors=\[(.*?)\]", capsys.readouterr().out)
    assert (code, errors) == (0, "")
    assert [line.strip() for line in output.splitlines()] == await expected(api)
    assert set(refusals) == {"'OVERLOADED'", "'RATE_LIMITED'", ""}
    assert all("" in pair for pair in pairwise(refusals))


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(
    ("scopes", "code"), [(frozenset({Scope.CLUBS}), "FORBIDDEN"), (None, "UNAUTHENTICATED")], ids=["scope", "token"]
)
async def test_a_client_says_why_it_is_refused(
    api: Api, client: Any, scopes: frozenset[Scope] | None, code: str
) -> None:
    """In one line: the code, and the request's id."""
    key = "rch_test_wrong" if scopes is None else token(api.folder, scopes)
    status, output, errors = await client(api, key)
    assert (status, output) == (1, "")
    assert re.fullmatch(rf"{code}: .+ \(request [0-9a-f]{{16}}\)\n", errors)


@pytest.mark.parametrize("client", CLIENTS)
async def test_a_client_says_that_there_is_no_server(api: Api, client: Any) -> None:
    """In one line, too."""
    nowhere = replace(api, url="http://127.0.0.1:9")
    status, output, errors = await client(nowhere, "rch_test_any")
    assert (status, output, errors.count("\n")) == (1, "", 1)


async def test_a_cursor_is_good_for_another_token_and_in_a_node(api: Api) -> None:
    """A client goes on where it was after its token was rotated; a list within a list is read on from its thing."""
    page = "query ($after: String) { people(first: 1, after: $after) { pageInfo { endCursor } nodes { id } } }"
    first = (await api.ask(page))["people"]
    partner = {"authorization": f"Bearer {token(api.folder, READS)}"}
    question = {"query": page, "variables": {"after": first["pageInfo"]["endCursor"]}}
    told = await api.client.post(f"{api.url}/graphql", json=question, headers=partner)
    everybody = (await api.ask("{ people(first: 2) { nodes { id } } }"))["people"]["nodes"]
    assert told.json()["data"]["people"]["nodes"] == everybody[1:]

    several = "filter: {purchases: {count: {gt: 1}}}"
    bought = "purchases(first: 1) { pageInfo { endCursor } } all: purchases { nodes { id } }"
    (person,) = (await api.ask(f"{{ people(first: 1, {several}) {{ nodes {{ id {bought} }} }} }}"))["people"]["nodes"]
    further = "... on Person { purchases(after: $after) { nodes { id } } }"
    rest = await api.ask(
        f"query ($id: ID!, $after: String) {{ node(id: $id) {{ {further} }} }}",
        id=person["id"],
        after=person["purchases"]["pageInfo"]["endCursor"],
    )
    assert rest["node"]["purchases"]["nodes"] == person["all"]["nodes"][1:]
