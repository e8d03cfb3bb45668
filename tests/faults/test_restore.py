"""SQLite is restored from its backup after a crash, with the manual's command."""

import asyncio
import sqlite3
import sys
from asyncio.subprocess import PIPE
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.faults.served import ORDERS, Load, Served, prepare, serving
from tests.faults.test_backups import assert_whole

pytestmark = pytest.mark.xdist_group("load")

COPY = b"""
import sqlite3, sys
source, target = map(sqlite3.connect, sys.argv[1:])
source.backup(target)
"""
"""The manual's command. A file copied over the database would not do: the log of a server that
crashed (`-wal`) lies beside it, and the next start would apply it to the copy."""


async def copy(source: Path, target: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-", str(source), str(target), stdin=PIPE
    )
    await process.communicate(COPY)
    assert process.returncode == 0


def orders(path: Path) -> list[Any]:
    with closing(sqlite3.connect(path)) as connection:
        return sorted(connection.execute(ORDERS).fetchall())


async def crash(server: Served) -> None:
    """SIGKILL: its log stays beside the database."""
    server.process.kill()
    await asyncio.to_thread(server.process.wait, 10)


async def test_what_is_restored_after_a_crash_is_the_backup_and_nothing_of_the_log(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, backup = Path(sqlite_url.removeprefix("sqlite://")), tmp_path / "backup.db"
    await prepare(sqlite_url, monkeypatch)
    async with serving(sqlite_url, tmp_path) as server:
        load = Load(server)
        async with load.running():
            await load.worked()
            await copy(path, backup)
            await load.worked()
        await crash(server)
    kept = orders(backup)
    assert path.with_name(f"{path.name}-wal").stat().st_size > 0
    assert len(kept) < len(load.acknowledged)
    await copy(backup, path)
    assert orders(path) == kept
    await assert_whole(sqlite_url, monkeypatch)
