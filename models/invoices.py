"""Invoices: snapshots that never change once issued, their lines and their documents."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.fields import ForeignKeyRelation
from tortoise.models import Model

from models.accounts import Account
from models.keys import new_key
from models.subscriptions import Subscription


class InvoiceKind(StrEnum):
    """What the invoice bills: a first period, added seats, or a renewed period; or that it is a
    credit note, which takes back what an invoice billed."""

    INITIAL = "INITIAL"
    SEAT_INCREASE = "SEAT_INCREASE"
    RENEWAL = "RENEWAL"
    CREDIT_NOTE = "CREDIT_NOTE"


class InvoiceStatus(StrEnum):
    """Where the invoice stands with its payment. CREDITED: credit notes have taken all of it back.
    ISSUED: a credit note, on which nothing is to be paid."""

    OPEN = "OPEN"
    PAID = "PAID"
    VOID = "VOID"
    CREDITED = "CREDITED"
    ISSUED = "ISSUED"


class Form(StrEnum):
    """A form in which an invoice can be had (services/forms.py)."""

    PDF = "PDF"
    FACTUR_X = "FACTUR_X"
    UBL = "UBL"


class Invoice(Model):
    """One invoice or credit note. `seller`, `buyer`, `taxation` and `locale` are as they were at
    issue. Amounts are in the minor unit of `currency`; a credit note's are negative.

    `sequence` is its place in the account's history. A credit note `credits` an invoice, for a
    `reason`; `credited_minor` is how much of an invoice has been credited so far. `settled_on` is
    the day on which it was paid, voided or credited in whole.
    """

    id = fields.UUIDField(primary_key=True, default=new_key)
    account: ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "models.Account", related_name=False, on_delete=fields.RESTRICT
    )
    account_id: UUID
    subscription: ForeignKeyRelation[Subscription] = fields.ForeignKeyField(
        "models.Subscription", related_name=False, on_delete=fields.RESTRICT
    )
    subscription_id: UUID
    sequence = fields.IntField()
    number = fields.CharField(max_length=40)
    kind = fields.CharEnumField(InvoiceKind, max_length=16)
    status = fields.CharEnumField(InvoiceStatus, max_length=16, default=InvoiceStatus.OPEN)
    credits_id: UUID | None = fields.UUIDField(null=True)
    period_start: date = fields.DateField()
    issued_on: date = fields.DateField()
    issued_at: datetime = fields.DatetimeField()
    due_on: date = fields.DateField()
    payment_terms_days = fields.IntField()
    currency = fields.CharField(max_length=3)
    subtotal_minor = fields.BigIntField()
    taxation: dict[str, Any] = fields.JSONField()
    tax_minor = fields.BigIntField()
    total_minor = fields.BigIntField()
    credited_minor = fields.BigIntField(default=0)
    settled_on: date | None = fields.DateField(null=True)
    locale = fields.CharField(max_length=35)
    seller: dict[str, Any] = fields.JSONField()
    buyer: dict[str, Any] = fields.JSONField()
    purchase_order_number = fields.CharField(max_length=64, null=True)
    reason = fields.CharField(max_length=300, null=True)

    class Meta:
        table = "invoices"


class InvoiceLine(Model):
    """One line: `amount_minor` for `quantity` seats over the days [period_start, period_end).

    `wording` is what the description is made of, for documents in other languages; without it the
    description stands as it is.
    """

    id = fields.UUIDField(primary_key=True, default=new_key)
    account: ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "models.Account", related_name=False, on_delete=fields.RESTRICT
    )
    account_id: UUID
    invoice: ForeignKeyRelation[Invoice] = fields.ForeignKeyField(
        "models.Invoice", related_name=False, on_delete=fields.RESTRICT
    )
    invoice_id: UUID
    position = fields.IntField()
    description = fields.CharField(max_length=300)
    wording: dict[str, Any] | None = fields.JSONField(null=True)
    quantity = fields.IntField()
    unit_price_minor = fields.BigIntField()
    period_start: date = fields.DateField()
    period_end: date = fields.DateField()
    amount_minor = fields.BigIntField()

    class Meta:
        table = "invoice_lines"


class InvoiceDocument(Model):
    """An invoice in one form, made once and kept: the same bytes at each download, `size` of them.
    They are the `content`, or lie outside, in the store of documents, at a `place`."""

    id = fields.UUIDField(primary_key=True, default=new_key)
    account: ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "models.Account", related_name=False, on_delete=fields.RESTRICT
    )
    account_id: UUID
    invoice: ForeignKeyRelation[Invoice] = fields.ForeignKeyField(
        "models.Invoice", related_name=False, on_delete=fields.RESTRICT
    )
    invoice_id: UUID
    form = fields.CharEnumField(Form, max_length=16)
    content: bytes | None = fields.BinaryField(null=True)
    place = fields.CharField(max_length=300, null=True)
    size = fields.IntField()
    sha256 = fields.CharField(max_length=64)
    rendered_at: datetime = fields.DatetimeField()

    class Meta:
        table = "invoice_documents"
