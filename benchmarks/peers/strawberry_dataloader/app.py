"""Strawberry's own ASGI view, with its caches of parsed and validated documents, and orjson."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
import strawberry
from starlette.applications import Starlette
from starlette.routing import Route
from strawberry.asgi import GraphQL
from strawberry.extensions import ParserCache, ValidationCache

from benchmarks.peers.place import connected
from benchmarks.peers.strawberry_dataloader.context import Context
from benchmarks.peers.strawberry_dataloader.queries import Query

schema = strawberry.Schema(Query, extensions=[ParserCache, ValidationCache])


class View(GraphQL[Context, None]):
    """Gives each request loaders of its own."""

    async def get_context(self, request: Any, response: Any) -> Context:  # noqa: ARG002  Strawberry's own signature
        return Context(request.app.state.driver)

    def decode_json(self, data: str | bytes) -> object:
        return orjson.loads(data)

    def encode_json(self, data: object) -> bytes:
        return orjson.dumps(data)


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    async with connected() as driver:
        app.state.driver = driver
        yield


app = Starlette(routes=[Route("/graphql", View(schema, graphql_ide=None))], lifespan=_lifespan)
