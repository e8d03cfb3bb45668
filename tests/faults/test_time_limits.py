"""How long an outage of PostgreSQL may be felt: every wait of a client has an end."""

import asyncio
import time
from collections.abc import Awaitable
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.faults.cluster import Cluster, cluster, folder
from tests.faults.served import (
    GAPS,
    READ,
    SOON,
    Load,
    Served,
    assert_kept,
    prepare,
    ready,
    rows,
    serving,
    until,
)
from tests.world import MISCOUNTED

pytestmark = pytest.mark.xdist_group("load")

TOLD = 4.0
"""Seconds within which /readyz says that the database is away."""

ANSWERED = 6.0
"""Seconds within which any other request is answered meanwhile."""

BRIEF = {"DATABASE_STATEMENT_TIMEOUT": "1", "DATABASE_CONNECT_TIMEOUT": "1"}
HUNG = 2.0 + 1.5
"""Their sum, the manual's limit for a server that hangs, and some for a busy machine."""

INVITE = """mutation($input: InviteUserInput!) { inviteUser(input: $input) {
  user { email } userErrors { code } } }"""
INVITED = "SELECT email FROM users WHERE email LIKE 'guest-%'"


@dataclass(frozen=True)
class Answer:
    """One answer, and how long it took."""

    response: httpx.Response
    seconds: float

    @property
    def is_clear(self) -> bool:
        """Whether it says that the database is away, outside GraphQL or inside."""
        codes = [error["extensions"]["code"] for error in self.response.json()["errors"]]
        status = self.response.status_code
        return status in (200, 503) and set(codes) == {"SERVICE_UNAVAILABLE"}


async def timed(request: Awaitable[httpx.Response]) -> Answer:
    begin = time.monotonic()
    return Answer(await request, time.monotonic() - begin)


async def invited(server: Served, email: str) -> httpx.Response:
    given = {"email": email, "name": "Guest", "idempotencyKey": email}
    return await server.ask("acme", INVITE, input=given)


async def crowd(server: Served) -> list[Answer]:
    """The answers to many more requests at once than there are connections."""
    reads = [timed(server.ask("beta", READ)) for _ in range(10)]
    writes = [timed(server.add_seat("beta", 61, uuid4().hex)) for _ in range(10)]
    return list(await asyncio.gather(*reads, *writes))


async def assert_told(server: Served, limit: float) -> None:
    """That nobody waits in vain: neither those who watch nor those who ask, all at once."""
    watched, answers = await asyncio.gather(timed(server.http.get("/readyz")), crowd(server))
    assert (watched.response.status_code, watched.seconds < TOLD) == (503, True)
    assert [answer.response.text for answer in answers if not answer.is_clear] == []
    assert max(answer.seconds for answer in answers) < limit


async def assert_works(server: Served, code: str, seats: int) -> None:
    """That a read and a change succeed, soon."""
    key = uuid4().hex

    async def read() -> bool:
        return "errors" not in (await server.ask(code, READ)).json()

    async def changed() -> bool:
        answer = (await server.add_seat(code, seats, key)).json()
        return "errors" not in answer and answer["data"]["changeUsers"]["userErrors"] == []

    async with asyncio.timeout(SOON):
        await until(read, SOON)
        await until(changed, SOON)


async def test_during_a_crash_everybody_is_answered_in_time_and_afterwards_served_soon(
    shared_cluster: Cluster,
    database_of_its_own: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await prepare(database_of_its_own, monkeypatch)
    async with serving(database_of_its_own, tmp_path, DATABASE_POOL_SIZE="2") as server:
        for seats in (61, 62):
            shared_cluster.kill()
            await assert_told(server, ANSWERED)
            shared_cluster.start()
            await assert_works(server, "acme", seats)
    assert await rows(database_of_its_own, GAPS) == []


async def test_while_postgresql_hangs_everybody_is_answered_within_the_two_limits(
    shared_cluster: Cluster,
    database_of_its_own: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await prepare(database_of_its_own, monkeypatch)
    small = BRIEF | {"DATABASE_POOL_SIZE": "2"}
    async with serving(database_of_its_own, tmp_path, **small) as server:
        await assert_works(server, "acme", 61)
        with shared_cluster.frozen():
            await assert_told(server, HUNG)
            await assert_told(server, HUNG)
        await assert_works(server, "acme", 62)


async def test_an_invitation_that_a_crash_left_unanswered_is_made_once_by_its_retry(
    shared_cluster: Cluster,
    database_of_its_own: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await prepare(database_of_its_own, monkeypatch)
    emails = [f"guest-{number}@acme.example" for number in range(16)]
    async with serving(database_of_its_own, tmp_path) as server:
        first = [asyncio.create_task(invited(server, email)) for email in emails]
        await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
        shared_cluster.kill()
        answers = [response.json() for response in await asyncio.gather(*first)]
        assert any("errors" in answer for answer in answers)
        shared_cluster.start()
        await until(lambda: ready(server), SOON)
        for email in emails:
            answer = (await invited(server, email)).json()
            assert answer["data"]["inviteUser"]["userErrors"] == [], answer
    assert sorted(await rows(database_of_its_own, INVITED)) == sorted((e,) for e in emails)
    assert await rows(database_of_its_own, MISCOUNTED) == []


async def test_a_primary_that_hangs_does_not_hide_the_standby_that_was_promoted(
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
            async with serving(url, tmp_path, **BRIEF) as server:
                load = Load(server)
                async with load.running():
                    await load.worked()
                    # Its host lost power or its network: it takes connections and says nothing.
                    with primary.frozen():
                        standby.promote()
                        try:
                            await until(lambda: ready(server), SOON)
                        finally:
                            # It never comes back, lest there be two primaries.
                            primary.kill()
                    await load.worked()
            await assert_kept(standby.url_of("postgres"), load)
        finally:
            standby.kill()
