"""Running an example as its reader would, and what it must have done."""

import asyncio
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.clients.lines import PASSED, broken
from tests.live.clients import token_of

ADA, PAUL = "ada@acme.example", "paul@acme.example"
"""A billing administrator, and a user without rights."""

STATE = """{ account { name subscription { seats version plan { name } } activity { totalCount }
  invoices { edges { node { number issuedOn status total { formatted } } } } } }"""
PREVIEW = """query($seats: Int!) { account { subscription {
  seatChangePreview(seats: $seats) { invoice { total { formatted } } } } } }"""
BUY = """mutation($input: ChangeUsersInput!) { changeUsers(input: $input) {
  userErrors { code } } }"""

MORE = 7
PAGE = 5
"""So many invoices the examples ask for at a time."""


@dataclass(frozen=True)
class Example:
    """One example, installed and built, with an account of its own."""

    folder: Path
    command: tuple[str, ...]
    account: str

    async def run(self, address: str, token: str, seats: int) -> "subprocess.CompletedProcess[str]":
        """Runs it to its end."""
        return await asyncio.to_thread(
            subprocess.run,
            [*self.command, address, token, str(seats)],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    async def fails(self, port: int, token: str, seats: int) -> str:
        """What it says when it fails."""
        done = await self.run(f"http://127.0.0.1:{port}", token, seats)
        assert done.returncode == 1
        return done.stderr.strip()

    async def is_told_why(self, port: int) -> None:
        """That a total which is not valid is refused with its code and the field at fault."""
        said = await self.fails(port, token_of(ADA, self.account), 1_000_001)
        assert said == "INVALID at seats: Seats must be between 0 and 1,000,000."

    async def is_told_who_was_faster(self, port: int) -> None:
        """That it does not change what somebody else has changed since it looked."""
        async with self.asking(port) as http:
            seats = (await asked(http, STATE))["subscription"]["seats"]
            async with broken(port, [], lambda: buy(http, times=1)) as (address, line):
                done = await self.run(address, token_of(ADA, self.account), seats + MORE)
            after = (await asked(http, STATE))["subscription"]["seats"]
        assert done.returncode == 1
        assert done.stderr.startswith("STALE at input.expectedVersion: ")
        assert (line.seen, after) == ([PASSED], seats + 1)

    def asking(self, port: int) -> httpx.AsyncClient:
        """Somebody else with the same rights."""
        headers = {"Authorization": f"Bearer {token_of(ADA, self.account)}"}
        return httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers)

    async def changes_users(self, port: int, *plan: str) -> None:
        """That it changes users once over a line that breaks by the plan, sees the change arrive,
        and lists all invoices, page after page."""
        async with self.asking(port) as http:
            await buy(http, times=PAGE)
            before = await asked(http, STATE)
            wanted = before["subscription"]["seats"] + MORE
            preview = (await asked(http, PREVIEW, seats=wanted))["subscription"]
            async with broken(port, [*plan]) as (address, line):
                done = await self.run(address, token_of(ADA, self.account), wanted)
            after = await asked(http, STATE)
        assert (done.returncode, done.stderr) == (0, "")
        assert line.seen == [*plan, PASSED]
        assert after["subscription"]["seats"] == wanted
        assert after["subscription"]["version"] == before["subscription"]["version"] + 1
        assert after["activity"]["totalCount"] == before["activity"]["totalCount"] + 1
        invoices = [edge["node"] for edge in after["invoices"]["edges"]]
        assert len(invoices) == len(before["invoices"]["edges"]) + 1 > PAGE
        cost = preview["seatChangePreview"]["invoice"]["total"]["formatted"]
        told = done.stdout.splitlines()
        assert set(told[:4]) == {
            shown(before),
            f"{wanted} users from {invoices[0]['issuedOn']} on: {cost} now",
            f"changed, with invoice {invoices[0]['number']}",
            shown(after),
        }
        assert told[4:] == [
            f"{it['number']} {it['issuedOn']} {it['status']} {it['total']['formatted']}"
            for it in invoices
        ]


def shown(account: dict[str, Any]) -> str:
    """How an example shows an account."""
    subscription = account["subscription"]
    return f"{account['name']}: {subscription['seats']} users on {subscription['plan']['name']}"


async def buy(http: httpx.AsyncClient, times: int) -> None:
    """Adds a seat so many times, each with an invoice."""
    seats = (await asked(http, STATE))["subscription"]["seats"]
    for more in range(times):
        given = {"input": {"seats": seats + 1 + more}}
        response = await http.post("/graphql", json={"query": BUY, "variables": given})
        assert response.json()["data"]["changeUsers"]["userErrors"] == []


async def asked(http: httpx.AsyncClient, query: str, **variables: Any) -> dict[str, Any]:
    """The account, as the server tells it."""
    response = await http.post("/graphql", json={"query": query, "variables": variables})
    account: dict[str, Any] = response.json()["data"]["account"]
    return account
