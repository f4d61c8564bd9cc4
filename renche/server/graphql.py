"""GraphQL over HTTP: a request becomes a document, the answer becomes bytes, errors get code and request id."""

import asyncio
import traceback
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import orjson
import structlog
from graphql import GraphQLError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from strawberry.types import ExecutionResult

from renche.graph.caller import Caller
from renche.graph.clock import Moment
from renche.graph.errors import RencheError
from renche.graph.keyed import Keyed
from renche.graph.policy import Policies
from renche.planner.plan import Asked, NullInNonNull, Planner, Refused
from renche.planner.size import LimitExceeded
from renche.resolvers.context import Context
from renche.resolvers.schema import Schema
from renche.resolvers.stores import Stores
from renche.server.later import TryLater
from renche.server.request_line import CLIENT_GONE, RequestLine, rows_of
from renche.server.trusted import TrustedDocuments, document_id
from renche.server.work import Work

_log = structlog.get_logger()

MAXIMUM_BODY = 100_000  # bytes
_JSON = "application/json"
_RESPONSE_JSON = "application/graphql-response+json"
# Of an answer without data, in the media type that shows it; whatever is not ours to mend is the client's: 400.
_STATUSES = {"UNAVAILABLE": 503, "TIMEOUT": 504, "INTERNAL": 500}


class BadRequest(Exception):
    """The HTTP request holds no GraphQL request; `status` says which kind of refusal it is."""

    code: ClassVar[str] = "BAD_REQUEST"

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.headers = {"allow": "POST"} if status == 405 else {}


@dataclass(frozen=True)
class GraphQLRequest:
    """What a client asks: a document or its id, which of its operations, and the values of its variables."""

    query: str | None
    document_id: str | None
    operation_name: str | None
    variables: Mapping[str, Any]


@dataclass(frozen=True)
class Answer:
    """What came of a request; `ran` tells whether it was executed at all, `asked` what it was, where it is known."""

    data: dict[str, Any] | None
    errors: Sequence[GraphQLError] = ()
    ran: bool = field(kw_only=True, default=False)
    asked: Asked | None = field(kw_only=True, default=None)


@dataclass(frozen=True)
class Executor:
    """The two ways to an answer: the planner's, and graphql-core's for what only that can do."""

    schema: Schema
    planner: Planner
    trusted: TrustedDocuments
    _begun: set[asyncio.Task[Answer]] = field(default_factory=set, init=False, compare=False)

    async def execute(self, asked: GraphQLRequest, context: Context, line: RequestLine, *, read_only: bool) -> Answer:
        """The answer to a request; arguments are checked, and it is paid for, before either way begins.

        Raises BadRequest for anything but a query when it is `read_only`, and TryLater.
        """
        try:
            text = self.trusted.text(asked.query, asked.document_id)
            document = self.planner.document(text, asked.operation_name)
            line.operation = document.name
            # What is too costly is refused before its scopes are worked out, which takes a walk through all of it.
            question = self.planner.ask(document, asked.variables, context.present, context.keyed)
            self.planner.allow(context.caller.scopes, document, question)
            if read_only and not document.is_query:
                raise BadRequest("Only queries may come by GET; send this operation by POST.", 405)
        except BadRequest:
            await line.bill.charge(1)  # finding out took work, too
            raise
        except (Refused, RencheError) as refused:
            await line.bill.charge(1)
            errors = refused.errors if isinstance(refused, Refused) else [GraphQLError("", original_error=refused)]
            return Answer(None, errors)
        except Exception as error:  # noqa: BLE001 - as below
            return Answer(None, [GraphQLError("", original_error=error)])
        await line.bill.charge(question.cost, question.lookups)
        if not document.is_query:
            return replace(await self._to_the_end(self._resolved(text, asked, context)), asked=question)
        if question.plan is None:
            return replace(await self._resolved(text, asked, context), asked=question)
        try:
            return Answer(await self.planner.answer(question, context.database), ran=True, asked=question)
        except NullInNonNull:
            # The data breaks a promise of the schema: graphql-core knows which parts of the answer become null.
            return replace(await self._resolved(text, asked, context), asked=question)
        except TryLater:
            raise
        except Exception as error:  # noqa: BLE001 - shown by its code, or logged and shown as internal
            return Answer(None, [GraphQLError("", original_error=error)])

    async def _to_the_end(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        """What a mutation has begun in two stores is done whole, whether or not its client is still there."""
        task = asyncio.create_task(work)
        self._begun.add(task)
        task.add_done_callback(self._begun.discard)
        return await asyncio.shield(task)

    async def _resolved(self, text: str, asked: GraphQLRequest, context: Context) -> Answer:
        result = await self.schema.execute(
            text,
            variable_values=dict(asked.variables),
            operation_name=asked.operation_name,
            context_value=context,
        )
        assert isinstance(result, ExecutionResult)  # noqa: S101  subscriptions have a door of their own
        ran = result.data is not None or any(error.path for error in result.errors or ())
        return Answer(result.data, result.errors or (), ran=ran)


@dataclass(frozen=True)
class GraphQL:
    """The endpoint of GraphQL, an ASGI application; the caller stands in the request's state.

    GET takes `query`, `operationName` and `variables` (JSON) from the address and only reads; POST takes a JSON
    object with these names.
    """

    executor: Executor
    keyed: Keyed
    work: Work

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        policies: Policies = scope["app"].state.policies
        stores: Stores = scope["app"].state.stores
        state = scope["state"]
        caller: Caller = state["caller"]
        reader = policies.reader(caller.restriction, caller.sharing)
        present = Moment.present(stores.clock)
        context = Context(reader, self.keyed.within(caller.sight), present, state["request_id"], caller, stores)
        line = RequestLine("graphql", scope["app"].state.rates.bill(caller.id))
        try:
            response = await self._answer(Request(scope, receive), context, line)
        except ClientDisconnect:
            line.errors.append(CLIENT_GONE)
            return
        finally:
            line.write()
        response.headers.update(line.bill.headers)
        await response(scope, receive, send)

    async def _answer(self, request: Request, context: Context, line: RequestLine) -> Response:
        media = _RESPONSE_JSON if _RESPONSE_JSON in request.headers.get("accept", "") else _JSON
        try:
            asked = await _read(request)
            async with self.work.turn(request.receive):
                # Mutations never come by GET: a link must not be able to change anything.
                found = await self.executor.execute(asked, context, line, read_only=request.method != "POST")
        except (BadRequest, TryLater) as refused:
            line.errors.append(refused.code)
            refusal = refusal_body(refused.code, refused.message, context.request_id)
            response = _response(refusal, refused.status, media, context)
            response.headers.update(refused.headers)
            return response
        errors = [_error(error, context) for error in found.errors]
        line.errors += [error["extensions"]["code"] for error in errors]
        body: dict[str, Any] = {"data": found.data} if found.ran else {}
        if errors:
            body["errors"] = errors
        if found.asked and request.headers.get("graphql-cost") == "report":
            told = {"requestedQueryCost": found.asked.cost, "actualQueryCost": found.asked.cost_of(found.data)}
            body["extensions"] = {"cost": told}
        status = 200
        if "data" not in body and media == _RESPONSE_JSON:
            status = _STATUSES.get(line.errors[0], 400)
        response = _response(body, status, media, context)
        if not errors:
            line.rows = rows_of(bytes(response.body))
        return response


async def _read(request: Request) -> GraphQLRequest:
    """What the HTTP request asks; raises BadRequest with what is wrong."""
    if request.method != "POST":
        content: Any = dict(request.query_params)
        for name in ("variables", "extensions"):
            if name in content:
                content[name] = _json(content[name].encode(), name)
    else:
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _JSON:
            raise BadRequest("Send the request as application/json.", 415)
        content = _json(await _bounded(request), "The body")
    if isinstance(content, list):
        raise BadRequest("Batches are not answered: send one request, a JSON object, at a time.")
    if not isinstance(content, dict):
        raise BadRequest("The body must be a JSON object with a query.")
    query, operation = content.get("query"), content.get("operationName")
    variables, extensions = content.get("variables"), content.get("extensions")
    try:
        named = document_id(content)
    except ValueError as error:
        raise BadRequest(str(error)) from None
    if (named is None or query is not None) and (not isinstance(query, str) or not query.strip()):
        raise BadRequest("query: give a GraphQL document as a string.")
    if operation is not None and not isinstance(operation, str):
        raise BadRequest("operationName: must be a string.")
    if variables is not None and not isinstance(variables, dict):
        raise BadRequest("variables: must be an object.")
    if extensions is not None and not isinstance(extensions, dict):
        raise BadRequest("extensions: must be an object.")
    return GraphQLRequest(query, named, operation or None, variables or {})


async def _bounded(request: Request) -> bytes:
    """The body; raises BadRequest as soon as it is too long, whatever its headers say."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAXIMUM_BODY:
            raise BadRequest(f"The body is longer than {MAXIMUM_BODY} bytes.", 413)
    return bytes(body)


def _json(text: bytes, what: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise BadRequest(f"{what} is not valid JSON.") from None


def _error(error: GraphQLError, context: Context) -> dict[str, Any]:
    """An error as the client sees it; what we do not know is logged and shown as internal."""
    cause = error.original_error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    if cause is None or isinstance(cause, GraphQLError):
        # The document itself, or a variable: graphql-core's message names the place.
        code = "LIMIT_EXCEEDED" if isinstance(error, LimitExceeded) else "GRAPHQL_REFUSED"
        shown = _shown(error.message, code, context.request_id)
    elif isinstance(cause, RencheError) and cause.code != "INTERNAL":
        shown = _shown(cause.message, cause.code, context.request_id)
    else:
        frames = traceback.extract_tb(cause.__traceback__)[-3:]
        _log.error(
            "internal",
            error=type(cause).__name__,
            detail=cause.message if isinstance(cause, RencheError) else None,
            at=[f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in frames],
        )
        shown = _shown(
            "Something went wrong inside renche; tell its operators the request id.", "INTERNAL", context.request_id
        )
    if error.locations:
        shown["locations"] = [{"line": each.line, "column": each.column} for each in error.locations]
    if error.path:
        shown["path"] = list(error.path)
    return shown


def refusal_body(code: str, message: str, request_id: str) -> dict[str, Any]:
    """What stands in the answer to who is not let through."""
    return {"errors": [_shown(message, code, request_id)]}


def _shown(message: str, code: str, request_id: str) -> dict[str, Any]:
    return {"message": message, "extensions": {"code": code, "requestId": request_id}}


def _response(body: dict[str, Any], status: int, media: str, context: Context) -> Response:
    # Errors first, so that a reader of a long answer cannot miss them (as the specification advises).
    ordered = {name: body[name] for name in ("errors", "data", "extensions") if name in body}
    # An answer is its caller's own, and may hold a secret: nobody keeps it on the way.
    headers = {"x-request-id": context.request_id, "cache-control": "no-store"}
    return Response(orjson.dumps(ordered), status, headers=headers, media_type=media)
