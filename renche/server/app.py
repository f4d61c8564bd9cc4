"""The HTTP application: all routes and what surrounds them, in one view."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from renche.graph.errors import RencheError
from renche.graph.migrate import migrate, pending
from renche.graph.policy import Policies
from renche.planner.plan import Planner
from renche.resolvers.schema import build_schema
from renche.resolvers.stores import Stores
from renche.server import analyst, graphql
from renche.server.analyst import AnalystCypher, Asked
from renche.server.auth import open_authenticator
from renche.server.authenticated import Authenticated
from renche.server.cors import cors
from renche.server.graphql import Executor, GraphQL
from renche.server.opening import current_keys, keyed_by, open_analysts, open_graph, open_vault
from renche.server.rates import open_rates
from renche.server.settings import Settings
from renche.server.trusted import trusted_documents
from renche.server.work import InTurn, Work
from renche.vault.audit import Audit, Detail


def create_app(settings: Settings) -> Starlette:
    """The application; it opens the graph when it starts and closes it when it stops.

    Raises SettingsError or KeysUnusable at once when there are no usable keys.
    """
    keys = current_keys(settings)
    keyed = keyed_by(keys)
    schema = build_schema()
    planner = Planner(
        schema._schema,
        settings.limits,
        introspection=settings.introspection,
        suggestions=settings.suggestions,
    )
    executor = Executor(schema, planner, trusted_documents(settings, planner))
    clock = settings.clock
    work = Work(settings.max_in_flight)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        with open_vault(settings, keys) as vault:
            async with (
                open_graph(settings) as database,
                open_analysts(settings) as analysts,
                open_authenticator(settings, vault) as authenticator,
                open_rates(settings) as rates,
            ):
                if settings.neo4j_uri is None:
                    await migrate(database, clock)
                app.state.database, app.state.analysts = database, analysts
                app.state.policies = Policies(InTurn(database, settings.reads_at_once, settings.time_limit), clock)
                app.state.audit, app.state.authenticator = Audit(vault), authenticator
                app.state.rates = rates
                app.state.stores = Stores(database, vault, clock, settings.data_dir)
                yield

    async def recorded(asked: Asked) -> None:
        detail: Detail = {
            "statement": asked.statement,
            "rows": asked.rows,
            "milliseconds": round(asked.milliseconds),
            "outcome": asked.outcome,
        }
        await asyncio.to_thread(app.state.audit.append, asked.caller, "cypher.ask", "graph", detail)

    app = Starlette(
        routes=[
            Route(
                "/graphql",
                Authenticated(GraphQL(executor, keyed, work), graphql.refusal_body),
                methods=["GET", "POST"],
            ),
            Route(
                "/cypher",
                Authenticated(
                    AnalystCypher(recorded, work, settings.cypher_at_once, settings.cypher_smallest_group),
                    analyst.refusal_body,
                ),
                methods=["POST"],
            ),
            Route("/livez", livez),
            Route("/readyz", readyz),
        ],
        middleware=[Middleware(RequestId), *cors(settings.allowed_origins)],
        lifespan=lifespan,
    )
    return app


async def livez(_request: Request) -> Response:
    """Whether the process runs."""
    return JSONResponse({"status": "alive"})


async def readyz(request: Request) -> Response:
    """Whether questions can be answered: the graph is there, and migrated."""
    try:
        missing = await pending(request.app.state.database)
    except RencheError as error:
        return JSONResponse({"status": "not ready", "code": error.code, "reason": error.message}, 503)
    if missing:
        reason = f"The graph lacks {len(missing)} migrations; run `renche migrate`."
        return JSONResponse({"status": "not ready", "code": "NOT_MIGRATED", "reason": reason}, 503)
    return JSONResponse({"status": "ready"})


class RequestId:
    """Gives each request an id of ours, in its answer and in every line that it logs."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            request_id = os.urandom(8).hex()
            scope.setdefault("state", {})["request_id"] = request_id
            structlog.contextvars.bind_contextvars(request_id=request_id)
        await self.app(scope, receive, send)
