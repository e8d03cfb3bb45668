"""Seat groups: named parts of an account's seats, with administrators of their own."""

from uuid import UUID

from tortoise import fields
from tortoise.fields import ForeignKeyRelation
from tortoise.models import Model

from models.accounts import Account
from models.keys import new_key


class SeatGroup(Model):
    """One group with its allocation. `name_key` is the name without regard to case;
    `seats_used` counts its paid members, and the database bounds it by `seats`."""

    id = fields.UUIDField(primary_key=True, default=new_key)
    account: ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "models.Account", related_name=False, on_delete=fields.RESTRICT
    )
    account_id: UUID
    name = fields.CharField(max_length=200)
    name_key = fields.CharField(max_length=600)
    seats = fields.IntField()
    seats_used = fields.IntField(default=0)

    class Meta:
        table = "seat_groups"


class SeatGroupAdministrator(Model):
    """That a user administers a group."""

    id = fields.UUIDField(primary_key=True, default=new_key)
    account: ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "models.Account", related_name=False, on_delete=fields.RESTRICT
    )
    account_id: UUID
    seat_group: ForeignKeyRelation[SeatGroup] = fields.ForeignKeyField(
        "models.SeatGroup", related_name=False, on_delete=fields.RESTRICT
    )
    seat_group_id: UUID
    user: ForeignKeyRelation["User"] = fields.ForeignKeyField(  # type: ignore[name-defined]  # noqa: F821
        "models.User", related_name=False, on_delete=fields.RESTRICT
    )
    user_id: UUID

    class Meta:
        table = "seat_group_administrators"
