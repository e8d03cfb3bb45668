"""What a client can ask for: one function a mutation, which makes an input at random."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.concurrency.history import Intent, key_of
from tests.concurrency.tenants import Tenant

SUBSCRIPTION = """version seats pendingSeats status cancelAtPeriodEnd seatsAvailable seatsAllocated
  seatsUsed currentPeriod { start end }"""
GROUP = "id name seats seatsUsed seatsAvailable"
USER = "id email status takesSeat"

FIELDS = {
    "changeUsers": f"subscription {{ {SUBSCRIPTION} }} invoice {{ number lines {{ quantity }} }}",
    "cancelSubscription": f"subscription {{ {SUBSCRIPTION} }}",
    "resumeSubscription": f"subscription {{ {SUBSCRIPTION} }}",
    "createSeatGroup": f"seatGroup {{ {GROUP} }}",
    "allocateSeats": f"subscription {{ {SUBSCRIPTION} }} seatGroups {{ {GROUP} }}",
    "deleteSeatGroup": "deletedSeatGroupId",
    "inviteUser": f"user {{ {USER} }}",
    "assignSeatGroup": f"users {{ {USER} }}",
    "setProductPermission": f"user {{ {USER} }}",
    "disableUser": f"user {{ {USER} }}",
    "enableUser": f"user {{ {USER} }}",
}
"""What is asked back of each mutation."""

READ = f"""{{ account {{
  products {{ id name }}
  subscription {{ {SUBSCRIPTION} }}
  seatGroups(first: 100) {{ edges {{ node {{ {GROUP} }} }} }}
}} }}"""

ROLES = ("OWNER", "CONTRIBUTOR", "CONTRIBUTOR", "VIEWER", None)
RECENT = 40
"""How many of the users are worked on: the latest, so that they meet each other."""


def document(mutation: str) -> str:
    """The mutation's GraphQL."""
    input_type = f"{mutation[0].upper()}{mutation[1:]}Input"
    payload = f"{FIELDS[mutation]} userErrors {{ code message field }}"
    return f"mutation($input: {input_type}!) {{ {mutation}(input: $input) {{ {payload} }} }}"


@dataclass(slots=True)
class View:
    """What clients know of an account: as stale as a page that was left open."""

    tenant: Tenant
    product: str = ""
    users: dict[str, str] = field(default_factory=dict)
    groups: dict[str, tuple[str, int]] = field(default_factory=dict)
    seats: int = 0
    version: int = 0


@dataclass(frozen=True, slots=True)
class Turn:
    """One choice of one client: its dice, what it knows, and a number that nobody else has."""

    dice: random.Random
    view: View
    number: int

    def intent(self, mutation: str, given: dict[str, Any], **asked: Any) -> Intent:
        """The wish, with a key where the mutation takes one."""
        keyed = {"idempotencyKey": f"key-{self.number}"} if mutation in KEYED else {}
        return Intent(self.view.tenant.code, mutation, given | keyed, asked)

    def user(self) -> tuple[str, str]:
        """Somebody's e-mail and id."""
        return self.dice.choice(list(self.view.users.items())[-RECENT:])

    def group(self, share: float = 1.0) -> tuple[str | None, str | None]:
        """A group's name and id; none in the rest of the cases."""
        if not self.view.groups or self.dice.random() > share:
            return None, None
        name = self.dice.choice(list(self.view.groups))
        return name, self.view.groups[name][0]


KEYED = frozenset(
    {
        "changeUsers",
        "cancelSubscription",
        "resumeSubscription",
        "createSeatGroup",
        "allocateSeats",
        "inviteUser",
    }
)


def invite(turn: Turn) -> Intent:
    """A new user, mostly one who takes a seat."""
    email = f"user{turn.number}@{turn.view.tenant.code}.example"
    role = turn.dice.choice(ROLES)
    _, group_id = turn.group(0.6)
    permissions = [{"productId": turn.view.product, "role": role}] if role else []
    given = {"email": email, "name": f"User {turn.number}", "permissions": permissions}
    asked = {"email": email, "role": role, "group": group_id and key_of(group_id)}
    return turn.intent("inviteUser", given | {"seatGroupId": group_id}, **asked)


def disable(turn: Turn) -> Intent:
    """Takes somebody's seat back."""
    email, user_id = turn.user()
    return turn.intent("disableUser", {"userId": user_id}, email=email)


def enable(turn: Turn) -> Intent:
    """Gives the seat again, sometimes in another group."""
    email, user_id = turn.user()
    _, group_id = turn.group(0.3)
    asked = {"email": email, "group": group_id and key_of(group_id)}
    return turn.intent("enableUser", {"userId": user_id, "seatGroupId": group_id}, **asked)


def move(turn: Turn) -> Intent:
    """Moves one to three users into one group, or into none."""
    people = dict(turn.user() for _ in range(turn.dice.randint(1, 3)))
    _, group_id = turn.group(0.7)
    given = {"userIds": list(people.values()), "seatGroupId": group_id}
    asked = {"emails": sorted(people), "group": group_id and key_of(group_id)}
    return turn.intent("assignSeatGroup", given, **asked)


def permit(turn: Turn) -> Intent:
    """Sets or takes a role, and with it a seat."""
    email, user_id = turn.user()
    role = turn.dice.choice(ROLES)
    given = {"userId": user_id, "productId": turn.view.product, "role": role}
    return turn.intent("setProductPermission", given, email=email, role=role)


def allocate(turn: Turn) -> Intent:
    """Shifts a seat or two from one group to another, or sets up to three anew."""
    groups = list(turn.view.groups.items())
    turn.dice.shuffle(groups)
    if len(groups) > 1 and turn.dice.random() < 0.5:
        shift = turn.dice.randint(1, 2)
        (giver, (_, held)), (taker, (_, has)) = groups[:2]
        wanted = {giver: max(0, held - shift), taker: has + shift}
    else:
        wanted = {name: turn.dice.randint(0, 5) for name, _ in groups[: turn.dice.randint(1, 3)]}
    ids = turn.view.groups
    parts = [{"seatGroupId": ids[name][0], "seats": seats} for name, seats in wanted.items()]
    return turn.intent("allocateSeats", {"allocations": parts}, wanted=wanted)


def create_group(turn: Turn) -> Intent:
    """A new group of a few seats; once there are enough, one is deleted instead."""
    if len(turn.view.groups) > 4:
        return delete_group(turn)
    name, seats = f"Group {turn.number}", turn.dice.randint(0, 2)
    return turn.intent("createSeatGroup", {"name": name, "seats": seats}, name=name, seats=seats)


def delete_group(turn: Turn) -> Intent:
    """Deletes a group; its members go to another one, or to none."""
    name, group_id = turn.group()
    target, target_id = turn.group(0.6)
    if target == name:
        target_id = None
    given = {"seatGroupId": group_id, "moveUsersTo": target_id}
    return turn.intent("deleteSeatGroup", given, name=name)


def change(turn: Turn) -> Intent:
    """More seats, fewer, or as many as there are; the order number finds the invoice again.

    Within a month a total only grows; the decreases that wait bring it down again.
    """
    tenant, order = turn.view.tenant, f"PO-{turn.number}"
    more, fewer = turn.view.seats + turn.dice.randint(1, 2), turn.dice.randint(*tenant.bounds)
    seats = turn.dice.choice((more, more, fewer, fewer, turn.view.seats))
    given: dict[str, Any] = {"seats": seats, "purchaseOrderNumber": order}
    if turn.dice.random() < 0.2:
        given["expectedVersion"] = turn.view.version
    return turn.intent("changeUsers", given, seats=seats, order=order)


def cancel(turn: Turn) -> Intent:
    """Cancels where the subscription may end, else takes a cancellation back."""
    if turn.view.tenant.ends and turn.dice.random() < 0.6:
        return turn.intent("cancelSubscription", {}, canceling=True)
    return turn.intent("resumeSubscription", {}, canceling=False)


WEIGHTS: dict[Callable[[Turn], Intent], int] = {
    invite: 20,
    disable: 14,
    enable: 12,
    move: 12,
    permit: 10,
    allocate: 14,
    create_group: 4,
    change: 14,
    cancel: 2,
}
"""How often each is chosen."""


def choose(dice: random.Random, view: View) -> Callable[[Turn], Intent]:
    """One of them at random."""
    makers = [make for make in WEIGHTS if view.groups or make is not allocate]
    return dice.choices(makers, [WEIGHTS[make] for make in makers])[0]
