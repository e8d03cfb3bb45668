"""Cursor connections, after Relay: 50 a page by default, 100 at most (more is BAD_USER_INPUT)."""

from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

import strawberry

from execution import attribute, computed
from schema.scalars import or_none
from services.pagination import Page, PageRequest

Item = TypeVar("Item")

First = int | None
Cursor = str | None


def _cursor_of_first(page: Page[Any]) -> str | None:
    return page.cursor(page.rows[0]) if page.rows else None


def _cursor_of_last(page: Page[Any]) -> str | None:
    return page.cursor(page.rows[-1]) if page.rows else None


@strawberry.type(description="Where a page lies in its connection.")
class PageInfo:
    page: strawberry.Private[Page[Any]]

    has_next_page: bool = attribute("page.has_next")
    has_previous_page: bool = attribute("page.has_previous")
    start_cursor: str | None = computed(_cursor_of_first, "page")
    end_cursor: str | None = computed(_cursor_of_last, "page")


@strawberry.type(description="One row of a page, with the cursor that stands for it.")
class Edge(Generic[Item]):
    page: strawberry.Private[Page[Any]]
    row: strawberry.Private[Any]

    cursor: str = computed(
        Page.cursor,
        "page",
        "row",
        description="Where the row stands, for `after` and `before`.",
    )
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
