"""How many objects a field stands for, by which the cost of an operation is reckoned
(docs/api.md, "Cost")."""

from collections.abc import Mapping
from typing import Any

from graphql import GraphQLField, GraphQLNamedType, get_nullable_type, is_list_type

from execution import Size
from services.pagination import DEFAULT_SIZE, MAX_SIZE

LIST_SIZE = 10
"""What a list without pages counts as: how long it is shows only when it is read."""

MAX_IDS = 100
"""The most ids that one call of `nodes` answers."""

INTROSPECTION_WEIGHT = 1_000
"""What the schema, or one type, counts as when it is asked for."""


def size_of(parent: GraphQLNamedType, field: GraphQLField) -> Size:
    """The size of a field of the API."""
    if "first" in field.args:
        return PAGE
    if "ids" in field.args:
        return IDS
    if parent.name.startswith("__") or parent.name.endswith(PARTS):
        return PART
    if is_introspection(field):
        return INTROSPECTION
    return LIST if is_list_type(get_nullable_type(field.type)) else SINGLE


def is_introspection(field: GraphQLField) -> bool:
    """Whether a field of the root shows the schema."""
    return str(get_nullable_type(field.type)).startswith("__")


def _page(arguments: Mapping[str, Any]) -> int:
    """The rows of a page: what is not a number of rows is refused when it is run."""
    last = arguments.get("last")
    asked = arguments.get("first") if last is None else last
    return min(max(int(asked), 0), MAX_SIZE) if isinstance(asked, int | float) else DEFAULT_SIZE


def _ids(arguments: Mapping[str, Any]) -> int:
    ids = arguments.get("ids")
    return min(len(ids), MAX_IDS) if isinstance(ids, list) else 1


PARTS = ("Connection", "Edge")
"""How the names of types end whose objects a page consists of: the page has counted them."""

SINGLE = Size()
PART = Size(weight=0)
PAGE = Size(_page, ("first", "last"))
IDS = Size(_ids, ("ids",))
LIST = Size(lambda _: LIST_SIZE)
INTROSPECTION = Size(weight=INTROSPECTION_WEIGHT)
