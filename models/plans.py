"""Plans and their prices: the vendor's catalogue, the same for every account."""

from enum import StrEnum
from uuid import UUID

from tortoise import fields
from tortoise.fields import ForeignKeyRelation, ReverseRelation
from tortoise.models import Model

from models.keys import new_key


class PlanFeature(StrEnum):
    """What a plan unlocks."""

    SEAT_GROUPS = "SEAT_GROUPS"
    LICENSE_MANAGEMENT = "LICENSE_MANAGEMENT"
    FREE_REVIEWERS = "FREE_REVIEWERS"


class BillingInterval(StrEnum):
    """How long one billing period lasts."""

    MONTH = "MONTH"
    YEAR = "YEAR"


class Plan(Model):
    """What an account can subscribe to."""

    id = fields.UUIDField(primary_key=True, default=new_key)
    code = fields.CharField(max_length=64)
    name = fields.CharField(max_length=200)
    features: list[str] = fields.JSONField(default=list)
    prices: ReverseRelation["PlanPrice"]

    class Meta:
        table = "plans"


class PlanPrice(Model):
    """What one seat of a plan costs for one interval in one currency, before tax."""

    id = fields.UUIDField(primary_key=True, default=new_key)
    plan: ForeignKeyRelation[Plan] = fields.ForeignKeyField(
        "models.Plan", related_name="prices", on_delete=fields.RESTRICT
    )
    plan_id: UUID
    interval = fields.CharEnumField(BillingInterval, max_length=8)
    currency = fields.CharField(max_length=3)
    unit_price_minor = fields.BigIntField()

    class Meta:
        table = "plan_prices"
