"""Access tokens: by which scripts come as a user."""

from datetime import datetime
from uuid import UUID

from tortoise import fields
from tortoise.fields import ForeignKeyRelation
from tortoise.models import Model

from models.accounts import Account
from models.keys import new_key
from models.users import User


class AccessToken(Model):
    """A secret that opens the account as its user does, no further than its scopes.

    `digest` is the SHA-256 of the token, which is not kept. Rows are never deleted.
    """

    id = fields.UUIDField(primary_key=True, default=new_key)
    account: ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "models.Account", related_name=False, on_delete=fields.RESTRICT
    )
    account_id: UUID
    user: ForeignKeyRelation[User] = fields.ForeignKeyField(
        "models.User", related_name=False, on_delete=fields.RESTRICT
    )
    user_id: UUID
    name = fields.CharField(max_length=200)
    scopes: list[str] = fields.JSONField()
    digest = fields.CharField(max_length=64)
    created_at: datetime = fields.DatetimeField()
    expires_at: datetime = fields.DatetimeField()
    last_used_at: datetime | None = fields.DatetimeField(null=True)
    revoked_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "access_tokens"
