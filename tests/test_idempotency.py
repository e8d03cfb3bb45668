"""Idempotency keys: a retry does the work once and answers alike."""

import asyncio
from typing import Any

import pytest

from models.accounts import IdempotencyRecord
from tests import samples
from tests.world import Client, World

REUSED = ("IDEMPOTENCY_KEY_REUSED", ["input", "idempotencyKey"])
INVALID = ("INVALID", ["input", "idempotencyKey"])
INVOICE = "invoice { id number total { amount } }"


async def state(client: Client) -> tuple[int, int, int]:
    """The total of seats, the version, and how many invoices there are."""
    query = "{ account { subscription { seats version } invoices { totalCount } } }"
    account = (await client.data(query))["account"]
    subscription = account["subscription"]
    return subscription["seats"], subscription["version"], account["invoices"]["totalCount"]


async def test_a_retry_does_the_work_once_and_answers_alike(world: World) -> None:
    await world.load()
    ada = world.client("ada")
    given = {"seats": 65, "purchaseOrderNumber": "PO-1", "idempotencyKey": "k"}
    fields = f"subscription {{ seats version }} {INVOICE}"
    first = await ada.do("changeUsers", fields, **given)
    assert await ada.do("changeUsers", fields, **given) == first
    assert await state(ada) == (65, 2, 2)


async def test_calls_at_once_with_one_key_do_the_work_once(world: World) -> None:
    await world.load()
    ada = world.client("ada")
    calls = [
        ada.do("changeUsers", INVOICE, seats=65, idempotencyKey="k", expectedVersion=1)
        for _ in range(4)
    ]
    payloads = await asyncio.gather(*calls)
    assert [payload["invoice"]["number"] for payload in payloads] == ["ACME-00002"] * 4
    assert await state(ada) == (65, 2, 2)


async def test_of_calls_at_once_with_one_key_and_two_inputs_one_is_refused(world: World) -> None:
    await world.load()
    ada = world.client("ada")
    payloads = await asyncio.gather(
        ada.mutate("changeUsers", seats=65, idempotencyKey="k"),
        ada.mutate("changeUsers", seats=70, idempotencyKey="k"),
    )
    codes = [error["code"] for payload in payloads for error in payload["userErrors"]]
    assert codes == ["IDEMPOTENCY_KEY_REUSED"]
    assert (await state(ada))[1:] == (2, 2)


async def test_a_late_retry_does_not_undo_what_came_after(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    first = await ada.do("changeUsers", INVOICE, seats=65, idempotencyKey="k")
    await ada.do("changeUsers", seats=70)
    assert await ada.do("changeUsers", INVOICE, seats=65, idempotencyKey="k") == first
    assert await state(ada) == (70, 3, 3)


async def test_a_retry_is_not_stale_by_its_own_first_call(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    given = {"seats": 65, "expectedVersion": 1, "idempotencyKey": "k"}
    await ada.do("changeUsers", **given)
    await ada.do("changeUsers", **given)


async def test_a_retry_of_a_decrease_answers_without_an_invoice(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    fields = f"subscription {{ pendingSeats }} {INVOICE}"
    first = await ada.do("changeUsers", fields, seats=40, idempotencyKey="k")
    again = await ada.do("changeUsers", fields, seats=40, idempotencyKey="k")
    assert first == again
    assert again == {"subscription": {"pendingSeats": 40}, "invoice": None, "userErrors": []}


async def test_a_retry_answers_alike_when_the_subscription_has_ended_meanwhile(
    sqlite_world: World,
) -> None:
    sqlite_world.at("2027-02-28T20:00:00")
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    first = await ada.do("changeUsers", INVOICE, seats=65, idempotencyKey="k")
    await ada.do("cancelSubscription")
    sqlite_world.at("2027-03-01T12:00:00")
    again = sqlite_world.client("ada")
    assert await again.do("changeUsers", INVOICE, seats=65, idempotencyKey="k") == first


@pytest.mark.parametrize(
    "other", [{"seats": 66}, {"expectedVersion": 1}, {"purchaseOrderNumber": "PO-1"}]
)
async def test_the_same_key_with_another_input_is_refused(
    sqlite_world: World, other: dict[str, Any]
) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    given = {"seats": 65, "idempotencyKey": "k"}
    await ada.do("changeUsers", **given)
    assert await ada.refusal("changeUsers", **given | other) == REUSED
    assert await state(ada) == (65, 2, 2)


async def test_an_argument_that_is_null_is_the_same_input_as_one_left_out(
    sqlite_world: World,
) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await ada.do("changeUsers", seats=65, idempotencyKey="k")
    nulls = {"expectedVersion": None, "purchaseOrderNumber": None}
    await ada.do("changeUsers", seats=65, idempotencyKey="k", **nulls)


@pytest.mark.parametrize("mutation", ["cancelSubscription", "resumeSubscription"])
async def test_the_same_key_for_another_mutation_is_refused(
    sqlite_world: World, mutation: str
) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await ada.do("changeUsers", seats=65, idempotencyKey="k")
    assert await ada.refusal(mutation, idempotencyKey="k") == REUSED


async def test_one_key_does_not_cancel_and_resume(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await ada.do("cancelSubscription", idempotencyKey="k")
    assert await ada.refusal("resumeSubscription", idempotencyKey="k") == REUSED


async def test_a_late_retry_of_cancelling_does_not_cancel_what_was_resumed(
    sqlite_world: World,
) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await ada.do("cancelSubscription", idempotencyKey="k")
    await ada.do("resumeSubscription")
    fields = "subscription { cancelAtPeriodEnd }"
    payload = await ada.do("cancelSubscription", fields, idempotencyKey="k")
    assert payload["subscription"] == {"cancelAtPeriodEnd": False}


async def test_a_late_retry_of_resuming_does_not_resume_what_was_cancelled(
    sqlite_world: World,
) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await ada.do("cancelSubscription")
    await ada.do("resumeSubscription", idempotencyKey="k")
    await ada.do("cancelSubscription")
    fields = "subscription { cancelAtPeriodEnd }"
    payload = await ada.do("resumeSubscription", fields, idempotencyKey="k")
    assert payload["subscription"] == {"cancelAtPeriodEnd": True}


# --- how long, and for whom ---------------------------------------------------------------


async def test_up_to_24_hours_later_a_key_is_taken(sqlite_world: World) -> None:
    sqlite_world.at("2026-07-01T12:00:00")
    await sqlite_world.load()
    await sqlite_world.client("ada").do("changeUsers", seats=65, idempotencyKey="k")
    sqlite_world.at("2026-07-02T11:59:59")
    ada = sqlite_world.client("ada")
    assert await ada.refusal("changeUsers", seats=70, idempotencyKey="k") == REUSED


async def test_after_24_hours_a_key_can_be_used_again(world: World) -> None:
    world.at("2026-07-01T12:00:00")
    await world.load()
    await world.client("ada").do("changeUsers", seats=65, idempotencyKey="k")
    world.at("2026-07-02T12:00:00")
    ada = world.client("ada")
    await ada.do("changeUsers", seats=70, idempotencyKey="k")
    assert await state(ada) == (70, 3, 3)


async def test_keys_are_forgotten_after_24_hours(sqlite_world: World) -> None:
    sqlite_world.at("2026-07-01T12:00:00")
    await sqlite_world.load()
    await sqlite_world.client("ada").do("changeUsers", seats=65, idempotencyKey="old")
    sqlite_world.at("2026-07-02T12:00:00")
    await sqlite_world.client("ada").do("changeUsers", seats=70, idempotencyKey="new")
    assert [record.key for record in await IdempotencyRecord.all()] == ["new"]


@pytest.mark.parametrize("refused", [{"seats": -1}, {"seats": 65, "expectedVersion": 7}])
async def test_a_refused_call_takes_no_key(sqlite_world: World, refused: dict[str, Any]) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    payload = await ada.mutate("changeUsers", idempotencyKey="k", **refused)
    assert payload["userErrors"]
    await ada.do("changeUsers", seats=65, idempotencyKey="k")
    assert await state(ada) == (65, 2, 2)


async def test_keys_of_two_accounts_do_not_meet(world: World) -> None:
    await world.load(samples.account(), samples.account(code="beta"))
    for code in ("acme", "beta"):
        ada = world.client("ada", code)
        await ada.do("changeUsers", seats=65, idempotencyKey="k")
        assert await state(ada) == (65, 2, 2)


async def test_keys_belong_to_the_account_not_to_the_user(sqlite_world: World) -> None:
    second = samples.USERS[1] | {"billing_administrator": True}
    users = [samples.USERS[0], second, *samples.USERS[2:]]
    await sqlite_world.load(samples.account(users=users))
    await sqlite_world.client("ada").do("changeUsers", seats=65, idempotencyKey="k")
    adam = sqlite_world.client("adam")
    assert await adam.refusal("changeUsers", seats=70, idempotencyKey="k") == REUSED


# --- what a key is ------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["", "   ", "k" * 256, "a\nb", "a\x00b"])
async def test_a_key_that_cannot_be_is_refused(sqlite_world: World, key: str) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    assert await ada.refusal("changeUsers", seats=65, idempotencyKey=key) == INVALID
    assert await state(ada) == (60, 1, 1)


@pytest.mark.parametrize("key", ["k", "k" * 255, "ключ-鍵"])
async def test_a_key_is_up_to_255_characters(world: World, key: str) -> None:
    await world.load()
    ada = world.client("ada")
    for _ in range(2):
        await ada.do("changeUsers", seats=65, idempotencyKey=key)
    assert await state(ada) == (65, 2, 2)


async def test_a_null_key_is_no_key(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await ada.do("changeUsers", seats=65, idempotencyKey=None)
    await ada.do("changeUsers", seats=70, idempotencyKey=None)
    assert await state(ada) == (70, 3, 3)
