"""The disk of PostgreSQL's tables is full, and that of its log is not: reading goes on."""

import errno
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.cluster import Cluster, disk
from tests.faults.served import READ, SOON, Load, assert_kept, prepare, serving, until

pytestmark = pytest.mark.xdist_group("load")

MEGABYTES = 40
"""An empty database takes about 10."""


def fill(path: Path) -> Path:
    """Takes all of the disk, to the last byte that others leave, who write at the same time."""
    ballast = path / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(65_536)):
                pass
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
    return ballast


@pytest.fixture
def small(shared_cluster: Cluster) -> Iterator[tuple[str, Path]]:
    """The URL of a database on a disk of its own, and that disk."""
    with disk(MEGABYTES) as path:
        shared_cluster.sql(
            f"CREATE TABLESPACE small LOCATION '{path}'", "CREATE DATABASE small TABLESPACE small"
        )
        try:
            yield shared_cluster.url_of("small"), path
        finally:
            shared_cluster.sql("DROP DATABASE small WITH (FORCE)", "DROP TABLESPACE small")


async def test_tables_without_space_refuse_changes_and_are_read(
    small: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, path = small
    await prepare(url, monkeypatch)
    async with serving(url, tmp_path) as server:
        load = Load(server)
        async with load.running():
            await load.worked()
            ballast = fill(path)

            async def refused() -> bool:
                return load.unknown >= 8

            await until(refused, 20)
            assert "errors" not in (await server.ask("acme", READ)).json()
            assert await server.status() == 200
            ballast.unlink()
            before = len(load.acknowledged)

            async def changed() -> bool:
                return len(load.acknowledged) >= before + 4

            await until(changed, SOON)
        # A number that a refused change had taken would be a gap.
        await assert_kept(url, load)
