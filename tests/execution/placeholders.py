"""Generated operations stand for nobody's data: ids and cursors are "@" and a number.

`Operation.of` puts in those that the data of a run has.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    ObjectFieldNode,
    StringValueNode,
    Visitor,
    print_ast,
    visit,
)

CURSORS = {"after", "before"}
"""Arguments that take a cursor."""


@dataclass(frozen=True)
class Known:
    """What a run's data has: ids by what they are of ("user", "seatGroup" ...), and cursors."""

    ids: Mapping[str, Sequence[str]]
    cursors: Sequence[str]

    def id_for(self, name: str, number: int) -> str:
        """An id that an argument or input field of the name is likely to want."""
        kinds = [kind for kind in self.ids if kind.lower() in name.lower()]
        kinds = kinds or (["seatGroup"] if name == "moveUsersTo" else list(self.ids))
        pool = [one for kind in kinds for one in self.ids[kind]]
        return pool[number % len(pool)] if number < 12 or len(pool) > 12 else f"@{number}"


@dataclass(frozen=True)
class Operation:
    """One operation, its placeholders yet to be filled, and the values of its variables."""

    document: DocumentNode
    variables: dict[str, Any]

    def of(self, known: Known) -> tuple[str, dict[str, Any]]:
        """The text and the variables, with ids and cursors of a run's data."""
        document = visit(self.document, _Filled(known))
        values = {name: _filled(known, name, value) for name, value in self.variables.items()}
        return print_ast(document), values


class _Filled(Visitor):
    """Puts ids and cursors in."""

    def __init__(self, known: Known) -> None:
        super().__init__()
        self.known = known
        self.names: list[str] = []

    def enter_argument(self, node: ArgumentNode, *_: Any) -> None:
        self.names.append(node.name.value)

    def leave_argument(self, *_: Any) -> None:
        self.names.pop()

    def enter_object_field(self, node: ObjectFieldNode, *_: Any) -> None:
        self.names.append(node.name.value)

    def leave_object_field(self, *_: Any) -> None:
        self.names.pop()

    def enter_string_value(self, node: StringValueNode, *_: Any) -> StringValueNode | None:
        filled = _filled(self.known, self.names[-1] if self.names else "", node.value)
        return None if filled == node.value else StringValueNode(value=filled)


def _filled(known: Known, name: str, value: Any) -> Any:
    """A value of an argument or input field of the name, with ids and cursors put in."""
    if isinstance(value, dict):
        return {key: _filled(known, key, part) for key, part in value.items()}
    if isinstance(value, list):
        return [_filled(known, name, part) for part in value]
    if not isinstance(value, str) or not value.startswith("@"):
        return value
    number = int(value[1:])
    if name.partition("_")[0] in CURSORS:
        return known.cursors[number % len(known.cursors)]
    return known.id_for(name, number)
