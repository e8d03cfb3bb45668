"""Operations that Hypothesis makes of the product's schema."""

from functools import cache
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLObjectType,
    GraphQLSchema,
    IntValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    StringValueNode,
    TypeInfo,
    TypeInfoVisitor,
    get_named_type,
    parse,
    visit,
)
from hypothesis import strategies as st
from hypothesis_graphql import queries

from schema.root import schema
from tests.execution.placeholders import Operation
from tests.execution.variations import Paged, Placed, Sensible, Varied, changed, named

CORE = schema._schema

TEXTS = [
    *("", " ", "x", "de-DE", "en", "tlh", "ada", "Marketing", "Sales", "2026-01-01", "EUR"),
    *("grace@acme.example", "new@acme.example", "no address", "\u0000", "ü", "DE", "US", "PO-1"),
    *("1 Main Street", "10001", "key-1", "x" * 300),
]

SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "ID": st.integers(0, 14).map(lambda number: StringValueNode(value=f"@{number}")),
    "Int": st.sampled_from([0, 1, 2, 3, 20, 59, 60, 61, 100, 101, -1, 2**31 - 1]).map(
        lambda number: IntValueNode(value=str(number))
    ),
    "String": st.sampled_from(TEXTS).map(lambda text: StringValueNode(value=text)),
}

PLACES = {
    "": "Query",
    "account { HERE }": "Account",
    "account { users(first: 3) { edges { node { HERE } } } }": "User",
    'account { users(first: 10, filter: {search: "a"}) { HERE } }': "UserConnection",
    "account { seatGroups(first: 2) { edges { cursor node { HERE } } } }": "SeatGroup",
    "account { seatGroups { edges { node { users(first: 2) { HERE } } } } }": "UserConnection",
    "account { invoices(last: 2) { edges { node { HERE } } } }": "Invoice",
    "account { activity(first: 20) { edges { node { HERE } } } }": "ActivityEntry",
    "account { subscription { HERE } }": "Subscription",
    "account { subscription { plan { HERE } } }": "Plan",
    "account { products { HERE } }": "Product",
    "viewer { HERE }": "User",
    "plans { HERE }": "Plan",
}
"""Where a generated selection may stand in a query, and of which type it is."""

REFUSALS = "userErrors { code message field }"


@st.composite
def operations(draw: st.DrawFn, *, mutations: bool = False) -> Operation:
    """Queries, or mutations, with placeholders."""
    selections = _mutations(draw) if mutations else _queries(draw)
    operation = OperationDefinitionNode(
        operation=OperationType.MUTATION if mutations else OperationType.QUERY,
        selection_set=SelectionSetNode(selections=tuple(selections)),
    )
    document = visit(DocumentNode(definitions=(operation,)), Paged(draw))
    types = TypeInfo(CORE)
    varied = Varied(draw, types)
    document = visit(document, TypeInfoVisitor(types, varied))
    whole = changed(document.definitions[0], variable_definitions=tuple(varied.definitions))
    return Operation(DocumentNode(definitions=(whole,)), varied.values)


def _queries(draw: st.DrawFn) -> list[FieldNode]:
    fields = []
    for number in range(draw(st.integers(1, 3))):
        place = draw(st.sampled_from(list(PLACES)))
        inner = draw(_selection(PLACES[place]))
        whole = _selected(visit(parse(f"{{ {place or 'HERE'} }}"), Placed(inner)))
        fields += [changed(one, alias=named(f"{one.name.value}{number}")) for one in whole]
    return fields


def _mutations(draw: st.DrawFn) -> list[FieldNode]:
    root = CORE.mutation_type
    assert root is not None
    fields = []
    for number in range(draw(st.integers(1, 3))):
        name = draw(st.sampled_from(sorted(root.fields)))
        payload = get_named_type(root.fields[name].type).name
        arguments = draw(_selection("Mutation", name))[0].arguments
        around = parse(f"{{ {name} {{ {REFUSALS} HERE }} }}")
        (field,) = _selected(visit(around, Placed(draw(_selection(payload)))))
        fields.append(changed(field, arguments=arguments, alias=named(f"{name}{number}")))
    return [visit(field, Sensible(draw)) for field in fields]


@cache
def _selection(type_: str, field: str | None = None) -> st.SearchStrategy[Any]:
    """Fields of an object type (or the one field), as if it were the type of all queries."""
    kind = CORE.type_map[type_]
    assert isinstance(kind, GraphQLObjectType)
    return queries(
        GraphQLSchema(query=kind),
        fields=[field] if field else None,
        custom_scalars=SCALARS,
        print_ast=_selected,
    )


def _selected(document: DocumentNode) -> Any:
    """The fields that a document's one operation asks for."""
    (operation,) = document.definitions
    assert isinstance(operation, OperationDefinitionNode)
    return operation.selection_set.selections
