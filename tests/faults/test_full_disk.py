"""PostgreSQL's disk is full: changes are refused clearly, reads go on, no number is lost."""

import os
from pathlib import Path

import pytest

from tests.faults.cluster import Cluster, cluster_in, disk
from tests.faults.served import SOON, Load, Served, assert_kept, prepare, ready, serving, until

pytestmark = pytest.mark.xdist_group("load")

MEGABYTES = 150
"""An empty server takes about 60, its log included."""


def fill(path: Path, *, leave: int) -> Path:
    """Takes all of the disk but so many bytes."""
    ballast = path / "ballast"
    space = os.statvfs(path)
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, space.f_bavail * space.f_frsize - leave)
    return ballast


async def changes_again(server: Served, full: Cluster, load: Load) -> None:
    """That it works once there is space, also where the server gave up for want of it."""
    if not full.answers():
        full.kill()
        full.start()
    await until(lambda: ready(server), SOON)
    await load.worked()


async def test_a_full_disk_refuses_changes_and_loses_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with disk(MEGABYTES) as path, cluster_in(path) as full:
        url = full.url_of("postgres")
        await prepare(url, monkeypatch)
        async with serving(url, tmp_path) as server:
            load = Load(server)
            async with load.running():
                await load.worked()
                ballast = fill(path, leave=100_000)

                async def refused() -> bool:
                    return load.unknown >= 4

                await until(refused, 20)
                ballast.unlink()
                await changes_again(server, full, load)
            await assert_kept(url, load)
