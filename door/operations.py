"""Operations, whatever they came by: read, counted, paid for, and chosen to be run."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Any

from graphql import ExecutionResult, GraphQLError, OperationDefinitionNode, OperationType
from starlette.requests import HTTPConnection

from door import limits
from door.callers import base_url
from door.limits import Places
from door.refusals import Unacceptable
from door.requests import Operation
from execution import Document, Engine
from execution.limits import TOO_COMPLEX
from schema.context import Again, Context
from schema.errors import presented
from services import clock, observations, reads, settings
from services.errors import Unauthenticated
from services.permissions import Actor
from services.rate_limits import RateLimits


@dataclass(frozen=True, slots=True)
class Admitted:
    """An operation that may be run."""

    engine: Engine
    document: Document
    node: OperationDefinitionNode
    variables: dict[str, Any] | None
    context: Context
    streams: Places
    caller: str
    """Who names the caller's buckets."""
    extensions: dict[str, Any]

    @property
    def subscribes(self) -> bool:
        """Whether results come as long as somebody waits for them."""
        return self.node.operation is OperationType.SUBSCRIPTION

    async def result(self) -> ExecutionResult:
        """The result of a query or a mutation."""
        run = self.document, self.node, self.variables, self.context
        with reads.together():
            result = await self.engine.execute(*run)
        result.extensions = self.extensions
        return result

    async def results(self) -> AsyncGenerator[ExecutionResult, None]:
        """The results as they come, of whatever it is; a failure is one too."""
        if not self.subscribes:
            yield await self.result()
            return
        run = self.document, self.node, self.variables, self.context
        try:
            with self.streams.place(self.caller):
                async with aclosing(self.engine.stream(*run)) as results:
                    async for result in results:
                        yield result
        except Unacceptable as error:
            yield refused(str(error), error.code)
        except Exception as error:  # noqa: BLE001 (what is presented is logged, and masked)
            yield ExecutionResult(None, [GraphQLError("failed", original_error=error)])


def body(result: ExecutionResult) -> dict[str, Any]:
    """The result as clients are told it."""
    errors = [presented(error) for error in result.errors or ()]
    if not errors:
        told: dict[str, Any] = {"data": result.data}
    else:
        observations.current().failed(str((errors[0].extensions or {}).get("code")))
        refused = result.data is None and all(error.path is None for error in errors)
        told = {} if refused else {"data": result.data}
        told["errors"] = [error.formatted for error in errors]
    if result.extensions and "data" in told:
        told["extensions"] = result.extensions
    return told


async def admit(
    connection: HTTPConnection,
    operation: Operation,
    who: Actor | Unauthenticated,
    again: Again | None = None,
) -> Admitted | ExecutionResult:
    """The operation to run; or why none is. `again` looks up anew who is asked of a stream.

    Raises Unacceptable.
    """
    state, at = connection.app.state, clock.now()
    caller = limits.key_of(connection, who)
    text = state.documents.text(operation)
    if not isinstance(text, str):
        await limits.take(state.rate_limits, caller, state.rate_limits.queries, 1)
        return refused(*text)
    document, cost = await _paid(connection, operation, text, caller)
    node = _chosen(document, operation)
    if isinstance(node, ExecutionResult):
        return node
    limit = settings.current().query_max_cost
    if cost > limit:
        message = f"The operation asks for up to {cost} objects; at most {limit} are allowed."
        return refused(message, TOO_COMPLEX)
    if isinstance(who, Actor):
        state.documents.keep(operation)
    context = Context(who, at, partial(base_url, connection), again)
    told = {"cost": {"requested": cost, "limit": limit}}
    return Admitted(
        state.engine, document, node, operation.variables, context, state.streams, caller, told
    )


def refused(message: str, code: str) -> ExecutionResult:
    """The result that says why an operation was not run."""
    return ExecutionResult(None, [GraphQLError(message, extensions={"code": code})])


async def _paid(
    connection: HTTPConnection, operation: Operation, text: str, bucket_of: str
) -> tuple[Document, int]:
    """The document and what the operation costs, once both are paid for; what will not be run
    costs a point. Raises Unacceptable where the caller's bucket has not enough."""
    engine: Engine = connection.app.state.engine
    rates: RateLimits = connection.app.state.rate_limits
    if not engine.knows(text):
        await limits.take_for_reading(rates, bucket_of, text)
    document = engine.document(text)
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
        return refused(message, "BAD_USER_INPUT")
    if document.ast is None:
        return ExecutionResult(None, document.errors)
    node = document.operation(operation.name)
    if node is None:
        raise Unacceptable(400, "There is no operation of this name.", "BAD_USER_INPUT")
    if not operation.changes and node.operation is not OperationType.QUERY:
        message = "Only queries can be sent with GET."
        raise Unacceptable(405, message, headers={"Allow": "GET, POST"})
    return ExecutionResult(None, document.errors) if document.errors else node
