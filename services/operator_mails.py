"""The operator's view of the outbox: what waits, what failed, and trying that again."""

from datetime import datetime
from typing import Any
from uuid import UUID

from models.invoices import Invoice
from services import accounts, mails, settings, text
from services.errors import OperatorError, Refusal
from services.mails import Mail, MailStatus

SHOWN = 1_000
"""The mails that are listed at most."""

FAILED = (MailStatus.FAILED, MailStatus.UNCERTAIN)
OVER = (MailStatus.SENT, MailStatus.DROPPED)


async def listed(code: str | None, *, failed: bool) -> list[dict[str, Any]]:
    """The newest mails that are not over; of one account, all of them, where its code is given;
    `failed` for those alone that are not sent unless somebody has them tried again.

    Raises OperatorError.
    """
    found = Mail.all().select_related("account", "invoice")
    if code is not None:
        found = found.filter(account_id=await accounts.id_of(code))
    if failed:
        found = found.filter(status__in=FAILED)
    elif code is None:
        found = found.exclude(status__in=OVER)
    return [_told(mail) for mail in await found.order_by("-id").limit(SHOWN)]


async def retry(code: str, mail_id: UUID, to: str | None, at: datetime) -> None:
    """Has a mail that failed, or may have, sent once more, to another address where one is given.

    Raises OperatorError.
    """
    account_id = await accounts.id_of(code)
    async with accounts.locked(account_id):
        mail = await Mail.get_or_none(account_id=account_id, id=mail_id)
        if mail is None:
            raise OperatorError(f"account {code} has no mail {mail_id}")
        if mail.status not in FAILED:
            raise OperatorError(f"mail {mail_id} is {mail.status}, not one of those that failed")
        if not await mails.requeue(mail, _address(to) or mail.recipient, at):
            raise OperatorError(f"mail {mail_id} has been changed meanwhile")


async def send(code: str, number: str, at: datetime) -> None:
    """Has an invoice mailed that was not when it was issued. Raises OperatorError."""
    if not settings.current().mail_is_sent:
        raise OperatorError("SMTP_HOST: is not set, so no mail is sent")
    account_id = await accounts.id_of(code)
    async with accounts.locked(account_id) as tenant:
        invoice = await Invoice.get_or_none(account_id=account_id, number=number)
        if invoice is None:
            raise OperatorError(f"account {code} has no invoice {number}")
        if await Mail.exists(account_id=account_id, invoice_id=invoice.id):
            raise OperatorError(f"invoice {number} has its mail: `mail list --account {code}`")
        tenant.changes.append(mails.queued(invoice, at))


def _address(to: str | None) -> str | None:
    try:
        return None if to is None else text.email(to)
    except Refusal as refusal:
        raise OperatorError(f"--to: {refusal}") from None


def _told(mail: Mail) -> dict[str, Any]:
    instants = ("due_at", "created_at", "sent_at")
    told = {name: getattr(mail, name) for name in instants}
    return {
        "id": str(mail.id),
        "account": mail.account.code,
        "kind": mail.kind,
        "about": mail.invoice.number if mail.invoice else f"the renewal on {mail.period_end}",
        "to": mail.recipient,
        "status": mail.status,
        "attempts": mail.attempts,
        "error": mail.error,
        **{name: at and at.isoformat() for name, at in told.items()},
    }
