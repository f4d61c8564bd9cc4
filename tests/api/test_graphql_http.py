"""GraphQL over HTTP as it is specified: the audits of the npm package graphql-http, against the live server."""

import asyncio
import json
import os
import shutil
from pathlib import Path

from renche.graph.caller import Scope
from tests.api.conftest import BRAND_DAY, serving, token
from tests.api.test_unavailable import CLOSED
from tests.conftest import do_without

FOLDER = Path(__file__).parents[1] / "graphql_http"
AUDITS = 61


async def test_every_audit_is_passed(tmp_path: Path) -> None:
    """What a server must, should and may do alike; none of it needs a database."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        do_without("no Node: install nodejs and npm")
    await install_node_modules()
    async with serving(CLOSED, BRAND_DAY, tmp_path) as api:
        told = await _run("node", "audit.js", f"{api.url}/graphql", TOKEN=token(tmp_path, frozenset(Scope)))
    audits = json.loads(told)
    assert [audit for audit in audits if audit["status"] != "ok"] == []
    assert len(audits) == AUDITS


async def install_node_modules() -> None:
    """The packages of the lock, unless they are there."""
    installed = FOLDER / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < (FOLDER / "package-lock.json").stat().st_mtime:
        await _run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")


async def _run(*command: str, **environment: str) -> bytes:
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=FOLDER,
        env=os.environ | environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    return output
