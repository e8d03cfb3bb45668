"""Generated documents over the product's schema: both executors answer alike.

`EXECUTION_EXAMPLES=5000` runs more of them, with a seed of their own each time.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.execution.generated import operations
from tests.execution.placeholders import Operation
from tests.execution.product import CALLERS, Product, product

EXAMPLES = int(os.environ.get("EXECUTION_EXAMPLES", "0"))

COMMON = settings(
    deadline=None,
    database=None,
    derandomize=not EXAMPLES,
    suppress_health_check=list(HealthCheck),
    print_blob=False,
)


class Ran:
    """The product on an event loop that outlives an example."""

    def __init__(self, runner: asyncio.Runner, ready: Product) -> None:
        self.runner = runner
        self.product = ready
        self.met: Counter[str] = Counter()

    def note(self, result: Any) -> None:
        """Counts what answers show, so that the test can tell whether it tests anything."""
        self.met["data" if result.data else "null"] += 1
        self.met["errors"] += bool(result.errors)


@pytest.fixture
def ran(migrated_sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ran]:
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        ready = runner.run(stack.enter_async_context(product(migrated_sqlite_url, monkeypatch)))
        yield Ran(runner, ready)
        runner.run(stack.aclose())


def test_queries_are_answered_alike(ran: Ran) -> None:
    @settings(COMMON, max_examples=EXAMPLES or 120)
    @given(operation=operations(), caller=st.sampled_from(CALLERS))
    def check(operation: Operation, caller: str) -> None:
        query, variables = operation.of(ran.product.known)
        ran.note(ran.runner.run(ran.product.compare_queries(query, variables, caller)))

    check()
    assert ran.met["data"] > ran.met["null"] / 10
    assert set(ran.product.compiled.counts) == {"compiled"}


def test_mutations_do_and_answer_alike(ran: Ran) -> None:
    @settings(COMMON, max_examples=EXAMPLES or 60)
    @given(operation=operations(mutations=True), caller=st.sampled_from(CALLERS))
    def check(operation: Operation, caller: str) -> None:
        query, variables = operation.of(ran.product.known)
        ran.note(ran.runner.run(ran.product.compare_mutations(query, variables, caller)))

    check()
    assert ran.met["data"]
    assert set(ran.product.compiled.counts) == {"compiled"}
