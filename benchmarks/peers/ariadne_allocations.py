"""M1 of the Python peer: the floor's statements and the product's checks."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from benchmarks.peers.ariadne_statements import LOCK, READ, WRITE

MAX_SEATS = 1_000_000


class Refusal(Exception):
    """What the caller can act on."""

    def __init__(self, code: str, message: str, *field: str) -> None:
        super().__init__(message)
        self.user_error = {"code": code, "message": message, "field": ["input", *field]}


async def allocate(
    pool: asyncpg.Pool, caller: Any, at: datetime, allocations: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The groups as they are now, in the order given. Raises Refusal."""
    wanted = _parsed(allocations)
    async with pool.acquire() as connection, connection.transaction():
        count = await connection.fetchval(LOCK, caller["account_id"])
        rows = await connection.fetch(READ, caller["account_id"], caller["id"], list(wanted))
        groups = _decided(rows, wanted)
        if changed := [group for group in groups if group["seats"] != group["before"]]:
            growth = sum(group["seats"] - group["before"] for group in changed)
            await connection.execute(
                WRITE,
                caller["account_id"],
                rows[0]["seats_allocated"] + growth,
                [group["id"] for group in changed],
                [group["seats"] for group in changed],
                uuid4(),
                count + 1,
                at,
                caller["id"],
                *_told(changed),
            )
    return groups


def _parsed(allocations: Sequence[Mapping[str, Any]]) -> dict[UUID, int]:
    wanted: dict[UUID, int] = {}
    for allocation in allocations:
        name, _, key = urlsafe_b64decode(allocation["seatGroupId"]).decode().partition(":")
        if name != "SeatGroup" or UUID(hex=key) in wanted:
            raise _unknown_group()
        wanted[UUID(hex=key)] = allocation["seats"]
    return wanted


def _decided(rows: Sequence[Any], wanted: Mapping[UUID, int]) -> list[dict[str, Any]]:
    """The groups as they will be, from what was read under the lock."""
    if not rows or rows[0]["user_status"] == "DISABLED":
        raise PermissionError("The token's user cannot sign in.")
    first = rows[0]
    if first["status"] == "CANCELED":
        raise Refusal("SUBSCRIPTION_CANCELED", "The subscription has ended.")
    if "SEAT_GROUPS" not in json.loads(first["features"]):
        raise Refusal("FEATURE_NOT_IN_PLAN", "The plan does not include this.")
    by_id = {row["group_id"]: row for row in rows}
    groups = [
        _changed(by_id.get(key), seats, index) for index, (key, seats) in enumerate(wanted.items())
    ]
    growth = sum(group["seats"] - group["before"] for group in groups)
    pending = first["pending_seats"]
    bound = first["seats"] if pending is None else min(first["seats"], pending)
    free = bound - first["seats_allocated"] - first["seats_ungrouped"]
    if growth > 0 and growth > free:
        message = f"Only {max(free, 0)} more seats can be allocated."
        raise Refusal("NOT_ENOUGH_SEATS", message, "allocations", "0", "seats")
    return groups


def _changed(row: Any, seats: int, index: int) -> dict[str, Any]:
    field = ("allocations", str(index), "seats")
    if row is None:
        raise _unknown_group()
    if not 0 <= seats <= MAX_SEATS:
        raise Refusal("INVALID", "Seats must be between 0 and 1,000,000.", *field)
    if seats < row["group_seats_used"]:
        message = f'Seat group "{row["name"]}" has {row["group_seats_used"]} paid users.'
        raise Refusal("SEAT_GROUP_FULL", message, *field)
    return {
        "id": row["group_id"],
        "name": row["name"],
        "seats": seats,
        "before": row["group_seats"],
        "seats_used": row["group_seats_used"],
    }


def _told(changed: Sequence[Mapping[str, Any]]) -> tuple[str, str, str]:
    parts = [f'"{row["name"]}" from {row["before"]} to {row["seats"]}' for row in changed]
    before, after = ({row["name"]: row[which] for row in changed} for which in ("before", "seats"))
    return f"Seats allocated: {', '.join(parts)}", json.dumps(before), json.dumps(after)


def _unknown_group() -> Refusal:
    return Refusal("NOT_FOUND", "There is no such seat group.", "allocations")
