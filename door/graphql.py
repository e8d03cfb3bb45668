"""GraphQL over HTTP: one operation a request, POST or GET, every answer a JSON body.

What is no GraphQL request is answered with a 4xx status and an error with a code. A request
error (the document does not parse, does not validate, its variables do not fit) is 400 for
clients that accept `application/graphql-response+json`, and 200 for those that do not.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from graphql import ExecutionResult, GraphQLError, OperationDefinitionNode, OperationType
from starlette.requests import Request
from starlette.responses import Response

from door import pages
from door.callers import base_url, caller
from execution import Document, Engine
from schema.context import Context
from schema.errors import presented
from services import clock, observations, reads, settings

MAX_BODY = 256 * 1024
"""The largest body that is read, in bytes."""

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"


class Unacceptable(Exception):
    """A request that is no GraphQL request; `status` is the answer's."""

    def __init__(self, status: int, message: str, code: str = "BAD_REQUEST") -> None:
        super().__init__(message)
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True)
class Operation:
    """What a request asks to be run."""

    query: str
    variables: dict[str, Any] | None
    name: str | None


async def endpoint(request: Request) -> Response:
    """The API; for a browser that opens the address, GraphiQL."""
    if pages.wants_page(request) and settings.current().graphiql:
        return pages.graphiql()
    at = clock.now()
    context = Context(await caller(request, at), at, base_url(request))
    with reads.together():
        return await answer(request.app.state.engine, request, context)


async def answer(engine: Engine, request: Request, context: Context) -> Response:
    """Runs the request's operation; never raises for what a client can send."""
    try:
        result = await _execute(engine, request.method, await _read(request), context)
    except Unacceptable as error:
        observations.current().failed(error.code)
        body = {"errors": [{"message": str(error), "extensions": {"code": error.code}}]}
        headers = {"Allow": "GET, POST"} if error.status == 405 else None
        return Response(orjson.dumps(body), error.status, headers, JSON)
    return _response(request, result)


async def _execute(
    engine: Engine, method: str, operation: Operation, context: Context
) -> ExecutionResult:
    document = engine.document(operation.query)
    if operation.name is None and len(document.operations) > 1:
        message = "Name the operation to run: the document has several."
        error = GraphQLError(message, extensions={"code": "BAD_USER_INPUT"})
        return ExecutionResult(None, [error])
    if document.ast is None:
        return ExecutionResult(None, document.errors)
    node = _operation_of(document, operation.name)
    observations.current().runs(node.name.value if node.name else None, node.operation.value)
    if method == "GET" and node.operation is not OperationType.QUERY:
        raise Unacceptable(405, "Only queries can be sent with GET.")
    if document.errors:
        return ExecutionResult(None, document.errors)
    return await engine.execute(document, node, operation.variables, context)


def _operation_of(document: Document, name: str | None) -> OperationDefinitionNode:
    node = document.operation(name)
    if node is None:
        raise Unacceptable(400, "There is no operation of this name.", "BAD_USER_INPUT")
    return node


def _response(request: Request, result: ExecutionResult) -> Response:
    errors = [presented(error) for error in result.errors or ()]
    refused = result.data is None and all(error.path is None for error in errors)
    body: dict[str, Any] = {} if refused else {"data": result.data}
    if errors:
        observations.current().failed(str((errors[0].extensions or {}).get("code")))
        body["errors"] = [error.formatted for error in errors]
    strict = GRAPHQL_JSON in request.headers.get("accept", "")
    media_type = f"{GRAPHQL_JSON}; charset=utf-8" if strict else JSON
    return Response(orjson.dumps(body), 400 if refused and strict else 200, None, media_type)


async def _read(request: Request) -> Operation:
    if request.method not in ("GET", "POST"):
        raise Unacceptable(405, "Send operations with POST, or queries with GET.")
    if request.method == "GET":
        return _operation(_parameters(request.query_params))
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise Unacceptable(415, "Send the request as application/json.")
    if request.headers.get("content-encoding", "identity") != "identity":
        raise Unacceptable(415, "Send the request without a content encoding.")
    return _operation(_json(await _body(request), "The body"))


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise Unacceptable(413, f"The body is longer than {MAX_BODY // 1024} kB.")
    return bytes(body)


def _parameters(parameters: Mapping[str, str]) -> dict[str, Any]:
    request: dict[str, Any] = dict(parameters)
    for name in ("variables", "extensions"):
        if request.get(name):
            request[name] = _json(request[name].encode(), name)
    return request


def _operation(request: Any) -> Operation:
    if not isinstance(request, dict):
        raise Unacceptable(400, "The request must be one JSON object.")
    query, variables = request.get("query"), request.get("variables") or None
    name = request.get("operationName") or None
    if not isinstance(query, str) or not query.strip():
        raise Unacceptable(400, "query must be a document.")
    if not isinstance(variables, dict | None):
        raise Unacceptable(400, "variables must be an object.")
    if not isinstance(name, str | None):
        raise Unacceptable(400, "operationName must be a string.")
    if not isinstance(request.get("extensions"), dict | None):
        raise Unacceptable(400, "extensions must be an object.")
    return Operation(query, variables, name)


def _json(content: bytes, what: str) -> Any:
    try:
        return json.loads(content.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Unacceptable(400, f"{what} is not JSON in UTF-8.") from None


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
