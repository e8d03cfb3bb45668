"""What an operation asks for below a field."""

import pytest
import strawberry
from strawberry import Schema

from execution import asks_for
from tests.execution.pairs import Pair


@strawberry.type
class Tree:
    name: str = "leaf"

    @strawberry.field
    def branch(self) -> "Tree":
        return Tree()


@strawberry.type
class Query:
    @strawberry.field
    def tree(self, info: strawberry.Info) -> Tree:
        info.context.append(asks_for(info, "branch", "branch", "name"))
        return Tree()


CHAIN = " ".join(
    f"fragment F{number} on Tree {{ ...F{number + 1} ... on Tree {{ ...F{number + 1} }} }}"
    for number in range(60)
)


FRAGMENTS = """
fragment A on Tree { branch { ...B } }
fragment B on Tree { ... on Tree { branch { name } } }
fragment F60 on Tree { ...A }
"""


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("tree { branch { branch { name } } }", True),
        ("tree { a: branch { b: branch { c: name } } }", True),
        ("tree { branch { branch { __typename } } name }", False),
        ("tree { branch { name } }", False),
        ("tree { name: branch { name: branch { branch { name } } } }", False),
        ("tree { ...A }", True),
        ("tree { name ... { branch { name ... @include(if: true) { branch { name } } } } }", True),
        ("tree { branch { name } } tree { branch { branch { name } } }", True),
        ("tree { branch { branch { name @skip(if: true) __typename } } }", True),
        ("tree { ...F0 }", True),
    ],
)
async def test_a_path_is_found_however_it_is_asked_for(asked: str, expected: bool) -> None:
    told: list[bool] = []
    # Every fragment must be used by some operation.
    document = f"query Asked {{ {asked} }} query Other {{ tree {{ ...F0 }} }} {CHAIN} {FRAGMENTS}"
    await Pair(Schema(Query), lambda: told).answer(document, operation="Asked")
    assert set(told) == {expected}
