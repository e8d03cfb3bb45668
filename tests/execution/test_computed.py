"""Fields that say what they are made of: answered alike, and without the objects in between."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
import strawberry
from strawberry import Schema

from execution import attribute, computed
from tests.execution.pairs import Pair, run


def text_of(minor: int, currency: str) -> str:
    if minor < 0:
        raise ValueError("below nothing")
    return f"{minor} {currency}"


@strawberry.type
class Amount:
    minor: strawberry.Private[int]
    currency: str
    text: str = computed(text_of, "minor", "currency")


@strawberry.type
class Priced:
    amount: strawberry.Private[Amount]
    price: Amount = computed(Amount, minor="amount.minor", currency="amount.currency")

    @strawberry.field
    def words(self) -> str:
        return self.amount.text_of()  # type: ignore[attr-defined,no-any-return]


@strawberry.type
class Line:
    row: strawberry.Private[Any]
    name: str = attribute("row.name")
    note: str | None = attribute("row.note")
    price: Amount = computed(Amount, minor="row.minor", currency="row.currency")
    maybe: Amount | None = computed(
        lambda row: Amount(minor=row.minor, currency=row.currency) if row.note else None, "row"
    )
    priced: Priced = computed(Priced, amount="row")


@strawberry.type
class Query:
    @strawberry.field
    def lines(self, info: strawberry.Info) -> list[Line]:
        return [Line(row=row) for row in info.context]


SCHEMA = Schema(Query)


def pair(*rows: Any) -> Pair:
    return Pair(SCHEMA, lambda: rows)


def row(**changed: Any) -> SimpleNamespace:
    usual = {"name": "seats", "note": None, "minor": 5, "currency": "USD"}
    return SimpleNamespace(**{**usual, **changed})


PRICES = """{ lines {
  __typename name note price { __typename currency text } again: price { text } maybe { text }
  priced { price { ...P ... on Amount { currency } } }
} } fragment P on Amount { text }"""


async def test_what_is_computed_is_answered_alike() -> None:
    data = await pair(row(), row(note="x", minor=7, currency="JPY")).data(PRICES)
    assert data["lines"][1] == {
        "__typename": "Line",
        "name": "seats",
        "note": "x",
        "price": {"__typename": "Amount", "currency": "JPY", "text": "7 JPY"},
        "again": {"text": "7 JPY"},
        "maybe": {"text": "7 JPY"},
        "priced": {"price": {"text": "7 JPY", "currency": "JPY"}},
    }


@pytest.mark.parametrize(
    "odd",
    [
        row(minor=-1),
        row(currency=None),
        row(currency=3),
        row(name=None),
        row(note=["a", "list"]),
        SimpleNamespace(name="nothing else"),
        SimpleNamespace(),
        None,
    ],
    ids=repr,
)
async def test_what_is_unusual_is_told_alike(odd: Any) -> None:
    await pair(row(), odd, row()).answer(PRICES)
    await pair(row()).answer(PRICES)


async def test_an_object_that_is_only_shown_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = pair(row())
    query = "{ lines { price { currency text } priced { price { text } } } }"
    await asked.data(query)
    made: list[type] = []
    for kind in (Amount, Priced):
        kept = kind.__init__

        def counting(self: Any, *, kept: Any = kept, **given: Any) -> None:
            made.append(type(self))
            kept(self, **given)

        monkeypatch.setattr(kind, "__init__", counting)
    result = await run(asked.compiled, query, {}, asked.context())
    assert result.data == {
        "lines": [
            {"price": {"currency": "USD", "text": "5 USD"}, "priced": {"price": {"text": "5 USD"}}}
        ]
    }
    assert made == []


async def test_an_object_that_a_method_needs_is_made() -> None:
    wordy = SimpleNamespace(**vars(row()), text_of=lambda: "five")
    data = await pair(wordy).data("{ lines { priced { words price { text } } } }")
    assert data["lines"] == [{"priced": {"words": "five", "price": {"text": "5 USD"}}}]


@dataclass
class Careful:
    minor: int

    def __post_init__(self) -> None:
        self.minor += 1


@pytest.mark.parametrize(
    ("make", "paths", "named"),
    [
        (Amount, (), {"minor": "row.minor"}),
        (Amount, (), {"minor": "a", "currency": "b", "more": "c"}),
        (Amount, ("row.minor",), {"currency": "row.currency"}),
        (Careful, (), {"minor": "row.minor"}),
    ],
)
def test_a_type_that_does_more_than_keep_its_parts_is_refused(
    make: Any, paths: tuple[str, ...], named: dict[str, str]
) -> None:
    with pytest.raises(TypeError, match=f"{make.__name__} is not made of"):
        computed(make, *paths, **named)
