"""What an operation asks for below the field that is being resolved."""

from collections.abc import Iterable, Mapping

import strawberry
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
)

Fragments = Mapping[str, FragmentDefinitionNode]


def asks_for(info: strawberry.Info, *path: str) -> bool:
    """Whether the operation asks for the field at the path of names below this one.

    A field that is skipped by a directive counts as asked for: this is for loading early.
    """
    raw = info._raw_info  # noqa: SLF001 (it has no other name)
    nodes: list[FieldNode] = raw.field_nodes
    for name in path:
        nodes = [node for node in _below(nodes, raw.fragments) if node.name.value == name]
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
