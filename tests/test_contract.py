"""The contract: the committed SDL is current, and nothing of it was ever dropped."""

import pytest
from graphql import (
    GraphQLField,
    GraphQLObjectType,
    build_schema,
    find_breaking_changes,
    introspection_types,
)

from schema.root import schema
from services.settings import ROOT

SDL = ROOT / "schema.graphql"
CONTRACT = ROOT / "schema" / "contract.graphql"


def object_types() -> list[GraphQLObjectType]:
    types = build_schema(schema.as_str()).type_map.values()
    return [
        kind
        for kind in types
        if isinstance(kind, GraphQLObjectType) and kind.name not in introspection_types
    ]


def root_fields() -> dict[str, GraphQLField]:
    return {
        name: field
        for kind in object_types()
        if kind.name in ("Query", "Mutation", "Events")
        for name, field in kind.fields.items()
    }


def test_the_committed_schema_is_current() -> None:
    assert SDL.read_text(encoding="utf-8") == schema.as_str() + "\n"


def test_nothing_of_the_contract_is_broken() -> None:
    contract = build_schema(CONTRACT.read_text(encoding="utf-8"))
    assert find_breaking_changes(contract, build_schema(schema.as_str())) == []


def test_a_dropped_field_would_be_noticed() -> None:
    contract = build_schema(CONTRACT.read_text(encoding="utf-8"))
    dropped = schema.as_str().replace("  pendingSeats: Int\n", "  waitingSeats: Int\n")
    assert find_breaking_changes(contract, build_schema(dropped)) != []


@pytest.mark.parametrize("name", sorted(root_fields()))
def test_every_query_mutation_and_event_is_described(name: str) -> None:
    assert root_fields()[name].description


def test_every_field_that_the_contract_does_not_have_is_described() -> None:
    contract = build_schema(CONTRACT.read_text(encoding="utf-8")).type_map
    bare = []
    for kind in object_types():
        promised = contract.get(kind.name)
        known = promised.fields if isinstance(promised, GraphQLObjectType) else {}
        bare += [
            f"{kind.name}.{name}"
            for name, field in kind.fields.items()
            if name not in known and not field.description
        ]
    assert bare == []


def test_every_object_type_is_described() -> None:
    assert {kind.name for kind in object_types() if not kind.description} == set()
