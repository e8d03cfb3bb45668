"""An input for each mutation that is accepted, and gives every argument that is an ID.

A new mutation, or a new argument that is an ID, fails a test until it stands here.
"""

import copy
from typing import Any

INPUTS: dict[str, dict[str, Any]] = {
    "changeUsers": {"seats": 71},
    "cancelSubscription": {},
    "resumeSubscription": {},
    "createSeatGroup": {"name": "New", "seats": 1, "administratorIds": ["@User"]},
    "updateSeatGroup": {"seatGroupId": "@SeatGroup", "administratorIds": ["@User"]},
    "allocateSeats": {"allocations": [{"seatGroupId": "@SeatGroup", "seats": 7}]},
    "deleteSeatGroup": {"seatGroupId": "@SeatGroup", "moveUsersTo": "@SeatGroup too"},
    "inviteUser": {
        "email": "new@acme.example",
        "name": "New",
        "seatGroupId": "@SeatGroup",
        "permissions": [{"productId": "@Product", "role": "OWNER"}],
    },
    "assignSeatGroup": {"userIds": ["@User"], "seatGroupId": "@SeatGroup"},
    "setProductPermission": {"userId": "@User", "productId": "@Product", "role": "OWNER"},
    "disableUser": {"userId": "@User"},
    "enableUser": {"userId": "@User", "seatGroupId": "@SeatGroup"},
    "setAdministrator": {"userId": "@User", "administrator": True},
    "updateLicenseManagement": {"seatGroupRequired": True},
    "updateBillingDetails": {"legalName": "New"},
    "createAccessToken": {"name": "New", "scopes": ["READ"]},
    "revokeAccessToken": {"accessTokenId": "@AccessToken"},
}
"""@SeatGroup is one with room, @User a user without rights; "too" is another one."""

KINDS = {
    "userId": "User",
    "userIds": "User",
    "administratorIds": "User",
    "seatGroupId": "SeatGroup",
    "moveUsersTo": "SeatGroup",
    "productId": "Product",
    "accessTokenId": "AccessToken",
}
"""What an argument's id is of. `id` and `ids` can be of anything."""

Path = tuple[str, ...]


def at(value: Any, path: Path) -> Any:
    """What stands at a path."""
    for step in path:
        value = value[int(step) if isinstance(value, list) else step]
    return value


def replaced(value: Any, path: Path, by: Any) -> Any:
    """The input with another value at a path."""
    changed = copy.deepcopy(value)
    holder = at(changed, path[:-1])
    holder[int(path[-1]) if isinstance(holder, list) else path[-1]] = by
    return changed


def doubled(value: Any, path: Path, by: Any) -> Any:
    """The input with another item beside the one at a path, which leads through a list."""
    last = max(place for place, step in enumerate(path) if step == "0")
    changed = copy.deepcopy(value)
    items = at(changed, path[:last])
    items.append(by if last == len(path) - 1 else replaced(items[0], path[last + 1 :], by))
    return changed


def resolved(value: Any, own: dict[str, str]) -> Any:
    """The input with ids for "@Type"."""
    if isinstance(value, dict):
        return {key: resolved(part, own) for key, part in value.items()}
    if isinstance(value, list):
        return [resolved(part, own) for part in value]
    return own.get(value, value) if isinstance(value, str) else value
