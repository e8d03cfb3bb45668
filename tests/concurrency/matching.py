"""The history against the activity: nothing acknowledged is lost, nothing is done twice.

Each entry that a user left must be explained by one intent that was acknowledged or whose
outcome is unknown; no intent explains two. An acknowledged intent must have its entry, or have
found done what it asked for. Both within the intent's window: the entries that were there before
it was first asked for are none of its, nor those that came after it was acknowledged.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

from tests.concurrency.history import Intent, Violation
from tests.concurrency.replay import Account, Person
from tests.concurrency.retelling import Entry

Choices = dict[int, list[int]]
"""What each of one side can have of the other side, by their places in two lists."""

ACTIONS = {
    "changeUsers": "subscription.users_changed",
    "cancelSubscription": "subscription.cancellation_scheduled",
    "resumeSubscription": "subscription.resumed",
    "createSeatGroup": "seat_group.created",
    "allocateSeats": "seat_group.allocated",
    "deleteSeatGroup": "seat_group.deleted",
    "inviteUser": "user.invited",
    "assignSeatGroup": "user.moved",
    "setProductPermission": "user.permission_changed",
    "disableUser": "user.disabled",
    "enableUser": "user.enabled",
}


@dataclass(frozen=True, slots=True)
class Sample:
    """How many entries each account had when the database was read."""

    begun: float
    ended: float
    counts: Mapping[str, int]


class Samples:
    """All of them, in order: they tell which entries can be an intent's."""

    def __init__(self, samples: Sequence[Sample]) -> None:
        self.samples = samples
        self.begun = [sample.begun for sample in samples]
        self.ended = [sample.ended for sample in samples]

    def window(self, intent: Intent) -> tuple[int, float]:
        """The last entry that is too early, and the last that is not too late."""
        before = bisect_right(self.ended, intent.begun) - 1
        low = self.samples[before].counts[intent.account] if before >= 0 else 0
        if intent.acknowledged is None:
            return low, inf
        after = bisect_left(self.begun, intent.acknowledged)
        later = after < len(self.samples)
        return low, self.samples[after].counts[intent.account] if later else inf


def violations(
    intents: Sequence[Intent], accounts: Mapping[str, Account], samples: Samples
) -> Iterator[Violation]:
    """Whatever was lost, done twice, or done though it was refused."""
    wanted: dict[tuple[str, str], list[Intent]] = defaultdict(list)
    for intent in intents:
        if intent.may_be_done:
            wanted[intent.account, ACTIONS[intent.mutation]].append(intent)
    for account in accounts.values():
        for action in ACTIONS.values():
            entries = [e for e in account.entries if e["action"] == action]
            asked = wanted[account.code, action]
            yield from _matched(account, entries, asked, samples)


def _matched(
    account: Account, entries: list[Entry], intents: list[Intent], samples: Samples
) -> Iterator[Violation]:
    windows = [samples.window(intent) for intent in intents]
    sequences = [entry["sequence"] for entry in entries]
    causes: Choices = {index: [] for index in range(len(entries))}
    effects: Choices = {index: [] for index in range(len(intents))}
    for number, (intent, window) in enumerate(zip(intents, windows, strict=True)):
        for index in range(*(bisect_right(sequences, edge) for edge in window)):
            if EXPLAINS[intent.mutation](intent.asked, entries[index]):
                causes[index].append(number)
                effects[number].append(index)
    for index in alone(causes):
        yield Violation("done twice", f"{account.code}: no request explains {entries[index]}")
    for number in alone(_needed(account, intents, windows, effects)):
        yield Violation("lost", f"{account.code}: acknowledged, but not there: {intents[number]}")


def _needed(
    account: Account,
    intents: Sequence[Intent],
    windows: Sequence[tuple[int, float]],
    effects: Choices,
) -> Choices:
    """The entries of those acknowledged intents that did not find everything done already."""
    return {
        number: effects[number]
        for number, intent in enumerate(intents)
        if intent.acknowledged is not None and not _held(account, intent, windows[number])
    }


def alone(choices: Choices) -> list[int]:
    """Those that get none when each takes one of its choices and nobody shares."""
    taken: dict[int, int] = {}
    partners: dict[int, int] = {}
    return [left for left in choices if not _augment(left, choices, taken, partners)]


def _augment(first: int, choices: Choices, taken: dict[int, int], partners: dict[int, int]) -> bool:
    """Finds `first` a partner, others moving over for it, as few as possible."""
    came: dict[int, int] = {}
    waiting = deque([first])
    while waiting:
        left = waiting.popleft()
        for right in choices[left]:
            if right in came:
                continue
            came[right] = left
            if right not in taken:
                _shift(right, came, taken, partners)
                return True
            waiting.append(taken[right])
    return False


def _shift(
    right: int | None, came: Mapping[int, int], taken: dict[int, int], partners: dict[int, int]
) -> None:
    while right is not None:
        left = came[right]
        earlier = partners.get(left)
        taken[right], partners[left] = left, right
        right = earlier


def _held(account: Account, intent: Intent, window: tuple[int, float]) -> bool:
    """Whether all that was asked for was so at some moment of the window anyway."""
    return intent.mutation in HELD and HELD[intent.mutation](account, intent.asked, window)


def _users_changed(asked: Mapping[str, Any], entry: Entry) -> bool:
    after = entry["after"]
    return bool(asked["seats"] in (after["seats"], after["pending_seats"]))


def _moved(asked: Mapping[str, Any], entry: Entry) -> bool:
    target = str(asked["group"]) == entry["after"]["seat_group"]
    return target and set(entry["before"]) <= set(asked["emails"])


def _permitted(asked: Mapping[str, Any], entry: Entry) -> bool:
    return _about(asked, entry) and set(entry["after"].values()) == {asked["role"]}


def _about(asked: Mapping[str, Any], entry: Entry) -> bool:
    return bool(entry["summary"].startswith(f"{asked['email']} "))


def _enabled(asked: Mapping[str, Any], entry: Entry) -> bool:
    return _about(asked, entry) and asked["group"] in (None, entry["after"]["seat_group"])


def _named(asked: Mapping[str, Any], entry: Entry) -> bool:
    return f'"{asked["name"]}"' in entry["summary"]


def _allocated(asked: Mapping[str, Any], entry: Entry) -> bool:
    return bool(entry["after"].items() <= asked["wanted"].items())


EXPLAINS: dict[str, Callable[[Mapping[str, Any], Entry], bool]] = {
    "changeUsers": _users_changed,
    "cancelSubscription": lambda _, __: True,
    "resumeSubscription": lambda _, __: True,
    "createSeatGroup": _named,
    "allocateSeats": _allocated,
    "deleteSeatGroup": _named,
    "inviteUser": _about,
    "assignSeatGroup": _moved,
    "setProductPermission": _permitted,
    "disableUser": _about,
    "enableUser": _enabled,
}
"""Whether an entry can be an intent's."""

Holds = Callable[[Account, Mapping[str, Any], tuple[int, float]], bool]


def _terms_held(account: Account, asked: Mapping[str, Any], window: tuple[int, float]) -> bool:
    wanted = asked["seats"]
    return any(
        wanted == (terms.seats if terms.pending is None else terms.pending)
        for terms in account.terms.between(*window)
    )


def _canceling(account: Account, asked: Mapping[str, Any], window: tuple[int, float]) -> bool:
    return any(t.canceling is asked["canceling"] for t in account.terms.between(*window))


def _allocations_held(
    account: Account, asked: Mapping[str, Any], window: tuple[int, float]
) -> bool:
    wanted = asked["wanted"].items()
    return any(wanted <= groups.items() for groups in account.groups.between(*window))


def _people(account: Account, email: str, window: tuple[int, float]) -> list[Person]:
    timeline = account.people.get(email)
    return timeline.between(*window) if timeline else []


def _members_held(account: Account, asked: Mapping[str, Any], window: tuple[int, float]) -> bool:
    # Each for itself: with three users in motion that is what can be told.
    return all(
        any(person.group == asked["group"] for person in _people(account, email, window))
        for email in asked["emails"]
    )


def _role_held(account: Account, asked: Mapping[str, Any], window: tuple[int, float]) -> bool:
    people = _people(account, asked["email"], window)
    return any(person.roles.get("roadmap") == asked["role"] for person in people)


def _disabled(account: Account, asked: Mapping[str, Any], window: tuple[int, float]) -> bool:
    people = _people(account, asked["email"], window)
    return any(person.status == "DISABLED" for person in people)


def _working(account: Account, asked: Mapping[str, Any], window: tuple[int, float]) -> bool:
    people = _people(account, asked["email"], window)
    return any(p.status != "DISABLED" and asked["group"] in (None, p.group) for p in people)


HELD: dict[str, Holds] = {
    "changeUsers": _terms_held,
    "cancelSubscription": _canceling,
    "resumeSubscription": _canceling,
    "allocateSeats": _allocations_held,
    "assignSeatGroup": _members_held,
    "setProductPermission": _role_held,
    "disableUser": _disabled,
    "enableUser": _working,
}
"""Whether there was nothing to do; the others always do something."""
