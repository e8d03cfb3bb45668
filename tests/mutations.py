"""Every mutation of the API, each with an input that the account made here accepts."""

from typing import Any, NamedTuple

from tests import samples
from tests.world import Client


class Named(NamedTuple):
    """Stands in an input for the global id of what has the name."""

    what: str
    name: str


SALES = Named("group", "Sales")
PAUL = Named("user", "paul@acme.example")
DORA = Named("user", "dora@acme.example")
DOCS = Named("product", "Docs")
TOKEN = Named("access token", "Old")

INPUTS: dict[str, dict[str, Any]] = {
    "changeUsers": {"seats": 61},
    "cancelSubscription": {},
    "resumeSubscription": {},
    "createSeatGroup": {"name": "Support", "seats": 3},
    "updateSeatGroup": {"seatGroupId": SALES, "name": "Field sales"},
    "allocateSeats": {"allocations": [{"seatGroupId": SALES, "seats": 7}]},
    "deleteSeatGroup": {"seatGroupId": SALES},
    "inviteUser": {"email": "new@acme.example", "name": "Nina New"},
    "assignSeatGroup": {"userIds": [PAUL], "seatGroupId": SALES},
    "setProductPermission": {"userId": PAUL, "productId": DOCS, "role": "VIEWER"},
    "disableUser": {"userId": PAUL},
    "enableUser": {"userId": DORA},
    "setAdministrator": {"userId": PAUL, "administrator": True},
    "updateLicenseManagement": {"onlyBillingAdministratorsManageUsers": True},
    "updateBillingDetails": {"legalName": "Acme Holding"},
    "createAccessToken": {"name": "Deploy", "scopes": ["READ"]},
    "revokeAccessToken": {"accessTokenId": TOKEN},
}
"""Each changes something; resumeSubscription only where a cancellation was scheduled, and
revokeAccessToken what `input_of` creates for it."""


def account(**changes: Any) -> dict[str, Any]:
    """The sample account and a disabled user, Dora."""
    dora = {"email": "dora@acme.example", "name": "Dora Disabled", "status": "DISABLED"}
    return samples.account(users=[*samples.USERS, dora], **changes)


async def input_of(client: Client, mutation: str) -> dict[str, Any]:
    """The mutation's input as it is sent."""
    given: dict[str, Any] = await _resolved(client, INPUTS[mutation])
    return given


async def _resolved(client: Client, value: Any) -> Any:
    if value is TOKEN:
        payload = await client.do(
            "createAccessToken", "accessToken { id }", name=TOKEN.name, scopes=["READ"]
        )
        return payload["accessToken"]["id"]
    if isinstance(value, Named):
        return await client.id_of(*value)
    if isinstance(value, dict):
        return {key: await _resolved(client, part) for key, part in value.items()}
    if isinstance(value, list):
        return [await _resolved(client, part) for part in value]
    return value
