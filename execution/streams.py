"""Subscriptions, which graphql-core's executor runs: events come rarely, and each is small."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from graphql import ExecutionResult, GraphQLError
from graphql.execution import (
    Executor,
    create_source_event_stream,
    map_source_to_response_event,
)
from strawberry.utils.await_maybe import await_maybe


async def results(
    executor: Executor[Any] | list[GraphQLError],
) -> AsyncGenerator[ExecutionResult, None]:
    """The results of a subscription as its events come; or the one that says why none do."""
    if isinstance(executor, list):
        yield ExecutionResult(None, executor)
        return
    opened: Any = create_source_event_stream(executor)
    source = await await_maybe(opened)
    if isinstance(source, ExecutionResult):
        yield source
        return
    async with aclosing(map_source_to_response_event(executor, source)) as made:
        async for result in made:
            yield result
