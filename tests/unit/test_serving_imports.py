"""What a server without extras must not import: memory and time at each start, for what it does not do."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from renche.vault.keys import Keys

LEFT_OUT = {
    "arcadedb_embedded": "the embedded engine runs in a process of its own",
    "jpype": "the embedded engine runs in a process of its own",
    "duckdb": "only the benchmarks compare with it",
    "joserfc": "only who has an identity provider reads its tokens",
    "cryptography.x509": "only who has an identity provider reads its keys",
    "urllib.request": "only who has an identity provider asks for its keys",
    "limits": "only who shares rate limits needs its stores",
    "redis": "only who shares rate limits needs its client",
    "psycopg": "only who has the vault in PostgreSQL",
    "sqlalchemy.dialects.postgresql": "only who has the vault in PostgreSQL",
    "sqlalchemy.orm": "the vault states its tables and statements itself",
    "phonenumbers.geocoder": "where a number is from takes 100 MB, and nobody asks",
    "rich.progress": "only a load shows how far it is",
    "renche.demo": "only the demo makes its data",
    "renche.generate": "only the demo and `renche generate` invent people",
    "renche.ingest.load": "files are loaded by a command",
    "renche.ingest.rows": "the models of rows are for who reads files",
    "renche.server.demo": "only the demo",
    "renche.server.doctor": "only `renche doctor`",
    "renche.server.oidc": "only who has an identity provider",
}
"""Module → why a server has no use for it."""

# As `renche serve` does, from its first import until it listens.
SERVING = """
import asyncio
import sys

import uvicorn
import renche.server.cli
from renche.server.app import create_app
from renche.server.log import configure_logs
from renche.server.settings import load_settings

async def main():
    app = create_app(load_settings())
    async with app.router.lifespan_context(app):
        uvicorn.Config(app).load()
        print(*sys.modules)

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The modules of a server that is ready."""
    folder = tmp_path_factory.mktemp("serving")
    Keys.create(folder / "keys.json")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RENCHE_")}
    own = {
        "RENCHE_DATA_DIR": str(folder),
        "RENCHE_NEO4J_URI": "bolt://127.0.0.1:1",  # it starts without its graph, too
        "RENCHE_NEO4J_PASSWORD": "none",
    }
    done = subprocess.run([sys.executable, "-c", SERVING], env=kept | own, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_server_was_ready(imported: set[str]) -> None:
    """It holds what serving needs, so that the rest was left out and not merely not reached."""
    assert {"renche.server.app", "renche.vault.store", "neo4j", "strawberry", "sqlalchemy"} <= imported


@pytest.mark.parametrize("name", LEFT_OUT)
def test_a_server_imports_nothing_that_it_does_not_use(imported: set[str], name: str) -> None:
    """A module that crept in is to be imported where it is used."""
    assert name not in imported, LEFT_OUT[name]


def test_the_names_are_right() -> None:
    """A module of ours that was renamed must not pass for one that is left out."""
    root = Path(__file__).parents[2]
    ours = [root.joinpath(*name.split(".")) for name in LEFT_OUT if name.startswith("renche.")]
    assert [path.name for path in ours if not path.is_dir() and not path.with_suffix(".py").exists()] == []
