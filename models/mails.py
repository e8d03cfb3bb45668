"""Mails: the outbox, written in the transaction that gives a reason to write to somebody."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from tortoise import fields
from tortoise.fields import ForeignKeyNullableRelation, ForeignKeyRelation
from tortoise.models import Model

from models.accounts import Account
from models.invoices import Invoice
from models.keys import new_key
from models.subscriptions import Subscription


class MailKind(StrEnum):
    """What a mail is about: an invoice or credit note, or a renewal that is coming."""

    INVOICE = "INVOICE"
    REMINDER = "REMINDER"


class MailStatus(StrEnum):
    """Where a mail is.

    QUEUED: it waits. CLAIMED: a worker prepares it, and nothing of it has left. SENDING: the server
    is being given it. SENT: the server has taken it. FAILED: it was refused, or too often put off.
    UNCERTAIN: whoever was sending it does not know whether the server took it, and it is not sent
    again by itself. DROPPED: there was nothing to be said any more.
    """

    QUEUED = "QUEUED"
    CLAIMED = "CLAIMED"
    SENDING = "SENDING"
    SENT = "SENT"
    FAILED = "FAILED"
    UNCERTAIN = "UNCERTAIN"
    DROPPED = "DROPPED"


class Mail(Model):
    """One mail to one address: an account has one for each invoice, and one for each renewal,
    which the period's end (`period_end`) stands for.

    Each claim counts as one of the `attempts`, and whoever has claimed it last may write. `due_at`
    is when something is to be done next: to try, or to find that whoever claimed it is gone.
    """

    id = fields.UUIDField(primary_key=True, default=new_key)
    account: ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "models.Account", related_name=False, on_delete=fields.RESTRICT
    )
    account_id: UUID
    kind = fields.CharEnumField(MailKind, max_length=16)
    invoice: ForeignKeyNullableRelation[Invoice] = fields.ForeignKeyField(
        "models.Invoice", related_name=False, on_delete=fields.RESTRICT, null=True
    )
    invoice_id: UUID | None
    subscription: ForeignKeyNullableRelation[Subscription] = fields.ForeignKeyField(
        "models.Subscription", related_name=False, on_delete=fields.RESTRICT, null=True
    )
    subscription_id: UUID | None
    period_end: date | None = fields.DateField(null=True)
    recipient = fields.CharField(max_length=254)
    status = fields.CharEnumField(MailStatus, max_length=16, default=MailStatus.QUEUED)
    attempts = fields.IntField(default=0)
    due_at: datetime = fields.DatetimeField()
    error = fields.CharField(max_length=300, null=True)
    created_at: datetime = fields.DatetimeField()
    sent_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "mails"
