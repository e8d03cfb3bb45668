"""Activity: each change leaves one entry, with who, when, what, before and after."""

from typing import Any

import pytest

from models.activity import ActivityEntry, ActorKind
from models.invoices import Invoice
from tests import mutations, samples
from tests.world import Client, World

ROWS = """{ account { activity(first: 100) { totalCount
  edges { node { id at action summary actor { email } } } } } }"""

ACTIONS = {
    "changeUsers": "subscription.users_changed",
    "cancelSubscription": "subscription.cancellation_scheduled",
    "resumeSubscription": "subscription.resumed",
    "createSeatGroup": "seat_group.created",
    "updateSeatGroup": "seat_group.renamed",
    "deleteSeatGroup": "seat_group.deleted",
    "inviteUser": "user.invited",
    "disableUser": "user.disabled",
    "enableUser": "user.enabled",
    "setAdministrator": "user.rights_changed",
    "setProductPermission": "user.permission_changed",
    "updateLicenseManagement": "license_management.updated",
    "updateBillingDetails": "billing_details.updated",
    "createAccessToken": "access_token.created",
    "revokeAccessToken": "access_token.revoked",
}


async def entries(client: Client) -> list[dict[str, Any]]:
    """What was done to the account, newest first."""
    edges = (await client.data(ROWS))["account"]["activity"]["edges"]
    return [edge["node"] for edge in edges]


async def stored() -> list[ActivityEntry]:
    """The entries' rows, newest first, with what the API does not tell."""
    return await ActivityEntry.all().order_by("-sequence")


async def done(world: World, mutation: str) -> Client:
    """The client that did the mutation, which changed something."""
    await world.load(mutations.account())
    ada = world.client("ada")
    if mutation == "resumeSubscription":
        await ada.do("cancelSubscription")
    await ada.do(mutation, **await mutations.input_of(ada, mutation))
    return ada


# --- one entry for each change ------------------------------------------------------------


@pytest.mark.parametrize("mutation", sorted(mutations.INPUTS))
async def test_each_mutation_leaves_one_entry_of_its_user(
    sqlite_world: World, mutation: str
) -> None:
    ada = await done(sqlite_world, mutation)
    found = await entries(ada)
    assert len(found) == (3 if mutation in ("resumeSubscription", "revokeAccessToken") else 2)
    assert found[0]["actor"] == {"email": "ada@acme.example"}
    assert found[0]["at"] == "2026-07-01T12:00:00Z"


@pytest.mark.parametrize(("mutation", "action"), ACTIONS.items())
async def test_an_entry_says_what_was_done(sqlite_world: World, mutation: str, action: str) -> None:
    ada = await done(sqlite_world, mutation)
    assert (await entries(ada))[0]["action"] == action


CREATE_OR_DELETE = {"createSeatGroup", "inviteUser", "deleteSeatGroup", "createAccessToken"}


@pytest.mark.parametrize("mutation", sorted(mutations.INPUTS.keys() - CREATE_OR_DELETE))
async def test_an_entry_holds_the_values_before_and_after(
    sqlite_world: World, mutation: str
) -> None:
    await done(sqlite_world, mutation)
    entry = (await stored())[0]
    assert entry.before is not None
    assert entry.after is not None
    assert entry.before != entry.after


async def test_a_change_of_users_is_told_with_both_totals_and_the_invoice(world: World) -> None:
    ada = await done(world, "changeUsers")
    assert (await entries(ada))[0]["summary"] == "Users changed from 60 to 61, billed by ACME-00002"
    entry = (await stored())[0]
    assert entry.before == {"seats": 60, "pending_seats": None}
    assert entry.after == {"seats": 61, "pending_seats": None}


async def test_a_decrease_is_told_with_its_day(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await ada.do("changeUsers", seats=50)
    assert (await entries(ada))[0]["summary"] == "Users change from 60 to 50 on 2027-03-01"
    assert (await stored())[0].after == {"seats": 60, "pending_seats": 50}


async def test_a_dropped_decrease_is_told(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await ada.do("changeUsers", seats=50)
    await ada.do("changeUsers", seats=60)
    assert (await stored())[0].before == {"seats": 60, "pending_seats": 50}
    summary = "The waiting decrease was dropped: users stay at 60"
    assert (await entries(ada))[0]["summary"] == summary


async def test_changed_billing_details_are_told_with_the_values_before_and_after(
    sqlite_world: World,
) -> None:
    ada = await done(sqlite_world, "updateBillingDetails")
    summary = "Legal name changed from Acme Incorporated to Acme Holding"
    assert (await entries(ada))[0]["summary"] == summary


# --- the operator and renewals ------------------------------------------------------------


async def test_an_import_is_the_operator_s(sqlite_world: World) -> None:
    await sqlite_world.load()
    (entry,) = await entries(sqlite_world.client("ada"))
    assert (entry["action"], entry["actor"]) == ("account.imported", None)
    assert (await stored())[0].actor_kind is ActorKind.OPERATOR


async def test_an_import_that_changes_an_account_leaves_one_entry(sqlite_world: World) -> None:
    await sqlite_world.load()
    await sqlite_world.load(samples.account(name="Acme Holding", tax_rate="0.10"))
    actions = [entry["action"] for entry in await entries(sqlite_world.client("ada"))]
    assert actions == ["account.imported", "account.imported"]


async def test_an_import_that_changes_nothing_leaves_no_entry(sqlite_world: World) -> None:
    await sqlite_world.load()
    await sqlite_world.load()
    assert len(await entries(sqlite_world.client("ada"))) == 1


async def test_an_entry_of_an_import_holds_the_values_before_and_after(
    sqlite_world: World,
) -> None:
    await sqlite_world.load()
    await sqlite_world.load(samples.account(name="Acme Holding"))
    entry = (await stored())[0]
    assert "Acme Inc." in str(entry.before)
    assert "Acme Holding" in str(entry.after)


async def test_a_renewal_is_nobody_s(world: World) -> None:
    await world.load()
    world.at("2027-03-02T09:00:00")
    await world.renew()
    entry = (await entries(world.client("ada")))[0]
    del entry["id"]
    assert entry == {
        "at": "2027-03-02T09:00:00Z",
        "action": "subscription.renewed",
        "summary": "Renewed for 2027-03-01 to 2028-03-01 with 60 users, billed by ACME-00002",
        "actor": None,
    }
    assert (await stored())[0].actor_kind is ActorKind.RENEWAL


async def test_each_renewed_period_leaves_an_entry(sqlite_world: World) -> None:
    await sqlite_world.load()
    sqlite_world.at("2029-03-02T09:00:00")
    await sqlite_world.renew()
    rows = await stored()
    starts = [row.after["period_start"] for row in rows if row.after]
    assert starts == ["2029-03-01", "2028-03-01", "2027-03-01"]


async def test_a_renewal_that_takes_a_decrease_into_effect_tells_both_totals(
    sqlite_world: World,
) -> None:
    await sqlite_world.load()
    await sqlite_world.client("ada").do("changeUsers", seats=50)
    sqlite_world.at("2027-03-02T09:00:00")
    await sqlite_world.renew()
    entry = (await stored())[0]
    assert entry.before == {"seats": 60, "period_start": "2026-03-01"}
    assert entry.after == {"seats": 50, "period_start": "2027-03-01"}


async def test_the_end_of_a_subscription_leaves_an_entry(sqlite_world: World) -> None:
    await sqlite_world.load()
    await sqlite_world.client("ada").do("cancelSubscription")
    sqlite_world.at("2027-03-02T09:00:00")
    await sqlite_world.renew()
    entry = (await entries(sqlite_world.client("ada")))[0]
    assert (entry["action"], entry["actor"]) == ("subscription.ended", None)
    assert entry["summary"] == "The subscription ended on 2027-03-01"


# --- nothing done, nothing told -----------------------------------------------------------


@pytest.mark.parametrize(
    ("mutation", "given"),
    [
        ("changeUsers", {"seats": -1}),
        ("changeUsers", {"seats": 24}),
        ("changeUsers", {"seats": 61, "expectedVersion": 9}),
        ("cancelSubscription", {"expectedVersion": 9}),
        ("createSeatGroup", {"name": "Sales", "seats": 1}),
        ("inviteUser", {"email": "ada@acme.example", "name": "Twin"}),
        ("updateBillingDetails", {"legalName": ""}),
    ],
)
async def test_a_refused_mutation_leaves_no_entry(
    sqlite_world: World, mutation: str, given: dict[str, Any]
) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await ada.refusal(mutation, **given)
    assert len(await entries(ada)) == 1


@pytest.mark.parametrize("mutation", ["changeUsers", "cancelSubscription", "disableUser"])
async def test_what_is_so_already_leaves_no_second_entry(
    sqlite_world: World, mutation: str
) -> None:
    ada = await done(sqlite_world, mutation)
    await ada.do(mutation, **await mutations.input_of(ada, mutation))
    assert len(await entries(ada)) == 2


async def test_a_retry_with_the_same_key_leaves_no_second_entry(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    for _ in range(2):
        await ada.do("changeUsers", seats=61, idempotencyKey="k")
    assert len(await entries(ada)) == 2


async def test_a_change_that_crashes_leaves_no_entry(world: World) -> None:
    await world.load()
    ada = world.client("ada")
    await Invoice.filter(number="ACME-00001").update(number="ACME-00002")
    mutation = "mutation { changeUsers(input: {seats: 65}) { userErrors { code } } }"
    assert await ada.code(mutation) == "INTERNAL_SERVER_ERROR"
    assert len(await entries(ada)) == 1


# --- reading ------------------------------------------------------------------------------


async def test_an_entry_is_found_by_its_id(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    (entry,) = await entries(ada)
    query = "query($id: ID!) { node(id: $id) { ... on ActivityEntry { summary } } }"
    found = (await ada.data(query, id=entry["id"]))["node"]
    assert found == {"summary": "Account created with 60 users on Enterprise+"}


async def test_an_entry_of_a_user_who_was_disabled_still_names_the_user(
    sqlite_world: World,
) -> None:
    second = samples.USERS[1] | {"billing_administrator": True}
    await sqlite_world.load(samples.account(users=[samples.USERS[0], second, *samples.USERS[2:]]))
    await sqlite_world.client("adam").do("changeUsers", seats=61)
    ada = sqlite_world.client("ada")
    await ada.do("disableUser", userId=await ada.id_of("user", "adam@acme.example"))
    assert (await entries(ada))[1]["actor"] == {"email": "adam@acme.example"}


async def test_accounts_do_not_see_each_other_s_entries(sqlite_world: World) -> None:
    await sqlite_world.load(samples.account(), samples.account(code="beta"))
    await sqlite_world.client("ada", "beta").do("changeUsers", seats=61)
    assert len(await entries(sqlite_world.client("ada"))) == 1
