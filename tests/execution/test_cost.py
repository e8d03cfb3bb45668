"""What an operation costs, by sizes that a schema declares."""

from collections.abc import Mapping
from typing import Any

import pytest
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    build_schema,
    parse,
    validate,
    value_from_ast_untyped,
)
from hypothesis import given
from hypothesis import strategies as st

from execution import cost
from execution.cost import Costs, Size

SCHEMA = build_schema("""
interface Named { name: String, one: Thing }
type Thing implements Named {
  name: String, one: Thing, part: Thing, ten: [Thing], page(first: Int, of: [ID]): Thing
}
type Query { name: String, one: Thing, part: Thing, ten: [Thing], named: Named
  page(first: Int, of: [ID]): Thing }
""")


def times(arguments: Mapping[str, Any]) -> int:
    """A page: `first`, or 5, and as often as there are ids."""
    first, ids = arguments.get("first"), arguments.get("of")
    return (5 if first is None else int(first)) * (len(ids) if isinstance(ids, list) else 1)


SIZES = {"part": Size(weight=0), "ten": Size(lambda _: 10), "page": Size(times, ("first", "of"))}


def size_of(parent: GraphQLNamedType, field: GraphQLField) -> Size:
    assert isinstance(SCHEMA, GraphQLSchema)
    fields = parent.fields  # type: ignore[attr-defined]
    name = next(name for name, one in fields.items() if one is field)
    return SIZES.get(name, Size())


def asked(text: str, variables: dict[str, Any] | None = None) -> int:
    """What the document's first operation costs."""
    document = parse(text)
    assert validate(SCHEMA, document) == []
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    return Costs(SCHEMA, document, size_of).of(operation).of(variables)


TABLE: list[tuple[str, int]] = [
    ("{ name }", 0),
    ("{ __typename }", 0),
    ("{ one { name } }", 1),
    ("{ one { one { one { name } } } }", 3),
    ("{ part { name } }", 0),
    ("{ part { one { name } } }", 1),
    ("{ ten { name } }", 10),
    ("{ ten { ten { one { name } } } }", 10 + 100 + 100),
    ("{ page { one { name } } }", 5 + 5),
    ("{ page(first: 7) { one { name } } }", 14),
    ("{ page(first: 0) { ten { ten { name } } } }", 0),
    ("{ page(first: null) { name } }", 5),
    ('{ page(first: 2, of: ["a", "b", "c"]) { name } }', 6),
    ("{ a: page(first: 2) { name } b: page(first: 3) { name } }", 5),
    ("{ page(first: 3) { ...F part { ...F } } } fragment F on Thing { ten { name } }", 63),
    ("{ named { ... on Thing { ten { name } } ... { one { name } } } }", 12),
    ("{ page(first: 2) @skip(if: true) { name } }", 2),
]


@pytest.mark.parametrize(("text", "expected"), TABLE)
def test_sizes_are_multiplied_down_the_tree(text: str, expected: int) -> None:
    assert asked(text) == expected


PAGES = """query ($first: Int, $ids: [ID], $more: Int = 4) {
  page(first: $first, of: $ids) { one { name } page(first: $more) { name } } }"""

VARIABLES: list[tuple[dict[str, Any] | None, int]] = [
    (None, 5 + 5 + 20),
    ({}, 5 + 5 + 20),
    ({"first": 10}, 10 + 10 + 40),
    ({"first": 10, "more": 1}, 10 + 10 + 10),
    ({"first": 10, "more": None}, 10 + 10 + 50),
    ({"first": None, "ids": ["a", "b"]}, 10 + 10 + 40),
    ({"first": 0}, 0),
    ({"other": 1}, 5 + 5 + 20),
]


@pytest.mark.parametrize(("variables", "expected"), VARIABLES)
def test_variables_decide_the_sizes_that_name_them(
    variables: dict[str, Any] | None, expected: int
) -> None:
    assert asked(PAGES, variables) == expected


def test_variables_within_a_list_count_as_its_items() -> None:
    query = "query ($a: ID, $b: ID) { page(first: 1, of: [$a, $b]) { name } }"
    assert asked(query, {"a": "1", "b": "2"}) == 2


def test_a_fragment_is_reckoned_once(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    sized = cost._sized

    def counting(size: Size, node: FieldNode, each: cost.Cost) -> cost.Cost:
        seen.append(node.name.value)
        return sized(size, node, each)

    monkeypatch.setattr(cost, "_sized", counting)
    links = [f"fragment F{n} on Thing {{ ...F{n + 1} ...F{n + 1} }}" for n in range(60)]
    text = " ".join(["{ one { ...F0 } }", *links, "fragment F60 on Thing { ten { name } }"])
    assert asked(text) == 1 + 10 * 2**60
    assert seen == ["ten", "one"]


# --- against counting one by one --------------------------------------------------------------

VALUES = {"x": 3, "y": 0, "z": 2}


@st.composite
def selections(draw: st.DrawFn, depth: int, fragments: list[str]) -> str:
    parts = []
    for place in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(["name", "one", "part", "ten", "page", "...", "F"]))
        if kind == "F" and fragments:
            parts.append(f"...{draw(st.sampled_from(fragments))}")
        elif kind == "..." and depth:
            parts.append(f"... on Thing {draw(selections(depth - 1, fragments))}")
        elif kind == "page" and depth:
            first = draw(st.sampled_from(["0", "1", "4", "null", "$x", "$y", "$z", "$default"]))
            below = draw(selections(depth - 1, fragments))
            parts.append(f"k{depth}{place}: page(first: {first}) {below}")
        elif kind in ("one", "part", "ten") and depth:
            below = draw(selections(depth - 1, fragments))
            parts.append(f"k{depth}{place}: {kind} {below}")
        else:
            parts.append("name")
    return f"{{ {' '.join(parts)} }}"


@st.composite
def documents(draw: st.DrawFn) -> str:
    names = ["F0", "F1"]
    below = draw(selections(3, names))
    texts = [f"query ($x: Int, $y: Int, $z: Int, $default: Int = 2) {{ one {below} }}"]
    for place, name in enumerate(names):
        texts.append(f"fragment {name} on Thing {draw(selections(2, names[place + 1 :]))}")
    return " ".join(texts)


def one_by_one(node: SelectionSetNode, fragments: dict[str, FragmentDefinitionNode]) -> int:
    """Counts the objects as if each was there."""
    total = 0
    for one in node.selections:
        if isinstance(one, FragmentSpreadNode):
            total += one_by_one(fragments[one.name.value].selection_set, fragments)
        elif isinstance(one, InlineFragmentNode):
            total += one_by_one(one.selection_set, fragments)
        elif isinstance(one, FieldNode) and one.selection_set:
            given = {
                argument.name.value: value_from_ast_untyped(
                    argument.value, {**VALUES, "default": 2}
                )
                for argument in one.arguments or ()
            }
            size = SIZES.get(one.name.value, Size())
            for _ in range(size.of(given)):
                total += size.weight + one_by_one(one.selection_set, fragments)
    return total


@given(documents())
def test_reckoning_agrees_with_counting_one_by_one(text: str) -> None:
    document = parse(text)
    operation, *rest = document.definitions
    assert isinstance(operation, OperationDefinitionNode)
    fragments = {node.name.value: node for node in rest if isinstance(node, FragmentDefinitionNode)}
    expected = one_by_one(operation.selection_set, fragments)
    assert Costs(SCHEMA, document, size_of).of(operation).of(VALUES) == expected
