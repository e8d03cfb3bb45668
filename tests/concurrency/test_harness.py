"""The short form of the harness, on both databases; and that it finds bugs that were planted.

The long form is run by hand: `python -m tests.concurrency --seconds 600`.
"""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from tests.concurrency.harness import Plan, Report, run
from tests.concurrency.judge import judged
from tests.concurrency.tampering import TAMPERINGS, tampered

pytestmark = pytest.mark.xdist_group("load")

SECONDS = 9.0
"""How long clients work in the short form, on each database."""

OFTEN = (
    "allocateSeats",
    "assignSeatGroup",
    "changeUsers",
    "disableUser",
    "enableUser",
    "inviteUser",
    "setProductPermission",
)
"""What every run gets done at least once."""

PATIENCE = 20.0
"""In how many seconds a planted bug must be found."""


def some_seed() -> int:
    """Another one at each run; a failure prints it."""
    return random.SystemRandom().randrange(1_000_000)


def told(report: Report) -> str:
    """What a failure prints."""
    found = [f"{found.kind}: {found.text}" for found in report.violations[:10]]
    return "\n".join([f"python -m tests.concurrency --seed {report.seed}", report.line(), *found])


def idle(report: Report) -> list[str]:
    """What a run did too little of to prove anything."""
    done = {"epochs": 3, "kills": 8, "renewals": 100, "checks": 15, "reads": 10}
    answers = {"ok": 80, "refused": 15, "unknown": 3}
    few = [name for name, least in done.items() if getattr(report, name) < least]
    few += [name for name, least in answers.items() if report.outcomes[name] < least]
    return few + [name for name in OFTEN if "ok" not in report.requests.get(name, {})]


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_nothing_is_oversold_lost_or_done_twice(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue(f"{kind}_url")
    report = await run(Plan(url, tmp_path, SECONDS, some_seed()))
    assert report.violations == [], told(report)
    assert idle(report) == [], told(report)
    for change in TAMPERINGS:
        assert judged(tampered(report.evidence, change)), f"not noticed: {change.__name__}"


BUGS = [
    pytest.param("lock_removed", {"oversold", "billed twice"}, id="the lock removed"),
    pytest.param("number_outside", {"numbers"}, id="a number taken outside the transaction"),
    pytest.param("key_forgotten", {"answer"}, id="an idempotency key forgotten"),
    pytest.param("transaction_removed", {"numbers"}, id="no transaction around a change"),
]
"""Found while they run, or at the latest after `PATIENCE` seconds."""


@pytest.mark.parametrize(("bug", "wanted"), BUGS)
async def test_a_planted_bug_is_found(
    bug: str, wanted: set[str], postgres_url: str, tmp_path: Path
) -> None:
    plan = planted(postgres_url, tmp_path, bug, PATIENCE, wanted)
    report = await run(replace(plan, unguarded=True, kills=False))
    assert wanted <= {violation.kind for violation in report.violations}, told(report)


async def test_changes_that_a_crash_loses_after_their_answer_are_found(
    postgres_url: str, tmp_path: Path
) -> None:
    plan = planted(postgres_url, tmp_path, "answered_early", 4, {"lost"})
    report = await run(plan)
    assert "lost" in {violation.kind for violation in report.violations}, told(report)


def planted(url: str, folder: Path, bug: str, seconds: float, wanted: set[str]) -> Plan:
    """A run of the product with a bug put in."""
    kinds = frozenset(wanted)
    return Plan(url, folder, seconds, some_seed(), epochs=1, plant=bug, wanted=kinds)
