"""The whole application behind a real HTTP server, on each engine, with the example brand or the survey loaded."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from renche.demo import nhts
from renche.generate import TODAY, generate
from renche.graph.caller import Scope
from renche.graph.clock import FixedClock
from renche.graph.database import Database
from renche.graph.endpoint import Endpoint
from renche.graph.ids import Kind, make_id
from renche.ingest.checks import Checks
from renche.ingest.load import ingest
from renche.server.app import create_app
from renche.server.settings import Settings
from renche.vault.grants import Grant
from renche.vault.keys import Keys
from renche.vault.store import Vault
from renche.vault.tokens import Tokens
from tests.conftest import empty

EXAMPLES = Path(__file__).parents[2] / "examples"
BRAND_DAY = FixedClock(datetime(2026, 11, 1, 4, tzinfo=UTC))
GENERATED_DAY = FixedClock(datetime(TODAY.year, TODAY.month, TODAY.day, 4, tzinfo=UTC))
KEYS = Keys.generate()


@dataclass
class Api:
    """A running application, a client of it that may ask everything, and the folder with its vault."""

    url: str
    client: httpx.AsyncClient
    database: Database
    folder: Path

    async def post(self, query: str, **variables: Any) -> dict[str, Any]:
        """The whole answer to a document."""
        response = await self.client.post(f"{self.url}/graphql", json={"query": query, "variables": variables})
        answer: dict[str, Any] = response.json()
        return answer

    async def ask(self, query: str, **variables: Any) -> Any:
        """The data of an answer that must have no errors."""
        answer = await self.post(query, **variables)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    async def refused(self, query: str, **variables: Any) -> dict[str, Any]:
        """The only error of an answer that must have one."""
        answer = await self.post(query, **variables)
        (error,) = answer["errors"]
        assert error["extensions"]["requestId"]
        return dict(error)


def thing(kind: Kind, name: str) -> str:
    """The id of what the answers call `source:source_id`."""
    source, _, source_id = name.partition(":")
    return make_id(kind, source, source_id)


async def load(database: Database, paths: list[Path], clock: FixedClock, folder: Path) -> Any:
    """Loads files with a vault in the folder; every row must be accepted."""
    report = await ingest(
        paths,
        database=database,
        vault_url=f"sqlite:///{folder / 'vault.sqlite'}",
        keys=KEYS,
        checks=Checks.build(clock.today()),
        clock=clock,
        data_dir=folder,
    )
    assert report.exit_code == 0
    return report


def survey_files(folder: Path) -> Path:
    """The real survey as ingest files."""
    out = folder / "nhts"
    nhts.write_ingest_files(nhts.survey_folder(), out)
    return out


def generated_files(folder: Path, people: int) -> Path:
    """A generated brand as ingest files."""
    out = folder / "generated"
    generate(people, 7, out)
    return out


def token(folder: Path, scopes: frozenset[Scope], **restricted: Any) -> str:
    """A token of the vault in this folder, with these scopes and further arguments of its grant."""
    grant = Grant(
        name="a test",
        owner="tests",
        env="test",
        scopes=scopes,
        expires_at=datetime.now(UTC) + timedelta(days=1),
        **restricted,
    )
    with Vault.open(f"sqlite:///{(folder / 'vault.sqlite').absolute()}", KEYS) as vault:
        return Tokens(vault).issue(grant, "cli:0").text


@asynccontextmanager
async def serving(endpoint: Endpoint, clock: FixedClock, folder: Path, **settings: Any) -> AsyncIterator[Api]:
    """The application on this engine, listening on a free port; `settings` come before those of all tests."""
    keys_file = folder / "keys.json"
    KEYS.replace(keys_file)
    usual: dict[str, Any] = {
        "data_dir": folder,
        "keys_file": keys_file,
        "neo4j_uri": endpoint.uri,
        "neo4j_user": endpoint.user,
        "neo4j_password": endpoint.password,
        "neo4j_database": endpoint.database,
        "now": clock.now(),
        "time_limit": 60,
        "rate_limit": 0,
        "lookup_rate_limit": 0,
    }
    headers = {"authorization": f"Bearer {token(folder, frozenset(Scope))}"}
    application = create_app(Settings(**usual | settings))
    server = uvicorn.Server(uvicorn.Config(application, "127.0.0.1", 0, log_level="warning", access_log=False))
    task = asyncio.create_task(server.serve())
    while not server.started:
        assert not task.done(), "the server did not start"
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        async with httpx.AsyncClient(timeout=60, headers=headers) as client:
            yield Api(f"http://127.0.0.1:{port}", client, application.state.database, folder)
    finally:
        server.should_exit = True
        await task


@pytest.fixture(scope="module", params=["neo4j", "embedded"])
def site(request: pytest.FixtureRequest) -> tuple[Endpoint, Database]:
    """Each engine in turn: its address, and a connection to it."""
    return (
        request.getfixturevalue(f"{request.param}_endpoint"),
        request.getfixturevalue(f"{request.param}_database"),
    )


@pytest.fixture(scope="module")
async def brand(site: tuple[Endpoint, Database], tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Api]:
    """The application with the example brand, on each engine; its clock stands at 2026-11-01."""
    endpoint, database = site
    folder = tmp_path_factory.mktemp("brand")
    await empty(database)
    await load(database, sorted((EXAMPLES / "brand").glob("*.csv")), BRAND_DAY, folder)
    async with serving(endpoint, BRAND_DAY, folder) as api:
        yield api


@pytest.fixture(scope="session")
def answers() -> dict[str, Any]:
    """What the example brand's story says."""
    text = (EXAMPLES / "brand" / "answers.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found
