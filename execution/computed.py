"""Fields that say by their declaration what they are made of.

    class Money:
        minor: strawberry.Private[int]
        currency: str
        amount: Decimal = computed(to_decimal, "minor", "currency", description="Exact.")

    class Line:
        row: strawberry.Private[Row]
        quantity: int = attribute("row.quantity", description="Paid seats.")
        price: Money = computed(Money, minor="row.price_minor", currency="row.currency")

What a method does is known only by calling it; this is known beforehand. So straight code
reads a row past the objects in between: a Money that is only there to be shown is never made.
"""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import strawberry


@dataclass(frozen=True, slots=True)
class Formula:
    """How a value is made of an object's attributes, which are named by dotted paths."""

    make: Callable[..., Any] | None
    """Called with the attributes; None: the value is the only attribute itself."""
    paths: tuple[str, ...] = ()
    named: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def function(self) -> Callable[[Any], Any]:
        """From an object to the value."""
        if self.make is None:
            return attrgetter(*self.paths)
        make = self.make
        positional = [attrgetter(path) for path in self.paths]
        named = {name: attrgetter(path) for name, path in self.named.items()}

        def function(source: Any) -> Any:
            keywords = {name: read(source) for name, read in named.items()}
            return make(*[read(source) for read in positional], **keywords)

        return function


def attribute(path: str, description: str | None = None) -> Any:
    """A field that is an attribute of the object, or one further along the path."""
    return _field(Formula(None, (path,)), description)


def computed(
    make: Callable[..., Any], *paths: str, description: str | None = None, **named: str
) -> Any:
    """A field that `make` makes of attributes of the object, and of nothing else.

    `make` is a pure function, or a dataclass (as a Strawberry type is) of which all attributes
    are named. Raises TypeError where some are not, or where making one does more than keep them.
    """
    if isinstance(make, type) and dataclasses.is_dataclass(make):
        kept = {field.name for field in dataclasses.fields(make) if field.init}
        if paths or kept != set(named) or hasattr(make, "__post_init__"):
            raise TypeError(f"{make.__name__} is not made of {sorted(named)} alone")
    return _field(Formula(make, paths, named), description)


def formula_of(resolver: object) -> Formula | None:
    """What a field is made of, where its declaration says it."""
    formula: Formula | None = getattr(resolver, "formula", None)
    return formula


def _field(formula: Formula, description: str | None) -> Any:
    function = formula.function

    def resolve(root: Any) -> Any:
        return function(root)

    resolve.formula = formula  # type: ignore[attr-defined]
    return strawberry.field(resolver=resolve, description=description)
