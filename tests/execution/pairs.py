"""One schema under both executors, and what it means that they answer alike."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from graphql import ExecutionResult, GraphQLError
from strawberry import Schema

from execution import Engine

Position = tuple[str | int, ...]


@dataclass(frozen=True)
class Answer:
    """What an executor answers, as text: data (keys in order) and errors (sorted by path)."""

    data: str
    errors: list[str] = field(default_factory=list)
    nulled: dict[Position, list[str]] = field(default_factory=dict)
    """The positions that errors made null, and the errors that are about these themselves."""

    @property
    def loosely(self) -> tuple[str, dict[Position, list[str]]]:
        """The answer without what the specification leaves to the executor.

        Of several errors that null the same position only one need be told, and which comes
        first depends on time. So of an error below a position that is null, the position
        alone counts; an error at the position itself counts with all that it says.
        """
        return self.data, self.nulled


TIMES = 4
"""How often the compiled executor is asked the same."""


class Pair:
    """A schema under both executors."""

    def __init__(self, schema: Schema, context: Callable[[], Any] = lambda: None) -> None:
        self.compiled = Engine(schema)
        self.standard = Engine(schema, compiled=False)
        self.context = context

    async def answer(
        self,
        query: str,
        /,
        *,
        loosely: bool = False,
        operation: str | None = None,
        **variables: Any,
    ) -> ExecutionResult:
        """The answer of the compiled executor, once it is what the standard one says.

        It is asked several times: it knows the plan then, the types of the objects, and at last
        what it makes of a plan that is used often.
        """
        expected = await run(self.standard, query, variables, self.context(), operation)
        for _ in range(TIMES):
            result = await run(self.compiled, query, variables, self.context(), operation)
            assert_alike(result, expected, loosely=loosely)
        assert set(self.compiled.counts) <= {"compiled"}
        return result

    async def data(self, query: str, /, **variables: Any) -> Any:
        """The data of an answer without errors."""
        result = await self.answer(query, **variables)
        assert result.errors is None, result.errors
        return result.data

    async def errors(self, query: str, /, **given: Any) -> list[str]:
        """Where the errors of an answer are, and what they say."""
        result = await self.answer(query, **given)
        return sorted(
            f"{'.'.join(map(str, error.path or []))}: {error.message}"
            for error in result.errors or ()
        )


async def run(
    engine: Engine,
    query: str,
    variables: dict[str, Any] | None = None,
    context: Any = None,
    name: str | None = None,
) -> ExecutionResult:
    """What an engine answers to a document."""
    document = engine.document(query)
    if document.errors:
        return ExecutionResult(None, document.errors)
    operation = document.operation(name)
    assert operation is not None
    return await engine.execute(document, operation, variables, context)


def assert_alike(
    result: ExecutionResult, expected: ExecutionResult, *, loosely: bool = False
) -> None:
    """That two answers are the same to the letter, or (`loosely`) but for what may differ."""
    found, wanted = answer_of(result), answer_of(expected)
    if loosely:
        assert found.loosely == wanted.loosely
    else:
        assert (found.data, found.errors) == (wanted.data, wanted.errors)


def answer_of(result: ExecutionResult) -> Answer:
    """What a result says."""
    errors = sorted(result.errors or (), key=lambda error: [str(part) for part in error.path or ()])
    nulled: dict[Position, list[str]] = {}
    for error in errors:
        position = _null_above(result.data, error)
        exact = nulled.setdefault(position, [])
        if position == tuple(error.path or ()):
            exact.append(_text(error))
    return Answer(json.dumps(result.data, default=repr), sorted(map(_text, errors)), nulled)


def _null_above(data: Any, error: GraphQLError) -> Position:
    """The highest position on the way to an error that is null; where it says to be, if none."""
    path = tuple(error.path or ())
    for length, key in enumerate(path):
        if data is None:
            return path[:length]
        try:
            data = data[key]
        except (LookupError, TypeError):
            break
    return path


def _text(error: GraphQLError) -> str:
    """All that an error says, and what it was raised as."""
    causes = []
    cause: BaseException | None = error.original_error
    while cause is not None:
        causes.append(type(cause).__name__)
        cause = getattr(cause, "original_error", None)
    return json.dumps([error.formatted, causes])
