"""Scalars, and the small values that many types share."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, TypeVar

import strawberry
from strawberry.types.scalar import ScalarDefinition

from execution import computed
from schema import ids
from services import money
from services.errors import BadUserInput

Given = TypeVar("Given")


IDEMPOTENCY_KEY = (
    "Up to 255 characters, such as a UUID. The same key and the same input within 24 hours does "
    "the work once and answers alike; with another input: IDEMPOTENCY_KEY_REUSED."
)


def _serialize_instant(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


DATE_TIME: ScalarDefinition = strawberry.scalar(
    name="DateTime",
    description='An ISO 8601 instant in UTC, "2026-11-23T09:30:00Z".',
    serialize=_serialize_instant,
    parse_value=datetime.fromisoformat,
)


def or_none(value: Given | None) -> Given | None:
    """The value of an argument; None where it was left out."""
    return None if value is strawberry.UNSET else value


def given(**values: Any) -> dict[str, Any]:
    """Those arguments that were not left out."""
    return {name: value for name, value in values.items() if value is not strawberry.UNSET}


def left_of(seats: int, *taken: int) -> int:
    """The seats that are left of some."""
    return seats - sum(taken)


@strawberry.interface(description="Whatever has a global id.")
class Node:
    """The row that a type shows lies in `row`."""

    row: strawberry.Private[Any]

    @strawberry.field(description="Opaque, and unique across all types.")
    def id(self) -> strawberry.ID:
        return ids.encode(type(self).__name__, self.row.id)


@strawberry.type(
    description="An amount in one currency, exact, with as many decimals as ISO 4217 gives the "
    "currency."
)
class Money:
    minor: strawberry.Private[int]
    currency: str = strawberry.field(description="ISO 4217 code.")

    amount: Decimal = computed(
        money.plain, "minor", "currency", description='Exact, as a string: "1249.50".'
    )

    @strawberry.field(
        description="The amount as a reader of the locale writes it; en_US where none is given. "
        'A locale is a tag such as "de-DE"; one that is unknown is BAD_USER_INPUT.'
    )
    def formatted(self, locale: str | None = strawberry.UNSET) -> str:
        try:
            return money.formatted(self.minor, self.currency, or_none(locale))
        except ValueError as error:
            raise BadUserInput(f"locale: {error}") from None


@strawberry.type(
    description="A billing period: start is its first day, end is the first day after it (the "
    "renewal day)."
)
class Period:
    start: date = strawberry.field(description="The first day.")
    end: date = strawberry.field(description="The first day after it.")
