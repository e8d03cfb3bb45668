"""Processes that serve: their end, their number, their log and their metrics."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from starlette.applications import Starlette

import server as serving
from services import auth, clock
from services.settings import ROOT
from tests.concurrency.processes import free_port
from tests.faults.served import CHANGE, prepare, until
from tests.served import Server, get, started
from tests.test_manage import anew
from tests.world import World

pytestmark = pytest.mark.xdist_group("serving")

INSTANT = "2026-07-01T12:00:00+00:00"


@pytest.fixture
async def acme(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a database with the sample account."""
    monkeypatch.setenv("BILLING_NOW", INSTANT)
    await prepare(postgres_url, monkeypatch)
    return postgres_url


def bearer() -> dict[str, str]:
    token = auth.issue_token("acme", "ada@acme.example", timedelta(hours=1), clock.now())
    return {"Authorization": f"Bearer {token}"}


async def change(server: Server) -> httpx.Response:
    """What it answers to a change, which needs the account's lock."""
    async with httpx.AsyncClient(timeout=30) as http:
        return await http.post(
            f"http://127.0.0.1:{server.port}/graphql",
            json={"query": CHANGE, "variables": {"input": {"seats": 61}}},
            headers=bearer(),
        )


class Held:
    """The account's row, locked by somebody else."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self.connection = connection

    @classmethod
    async def by(cls, url: str) -> "Held":
        connection = await asyncpg.connect(url)
        await connection.execute("BEGIN; SELECT * FROM accounts WHERE code = 'acme' FOR UPDATE")
        return cls(connection)

    async def is_waited_for(self) -> bool:
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        return bool(await self.connection.fetchval(waiting))

    async def let_go(self) -> None:
        await self.connection.close()


async def refuses(server: Server) -> bool:
    """Whether nobody listens any more."""
    try:
        server.connect().close()
    except ConnectionRefusedError:
        return True
    return False


@pytest.mark.parametrize("workers", ["1", "2"])
async def test_a_request_that_has_begun_is_answered_after_the_server_was_told_to_stop(
    acme: str, tmp_path: Path, workers: str
) -> None:
    with started(acme, tmp_path, anew=True, WORKERS=workers) as server:
        held = await Held.by(acme)
        asked = asyncio.create_task(change(server))
        await until(held.is_waited_for, 10)
        server.process.send_signal(signal.SIGTERM)
        await until(lambda: refuses(server), 10)
        await asyncio.sleep(0.5)
        assert not asked.done()
        await held.let_go()
        response = await asked
        assert response.status_code == 200
        assert response.json()["data"]["changeUsers"]["userErrors"] == []
        assert server.process.wait(10) == 0


async def test_a_request_that_does_not_end_in_time_is_told_to_try_again(
    acme: str, tmp_path: Path
) -> None:
    with started(acme, tmp_path, anew=True, SHUTDOWN_TIMEOUT="3") as server:
        held = await Held.by(acme)
        asked = asyncio.create_task(change(server))
        await until(held.is_waited_for, 10)
        begin = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        response = await asked
        assert (response.status_code, response.headers["retry-after"]) == (503, "1")
        assert response.json()["errors"][0]["extensions"]["code"] == "SERVICE_UNAVAILABLE"
        assert await asyncio.to_thread(server.process.wait, 10) == 0
        assert time.monotonic() - begin < 4
        await held.let_go()


async def test_a_server_that_is_told_to_stop_is_not_ready(sqlite_world: World) -> None:
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        app = sqlite_world.http._transport.app  # type: ignore[attr-defined]
        assert isinstance(app, Starlette)
        serving._notice_the_end(app)
        assert (await sqlite_world.http.get("/readyz")).status_code == 200
        signal.raise_signal(signal.SIGTERM)
        assert (await sqlite_world.http.get("/readyz")).status_code == 503
        assert (await sqlite_world.http.get("/healthz")).status_code == 200
    finally:
        signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_server_without_requests_stops_at_once(
    migrated_sqlite_url: str, tmp_path: Path, name: str
) -> None:
    with started(migrated_sqlite_url, tmp_path, anew=True) as server, server.connect():
        begin = time.monotonic()
        server.process.send_signal(getattr(signal, name))
        assert server.process.wait(10) == 0
        assert time.monotonic() - begin < 2
    assert server.events()[-1]["event"] == "server.stopped"


# --- several processes --------------------------------------------------------------------


def children(pid: int) -> set[int]:
    """The processes that serve."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    lines = {int(child): Path(f"/proc/{child}/cmdline").read_bytes() for child in found}
    return {child for child, line in lines.items() if b"spawn_main" in line}


def scraped(port: int) -> dict[str, float]:
    """The metrics, each by its name with its labels."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        lines = answer.read().decode().splitlines()
    split = (line.rpartition(" ") for line in lines if line.startswith("seatwise"))
    return {name: float(value) for name, _, value in split}


async def test_a_worker_that_dies_is_replaced_and_the_figures_are_the_sum_of_all(
    acme: str, tmp_path: Path
) -> None:
    metrics = free_port()
    with started(acme, tmp_path, anew=True, WORKERS="2", METRICS_PORT=str(metrics)) as server:
        for _ in range(20):
            assert (await change(server)).status_code == 200
        first = children(server.process.pid)
        assert len(first) == 2

        async def told(requests: int) -> bool:
            figures = scraped(metrics)
            pools = figures.get('seatwise_database_connections{state="limit"}')
            how = figures.get('seatwise_executions_total{how="compiled"}')
            return (pools, how) == (20, requests)

        await until(lambda: told(20), 20)
        found = scraped(metrics)
        asked = 'seatwise_requests_total{operation="none",outcome="OK"}'
        assert found['seatwise_request_duration_seconds_count{type="mutation"}'] == 20
        killed = min(first)
        os.kill(killed, signal.SIGKILL)

        async def replaced() -> bool:
            now = children(server.process.pid)
            return len(now) == 2 and killed not in now

        await until(replaced, 20)
        for _ in range(4):
            assert (await change(server)).status_code == 200
        await until(lambda: told(24), 20)
        again = scraped(metrics)
        assert again['seatwise_request_duration_seconds_count{type="mutation"}'] == 24
        assert again[asked] >= found[asked]
        lines = [event["event"].split() for event in server.events()]
        assert [line[1:] for line in lines if line[0] == "server.process_replaced"] == [
            [f"pid={killed}", "exit_code=-9"]
        ]
        assert server.stop() == 0
    with suppress(ProcessLookupError):
        os.kill(killed, 0)
        raise AssertionError("a process is left")


# --- metrics ------------------------------------------------------------------------------


def test_metrics_are_nowhere_unless_a_port_is_given(
    migrated_sqlite_url: str, tmp_path: Path
) -> None:
    with started(migrated_sqlite_url, tmp_path, anew=True) as server:
        assert server.exchange(get("/metrics")).startswith(b"HTTP/1.1 404")
        listening = Path(f"/proc/{server.process.pid}/net/tcp").read_text()
        assert f":{server.port:04X}" in listening


async def test_a_metrics_port_that_is_taken_stops_the_start(sqlite_world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = await anew("server.py", METRICS_PORT=port, PORT=str(free_port()))
    assert ended.code == 1
    assert ended.err.startswith("METRICS_PORT: ")


# --- the log ------------------------------------------------------------------------------

SECRETS = ("ada@acme.example", "1 Main Street", "eyJ", "DE123456789", "4711-secret", "Zanzibar")


async def test_each_request_has_a_line_with_who_and_what_and_no_more(
    acme: str, tmp_path: Path
) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    with started(acme, tmp_path, anew=True) as server:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as http:
            http.headers["traceparent"] = f"00-{trace}-b7ad6b7169203331-01"

            async def ask(query: str, **given: Any) -> httpx.Response:
                body = {"query": query, "variables": given}
                return await http.post("/graphql?q=4711-secret", json=body, headers=bearer())

            good = await ask("query BillingPage { account { name } }")
            lines = {"line1": "1 Main Street", "postalCode": "1", "city": "Zanzibar"}
            details = {"legalName": "A", "taxId": "DE123456789", "billingEmail": "ada@acme.example"}
            await ask(
                "mutation Save($i: UpdateBillingDetailsInput!) { updateBillingDetails(input: $i)"
                " { userErrors { code } } }",
                i=details | {"address": lines | {"countryCode": "DE"}},
            )
            await ask("mutation Less { changeUsers(input: {seats: -1}) { userErrors { code } } }")
            await ask("{ nothing }")
            await http.get("/graphql", params={"query": "{a}"}, headers={"accept": "*/*"})
            await http.get("/invoices/ACME-00001.pdf?token=eyJ.4711-secret")
            await http.get("/no%0a/such?x=4711-secret", headers={"User-Agent": "4711-secret"})
        events = [event for event in server.events() if event.get("trace_id") == trace]
    assert [event["event"] for event in events] == ["request"] * 7
    first = events[0]
    assert first["request_id"] == good.headers["x-request-id"]
    assert first["account_id"]
    assert first["user_id"]
    told = ("method", "route", "operation", "type", "status", "code")
    assert [tuple(event[name] for name in told) for event in events] == [
        ("POST", "/graphql", "BillingPage", "query", 200, None),
        ("POST", "/graphql", "Save", "mutation", 200, None),
        ("POST", "/graphql", "Less", "mutation", 200, "INVALID"),
        ("POST", "/graphql", None, "query", 200, "GRAPHQL_VALIDATION_FAILED"),
        ("GET", "/graphql", None, "query", 200, "GRAPHQL_VALIDATION_FAILED"),
        ("GET", "/invoices/{number}.pdf", None, None, 403, "FORBIDDEN"),
        ("GET", "none", None, None, 404, "NOT_FOUND"),
    ]
    text = server.log.read_text()
    assert not [secret for secret in SECRETS if secret in text]


HOSTILE = """
import logging, sys
from services import logs
logs.configure(sys.stdout.fileno())
log = logging.getLogger("services.x")
log.error("a line\\n{\\"level\\": \\"info\\"}\\r\\x1b[31m\\u2028 and \\ud800 half")
log.error("sent to %s by Bearer %s", "ada@acme.example", "abc.def")
log.error("postgres://me:geheim@db:5432/x eyJhbGciOi.eyJzdWIi.sig-nature")
logging.getLogger("aiosqlite").debug("values")
logging.getLogger("tortoise.db_client").debug("values")
password = "a-local-variable"
try:
    raise ValueError("bad\\nDETAIL:  Key (email)=(bob) exists.\\n")
except ValueError:
    log.exception("failed")
"""


@pytest.mark.parametrize("form", ["json", "console"])
async def test_no_text_forges_a_line_or_takes_a_secret_into_the_log(
    sqlite_world: World, form: str
) -> None:
    ended = await anew("-c", HOSTILE, LOG_FORMAT=form, LOG_LEVEL="debug")
    assert ended.err == ""
    for secret in ("ada@", "abc.def", "geheim", "eyJ", "values", "a-local-variable", "bob"):
        assert secret not in ended.out
    assert "\x1b" not in ended.out
    assert "\u2028" not in ended.out or form == "json"
    lines = ended.out.split("\n")
    if form == "json":
        events = [json.loads(line) for line in lines if line]
        assert len(events) == 4
        assert all(event["level"] == "error" for event in events)
        assert "ValueError: bad" in events[3]["exception"]
    else:
        assert "Traceback" in ended.out
        assert not [line for line in lines if line.startswith("{")]


@contextmanager
def nobody_reading() -> Iterator[int]:
    """A pipe that is full."""
    reading, writing = os.pipe()
    try:
        yield writing
    finally:
        os.close(reading)
        os.close(writing)


def test_a_log_that_nobody_reads_blocks_nothing(tmp_path: Path) -> None:
    script = (
        "import sys, time, logging, os\n"
        "from services import logs\n"
        "writer = logs.configure(1)\n"
        "begin = time.monotonic()\n"
        "for _ in range(60000): writer(b'x' * 1000)\n"
        "sys.stderr.write(f'{time.monotonic() - begin} {writer.dropped}')\n"
        "sys.stderr.flush()\n"
        "os._exit(0)\n"
    )
    with nobody_reading() as pipe, (tmp_path / "err").open("wb") as err:
        process = subprocess.Popen(
            [sys.executable, "-c", script], cwd=ROOT, stdout=pipe, stderr=err
        )
        assert process.wait(20) == 0
    seconds, dropped = (tmp_path / "err").read_text().split()
    assert float(seconds) < 2
    assert int(dropped) > 5_000
