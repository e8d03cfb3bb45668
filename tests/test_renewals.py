"""Renewals: each period is billed once, in order, whatever happens to the run."""

import asyncio
from dataclasses import asdict
from typing import Any

import pytest

from models.invoices import Invoice
from models.subscriptions import Subscription
from services import clock, imports, workers
from services.import_file import ImportFile
from tests import mutations, samples
from tests.world import Client, World

ROWS = """{ account { invoices(first: 100) { edges { node {
  number kind issuedOn dueOn total { amount } lines { period { start end } quantity } } } } } }"""
TERMS = "seats pendingSeats status version currentPeriod { start end }"
RENEWED = "2027-03-01T12:00:00"


async def bills(client: Client) -> list[tuple[str, str, str]]:
    """Number, day and kind of each invoice, oldest first."""
    edges = (await client.data(ROWS))["account"]["invoices"]["edges"]
    nodes = [edge["node"] for edge in reversed(edges)]
    return [(node["number"], node["issuedOn"], node["kind"]) for node in nodes]


async def subscription(client: Client, fields: str = TERMS) -> dict[str, Any]:
    data = await client.data(f"{{ account {{ subscription {{ {fields} }} }} }}")
    found: dict[str, Any] = data["account"]["subscription"]
    return found


async def activity(client: Client) -> list[dict[str, str]]:
    """What was done to the account, newest first."""
    data = await client.data("{ account { activity { edges { node { action summary } } } } }")
    return [edge["node"] for edge in data["account"]["activity"]["edges"]]


def monthly(started_on: str, **changes: Any) -> dict[str, Any]:
    return samples.premium(
        time_zone=changes.pop("zone", "UTC"), subscription={"started_on": started_on}, **changes
    )


def beta() -> dict[str, Any]:
    """A second account, which renews a day after the sample account."""
    return samples.account(
        code="beta", invoice_prefix="BETA", subscription={"started_on": "2026-03-02"}
    )


# --- what a renewal does ------------------------------------------------------------------


async def test_on_the_first_day_of_the_next_period_a_whole_period_is_billed(world: World) -> None:
    await world.load()
    world.at(RENEWED)
    run = await world.renew()
    assert asdict(run) == {"renewed": 1, "ended": 0, "invoices": 1, "failed": 0}
    edges = (await world.client("ada").data(ROWS))["account"]["invoices"]["edges"]
    assert edges[0]["node"] == {
        "number": "ACME-00002",
        "kind": "RENEWAL",
        "issuedOn": "2027-03-01",
        "dueOn": "2027-03-31",
        "total": {"amount": "107280.00"},
        "lines": [{"period": {"start": "2027-03-01", "end": "2028-03-01"}, "quantity": 60}],
    }


async def test_the_period_rolls_on(sqlite_world: World) -> None:
    await sqlite_world.load()
    sqlite_world.at(RENEWED)
    await sqlite_world.renew()
    assert await subscription(sqlite_world.client("ada")) == {
        "seats": 60,
        "pendingSeats": None,
        "status": "ACTIVE",
        "version": 2,
        "currentPeriod": {"start": "2027-03-01", "end": "2028-03-01"},
    }


@pytest.mark.parametrize(
    ("zone", "midnight", "second_before"),
    [
        ("UTC", "2026-08-01T00:00:00", "2026-07-31T23:59:59"),
        ("America/New_York", "2026-08-01T04:00:00", "2026-08-01T03:59:59"),
        ("Asia/Tokyo", "2026-07-31T15:00:00", "2026-07-31T14:59:59"),
        ("Pacific/Kiritimati", "2026-07-31T10:00:00", "2026-07-31T09:59:59"),
    ],
)
async def test_a_period_ends_at_midnight_in_the_account_s_zone(
    sqlite_world: World, zone: str, midnight: str, second_before: str
) -> None:
    await sqlite_world.load(monthly("2026-07-01", zone=zone))
    sqlite_world.at(second_before)
    assert (await sqlite_world.renew()).renewed == 0
    sqlite_world.at(midnight)
    assert (await sqlite_world.renew()).renewed == 1
    newest = (await bills(sqlite_world.client("ada")))[-1]
    assert newest == ("ACME-00002", "2026-08-01", "RENEWAL")


async def test_a_zone_ahead_of_utc_does_not_begin_a_day_twice(world: World) -> None:
    await world.load(monthly("2026-07-01", zone="Pacific/Kiritimati"))
    for instant in ("2026-07-31T10:00:00", "2026-07-31T23:59:59", "2026-08-01T00:00:00"):
        world.at(instant)
        await world.renew()
    assert len(await bills(world.client("ada"))) == 2


async def test_a_waiting_decrease_takes_effect_and_is_what_is_billed(sqlite_world: World) -> None:
    await sqlite_world.load()
    await sqlite_world.client("ada").do("changeUsers", seats=50)
    sqlite_world.at(RENEWED)
    await sqlite_world.renew()
    ada = sqlite_world.client("ada")
    after = await subscription(ada)
    assert (after["seats"], after["pendingSeats"]) == (50, None)
    edges = (await ada.data(ROWS))["account"]["invoices"]["edges"]
    assert edges[0]["node"]["total"] == {"amount": "89400.00"}


async def test_with_nothing_to_bill_the_period_rolls_on_without_an_invoice(
    sqlite_world: World,
) -> None:
    await sqlite_world.load(samples.account(seat_groups=[], users=samples.USERS[:2]))
    await sqlite_world.client("ada").do("changeUsers", seats=0)
    sqlite_world.at(RENEWED)
    run = await sqlite_world.renew()
    assert (run.renewed, run.invoices) == (1, 0)
    after = await subscription(sqlite_world.client("ada"))
    assert (after["seats"], after["status"]) == (0, "ACTIVE")
    assert after["currentPeriod"]["start"] == "2027-03-01"


async def test_the_price_of_a_seat_stays_what_it_was_when_the_subscription_began(
    sqlite_world: World,
) -> None:
    await sqlite_world.load()
    dearer = samples.file()
    dearer["plans"][0]["prices"][0]["unit_price"] = "2000.00"
    await imports.import_file(ImportFile.model_validate(dearer), clock.now())
    sqlite_world.at(RENEWED)
    await sqlite_world.renew()
    edges = (await sqlite_world.client("ada").data(ROWS))["account"]["invoices"]["edges"]
    assert edges[0]["node"]["total"] == {"amount": "107280.00"}


# --- the calendar -------------------------------------------------------------------------


async def test_a_subscription_of_the_31st_returns_to_the_31st(sqlite_world: World) -> None:
    sqlite_world.at("2026-01-31T12:00:00")
    await sqlite_world.load(monthly("2026-01-31"))
    sqlite_world.at("2026-06-30T12:00:00")
    await sqlite_world.renew()
    days = [day for _, day, _ in await bills(sqlite_world.client("ada"))]
    assert days == [
        "2026-01-31",
        "2026-02-28",
        "2026-03-31",
        "2026-04-30",
        "2026-05-31",
        "2026-06-30",
    ]


async def test_a_yearly_subscription_of_29_february_returns_to_it_in_leap_years(
    sqlite_world: World,
) -> None:
    sqlite_world.at("2028-03-01T12:00:00")
    await sqlite_world.load(samples.account(subscription={"started_on": "2024-02-29"}))
    await sqlite_world.renew()
    days = [day for _, day, _ in await bills(sqlite_world.client("ada"))]
    assert days == ["2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"]


# --- late, twice, at once -----------------------------------------------------------------


async def test_a_late_run_catches_up_one_period_at_a_time(world: World) -> None:
    await world.load(monthly("2026-07-01"))
    world.at("2026-10-20T12:00:00")
    run = await world.renew()
    assert (run.renewed, run.invoices) == (3, 3)
    edges = (await world.client("ada").data(ROWS))["account"]["invoices"]["edges"]
    found = [(edge["node"]["number"], edge["node"]["lines"][0]["period"]) for edge in edges]
    assert found == [
        ("ACME-00004", {"start": "2026-10-01", "end": "2026-11-01"}),
        ("ACME-00003", {"start": "2026-09-01", "end": "2026-10-01"}),
        ("ACME-00002", {"start": "2026-08-01", "end": "2026-09-01"}),
        ("ACME-00001", {"start": "2026-07-01", "end": "2026-08-01"}),
    ]


async def test_invoices_of_a_late_run_are_dated_as_if_it_had_been_on_time(
    sqlite_world: World,
) -> None:
    await sqlite_world.load(monthly("2026-07-01"))
    sqlite_world.at("2026-09-20T12:00:00")
    await sqlite_world.renew()
    edges = (await sqlite_world.client("ada").data(ROWS))["account"]["invoices"]["edges"]
    days = [(edge["node"]["issuedOn"], edge["node"]["dueOn"]) for edge in edges]
    assert days[:2] == [("2026-09-01", "2026-10-01"), ("2026-08-01", "2026-08-31")]


async def test_a_decrease_takes_effect_with_the_first_of_the_periods_caught_up(
    sqlite_world: World,
) -> None:
    await sqlite_world.load(monthly("2026-07-01"))
    await sqlite_world.client("ada").do("changeUsers", seats=8)
    sqlite_world.at("2026-09-20T12:00:00")
    await sqlite_world.renew()
    edges = (await sqlite_world.client("ada").data(ROWS))["account"]["invoices"]["edges"]
    assert [edge["node"]["lines"][0]["quantity"] for edge in edges] == [8, 8, 10]


async def test_a_second_run_finds_nothing_left_to_do(world: World) -> None:
    await world.load()
    world.at(RENEWED)
    await world.renew()
    run = await world.renew()
    assert asdict(run) == {"renewed": 0, "ended": 0, "invoices": 0, "failed": 0}
    assert len(await bills(world.client("ada"))) == 2


async def test_runs_at_once_bill_each_period_once(world: World) -> None:
    await world.load(monthly("2026-07-01"), beta())
    world.at("2026-10-20T12:00:00")
    runs = await asyncio.gather(*(world.renew() for _ in range(4)))
    assert sum(run.renewed for run in runs) == 3
    assert [run.failed for run in runs] == [0, 0, 0, 0]
    assert await bills(world.client("ada")) == [
        ("ACME-00001", "2026-07-01", "INITIAL"),
        ("ACME-00002", "2026-08-01", "RENEWAL"),
        ("ACME-00003", "2026-09-01", "RENEWAL"),
        ("ACME-00004", "2026-10-01", "RENEWAL"),
    ]


async def test_a_run_and_a_mutation_at_once_bill_the_period_once(world: World) -> None:
    await world.load()
    world.at(RENEWED)
    ada = world.client("ada")
    await asyncio.gather(world.renew(), ada.do("changeUsers", seats=61), world.renew())
    assert await bills(ada) == [
        ("ACME-00001", "2026-03-01", "INITIAL"),
        ("ACME-00002", "2027-03-01", "RENEWAL"),
        ("ACME-00003", "2027-03-01", "SEAT_INCREASE"),
    ]


async def test_a_limited_run_renews_the_oldest_and_leaves_the_rest(sqlite_world: World) -> None:
    await sqlite_world.load(beta(), samples.account())
    sqlite_world.at("2027-03-10T12:00:00")
    assert (await sqlite_world.renew(limit=1)).renewed == 1
    assert await Invoice.filter(account__code="acme").count() == 2
    assert await Invoice.filter(account__code="beta").count() == 1
    assert (await sqlite_world.renew(limit=1)).renewed == 1
    assert len(await bills(sqlite_world.client("ada", "beta"))) == 2


async def test_a_run_goes_through_as_many_batches_as_there_are(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "BATCH", 2)
    await sqlite_world.load(*(samples.account(code=f"acme{n}") for n in range(5)), beta())
    sqlite_world.at("2027-03-10T12:00:00")
    assert asdict(await sqlite_world.renew()) == {
        "renewed": 6,
        "ended": 0,
        "invoices": 6,
        "failed": 0,
    }


# --- an account that fails ----------------------------------------------------------------


async def spoil(period_start: str) -> None:
    """Lets each account's renewal for that period collide with `invoices_once_a_period`."""
    await Invoice.filter(number="ACME-00001").update(period_start=period_start)


async def test_one_failing_account_is_counted_and_does_not_stop_the_others(world: World) -> None:
    await world.load(samples.account(), beta())
    await spoil("2027-03-01")
    world.at("2027-03-10T12:00:00")
    run = await world.renew()
    assert asdict(run) == {"renewed": 1, "ended": 0, "invoices": 1, "failed": 1}
    assert len(await bills(world.client("ada", "beta"))) == 2


async def test_a_run_goes_on_behind_a_batch_of_accounts_that_all_fail(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "BATCH", 2)
    await sqlite_world.load(*(samples.account(code=f"acme{n}") for n in range(3)), beta())
    await spoil("2027-03-01")
    sqlite_world.at("2027-03-10T12:00:00")
    run = await sqlite_world.renew()
    assert (run.failed, run.renewed) == (3, 1)


async def test_a_run_that_fails_midway_leaves_nothing_half_done(world: World) -> None:
    await world.load(monthly("2026-07-01"))
    await spoil("2026-09-01")
    world.at("2026-10-20T12:00:00")
    assert (await world.renew()).failed == 1
    row = await Subscription.get()
    assert (str(row.period_start), row.version) == ("2026-07-01", 1)
    ada = world.client("ada")
    assert len(await bills(ada)) == 1
    assert [entry["action"] for entry in await activity(ada)] == ["account.imported"]


async def test_what_failed_is_done_by_the_next_run_without_a_gap(world: World) -> None:
    await world.load(monthly("2026-07-01"))
    await spoil("2026-09-01")
    world.at("2026-10-20T12:00:00")
    await world.renew()
    await spoil("2026-07-01")
    assert (await world.renew()).renewed == 3
    numbers = [number for number, _, _ in await bills(world.client("ada"))]
    assert numbers == ["ACME-00001", "ACME-00002", "ACME-00003", "ACME-00004"]


# --- whoever comes before the run ---------------------------------------------------------


@pytest.mark.parametrize("mutation", sorted(mutations.INPUTS))
async def test_any_mutation_on_an_overdue_subscription_first_rolls_it_forward(
    sqlite_world: World, mutation: str
) -> None:
    await sqlite_world.load(mutations.account())
    sqlite_world.at(RENEWED)
    ada = sqlite_world.client("ada")
    await ada.do(mutation, **await mutations.input_of(ada, mutation))
    actions = [entry["action"] for entry in reversed(await activity(ada))]
    assert actions[:2] == ["account.imported", "subscription.renewed"]


async def test_a_mutation_that_is_refused_does_not_undo_the_renewal(world: World) -> None:
    await world.load()
    world.at(RENEWED)
    ada = world.client("ada")
    assert (await ada.refusal("changeUsers", seats=-1))[0] == "INVALID"
    assert await bills(ada) == [
        ("ACME-00001", "2026-03-01", "INITIAL"),
        ("ACME-00002", "2027-03-01", "RENEWAL"),
    ]


async def test_an_increase_on_an_overdue_subscription_is_billed_in_the_new_period(
    sqlite_world: World,
) -> None:
    await sqlite_world.load()
    sqlite_world.at(RENEWED)
    fields = "invoice { number total { amount } }"
    payload = await sqlite_world.client("ada").do("changeUsers", fields, seats=61)
    assert payload["invoice"] == {"number": "ACME-00003", "total": {"amount": "1788.00"}}


async def test_the_version_seen_before_an_overdue_renewal_is_stale(sqlite_world: World) -> None:
    await sqlite_world.load()
    sqlite_world.at(RENEWED)
    refusal = await sqlite_world.client("ada").refusal("changeUsers", seats=61, expectedVersion=1)
    assert refusal[0] == "STALE"


async def test_whoever_reads_an_overdue_subscription_sees_the_new_period(
    sqlite_world: World,
) -> None:
    await sqlite_world.load()
    sqlite_world.at(RENEWED)
    found = await subscription(sqlite_world.client("ada"))
    assert found["currentPeriod"]["start"] == "2027-03-01"


async def test_whoever_reads_an_overdue_subscription_by_its_id_sees_the_new_period(
    sqlite_world: World,
) -> None:
    await sqlite_world.load()
    known = await subscription(sqlite_world.client("ada"), "id")
    sqlite_world.at(RENEWED)
    query = "query($id: ID!) { node(id: $id) { ... on Subscription { currentPeriod { start } } } }"
    found = (await sqlite_world.client("ada").data(query, id=known["id"]))["node"]
    assert found == {"currentPeriod": {"start": "2027-03-01"}}


@pytest.mark.parametrize("first", ["subscription", "invoices"])
async def test_an_answer_that_shows_the_new_period_shows_its_invoice_too(
    world: World, first: str
) -> None:
    await world.load()
    world.at(RENEWED)
    parts = {
        "subscription": "subscription { currentPeriod { start } }",
        "invoices": "invoices { edges { node { issuedOn } } }",
    }
    query = f"{{ account {{ {parts.pop(first)} {' '.join(parts.values())} }} }}"
    account = (await world.client("ada").data(query))["account"]
    newest = account["invoices"]["edges"][0]["node"]["issuedOn"]
    assert newest == account["subscription"]["currentPeriod"]["start"]
