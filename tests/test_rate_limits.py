"""How much a caller may ask for in a minute, in one process and in several."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from benchmarks import processes
from door import limits
from services import rate_limits, settings, shared_rate_limits
from services.errors import OperatorError, Unauthenticated
from services.permissions import Actor
from services.rate_limits import Rate, RateLimits
from tests.world import World, opened

VIEWER = "{ viewer { email } }"
SMALL = Rate("queries", 60)
"""A point a second."""


class Watch:
    """Stands for the `time` module of the code under test."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    watch = Watch()
    monkeypatch.setattr(rate_limits, "time", watch)
    return watch


# --- a bucket -------------------------------------------------------------------------------


async def test_a_bucket_holds_a_minutes_points_and_fills_evenly(watch: Watch) -> None:
    tested = RateLimits()
    assert [await tested.take("ada", SMALL, 20) for _ in range(4)] == [0, 0, 0, 20]
    watch.now += 19.5
    assert await tested.take("ada", SMALL, 20) == 1
    assert await tested.take("ada", SMALL, 19) == 0
    watch.now += 1_000
    assert await tested.take("ada", SMALL, 60) == 0
    assert await tested.take("ada", SMALL, 1) == 1


async def test_what_is_refused_takes_nothing(watch: Watch) -> None:
    tested = RateLimits()
    await tested.take("ada", SMALL, 50)
    assert [await tested.take("ada", SMALL, 11) for _ in range(3)] == [1, 1, 1]
    assert await tested.take("ada", SMALL, 10) == 0


async def test_more_than_a_bucket_holds_takes_all_of_it(watch: Watch) -> None:
    tested = RateLimits()
    assert await tested.take("ada", SMALL, 1_000) == 0
    assert await tested.take("ada", SMALL, 1_000) == 60
    watch.now += 60
    assert await tested.take("ada", SMALL, 1_000) == 0


async def test_callers_and_rates_have_buckets_of_their_own(watch: Watch) -> None:
    tested = RateLimits()
    for caller in ("ada", "bob"):
        for rate in (SMALL, Rate("mutations", 60)):
            assert await tested.take(caller, rate, 60) == 0
            assert await tested.take(caller, rate, 60) == 60


async def test_a_rate_of_0_is_no_limit(watch: Watch) -> None:
    tested = RateLimits()
    assert [await tested.take("ada", Rate("queries", 0), 10**9) for _ in range(3)] == [0, 0, 0]


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 40)), max_size=40))
def test_a_bucket_is_the_bucket_of_the_textbook(steps: list[tuple[int, int]]) -> None:
    tested, now, points = RateLimits(), 0.0, 60.0
    for seconds, wanted in steps:
        now, points = now + seconds, min(60.0, points + seconds)
        missing = max(0.0, wanted - points)
        assert tested._take("ada", float(wanted), now) == missing
        points -= 0 if missing else wanted


async def test_buckets_that_are_full_again_are_forgotten(watch: Watch) -> None:
    tested = RateLimits()
    for number in range(5_000):
        watch.now += 0.1
        await tested.take(str(number), SMALL, 1)
    assert len(tested._memory) <= rate_limits.SWEEP_AT


async def test_of_too_many_buckets_the_emptiest_are_kept(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limits, "MAX_BUCKETS", 2_000)
    tested = RateLimits()
    await tested.take("greedy", SMALL, 60)
    for number in range(20_000):
        await tested.take(str(number), SMALL, 1)
    assert len(tested._memory) <= 2_000
    assert await tested.take("greedy", SMALL, 1) == 1


# --- whose bucket it is ---------------------------------------------------------------------


def key(caller: Actor | Unauthenticated, host: str) -> str:
    scope = {"type": "http", "headers": [], "client": (host, 1)}
    return limits.key_of(Request(scope), caller)


def test_a_user_has_a_bucket_wherever_they_are() -> None:
    account, users = uuid4(), (uuid4(), uuid4())
    keys = [key(Actor(account, user), host) for user in users for host in ("192.0.2.1", "::1")]
    assert keys[0] == keys[1] != keys[2] == keys[3]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8:1:2::1", "2001:0db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("a name", "a name", True),
    ],
)
def test_who_is_no_user_shares_a_bucket_with_the_address(one: str, other: str, same: bool) -> None:
    nobody = Unauthenticated("no token")
    assert (key(nobody, one) == key(nobody, other)) is same


# --- through the application ----------------------------------------------------------------


@pytest.fixture
async def acme(
    migrated_sqlite_url: str, monkeypatch: pytest.MonkeyPatch, watch: Watch
) -> AsyncIterator[World]:
    """The sample account, on a server with small buckets."""
    monkeypatch.setenv("RATE_LIMIT", "60")
    monkeypatch.setenv("MUTATION_RATE_LIMIT", "30")
    async with opened(migrated_sqlite_url, monkeypatch) as world:
        await world.load()
        yield world


async def ask(world: World, query: str, who: str = "ada", **variables: object) -> httpx.Response:
    headers = {"authorization": f"Bearer {world.client(who).token}"} if who else {}
    body = {"query": query, "variables": variables}
    return await world.http.post("/graphql", json=body, headers=headers)


async def drain(world: World, who: str = "ada") -> httpx.Response:
    """Asks until it is too much; the answer that says so."""
    for _ in range(70):
        response = await ask(world, VIEWER, who)
        if response.status_code == 429:
            return response
        assert response.status_code == 200
    raise AssertionError("there is no limit")


async def test_too_much_is_429_and_tells_when_to_come_again(acme: World, watch: Watch) -> None:
    response = await drain(acme)
    assert response.headers["retry-after"] == "1"
    assert response.headers["content-type"] == "application/json"
    (error,) = response.json()["errors"]
    assert response.json().keys() == {"errors"}
    assert error["extensions"] == {"code": "RATE_LIMITED"}
    assert error["message"] == (
        "Too much was asked for: 1 points are more than is left of the 60 points a minute for "
        "queries. Try again in 1 seconds."
    )
    watch.now += 1
    assert (await ask(acme, VIEWER)).status_code == 200
    assert (await ask(acme, VIEWER)).status_code == 429


async def test_the_clock_of_the_product_fills_no_bucket(acme: World) -> None:
    await drain(acme)
    acme.at("2026-07-01T12:50:00")
    assert (await ask(acme, VIEWER)).status_code == 429


async def test_an_operation_takes_what_it_costs(acme: World, watch: Watch) -> None:
    query = "query P($n: Int) { account { users(first: $n) { totalCount } } }"
    for _ in range(2):
        await ask(acme, query, n=1)
        watch.now += 60
    assert (await ask(acme, query, n=29)).status_code == 200
    response = await ask(acme, query, n=39)
    assert (response.status_code, response.headers["retry-after"]) == (429, "10")
    assert (await ask(acme, query, n=29)).status_code == 200


async def test_mutations_have_a_bucket_of_their_own(acme: World) -> None:
    mutation = "mutation { resumeSubscription(input: {}) { userErrors { code } } }"
    first = await ask(acme, mutation)
    assert first.json()["extensions"]["cost"]["requested"] == 11
    await drain(acme)
    assert (await ask(acme, mutation)).status_code == 200
    assert (await ask(acme, mutation)).status_code == 429


async def test_users_do_not_share_a_bucket_and_strangers_do(acme: World) -> None:
    await drain(acme)
    assert (await ask(acme, VIEWER, "paul")).status_code == 200
    await drain(acme, "")
    assert (await ask(acme, VIEWER, "")).status_code == 429
    assert (await ask(acme, VIEWER, "paul")).status_code == 200


async def test_reading_a_document_for_the_first_time_is_paid_for(acme: World, watch: Watch) -> None:
    query = f"{VIEWER} # {'x' * 1_200}"
    assert (await ask(acme, query)).status_code == 429
    watch.now += 60
    assert (await ask(acme, f"{VIEWER} # {'x' * 1_100}")).status_code == 200
    watch.now += 60
    assert [(await ask(acme, query)).status_code for _ in range(2)] == [200, 200]


@pytest.mark.parametrize("refused", ["{ nothing }", "{", "query A { a } query B { b }"])
async def test_what_is_refused_costs_a_point(acme: World, refused: str) -> None:
    for _ in range(80):
        if (await ask(acme, refused)).status_code == 429:
            return
    raise AssertionError("refusals are free")


# --- shared by processes --------------------------------------------------------------------


class Redis:
    """A Redis server of the test's own."""

    def __init__(self, program: str, folder: Path) -> None:
        self.port = processes._free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        address = ["--port", str(self.port), "--bind", "127.0.0.1"]
        options = [*address, "--save", "", "--dir", str(folder)]
        self.process = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL)

    async def answers(self) -> None:
        for _ in range(200):
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                await writer.wait_closed()
                return
        raise TimeoutError("Redis does not answer")

    def stop(self) -> None:
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait()


@pytest.fixture
async def redis(tmp_path: Path) -> AsyncIterator[Redis]:
    """Without Redis the test is skipped, and says so; in CI that is a failure."""
    program = shutil.which("redis-server")
    if program is None:
        message = "Redis is not installed (Debian: apt-get install redis-server)"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    server = Redis(program, tmp_path)
    try:
        await server.answers()
        yield server
    finally:
        server.stop()


Pair = tuple[RateLimits, RateLimits]


@pytest.fixture
async def pair(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Pair]:
    """The buckets as two processes have them."""
    monkeypatch.setenv("RATE_LIMIT_STORE", redis.url)
    settings.current.cache_clear()
    both = RateLimits(), RateLimits()
    yield both
    for one in both:
        await one.close()


async def test_processes_share_a_bucket(pair: Pair) -> None:
    one, other = pair
    assert await one.take("ada", SMALL, 40) == 0
    assert await other.take("ada", SMALL, 40) in (19, 20)
    assert await other.take("ada", SMALL, 20) == 0
    assert await one.take("bob", SMALL, 60) == 0
    assert await one.take("ada", Rate("mutations", 60), 1_000) == 0


async def test_many_at_once_never_take_more_than_there_is(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A busy machine may keep Redis from answering for a while.
    monkeypatch.setattr(shared_rate_limits, "WAIT_SECONDS", 10)
    rate, begin = Rate("queries", 600), time.monotonic()
    waits = await asyncio.gather(*(pair[n % 2].take("ada", rate, 10) for n in range(100)))
    came_back = (time.monotonic() - begin) * rate.per_minute / 60
    assert 60 <= sum(wait == 0 for wait in waits) <= 60 + came_back / 10


async def test_while_the_store_is_away_each_process_limits_by_itself(
    pair: Pair, redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    redis.stop()
    one, other = pair
    assert await one.take("ada", SMALL, 60) == 0
    assert await one.take("ada", SMALL, 60) == 60
    assert await other.take("ada", SMALL, 60) == 0
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 2
    assert all(line.startswith("the store of rate limits is away: ") for line in told)


async def test_a_store_that_hangs_is_waited_for_shortly_and_then_left_alone(
    pair: Pair, redis: Redis, watch: Watch
) -> None:
    one, _ = pair
    await one.take("ada", SMALL, 1)
    redis.process.send_signal(signal.SIGSTOP)
    loop = asyncio.get_running_loop()
    begun = loop.time()
    for _ in range(5):
        assert await one.take("ada", SMALL, 1) == 0
    assert loop.time() - begun < 2
    redis.process.send_signal(signal.SIGCONT)
    watch.now += rate_limits.PAUSE_SECONDS
    assert await one.take("ada", SMALL, 60) in (1, 2)


async def test_a_server_shares_its_buckets_through_redis(redis: Redis, tmp_path: Path) -> None:
    url = f"sqlite://{tmp_path}/limited.db"
    await processes.migrate(url)
    command = [sys.executable, "server.py"]
    small = {"RATE_LIMIT_STORE": redis.url, "RATE_LIMIT": "30"}
    statuses = []
    for _ in range(2):
        async with (
            processes.serving(url, command, **small) as server,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as http,
        ):
            for _ in range(16):
                response = await http.post("/graphql", json={"query": VIEWER})
                statuses.append(response.status_code)
    assert statuses[:16] == [200] * 16
    assert 429 in statuses[16:]


def test_no_process_of_one_needs_the_client_of_redis() -> None:
    code = "import sys, server; server.create_app(); print('redis' in sys.modules)"
    environment = {**processes.environment("sqlite:///x.db"), "SECRET_KEY": processes.SECRET}
    told = subprocess.run(
        [sys.executable, "-c", code],
        cwd=settings.ROOT,
        env=environment,
        capture_output=True,
        check=True,
    )
    assert told.stdout == b"False\n"


WRONG = [("RATE_LIMIT_STORE", "postgres://x/y"), ("RATE_LIMIT", "-1"), ("QUERY_MAX_COST", "many")]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_limit_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    settings.current.cache_clear()
    with pytest.raises(OperatorError, match=f"^{name}: "):
        settings.current()
