"""Stories: a year of one account, month by month, as its billing administrator lives it."""

from typing import Any

from tests.world import Client, World

INVOICES = """{ account { invoices(first: 100) { edges { node {
  number issuedOn kind total { amount } lines { quantity } } } } } }"""
TERMS = """{ account { subscription {
  seats pendingSeats status upcomingInvoice { total { amount } } } } }"""

Bill = tuple[str, str, int, str]
"""Day of issue, kind, seats, total."""


class Story:
    """One account, acme, with a worker that renews each day, and ada, who administers it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.told = 0

    async def begins(self, day: str, account: dict[str, Any]) -> None:
        """The vendor sets the account up on its first day."""
        self.world.at(f"{day}T09:00:00")
        await self.world.load(account)

    async def on(self, day: str) -> None:
        """Time passes until nine in the morning (UTC), and the worker has run."""
        self.world.at(f"{day}T09:00:00")
        assert (await self.world.renew()).failed == 0

    @property
    def ada(self) -> Client:
        """A client with a token of this day."""
        return self.world.client("ada")

    async def wants(self, seats: int) -> None:
        """Ada sets the total, and whatever she was shown beforehand is what happens."""
        preview = f"""{{ account {{ subscription {{ seatChangePreview(seats: {seats}) {{
          invoice {{ total {{ amount }} }} upcomingInvoice {{ total {{ amount }} }} }} }} }} }}"""
        data = await self.ada.data(preview)
        shown = data["account"]["subscription"]["seatChangePreview"]
        fields = """invoice { total { amount } }
          subscription { upcomingInvoice { total { amount } } }"""
        payload = await self.ada.do("changeUsers", fields, seats=seats)
        assert payload["invoice"] == shown["invoice"]
        assert payload["subscription"]["upcomingInvoice"] == shown["upcomingInvoice"]

    async def bills(self) -> list[Bill]:
        """The invoices since this was last asked, oldest first; their numbers have no gap."""
        edges = (await self.ada.data(INVOICES))["account"]["invoices"]["edges"]
        nodes = [edge["node"] for edge in reversed(edges)]
        numbers = [node["number"] for node in nodes]
        assert numbers == [f"ACME-{number:05}" for number in range(1, len(nodes) + 1)]
        news, self.told = nodes[self.told :], len(nodes)
        return [
            (node["issuedOn"], node["kind"], node["lines"][0]["quantity"], node["total"]["amount"])
            for node in news
        ]

    async def seats(self) -> tuple[int, int | None]:
        """The total, and the one that waits."""
        found = (await self.ada.data(TERMS))["account"]["subscription"]
        return found["seats"], found["pendingSeats"]

    async def next_bill(self) -> str | None:
        """What the coming renewal will cost."""
        found = (await self.ada.data(TERMS))["account"]["subscription"]["upcomingInvoice"]
        return str(found["total"]["amount"]) if found else None

    async def status(self) -> str:
        """Whether the subscription goes on."""
        return str((await self.ada.data(TERMS))["account"]["subscription"]["status"])
