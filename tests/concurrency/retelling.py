"""What each kind of activity entry does to an account that is told again."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from tests.concurrency.history import Intent
from tests.concurrency.replay import Account, Person, moved, states
from tests.concurrency.snapshots import Snapshot

Entry = dict[str, Any]
QUOTED = re.compile(r'"([^"]*)"')


def retold(
    first: Snapshot, last: Snapshot, names: Mapping[str, str], invited: Mapping[str, Intent]
) -> dict[str, Account]:
    """Every account, from the first snapshot through all entries up to the last snapshot.

    Each comes with what was found wrong: an entry that does not begin where the one before
    ended, seats that did not suffice after one, or an end that is not the last snapshot's.
    `invited` are the invitations by e-mail: entries do not tell where somebody was invited to.
    """
    accounts, ends = states(first, names), states(last, names)
    for account in accounts.values():
        end = ends[account.code]
        account.ids = end.ids
        account.entries = [e for e in end.entries if e["sequence"] > account.begins]
        for entry in account.entries:
            _tell(account, entry, invited)
            account.check(entry)
        _compare(account, end)
    return accounts


def _tell(account: Account, entry: Entry, invited: Mapping[str, Intent]) -> None:
    action = entry["action"]
    if action == "user.invited":
        _invited(account, entry, invited)
    elif action in ACTIONS:
        ACTIONS[action](account, entry)
    else:
        account.wrong("activity", "nobody asked for", entry)


def _compare(account: Account, end: Account) -> None:
    """Whether the entries end at what the database has."""
    told = account.terms.now, account.version, account.groups.now
    stored = end.terms.now, end.version, end.groups.now
    if told != stored:
        account.wrong("lost", f"the activity ends at {told}, the database at {stored}")
    for email in {*account.people, *end.people}:
        pair = [people[email].now if email in people else None for people in _both(account, end)]
        if pair[0] != pair[1]:
            account.wrong("lost", f"{email} is {pair[0]} by the activity, {pair[1]} stored")


def _both(account: Account, end: Account) -> tuple[dict[str, Any], dict[str, Any]]:
    return account.people, end.people


def _begins_with(account: Account, entry: Entry, **was: Any) -> None:
    """Whether an entry's `before` is what the entries until then have made."""
    before = entry["before"] or {}
    different = {name: value for name, value in was.items() if before.get(name) != value}
    if different:
        account.wrong("lost", f"it was {different} before", entry)


def _users_changed(account: Account, entry: Entry) -> None:
    terms, after = account.terms.now, entry["after"]
    _begins_with(account, entry, seats=terms.seats, pending_seats=terms.pending)
    changed = replace(terms, seats=after["seats"], pending=after["pending_seats"])
    _set_terms(account, entry, changed)


def _renewed(account: Account, entry: Entry) -> None:
    terms, after = account.terms.now, entry["after"]
    _begins_with(account, entry, seats=terms.seats, period_start=terms.period_start)
    wanted = terms.seats if terms.pending is None else terms.pending
    if after["seats"] != wanted:
        account.wrong("billing", f"renewed with another total than {wanted}", entry)
    begun = replace(terms, seats=wanted, pending=None, period_start=after["period_start"])
    _set_terms(account, entry, begun)
    excess = account.paid[None] + sum(account.groups.now.values()) - wanted
    # The rule: never active first, as everybody is here; ties by id.
    paid = [email for email, line in account.people.items() if _is_ungrouped(line.now)]
    for email in sorted(paid, key=lambda email: account.ids.get(email, ""))[: max(0, excess)]:
        losing = moved(account.people[email].now, status="DISABLED")
        account.put(entry["sequence"], email, losing)


def _is_ungrouped(person: Person) -> bool:
    return person.is_paid and person.group is None


def _ended(account: Account, entry: Entry) -> None:
    if not account.terms.now.canceling:
        account.wrong("lost", "nobody had canceled before", entry)
    _set_terms(account, entry, replace(account.terms.now, status="CANCELED", pending=None))


def _cancellation(account: Account, entry: Entry) -> None:
    terms, after = account.terms.now, entry["after"]
    _begins_with(account, entry, cancel_at_period_end=terms.canceling)
    _set_terms(account, entry, replace(terms, canceling=after["cancel_at_period_end"]))


def _set_terms(account: Account, entry: Entry, terms: Any) -> None:
    account.version += 1
    account.terms.add(entry["sequence"], terms)


def _group_created(account: Account, entry: Entry) -> None:
    name = _quoted(entry)
    if name in account.groups.now:
        account.wrong("done twice", "there was such a group before", entry)
    _set_groups(account, entry, account.groups.now | {name: entry["after"]["seats"]})


def _group_allocated(account: Account, entry: Entry) -> None:
    _begins_with(account, entry, **{name: account.groups.now.get(name) for name in entry["before"]})
    _set_groups(account, entry, account.groups.now | entry["after"])


def _group_deleted(account: Account, entry: Entry) -> None:
    name = _quoted(entry)
    key, target = account.keys.get(name), entry["after"]["members_moved_to"]
    _begins_with(account, entry, seats=account.groups.now.get(name))
    rest = {other: seats for other, seats in account.groups.now.items() if other != name}
    _set_groups(account, entry, rest)
    for email, timeline in account.people.items():
        if key is not None and timeline.now.group == key:
            account.put(entry["sequence"], email, moved(timeline.now, group=target))


def _set_groups(account: Account, entry: Entry, groups: dict[str, int]) -> None:
    account.groups.add(entry["sequence"], groups)


def _invited(account: Account, entry: Entry, invited: Mapping[str, Intent]) -> None:
    email = _email(entry)
    intent = invited.get(email)
    if intent is None or email in account.people:
        account.wrong("done twice", f"{email} was invited before, or by nobody", entry)
        return
    role = intent.asked["role"]
    roles = {"roadmap": role} if role else {}
    account.put(entry["sequence"], email, Person("INVITED", intent.asked["group"], roles))


def _switched(account: Account, entry: Entry) -> None:
    """Disabled or enabled."""
    email, after = _email(entry), entry["after"]
    person = _person(account, entry, email)
    _begins_with(account, entry, status=person.status, seat_group=person.group)
    switched = moved(person, status=after["status"], group=after["seat_group"])
    account.put(entry["sequence"], email, switched)


def _moved(account: Account, entry: Entry) -> None:
    target = _none(entry["after"]["seat_group"])
    for email, was in entry["before"].items():
        person = _person(account, entry, email)
        if person.group != _none(was):
            account.wrong("lost", f"{email} was in {person.group} before", entry)
        account.put(entry["sequence"], email, moved(person, group=target))


def _permitted(account: Account, entry: Entry) -> None:
    email = _email(entry)
    person = _person(account, entry, email)
    ((code, role),) = entry["after"].items()
    _begins_with(account, entry, **{code: person.roles.get(code)})
    rest = {other: held for other, held in person.roles.items() if other != code}
    roles = rest | ({code: role} if role else {})
    account.put(entry["sequence"], email, moved(person, roles=roles))


def _person(account: Account, entry: Entry, email: str) -> Person:
    if email in account.people:
        return account.people[email].now
    account.wrong("lost", f"there was no {email} before", entry)
    return Person("", None, {})


def _email(entry: Entry) -> str:
    return str(entry["summary"]).partition(" ")[0]


def _quoted(entry: Entry) -> str:
    found = QUOTED.search(entry["summary"])
    return found.group(1) if found else ""


def _none(key: str | None) -> str | None:
    return None if key == "None" else key


ACTIONS: dict[str, Callable[[Account, Entry], None]] = {
    "subscription.users_changed": _users_changed,
    "subscription.renewed": _renewed,
    "subscription.ended": _ended,
    "subscription.cancellation_scheduled": _cancellation,
    "subscription.resumed": _cancellation,
    "seat_group.created": _group_created,
    "seat_group.allocated": _group_allocated,
    "seat_group.deleted": _group_deleted,
    "user.disabled": _switched,
    "user.enabled": _switched,
    "user.moved": _moved,
    "user.permission_changed": _permitted,
}
"""Every kind but invitations."""
