"""Clients: each in a random account, at a random server, again and again until told to stop."""

import asyncio
import itertools
import random
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx
import jwt

from tests.concurrency import operations
from tests.concurrency.history import Attempt, History, Intent, Outcome, Sighting, key_of
from tests.concurrency.operations import Turn, View
from tests.concurrency.processes import SECRET_KEY, Fleet, Process
from tests.concurrency.tenants import BUSY, people

PATIENCE = 30.0
"""Seconds after which an answer counts as lost."""

TWICE = 0.15
"""How often a request with a key is sent to both servers at once."""
AGAIN = 0.6
"""How often it is sent again when its outcome is unknown."""
READS = 0.12
"""How often a client only looks."""
HOT = 0.6
"""How often a client goes where all the others go."""
RUSH = 0.15
"""How often a client asks for three things of one kind at once."""

NO_ACCIDENT = frozenset({"INTERNAL_SERVER_ERROR", "UNAUTHENTICATED", "FORBIDDEN", "BAD_USER_INPUT"})
"""Codes that no crash of another process excuses."""

EXPECTED = frozenset(
    {"NOT_ENOUGH_SEATS", "SEAT_GROUP_FULL", "SEATS_ALLOCATED", "NOT_FOUND", "SUBSCRIPTION_CANCELED"}
)
"""Refusals that clients bring about; each e-mail, name and key is used for one thing only."""


@dataclass(slots=True)
class Load:
    """What all clients share: the installation, the history, and what they know."""

    fleet: Fleet
    history: History
    dice: random.Random
    now: datetime
    views: list[View] = field(default_factory=list)
    unsure: list[tuple[datetime, Intent]] = field(default_factory=list)
    """Requests with a key whose outcome is unknown, to be sent again while the key is known."""
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def view(self, dice: random.Random) -> View:
        """An account at random, but mostly the one where everybody is in this second."""
        hot = self.views[int(time.monotonic()) % len(self.views)]
        return hot if dice.random() < HOT else dice.choice(self.views)

    def token(self, account: str) -> str:
        """Signs the billing administrator in, for an hour of the product's clock."""
        expires = int((self.now + timedelta(hours=1)).timestamp())
        claims = {"sub": f"ada@{account}.example", "account": account, "exp": expires}
        return jwt.encode(claims, SECRET_KEY, "HS256")


class Client:
    """One of them, with a connection of its own to each server."""

    def __init__(self, load: Load, http: httpx.AsyncClient, number: int) -> None:
        self.load = load
        self.http = http
        self.dice = random.Random(load.dice.random() + number)

    async def work(self) -> None:
        """Does one thing after the other."""
        while not self.load.stopping.is_set():
            if len(self.load.fleet.servers) == 0:
                await asyncio.sleep(0.02)
            elif self.load.unsure and self.dice.random() < 0.5:
                await self._repeat()
            else:
                await self._turn(self.load.view(self.dice))

    async def _repeat(self) -> None:
        """Sends a request again that may have been done, unless its key has expired."""
        sent, intent = self.load.unsure.pop()
        if sent == self.load.now:
            await self.send(intent)

    async def _turn(self, view: View) -> None:
        if self.dice.random() < READS:
            await self.look(view)
            return
        make = operations.choose(self.dice, view)
        rush = 3 if self.dice.random() < RUSH else 1
        turns = [Turn(self.dice, view, next(self.load.numbers)) for _ in range(rush)]
        await asyncio.gather(*(self._do(view, make(turn)) for turn in turns))

    async def _do(self, view: View, intent: Intent) -> None:
        self.load.history.intents.append(intent)
        servers = self.load.fleet.servers
        if "idempotencyKey" in intent.given and self.dice.random() < TWICE:
            await asyncio.gather(*(self.send(intent, server) for server in servers))
        else:
            await self.send(intent)
        _learn(view, intent)

    async def send(self, intent: Intent, server: Process | None = None) -> None:
        """Asks once, and writes down what came of it."""
        query, now = operations.document(intent.mutation), self.load.now
        attempt = await self._ask(intent.account, query, {"input": intent.given}, server)
        if attempt.payload:
            attempt.payload = attempt.payload[intent.mutation]
            attempt.codes = tuple(error["code"] for error in attempt.payload["userErrors"])
            attempt.outcome = Outcome.REFUSED if attempt.codes else Outcome.OK
        intent.attempts.append(attempt)
        self._examine(intent.account, attempt)
        self._examine_refusal(intent, attempt)
        again = "idempotencyKey" in intent.given and self.dice.random() < AGAIN
        if attempt.outcome is Outcome.UNKNOWN and again:
            self.load.unsure.append((now, intent))

    async def look(self, view: View) -> None:
        """Reads the account, and remembers it."""
        attempt = await self._ask(view.tenant.code, operations.READ, {}, None)
        self.load.history.reads[attempt.outcome] += 1
        self._examine(view.tenant.code, attempt)
        if attempt.outcome is Outcome.OK:
            account = attempt.payload["account"]
            products = {product["name"]: product["id"] for product in account["products"]}
            groups = [edge["node"] for edge in account["seatGroups"]["edges"]]
            view.product = products["Roadmap"]
            view.seats = account["subscription"]["seats"]
            view.version = account["subscription"]["version"]
            view.groups = {group["name"]: (group["id"], group["seats"]) for group in groups}

    async def _ask(
        self, account: str, query: str, variables: dict[str, Any], server: Process | None
    ) -> Attempt:
        """One request, to a server at random unless one is given."""
        servers = self.load.fleet.servers
        server = server or (self.dice.choice(servers) if servers else None)
        attempt = Attempt(server.name if server else "", time.monotonic(), 0, Outcome.UNSENT)
        if server is not None:
            headers = {"Authorization": f"Bearer {self.load.token(account)}"}
            url = f"http://127.0.0.1:{server.port}/graphql"
            body = {"query": query, "variables": variables}
            await self._post(attempt, url, body, headers)
        attempt.ended = time.monotonic()
        return attempt

    async def _post(
        self, attempt: Attempt, url: str, body: dict[str, Any], headers: dict[str, str]
    ) -> None:
        try:
            answer = (await self.http.post(url, json=body, headers=headers)).json()
        except (httpx.ConnectError, httpx.ConnectTimeout):
            await asyncio.sleep(0.01)
        except (httpx.HTTPError, ValueError) as error:
            attempt.outcome, attempt.detail = Outcome.UNKNOWN, repr(error)
        else:
            errors = answer.get("errors", [])
            attempt.outcome = Outcome.UNKNOWN if errors else Outcome.OK
            attempt.codes = tuple(error["extensions"]["code"] for error in errors)
            attempt.detail = str(errors) if errors else ""
            attempt.payload = {} if errors else answer["data"]

    def _examine(self, account: str, attempt: Attempt) -> None:
        """What no answer may ever say."""
        history, place = self.load.history, f"{account}, {attempt.server}"
        for code in NO_ACCIDENT & set(attempt.codes):
            history.wrong("internal error", f"{place}: {code} {attempt.detail}")
        for subscription in _found(attempt.payload, "seatsAllocated"):
            history.sightings.append(Sighting(account, subscription, place))
            if subscription["seatsAvailable"] < 0:
                history.wrong("oversold", f"{place}: an answer shows {subscription}")
        for group in _found(attempt.payload, "name"):
            if "seatsUsed" in group:
                history.groups[key_of(group["id"])] = group["name"]
                if not 0 <= group["seatsUsed"] <= group["seats"]:
                    history.wrong("oversold", f"{place}: an answer shows {group}")

    def _examine_refusal(self, intent: Intent, attempt: Attempt) -> None:
        """A refusal that nothing but a forgotten key, or half a change, can explain."""
        stale = {"STALE"} if "expectedVersion" in intent.given else set()
        if attempt.outcome is Outcome.REFUSED and set(attempt.codes) - EXPECTED - stale:
            told = attempt.payload["userErrors"]
            self.load.history.wrong("answer", f"{intent.account}, {intent.given}: {told}")


def _found(value: Any, mark: str) -> list[dict[str, Any]]:
    """The objects in an answer that have the field."""
    if isinstance(value, list):
        return [found for part in value for found in _found(part, mark)]
    if not isinstance(value, dict):
        return []
    inside = [found for part in value.values() for found in _found(part, mark)]
    return [value, *inside] if mark in value else inside


def _learn(view: View, intent: Intent) -> None:
    """Remembers whom the client has invited, and what it has made."""
    for payload in intent.payloads():
        if intent.mutation == "inviteUser":
            view.users[payload["user"]["email"]] = payload["user"]["id"]
        for group in _found(payload, "seatsUsed"):
            if "name" in group:
                view.groups[group["name"]] = (group["id"], group["seats"])
        if intent.mutation == "deleteSeatGroup":
            view.groups.pop(intent.asked["name"], None)
        for subscription in _found(payload, "seatsAllocated"):
            view.seats, view.version = subscription["seats"], subscription["version"]


async def acquaint(client: Client) -> None:
    """Gives the clients their first look at every account, and the ids of its users."""
    query = "{ account { users(first: 100) { edges { node { id email } } } } }"
    for tenant in BUSY:
        view = View(tenant)
        members = {person["email"] for person in people(tenant.code)[1:]}
        answer = await client._ask(tenant.code, query, {}, None)
        assert answer.outcome is Outcome.OK, answer
        found = [edge["node"] for edge in answer.payload["account"]["users"]["edges"]]
        view.users = {user["email"]: user["id"] for user in found if user["email"] in members}
        await client.look(view)
        client.load.views.append(view)
