"""The client on a phone: sent until it is answered, done once."""

import random
from pathlib import Path

import httpx
import pytest

from examples.mobile import change_users
from tests.clients.lines import DROPPED_AFTER, DROPPED_BEFORE, PASSED, broken
from tests.faults.served import NOW, Served, prepare, serving

ACCOUNT = """{ account { subscription { seats version }
    invoices { totalCount } activity { totalCount } } }"""


async def state(server: Served) -> dict[str, int]:
    account = (await server.ask("acme", ACCOUNT)).json()["data"]["account"]
    return {
        **account["subscription"],
        "invoices": account["invoices"]["totalCount"],
        "activity": account["activity"]["totalCount"],
    }


async def bearer(server: Served) -> str:
    """What the account's billing administrator sends."""
    return (await server.ask("acme", "{ viewer { id } }")).request.headers["Authorization"]


@pytest.mark.parametrize("seed", range(3))
async def test_a_change_over_a_line_that_breaks_is_made_once(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setenv("BILLING_NOW", NOW)
    await prepare(database_url, monkeypatch)
    chance = random.Random(seed)
    plan = [chance.choice((DROPPED_BEFORE, DROPPED_AFTER)) for _ in range(4)] + [DROPPED_AFTER]
    async with serving(database_url, tmp_path, BILLING_NOW=NOW) as server:
        before = await state(server)
        headers = {"Authorization": await bearer(server)}
        async with (
            broken(server.http.base_url.port or 0, plan) as (address, line),
            httpx.AsyncClient(base_url=address, headers=headers, timeout=15) as http,
        ):
            payload = await change_users(http, before["seats"] + 7, first_pause=0.01)
        assert line.seen.count(PASSED) == 1
        assert len(line.seen) == 6
        assert payload["userErrors"] == []
        after = await state(server)
    assert payload["subscription"]["seats"] == after["seats"] == before["seats"] + 7
    for once in ("version", "invoices", "activity"):
        assert after[once] == before[once] + 1
