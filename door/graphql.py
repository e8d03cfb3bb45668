"""GraphQL over HTTP: one operation a request, POST or GET, every answer a JSON body.

What is no GraphQL request is answered with a 4xx status and an error with a code. A request
error (the document does not parse, does not validate, costs too much, its variables do not
fit) is 400 for clients that accept `application/graphql-response+json`, and 200 for those that
do not. Whoever has asked for too much gets 429. What a subscription tells is streamed
(door/streams.py).
"""

from functools import partial

import orjson
from graphql import ExecutionResult
from starlette.requests import Request
from starlette.responses import Response

from door import media_types, operations, pages, streams
from door.callers import caller
from door.media_types import EVENTS, GRAPHQL_JSON, JSON
from door.refusals import Unacceptable
from door.requests import read
from services import observations, settings

CONTENT_TYPES = {JSON: JSON, GRAPHQL_JSON: f"{GRAPHQL_JSON}; charset=utf-8"}


async def endpoint(request: Request) -> Response:
    """The API; for a browser that opens the address, GraphiQL."""
    if pages.wants_page(request) and settings.current().graphiql:
        return pages.graphiql()
    accept = request.headers.get("accept", "")
    media_type, streaming = media_types.chosen(accept), media_types.streams(accept)
    if media_type is None and not streaming:
        message = f"Answers are {JSON} or {GRAPHQL_JSON}; a subscription's, {EVENTS}."
        return _unacceptable(Unacceptable(406, message, "NOT_ACCEPTABLE"), JSON)
    try:
        return await _answer(request, media_type, streaming=streaming)
    except Unacceptable as error:
        return _unacceptable(error, media_type or JSON)


async def _answer(request: Request, media_type: str | None, *, streaming: bool) -> Response:
    """What the operation comes to. Raises Unacceptable."""
    operation = await read(request)
    signed_in = partial(caller, request)
    admitted = await operations.admit(request, operation, await signed_in(), signed_in)
    if isinstance(admitted, ExecutionResult):
        return _response(admitted, media_type or JSON)
    if admitted.subscribes and not streaming:
        message = f"Subscriptions are answered as {EVENTS}, or by WebSocket."
        raise Unacceptable(406, message, "NOT_ACCEPTABLE")
    if admitted.subscribes or media_type is None:
        return streams.response(admitted)
    return _response(await admitted.result(), media_type)


def _response(result: ExecutionResult, media_type: str) -> Response:
    body = operations.body(result)
    status = 400 if "data" not in body and media_type == GRAPHQL_JSON else 200
    return Response(orjson.dumps(body), status, None, CONTENT_TYPES[media_type])


def _unacceptable(error: Unacceptable, media_type: str) -> Response:
    observations.current().failed(error.code)
    body = {"errors": [{"message": str(error), "extensions": {"code": error.code}}]}
    content_type = CONTENT_TYPES[media_type]
    return Response(orjson.dumps(body), error.status, error.headers, content_type)
