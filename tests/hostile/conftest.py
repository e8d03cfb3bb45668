"""Fixtures: one server for all hostile requests of a module."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hostile.served import Served, serving


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server in use."""
    folder: Path = tmp_path_factory.mktemp("hostile")
    with serving(folder) as server:
        yield server
