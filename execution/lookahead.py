"""What an operation asks for below the field that is being resolved."""

from collections.abc import Iterable, Mapping
from typing import Any

import strawberry
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
)

from execution.told import Told

Fragments = Mapping[str, FragmentDefinitionNode]


def asks_for(info: strawberry.Info, *path: str) -> bool:
    """Whether the operation asks for the field at the path of names below this one.

    A field that is skipped by a directive counts as asked for: this is for loading early.
    """
    raw: Any = info._raw_info  # noqa: SLF001 (it has no other name)
    if not isinstance(raw, Told):
        return _asks_for(raw.field_nodes, raw.fragments, path)
    # The field of a plan asks for the same each time.
    asked = raw.field.asked
    if path not in asked:
        asked[path] = _asks_for(raw.field_nodes, raw.fragments, path)
    return asked[path]


def _asks_for(nodes: list[FieldNode], fragments: Fragments, path: tuple[str, ...]) -> bool:
    for name in path:
        nodes = [node for node in _below(nodes, fragments) if node.name.value == name]
    return bool(nodes)


def _below(nodes: Iterable[FieldNode], fragments: Fragments) -> list[FieldNode]:
    """The fields that are selected below some, those in fragments among them."""
    fields: list[FieldNode] = []
    spread: set[str] = set()
    waiting = [node.selection_set for node in nodes]
    while waiting:
        selected = waiting.pop()
        for node in selected.selections if selected else ():
            if isinstance(node, FieldNode):
                fields.append(node)
            elif isinstance(node, InlineFragmentNode):
                waiting.append(node.selection_set)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in spread:
                spread.add(node.name.value)
                waiting.append(fragments[node.name.value].selection_set)
    return fields
