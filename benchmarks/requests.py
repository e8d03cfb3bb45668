"""The requests that are measured, and what their answers must hold.

A workload asks for a random account of its own at each request, and for none that it still
waits for: a queue at one account's lock would be measured instead of the work.
"""

import json
import os
import random
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from benchmarks.data import NOW, Tenant, key, seats_of
from benchmarks.load import Exchange, graphql_request
from benchmarks.processes import SECRET
from services import auth, settings

BILLING_PAGE = """query BillingPage {
  account {
    name
    subscription {
      plan { name } seats seatsUsed seatsAvailable pendingSeats
      currentPeriod { start end } version
    }
    seatGroups(first: 5) { edges { node { name seats seatsUsed } } }
    invoices(first: 10) {
      edges { cursor node { number issuedOn status total { amount currency } } }
      pageInfo { hasNextPage endCursor }
    }
  }
}"""

ALLOCATE = """mutation Allocate($input: AllocateSeatsInput!) {
  allocateSeats(input: $input) {
    seatGroups { id seats seatsUsed }
    userErrors { code message field }
  }
}"""

SEED = 20260615


def tokens(tenants: Sequence[Tenant]) -> list[str]:
    """A token of each account's billing administrator, good for a day of the product's clock."""
    os.environ["SECRET_KEY"] = SECRET
    settings.current.cache_clear()
    day = timedelta(hours=24)
    return [auth.issue_token(tenant.code, tenant.administrator, day, NOW) for tenant in tenants]


class Accounts:
    """Accounts that requests are about, each with a token, one request at a time."""

    def __init__(self, tenants: Sequence[Tenant]) -> None:
        self.tenants = tenants
        self.tokens = tokens(tenants)
        self.random = random.Random(SEED)  # noqa: S311 (the same at each run is wanted)
        self.free = list(range(len(tenants)))

    def take(self) -> int:
        """The place of an account that no request is about now."""
        place = self.random.randrange(len(self.free))
        self.free[place], self.free[-1] = self.free[-1], self.free[place]
        return self.free.pop()

    def give_back(self, place: int) -> None:
        """The account's request is answered."""
        self.free.append(place)


class BillingPage:
    """Q1: what the billing page shows."""

    name = "Q1 billing page"

    def __init__(self, port: int, accounts: Accounts) -> None:
        self.port, self.accounts = port, accounts

    def next(self) -> Exchange:
        """The page of some account."""
        place = self.accounts.take()
        request = graphql_request(self.port, self.accounts.tokens[place], BILLING_PAGE, {})
        check = partial(_check_page, self.accounts.tenants[place])
        return Exchange(request, check, partial(self.accounts.give_back, place))


class Allocate:
    """M1: the allocation of an account's first group goes up by one seat, down by one, and so
    on: every request changes something, and none can be refused."""

    name = "M1 allocateSeats"

    def __init__(self, port: int, accounts: Accounts) -> None:
        self.port, self.accounts = port, accounts
        self.up = [False] * len(accounts.tenants)
        self.changes = 0

    def next(self) -> Exchange:
        """A change of some account."""
        place = self.accounts.take()
        tenant = self.accounts.tenants[place]
        self.up[place] = not self.up[place]
        self.changes += 1
        seats = seats_of(tenant.shape).groups[0][0] + self.up[place]
        group = global_id("SeatGroup", key("seat_groups", tenant.index, 0))
        variables = {"input": {"allocations": [{"seatGroupId": group, "seats": seats}]}}
        request = graphql_request(self.port, self.accounts.tokens[place], ALLOCATE, variables)
        check = partial(_check_allocation, group, seats)
        return Exchange(request, check, partial(self.accounts.give_back, place))


def global_id(type_name: str, row: str) -> str:
    """The id by which the API knows a row."""
    return urlsafe_b64encode(f"{type_name}:{UUID(row).hex}".encode()).decode()


def _check_page(tenant: Tenant, data: dict[str, Any]) -> None:
    account, counted = data["account"], seats_of(tenant.shape)
    subscription = account["subscription"]
    assert account["name"] == f"Account {tenant.index} Inc."
    assert subscription["seats"] == counted.total
    assert subscription["seatsUsed"] == counted.used
    assert subscription["currentPeriod"]["end"] == tenant.period.end.isoformat()
    groups = [edge["node"] for edge in account["seatGroups"]["edges"]]
    assert [group["seatsUsed"] for group in groups] == list(counted.by_group[:5])
    invoices = [edge["node"]["number"] for edge in account["invoices"]["edges"]]
    newest = range(tenant.shape.invoices, tenant.shape.invoices - 10, -1)
    assert invoices == [f"A{tenant.index:06d}-{number:05d}" for number in newest]
    assert account["invoices"]["pageInfo"]["hasNextPage"]


def _check_allocation(group: str, seats: int, data: dict[str, Any]) -> None:
    (found,) = data["allocateSeats"]["seatGroups"]
    assert (found["id"], found["seats"]) == (group, seats), json.dumps(found)
