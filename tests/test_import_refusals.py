"""Import files that break a rule: the whole file is refused, and each place at fault named."""

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from services import clock, imports
from services.errors import OperatorError
from tests import samples
from tests.test_import import dump
from tests.world import World

Document = dict[str, Any]
Steps = tuple[str | int, ...]

ACCOUNT: Steps = ("accounts", 0)
SUBSCRIPTION: Steps = (*ACCOUNT, "subscription")
DETAILS: Steps = (*ACCOUNT, "billing_details")
PRICE: Steps = ("plans", 0, "prices", 0)
GROUP: Steps = (*ACCOUNT, "seat_groups", 0)
USER: Steps = (*ACCOUNT, "users", 5)


def written(steps: Steps) -> str:
    """A place as the refusal names it: accounts[0].users[5].email."""
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return path.removeprefix(".")


def with_value(steps: Steps, value: object, document: Document | None = None) -> Document:
    """The sample file with another value at a place."""
    changed: Any = deepcopy(document or samples.file(samples.account()))
    part = changed
    for step in steps[:-1]:
        part = part[step]
    part[steps[-1]] = deepcopy(value)
    found: Document = changed
    return found


async def refused(document: Document | str) -> list[str]:
    """The lines that refuse the file, which changes nothing."""
    content = document if isinstance(document, str) else json.dumps(document)
    before = await dump()
    with pytest.raises(OperatorError) as caught:
        await imports.import_file(imports.parse(content.encode()), clock.now())
    assert await dump() == before
    return str(caught.value).splitlines()


def malformed(content: bytes) -> list[str]:
    """The lines that refuse a file for its form alone."""
    with pytest.raises(OperatorError) as caught:
        imports.parse(content)
    return str(caught.value).splitlines()


# --- values that cannot stand where they do -----------------------------------------------

FORMS: list[tuple[Steps, object]] = [
    ((*PRICE, "unit_price"), 149.0),
    ((*PRICE, "unit_price"), 149),
    ((*PRICE, "unit_price"), None),
    ((*PRICE, "interval"), "WEEK"),
    ((*PRICE, "currency"), "USX"),
    (("plans", 0, "features", 0), "EVERYTHING"),
    (("plans", 0, "code"), "no spaces"),
    (("plans", 0, "name"), ""),
    ((*ACCOUNT, "code"), "x" * 65),
    ((*ACCOUNT, "code"), "acme\n"),
    ((*ACCOUNT, "name"), ""),
    ((*ACCOUNT, "name"), "   "),
    ((*ACCOUNT, "name"), "a\u0000b"),
    ((*ACCOUNT, "time_zone"), "America/Nowhere"),
    ((*ACCOUNT, "time_zone"), "../../etc/passwd"),
    ((*ACCOUNT, "currency"), "XXX"),
    ((*ACCOUNT, "tax_rate"), "19.00"),
    ((*ACCOUNT, "tax_rate"), "-0.01"),
    ((*ACCOUNT, "tax_rate"), "0.0000001"),
    ((*ACCOUNT, "tax_rate"), "NaN"),
    ((*ACCOUNT, "invoice_prefix"), "A/B"),
    ((*ACCOUNT, "invoice_prefix"), "ACME-CN"),
    ((*ACCOUNT, "payment_terms_days"), -1),
    ((*ACCOUNT, "payment_terms_days"), 366),
    ((*ACCOUNT, "payment_terms_days"), "30"),
    ((*DETAILS, "billing_email"), "billing.acme.example"),
    ((*DETAILS, "locale"), "xx-XX"),
    ((*DETAILS, "locale"), "../de"),
    ((*DETAILS, "address", "country_code"), "ZZ"),
    ((*DETAILS, "address", "country_code"), "USA"),
    ((*DETAILS, "address", "postal_code"), "1\u00002"),
    ((*DETAILS, "address", "postal_code"), "x" * 201),
    ((*SUBSCRIPTION, "unit_price"), 1788.0),
    ((*SUBSCRIPTION, "unit_price"), 1788),
    ((*SUBSCRIPTION, "seats"), -1),
    ((*SUBSCRIPTION, "seats"), True),
    ((*SUBSCRIPTION, "seats"), "60"),
    ((*SUBSCRIPTION, "seats"), 1_000_001),
    ((*SUBSCRIPTION, "seats"), 10**400),
    ((*SUBSCRIPTION, "interval"), "year"),
    ((*SUBSCRIPTION, "started_on"), "1999-12-31"),
    ((*SUBSCRIPTION, "started_on"), "2026-02-29"),
    ((*SUBSCRIPTION, "started_on"), "01.03.2026"),
    ((*ACCOUNT, "products", 0, "code"), "road map"),
    ((*GROUP, "seats"), -1),
    ((*GROUP, "name"), "\u200b"),
    ((*GROUP, "administrators", 0), "grace"),
    ((*USER, "email"), "paul.acme.example"),
    ((*USER, "email"), "paul@acme.example\nBcc: all@acme.example"),
    ((*USER, "name"), ""),
    ((*USER, "status"), "GONE"),
    ((*USER, "administrator"), "yes"),
    ((*USER, "last_active_at"), "2026-06-30T08:00:00"),
    ((*USER, "permissions", "roadmap"), "EDITOR"),
    (("accounts",), {}),
]


@pytest.mark.parametrize(
    ("steps", "value"),
    FORMS,
    ids=[f"{written(steps)}={value!r:.40}" for steps, value in FORMS],
)
def test_what_cannot_stand_in_a_place_is_refused_there(steps: Steps, value: object) -> None:
    (line,) = malformed(json.dumps(with_value(steps, value)).encode())
    assert line.startswith(f"{written(steps)}: ")


UNKNOWN: list[Steps] = [
    ("version",),
    ("plans", 0, "colour"),
    (*PRICE, "amount"),
    (*ACCOUNT, "subscripton"),
    (*SUBSCRIPTION, "pending_seats"),
    (*DETAILS, "phone"),
    (*DETAILS, "address", "zip"),
    (*ACCOUNT, "products", 0, "title"),
    (*GROUP, "members"),
    (*USER, "seatGroup"),
]


@pytest.mark.parametrize("steps", UNKNOWN, ids=written)
def test_an_unknown_key_is_refused_at_its_place(steps: Steps) -> None:
    (line,) = malformed(json.dumps(with_value(steps, "x")).encode())
    assert line.startswith(f"{written(steps)}: ")


@pytest.mark.parametrize(
    "steps",
    [
        (*ACCOUNT, "code"),
        (*ACCOUNT, "currency"),
        SUBSCRIPTION,
        (*SUBSCRIPTION, "started_on"),
        (*DETAILS, "address", "city"),
        (*USER, "email"),
    ],
    ids=written,
)
def test_what_is_needed_and_missing_is_refused_at_its_place(steps: Steps) -> None:
    document = samples.file(samples.account())
    part: Any = document
    for step in steps[:-1]:
        part = part[step]
    del part[steps[-1]]
    (line,) = malformed(json.dumps(document).encode())
    assert line.startswith(f"{written(steps)}: ")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"{'plans': []}",
        b'{"plans": [],}',
        b'{"plans": "\xff"}',
        b'{"plans": [NaN]}',
        b"[" * 100_000,
        b'{"plans": ' + b"1" * 5_000 + b"}",
        "{}".encode("utf-16"),
    ],
    ids=["empty", "open", "quotes", "comma", "bytes", "nan", "deep", "digits", "utf-16"],
)
def test_what_is_not_json_is_refused_in_one_line(content: bytes) -> None:
    (line,) = malformed(content)
    assert line


@pytest.mark.parametrize("content", [b"[]", b"null", b'"plans"', b"1"])
def test_a_file_that_holds_no_object_is_refused(content: bytes) -> None:
    (line,) = malformed(content)
    assert line.startswith("the file: ")


@pytest.mark.parametrize(
    "content",
    ['{"plans": [], "plans": []}', '{"accounts": [{"code": "a", "code": "a"}]}'],
)
def test_a_key_that_stands_twice_in_one_object_is_refused(content: str) -> None:
    (line,) = malformed(content.encode())
    assert "stands twice" in line


# --- rules of the domain ------------------------------------------------------------------


def users(**changes: dict[str, Any]) -> Document:
    """The sample file with changes of users by name."""
    document = samples.file(samples.account())
    for user in document["accounts"][0]["users"]:
        user |= changes.get(user["email"].partition("@")[0], {})
    return document


def premium(**changes: Any) -> Document:
    return samples.file(samples.premium(**changes))


def more(part: str, *entries: object) -> Document:
    """The sample file with further entries in a list of the account."""
    return with_value((*ACCOUNT, part), [*samples.ACCOUNT[part], *entries])


def twice(part: str) -> Document:
    document = samples.file(samples.account())
    document[part].append(deepcopy(document[part][0]))
    return document


def group(name: str, seats: int = 1, **more: Any) -> dict[str, Any]:
    return {"name": name, "seats": seats, **more}


MANAGED = {"license_management": {"seat_group_required": True}}
OLGA_AND_PAUL = "2 paid users without a seat group share 1 seats"

RULES: dict[str, tuple[Document, str]] = {
    "users beyond the seats": (
        samples.file(samples.account(subscription={"seats": 26})),
        f"accounts[0]: {OLGA_AND_PAUL}",
    ),
    "users beyond the seats of Premium, where every role takes one": (
        premium(subscription={"seats": 4}),
        "accounts[0]: 5 paid users without a seat group share 4 seats",
    ),
    "allocations beyond the total": (
        with_value((*SUBSCRIPTION, "seats"), 24),
        "accounts[0]: seat groups hold 25 seats of 24",
    ),
    "a group too full": (
        with_value((*GROUP, "seats"), 1),
        'accounts[0]: seat group "Marketing" has 2 paid users for 1 seats',
    ),
    "an unknown plan": (
        with_value((*SUBSCRIPTION, "plan"), "gold"),
        "accounts[0].subscription.plan: there is no plan gold",
    ),
    "an unknown product": (
        users(paul={"permissions": {"wiki": "OWNER"}}),
        "accounts[0].users[5].permissions.wiki: there is no product wiki",
    ),
    "an unknown group": (
        users(paul={"seat_group": "Support"}),
        "accounts[0].users[5].seat_group: there is no seat group Support",
    ),
    "an unknown administrator": (
        more("seat_groups", group("Support", administrators=["who@acme.example"])),
        "accounts[0].seat_groups[2].administrators[0]: there is no user who@acme.example",
    ),
    "a plan without a price in the currency": (
        with_value((*ACCOUNT, "currency"), "CHF"),
        "accounts[0].subscription.unit_price: plan enterprise_plus has no YEAR price in CHF",
    ),
    "a plan without a price for the interval": (
        premium(subscription={"interval": "YEAR"}),
        "accounts[0].subscription.unit_price: plan premium has no YEAR price in USD",
    ),
    "too many decimals of a dollar": (
        with_value((*SUBSCRIPTION, "unit_price"), "1.001"),
        "accounts[0].subscription.unit_price: finer than USD's 2 decimals",
    ),
    "too many decimals of a yen": (
        with_value(("plans", 0, "prices", 2, "unit_price"), "15000.5"),
        "plans[0].prices[2].unit_price: finer than JPY's 0 decimals",
    ),
    "a price with a comma": (
        with_value((*SUBSCRIPTION, "unit_price"), "1,50"),
        'accounts[0].subscription.unit_price: not a decimal number such as "149.00"',
    ),
    "a negative price": (
        with_value((*PRICE, "unit_price"), "-1.00"),
        "plans[0].prices[0].unit_price: must be between 0 and 1000000000000 minor units",
    ),
    "a subscription that begins tomorrow": (
        samples.file(samples.account(subscription={"started_on": "2026-07-02"})),
        "accounts[0].subscription.started_on: is in the future (today is 2026-07-01)",
    ),
    "seat groups on a plan without them": (
        premium(seat_groups=[group("Marketing")]),
        "accounts[0]: plan premium has no seat groups",
    ),
    "license management on a plan without it": (
        premium(license_management={"only_billing_administrators_manage_users": True}),
        "accounts[0]: plan premium has no license management",
    ),
    "a paid user outside groups where a group is required": (
        samples.file(samples.account(**MANAGED, users=samples.USERS[3:])),
        "accounts[0].users[2].seat_group: every paid user must be in a seat group",
    ),
    "a plan that stands twice": (twice("plans"), "plans[2]: enterprise_plus stands twice"),
    "a price that stands twice": (
        with_value(("plans", 0, "prices", 1, "interval"), "YEAR"),
        "plans[0].prices[1]: YEAR USD stands twice",
    ),
    "an account that stands twice": (twice("accounts"), "accounts[1]: acme stands twice"),
    "a product that stands twice": (
        more("products", {"code": "docs", "name": "Other"}),
        "accounts[0].products[2]: docs stands twice",
    ),
    "a group that stands twice, in another case": (
        more("seat_groups", group("MARKETING")),
        "accounts[0].seat_groups[2]: marketing stands twice",
    ),
    "an e-mail that stands twice, in another case": (
        more("users", {"email": "Paul@Acme.example", "name": "Paul"}),
        "accounts[0].users[6]: paul@acme.example stands twice",
    ),
}


@pytest.mark.parametrize(("document", "line"), RULES.values(), ids=RULES)
async def test_whatever_breaks_a_rule_refuses_the_file_at_its_place(
    sqlite_world: World, document: Document, line: str
) -> None:
    assert await refused(document) == [line]


async def test_on_both_databases_a_refused_file_changes_nothing(world: World) -> None:
    await world.load()
    document = samples.file(samples.account(name="New"), samples.account(code="beta"))
    document["plans"][1]["name"] = "New"
    document["accounts"][1]["seat_groups"][0]["seats"] = 1
    lines = await refused(document)
    assert lines == ['accounts[1]: seat group "Marketing" has 2 paid users for 1 seats']


# --- rules about what is stored already ---------------------------------------------------

Change = Callable[[Document], object]

NOBODY_LEFT = "accounts[0].users: the account would have no billing administrator left"


def subscribed(**terms: str) -> Change:
    return lambda document: document["accounts"][0]["subscription"].update(terms)


def removed(**changes: object) -> Change:
    return lambda document: document["accounts"][0]["users"][0].update(changes)


STORED: dict[str, tuple[Change, str]] = {
    "another plan": (
        subscribed(plan="premium", interval="YEAR", unit_price="1.00"),
        "accounts[0].subscription.plan: is enterprise_plus and cannot be changed by import",
    ),
    "another interval": (
        subscribed(interval="MONTH"),
        "accounts[0].subscription.interval: is YEAR and cannot be changed by import",
    ),
    "another first day": (
        subscribed(started_on="2026-04-01"),
        "accounts[0].subscription.started_on: is 2026-03-01 and cannot be changed by import",
    ),
    "another currency": (
        lambda document: document["accounts"][0].update(currency="EUR"),
        "accounts[0].currency: is USD and cannot be changed by import",
    ),
    "the last billing administrator without the right": (
        removed(billing_administrator=False),
        NOBODY_LEFT,
    ),
    "the last billing administrator disabled": (removed(status="DISABLED"), NOBODY_LEFT),
    "a group smaller than its members": (
        lambda document: document["accounts"][0]["seat_groups"][0].update(seats=1),
        'accounts[0]: seat group "Marketing" has 2 paid users for 1 seats',
    ),
    "a plan that loses the groups of its accounts": (
        lambda document: document["plans"][0]["features"].remove("SEAT_GROUPS"),
        "accounts[0]: plan enterprise_plus has no seat groups",
    ),
}


@pytest.mark.parametrize(("change", "line"), STORED.values(), ids=STORED)
async def test_what_is_stored_already_bounds_what_a_file_can_change(
    sqlite_world: World, change: Change, line: str
) -> None:
    await sqlite_world.load()
    document = samples.file(samples.account())
    change(document)
    assert await refused(document) == [line]


async def test_while_a_decrease_waits_groups_fit_into_the_pending_total(
    sqlite_world: World,
) -> None:
    await sqlite_world.load()
    await sqlite_world.client("ada").do("changeUsers", seats=30)
    lines = await refused(with_value((*GROUP, "seats"), 40))
    assert lines == ["accounts[0]: seat groups hold 45 seats of 30"]


def features(*names: str) -> Document:
    """A file of one plan alone."""
    return {"plans": [{**samples.PLANS[0], "features": names}]}


TAKEN: dict[str, tuple[tuple[str, ...], str]] = {
    "seat groups": (
        ("LICENSE_MANAGEMENT", "FREE_REVIEWERS"),
        "account acme: plan enterprise_plus has no seat groups",
    ),
    "license management": (
        ("SEAT_GROUPS", "FREE_REVIEWERS"),
        "account acme: plan enterprise_plus has no license management",
    ),
    "free roles": (
        ("SEAT_GROUPS", "LICENSE_MANAGEMENT"),
        "account acme: 3 paid users without a seat group share 2 seats",
    ),
}


@pytest.mark.parametrize(("left", "line"), TAKEN.values(), ids=TAKEN)
async def test_a_plan_keeps_the_features_that_accounts_need_which_the_file_does_not_name(
    sqlite_world: World, left: tuple[str, ...], line: str
) -> None:
    managed = {"only_billing_administrators_manage_users": True}
    full = samples.account(subscription={"seats": 27}, license_management=managed)
    await sqlite_world.load(full)
    assert await refused(features(*left)) == [f"plans[0].features: {line}"]


# --- several at once ----------------------------------------------------------------------


def test_every_place_whose_form_is_wrong_is_named() -> None:
    faults: list[tuple[Steps, object]] = [
        ((*PRICE, "unit_price"), 149.0),
        ((*ACCOUNT, "time_zone"), "Nowhere"),
        ((*GROUP, "seats"), -1),
        ((*USER, "email"), "paul"),
    ]
    document = samples.file(samples.account())
    for steps, value in faults:
        document = with_value(steps, value, document)
    places = [line.partition(": ")[0] for line in malformed(json.dumps(document).encode())]
    assert places == [written(steps) for steps, _ in faults]


async def test_every_place_that_breaks_a_rule_is_named(sqlite_world: World) -> None:
    document = more("users", {"email": "PAUL@acme.example", "name": "Paul"})
    document["plans"][0]["prices"][0]["unit_price"] = "1.001"
    one = document["accounts"][0]
    one["subscription"] |= {"started_on": "2026-07-02", "unit_price": "x"}
    one["users"][4]["permissions"] = {"wiki": "OWNER"}
    one["users"][5]["seat_group"] = "Support"
    document["accounts"].append(samples.account(code="beta", subscription={"plan": "gold"}))
    places = [line.partition(": ")[0] for line in await refused(document)]
    assert places == [
        "accounts[0].subscription.started_on",
        "accounts[0].subscription.unit_price",
        "accounts[0].users[4].permissions.wiki",
        "accounts[0].users[5].seat_group",
        "accounts[0].users[6]",
        "accounts[1].subscription.plan",
        "plans[0].prices[0].unit_price",
    ]


async def test_every_account_that_is_over_its_seats_is_named(sqlite_world: World) -> None:
    full = {"seats": 26}
    document = samples.file(
        samples.account(subscription=full), samples.account(code="beta", subscription=full)
    )
    lines = await refused(document)
    assert lines == [f"accounts[0]: {OLGA_AND_PAUL}", f"accounts[1]: {OLGA_AND_PAUL}"]


async def test_both_groups_and_users_that_do_not_fit_are_named(sqlite_world: World) -> None:
    document = with_value((*GROUP, "seats"), 1)
    document["accounts"][0]["subscription"]["seats"] = 7
    assert await refused(document) == [
        f"accounts[0]: {OLGA_AND_PAUL}",
        'accounts[0]: seat group "Marketing" has 2 paid users for 1 seats',
    ]
