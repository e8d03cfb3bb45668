"""Results streamed over HTTP as server-sent events: graphql-sse's "distinct connections mode"."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import orjson
from graphql import ExecutionResult
from starlette.responses import StreamingResponse

from door import operations
from door.media_types import EVENTS
from door.operations import Admitted

KEEP_ALIVE_SECONDS = 15.0
"""How long nothing is sent: what stands between here and the client may think that it has gone."""

HEADERS = {
    "Cache-Control": "no-store",
    # nginx would keep it back.
    "X-Accel-Buffering": "no",
}


def response(admitted: Admitted) -> StreamingResponse:
    """The results of an operation, each as an event, and one that says that there are no more."""
    return StreamingResponse(_events(admitted), headers=HEADERS, media_type=EVENTS)


async def _events(admitted: Admitted) -> AsyncIterator[bytes]:
    async with aclosing(admitted.results()) as results:
        waiting = _next(results)
        try:
            while True:
                done, _ = await asyncio.wait({waiting}, timeout=KEEP_ALIVE_SECONDS)
                if not done:
                    yield b":\n\n"
                    continue
                result = waiting.result()
                if result is None:
                    break
                yield b"event: next\ndata: %b\n\n" % orjson.dumps(operations.body(result))
                waiting = _next(results)
        finally:
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
    yield b"event: complete\ndata:\n\n"


def _next(results: AsyncIterator[ExecutionResult]) -> "asyncio.Task[ExecutionResult | None]":
    async def one() -> ExecutionResult | None:
        return await anext(results, None)

    return asyncio.create_task(one())
