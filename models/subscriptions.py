"""Subscriptions: what an account has bought, and the period it has paid for."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from tortoise import fields
from tortoise.fields import ForeignKeyRelation
from tortoise.models import Model

from models.accounts import Account
from models.keys import new_key
from models.plans import BillingInterval, Plan


class SubscriptionStatus(StrEnum):
    """CANCELED is for good: set when the last period has ended."""

    ACTIVE = "ACTIVE"
    CANCELED = "CANCELED"


class Subscription(Model):
    """The account's one subscription.

    The current period is number `period_index` counted from `started_on`, the anchor that
    never moves; `renews_at` is the instant (UTC) at which its last day has ended.

    `seats_used` counts the account's paid users, `seats_ungrouped` those outside groups and
    `seats_allocated` the seats that groups hold; the database bounds them by `seats`.
    """

    id = fields.UUIDField(primary_key=True, default=new_key)
    account: ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "models.Account", related_name=False, on_delete=fields.RESTRICT
    )
    account_id: UUID
    plan: ForeignKeyRelation[Plan] = fields.ForeignKeyField(
        "models.Plan", related_name=False, on_delete=fields.RESTRICT
    )
    plan_id: UUID
    interval = fields.CharEnumField(BillingInterval, max_length=8)
    unit_price_minor = fields.BigIntField()
    status = fields.CharEnumField(
        SubscriptionStatus, max_length=16, default=SubscriptionStatus.ACTIVE
    )
    seats = fields.IntField()
    pending_seats: int | None = fields.IntField(null=True)
    seats_allocated = fields.IntField(default=0)
    seats_ungrouped = fields.IntField(default=0)
    seats_used = fields.IntField(default=0)
    started_on: date = fields.DateField()
    period_index = fields.IntField(default=0)
    period_start: date = fields.DateField()
    period_end: date = fields.DateField()
    renews_at: datetime = fields.DatetimeField()
    cancel_at_period_end = fields.BooleanField(default=False)
    version = fields.IntField(default=1)

    class Meta:
        table = "subscriptions"


class RenewalFailure(Model):
    """That renewing the account failed, so often in a row, and when it is tried again.

    It is about the period that was to begin at `renews_at`: once the subscription has moved
    on, it says nothing any more.
    """

    id = fields.UUIDField(primary_key=True, default=new_key)
    account: ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "models.Account", related_name=False, on_delete=fields.RESTRICT
    )
    account_id: UUID
    renews_at: datetime = fields.DatetimeField()
    attempts = fields.IntField()
    error = fields.CharField(max_length=500)
    failed_at: datetime = fields.DatetimeField()
    retry_at: datetime = fields.DatetimeField()

    class Meta:
        table = "renewal_failures"
