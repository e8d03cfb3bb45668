"""Fixtures: PostgreSQL servers of the tests' own, and databases on them."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.faults.cluster import Cluster, cluster
from tests.faults.served import NOW


@pytest.fixture(scope="session")
def shared_cluster() -> Iterator[Cluster]:
    """One server for the tests that leave it running when they end."""
    with cluster() as server:
        yield server


@pytest.fixture
def database_of_its_own(shared_cluster: Cluster) -> Iterator[str]:
    """The URL of an empty database on it."""
    name = f"seatwise_{uuid4().hex}"
    shared_cluster.sql(f"CREATE DATABASE {name}")
    yield shared_cluster.url_of(name)
    shared_cluster.sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture(autouse=True)
def at_noon(environment: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Processes and tests share a clock."""
    monkeypatch.setenv("BILLING_NOW", NOW)
