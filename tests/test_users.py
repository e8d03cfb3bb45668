"""Users: invite, disable, enable, give rights, find."""

from typing import Any

import pytest

from tests import samples
from tests.world import Client, World

PERSON = "user { status takesSeat isAdministrator isBillingAdministrator seatGroup { name } }"
FULL = ("SEAT_GROUP_FULL", ["input", "seatGroupId"])
NOT_ENOUGH = ("NOT_ENOUGH_SEATS", ["input", "seatGroupId"])
REQUIRED = ("SEAT_GROUP_REQUIRED", ["input", "seatGroupId"])
LAST = "LAST_BILLING_ADMINISTRATOR"


def tight(seats: int = 7, **changes: Any) -> dict[str, Any]:
    """Marketing is full (2 of 2), Sales is empty (0 of 3), and olga and paul fill what is left."""
    groups = [{"name": "Marketing", "seats": 2}, {"name": "Sales", "seats": 3}]
    return samples.account(**{"seat_groups": groups, "subscription": {"seats": seats}} | changes)


def with_users(*users: dict[str, Any]) -> dict[str, Any]:
    """The sample account with more users."""
    return samples.account(users=[*samples.USERS, *users])


async def new(client: Client, role: str | None = None, group: str | None = None) -> dict[str, Any]:
    """The input that invites someone with a role in Roadmap, into a group by name."""
    product = await client.id_of("product", "Roadmap")
    return {
        "email": "new@acme.example",
        "name": "Nina New",
        "seatGroupId": await client.id_of("group", group) if group else None,
        "permissions": [{"productId": product, "role": role}] if role else [],
    }


async def user_id(client: Client, name: str) -> dict[str, str]:
    """The input that names a user @acme.example."""
    return {"userId": await client.id_of("user", f"{name}@acme.example")}


async def emails(client: Client) -> list[str]:
    answer = await client.data("{ account { users { edges { node { email } } } } }")
    return [edge["node"]["email"] for edge in answer["account"]["users"]["edges"]]


# --- inviting ----------------------------------------------------------------------------


async def test_an_invited_user_takes_a_seat_at_once(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    payload = await ada.do("inviteUser", PERSON, **await new(ada, "CONTRIBUTOR", "Sales"))
    assert payload["user"] == {
        "status": "INVITED",
        "takesSeat": True,
        "isAdministrator": False,
        "isBillingAdministrator": False,
        "seatGroup": {"name": "Sales"},
    }


@pytest.mark.parametrize("role", [None, "REVIEWER", "VIEWER"])
async def test_an_invited_user_with_a_free_role_or_none_takes_no_seat(
    sqlite_world: World, role: str | None
) -> None:
    await sqlite_world.load(tight())
    ada = sqlite_world.client("ada")
    payload = await ada.do("inviteUser", PERSON, **await new(ada, role))
    assert payload["user"]["takesSeat"] is False


async def test_on_premium_an_invited_viewer_takes_a_seat(sqlite_world: World) -> None:
    await sqlite_world.load(samples.premium(subscription={"seats": 5}))
    ada = sqlite_world.client("ada")
    assert await ada.refusal("inviteUser", **await new(ada, "VIEWER")) == NOT_ENOUGH


async def test_on_premium_an_invited_user_without_a_role_takes_no_seat(sqlite_world: World) -> None:
    await sqlite_world.load(samples.premium(subscription={"seats": 5}))
    ada = sqlite_world.client("ada")
    payload = await ada.do("inviteUser", PERSON, **await new(ada))
    assert payload["user"]["takesSeat"] is False


async def test_nobody_is_invited_into_a_full_group_as_a_paid_user(world: World) -> None:
    await world.load(tight())
    ada = world.client("ada")
    assert await ada.refusal("inviteUser", **await new(ada, "OWNER", "Marketing")) == FULL
    assert "new@acme.example" not in await emails(ada)


async def test_the_refusal_names_the_group_and_its_limit(sqlite_world: World) -> None:
    await sqlite_world.load(tight())
    ada = sqlite_world.client("ada")
    payload = await ada.mutate("inviteUser", PERSON, **await new(ada, "OWNER", "Marketing"))
    (error,) = payload["userErrors"]
    assert error["message"] == 'Seat group "Marketing" is full: its limit of 2 is reached.'
    assert payload["user"] is None


async def test_nobody_is_invited_as_a_paid_user_when_all_seats_are_taken(
    sqlite_world: World,
) -> None:
    await sqlite_world.load(tight())
    ada = sqlite_world.client("ada")
    assert await ada.refusal("inviteUser", **await new(ada, "OWNER")) == NOT_ENOUGH
    assert "new@acme.example" not in await emails(ada)


async def test_the_last_seat_can_be_taken(sqlite_world: World) -> None:
    await sqlite_world.load(tight(seats=8))
    ada = sqlite_world.client("ada")
    await ada.do("inviteUser", **await new(ada, "OWNER"))


async def test_where_a_group_is_required_a_paid_user_is_invited_into_one(
    sqlite_world: World,
) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await ada.do("updateLicenseManagement", seatGroupRequired=True)
    assert await ada.refusal("inviteUser", **await new(ada, "OWNER")) == REQUIRED
    await ada.do("inviteUser", **await new(ada, "OWNER", "Sales"))


@pytest.mark.parametrize("email", ["paul@acme.example", "PAUL@Acme.Example"])
async def test_an_e_mail_is_taken_without_regard_to_case(sqlite_world: World, email: str) -> None:
    await sqlite_world.load()
    refusal = await sqlite_world.client("ada").refusal("inviteUser", email=email, name="Paul")
    assert refusal == ("EMAIL_TAKEN", ["input", "email"])


async def test_a_disabled_user_keeps_the_e_mail(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await ada.do("disableUser", **await user_id(ada, "paul"))
    code, _ = await ada.refusal("inviteUser", email="paul@acme.example", name="Paul")
    assert code == "EMAIL_TAKEN"


async def test_a_product_is_named_once_in_an_invitation(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    given = await new(ada, "OWNER")
    refusal = await ada.refusal("inviteUser", **given | {"permissions": given["permissions"] * 2})
    assert refusal == ("INVALID", ["input", "permissions"])


async def test_a_retry_with_the_same_key_invites_once(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    given = {**await new(ada, "OWNER", "Sales"), "idempotencyKey": "one"}
    first = await ada.do("inviteUser", "user { id email takesSeat }", **given)
    again = await ada.do("inviteUser", "user { id email takesSeat }", **given)
    assert again == first


@pytest.mark.parametrize(
    "change", [{"email": "x@acme.example"}, {"name": "X"}, {"permissions": []}]
)
async def test_the_same_key_for_another_invitation_is_refused(
    sqlite_world: World, change: dict[str, Any]
) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    given = {**await new(ada, "OWNER"), "idempotencyKey": "one"}
    await ada.do("inviteUser", **given)
    refusal = await ada.refusal("inviteUser", **given | change)
    assert refusal == ("IDEMPOTENCY_KEY_REUSED", ["input", "idempotencyKey"])


async def test_nobody_is_invited_once_the_subscription_has_ended(sqlite_world: World) -> None:
    await sqlite_world.load()
    await sqlite_world.client("ada").do("cancelSubscription")
    sqlite_world.at("2027-03-02T12:00:00")
    ada = sqlite_world.client("ada")
    code, _ = await ada.refusal("inviteUser", **await new(ada))
    assert code == "SUBSCRIPTION_CANCELED"


# --- disabling and enabling -----------------------------------------------------------------


async def test_a_disabled_user_gives_the_seat_back(sqlite_world: World) -> None:
    await sqlite_world.load(tight())
    ada = sqlite_world.client("ada")
    payload = await ada.do("disableUser", "user { status takesSeat }", **await user_id(ada, "paul"))
    assert payload["user"] == {"status": "DISABLED", "takesSeat": False}
    await ada.do("inviteUser", **await new(ada, "OWNER"))


async def test_a_disabled_user_is_signed_out(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada, paul = sqlite_world.client("ada"), sqlite_world.client("paul")
    await ada.do("disableUser", **await user_id(ada, "paul"))
    assert await paul.code("{ viewer { id } }") == "UNAUTHENTICATED"


async def test_disabling_twice_changes_nothing_and_is_no_error(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    for _ in range(2):
        payload = await ada.do("disableUser", "user { status }", **await user_id(ada, "paul"))
        assert payload["user"]["status"] == "DISABLED"


async def test_an_enabled_user_is_active_again_in_the_same_group(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    mia = await user_id(ada, "mia")
    await ada.do("disableUser", **mia)
    user = (await ada.do("enableUser", PERSON, **mia))["user"]
    assert (user["status"], user["takesSeat"]) == ("ACTIVE", True)
    assert user["seatGroup"] == {"name": "Marketing"}


async def test_whoever_never_came_is_invited_again_when_enabled(sqlite_world: World) -> None:
    await sqlite_world.load(
        with_users({"email": "i@acme.example", "name": "I", "status": "INVITED"})
    )
    ada = sqlite_world.client("ada")
    invited = await user_id(ada, "i")
    await ada.do("disableUser", **invited)
    assert (await ada.do("enableUser", PERSON, **invited))["user"]["status"] == "INVITED"


async def test_nobody_is_enabled_into_a_full_group(world: World) -> None:
    await world.load(tight())
    ada = world.client("ada")
    mia, paul = await user_id(ada, "mia"), await user_id(ada, "paul")
    await ada.do("disableUser", **mia)
    marketing = await ada.id_of("group", "Marketing")
    await ada.do("assignSeatGroup", userIds=list(paul.values()), seatGroupId=marketing)
    assert await ada.refusal("enableUser", **mia) == FULL
    answer = await ada.data("{ account { users(filter: {status: DISABLED}) { totalCount } } }")
    assert answer["account"]["users"]["totalCount"] == 1


async def test_nobody_is_enabled_when_all_seats_are_taken(world: World) -> None:
    await world.load(tight())
    ada = world.client("ada")
    paul = await user_id(ada, "paul")
    await ada.do("disableUser", **paul)
    await ada.do("inviteUser", **await new(ada, "OWNER"))
    assert await ada.refusal("enableUser", **paul) == NOT_ENOUGH


async def test_whoever_takes_no_seat_is_enabled_when_all_seats_are_taken(
    sqlite_world: World,
) -> None:
    await sqlite_world.load(tight())
    ada = sqlite_world.client("ada")
    adam = await user_id(ada, "adam")
    await ada.do("disableUser", **adam)
    assert (await ada.do("enableUser", PERSON, **adam))["user"]["status"] == "ACTIVE"


async def test_a_user_is_enabled_in_another_group(sqlite_world: World) -> None:
    await sqlite_world.load(tight())
    ada = sqlite_world.client("ada")
    mia = await user_id(ada, "mia")
    await ada.do("disableUser", **mia)
    sales = await ada.id_of("group", "Sales")
    user = (await ada.do("enableUser", PERSON, **mia, seatGroupId=sales))["user"]
    assert user["seatGroup"] == {"name": "Sales"}


async def test_enabling_does_not_move_an_active_user_into_a_full_group(sqlite_world: World) -> None:
    await sqlite_world.load(tight())
    ada = sqlite_world.client("ada")
    marketing = await ada.id_of("group", "Marketing")
    refusal = await ada.refusal("enableUser", **await user_id(ada, "paul"), seatGroupId=marketing)
    assert refusal == FULL


async def test_where_a_group_is_required_a_paid_user_is_enabled_in_one(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    paul = await user_id(ada, "paul")
    await ada.do("disableUser", **paul)
    await ada.do("updateLicenseManagement", seatGroupRequired=True)
    assert await ada.refusal("enableUser", **paul) == REQUIRED
    await ada.do("enableUser", **paul, seatGroupId=await ada.id_of("group", "Sales"))


async def test_while_a_decrease_waits_users_can_take_the_seats_paid_for_now(
    sqlite_world: World,
) -> None:
    await sqlite_world.load(tight(seats=8))
    ada = sqlite_world.client("ada")
    await ada.do("changeUsers", seats=6)
    await ada.do("inviteUser", **await new(ada, "OWNER"))


# --- rights ------------------------------------------------------------------------------------


async def test_rights_are_given_and_taken(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    paul = await user_id(ada, "paul")
    given = await ada.do(
        "setAdministrator", PERSON, **paul, administrator=True, billingAdministrator=True
    )
    assert given["user"]["isAdministrator"] is given["user"]["isBillingAdministrator"] is True
    taken = await ada.do("setAdministrator", PERSON, **paul, administrator=False)
    assert taken["user"]["isAdministrator"] is False
    assert taken["user"]["isBillingAdministrator"] is True


async def test_administrators_rights_alone_take_no_seat(sqlite_world: World) -> None:
    await sqlite_world.load(samples.premium(subscription={"seats": 5}))
    ada = sqlite_world.client("ada")
    user = (
        await ada.do(
            "setAdministrator", PERSON, **await user_id(ada, "adam"), billingAdministrator=True
        )
    )["user"]
    assert user["isAdministrator"] is user["isBillingAdministrator"] is True
    assert user["takesSeat"] is False


async def test_the_last_billing_administrator_keeps_the_right(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    myself = await user_id(ada, "ada")
    refusal = await ada.refusal("setAdministrator", **myself, billingAdministrator=False)
    assert refusal == (LAST, ["input", "billingAdministrator"])
    assert (await ada.data("{ viewer { isBillingAdministrator } }"))["viewer"] == {
        "isBillingAdministrator": True
    }


async def test_the_last_billing_administrator_is_not_disabled(sqlite_world: World) -> None:
    await sqlite_world.load()
    adam = sqlite_world.client("adam")
    refusal = await adam.refusal("disableUser", **await user_id(adam, "ada"))
    assert refusal == (LAST, ["input", "userId"])


async def test_a_disabled_billing_administrator_is_no_other_one(world: World) -> None:
    await world.load(
        with_users(
            {
                "email": "off@acme.example",
                "name": "Off",
                "status": "DISABLED",
                "billing_administrator": True,
            }
        )
    )
    ada = world.client("ada")
    myself = await user_id(ada, "ada")
    code, _ = await ada.refusal("setAdministrator", **myself, billingAdministrator=False)
    assert code == LAST


async def test_one_of_two_billing_administrators_can_give_the_right_up(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await ada.do("setAdministrator", **await user_id(ada, "paul"), billingAdministrator=True)
    await ada.do("setAdministrator", **await user_id(ada, "ada"), billingAdministrator=False)
    assert await ada.code("{ account { subscription { seats } } }") == "FORBIDDEN"


# --- finding -----------------------------------------------------------------------------------


async def found(client: Client, **wanted: Any) -> list[str]:
    """The users that a filter finds, by the part of the e-mail before the @."""
    query = """query($filter: UserFilter) {
        account { users(filter: $filter) { totalCount edges { node { email } } } }
    }"""
    users = (await client.data(query, filter=wanted))["account"]["users"]
    assert users["totalCount"] == len(users["edges"])
    return [edge["node"]["email"].partition("@")[0] for edge in users["edges"]]


EVERYONE = ["ada", "adam", "grace", "mia", "olga", "paul"]


@pytest.mark.parametrize(
    ("search", "names"),
    [
        ("ada", ["ada", "adam"]),
        ("Plain", ["paul"]),
        ("pLAIN", ["paul"]),
        ("PAUL@ACME", ["paul"]),
        ("  grace ", ["grace"]),
        ("a P", ["olga"]),
        ("", EVERYONE),
        ("nobody", []),
    ],
)
async def test_search_looks_in_names_and_e_mails_without_regard_to_case(
    sqlite_world: World, search: str, names: list[str]
) -> None:
    users = [*samples.USERS[:2], *samples.USERS[2:]]
    users[2] = {**users[2], "name": "Olga Pwner"}
    await sqlite_world.load(samples.account(users=users))
    assert await found(sqlite_world.client("ada"), search=search) == names


@pytest.mark.parametrize(
    ("search", "names"),
    [
        ("100%", ["percent"]),
        ("%", ["percent"]),
        ("_", ["under"]),
        ("\\", ["back"]),
        ("'", ["quote"]),
    ],
)
async def test_search_takes_every_character_as_it_stands(
    world: World, search: str, names: list[str]
) -> None:
    special = {"percent": "100% Sure", "under": "A_B", "back": "C\\D", "quote": "O'Hara"}
    more = [{"email": f"{key}@acme.example", "name": name} for key, name in special.items()]
    await world.load(with_users(*more))
    assert await found(world.client("ada"), search=search) == names


@pytest.mark.parametrize("search", ["STRASSE", "straße", "Strasse"])
async def test_search_folds_case_in_every_script(world: World, search: str) -> None:
    await world.load(with_users({"email": "s@acme.example", "name": "Susi Straße"}))
    assert await found(world.client("ada"), search=search) == ["s"]


async def test_a_filter_takes_what_is_null_as_left_out(sqlite_world: World) -> None:
    await sqlite_world.load()
    nulls = dict.fromkeys(("search", "status", "takesSeat", "seatGroupId", "ungrouped"))
    assert await found(sqlite_world.client("ada"), **nulls) == EVERYONE


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ({"status": "ACTIVE"}, ["adam", "grace", "mia", "olga", "paul"]),
        ({"status": "DISABLED"}, []),
        ({"takesSeat": True}, ["grace", "mia", "olga", "paul"]),
        ({"takesSeat": False}, ["ada", "adam"]),
        ({"ungrouped": True}, ["ada", "adam", "olga", "paul"]),
        ({"ungrouped": False}, ["grace", "mia"]),
        ({"ungrouped": True, "takesSeat": True}, ["olga", "paul"]),
        ({"search": "a", "ungrouped": False}, ["grace", "mia"]),
    ],
)
async def test_all_parts_of_a_filter_must_hold(
    sqlite_world: World, wanted: dict[str, Any], names: list[str]
) -> None:
    users = [{**user, "status": "INVITED"} for user in samples.USERS[:1]]
    await sqlite_world.load(samples.account(users=[*samples.USERS[1:], *users]))
    assert await found(sqlite_world.client("adam"), **wanted) == names


async def test_a_filter_for_a_group_finds_its_members(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    marketing = await ada.id_of("group", "Marketing")
    assert await found(ada, seatGroupId=marketing) == ["grace", "mia"]
    assert await found(ada, seatGroupId=marketing, ungrouped=True) == []
