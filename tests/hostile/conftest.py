"""Fixtures: one server for all hostile requests of a module, measured from before to after."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hostile.served import GROWTH, Served, serving
from tests.hostile.wire import exchange, post


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server in use; at the end its memory has not grown by more than the bound."""
    folder: Path = tmp_path_factory.mktemp("hostile")
    with serving(folder) as server:
        for size in (10, 200_000):
            padding = b" " * size
            exchange(server.port, post(b'{"query": "{ viewer { id } }"' + padding + b"}"))
        before = server.memory()
        yield server
        server.is_well()
        assert server.memory() - before < GROWTH
