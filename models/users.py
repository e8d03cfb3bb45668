"""Users, products, and who has which role in which product."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from tortoise import fields
from tortoise.fields import ForeignKeyNullableRelation, ForeignKeyRelation
from tortoise.models import Model

from models.accounts import Account
from models.keys import new_key
from models.seat_groups import SeatGroup


class UserStatus(StrEnum):
    """Where a user stands; DISABLED ones take no seat and cannot sign in."""

    INVITED = "INVITED"
    ACTIVE = "ACTIVE"
    DISABLED = "DISABLED"


class ProductRole(StrEnum):
    """What a user may do in one product."""

    OWNER = "OWNER"
    CONTRIBUTOR = "CONTRIBUTOR"
    REVIEWER = "REVIEWER"
    VIEWER = "VIEWER"


class User(Model):
    """One person in one account.

    `joined` tells whether an invitation was ever taken up: what enabling goes back to.
    `takes_seat` follows from status, roles and plan; whatever changes one of them sets it.
    """

    id = fields.UUIDField(primary_key=True, default=new_key)
    account: ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "models.Account", related_name=False, on_delete=fields.RESTRICT
    )
    account_id: UUID
    email = fields.CharField(max_length=254)
    email_key = fields.CharField(max_length=762)
    name = fields.CharField(max_length=200)
    name_key = fields.CharField(max_length=600)
    status = fields.CharEnumField(UserStatus, max_length=16)
    is_administrator = fields.BooleanField(default=False)
    is_billing_administrator = fields.BooleanField(default=False)
    joined = fields.BooleanField(default=False)
    takes_seat = fields.BooleanField(default=False)
    seat_group: ForeignKeyNullableRelation[SeatGroup] = fields.ForeignKeyField(
        "models.SeatGroup", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    seat_group_id: UUID | None
    last_active_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "users"


class Product(Model):
    """One product of the vendor, as the account uses it."""

    id = fields.UUIDField(primary_key=True, default=new_key)
    account: ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "models.Account", related_name=False, on_delete=fields.RESTRICT
    )
    account_id: UUID
    code = fields.CharField(max_length=64)
    name = fields.CharField(max_length=200)

    class Meta:
        table = "products"


class ProductPermission(Model):
    """The role of a user in a product."""

    id = fields.UUIDField(primary_key=True, default=new_key)
    account: ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "models.Account", related_name=False, on_delete=fields.RESTRICT
    )
    account_id: UUID
    user: ForeignKeyRelation[User] = fields.ForeignKeyField(
        "models.User", related_name=False, on_delete=fields.RESTRICT
    )
    user_id: UUID
    product: ForeignKeyRelation[Product] = fields.ForeignKeyField(
        "models.Product", related_name=False, on_delete=fields.RESTRICT
    )
    product_id: UUID
    role = fields.CharEnumField(ProductRole, max_length=16)

    class Meta:
        table = "product_permissions"
