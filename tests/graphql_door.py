"""GraphQL's endpoint alone: a known caller before it, and no database behind it."""

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
from starlette.types import Receive, Scope, Send

from renche.graph import caller
from renche.graph.clock import FixedClock
from renche.graph.cursor import Cursors
from renche.graph.keyed import Keyed
from renche.graph.policy import Policies
from renche.graph.reader import Reader
from renche.planner.plan import Planner
from renche.resolvers.schema import Schema, build_schema
from renche.resolvers.stores import Stores
from renche.server.graphql import Executor, GraphQL
from renche.server.rates import Rates
from renche.server.trusted import TrustedDocuments
from renche.server.work import Work

SCHEMA = build_schema()
KEYED = Keyed(Cursors(bytes(32)), lambda kind, value: (f"{kind}:{value}",))
CLOCK = FixedClock(datetime(2026, 11, 1, 4, tzinfo=UTC))
ANYBODY = caller.Caller("user:test", frozenset(caller.Scope))


class NoDatabase:
    """A database that nobody may use."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"the database was asked to {name}")


def planner(**given: Any) -> Planner:
    """A planner that knows no document yet."""
    return Planner(SCHEMA._schema, **given)


def door(
    planner: Planner,
    trusted: TrustedDocuments | None = None,
    schema: Schema = SCHEMA,
    reader: Reader | None = None,
) -> httpx.AsyncClient:
    """A client of the endpoint, which answers what needs no database, or reads from this one."""
    endpoint = GraphQL(Executor(schema, planner, trusted or TrustedDocuments()), KEYED, Work(1))
    nothing: Any = NoDatabase()
    stores = Stores(nothing, nothing, CLOCK, Path())
    app = SimpleNamespace(
        state=SimpleNamespace(policies=Policies(reader or nothing, CLOCK), rates=Rates(0, 0), stores=stores)
    )

    async def asked(scope: Scope, receive: Receive, send: Send) -> None:
        await endpoint({**scope, "app": app, "state": {"request_id": "0", "caller": ANYBODY}}, receive, send)

    return httpx.AsyncClient(transport=httpx.ASGITransport(asked), base_url="http://test")
