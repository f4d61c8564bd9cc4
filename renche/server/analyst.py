"""Read-only Cypher over HTTP for analysts: `POST /cypher`, with a limit for each caller and a record of each one."""

import time
import traceback
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from renche.graph.analysts import Analysts, Answer
from renche.graph.caller import Caller, Restriction
from renche.graph.caller import Scope as Right
from renche.graph.errors import RencheError, StatementRefused
from renche.graph.gate import LONGEST
from renche.server.cypher_output import as_csv, as_json, ndjson_lines
from renche.server.later import AGAIN_AFTER, TooMany, TryLater
from renche.server.request_line import CLIENT_GONE, RequestLine
from renche.server.work import Work

_log = structlog.get_logger()

MAXIMUM_BODY: Final = 1_000_000  # bytes: lists of ids are long
COST: Final = 1  # point of a caller's minute; what statements take of the database is limited by `at_once`
_STATUSES: Final = {"UNAVAILABLE": 503, "TIMEOUT": 504, "INTERNAL": 500}
_TRUNCATED: Final = "x-renche-truncated"
_SUPPRESSED: Final = "x-renche-suppressed-below"


@dataclass(frozen=True)
class Asked:
    """What becomes of a statement, for the audit: values of parameters are left out.

    `outcome`: ok, truncated, or the code of the error, with the rule where the gate refused.
    """

    caller: str
    statement: str
    rows: int
    milliseconds: float
    outcome: str


Audit = Callable[[Asked], Awaitable[None]]


class Refusal(Exception):
    """A request that is answered with an error of HTTP before any statement is read."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


@dataclass
class AnalystCypher:
    """The endpoint of analysts' statements, an ASGI application.

    The body is a JSON object with `statement` and `parameters`; the answer is JSON, or NDJSON or CSV where Accept asks
    for it. The caller stands in the request's state; one who may ask for aggregates only sees no group of fewer people
    than `smallest_group`. A record goes to `audit` before the answer goes out: what cannot
    be recorded is not answered.
    """

    audit: Audit
    work: Work
    at_once: int = 2
    smallest_group: int = 10
    _running: Counter[str] = field(default_factory=Counter)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        analysts: Analysts = scope["app"].state.analysts
        state: Mapping[str, Any] = scope.get("state", {})
        request_id = str(state.get("request_id", ""))
        caller = state.get("caller")
        line = RequestLine("cypher", scope["app"].state.rates.bill(caller.id if caller else "nobody"))
        headers: dict[str, str] = {"x-request-id": request_id}
        try:
            response = await self._answer(Request(scope, receive), analysts, _analyst(caller), line)
        except ClientDisconnect:
            line.errors.append(CLIENT_GONE)
            return
        except Exception as error:  # noqa: BLE001  the unknown is logged, and shown as internal
            status, shown = _shown(error)
            line.errors.append(shown["code"])
            response = _error(status, shown, request_id)
            if isinstance(error, TryLater):
                headers |= error.headers
        finally:
            line.write()
        response.headers.update(headers | line.bill.headers)
        await response(scope, receive, send)

    async def _answer(self, request: Request, analysts: Analysts, caller: Caller, line: RequestLine) -> Response:
        if self._running[caller.id] >= self.at_once:
            raise TooMany(f"{self.at_once} statements of yours are under way; wait for one to end.", AGAIN_AFTER)
        self._running[caller.id] += 1
        try:
            statement, parameters = await _read(request)
            await line.bill.charge(COST)
            async with self.work.turn(request.receive):
                answer = await self._recorded(analysts, caller, statement, parameters)
        finally:
            self._running[caller.id] -= 1
            if not self._running[caller.id]:
                del self._running[caller.id]
        line.rows = len(answer.rows)
        return _response(answer, request.headers.get("accept", ""))

    async def _recorded(self, analysts: Analysts, caller: Caller, statement: str, parameters: dict[str, Any]) -> Answer:
        began = time.perf_counter()
        rows, outcome = 0, "CANCELLED"
        try:
            smallest = None if Right.CYPHER in caller.scopes else self.smallest_group
            answer = await analysts.ask(statement, parameters, smallest_group=smallest)
            rows, outcome = len(answer.rows), "truncated" if answer.truncated else "ok"
        except StatementRefused as refused:
            outcome = f"{refused.code} {refused.rule}"
            raise
        except RencheError as error:
            outcome = error.code
            raise
        except Exception:
            outcome = "INTERNAL"
            raise
        finally:
            taken = round((time.perf_counter() - began) * 1000, 1)
            await self.audit(Asked(caller.id, statement[:LONGEST], rows, taken, outcome))
        return answer


def _analyst(caller: object) -> Caller:
    """The caller, if it may ask: the gate knows no restrictions, so whoever has one must not pass."""
    if not isinstance(caller, Caller):
        raise Refusal(401, "UNAUTHENTICATED", "Say who asks: send a bearer token.")
    if not caller.scopes & {Right.CYPHER, Right.AGGREGATES}:
        message = f"This needs the scope {Right.CYPHER}, or for aggregates alone {Right.AGGREGATES}."
        raise Refusal(403, "FORBIDDEN", message)
    if caller.restriction != Restriction() or caller.partner is not None:
        raise Refusal(403, "FORBIDDEN", "A caller that sees only a part of the graph cannot ask it Cypher.")
    return caller


async def _read(request: Request) -> tuple[str, dict[str, Any]]:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refusal(415, "BAD_REQUEST", "Send the request as application/json.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAXIMUM_BODY:
            raise Refusal(413, "BAD_REQUEST", f"The body is longer than {MAXIMUM_BODY:,} bytes.")
    try:
        content = orjson.loads(bytes(body))
    except orjson.JSONDecodeError:
        raise Refusal(400, "BAD_REQUEST", "The body is not valid JSON.") from None
    if not isinstance(content, dict) or not isinstance(content.get("statement"), str):
        raise Refusal(400, "BAD_REQUEST", "The body must be a JSON object with a statement.")
    parameters = content.get("parameters") or {}
    if not isinstance(parameters, dict):
        raise Refusal(400, "BAD_REQUEST", "parameters: must be an object.")
    return content["statement"], parameters


def _response(answer: Answer, accept: str) -> Response:
    headers = {_TRUNCATED: "true" if answer.truncated else "false", "cache-control": "no-store"}
    if answer.suppressed_below is not None:
        headers[_SUPPRESSED] = str(answer.suppressed_below)
    if "application/x-ndjson" in accept:
        return StreamingResponse(ndjson_lines(answer), headers=headers, media_type="application/x-ndjson")
    if "text/csv" in accept:
        return Response(as_csv(answer), headers=headers, media_type="text/csv; charset=utf-8")
    return Response(as_json(answer), headers=headers, media_type="application/json")


def _shown(error: Exception) -> tuple[int, dict[str, Any]]:
    """The status of an error, and what the analyst sees of it."""
    if isinstance(error, StatementRefused):
        place = {"rule": error.rule, "line": error.line, "column": error.column}
        return 400, {"code": error.code, "message": error.message} | place
    if isinstance(error, Refusal | TryLater):
        return error.status, {"code": error.code, "message": error.message}
    if isinstance(error, RencheError) and error.code != "INTERNAL":
        return _STATUSES.get(error.code, 400), {"code": error.code, "message": error.message}
    frames = traceback.extract_tb(error.__traceback__)[-3:]
    at = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in frames]
    _log.error("internal", error=type(error).__name__, at=at)
    message = "Something went wrong inside renche; tell its operators the request id."
    return 500, {"code": "INTERNAL", "message": message}


def refusal_body(code: str, message: str, request_id: str) -> dict[str, Any]:
    """What stands in the answer to who is not let through."""
    return {"error": {"code": code, "message": message, "requestId": request_id}}


def _error(status: int, shown: dict[str, Any], request_id: str) -> Response:
    content = orjson.dumps({"error": shown | {"requestId": request_id}})
    return Response(content, status, headers={"cache-control": "no-store"}, media_type="application/json")
