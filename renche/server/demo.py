"""The demo: a brand is made, loaded and served; `--check` asks it every example question and stops."""

import asyncio
import contextlib
import json
import re
import shutil
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

import uvicorn
from rich.console import Console

from renche.demo import nhts
from renche.generate import TODAY, generate
from renche.graph.caller import Role
from renche.ingest.checks import Checks
from renche.ingest.load import ingest
from renche.server.app import create_app
from renche.server.demo_tokens import DemoIdentity
from renche.server.listening import bound
from renche.server.opening import open_keys, open_migrated_graph, open_vault
from renche.server.settings import Settings
from renche.vault.keys import Keys

EXAMPLES = Path(__file__).parents[2] / "examples"

# The demo shows the answers to the first three of these that its data can answer.
SHOWN = {
    "owners-who-referred": "Which owners in this city referred friends, and what became of them?",
    "household-fleet": "Which vehicles has this household, and who holds which role?",
    "referral-funnel": "How far did the referrals of this city come?",
    "person": "Who is this, with which vehicles, in which household?",
    "as-of": "What held on that day?",
}
_SHOWN_ANSWERS = 3
_SHOWN_LINES = 24


class DemoData(StrEnum):
    """What the demo may run on."""

    GENERATED = "generated"
    BRAND = "brand"
    NHTS = "nhts"


class DemoError(Exception):
    """The demo cannot go on; the message says why and what to do."""


@dataclass(frozen=True)
class Answer:
    """What the live server said to one document with these values of its variables."""

    document: str
    variables: dict[str, Any]
    data: Any
    rows: int
    milliseconds: float


async def run_demo(settings: Settings, data: DemoData, people: int, console: Console) -> None:
    """Makes, loads and serves the demo brand until it is told to stop.

    Raises DemoError, or what the engine, the vault and ingest raise.
    """
    started = time.monotonic()
    settings = settings.model_copy(
        update={"data_dir": settings.data_dir / f"demo-{data}-{people}", "now": _now(data) or settings.now}
    )
    async with _served(settings, data, people, console) as (api, serving):
        console.print(f"\nReady after {time.monotonic() - started:.0f} s. Three questions, as front ends ask them:")
        variables = await _variables(api)
        answers = [await _ask(api, name, _documents()[name], variables) for name in SHOWN]
        for answer in [each for each in answers if each is not None][:_SHOWN_ANSWERS]:
            console.print(f"\n[bold]{SHOWN[answer.document]}[/bold]")
            console.print(
                f"examples/queries/{answer.document}.graphql {_json(answer.variables)}", markup=False, highlight=False
            )
            console.print(_shortened(answer.data), markup=False, highlight=False)
        console.print("\nA token for each role, good for a day (Authorization: Bearer TOKEN):")
        for role, token in api.tokens(variables).items():
            console.print(f"  {role:13} {token}", markup=False, highlight=False)
        console.print(
            f"\nValues for the variables of other examples: {_json(variables)}", markup=False, highlight=False
        )
        console.print(f"\nGraphQL answers at [bold]{api.url}/graphql[/bold]. Stop with Ctrl-C.")
        await serving


async def check_demo(settings: Settings, data: DemoData, people: int, console: Console) -> None:
    """Does what the demo does in a temporary folder and on a free port, asks every example, and stops.

    Raises DemoError naming the first document without a right answer.
    """
    folder = Path(tempfile.mkdtemp(prefix="renche-demo-"))
    settings = settings.model_copy(update={"data_dir": folder, "port": 0, "now": _now(data) or settings.now})
    try:
        async with _served(settings, data, people, console) as (api, _):
            variables = await _variables(api)
            for name, query in _documents().items():
                answer = await _ask(api, name, query, variables)
                if answer is None:
                    console.print(f"{name:24} not asked: this data has nothing that it is about")
                else:
                    console.print(f"{name:24} {answer.rows:6} rows {answer.milliseconds:8.1f} ms")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    console.print("Every example was answered.")


@dataclass(frozen=True)
class Api:
    """The live server: its address, who it trusts, and what it was set up with."""

    url: str
    identity: DemoIdentity
    settings: Settings

    def tokens(self, known: dict[str, Any]) -> dict[str, str]:
        """A token for each role, held to things that are known."""
        with open_vault(self.settings, open_keys(self.settings)) as vault:
            return self.identity.tokens(vault, known)

    @cached_property
    def authorization(self) -> str:
        """The header of who may ask everything."""
        return f"Bearer {self.identity.token(Role.OPERATIONS)}"


@contextlib.asynccontextmanager
async def _served(
    settings: Settings, data: DemoData, people: int, console: Console
) -> AsyncIterator[tuple[Api, asyncio.Task[None]]]:
    """The loaded demo behind a live HTTP server, and the task that ends when it is told to stop."""
    sockets = bound(settings.host, settings.port)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    if settings.keys is None and not settings.keys_path.exists():
        Keys.create(settings.keys_path)
    keys = open_keys(settings)
    identity = DemoIdentity()
    settings = identity.trusted_by(settings)
    source = settings.data_dir / "source"
    async with contextlib.AsyncExitStack() as stack:
        for each in sockets:
            stack.callback(each.close)
        counts, database = await asyncio.gather(
            asyncio.to_thread(_make, data, people, source),
            stack.enter_async_context(open_migrated_graph(settings, retry_for=timedelta(minutes=1))),
        )
        console.print(f"Loading {sum(counts.values()):,} rows about {counts['people']:,} people ...")
        report = await ingest(
            [source],
            database=database,
            vault_url=settings.vault_address,
            keys=keys,
            checks=Checks.build(settings.clock.today(), settings.cities_file),
            clock=settings.clock,
            data_dir=settings.data_dir,
        )
        if report.exit_code:
            raise DemoError(f"Rows of the demo were refused; see {settings.data_dir / 'rejects'}.")
        server = uvicorn.Server(
            uvicorn.Config(
                create_app(settings), host=settings.host, port=settings.port, log_level="warning", access_log=False
            )
        )
        serving = asyncio.create_task(server.serve(sockets))
        while not server.started:
            if serving.done():
                raise DemoError("The API did not start; the log says why.") from serving.exception()
            await asyncio.sleep(0.02)
        port = sockets[0].getsockname()[1]
        try:
            yield Api(f"http://{settings.host}:{port}", identity, settings), serving
        finally:
            server.should_exit = True
            await serving


def _make(data: DemoData, people: int, folder: Path) -> dict[str, int]:
    """Writes the data as ingest files into the folder; gives the rows of each kind."""
    folder.mkdir(parents=True, exist_ok=True)
    if data is DemoData.GENERATED:
        return generate(people, 1, folder)
    if data is DemoData.NHTS:
        return nhts.write_ingest_files(nhts.survey_folder(), folder)
    if not (EXAMPLES / "brand").is_dir():
        raise DemoError("The example brand is part of the source; run the demo from a checkout.")
    counts = {}
    for file in (EXAMPLES / "brand").glob("*.csv"):
        shutil.copy(file, folder)
        counts[file.stem] = len(file.read_text(encoding="utf-8").splitlines()) - 1
    return counts


def _now(data: DemoData) -> datetime | None:
    """When the demo's clock stands still: made-up data ends on a day, and its answers hold on that day."""
    days = {DemoData.GENERATED: TODAY, DemoData.BRAND: datetime(2026, 11, 1, tzinfo=UTC).date()}
    day = days.get(data)
    return datetime(day.year, day.month, day.day, 4, tzinfo=UTC) if day else None


_SAMPLES = """
{
  referrals(first: 50) {
    nodes {
      id madeOn referrer { id city } friend { id } dealer { id } club { id } vehicle { vin }
    }
  }
  households(first: 50) { nodes { id members(first: 1) { nodes { id } } fleet { totalCount } } }
}
"""


async def _variables(api: Api) -> dict[str, Any]:
    """A value for each variable that the example documents use, found in the data that is served."""
    answer = await asyncio.to_thread(_post, api, {"query": _SAMPLES})
    data = answer["data"]
    variables: dict[str, Any] = {}
    for referral in data["referrals"]["nodes"]:
        found = {
            "referral": referral["id"],
            "day": referral["madeOn"],
            "person": (referral["referrer"] or {}).get("id"),
            "city": (referral["referrer"] or {}).get("city"),
            "friend": (referral["friend"] or {}).get("id"),
            "dealer": (referral["dealer"] or {}).get("id"),
            "club": (referral["club"] or {}).get("id"),
            "vin": (referral["vehicle"] or {}).get("vin"),
        }
        for name, value in found.items():
            if value is not None:
                variables.setdefault(name, value)
    if "vin" in variables:
        variables["text"] = variables["vin"][-6:]
    households = sorted(data["households"]["nodes"], key=lambda household: -household["fleet"]["totalCount"])
    if households:
        variables["household"] = households[0]["id"]
        members = households[0]["members"]["nodes"]
        if members:
            variables.setdefault("person", members[0]["id"])
        variables.setdefault("day", "2022-01-01")
    return variables


def _documents() -> dict[str, str]:
    """The example documents by name."""
    files = sorted((EXAMPLES / "queries").glob("*.graphql"))
    if not files:
        raise DemoError("The example documents are part of the source; run the demo from a checkout.")
    return {file.stem: file.read_text(encoding="utf-8") for file in files}


async def _ask(api: Api, document: str, query: str, variables: dict[str, Any]) -> Answer | None:
    """The server's answer to a document; None when the data has no value for a variable that must have one.

    Raises DemoError when the answer has errors, or is null.
    """
    declared = re.findall(r"\$(\w+): [\[\]\w]+(!?)", query.partition("{")[0])
    if any(required and name not in variables for name, required in declared):
        return None
    given = {name: variables[name] for name, _ in declared if name in variables}
    started = time.perf_counter()
    answer = await asyncio.to_thread(_post, api, {"query": query, "variables": given})
    milliseconds = (time.perf_counter() - started) * 1000
    if answer.get("errors"):
        raise DemoError(f"{document}: {answer['errors'][0]['message']}")
    data = answer["data"]
    if any(value is None for value in data.values()):
        raise DemoError(f"{document}: the answer is null.")
    return Answer(document, given, data, _rows(data), milliseconds)


def _post(api: Api, body: dict[str, Any]) -> Any:
    headers = {"content-type": "application/json", "authorization": api.authorization}
    request = urllib.request.Request(  # noqa: S310  the address is our own server's
        f"{api.url}/graphql", json.dumps(body).encode(), headers
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
            return json.load(response)
    except urllib.error.URLError as error:
        raise DemoError(f"The API does not answer: {error.reason}.") from error


def _rows(answer: Any) -> int:
    """How many objects stand in the lists of an answer."""
    if isinstance(answer, dict):
        return sum(_rows(value) for value in answer.values())
    if isinstance(answer, list):
        return sum(1 + _rows(item) for item in answer if isinstance(item, dict))
    return 0


def _json(variables: dict[str, Any]) -> str:
    return json.dumps(variables, ensure_ascii=False)


def _shortened(data: Any) -> str:
    lines = json.dumps(data, ensure_ascii=False, indent=1).splitlines()
    if len(lines) > _SHOWN_LINES:
        lines = [*lines[:_SHOWN_LINES], f"... and {len(lines) - _SHOWN_LINES} lines more"]
    return "\n".join(lines)
