"""How scalars and enums become what the answer shows."""

from collections.abc import Callable
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLString,
)
from graphql.pyutils import Undefined, inspect

from execution.completion import Base
from execution.frames import Frame
from execution.plan import Field, Run, Values

MIN_INT, MAX_INT = -(2**31), 2**31 - 1

UNSHOWN = (type(None), type(Undefined), Exception)
"""What no leaf shows."""


class Leaf(Base):
    """Scalars and enums."""

    def __init__(self, field: Field, type_: GraphQLLeafType, *, nullable: bool) -> None:
        super().__init__(field, nullable=nullable)
        self.type = type_
        self.coerce: Callable[[Any], Any] = type_.coerce_output_value
        self.whole = WHOLE.get(type_)
        self.names = _names(type_) if isinstance(type_, GraphQLEnumType) else None
        self.known: set[type] = set()
        """The types of values that have been coerced."""

    async def later(self, run: Run, frame: Frame, values: Values) -> Values:
        """The values as the type shows them."""
        if self.whole is not None and self.whole(values):
            return values
        if self.names is not None:
            try:
                return [self.names[value] for value in values]
            except (KeyError, TypeError):
                pass
        kinds = set(map(type, values))
        if not any(issubclass(kind, UNSHOWN) or hasattr(kind, "__await__") for kind in kinds):
            try:
                shown = [self.coerce(value) for value in values]
            except Exception:  # noqa: BLE001 (they are coerced again, one by one)
                shown = [None]
            if not any(value is None or value is Undefined for value in shown):
                self.known |= kinds
                return shown
        return [self._shown(run, frame, index, value) for index, value in enumerate(values)]

    def _shown(self, run: Run, frame: Frame, index: int, value: Any) -> Any:
        if value is None or value is Undefined or isinstance(value, Exception):
            return self.missing(run, frame, index, value)
        try:
            shown = self.coerce(value)
        except Exception as error:  # noqa: BLE001 (whatever it is, it is this value's)
            return self.missing(run, frame, index, error)
        if shown is None or shown is Undefined:
            call = f"{inspect(self.type)}.coerce_output_value({inspect(value)})"
            message = f"Expected `{call}` to return non-nullable value, returned: {inspect(shown)}"
            return self.missing(run, frame, index, TypeError(message))
        return shown


def _names(type_: GraphQLEnumType) -> dict[Any, str]:
    """The name of each member of the Python enum behind a type."""
    members = getattr(type_, "wrapped_cls", ())
    return {member: type_.coerce_output_value(member) for member in members}


def _are_strings(values: Values) -> bool:
    return set(map(type, values)) == {str}


def _are_booleans(values: Values) -> bool:
    return set(map(type, values)) == {bool}


def _are_ints(values: Values) -> bool:
    return set(map(type, values)) == {int} and min(values) >= MIN_INT and max(values) <= MAX_INT


WHOLE: dict[GraphQLLeafType, Callable[[Values], bool]] = {
    GraphQLString: _are_strings,
    GraphQLID: _are_strings,
    GraphQLBoolean: _are_booleans,
    GraphQLInt: _are_ints,
}
"""Whether all values of a column are shown as they are."""
