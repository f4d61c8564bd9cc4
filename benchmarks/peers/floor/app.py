"""Starlette in front of the statements: the operation's name chooses one, orjson writes what it returns."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.peers.facts import with_facts
from benchmarks.peers.place import connected, value

STATEMENTS: Final = {
    file.stem: with_facts(file.read_text(encoding="utf-8"))
    for file in (Path(__file__).parent / "statements").glob("*.cypher")
}


async def answer(request: Request) -> Response:
    """The answer to one of the documents, known by the request's `operationName`."""
    asked: dict[str, Any] = orjson.loads(await request.body())
    data = await value(request.app.state.driver, STATEMENTS[asked["operationName"]], asked["variables"])
    return Response(orjson.dumps({"data": data}), media_type="application/json")


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    async with connected() as driver:
        app.state.driver = driver
        yield


app = Starlette(routes=[Route("/graphql", answer, methods=["POST"])], lifespan=_lifespan)
