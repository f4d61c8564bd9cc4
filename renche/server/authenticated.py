"""Lets only those through to an application who send a good token."""

from dataclasses import dataclass
from typing import Final

import structlog
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from renche.graph.errors import RencheError
from renche.server.auth import Authenticator

_log = structlog.get_logger()

_STATUSES: Final = {"UNAUTHENTICATED": 401, "FORBIDDEN": 403, "UNAVAILABLE": 503}


@dataclass(frozen=True)
class Authenticated:
    """An ASGI application behind the authenticator; the caller then stands in the request's state.

    The address is the peer's: uvicorn puts in its place what a proxy on this machine says of it, and nobody else's.
    """

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, or refuses it with the reason."""
        authenticator: Authenticator = scope["app"].state.authenticator
        peer = scope.get("client")
        try:
            caller = await authenticator.caller(Headers(scope=scope).get("authorization"), peer[0] if peer else None)
        except RencheError as refused:
            await _refusal(refused, scope["state"]["request_id"])(scope, receive, send)
            return
        scope["state"]["caller"] = caller
        await self.app(scope, receive, send)


def _refusal(refused: RencheError, request_id: str) -> JSONResponse:
    _log.info("refused", code=refused.code)
    error = {"code": refused.code, "message": refused.message, "requestId": request_id}
    headers = {"cache-control": "no-store", "x-request-id": request_id}
    if refused.code == "UNAUTHENTICATED":
        headers["www-authenticate"] = "Bearer"
    return JSONResponse({"error": error}, _STATUSES.get(refused.code, 500), headers)
