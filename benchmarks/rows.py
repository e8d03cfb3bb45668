"""The rows of a dataset, table by table, those that are referred to before those that refer.

Invoices and activity come month by month through all accounts, as a real database gets them,
so that the ten that a page shows lie in ten places.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from benchmarks.data import (
    CURRENCIES,
    PRICES,
    Dataset,
    Tenant,
    begins,
    email,
    group_of,
    is_paid,
    key,
    period_of,
    seats_of,
)
from models.plans import BillingInterval, PlanFeature
from services import money, parties, taxes
from services.taxes import Taxation, TaxRate, TaxTreatment

Value = str | int | None
Row = tuple[Value, ...]

TERMS = 30
"""Days in which an invoice is to be paid."""

LOCALE = "en_US"
PLAN = "Enterprise+"
SELLER = json.dumps(asdict(parties.DEMO_SELLER))


class Table(NamedTuple):
    """A table's name, its columns, and what makes its rows."""

    name: str
    columns: tuple[str, ...]
    rows: Callable[[Dataset], Iterator[Row]]


def _table(name: str, columns: str, rows: Callable[[Dataset], Iterator[Row]]) -> Table:
    return Table(name, tuple(columns.split()), rows)


def _plans(_: Dataset) -> Iterator[Row]:
    yield key("plans", 0, 0), "enterprise_plus", PLAN, json.dumps([str(f) for f in PlanFeature])


def _prices(_: Dataset) -> Iterator[Row]:
    for index, currency in enumerate(CURRENCIES):
        for interval, months in (("MONTH", 1), ("YEAR", 12)):
            row = key("prices", index, months)
            yield row, key("plans", 0, 0), interval, currency, PRICES[currency] * months


def _accounts(dataset: Dataset) -> Iterator[Row]:
    for tenant in dataset.tenants():
        index, invoices = tenant.index, tenant.shape.invoices
        name = f"Account {index} Inc."
        billing = (f"billing@{tenant.code}.example", f"{name} Ltd.", _address(index), None, None)
        base = (tenant.id, tenant.code, name, tenant.zone, tenant.currency, _tax_of(tenant))
        counted = (invoices, 0, invoices, tenant.shape.users)
        yield *base, LOCALE, f"A{index:06d}", TERMS, *billing, False, False, *counted


def _account_codes(dataset: Dataset) -> Iterator[Row]:
    for tenant in dataset.tenants():
        yield tenant.code, tenant.id


def _seat_groups(dataset: Dataset) -> Iterator[Row]:
    for tenant in dataset.tenants():
        for group, (seats, used) in enumerate(seats_of(tenant.shape).groups):
            name = f"Group {group:03d}"
            row = key("seat_groups", tenant.index, group)
            yield row, tenant.id, name, name.casefold(), seats, used


def _users(dataset: Dataset) -> Iterator[Row]:
    for tenant in dataset.tenants():
        account, code, index = tenant.id, tenant.code, tenant.index
        for user in range(tenant.shape.users):
            group = group_of(tenant.shape, user)
            seat_group = None if group is None else key("seat_groups", index, group)
            who = (email(code, user), email(code, user), f"User {user:05d}", f"user {user:05d}")
            rights = (False, user == 0, True, is_paid(user))
            last = f"2026-05-{1 + user % 28:02d} 08:00:00+00:00" if user % 7 else None
            yield key("users", index, user), account, *who, "ACTIVE", *rights, seat_group, last


def _administrators(dataset: Dataset) -> Iterator[Row]:
    for tenant in dataset.tenants():
        for group in range(tenant.shape.groups):
            # Not the first user: it is the one who calls, and a plain billing administrator.
            user = key("users", tenant.index, 1 + group % (tenant.shape.users - 1))
            seat_group = key("seat_groups", tenant.index, group)
            yield key("administrators", tenant.index, group), tenant.id, seat_group, user


def _products(dataset: Dataset) -> Iterator[Row]:
    for tenant in dataset.tenants():
        yield key("products", tenant.index, 0), tenant.id, "roadmap", "Roadmap"


def _permissions(dataset: Dataset) -> Iterator[Row]:
    for tenant in dataset.tenants():
        account, index, product = tenant.id, tenant.index, key("products", tenant.index, 0)
        for user in range(tenant.shape.users):
            role = "CONTRIBUTOR" if is_paid(user) else "REVIEWER"
            yield key("permissions", index, user), account, key("users", index, user), product, role


def _subscriptions(dataset: Dataset) -> Iterator[Row]:
    for tenant in dataset.tenants():
        seats, period = seats_of(tenant.shape), tenant.period
        bought = (tenant.interval.value, tenant.price, "ACTIVE", seats.total, None)
        counted = (seats.allocated, seats.ungrouped, seats.used)
        days = (tenant.anchor, tenant.period_index, period.start, period.end)
        time = (*map(_text, days), begins(period.end, tenant.zone))
        row = (key("subscriptions", tenant.index, 0), tenant.id, key("plans", 0, 0))
        yield *row, *bought, *counted, *time, False, 1


def _invoices(dataset: Dataset) -> Iterator[Row]:
    for tenant, number in _by_month(dataset):
        day = _issued_on(tenant, number)
        subtotal = sum(quantity * tenant.price for quantity in _quantities(tenant))
        tax = _tax(subtotal, tenant.tax_rate)
        keys = (key("invoices", tenant.index, number), tenant.id)
        of = (key("subscriptions", tenant.index, 0), number + 1)
        what = (f"A{tenant.index:06d}-{number + 1:05d}", _kind(tenant, number), "PAID")
        due = _text(day + timedelta(days=TERMS))
        when = (_text(day), _text(day), begins(day, tenant.zone), due, TERMS)
        taxation = _taxation(tenant, subtotal)
        sums = (tenant.currency, subtotal, taxation, tax, subtotal + tax, LOCALE)
        paid = (None, 0, due, None)
        yield *keys, *of, *what, *when, *sums, SELLER, _buyer(tenant), None, *paid


def _lines(dataset: Dataset) -> Iterator[Row]:
    for tenant, number in _by_month(dataset):
        account, price = tenant.id, tenant.price
        invoice, start = key("invoices", tenant.index, number), _issued_on(tenant, number)
        label = f"{PLAN}, seats, billed by the {tenant.interval.value.lower()}"
        end = _text(_period_end(tenant, number))
        wording = json.dumps({"plan": PLAN, "interval": tenant.interval.value, "added": False})
        for position, quantity in enumerate(_quantities(tenant)):
            row = key("lines", tenant.index, number * tenant.shape.lines + position)
            what = (invoice, position + 1, label, wording, quantity, price)
            yield row, account, *what, _text(start), end, quantity * price


def _activity(dataset: Dataset) -> Iterator[Row]:
    for tenant, number in _by_month(dataset):
        keys = (key("activity", tenant.index, number), tenant.id, number + 1)
        at = begins(_issued_on(tenant, number), tenant.zone)
        summary = f"Renewed, billed by A{tenant.index:06d}-{number + 1:05d}"
        yield *keys, at, "RENEWAL", None, "subscription.renewed", summary, None, '{"seats": 50}'


def _by_month(dataset: Dataset) -> Iterator[tuple[Tenant, int]]:
    longest = max(shape.invoices for _, shape in dataset.parts)
    for number in range(longest):
        for tenant in dataset.tenants():
            if number < tenant.shape.invoices:
                yield tenant, number


def _issued_on(tenant: Tenant, number: int) -> date:
    """A monthly account is billed at each period; a yearly one adds seats in between."""
    if tenant.interval is BillingInterval.YEAR:
        return tenant.anchor + timedelta(days=7 * number)
    return period_of(tenant.anchor, tenant.interval, number).start


def _period_end(tenant: Tenant, number: int) -> date:
    number = number if tenant.interval is BillingInterval.MONTH else 0
    return period_of(tenant.anchor, tenant.interval, number).end


def _kind(tenant: Tenant, number: int) -> str:
    if number == 0:
        return "INITIAL"
    return "RENEWAL" if tenant.interval is BillingInterval.MONTH else "SEAT_INCREASE"


def _quantities(tenant: Tenant) -> list[int]:
    """Seats of each line: most in the first."""
    return [seats_of(tenant.shape).total, *range(1, tenant.shape.lines)]


@lru_cache(maxsize=10_000)
def _text(value: date | int) -> Value:
    return value if isinstance(value, int) else value.isoformat()


@lru_cache(maxsize=10_000)
def _tax(subtotal: int, rate: int) -> int:
    return money.tax(subtotal, rate)


def _tax_of(tenant: Tenant) -> str:
    return json.dumps(taxes.stored(_one_rate(tenant)))


def _taxation(tenant: Tenant, subtotal: int) -> str:
    taxation = _one_rate(tenant)
    return json.dumps(taxes.snapshot(taxation, taxes.amounts(taxation, subtotal)))


def _one_rate(tenant: Tenant) -> Taxation:
    rate = TaxRate(name="VAT", rate_ppm=tenant.tax_rate)
    return Taxation(treatment=TaxTreatment.STANDARD, rates=(rate,))


@lru_cache(maxsize=2)
def _address(index: int) -> str:
    address = {"line1": f"{index} Main Street", "line2": None, "postal_code": "10115"}
    return json.dumps({**address, "city": "Berlin", "region": None, "country_code": "DE"})


def _buyer(tenant: Tenant) -> str:
    """What `parties.buyer` would make, without the time that JSON takes."""
    name = f"Account {tenant.index} Inc. Ltd."
    rest = f'"tax_id": null, "email": "billing@{tenant.code}.example"'
    return f'{{"legal_name": "{name}", "address": {_address(tenant.index)}, {rest}}}'


TABLES = (
    _table("plans", "id code name features", _plans),
    _table("plan_prices", "id plan_id interval currency unit_price_minor", _prices),
    _table(
        "accounts",
        "id code name time_zone currency tax locale invoice_prefix payment_terms_days "
        "billing_email legal_name address tax_id purchase_order_number "
        "only_billing_administrators_manage_users seat_group_required "
        "invoice_count credit_note_count activity_count user_count",
        _accounts,
    ),
    _table("account_codes", "code account_id", _account_codes),
    _table("seat_groups", "id account_id name name_key seats seats_used", _seat_groups),
    _table(
        "users",
        "id account_id email email_key name name_key status is_administrator "
        "is_billing_administrator joined takes_seat seat_group_id last_active_at",
        _users,
    ),
    _table("seat_group_administrators", "id account_id seat_group_id user_id", _administrators),
    _table("products", "id account_id code name", _products),
    _table("product_permissions", "id account_id user_id product_id role", _permissions),
    _table(
        "subscriptions",
        "id account_id plan_id interval unit_price_minor status seats pending_seats "
        "seats_allocated seats_ungrouped seats_used started_on period_index period_start "
        "period_end renews_at cancel_at_period_end version",
        _subscriptions,
    ),
    _table(
        "invoices",
        "id account_id subscription_id sequence number kind status period_start issued_on "
        "issued_at due_on payment_terms_days currency subtotal_minor taxation tax_minor "
        "total_minor locale seller buyer purchase_order_number credits_id credited_minor "
        "settled_on reason",
        _invoices,
    ),
    _table(
        "invoice_lines",
        "id account_id invoice_id position description wording quantity unit_price_minor "
        "period_start period_end amount_minor",
        _lines,
    ),
    _table(
        "activity",
        "id account_id sequence at actor_kind actor_id action summary before after",
        _activity,
    ),
)
"""Every table that holds something, in the order of their references."""

EMPTY = {
    "access_tokens",
    "idempotency_records",
    "invoice_documents",
    "mails",
    "renewal_failures",
    "tortoise_migrations",
}
"""Those that hold nothing of an account in which nothing has been done."""
