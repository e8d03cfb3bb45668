"""What is done to a generated document to make it a likely one, and an unlikely one."""

from typing import Any

from graphql import (
    ArgumentNode,
    BooleanValueNode,
    DirectiveNode,
    FieldNode,
    IntValueNode,
    NameNode,
    Node,
    ObjectFieldNode,
    SelectionNode,
    SelectionSetNode,
    StringValueNode,
    TypeInfo,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    parse_type,
)
from graphql.utilities import value_from_ast_untyped
from hypothesis import strategies as st

from tests.execution.placeholders import CURSORS

PAGE = {"first", "last", "after", "before"}

PAGES: list[set[str]] = [set(), {"first"}, {"first", "after"}, {"last"}, {"last", "before"}, PAGE]
"""Which arguments of a connection are left, where they are given."""

SENSIBLE: dict[str, list[Any]] = {
    "email": ["second@acme.example", "ada@acme.example", "third@acme.example"],
    "name": ["Finance", "Marketing", "Legal"],
    "seats": [0, 1, 5, 20, 30, 64, 65, 66, 80],
    "expectedVersion": [1, 2, 3],
    "expiresInDays": [1, 30, 365, 366],
    "countryCode": ["US", "DE", "XX"],
    "billingEmail": ["pay@acme.example"],
    "legalName": ["Acme Limited"],
    "idempotencyKey": ["a", "b"],
    "locale": ["de-DE", "en", "tlh"],
}
"""What input fields of these names are likely to be accepted with."""


class Sensible(Visitor):
    """Gives mutations values that they may accept, most of the time."""

    def __init__(self, draw: st.DrawFn) -> None:
        super().__init__()
        self.draw = draw

    def leave_object_field(self, node: ObjectFieldNode, *_: Any) -> ObjectFieldNode | None:
        values = SENSIBLE.get(node.name.value)
        if not values or self.draw(st.integers(0, 3)) == 0:
            return None
        value = self.draw(st.sampled_from(values))
        given: Any = StringValueNode(value=value)
        if isinstance(value, int):
            given = IntValueNode(value=str(value))
        return ObjectFieldNode(name=node.name, value=given)


class Placed(Visitor):
    """Puts a selection where HERE stands."""

    def __init__(self, selection: Any) -> None:
        super().__init__()
        self.selection = tuple(selection)

    def leave_selection_set(self, node: SelectionSetNode, *_: Any) -> SelectionSetNode | None:
        kept = [one for one in node.selections if not _is_place(one)]
        if len(kept) == len(node.selections):
            return None
        return SelectionSetNode(selections=(*kept, *self.selection))


def _is_place(node: SelectionNode) -> bool:
    return isinstance(node, FieldNode) and node.name.value == "HERE"


class Paged(Visitor):
    """Leaves connections arguments that go together, most of the time."""

    def __init__(self, draw: st.DrawFn) -> None:
        super().__init__()
        self.draw = draw

    def enter_field(self, node: FieldNode, *_: Any) -> Any:
        if not any(argument.name.value in PAGE for argument in node.arguments or ()):
            return None
        left = self.draw(st.sampled_from(PAGES))
        arguments = [
            _cursor(self.draw, argument)
            for argument in node.arguments or ()
            if argument.name.value not in PAGE or argument.name.value in left
        ]
        return changed(node, arguments=tuple(arguments))


def _cursor(draw: st.DrawFn, argument: ArgumentNode) -> ArgumentNode:
    if argument.name.value not in CURSORS or draw(st.integers(0, 9)) == 0:
        return argument
    number = draw(st.integers(0, 9))
    return ArgumentNode(name=argument.name, value=StringValueNode(value=f"@{number}"))


class Varied(Visitor):
    """Turns some arguments into variables, and makes some fields depend on conditions."""

    def __init__(self, draw: st.DrawFn, types: TypeInfo) -> None:
        super().__init__()
        self.draw = draw
        self.types = types
        self.definitions: list[VariableDefinitionNode] = []
        self.values: dict[str, Any] = {}

    def leave_argument(self, node: ArgumentNode, *_: Any) -> ArgumentNode | None:
        if self.draw(st.integers(0, 2)) or isinstance(node.value, VariableNode):
            return None
        argument = self.types.get_argument()
        if argument is None:
            return None
        value = value_from_ast_untyped(node.value)
        variable = self._variable(node.name.value, str(argument.type), value)
        return ArgumentNode(name=node.name, value=variable)

    def leave_field(self, node: FieldNode, *_: Any) -> Any:
        if self.draw(st.integers(0, 11)):
            return None
        name, decided = self.draw(st.sampled_from(["skip", "include"])), self.draw(st.booleans())
        value: Any = BooleanValueNode(value=decided)
        if self.draw(st.booleans()):
            value = self._variable("condition", "Boolean!", decided)
        argument = ArgumentNode(name=named("if"), value=value)
        directive = DirectiveNode(name=named(name), arguments=(argument,))
        return changed(node, directives=(*(node.directives or ()), directive))

    def _variable(self, name: str, type_: str, value: Any) -> VariableNode:
        full = f"{name}_{len(self.definitions)}"
        self.values[full] = value
        variable = VariableNode(name=named(full))
        definition = VariableDefinitionNode(
            variable=variable, type=parse_type(type_), default_value=None, directives=()
        )
        self.definitions.append(definition)
        return variable


def named(text: str) -> NameNode:
    """A name."""
    return NameNode(value=text)


def changed(node: Node, **changes: Any) -> Any:
    """The node with other parts."""
    given = {key: getattr(node, key, None) for key in node.keys if key != "loc"}
    return type(node)(**(given | changes))
