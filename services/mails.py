"""The outbox: which mails there are to send, and who may send each of them.

A mail is sent once at most (docs/decisions/0004-mail-at-most-once.md). Whoever wants to send one
claims it; says, before the server is given it, that from now on nobody else may; and writes down
what became of it. Each step is a conditional update that counts only for the latest claim.
"""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from models.invoices import Invoice
from models.mails import Mail, MailKind, MailStatus
from services import clock, database, logs, rows, settings
from services.database import Change
from services.rows import Query

__all__ = ["Mail", "MailKind", "MailStatus"]

LATE = timedelta(days=7)
"""An invoice that is dated earlier than so long before its issue tells of the past, as when an
account is imported that was billed elsewhere: it is not mailed."""

LEASE = timedelta(minutes=10)
"""How long a worker may take to prepare a mail, and to send it; after that it is taken for gone."""

PAUSES = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(hours=12),
    timedelta(hours=24),
    timedelta(hours=24),
)
"""How long a mail waits that was put off; after the last one, almost three days, it has failed."""

WINDOW = 1_000
BATCH = 100
"""How many due mails a worker looks at, to take some at random: two seldom choose the same one."""

MAX_ERROR = 300

UNFINISHED = "status IN ('QUEUED', 'CLAIMED', 'SENDING')"
"""As the index has it, so that it is used."""

MOVE = """UPDATE mails
SET recipient = ?, status = ?, attempts = ?, due_at = ?, error = ?, sent_at = ?
WHERE account_id = ? AND id = ? AND status = ? AND attempts = ? RETURNING id"""

VANISHED = "whoever was sending it is gone"


def announcing(invoice: Invoice, at: datetime) -> list[Change]:
    """The changes that have the invoice mailed to its buyer, to be made with its own issue: none
    where no mail is sent, or the invoice tells of the past."""
    if not settings.current().mail_is_sent or at - invoice.issued_at > LATE:
        return []
    return [queued(invoice, at)]


def queued(invoice: Invoice, at: datetime) -> Change:
    """The change that has the invoice mailed; an invoice has one mail for ever."""
    mail = Mail(
        account_id=invoice.account_id,
        kind=MailKind.INVOICE,
        invoice_id=invoice.id,
        recipient=invoice.buyer["email"],
        due_at=at,
        created_at=at,
    )
    return rows.inserting(mail)


async def due(at: datetime) -> Sequence[Mail]:
    """Some of the mails to be sent now, those included that somebody claimed and then vanished."""
    found = await waiting(at).all()
    return random.sample(found, min(BATCH, len(found)))


def waiting(at: datetime) -> Query[Mail]:
    """The mails to be sent now, those first that have waited longest."""
    found = Query(Mail).where(UNFINISHED).where("status <> 'SENDING'").where("due_at <= ?", at)
    return found.sorted("due_at, account_id", WINDOW)


async def claim(mail: Mail, at: datetime) -> bool:
    """Takes the mail for oneself; False where somebody else was faster."""
    before = mail.status, mail.attempts
    mail.status, mail.attempts, mail.due_at = MailStatus.CLAIMED, mail.attempts + 1, at + LEASE
    return await _moved(mail, *before)


async def begin_sending(mail: Mail) -> bool:
    """Says that the server is about to be given the mail; False where that took so long that
    somebody else has claimed it."""
    mail.status, mail.due_at = MailStatus.SENDING, clock.now() + LEASE
    return await _moved(mail, MailStatus.CLAIMED, mail.attempts)


async def note_sent(mail: Mail, at: datetime) -> None:
    """Writes down that the server has taken the mail."""
    before, mail.status = mail.status, MailStatus.SENT
    mail.sent_at, mail.error = at, None
    if not await _moved(mail, before, mail.attempts):
        # It took longer than the lease.
        await _moved(mail, MailStatus.UNCERTAIN, mail.attempts)


async def note(mail: Mail, status: MailStatus, why: str | None = None) -> None:
    """Writes down that the mail has come to an end otherwise."""
    before, mail.status, mail.error = mail.status, status, _masked(why)
    await _moved(mail, before, mail.attempts)


async def postpone(mail: Mail, at: datetime, why: str) -> None:
    """Has the mail, of which the server took nothing, sent later; or gives it up."""
    before, mail.error = mail.status, _masked(why)
    if mail.attempts > len(PAUSES):
        mail.status = MailStatus.FAILED
    else:
        mail.status, mail.due_at = MailStatus.QUEUED, at + PAUSES[mail.attempts - 1]
    await _moved(mail, before, mail.attempts)


async def requeue(mail: Mail, recipient: str, at: datetime) -> bool:
    """Has a mail sent once more that was given up; False where it has changed meanwhile."""
    before, mail.status, mail.error = mail.status, MailStatus.QUEUED, None
    mail.recipient, mail.due_at = recipient, at
    return await _moved(mail, before, mail.attempts)


async def give_up_vanished(at: datetime) -> int:
    """Gives up mails whose sender vanished while the server was being given them; how many."""
    sending = Query(Mail).where(UNFINISHED).where("status = 'SENDING'").where("due_at <= ?", at)
    lost = await sending.sorted("due_at, account_id", WINDOW).all()
    for mail in lost:
        await note(mail, MailStatus.UNCERTAIN, VANISHED)
    return len(lost)


async def _moved(mail: Mail, status: MailStatus, attempts: int) -> bool:
    """Whether the mail was as it is told, and is now as its row says."""
    told = (mail.recipient, mail.status, mail.attempts, mail.due_at, mail.error, mail.sent_at)
    async with database.writing():
        found = await database.fetch(MOVE, *told, mail.account_id, mail.id, status, attempts)
    return bool(found)


def _masked(why: str | None) -> str | None:
    """The reason without addresses, which servers like to repeat."""
    return None if why is None else logs.masked(why)[:MAX_ERROR]
