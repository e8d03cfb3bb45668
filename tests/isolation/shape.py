"""The schema as a walk needs it: its fields, the ways that lead to them, and where ids stand."""

from collections import deque
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from graphql import (
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    build_schema,
    get_named_type,
    is_leaf_type,
)
from graphql import GraphQLList as ListType
from graphql import get_nullable_type as nullable

from schema.root import schema

GRAPH = build_schema(schema.as_str())

REQUIRED = {"SeatChangePreview": "(seats: 27)"}
"""What fields of the type must be given: here a total that costs the sample a user."""

Path = tuple[str, ...]
"""Steps into an input; "0" is the first item of a list."""


class Place(NamedTuple):
    """A field that leads to objects, as the fields from the root on: "account { users { edges"."""

    owner: str
    field: str
    heads: tuple[str, ...]
    type: str


class Argument(NamedTuple):
    """An ID that a field of an object type takes."""

    owner: str
    field: str
    path: Path


def object_type(name: str) -> GraphQLObjectType:
    """The object type of the name."""
    found = GRAPH.get_type(name)
    assert isinstance(found, GraphQLObjectType), name
    return found


def leads_to(field: GraphQLField) -> GraphQLObjectType | None:
    """The object type that a field shows; None for a value and for an interface."""
    found = get_named_type(field.type)
    return found if isinstance(found, GraphQLObjectType) else None


def head(name: str, field: GraphQLField) -> str:
    """The field with the arguments that it must have. Raises KeyError for unknown ones."""
    required = [one for one in field.args.values() if isinstance(one.type, GraphQLNonNull)]
    return name + (REQUIRED[get_named_type(field.type).name] if required else "")


@cache
def ways(root: str = "account") -> dict[str, tuple[str, ...]]:
    """For each object type that a field of Query leads to, the shortest way there through it."""
    found: dict[str, tuple[str, ...]] = {"Query": ()}
    waiting = deque(["Query"])
    while waiting:
        owner = waiting.popleft()
        for name, field in object_type(owner).fields.items():
            kind = leads_to(field)
            passes = owner != "Query" or name == root
            if kind is not None and kind.name not in found and passes:
                found[kind.name] = (*found[owner], head(name, field))
                waiting.append(kind.name)
    return found


@cache
def places() -> tuple[Place, ...]:
    """Every field of every type that leads to objects, through each field of Query."""
    return tuple(
        Place(owner, name, (*way, head(name, field)), kind.name)
        for root in object_type("Query").fields
        for owner, way in ways(root).items()
        for name, field in object_type(owner).fields.items()
        if (kind := leads_to(field)) is not None and (owner != "Query" or name == root)
    )


@cache
def node_types() -> tuple[str, ...]:
    """Every type with a global id."""
    node = GRAPH.get_type("Node")
    assert isinstance(node, GraphQLInterfaceType)
    return tuple(sorted(kind.name for kind in GRAPH.get_possible_types(node)))


def finders() -> list[str]:
    """Queries that find an object of each type with a global id."""
    return [nested(ways()[kind], "{ __typename id }") for kind in node_types()]


def selection(kind: GraphQLObjectType, levels: int = 2) -> str:
    """All fields of a type, and all fields of the objects that they lead to, so many levels."""
    shown = ["__typename"]
    for name, field in kind.fields.items():
        inner = leads_to(field)
        if is_leaf_type(get_named_type(field.type)):
            shown.append(name)
        elif inner is not None and levels > 1:
            shown.append(f"{head(name, field)} {selection(inner, levels - 1)}")
    return f"{{ {' '.join(shown)} }}"


def nested(heads: tuple[str, ...], inner: str) -> str:
    """The selection at the end of a way."""
    for one in reversed(heads):
        inner = f"{{ {one} {inner} }}"
    return inner


def queries() -> list[str]:
    """Queries that together ask for each field of each type at each place that leads to it."""
    return [nested(place.heads, selection(object_type(place.type))) for place in places()]


def of_type(kind: str) -> str:
    """All fields of an object that `node` finds, where it is of the type."""
    return f"{{ __typename id ... on {kind} {selection(object_type(kind))} }}"


def id_paths(name: str, type_: object) -> Iterator[Path]:
    """The paths of all IDs in an argument or an input's field, first items for lists."""
    listed = isinstance(nullable(type_), ListType)  # type: ignore[call-overload]
    here = (name, "0") if listed else (name,)
    inner = get_named_type(type_)  # type: ignore[call-overload]
    if isinstance(inner, GraphQLInputObjectType):
        for below, field in inner.fields.items():
            yield from ((*here, *path) for path in id_paths(below, field.type))
    elif inner.name == "ID":
        yield here


def arguments(owner: str) -> list[Argument]:
    """Each ID that any field of an object type takes."""
    return [
        Argument(owner, name, path)
        for name, field in object_type(owner).fields.items()
        for argument, one in field.args.items()
        for path in id_paths(argument, one.type)
    ]


def read_arguments() -> list[Argument]:
    """Each ID that any field takes which a query can reach."""
    return [argument for owner in ways() for argument in arguments(owner)]


def asking(argument: Argument, kind: str) -> str:
    """A query that hands an $id of the type to the argument and asks for all that is shown."""
    *outer, last = argument.path
    value = "$id" if last != "0" else "[$id]"
    names = [*outer] if last == "0" else [*outer, last]
    for name in reversed(names[1:]):
        value = f"{{ {name}: {value} }}" if name != "0" else f"[{value}]"
    field = object_type(argument.owner).fields[argument.field]
    inner = leads_to(field)
    shown = of_type(kind) if inner is None else selection(inner, 3)
    call = f"{argument.field}({names[0]}: {value})"
    return f"query($id: ID!) {nested((*ways()[argument.owner], call), shown)}"


def connections() -> list[tuple[str, str]]:
    """Each field that takes a cursor, as its type and its name."""
    return [
        (owner, name)
        for owner in ways()
        for name, field in object_type(owner).fields.items()
        if {"after", "before"} & field.args.keys()
    ]


def types() -> set[str]:
    """Every object type that a query can reach."""
    roots = object_type("Query").fields
    return {"Query", *node_types()}.union(*(ways(root) for root in roots))


def fields() -> set[tuple[str, str]]:
    """Every field of every object type that a query can reach, as its type and its name."""
    return {(owner, name) for owner in types() for name in object_type(owner).fields}
