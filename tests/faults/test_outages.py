"""PostgreSQL is killed, frozen or away: a clear answer meanwhile, everything kept afterwards."""

import asyncio
from pathlib import Path

import pytest

from tests.faults.cluster import Cluster, cluster, folder
from tests.faults.served import SOON, Load, Served, assert_kept, prepare, ready, serving, until
from tests.test_manage import run

pytestmark = pytest.mark.xdist_group("load")

ANSWERED = 8.0
"""Seconds within which every request is answered while the database is away."""


async def works(server: Served, load: Load) -> None:
    """That reads and writes succeed again, soon."""
    before = len(load.acknowledged)

    async def changed() -> bool:
        return len(load.acknowledged) > before

    async with asyncio.timeout(SOON):
        await until(lambda: ready(server), SOON)
        await until(changed, SOON)
    await load.worked()


async def is_told(server: Served) -> None:
    """That the server says that the database is away, to those who watch and those who ask."""
    assert await server.status() == 503
    assert await server.status("/healthz") == 200
    response = await server.ask("acme", "{ viewer { name } }")
    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    assert response.json()["errors"][0]["extensions"]["code"] == "SERVICE_UNAVAILABLE"


async def test_a_crash_of_postgresql_in_mid_load_loses_nothing_and_needs_no_restart(
    shared_cluster: Cluster,
    database_of_its_own: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await prepare(database_of_its_own, monkeypatch)
    # Two connections: one lost for good at each crash would soon leave none.
    async with serving(database_of_its_own, tmp_path, DATABASE_POOL_SIZE="2") as server:
        load = Load(server)
        async with load.running():
            for _ in range(3):
                await load.worked()
                shared_cluster.kill()
                await is_told(server)
                shared_cluster.start()
                await works(server, load)
        assert load.unknown > 0
        await assert_kept(database_of_its_own, load)


async def test_a_frozen_postgresql_ends_in_clear_errors_and_not_in_a_hang(
    shared_cluster: Cluster,
    database_of_its_own: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await prepare(database_of_its_own, monkeypatch)
    patience = {"DATABASE_STATEMENT_TIMEOUT": "1", "DATABASE_CONNECT_TIMEOUT": "1"}
    async with serving(database_of_its_own, tmp_path, **patience) as server:
        load = Load(server)
        async with load.running():
            await load.worked()
            with shared_cluster.frozen():
                server.http.timeout = ANSWERED
                await is_told(server)
                await is_told(server)
            await works(server, load)
        await assert_kept(database_of_its_own, load)


async def test_after_a_failover_the_new_primary_is_found_and_nothing_acknowledged_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with cluster() as primary, folder() as second:
        standby = primary.standby(second)
        try:
            standby.start()
            primary.sql(
                "ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()"
            )
            hosts = f"{primary.host},{standby.host}"
            url = primary.url_of("postgres").replace(primary.host, hosts)
            await prepare(url, monkeypatch)
            async with serving(url, tmp_path) as server:
                load = Load(server)
                async with load.running():
                    await load.worked()
                    primary.kill()
                    await is_told(server)
                    standby.sql("ALTER SYSTEM RESET synchronous_standby_names")
                    standby.promote()
                    await works(server, load)
                await assert_kept(standby.url_of("postgres"), load)
        finally:
            standby.kill()


@pytest.mark.parametrize("command", ["server.py", "manage.py worker"])
async def test_a_start_without_its_database_ends_with_one_line_that_tells_no_secret(
    command: str,
) -> None:
    url = "postgres://seatwise:hunter2@127.0.0.1:1,127.0.0.1:2/seatwise"
    ended = await run(*command.split(), DATABASE_URL=url)
    (line,) = ended.err.splitlines()
    assert (ended.code, ended.out) == (1, "")
    assert line.startswith("DATABASE_URL: the database cannot be reached (")
    assert "hunter2" not in line


async def test_a_start_with_only_the_standby_up_ends_with_one_line(
    database_of_its_own: str, shared_cluster: Cluster
) -> None:
    with folder() as second:
        standby = shared_cluster.standby(second)
        try:
            standby.start()
            ended = await run("server.py", DATABASE_URL=standby.url_of("postgres"))
        finally:
            standby.kill()
    assert ended.code == 1
    assert len(ended.err.splitlines()) == 1
    assert ended.err.startswith("DATABASE_URL: the database cannot be reached (")
