"""`renche serve` as a process of its own."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from tests.api.test_unavailable import CLOSED

RENCHE = Path(sys.executable).parent / "renche"


@dataclass
class Process:
    """Its address and, once it has ended, what it logged: as text, and line by line."""

    url: str
    log: str = ""
    lines: list[dict[str, Any]] = field(default_factory=list)


@asynccontextmanager
async def process(folder: Path, **settings: str) -> AsyncIterator[Process]:
    """A server without a graph, on the vault and the keys of a folder, for as long as the block runs."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RENCHE_")}
    own = {
        "RENCHE_DATA_DIR": str(folder),
        "RENCHE_NEO4J_URI": CLOSED.uri,
        "RENCHE_NEO4J_PASSWORD": CLOSED.password,
    }
    server = await asyncio.create_subprocess_exec(
        str(RENCHE), "serve", "--port", "0", env=kept | own | settings, cwd=folder, stderr=asyncio.subprocess.PIPE
    )
    assert server.stderr is not None
    running = None
    try:
        said = (await asyncio.wait_for(server.stderr.readline(), 60)).decode()
        assert "answers at" in said, "the server did not start"
        running = Process(said.split("answers at ")[1].split("/graphql")[0])
        yield running
    finally:
        server.terminate()
        _, rest = await server.communicate()
    running.log = rest.decode()
    running.lines = [orjson.loads(line) for line in running.log.splitlines()]
