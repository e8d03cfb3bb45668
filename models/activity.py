"""Activity: one entry for each thing that was done to an account."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.fields import ForeignKeyNullableRelation, ForeignKeyRelation
from tortoise.models import Model

from models.accounts import Account
from models.keys import new_key
from models.users import User


class ActorKind(StrEnum):
    """Who acts: a user of the account, the vendor's operator, or a renewal."""

    USER = "USER"
    OPERATOR = "OPERATOR"
    RENEWAL = "RENEWAL"


class ActivityEntry(Model):
    """Who did what, when, with the values before and after. Entries are never edited."""

    id = fields.UUIDField(primary_key=True, default=new_key)
    account: ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "models.Account", related_name=False, on_delete=fields.RESTRICT
    )
    account_id: UUID
    sequence = fields.IntField()
    at: datetime = fields.DatetimeField()
    actor_kind = fields.CharEnumField(ActorKind, max_length=16)
    actor: ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "models.User", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    actor_id: UUID | None
    action = fields.CharField(max_length=64)
    summary = fields.TextField()
    before: dict[str, Any] | None = fields.JSONField(null=True)
    after: dict[str, Any] | None = fields.JSONField(null=True)

    class Meta:
        table = "activity"
