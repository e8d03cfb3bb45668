"""GraphQL over HTTP: one operation a request, POST or GET, every answer a JSON body.

What is no GraphQL request is answered with a 4xx status and an error with a code. A request
error (the document does not parse, does not validate, costs too much, its variables do not
fit) is 400 for clients that accept `application/graphql-response+json`, and 200 for those that
do not. Whoever has asked for too much gets 429.
"""

from functools import partial
from typing import Any

import orjson
from graphql import ExecutionResult, GraphQLError, OperationDefinitionNode, OperationType
from starlette.requests import Request
from starlette.responses import Response

from door import limits, media_types, pages
from door.callers import base_url, caller
from door.media_types import GRAPHQL_JSON, JSON
from door.refusals import Unacceptable
from door.requests import Operation, read
from execution import Document, Engine
from execution.limits import TOO_COMPLEX
from schema.context import Context
from schema.errors import presented
from services import clock, observations, reads, settings
from services.rate_limits import RateLimits

CONTENT_TYPES = {JSON: JSON, GRAPHQL_JSON: f"{GRAPHQL_JSON}; charset=utf-8"}


async def endpoint(request: Request) -> Response:
    """The API; for a browser that opens the address, GraphiQL."""
    if pages.wants_page(request) and settings.current().graphiql:
        return pages.graphiql()
    media_type = media_types.chosen(request.headers.get("accept", ""))
    if media_type is None:
        message = f"Answers are {JSON} or {GRAPHQL_JSON}."
        return _unacceptable(Unacceptable(406, message, "NOT_ACCEPTABLE"), JSON)
    try:
        return _response(await _answer(request, await read(request)), media_type)
    except Unacceptable as error:
        return _unacceptable(error, media_type)


async def _answer(request: Request, operation: Operation) -> ExecutionResult:
    """What the operation comes to. Raises Unacceptable."""
    engine: Engine = request.app.state.engine
    at = clock.now()
    who = await caller(request, at)
    document, cost = await _admitted(request, operation, limits.key_of(request, who))
    node = _chosen(document, operation)
    if isinstance(node, ExecutionResult):
        return node
    limit = settings.current().query_max_cost
    if cost > limit:
        return _too_costly(cost, limit)
    with reads.together():
        context = Context(who, at, partial(base_url, request))
        result = await engine.execute(document, node, operation.variables, context)
    result.extensions = {"cost": {"requested": cost, "limit": limit}}
    return result


async def _admitted(request: Request, operation: Operation, bucket_of: str) -> tuple[Document, int]:
    """The document and what the operation costs, once both are paid for; what will not be run
    costs a point. Raises Unacceptable where the caller's bucket has not enough."""
    engine: Engine = request.app.state.engine
    rates: RateLimits = request.app.state.rate_limits
    if not engine.knows(operation.query):
        await limits.take_for_reading(rates, bucket_of, operation.query)
    document = engine.document(operation.query)
    node = document.operation(operation.name)
    cost = 0
    if node is not None:
        seen = observations.current()
        seen.runs(node.name.value if node.name else None, node.operation.value)
        if not document.errors:
            seen.cost = cost = engine.cost(document, node, operation.variables)
    changes = node is not None and node.operation is OperationType.MUTATION
    points = cost if 0 < cost <= settings.current().query_max_cost else 1
    await limits.take(rates, bucket_of, rates.mutations if changes else rates.queries, points)
    return document, cost


def _chosen(document: Document, operation: Operation) -> OperationDefinitionNode | ExecutionResult:
    """The operation to run, or why none is. Raises Unacceptable."""
    if operation.name is None and len(document.operations) > 1:
        message = "Name the operation to run: the document has several."
        return _refused(message, "BAD_USER_INPUT")
    if document.ast is None:
        return ExecutionResult(None, document.errors)
    node = document.operation(operation.name)
    if node is None:
        raise Unacceptable(400, "There is no operation of this name.", "BAD_USER_INPUT")
    if not operation.changes and node.operation is not OperationType.QUERY:
        message = "Only queries can be sent with GET."
        raise Unacceptable(405, message, headers={"Allow": "GET, POST"})
    return ExecutionResult(None, document.errors) if document.errors else node


def _too_costly(cost: int, limit: int) -> ExecutionResult:
    message = f"The operation asks for up to {cost} objects; at most {limit} are allowed."
    return _refused(message, TOO_COMPLEX)


def _refused(message: str, code: str) -> ExecutionResult:
    return ExecutionResult(None, [GraphQLError(message, extensions={"code": code})])


def _response(result: ExecutionResult, media_type: str) -> Response:
    errors = [presented(error) for error in result.errors or ()]
    refused = result.data is None and all(error.path is None for error in errors)
    body: dict[str, Any] = {} if refused else {"data": result.data}
    if errors:
        observations.current().failed(str((errors[0].extensions or {}).get("code")))
        body["errors"] = [error.formatted for error in errors]
    if result.extensions and not refused:
        body["extensions"] = result.extensions
    status = 400 if refused and media_type == GRAPHQL_JSON else 200
    return Response(orjson.dumps(body), status, None, CONTENT_TYPES[media_type])


def _unacceptable(error: Unacceptable, media_type: str) -> Response:
    observations.current().failed(error.code)
    body = {"errors": [{"message": str(error), "extensions": {"code": error.code}}]}
    content_type = CONTENT_TYPES[media_type]
    return Response(orjson.dumps(body), error.status, error.headers, content_type)
