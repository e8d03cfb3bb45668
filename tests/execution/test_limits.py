"""How large a document may be: what is counted, and that counting is little work."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    parse,
)
from hypothesis import given
from hypothesis import strategies as st

from execution import Engine, limits
from execution.limits import Counts, Limits, counted
from tests.execution import zoo

ENDLESS = 10**30
NONE = Limits(*[ENDLESS] * 9)
NAMES = ("fields", "depth", "root_fields", "aliases", "directives", "repeated")
Found = dict[str, int]


def counts(text: str) -> Found:
    """What the document's first operation adds up to."""
    (found,) = (
        each
        for node, each in counted(parse(text), ENDLESS)
        if isinstance(node, OperationDefinitionNode)
    )
    return {name: getattr(found, name) for name in NAMES}


def doubling(links: int) -> str:
    """A chain of fragments, each of which contains the next one twice."""
    chain = [f"fragment F{n} on T {{ ...F{n + 1} ...F{n + 1} }}" for n in range(links)]
    return " ".join(["{ ...F0 }", *chain, f"fragment F{links} on T {{ a }}"])


TABLE: list[tuple[str, Found]] = [
    ("{ a }", {"fields": 1, "depth": 1, "root_fields": 1}),
    ("{ a { b { c } } }", {"fields": 3, "depth": 3, "root_fields": 1}),
    ("{ a b { c d } }", {"fields": 4, "depth": 2, "root_fields": 2}),
    ("{ x: a y: b { z: c } }", {"fields": 3, "depth": 2, "root_fields": 2, "aliases": 3}),
    ("{ a a a }", {"fields": 3, "depth": 1, "root_fields": 3, "repeated": 2}),
    ("{ a { b } a { b c } }", {"fields": 5, "depth": 2, "root_fields": 2, "repeated": 3}),
    ("{ x: a x: b }", {"fields": 2, "depth": 1, "root_fields": 2, "aliases": 2, "repeated": 1}),
    ("{ a { b b } }", {"fields": 3, "depth": 2, "root_fields": 1, "repeated": 1}),
    ("{ ... { a } ... on T { b { c } } }", {"fields": 3, "depth": 2, "root_fields": 2}),
    (
        "{ ...F ...F } fragment F on T { a }",
        {"fields": 2, "depth": 1, "root_fields": 2, "repeated": 1},
    ),
    ("{ a { ...F } } fragment F on T { b { c } d }", {"fields": 4, "depth": 3, "root_fields": 1}),
    ("{ ...F } fragment F on T { ...Nowhere }", {}),
    (
        "query ($v: Int @x @x) @x { a @x ... @x { b @x @x } ...F @x } fragment F on T { c @x }",
        {"fields": 3, "depth": 1, "root_fields": 3, "directives": 9},
    ),
    (doubling(40), {"fields": 2**40, "depth": 1, "root_fields": 2**40, "repeated": 2**40 - 1}),
]


@pytest.mark.parametrize(("text", "expected"), TABLE)
def test_a_document_adds_up_to_what_it_asks_for(text: str, expected: Found) -> None:
    assert counts(text) == dict.fromkeys(NAMES, 0) | expected


# --- against counting what is written out ---------------------------------------------------

KEYS = st.sampled_from(["a", "b", "c"])


@st.composite
def selections(draw: st.DrawFn, depth: int, fragments: list[str]) -> str:
    """A selection set; fragments are those that it may spread."""
    parts = []
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.integers(0, 4))
        directives = " @d" * draw(st.integers(0, 1))
        if kind == 0 and fragments:
            parts.append(f"...{draw(st.sampled_from(fragments))}{directives}")
        elif kind == 1 and depth:
            parts.append(f"... {directives} {draw(selections(depth - 1, fragments))}")
        else:
            alias = draw(st.sampled_from(["", "x: ", "a: "]))
            below = draw(selections(depth - 1, fragments)) if depth and kind > 2 else ""
            parts.append(f"{alias}{draw(KEYS)}{directives} {below}")
    return f"{{ {' '.join(parts)} }}"


@st.composite
def documents(draw: st.DrawFn) -> str:
    """An operation and up to four fragments, none of which contains itself."""
    names = [f"F{number}" for number in range(draw(st.integers(0, 4)))]
    texts = [draw(selections(3, names))]
    for place, name in enumerate(names):
        texts.append(f"fragment {name} on T {draw(selections(2, names[place + 1 :]))}")
    return " ".join(draw(st.permutations(texts)))


def written_out(
    node: SelectionSetNode, fragments: dict[str, FragmentDefinitionNode], seen: Counter[str]
) -> list[FieldNode]:
    """The fields of a selection, with fragments in their places; directives are counted."""
    fields: list[FieldNode] = []
    for one in node.selections:
        seen["directives"] += len(one.directives or ())
        if isinstance(one, FieldNode):
            fields.append(one)
        elif isinstance(one, InlineFragmentNode):
            fields += written_out(one.selection_set, fragments, seen)
        elif isinstance(one, FragmentSpreadNode):
            inner = fragments[one.name.value].selection_set
            fields += written_out(inner, fragments, seen)
    return fields


def tally(
    node: SelectionSetNode,
    fragments: dict[str, FragmentDefinitionNode],
    seen: Counter[str],
    *,
    again: bool = False,
) -> int:
    """Counts the fields one by one; tells how deep they go."""
    depth, keys = 0, set()
    for field in written_out(node, fragments, seen):
        key = (field.alias or field.name).value
        repeated = again or key in keys
        keys.add(key)
        seen.update(fields=1, aliases=int(field.alias is not None), repeated=int(repeated))
        below = field.selection_set
        depth = max(depth, 1 + (tally(below, fragments, seen, again=repeated) if below else 0))
    return depth


@given(documents())
def test_counting_agrees_with_a_document_that_is_written_out(text: str) -> None:
    document = parse(text)
    fragments = {
        node.name.value: node
        for node in document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }
    (operation,) = (
        node for node in document.definitions if isinstance(node, OperationDefinitionNode)
    )
    seen: Counter[str] = Counter()
    depth = tally(operation.selection_set, fragments, seen)
    roots = len(written_out(operation.selection_set, fragments, Counter()))
    expected = {name: seen[name] for name in NAMES} | {"depth": depth, "root_fields": roots}
    assert counts(text) == expected


# --- refusals -------------------------------------------------------------------------------

EXCEEDED: list[tuple[str, str, int, str]] = [
    ("characters", "{ person { name } }", 19, "The document has 19 characters; at most 18"),
    ("tokens", "{ person { name } }", 6, "The document has more than 5 tokens; at most 5"),
    (
        "definitions",
        "{ ...F } fragment F on Query { text }",
        2,
        "2 operations and fragments",
    ),
    ("depth", "{ person { name } }", 2, "2 levels of fields"),
    ("fields", "{ person { name me { name } } }", 4, "4 fields"),
    ("root_fields", "{ person { name } people { name } }", 2, "2 root fields"),
    ("aliases", "{ a: person { b: name } }", 2, "2 aliases"),
    ("directives", "{ person @skip(if: false) { name } }", 1, "1 directives"),
    ("repeated", "{ person { name name } }", 1, "1 fields that are asked for again"),
]


@pytest.mark.parametrize(("limit", "text", "found", "message"), EXCEEDED)
def test_what_exceeds_a_limit_is_refused_and_told_by_how_much(
    limit: str, text: str, found: int, message: str
) -> None:
    exact = replace(NONE, **{limit: found})
    assert Engine(zoo.SCHEMA, limits=exact).document(text).errors == []
    (error,) = Engine(zoo.SCHEMA, limits=replace(NONE, **{limit: found - 1})).document(text).errors
    assert message in error.message
    assert error.extensions == {"code": "QUERY_TOO_COMPLEX"}


@pytest.mark.parametrize("limit", ["fields", "depth", "aliases", "directives", "repeated"])
def test_a_fragment_that_nobody_asks_for_is_counted_as_well(limit: str) -> None:
    text = "{ a } fragment F on T { x: a { b { c @d @d } } x: b { c } }"
    assert_refused(text, replace(NONE, **{limit: 1}))


def test_of_two_fragments_of_a_name_both_are_counted() -> None:
    small, large = "fragment F on T { a }", "fragment F on T { a b c }"
    for texts in ((small, large), (large, small)):
        assert_refused(" ".join(["{ a }", *texts]), replace(NONE, fields=2))


def test_a_fragment_may_have_more_fields_than_an_operation_root_fields() -> None:
    limits.check(parse("{ a { ...F } } fragment F on T { a b c }"), replace(NONE, root_fields=1))


def assert_refused(text: str, most: Limits) -> None:
    with pytest.raises(GraphQLError, match="at most"):
        limits.check(parse(text), most)


@pytest.mark.parametrize(
    "text",
    [
        "{ ...F } fragment F on T { a ...F }",
        "{ a } fragment F on T { a { ...G } } fragment G on T { ... { ...F } }",
    ],
)
def test_a_fragment_that_contains_itself_is_refused(text: str) -> None:
    with pytest.raises(GraphQLError, match=r"Cannot spread fragment '[FG]' within itself\."):
        limits.check(parse(text), NONE)


# --- work -----------------------------------------------------------------------------------

USUAL = Limits(32_768, 2_000, 50, 20, 1_000, 20, 100, 50, 100)


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often a field, a fragment and a key were counted."""
    seen: Counter[str] = Counter()

    def counting(name: str) -> Callable[..., Any]:
        done = getattr(Counts, name)

        def method(*arguments: Any, **named: Any) -> Any:
            seen[name] += 1
            return done(*arguments, **named)

        return method

    for name in ("add_field", "add", "_add_key"):
        monkeypatch.setattr(Counts, name, counting(name))
    return seen


def test_a_chain_of_fragments_is_counted_in_as_many_steps_as_it_has_links(
    steps: Counter[str],
) -> None:
    assert counts(doubling(200))["fields"] == 2**200
    assert steps["add"] == 401
    assert sum(steps.values()) < 1_000


def test_a_chain_of_any_length_is_no_recursion() -> None:
    assert counts(doubling(2_000))["fields"] == 2**2_000


def spread(times: int, fields: int) -> DocumentNode:
    """A fragment of many fields in many places."""
    places = " ".join(f"p{n}: a {{ ...F }}" for n in range(times))
    return parse(f"{{ {places} }} fragment F on T {{ {' '.join(f'k{n}' for n in range(fields))} }}")


def test_keys_are_compared_only_while_there_are_not_too_many_fields(steps: Counter[str]) -> None:
    with pytest.raises(GraphQLError, match="at most 1000"):
        limits.check(spread(400, 900), USUAL)
    assert sum(steps.values()) < 5_000


def test_what_a_limit_refuses_is_not_validated(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("execution.engine.validate", never)
    tested = Engine(zoo.SCHEMA, limits=USUAL)
    names = "name " * 900
    aliases = " ".join(f"a{n}: name" for n in range(300))
    directives = "@skip(if: false) " * 300
    for text in (
        "{" * 50_000,
        doubling(30),
        f"{{ person {{ {names} }} }}",
        f"{{ person {{ {aliases} }} }}",
        f"{{ person {{ name {directives} }} }}",
        f"{{ person {{ {'a ' * 5_000} }} }}",
        f"{{ person {'{ person ' * 21} {{ name }} {'}' * 21} }}",
    ):
        (error,) = tested.document(text).errors
        assert error.extensions == {"code": "QUERY_TOO_COMPLEX"}, error
