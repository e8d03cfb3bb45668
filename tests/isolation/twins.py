"""Two accounts: Acme, and a rival whose every text holds a mark that nothing else holds."""

import copy
import json
import logging
import re
from base64 import urlsafe_b64decode
from binascii import Error as NoBase64
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from tortoise.models import Model

from models.accounts import Account
from schema import ids
from services import clock, operator_invoices
from tests import samples
from tests.isolation import shape
from tests.world import Client, World

MARK = "zzrival"
MARKS = (MARK, "asia/tokyo", "jpy")
"""What only the rival has; its currency and its zone among it."""

CALLERS = {
    "billing administrator": "ada",
    "administrator": "adam",
    "product owner": "olga",
    "group administrator": "grace",
    "other user": "paul",
    "disabled user": "dora",
    "unknown user": "nobody",
    "rival's billing administrator": f"{MARK}.ada@{MARK}.example",
    "nobody": None,
}
"""Who calls: with a token of Acme's, but for the last two."""

SIGNED_IN = [*CALLERS][:5]


def acme() -> dict[str, Any]:
    """The sample account with a disabled user, and somebody in Sales."""
    dora = {"email": "dora@acme.example", "name": "Dora Disabled", "status": "DISABLED"}
    sam = {"email": "sam@acme.example", "name": "Sam Sales", "seat_group": "Sales"}
    olaf = {"email": "olaf@acme.example", "name": "Olaf Other", "seat_group": "Sales"}
    groups = copy.deepcopy(samples.ACCOUNT["seat_groups"])
    groups[0]["administrators"].append(olaf["email"])
    users = [*copy.deepcopy(samples.USERS), dora, sam, olaf]
    return samples.account(users=users, seat_groups=groups)


def rival() -> dict[str, Any]:
    """The same with the mark in every text, in another currency and zone."""
    marked = copy.deepcopy(acme())
    for user in marked["users"]:
        user |= {"name": f"{MARK} {user['name']}", "email": _marked_email(user["email"])}
        user["permissions"] = {f"{MARK}_{k}": v for k, v in user.get("permissions", {}).items()}
        user["seat_group"] = user.get("seat_group") and f"{MARK} {user['seat_group']}"
    for group in marked["seat_groups"]:
        group["name"] = f"{MARK} {group['name']}"
        group["administrators"] = [_marked_email(email) for email in group["administrators"]]
    for product in marked["products"]:
        product |= {"code": f"{MARK}_{product['code']}", "name": f"{MARK} {product['name']}"}
    texts = ("line1", "line2", "postal_code", "city", "region")
    address = {name: f"{MARK} {name}" for name in texts} | {"country_code": "JP"}
    details = {"billing_email": f"{MARK}@{MARK}.example", "legal_name": f"{MARK} legal"}
    return marked | {
        "code": MARK,
        "name": f"{MARK} Inc.",
        "time_zone": "Asia/Tokyo",
        "currency": "JPY",
        "invoice_prefix": MARK.upper(),
        "billing_details": {**details, "address": address, "tax_id": f"{MARK} tax"},
        "subscription": marked["subscription"] | {"interval": "MONTH"},
    }


def _marked_email(email: str) -> str:
    return f"{MARK}.{email.partition('@')[0]}@{MARK}.example"


def client(world: World, caller: str) -> Client:
    """The client of one of CALLERS."""
    email = CALLERS[caller]
    if email is None:
        return world.stranger()
    return world.client(email, MARK if MARK in email else "acme")


def rivals(world: World) -> Client:
    """The rival's billing administrator."""
    return client(world, "rival's billing administrator")


async def load(world: World) -> None:
    """Both accounts, each with a history in which every field has something to show."""
    await world.load(_exempt(acme(), ""), _exempt(rival(), f"{MARK} "))
    await world.load(_taxed(acme(), ""), _taxed(rival(), f"{MARK} "))
    await _live(world.client("ada"), "")
    await _live(rivals(world), f"{MARK} ")
    await _credit("acme", "ACME-00001", "Down")
    await _credit(MARK, f"{MARK.upper()}-00001", f"{MARK} Down")


def _exempt(account: dict[str, Any], mark: str) -> dict[str, Any]:
    del account["tax_rate"]
    return account | {"tax": {"treatment": "EXEMPT", "exemption_reason": f"{mark}Article 132"}}


def _taxed(account: dict[str, Any], mark: str) -> dict[str, Any]:
    del account["tax_rate"]
    rates = [{"name": f"{mark}VAT", "rate": "0.19"}]
    return account | {"tax": {"treatment": "STANDARD", "rates": rates}}


async def _credit(code: str, number: str, reason: str) -> None:
    await operator_invoices.credit(code, number, None, reason, None, clock.now())


async def _live(ada: Client, mark: str) -> None:
    address = {"line1": f"{mark}1 Main Street", "line2": f"{mark}Floor 2", "region": f"{mark}NY"}
    address |= {"postalCode": f"{mark}10001", "city": f"{mark}Town", "countryCode": "US"}
    reference = {"taxId": f"{mark}TAX", "purchaseOrderNumber": f"{mark}PO"}
    await ada.do("updateBillingDetails", address=address, **reference)
    order = {"purchaseOrderNumber": f"{mark}PO-7", "idempotencyKey": f"{mark}key"}
    await ada.do("changeUsers", seats=70, **order)
    group = await ada.id_of("group", f"{mark}Sales")
    await ada.do("allocateSeats", allocations=[{"seatGroupId": group, "seats": 6}])
    await ada.do("cancelSubscription")
    await ada.do("resumeSubscription")
    await ada.do("changeUsers", seats=60)
    await _use_tokens(ada, mark)


async def _use_tokens(ada: Client, mark: str) -> None:
    """An access token that was used and revoked, and one that lives."""
    fields, scopes = "secret accessToken { id }", ["READ"]
    old = await ada.do("createAccessToken", fields, name=f"{mark}Old script", scopes=scopes)
    await Client(ada.http, old["secret"]).data("{ viewer { id } }")
    await ada.do("revokeAccessToken", accessTokenId=old["accessToken"]["id"])
    await ada.do("createAccessToken", name=f"{mark}Script", scopes=scopes)


def own_kind(answer: Any) -> dict[str, str]:
    """The first id of each type in an answer, by "@Type"."""
    found: dict[str, str] = {}
    for value in objects(answer):
        if "id" in value and "__typename" in value:
            found.setdefault(f"@{value['__typename']}", value["id"])
    return found


async def survey(client: Client) -> list[dict[str, Any]]:
    """The answers to queries for everything."""
    answers = [await client.send(query) for query in shape.queries()]
    assert "GRAPHQL" not in str(answers), "the walk asks for what is not valid"
    return answers


async def ids_of(client: Client, mark: str = "") -> dict[str, str]:
    """An id of each type with a global id, as far as the account has one."""
    named = {
        "@SeatGroup": await client.id_of("group", f"{mark}Sales"),
        "@SeatGroup too": await client.id_of("group", f"{mark}Marketing"),
        "@User": await client.id_of("user", f"{mark.strip()}.paul@{MARK}.example")
        if mark
        else await client.id_of("user", "paul@acme.example"),
    }
    return own_kind([await client.data(query) for query in shape.finders()]) | named


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in an answer."""
    if isinstance(value, list):
        for part in value:
            yield from objects(part)
    elif isinstance(value, dict):
        yield value
        for part in value.values():
            yield from objects(part)


async def rows(code: str) -> dict[str, list[dict[str, Any]]]:
    """Every row that an account has, in every table that there is."""
    (row,) = await Account.filter(code=code).values()
    own: dict[str, Any] = {"account_id": row["id"]}
    tables = [model for model in Model.__subclasses__() if model.__module__.startswith("models.")]
    found = {
        model.__name__: await model.filter(**own).order_by(model._meta.pk_attr).values()
        for model in tables
        if "account_id" in model._meta.fields_map
    }
    return {"Account": [row], **found}


async def keys(code: str) -> set[UUID]:
    """The keys of all of an account's rows."""
    every = [row for table in (await rows(code)).values() for row in table]
    return {value for row in every for value in row.values() if isinstance(value, UUID)}


class Secrets:
    """What of the rival's must never be told: the marks, and the keys of its rows."""

    def __init__(self, keys: set[UUID]) -> None:
        self.told = [*MARKS, *(form for key in keys for form in (str(key), key.hex))]

    def in_answer(self, answer: Any) -> list[str]:
        """Those that an answer holds, in any of its texts or in what they encode."""
        text = json.dumps(answer)
        whole = " ".join([text, *_decoded(text)]).casefold()
        return [secret for secret in self.told if secret in whole]


def _decoded(text: str) -> Iterator[str]:
    for part in set(re.findall(r"[A-Za-z0-9_+/-]{8,}", text)):
        try:
            yield urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode("latin-1")
        except (NoBase64, ValueError):
            continue


async def secrets() -> Secrets:
    """The rival's secrets as they are now."""
    return Secrets(await keys(MARK) - await keys("acme"))


@contextmanager
def counting() -> Iterator[list[str]]:
    """The statements that are sent within the block."""
    said: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            # The statement, and what its parameters are.
            said.append(str(record.args[0] if isinstance(record.args, tuple) else record.msg))

    log, keep = logging.getLogger("tortoise.db_client"), Keep()
    before = log.level
    log.addHandler(keep)
    log.setLevel(logging.DEBUG)
    try:
        yield said
    finally:
        log.removeHandler(keep)
        log.setLevel(before)


def unknown(kind: str, number: int = 1) -> str:
    """An id that could be, of no object."""
    return ids.encode(kind.removeprefix("@").split()[0], UUID(int=(7 << 76) + number))
