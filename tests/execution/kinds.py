"""A schema whose types are told by what an object holds, not by its class."""

import asyncio
from typing import Annotated, Any

import strawberry


def things(info: strawberry.Info[Any, None]) -> Any:
    return info.context.answer("things")


def build(*, waits: bool) -> strawberry.Schema:  # noqa: C901
    """The schema; where it `waits`, types are told by a coroutine."""

    def tell(found: object) -> Any:
        async def later() -> Any:
            await asyncio.sleep(0)
            if isinstance(found, Exception):
                raise found
            return found

        if waits:
            return later()
        if isinstance(found, Exception):
            raise found
        return found

    def is_kind(kind: str, value: Any) -> Any:
        return tell(ValueError("no kind") if value.kind == "bad" else value.kind == kind)

    @strawberry.interface
    class Kind:
        kind: str

        @classmethod
        def resolve_type(cls, value: Any, *_: Any) -> Any:
            if value.kind == "bad":
                return tell(ValueError("no kind"))
            return tell({"a": "A", "b": "B", "wrong": "Query"}.get(value.kind))

    @strawberry.type
    class A(Kind):
        @classmethod
        def is_type_of(cls, value: Any, _: Any) -> Any:
            return is_kind("a", value)

    @strawberry.type
    class B(Kind):
        @classmethod
        def is_type_of(cls, value: Any, _: Any) -> Any:
            return is_kind("b", value)

    @strawberry.type
    class Query:
        either: list[Annotated[A | B, strawberry.union("Either")] | None] = strawberry.field(
            resolver=things
        )
        only_a: list[A | None] = strawberry.field(resolver=things)
        named: list[Kind | None] = strawberry.field(resolver=things)

    return strawberry.Schema(Query)
