"""Cursor pagination: pages by key, so that rows added meanwhile shift nothing.

A cursor names the sort key of a row. Relay's rules for `first`, `after`, `last`, `before`.
"""

import json
from base64 import urlsafe_b64decode
from binascii import b2a_base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

import orjson
from tortoise.models import Model

from services import text
from services.errors import BadUserInput
from services.rows import Query

Row = TypeVar("Row", bound=Model)

DEFAULT_SIZE = 50
MAX_SIZE = 100

URL_SAFE = bytes.maketrans(b"+/", b"-_")
"""Base64 with the other alphabet, without the two calls of Python's own module."""


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
    """The rows of one page, and the keys that they are sorted by."""

    rows: Sequence[Row]
    keys: tuple[Key, ...]
    has_next: bool
    has_previous: bool

    def cursor(self, row: Row) -> str:
        """What stands for a row of the page."""
        values = [getattr(row, key.column) for key in self.keys]
        encoded = b2a_base64(orjson.dumps(values, default=str), newline=False)
        return encoded.translate(URL_SAFE).decode()


def listed(query: Query[Row], request: PageRequest, keys: tuple[Key, ...]) -> Query[Row]:
    """The rows of one page of the query, sorted by the keys, the last of which is unique; and one
    row more where there is a further page.

    Raises BadUserInput for a size below 0 or above 100, for both `first` and `last`, and
    for a cursor that is not of this connection.
    """
    backwards = request.last is not None
    size = _size(request)
    query = _beyond(query, request.after, keys, onwards=True)
    query = _beyond(query, request.before, keys, onwards=False)
    order = ", ".join(
        f"{key.column} {'DESC' if key.descending is not backwards else 'ASC'}" for key in keys
    )
    return query.sorted(order, size + 1)


async def fetch(query: Query[Row], request: PageRequest, keys: tuple[Key, ...]) -> Page[Row]:
    """One page of the query. Raises BadUserInput as `listed` does."""
    found = await listed(query, request, keys).all()
    backwards, size = request.last is not None, _size(request)
    more = len(found) > size
    rows = found[:size][::-1] if backwards else found[:size]
    return Page(
        rows,
        keys,
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
    query: Query[Row], cursor: str | None, keys: tuple[Key, ...], *, onwards: bool
) -> Query[Row]:
    """The rows after the cursor, or before it: (a > x) or (a = x and b > y) ..."""
    if cursor is None:
        return query
    values = _values(cursor, keys)
    choices, parameters = [], []
    for place, key in enumerate(keys):
        operator = ">" if onwards is not key.descending else "<"
        equal = [f"{earlier.column} = ?" for earlier in keys[:place]]
        choices.append(" AND ".join([*equal, f"{key.column} {operator} ?"]))
        parameters += values[: place + 1]
    return query.where(f"({' OR '.join(choices)})", *parameters)


def _values(cursor: str, keys: tuple[Key, ...]) -> list[Any]:
    try:
        values = json.loads(urlsafe_b64decode(cursor.encode()))
        return [key.parse(value) for key, value in zip(keys, values, strict=True)]
    except (ValueError, TypeError, RecursionError):
        raise BadUserInput("The cursor is not one of this connection.") from None
