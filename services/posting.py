"""Posting: sends what is in the outbox, as many workers of it as wanted.

A worker opens a conversation with the mail server before it claims anything: while the server is
away no mail is to blame, and all of them wait. What becomes of a mail once it is claimed is
written down, whatever happens; `services.mails` says what each state means.
"""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from models.keys import new_key
from services import (
    clock,
    database,
    invoice_documents,
    invoice_letters,
    invoice_values,
    invoices,
    letters,
    mails,
    metrics,
    parties,
    reminders,
    settings,
    smtp,
    text,
)
from services.document_store import StoreError
from services.documents import RenderError
from services.errors import OperatorError, Refusal
from services.forms import Form
from services.letters import Letter
from services.mails import Mail, MailKind, MailStatus
from services.smtp import Client, MailError, Postponed, Refused, ServerAway, Uncertain

log = logging.getLogger(__name__)

LANES = 2
"""How many conversations a worker has with the server at once: most of the time goes by with
drawing a PDF and waiting for the server."""

IDLE = timedelta(seconds=10)
"""How long a worker waits before it looks again."""

LONGEST_PAUSE = timedelta(minutes=10)
"""The same where run after run fails as a whole: twice as long each time, up to this."""

NOTE_ATTEMPTS = 5
"""How often it is tried to write down that a mail was sent, while the database is away."""


@dataclass(slots=True)
class Run:
    """One run over what is due, until `stop` is set."""

    stop: asyncio.Event = field(default_factory=asyncio.Event)
    sent: int = 0


async def work(stop: asyncio.Event, lanes: int = LANES) -> int:
    """Sends what is due again and again until `stop` is set, finishing the mails in hand; how many
    it sent. Nothing where no mail is sent."""
    run, pause = Run(stop), IDLE
    while settings.current().mail_is_sent and not stop.is_set():
        try:
            await send_due(run, lanes)
            pause = IDLE
        except Exception as error:
            # Nothing ends a worker but its stop; what went wrong may be over by the next run.
            expected = isinstance(error, MailError) or database.is_outage(error)
            log.error("mails.run_failed: %r", error, exc_info=None if expected else error)  # noqa: TRY400
            pause = min(2 * pause, LONGEST_PAUSE)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause.total_seconds())
    return run.sent


async def send_due(run: Run, lanes: int = LANES) -> None:
    """Sends what is due until nothing is left. Raises ServerAway."""
    vanished = await mails.give_up_vanished(clock.now())
    metrics.mailed(MailStatus.UNCERTAIN, vanished)
    while not run.stop.is_set() and (batch := await mails.due(clock.now())):
        await _take(run, batch, lanes)


async def send_trial(to: str, at: datetime) -> None:
    """Sends a letter that says that mail works. Raises OperatorError where it does not."""
    if not settings.current().mail_is_sent:
        raise OperatorError("SMTP_HOST: is not set, so no mail is sent")
    try:
        recipient = text.email(to)
    except Refusal as refusal:
        raise OperatorError(f"--to: {refusal}") from None
    letter = letters.trial(parties.seller().legal_name)
    message = letters.composed(letter, recipient, str(new_key()), at)
    try:
        async with smtp.connected() as client:
            await smtp.address(client, recipient)
            await smtp.deliver(client, message, recipient)
    except MailError as error:
        raise OperatorError(f"SMTP_HOST: {error}") from None


async def _take(run: Run, batch: Sequence[Mail], lanes: int) -> None:
    chosen = iter(batch)
    working = (_lane(run, chosen) for _ in range(min(lanes, len(batch))))
    # Each lane ends by itself, so that no mail is dropped half way.
    for ended in await asyncio.gather(*working, return_exceptions=True):
        if ended is not None:
            raise ended


async def _lane(run: Run, chosen: Iterator[Mail]) -> None:
    """Sends the mails one after the other, in one conversation while it lasts."""
    while not run.stop.is_set() and (first := next(chosen, None)) is not None:
        async with smtp.connected() as client:
            await _send(run, client, first)
            while client.is_connected and not run.stop.is_set():
                if (mail := next(chosen, None)) is None:
                    return
                await _send(run, client, mail)


async def _send(run: Run, client: Client, mail: Mail) -> None:
    at = clock.now()
    if not await mails.claim(mail, at):
        return
    try:
        await _send_claimed(client, mail, at)
    except (Postponed, ServerAway, RenderError, StoreError) as error:
        await mails.postpone(mail, at, str(error))
    except Refused as error:
        await mails.note(mail, MailStatus.FAILED, str(error))
    except Uncertain as error:
        await mails.note(mail, MailStatus.UNCERTAIN, str(error))
    except Exception as error:
        if database.is_away(error) or mail.status is not MailStatus.CLAIMED:
            raise
        # Whatever is wrong with one mail must not keep the others from being sent.
        log.exception("mails.failed account=%s mail=%s", mail.account_id, mail.id)
        await mails.postpone(mail, at, f"{type(error).__name__}: {error}")
    run.sent += mail.status is MailStatus.SENT
    _tell(mail)


async def _send_claimed(client: Client, mail: Mail, at: datetime) -> None:
    """Raises MailError, RenderError, StoreError."""
    letter = await _written(mail)
    if letter is None:
        await mails.note(mail, MailStatus.DROPPED)
        return
    message = letters.composed(letter, mail.recipient, str(mail.id), at)
    await smtp.address(client, mail.recipient)
    if not await mails.begin_sending(mail):
        # The server waits for a mail that is somebody else's by now.
        client.close()
        return
    await smtp.deliver(client, message, mail.recipient)
    await _note_sent(mail, at)


async def _note_sent(mail: Mail, at: datetime) -> None:
    """As often as it takes: what is not written down would be uncertain."""
    for attempt in range(1, NOTE_ATTEMPTS):
        try:
            return await mails.note_sent(mail, at)
        except database.FAILURES as error:
            if not database.is_outage(error):
                raise
            await asyncio.sleep(attempt)
    return await mails.note_sent(mail, at)


async def _written(mail: Mail) -> Letter | None:
    """The letter; None where there is nothing to be said any more. Raises RenderError."""
    if mail.kind is MailKind.REMINDER:
        return await reminders.written(mail)
    invoice = await invoices.Invoice.get(account_id=mail.account_id, id=mail.invoice_id)
    if invoice.status is invoices.InvoiceStatus.VOID:
        return None
    document = await invoice_values.as_issued(invoice)
    stored = await invoice_documents.stored(invoice, Form.PDF)
    return invoice_letters.letter(document, await invoice_documents.content(stored))


def _tell(mail: Mail) -> None:
    metrics.mailed(mail.status)
    if mail.status in (MailStatus.FAILED, MailStatus.UNCERTAIN):
        told = (mail.status.lower(), mail.account_id, mail.id, mail.error)
        log.error("mails.%s account=%s mail=%s: %s", *told)
