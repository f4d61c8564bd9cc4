"""Lets only those through to an application who send a good token."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

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

    `body`: the answer to who is refused, made of the code, the sentence and the request's id. The address is the
    peer's: uvicorn puts in its place what a proxy on this machine says of it, and nobody else's.
    """

    app: ASGIApp
    body: Callable[[str, str, str], Any]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, or refuses it with the reason."""
        authenticator: Authenticator = scope["app"].state.authenticator
        peer = scope.get("client")
        try:
            caller = await authenticator.caller(Headers(scope=scope).get("authorization"), peer[0] if peer else None)
        except RencheError as refused:
            request_id = scope["state"]["request_id"]
            body = self.body(refused.code, refused.message, request_id)
            await _refusal(refused.code, body, request_id)(scope, receive, send)
            return
        scope["state"]["caller"] = caller
        await self.app(scope, receive, send)


def _refusal(code: str, body: Any, request_id: str) -> JSONResponse:
    _log.info("refused", code=code)
    headers = {"cache-control": "no-store", "x-request-id": request_id}
    if code == "UNAUTHENTICATED":
        headers["www-authenticate"] = "Bearer"
    return JSONResponse(body, _STATUSES.get(code, 500), headers)
