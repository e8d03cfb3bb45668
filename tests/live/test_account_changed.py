"""accountChanged: who is told of what, by which transport, and until when."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg
import httpx
import pytest

from services import settings
from tests.faults.served import prepare
from tests.live.clients import SUBSCRIPTION, Events, connected, events, listening, token_of
from tests.live.conftest import Live
from tests.served import started

ADA, ADAM, OLGA = "ada@acme.example", "adam@acme.example", "olga@acme.example"
GRACE, MIA, PAUL = "grace@acme.example", "mia@acme.example", "paul@acme.example"

SEATS = {"SUBSCRIPTION", "SEAT_GROUPS", "USERS"}
FLOW = {"seatGroupRequired": True}


async def test_a_change_is_told_by_both_transports_once(live: Live) -> None:
    token = token_of(ADA)
    async with listening(live.address, token) as stream, connected(live.address, token) as socket:
        await socket.listen("1")
        await live.do(ADA, "updateLicenseManagement", **FLOW)
        first = await stream.change()
        assert first["parts"] == ["LICENSE_MANAGEMENT"]
        told = await socket.next()
        assert told == {"type": "next", "id": "1", "payload": {"data": {"accountChanged": first}}}
        await live.do(ADA, "changeUsers", seats=61)
        second = await stream.change()
        assert second["version"] == first["version"] + 1
        assert set(second["parts"]) == SEATS | {"INVOICES"}
        assert (await socket.next())["payload"]["data"]["accountChanged"] == second


async def test_everybody_is_told_what_they_may_read(live: Live) -> None:
    async with AsyncExitStack() as stack:
        streams = {
            email: await stack.enter_async_context(listening(live.address, token_of(email)))
            for email in (ADA, ADAM, OLGA, GRACE, PAUL)
        }
        await live.do(ADA, "changeUsers", seats=61)
        await live.do(ADA, "updateBillingDetails", purchaseOrderNumber="PO-1")
        await live.do(ADA, "createAccessToken", name="script", scopes=["READ"])
        await live.do(ADA, "updateLicenseManagement", **FLOW)
        told = {email: await _until_the_setting(stream) for email, stream in streams.items()}
    everything = SEATS | {"INVOICES", "BILLING_DETAILS", "ACCESS_TOKENS", "LICENSE_MANAGEMENT"}
    users = {"SEAT_GROUPS", "USERS", "LICENSE_MANAGEMENT"}
    assert told == {
        ADA: everything,
        ADAM: users,
        OLGA: users,
        GRACE: users,
        PAUL: {"LICENSE_MANAGEMENT"},
    }


async def _until_the_setting(stream: Events) -> set[str]:
    """All parts that are told, up to the setting, which everybody is told of."""
    told: set[str] = set()
    while "LICENSE_MANAGEMENT" not in told:
        told |= set((await stream.change())["parts"])
    return told


async def test_another_account_is_told_nothing(live: Live) -> None:
    async with (
        listening(live.address, token_of(ADA, "beta")) as theirs,
        listening(live.address, token_of(ADA)) as ours,
    ):
        await live.do(ADA, "changeUsers", seats=61)
        await ours.change()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(theirs.next(), 1.5)


async def test_another_process_is_told_and_the_command_line_tells(
    live: Live, tmp_path: Path
) -> None:
    folder = tmp_path / "other"
    folder.mkdir()
    with started(live.url, folder) as other:
        async with listening(f"http://127.0.0.1:{other.port}", token_of(ADA)) as stream:
            await live.do(ADA, "changeUsers", seats=61)
            assert "SUBSCRIPTION" in (await stream.change())["parts"]
            told = os.environ | {"DATABASE_URL": live.url}
            made = ["access-token", "create", "--account", "acme", "--user", ADA]
            command = [sys.executable, "manage.py", *made, "--name", "x", "--scope", "READ"]
            await asyncio.to_thread(
                subprocess.run,
                command,
                cwd=settings.ROOT,
                env=told,
                check=True,
                capture_output=True,
            )
            assert (await stream.change())["parts"] == ["ACCESS_TOKENS"]


def _create_access_token(url: str) -> None:
    options = ["--account", "acme", "--user", ADA, "--name", "x", "--scope", "READ"]
    subprocess.run(
        [sys.executable, "manage.py", "access-token", "create", *options],
        cwd=settings.ROOT,
        env=os.environ | {"DATABASE_URL": url},
        check=True,
        capture_output=True,
    )


async def test_a_refused_change_is_told_to_nobody(live: Live) -> None:
    async with listening(live.address, token_of(ADA)) as stream:
        answer = await live.ask(
            ADA,
            "mutation { changeUsers(input: {seats: 70, expectedVersion: 99}) "
            "{ userErrors { code } } }",
        )
        assert answer["data"]["changeUsers"]["userErrors"] == [{"code": "STALE"}]
        await live.do(ADA, "updateLicenseManagement", **FLOW)
        assert (await stream.change())["parts"] == ["LICENSE_MANAGEMENT"]


async def test_who_is_disabled_is_told_no_more(live: Live) -> None:
    async with listening(live.address, token_of(MIA)) as stream:
        await live.do(ADA, "disableUser", userId=await live.id_of(MIA))
        assert await stream.next() is None


async def test_who_loses_a_right_is_told_less(live: Live) -> None:
    async with listening(live.address, token_of(ADAM)) as stream:
        id = await live.id_of(ADAM)
        await live.do(ADA, "setAdministrator", userId=id, administrator=False)
        await live.do(ADA, "updateLicenseManagement", **FLOW)
        assert (await stream.change())["parts"] == ["LICENSE_MANAGEMENT"]


async def test_an_access_token_listens_until_it_is_revoked(live: Live) -> None:
    given = {"name": "x", "scopes": ["READ"]}
    made = await live.do(ADA, "createAccessToken", "secret accessToken { id }", **given)
    async with listening(live.address, made["secret"]) as stream:
        await live.do(ADA, "updateLicenseManagement", **FLOW)
        assert (await stream.change())["parts"] == ["LICENSE_MANAGEMENT"]
        await live.do(ADA, "revokeAccessToken", accessTokenId=made["accessToken"]["id"])
        assert await stream.next() is None


async def test_a_caller_has_so_many_places(live: Live) -> None:
    token = token_of(ADA)
    async with AsyncExitStack() as stack:
        for _ in range(3):
            await stack.enter_async_context(listening(live.address, token))
        async with events(live.address, token) as fourth:
            refused = await fourth.next()
            assert refused is not None
            assert refused["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
            assert await fourth.next() is None
        async with listening(live.address, token_of(PAUL)) as others:
            await live.do(ADA, "updateLicenseManagement", **FLOW)
            await others.change()
    # Places are given back.
    async with listening(live.address, token) as again:
        await live.do(ADA, "updateLicenseManagement", seatGroupRequired=False)
        await again.change()


async def test_a_stream_needs_who_accepts_one_and_a_token(live: Live) -> None:
    async with httpx.AsyncClient(base_url=live.address) as http:
        headers = {"Authorization": f"Bearer {token_of(ADA)}"}
        plain = await http.post("/graphql", json={"query": SUBSCRIPTION}, headers=headers)
        assert (plain.status_code, plain.json()["errors"][0]["extensions"]["code"]) == (
            406,
            "NOT_ACCEPTABLE",
        )
        got = await http.get("/graphql", params={"query": SUBSCRIPTION}, headers=headers)
        assert got.status_code == 405
    async with events(live.address, "none") as stream:
        refused = await stream.next()
        assert refused is not None
        assert refused["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        assert await stream.next() is None


async def test_whoever_wants_events_alone_gets_queries_as_events(live: Live) -> None:
    async with events(live.address, token_of(ADA), "{ viewer { email } }") as stream:
        result = await stream.next()
        assert result is not None
        assert result["data"] == {"viewer": {"email": ADA}}
        assert await stream.next() is None


async def test_the_end_of_the_server_ends_the_streams(live: Live) -> None:
    async with (
        listening(live.address, token_of(ADA)) as stream,
        connected(live.address, token_of(ADA)) as socket,
    ):
        await socket.listen("1")
        live.server.process.send_signal(signal.SIGTERM)
        assert await stream.next() is None
        assert await socket.closed() == 1012
    assert await asyncio.to_thread(live.server.process.wait, 10) == 0


async def test_what_was_missed_while_postgres_was_away_is_told(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    await prepare(postgres_url, monkeypatch)
    with started(postgres_url, tmp_path) as server:
        live = Live(server, postgres_url)
        async with listening(live.address, token_of(ADA)) as stream:
            connection = await asyncpg.connect(postgres_url)
            lost = await connection.fetchval(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                "WHERE datname = current_database() AND query LIKE 'LISTEN%'"
            )
            assert lost == 1
            await connection.close()
            await live.do(ADA, "updateLicenseManagement", **FLOW)
            assert (await stream.change())["parts"] == ["LICENSE_MANAGEMENT"]


async def test_many_changes_become_few_messages_and_the_last_version_is_told(live: Live) -> None:
    async with listening(live.address, token_of(ADA)) as stream:
        for number in range(20):
            await live.do(ADA, "updateBillingDetails", purchaseOrderNumber=f"PO-{number}")
        answer = await live.ask(ADA, "{ account { activity(first: 1) { totalCount } } }")
        last = answer["data"]["account"]["activity"]["totalCount"]
        told = [(await stream.change())["version"]]
        while told[-1] < last:
            told.append((await stream.change())["version"])
        assert told[-1] == last
        assert told == sorted(set(told))


def test_no_line_of_the_log_is_an_error(live: Live) -> None:
    async def use() -> None:
        async with connected(live.address, token_of(ADA)) as socket:
            await socket.listen("1")
            await socket.subscribe("2", "{ nothing }")
            assert (await socket.next())["type"] == "error"

    asyncio.run(use())
    lines = live.server.events()
    assert [line for line in lines if line["level"] == "error"] == []
    asked = [line for line in lines if line.get("method") == "WEBSOCKET"]
    assert {line["operation"] for line in asked} == {"Live", None}
    assert json.dumps(lines).count("Bearer") == 0
