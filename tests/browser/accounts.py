"""The database of the browser tests: the demo, and copies of its first account to change.

`python -m tests.browser.accounts NUMBER` fills the empty database of the environment's settings
and prints a token for each person of each account, as JSON.
"""

import asyncio
import json
import sys
from datetime import UTC, datetime

from services import (
    auth,
    clock,
    database,
    demo,
    imports,
    migrations,
    operator_invoices,
    workers,
)

CREDITED = "credited"
"""An account like the demo's first one, of whose invoices some were credited, and one is void."""


def codes(copies: int) -> list[str]:
    """The codes of the copies."""
    return [f"copy{number}" for number in range(copies)]


async def fill(copies: int) -> dict[str, dict[str, str]]:
    """The demo's accounts and the copies, with the same history; tokens by account and e-mail."""
    at = clock.now()
    async with database.connected(patient=True):
        await migrations.migrate()
        await demo.load(at)
        await _copy([CREDITED, *codes(copies)], at)
        await operator_invoices.credit(CREDITED, "ACME-00005", "100", "Outage", None, at)
        await operator_invoices.credit(CREDITED, "ACME-00004", None, "Outage", None, at)
        await operator_invoices.void(CREDITED, "ACME-00003", "Outage", at)
    return {
        code: {email: auth.issue_token(code, email, demo.SIGNED_IN, at) for email in emails}
        for code, emails in _people(copies).items()
    }


def _people(copies: int) -> dict[str, list[str]]:
    """Whom tests sign in as, by account."""
    ours = list(demo.PEOPLE.values())
    others = {code: [email] for code, email in demo.OTHERS.items()}
    return dict.fromkeys([demo.ACCOUNT, CREDITED, *codes(copies)], ours) | others


async def _copy(names: list[str], at: datetime) -> None:
    """Accounts like the demo's first one."""
    file = imports.read(demo.FILE)
    (acme,) = (account for account in file.accounts if account.code == demo.ACCOUNT)
    begun = datetime.combine(acme.subscription.started_on, demo.NOON)
    accounts = [acme.model_copy(update={"code": name}) for name in names]
    await imports.import_file(file.model_copy(update={"accounts": accounts}), begun)
    for name in names:
        await _live(name, at)
    await workers.renew(at)


async def _live(code: str, at: datetime) -> None:
    """The seats that the demo's first account has had, in a copy of it."""
    for instant, account, step in demo.HISTORY:
        when = datetime.fromisoformat(instant).replace(tzinfo=UTC)
        if account == demo.ACCOUNT and isinstance(step, demo.Seats) and when <= at:
            await step.do(code, when)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(fill(int(sys.argv[1])))))
