"""Previews: what a change would do and cost, to the cent, without doing it."""

from datetime import UTC, date, datetime, time
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import samples
from tests.world import Client, World

BILL = """lines { description quantity unitPrice { amount } period { start end } amount { amount } }
  subtotal { amount currency } tax { amount } total { amount }"""
PREVIEW = f"""query($seats: Int!) {{ account {{ subscription {{ seatChangePreview(seats: $seats) {{
  kind seats effectiveOn invoice {{ {BILL} }} upcomingInvoice {{ {BILL} }}
  usersToDisable {{ email }} userErrors {{ code message field }} }} }} }} }}"""
INVOICES = f"{{ account {{ invoices {{ edges {{ node {{ {BILL} }} }} }} }} }}"
UPCOMING = f"{{ account {{ subscription {{ upcomingInvoice {{ {BILL} }} }} }} }}"

EURO = {
    "currency": "EUR",
    "tax_rate": "0.19",
    "time_zone": "Europe/Berlin",
    "subscription": {"started_on": "2026-01-31", "unit_price": "27.31"},
}


async def preview(client: Client, seats: int) -> dict[str, Any]:
    data = await client.data(PREVIEW, seats=seats)
    found: dict[str, Any] = data["account"]["subscription"]["seatChangePreview"]
    return found


async def upcoming(client: Client) -> dict[str, Any] | None:
    found: dict[str, Any] | None
    found = (await client.data(UPCOMING))["account"]["subscription"]["upcomingInvoice"]
    return found


async def newest(client: Client) -> dict[str, Any]:
    """What the newest invoice says."""
    edges = (await client.data(INVOICES))["account"]["invoices"]["edges"]
    found: dict[str, Any] = edges[0]["node"]
    return found


def to_disable(found: dict[str, Any]) -> list[str]:
    return [user["email"].partition("@")[0] for user in found["usersToDisable"]]


# --- preview and act ----------------------------------------------------------------------


@pytest.mark.parametrize("seats", [61, 67, 73, 100, 101, 999, 123_457, 1_000_000])
async def test_the_invoice_of_an_increase_is_the_one_previewed(
    sqlite_world: World, seats: int
) -> None:
    await sqlite_world.load(samples.account(tax_rate="0.0725"))
    ada = sqlite_world.client("ada")
    expected = (await preview(ada, seats))["invoice"]
    payload = await ada.do("changeUsers", f"invoice {{ {BILL} }}", seats=seats)
    assert payload["invoice"] == expected


async def test_the_renewal_is_the_one_previewed(world: World) -> None:
    await world.load(samples.premium(**EURO))
    expected = (await preview(world.client("ada"), 7))["upcomingInvoice"]
    await world.client("ada").do("changeUsers", seats=7)
    assert await upcoming(world.client("ada")) == expected
    world.at("2026-07-31T12:00:00")
    await world.renew()
    assert await newest(world.client("ada")) == expected


fresh = count()


@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    seats=st.integers(0, 40),
    day=st.dates(date(2026, 2, 1), date(2027, 4, 30)),
    unit=st.sampled_from(["day", "second"]),
)
async def test_on_any_day_any_change_does_what_its_preview_says(
    sqlite_world: World, seats: int, day: date, unit: str
) -> None:
    code = f"acme{next(fresh)}"
    sqlite_world.setting("PRORATION", unit)
    sqlite_world.at(datetime.combine(day, time(16, 17, 18), UTC).isoformat())
    await sqlite_world.load(samples.premium(code=code, **EURO))
    ada = sqlite_world.client("ada", code)
    expected = await preview(ada, seats)
    fields = f"invoice {{ {BILL} }} subscription {{ upcomingInvoice {{ {BILL} }} }}"
    payload = await ada.do("changeUsers", fields, seats=seats)
    assert payload["invoice"] == expected["invoice"]
    assert payload["subscription"]["upcomingInvoice"] == expected["upcomingInvoice"]


async def test_a_preview_changes_nothing(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    state = """{ account { subscription { seats pendingSeats version seatsUsed }
      invoices { totalCount } activity { totalCount } } }"""
    before = await ada.data(state)
    for seats in (0, 30, 60, 90):
        await preview(ada, seats)
    assert await ada.data(state) == before


# --- what it says -------------------------------------------------------------------------


async def test_an_increase_is_previewed_with_today_s_invoice_and_the_renewal(
    sqlite_world: World,
) -> None:
    await sqlite_world.load(samples.account(tax_rate="0.10"))
    found = await preview(sqlite_world.client("ada"), 65)
    assert (found["kind"], found["seats"]) == ("INCREASE", 65)
    assert found["effectiveOn"] == "2026-07-01"
    assert found["invoice"] == {
        "lines": [
            {
                "description": "Enterprise+, 5 added seats, 243 of 365 days",
                "quantity": 5,
                "unitPrice": {"amount": "1788.00"},
                "period": {"start": "2026-07-01", "end": "2027-03-01"},
                "amount": {"amount": "5951.84"},
            }
        ],
        "subtotal": {"amount": "5951.84", "currency": "USD"},
        "tax": {"amount": "595.18"},
        "total": {"amount": "6547.02"},
    }
    assert found["upcomingInvoice"]["lines"][0]["period"] == {
        "start": "2027-03-01",
        "end": "2028-03-01",
    }
    assert found["upcomingInvoice"]["subtotal"]["amount"] == "116220.00"


async def test_a_decrease_is_previewed_from_the_next_period_on(sqlite_world: World) -> None:
    await sqlite_world.load()
    found = await preview(sqlite_world.client("ada"), 50)
    assert (found["kind"], found["effectiveOn"]) == ("DECREASE", "2027-03-01")
    assert found["invoice"] is None
    assert found["upcomingInvoice"]["total"]["amount"] == "89400.00"


async def test_the_current_total_is_previewed_as_dropping_the_waiting_decrease(
    sqlite_world: World,
) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await ada.do("changeUsers", seats=50)
    found = await preview(ada, 60)
    assert (found["kind"], found["effectiveOn"]) == ("UNCHANGED", "2026-07-01")
    assert found["invoice"] is None
    assert found["upcomingInvoice"]["total"]["amount"] == "107280.00"


async def test_today_in_a_preview_is_the_account_s_day(sqlite_world: World) -> None:
    sqlite_world.at("2026-07-09T10:00:00")
    await sqlite_world.load(samples.premium(time_zone="Pacific/Kiritimati"))
    found = await preview(sqlite_world.client("ada"), 11)
    assert found["effectiveOn"] == "2026-07-10"


async def test_after_a_decrease_to_zero_there_is_nothing_to_bill(sqlite_world: World) -> None:
    await sqlite_world.load(samples.premium())
    ada = sqlite_world.client("ada")
    assert (await preview(ada, 0))["upcomingInvoice"] is None
    await ada.do("changeUsers", seats=0)
    assert await upcoming(ada) is None


async def test_a_subscription_that_ends_previews_an_increase_but_no_renewal(
    sqlite_world: World,
) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await ada.do("cancelSubscription")
    found = await preview(ada, 65)
    assert found["invoice"]["total"]["amount"] == "5951.84"
    assert found["upcomingInvoice"] is None


async def test_an_overdue_subscription_is_previewed_as_of_its_new_period(
    sqlite_world: World,
) -> None:
    await sqlite_world.load()
    sqlite_world.at("2027-03-01T12:00:00")
    found = await preview(sqlite_world.client("ada"), 61)
    assert found["invoice"]["total"]["amount"] == "1788.00"


# --- who would lose the seat --------------------------------------------------------------


def account(**last_active: str | None) -> dict[str, Any]:
    """Enterprise+, 10 seats outside groups, one paid user for each argument, in that order."""
    users = [
        {
            "email": f"{name}@acme.example",
            "name": name.title(),
            "permissions": {"roadmap": "CONTRIBUTOR"},
            "last_active_at": at,
        }
        for name, at in last_active.items()
    ]
    groups = [{"name": "Marketing", "seats": 2, "administrators": []}]
    return samples.account(
        users=[*samples.USERS[:2], *samples.USERS[3:5], *users],
        seat_groups=groups,
        subscription={"seats": 12},
    )


WORKED = {
    "zoe": "2026-06-30T00:00:00Z",
    "yan": None,
    "xia": "2024-01-01T00:00:00Z",
    "wim": None,
    "val": "2024-01-01T00:00:00Z",
    "uma": "2025-12-31T23:59:59Z",
}


@pytest.mark.parametrize(
    ("seats", "losing"),
    [
        (8, []),
        (7, ["yan"]),
        (6, ["yan", "wim"]),
        (5, ["yan", "wim", "xia"]),
        (4, ["yan", "wim", "xia", "val"]),
        (3, ["yan", "wim", "xia", "val", "uma"]),
        (2, ["yan", "wim", "xia", "val", "uma", "zoe"]),
    ],
)
async def test_a_preview_names_never_active_users_first_then_the_least_recently_active(
    sqlite_world: World, seats: int, losing: list[str]
) -> None:
    await sqlite_world.load(account(**WORKED))
    assert to_disable(await preview(sqlite_world.client("ada"), seats)) == losing


async def test_a_preview_names_nobody_where_the_decrease_would_be_refused(
    sqlite_world: World,
) -> None:
    await sqlite_world.load(account(**WORKED))
    assert to_disable(await preview(sqlite_world.client("ada"), 1)) == []


async def test_a_preview_of_an_increase_names_nobody(sqlite_world: World) -> None:
    await sqlite_world.load(account(**WORKED))
    assert to_disable(await preview(sqlite_world.client("ada"), 13)) == []


# --- refusals -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seats", "code"), [(-1, "INVALID"), (1_000_001, "INVALID"), (24, "SEATS_ALLOCATED")]
)
async def test_a_preview_says_why_the_change_would_be_refused(
    sqlite_world: World, seats: int, code: str
) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    (told,) = (await preview(ada, seats))["userErrors"]
    (refused,) = (await ada.mutate("changeUsers", seats=seats))["userErrors"]
    assert told == {"code": code, "message": refused["message"], "field": ["seats"]}


async def test_a_refused_change_is_previewed_without_an_invoice(sqlite_world: World) -> None:
    await sqlite_world.load()
    assert (await preview(sqlite_world.client("ada"), 1_000_001))["invoice"] is None


@pytest.mark.parametrize("seats", [2**31, 65.5, "65"])
async def test_a_preview_of_what_is_no_integer_is_bad_user_input(
    sqlite_world: World, seats: object
) -> None:
    await sqlite_world.load()
    assert await sqlite_world.client("ada").code(PREVIEW, seats=seats) == "BAD_USER_INPUT"
