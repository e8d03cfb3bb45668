"""Cursor connections, after Relay: 50 a page by default, 100 at most (more is BAD_USER_INPUT)."""

from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

import strawberry

from schema.scalars import or_none
from services.pagination import Page, PageRequest

Item = TypeVar("Item")

First = int | None
Cursor = str | None


@strawberry.type(description="Where a page lies in its connection.")
class PageInfo:
    page: strawberry.Private[Page[Any]]

    @strawberry.field
    def has_next_page(self) -> bool:
        return self.page.has_next

    @strawberry.field
    def has_previous_page(self) -> bool:
        return self.page.has_previous

    @strawberry.field
    def start_cursor(self) -> str | None:
        return self.page.cursor(self.page.rows[0]) if self.page.rows else None

    @strawberry.field
    def end_cursor(self) -> str | None:
        return self.page.cursor(self.page.rows[-1]) if self.page.rows else None


@strawberry.type(description="One row of a page, with the cursor that stands for it.")
class Edge(Generic[Item]):
    page: strawberry.Private[Page[Any]]
    row: strawberry.Private[Any]

    @strawberry.field(description="Where the row stands, for `after` and `before`.")
    def cursor(self) -> str:
        return self.page.cursor(self.row)

    node: Item = strawberry.field(description="The row.")


@strawberry.type(description="One page of rows, stable while rows are added.")
class Connection(Generic[Item]):
    edges: list[Edge[Item]] = strawberry.field(description="The rows of the page, in order.")
    page_info: PageInfo = strawberry.field(description="Where the page lies.")
    counter: strawberry.Private[Callable[[], Awaitable[int]]]

    @strawberry.field(description="Rows in the whole connection.")
    async def total_count(self) -> int:
        return await self.counter()


def request(
    first: int | None, after: str | None, last: int | None = None, before: str | None = None
) -> PageRequest:
    """Which page the arguments of a connection ask for."""
    return PageRequest(or_none(first), or_none(after), or_none(last), or_none(before))


def connection(
    page: Page[Any], item: Callable[[Any], Item], counter: Callable[[], Awaitable[int]]
) -> Connection[Item]:
    """The connection that shows a page of rows; `counter` runs only when it is asked for."""
    edges = [Edge(node=item(row), page=page, row=row) for row in page.rows]
    return Connection(edges=edges, page_info=PageInfo(page=page), counter=counter)
