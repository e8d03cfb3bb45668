"""The mutations of access tokens."""

from schema import ids
from schema.access_tokens import (
    CreateAccessTokenInput,
    CreateAccessTokenPayload,
    RevokeAccessTokenInput,
    RevokeAccessTokenPayload,
)
from schema.context import Info
from schema.scalars import or_none
from schema.users import AccessToken
from services import access_tokens


async def create_access_token(
    info: Info, input: CreateAccessTokenInput
) -> CreateAccessTokenPayload:
    row, secret = await access_tokens.create_access_token(
        info.context.actor,
        input.name,
        input.scopes,
        or_none(input.expires_in_days),
        info.context.at,
    )
    return CreateAccessTokenPayload(access_token=AccessToken(row=row), secret=secret)


async def revoke_access_token(
    info: Info, input: RevokeAccessTokenInput
) -> RevokeAccessTokenPayload:
    token_id = ids.decode("AccessToken", input.access_token_id)
    row = await access_tokens.revoke_access_token(info.context.actor, token_id, info.context.at)
    return RevokeAccessTokenPayload(access_token=AccessToken(row=row))
