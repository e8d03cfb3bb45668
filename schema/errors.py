"""How the product says no: refusals as data, everything else as top-level errors.

One place turns a raised refusal into a payload's `userErrors`; one place gives the other
errors their code and masks what is internal.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import strawberry
from graphql import GraphQLError
from strawberry.extensions import FieldExtension
from strawberry.utils.str_converters import to_camel_case

from services import database, metrics, observations
from services.errors import (
    BadUserInput,
    Forbidden,
    Problem,
    Refusal,
    RefusalCode,
    Unauthenticated,
)

log = logging.getLogger(__name__)

CODES: dict[type[Exception], str] = {
    Unauthenticated: "UNAUTHENTICATED",
    Forbidden: "FORBIDDEN",
    BadUserInput: "BAD_USER_INPUT",
}

INTERNAL = ("Internal server error.", "INTERNAL_SERVER_ERROR")
UNAVAILABLE = (
    "The database is away or too busy: try again, a mutation with the same idempotencyKey.",
    "SERVICE_UNAVAILABLE",
)

strawberry.enum(RefusalCode, name="UserErrorCode", description="Why a mutation was refused.")


@strawberry.type(description="A refusal that the caller can act on; nothing has changed.")
class UserError:
    code: RefusalCode
    message: str = strawberry.field(description="One sentence in English, for people.")
    field: list[str] | None = strawberry.field(
        description='Path to the input field at fault, such as ["input", "seats"].'
    )


def user_error(problem: Problem, *root: str) -> UserError:
    """The problem as the API tells it; `root` comes before the path of the field."""
    path = [*root, *(to_camel_case(part) for part in problem.field)]
    return UserError(
        code=problem.code, message=problem.message, field=path if problem.field else None
    )


class AnswerRefusals(FieldExtension):
    """Answers a refusal with the mutation's payload: userErrors, and null for the rest."""

    def __init__(self, payload: Callable[..., Any]) -> None:
        self.payload = payload

    async def resolve_async(
        self, next_: Callable[..., Awaitable[Any]], source: Any, info: Any, **kwargs: Any
    ) -> Any:
        async def attempt() -> Any:
            info.context.forget()
            return await next_(source, info, **kwargs)

        try:
            return await database.retrying(attempt)
        except Refusal as refusal:
            observations.current().failed(refusal.problems[0].code)
            metrics.refused(problem.code for problem in refusal.problems)
            return self.payload(
                user_errors=[user_error(problem, "input") for problem in refusal.problems]
            )


def presented(error: GraphQLError) -> GraphQLError:
    """The error as the caller may see it, with its code in `extensions`.

    What is neither ours nor GraphQL's is logged with an id, and only the id is told, and
    whether it was the database that was away or too busy: then trying again makes sense.
    """
    cause = error.original_error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    if cause is None or isinstance(cause, GraphQLError):
        return _coded(error, error.message, _request_code(error))
    if type(cause) in CODES:
        return _coded(error, str(cause), CODES[type(cause)])
    message, code = INTERNAL
    error_id = uuid4().hex
    if database.is_outage(cause):
        message, code = UNAVAILABLE
        log.error("database outage %s at %s: %r", error_id, error.path, cause)
    else:
        log.error("internal error %s at %s", error_id, error.path, exc_info=cause)
    masked = _coded(error, message, code)
    masked.extensions = {**(masked.extensions or {}), "errorId": error_id}
    return masked


def _request_code(error: GraphQLError) -> str:
    """The code of an error that GraphQL itself found: in a value given, or in the document."""
    if error.extensions and "code" in error.extensions:
        return str(error.extensions["code"])
    if error.message.startswith("Syntax Error"):
        return "GRAPHQL_PARSE_FAILED"
    if error.path is not None or error.message.startswith("Variable "):
        return "BAD_USER_INPUT"
    return "GRAPHQL_VALIDATION_FAILED"


def _coded(error: GraphQLError, message: str, code: str) -> GraphQLError:
    return GraphQLError(
        # A message may repeat what the caller sent, half a surrogate pair included.
        message.encode("utf-8", "replace").decode(),
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions={"code": code},
    )
