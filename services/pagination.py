"""Cursor pagination: pages by key, so that rows added meanwhile shift nothing.

A cursor names the sort key of a row. Relay's rules for `first`, `after`, `last`, `before`.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from tortoise.expressions import Q
from tortoise.models import Model
from tortoise.queryset import QuerySet

from services import text
from services.errors import BadUserInput

Row = TypeVar("Row", bound=Model)

DEFAULT_SIZE = 50
MAX_SIZE = 100


def number(value: Any) -> int:
    """A column's number from a cursor. Raises ValueError for what no column holds."""
    if type(value) is not int or not 0 <= value < 2**31:
        raise ValueError
    return value


def word(value: Any) -> str:
    """A column's text from a cursor. Raises ValueError for what no column holds."""
    if not isinstance(value, str) or not text.is_storable(value):
        raise ValueError
    return value


def identifier(value: Any) -> UUID:
    """A row's key from a cursor. Raises ValueError for what is none."""
    return UUID(word(value))


@dataclass(frozen=True, slots=True)
class Key:
    """One column that rows are sorted by; `parse` reads its value back from a cursor."""

    column: str
    parse: Callable[[Any], Any]
    descending: bool = False


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page: the arguments of a connection, as the client gave them."""

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """The rows of one page with a cursor each."""

    rows: Sequence[Row]
    cursors: Sequence[str]
    has_next: bool
    has_previous: bool


async def fetch(query: QuerySet[Row], request: PageRequest, keys: tuple[Key, ...]) -> Page[Row]:
    """One page of the query, sorted by the keys, the last of which is unique.

    Raises BadUserInput for a size below 0 or above 100, for both `first` and `last`, and
    for a cursor that is not of this connection.
    """
    backwards = request.last is not None
    size = _size(request)
    query = _beyond(query, request.after, keys, onwards=True)
    query = _beyond(query, request.before, keys, onwards=False)
    order = [f"{'-' if key.descending is not backwards else ''}{key.column}" for key in keys]
    found = await query.order_by(*order).limit(size + 1)
    more = len(found) > size
    rows = found[:size][::-1] if backwards else found[:size]
    return Page(
        rows,
        [_cursor(row, keys) for row in rows],
        has_next=request.before is not None if backwards else more,
        has_previous=more if backwards else request.after is not None,
    )


def _size(request: PageRequest) -> int:
    if request.first is not None and request.last is not None:
        raise BadUserInput("Give either first or last, not both.")
    size = request.last if request.last is not None else request.first
    if size is None:
        return DEFAULT_SIZE
    if not 0 <= size <= MAX_SIZE:
        raise BadUserInput(f"A page holds between 0 and {MAX_SIZE} rows.")
    return size


def _beyond(
    query: QuerySet[Row], cursor: str | None, keys: tuple[Key, ...], *, onwards: bool
) -> QuerySet[Row]:
    """The rows after the cursor, or before it: (a > x) or (a = x and b > y) ..."""
    if cursor is None:
        return query
    condition, equal = Q(), Q()
    for key, value in zip(keys, _values(cursor, keys), strict=True):
        operator = "gt" if onwards is not key.descending else "lt"
        condition |= equal & Q(**{f"{key.column}__{operator}": value})
        equal &= Q(**{key.column: value})
    return query.filter(condition)


def _cursor(row: Model, keys: tuple[Key, ...]) -> str:
    values = [getattr(row, key.column) for key in keys]
    return urlsafe_b64encode(json.dumps(values, default=str).encode()).decode()


def _values(cursor: str, keys: tuple[Key, ...]) -> list[Any]:
    try:
        values = json.loads(urlsafe_b64decode(cursor.encode()))
        return [key.parse(value) for key, value in zip(keys, values, strict=True)]
    except (ValueError, TypeError, RecursionError):
        raise BadUserInput("The cursor is not one of this connection.") from None
