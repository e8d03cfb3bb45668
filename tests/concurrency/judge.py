"""The end of a run: what was asked and answered, held against what the database has."""

from dataclasses import dataclass
from datetime import datetime

from tests.concurrency import answers, ledger, matching, retelling
from tests.concurrency.history import History, Violation
from tests.concurrency.matching import Sample, Samples
from tests.concurrency.snapshots import Snapshot


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that a run leaves: the database at first and at last (`replay.STATEMENTS`), the
    history, how far the activity was when, and the clock at the end."""

    first: Snapshot
    last: Snapshot
    history: History
    samples: list[Sample]
    now: datetime


def judged(evidence: Evidence) -> list[Violation]:
    """Every promise that was not kept."""
    history, last = evidence.history, evidence.last
    invited = {i.asked["email"]: i for i in history.intents if i.mutation == "inviteUser"}
    accounts = retelling.retold(evidence.first, last, history.groups, invited)
    found = [violation for account in accounts.values() for violation in account.violations]
    found += ledger.violations(last, accounts, evidence.now)
    found += answers.violations(history.intents, history.sightings, accounts, last)
    found += matching.violations(history.intents, accounts, Samples(evidence.samples))
    return found
