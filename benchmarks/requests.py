"""The requests that are measured, and what their answers must hold.

A workload asks for a random account of its own at each request, and for none that it still
waits for: a queue at one account's lock would be measured instead of the work.
"""

import json
import os
import random
from base64 import urlsafe_b64encode
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import cache, partial
from typing import Any
from uuid import UUID

from benchmarks.data import NOW, Tenant, key, seats_of
from benchmarks.documents import (
    ALLOCATE,
    BILLING_PAGE,
    CHANGE_USERS,
    INVOICE_HISTORY,
    SMALLEST,
)
from benchmarks.load import Exchange, graphql_request
from benchmarks.processes import SECRET
from services import auth, money, settings

SEED = 20260615

Data = dict[str, Any]


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


class Reading:
    """A query without variables, of some account each time."""

    def __init__(
        self, name: str, document: str, check: Callable[[Tenant, Data], None], accounts: Accounts
    ) -> None:
        self.name, self.document, self.check, self.accounts = name, document, check, accounts
        # A request is the same each time, and so made once.
        self.request = cache(self._request)

    def next(self) -> Exchange:
        """The query about some account."""
        place = self.accounts.take()
        return self.about(place, partial(self.accounts.give_back, place))

    def about(self, place: int, done: Callable[[], None] = lambda: None) -> Exchange:
        """The query about this account."""
        return Exchange(
            self.request(place), partial(self.check, self.accounts.tenants[place]), done
        )

    def _request(self, place: int) -> bytes:
        return graphql_request(self.accounts.tokens[place], self.document, {})


def billing_page(accounts: Accounts) -> Reading:
    """Q1: what the billing page shows."""
    return Reading("Q1 billing page", BILLING_PAGE, _check_page, accounts)


def invoice_history(accounts: Accounts) -> Reading:
    """Q2: the account's invoices, up to 100, with their lines."""
    return Reading("Q2 invoice history", INVOICE_HISTORY, _check_history, accounts)


def smallest(accounts: Accounts) -> Reading:
    """Q3: the account's name."""
    return Reading("Q3 smallest", SMALLEST, _check_name, accounts)


def readings(accounts: Accounts) -> tuple[Reading, ...]:
    """Q1, Q2 and Q3."""
    return billing_page(accounts), invoice_history(accounts), smallest(accounts)


class Allocate:
    """M1: the allocation of an account's first group goes up by one seat, down by one, and so
    on: every request changes something, and none can be refused."""

    name = "M1 allocateSeats"

    def __init__(self, accounts: Accounts) -> None:
        self.accounts = accounts
        self.up = [False] * len(accounts.tenants)
        self.changes = 0

    def next(self) -> Exchange:
        """A change of some account."""
        place = self.accounts.take()
        return self.about(place, partial(self.accounts.give_back, place))

    def about(self, place: int, done: Callable[[], None] = lambda: None) -> Exchange:
        """The change of this account that comes next."""
        tenant = self.accounts.tenants[place]
        self.up[place] = not self.up[place]
        self.changes += 1
        seats = seats_of(tenant.shape).groups[0][0] + self.up[place]
        group = global_id("SeatGroup", key("seat_groups", tenant.index, 0))
        variables = {"input": {"allocations": [{"seatGroupId": group, "seats": seats}]}}
        request = graphql_request(self.accounts.tokens[place], ALLOCATE, variables)
        return Exchange(request, partial(_check_allocation, group, seats), done)


class ChangeUsers:
    """M2: an account's seats go up by one, which issues an invoice, and up again the next time."""

    name = "M2 changeUsers"

    def __init__(self, accounts: Accounts) -> None:
        self.accounts = accounts
        self.bought = [0] * len(accounts.tenants)
        self.changes = 0

    def next(self) -> Exchange:
        """A change of some account."""
        place = self.accounts.take()
        tenant = self.accounts.tenants[place]
        self.bought[place] += 1
        self.changes += 1
        seats = seats_of(tenant.shape).total + self.bought[place]
        variables = {"input": {"seats": seats}}
        request = graphql_request(self.accounts.tokens[place], CHANGE_USERS, variables)
        check = partial(_check_purchase, tenant, self.bought[place])
        return Exchange(request, check, partial(self.accounts.give_back, place))


def global_id(type_name: str, row: str) -> str:
    """The id by which the API knows a row."""
    return urlsafe_b64encode(f"{type_name}:{UUID(row).hex}".encode()).decode()


def _number(tenant: Tenant, sequence: int) -> str:
    return f"A{tenant.index:06d}-{sequence:05d}"


def _newest(tenant: Tenant, count: int) -> list[str]:
    last = tenant.shape.invoices
    return [_number(tenant, sequence) for sequence in range(last, max(last - count, 0), -1)]


def _check_page(tenant: Tenant, data: Data) -> None:
    account, counted = data["account"], seats_of(tenant.shape)
    subscription = account["subscription"]
    assert account["name"] == f"Account {tenant.index} Inc."
    assert subscription["seats"] == counted.total
    assert subscription["seatsUsed"] == counted.used
    assert subscription["currentPeriod"]["end"] == tenant.period.end.isoformat()
    groups = [edge["node"] for edge in account["seatGroups"]["edges"]]
    assert [group["seatsUsed"] for group in groups] == list(counted.by_group[:5])
    invoices = [edge["node"]["number"] for edge in account["invoices"]["edges"]]
    assert invoices == _newest(tenant, 10)
    assert account["invoices"]["pageInfo"]["hasNextPage"]


def _check_history(tenant: Tenant, data: Data) -> None:
    invoices = [edge["node"] for edge in data["account"]["invoices"]["edges"]]
    assert [invoice["number"] for invoice in invoices] == _newest(tenant, 100)
    price = {
        "amount": str(money.to_decimal(tenant.price, tenant.currency)),
        "currency": tenant.currency,
    }
    for invoice in invoices:
        lines = invoice["lines"]
        assert lines[0]["quantity"] == seats_of(tenant.shape).total
        assert [line["unitPrice"] for line in lines] == [price] * tenant.shape.lines


def _check_name(tenant: Tenant, data: Data) -> None:
    assert data == {"account": {"name": f"Account {tenant.index} Inc."}}


def _check_allocation(group: str, seats: int, data: Data) -> None:
    (found,) = data["allocateSeats"]["seatGroups"]
    assert (found["id"], found["seats"]) == (group, seats), json.dumps(found)


def _check_purchase(tenant: Tenant, bought: int, data: Data) -> None:
    subscription, invoice = data["changeUsers"]["subscription"], data["changeUsers"]["invoice"]
    assert subscription["seats"] == seats_of(tenant.shape).total + bought
    assert subscription["version"] == 1 + bought
    assert invoice["number"] == _number(tenant, tenant.shape.invoices + bought)
    assert invoice["total"]["currency"] == tenant.currency
