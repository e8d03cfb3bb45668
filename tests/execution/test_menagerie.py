"""Generated queries over objects with faults: both executors answer alike.

Where nothing has to be waited for, they do so to the letter. `EXECUTION_EXAMPLES=5000` runs
more of them, with a seed of their own each time.
"""

import asyncio
import gc
import itertools
import os
import random
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.execution import menagerie
from tests.execution.pairs import Pair

EXAMPLES = int(os.environ.get("EXECUTION_EXAMPLES", "0"))


ROUNDS = itertools.count()


class Context:
    """One that takes attributes."""


@contextmanager
def orphans_ignored() -> Iterator[None]:
    """graphql-core leaves coroutines behind where null hides what they would answer."""
    gc.disable()
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "coroutine .* was never awaited", RuntimeWarning)
            yield
            gc.collect()
    finally:
        gc.enable()


@pytest.mark.parametrize("waits", [False, True])
def test_generated_queries_are_answered_alike(*, waits: bool) -> None:
    pair = Pair(menagerie.SCHEMA, Context)

    @settings(
        max_examples=EXAMPLES or 40,
        deadline=None,
        database=None,
        derandomize=not EXAMPLES,
        suppress_health_check=list(HealthCheck),
    )
    @given(query=st.integers(0, 2**32), seeds=st.lists(st.integers(0, 2**32), min_size=1))
    def check(query: int, seeds: list[int]) -> None:
        text = menagerie.document(random.Random(query), waits=waits)
        assert not pair.compiled.document(text).errors
        for seed in seeds[:2]:
            runner.run(pair.answer(text, loosely=waits, s=str(seed)))
        if next(ROUNDS) % 25 == 0:
            gc.collect()

    with orphans_ignored(), asyncio.Runner() as runner:
        check()
