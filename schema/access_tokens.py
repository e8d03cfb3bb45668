"""Inputs and payloads of the mutations on access tokens."""

import strawberry

from schema.errors import UserError
from schema.users import AccessToken
from services.access_tokens import TokenScope


@strawberry.input(
    description="What to create. There is no idempotencyKey, because the secret is not kept to be "
    "told again: a retry is refused with NAME_TAKEN; revoke the token whose secret was lost."
)
class CreateAccessTokenInput:
    name: str = strawberry.field(
        description="What it is for, 1 to 200 characters; unique among the user's living tokens."
    )
    scopes: list[TokenScope] = strawberry.field(description="At least one.")
    expires_in_days: int | None = strawberry.field(
        default=strawberry.UNSET, description="1 to 365; 90 by default."
    )


@strawberry.type(description="The outcome of createAccessToken.")
class CreateAccessTokenPayload:
    access_token: AccessToken | None = strawberry.field(
        default=None, description="What was created."
    )
    secret: str | None = strawberry.field(
        default=None,
        description="The token to send as `Authorization: Bearer`. It is not told again.",
    )
    user_errors: list[UserError] = strawberry.field(
        default_factory=list, description="Why nothing was created."
    )


@strawberry.input(description="Which token to revoke.")
class RevokeAccessTokenInput:
    access_token_id: strawberry.ID


@strawberry.type(description="The outcome of revokeAccessToken.")
class RevokeAccessTokenPayload:
    access_token: AccessToken | None = strawberry.field(
        default=None, description="What was revoked."
    )
    user_errors: list[UserError] = strawberry.field(
        default_factory=list, description="Why nothing was revoked."
    )
