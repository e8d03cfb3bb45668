"""The examples in TypeScript: built, and run against a server."""

import subprocess
from pathlib import Path

import pytest

from tests.clients.conftest import NODE, copied
from tests.clients.examples import PAUL, Example
from tests.clients.lines import DROPPED_AFTER, DROPPED_BEFORE
from tests.live.clients import token_of

pytestmark = pytest.mark.xdist_group("node")

BILLING = ("node", "dist/billing.js")


@pytest.fixture(scope="module")
def examples(node_packages: Path) -> dict[str, Example]:
    """The examples, built as their README says."""
    accounts = {"typescript": "acme", "relay": "beta"}
    made = {name: Example(copied(name, NODE), BILLING, code) for name, code in accounts.items()}
    build = ["npm", "run", "build", "--workspaces"]
    done = subprocess.run(build, cwd=node_packages.parent, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return made


async def test_urql_changes_users_once_over_a_line_that_breaks(
    examples: dict[str, Example], port: int
) -> None:
    await examples["typescript"].changes_users(port, DROPPED_AFTER, DROPPED_BEFORE)


async def test_relay_changes_users_in_its_store(examples: dict[str, Example], port: int) -> None:
    await examples["relay"].changes_users(port)


@pytest.mark.parametrize("name", ["typescript", "relay"])
async def test_a_refusal_is_told(examples: dict[str, Example], port: int, name: str) -> None:
    await examples[name].is_told_why(port)
    await examples[name].is_told_who_was_faster(port)


@pytest.mark.parametrize(
    ("name", "forbidden", "unknown"),
    [
        (
            "typescript",
            "FORBIDDEN: You are not allowed to do this.",
            "UNAUTHENTICATED: The token is not valid: it cannot be read.",
        ),
        (
            "relay",
            "Only billing administrators see the subscription.",
            "The connection was closed: 4403 Forbidden",
        ),
    ],
)
async def test_who_may_not_is_told(
    examples: dict[str, Example], port: int, name: str, forbidden: str, unknown: str
) -> None:
    example = examples[name]
    assert await example.fails(port, token_of(PAUL, example.account), 70) == forbidden
    assert await example.fails(port, "nonsense", 70) == unknown


def test_the_operations_are_as_graphql_eslint_recommends(examples: dict[str, Example]) -> None:
    done = subprocess.run(
        ["npm", "run", "lint"], cwd=examples["typescript"].folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
