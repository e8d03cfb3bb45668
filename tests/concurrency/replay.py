"""The activity of an account told again, entry by entry: each must begin where the last ended.

Every change leaves one entry in its transaction, so what the entries make of the first state is
what the account was at each moment in between, and what it must be in the end.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from tests.concurrency.history import Violation
from tests.concurrency.snapshots import Rows, Snapshot

State = TypeVar("State")

PAID_ROLES = frozenset({"OWNER", "CONTRIBUTOR"})

STATEMENTS = {
    "accounts": """
        SELECT accounts.code, accounts.activity_count, accounts.invoice_prefix, subscriptions.*
        FROM accounts JOIN subscriptions ON subscriptions.account_id = accounts.id""",
    "groups": "SELECT * FROM seat_groups",
    "users": "SELECT account_id, id, email, status, seat_group_id FROM users",
    "roles": """
        SELECT product_permissions.account_id, users.email, products.code, product_permissions.role
        FROM product_permissions
        JOIN users ON users.account_id = product_permissions.account_id
            AND users.id = product_permissions.user_id
        JOIN products ON products.account_id = product_permissions.account_id
            AND products.id = product_permissions.product_id""",
    "activity": """
        SELECT account_id, sequence, actor_kind, action, summary, before, after
        FROM activity ORDER BY account_id, sequence""",
    "invoices": "SELECT * FROM invoices ORDER BY account_id, sequence",
    "lines": "SELECT * FROM invoice_lines ORDER BY account_id, invoice_id, position",
}
"""Everything that the checks at the end look at."""


class Timeline(Generic[State]):
    """What something was, from which entry on."""

    def __init__(self, sequence: int, state: State) -> None:
        self.sequences = [sequence]
        self.states = [state]

    @property
    def now(self) -> State:
        """What it is after the latest entry."""
        return self.states[-1]

    def add(self, sequence: int, state: State) -> None:
        """What it is from this entry on."""
        self.sequences.append(sequence)
        self.states.append(state)

    def between(self, low: int, high: float) -> list[State]:
        """All that it was from after the entry `low` to after the entry `high`."""
        first = max(0, bisect_right(self.sequences, low) - 1)
        return self.states[first : bisect_right(self.sequences, high)]


@dataclass(frozen=True, slots=True)
class Terms:
    """A subscription at some moment."""

    seats: int
    pending: int | None
    canceling: bool
    status: str
    period_start: str


@dataclass(frozen=True, slots=True)
class Person:
    """A user at some moment; the group is its key."""

    status: str
    group: str | None
    roles: Mapping[str, str]

    @property
    def is_paid(self) -> bool:
        """Whether the user takes a seat."""
        return self.status != "DISABLED" and bool(PAID_ROLES & set(self.roles.values()))


@dataclass(slots=True)
class Account:
    """An account as replayed so far."""

    code: str
    begins: int
    version: int
    terms: Timeline[Terms]
    groups: Timeline[dict[str, int]]
    people: dict[str, Timeline[Person]]
    keys: dict[str, str]
    """The groups' keys by their names."""
    ids: dict[str, str]
    """The users' keys by their e-mails."""
    entries: Rows = field(default_factory=list)
    paid: Counter[str | None] = field(default_factory=Counter)
    """Paid users by the key of their group."""
    violations: list[Violation] = field(default_factory=list)

    def wrong(self, kind: str, text: str, entry: object = "") -> None:
        """Notes a violation."""
        self.violations.append(Violation(kind, f"{self.code}: {text} {entry}"))

    def put(self, sequence: int, email: str, person: Person) -> None:
        """What a user is from this entry on."""
        timeline = self.people.get(email)
        if timeline is not None:
            self.paid[timeline.now.group] -= timeline.now.is_paid
            timeline.add(sequence, person)
        else:
            self.people[email] = Timeline(sequence, person)
        self.paid[person.group] += person.is_paid

    def check(self, entry: dict[str, Any]) -> None:
        """Whether the seats suffice after an entry."""
        groups, total = self.groups.now, self.terms.now.seats
        if sum(groups.values()) + self.paid[None] > total:
            self.wrong("oversold", f"allocations and ungrouped users exceed {total} after", entry)
        for name, seats in groups.items():
            if self.paid[self.keys.get(name, "")] > seats:
                self.wrong("oversold", f"{name} has more paid members than {seats} after", entry)


def states(snapshot: Snapshot, names: Mapping[str, str]) -> dict[str, Account]:
    """Each account as a snapshot has it; `names` of groups by key are those that answers told."""
    return {row["code"]: _state(row, snapshot, names) for row in snapshot["accounts"]}


def _state(row: dict[str, Any], snapshot: Snapshot, names: Mapping[str, str]) -> Account:
    own = {
        what: [part for part in rows if part.get("account_id") == row["account_id"]]
        for what, rows in snapshot.items()
    }
    begins, groups = row["activity_count"], own["groups"]
    keys = {name: key for key, name in names.items()}
    account = Account(
        code=row["code"],
        begins=begins,
        version=row["version"],
        terms=Timeline(begins, terms_of(row)),
        groups=Timeline(begins, {group["name"]: group["seats"] for group in groups}),
        people={},
        # Names are unique over a whole run only within one account, as the first ones are not.
        keys=keys | {group["name"]: group["id"] for group in groups},
        ids={user["email"]: user["id"] for user in own["users"]},
        entries=own["activity"],
    )
    for user in own["users"]:
        roles = {r["code"]: r["role"] for r in own["roles"] if r["email"] == user["email"]}
        person = Person(user["status"], user["seat_group_id"], roles)
        account.put(begins, user["email"], person)
    return account


def terms_of(row: dict[str, Any]) -> Terms:
    """The subscription that a row has."""
    return Terms(
        seats=row["seats"],
        pending=row["pending_seats"],
        canceling=row["cancel_at_period_end"],
        status=row["status"],
        period_start=row["period_start"],
    )


def moved(person: Person, **changes: Any) -> Person:
    """The user with something changed."""
    return replace(person, **changes)
