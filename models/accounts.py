"""Accounts: the tenants. Each account is one unit of consistency, and its row the lock."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.fields import ForeignKeyRelation
from tortoise.models import Model

from models.keys import new_key


class TaxTreatment(StrEnum):
    """How the account's invoices are taxed (Directive 2006/112/EC says when which may be used)."""

    STANDARD = "STANDARD"
    REVERSE_CHARGE = "REVERSE_CHARGE"
    EXEMPT = "EXEMPT"
    OUTSIDE_SCOPE = "OUTSIDE_SCOPE"


class Account(Model):
    """One customer of the vendor, with its billing details, settings and counters.

    `tax` is how its invoices are taxed (services/taxes.py reads it), `locale` the language and
    the customs of its documents, such as "de_DE". `invoice_count` numbers the history of
    invoices and credit notes, `credit_note_count` the credit notes among them and
    `activity_count` the entries of the activity, all without a gap; `user_count` counts its
    users, who are disabled but never deleted.
    """

    id = fields.UUIDField(primary_key=True, default=new_key)
    code = fields.CharField(max_length=64)
    name = fields.CharField(max_length=200)
    time_zone = fields.CharField(max_length=64)
    currency = fields.CharField(max_length=3)
    tax: dict[str, Any] = fields.JSONField()
    locale = fields.CharField(max_length=35, default="en_US")
    invoice_prefix = fields.CharField(max_length=20)
    payment_terms_days = fields.IntField()

    billing_email = fields.CharField(max_length=254)
    legal_name = fields.CharField(max_length=200)
    address: dict[str, Any] = fields.JSONField()
    tax_id = fields.CharField(max_length=64, null=True)
    purchase_order_number = fields.CharField(max_length=64, null=True)

    only_billing_administrators_manage_users = fields.BooleanField(default=False)
    seat_group_required = fields.BooleanField(default=False)

    invoice_count = fields.IntField(default=0)
    credit_note_count = fields.IntField(default=0)
    activity_count = fields.IntField(default=0)
    user_count = fields.IntField(default=0)

    class Meta:
        table = "accounts"


class AccountCode(Model):
    """Which account has the code. A catalogue: it keeps codes unique over all accounts."""

    code = fields.CharField(max_length=64, primary_key=True)
    account_id = fields.UUIDField()

    class Meta:
        table = "account_codes"


class IdempotencyRecord(Model):
    """What a mutation with an idempotency key did, so that a retry answers alike."""

    id = fields.UUIDField(primary_key=True, default=new_key)
    account: ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "models.Account", related_name=False, on_delete=fields.RESTRICT
    )
    account_id: UUID
    key = fields.CharField(max_length=255)
    fingerprint = fields.CharField(max_length=64)
    result: dict[str, Any] = fields.JSONField()
    created_at = fields.DatetimeField()

    class Meta:
        table = "idempotency_records"
