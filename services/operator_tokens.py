"""The operator's tokens: for the command line, which knows accounts by their code."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from models.access_tokens import AccessToken
from models.users import User, UserStatus
from services import access_tokens, accounts, activity, auth, callers, renewals, text
from services.errors import OperatorError, Refusal, Unauthenticated
from services.permissions import TokenScope


async def bearer(code: str, email: str, lifetime: timedelta, at: datetime) -> str:
    """A bearer token of an enabled user. Raises OperatorError."""
    try:
        await callers.by_claims(auth.Claims(email, code), at)
    except Unauthenticated:
        raise OperatorError(f"account {code} has no enabled user {email}") from None
    return auth.issue_token(code, email, lifetime, at)


async def create(
    code: str, email: str, name: str, scopes: Iterable[TokenScope], days: int | None, at: datetime
) -> str:
    """A new access token of an enabled user. Raises OperatorError."""
    account_id = await accounts.id_of(code)
    try:
        async with renewals.up_to_date(account_id, at) as tenant:
            user = await _user(account_id, code, email)
            who = activity.OPERATOR
            _, secret = await access_tokens.issue(tenant, who, user.id, name, scopes, days, at)
            return secret
    except Refusal as refusal:
        raise OperatorError(str(refusal)) from None


async def listed(code: str, email: str | None) -> list[dict[str, Any]]:
    """The access tokens of an account, or of one of its users, newest first. Raises
    OperatorError."""
    account_id = await accounts.id_of(code)
    own: dict[str, Any] = {"account_id": account_id}
    if email is not None:
        own["user_id"] = (await _user(account_id, code, email, enabled=False)).id
    tokens = await AccessToken.filter(**own).order_by("-id")
    users = await User.filter(account_id=account_id, id__in={token.user_id for token in tokens})
    emails = {user.id: user.email for user in users}
    return [
        {"id": str(token.id), "user": emails[token.user_id], **_told(token)} for token in tokens
    ]


async def revoke(code: str, token_id: UUID, at: datetime) -> None:
    """Ends an access token for good; twice changes nothing. Raises OperatorError."""
    account_id = await accounts.id_of(code)
    async with renewals.up_to_date(account_id, at) as tenant:
        token = await AccessToken.get_or_none(account_id=account_id, id=token_id)
        if token is None:
            raise OperatorError(f"account {code} has no access token {token_id}")
        await access_tokens.revoke(tenant, activity.OPERATOR, token, at)


async def _user(account_id: UUID, code: str, email: str, *, enabled: bool = True) -> User:
    user = await User.get_or_none(account_id=account_id, email_key=text.key(email))
    if user is None or (enabled and user.status is UserStatus.DISABLED):
        kind = "enabled user" if enabled else "user"
        raise OperatorError(f"account {code} has no {kind} {email}")
    return user


def _told(token: AccessToken) -> dict[str, Any]:
    instants = ("created_at", "expires_at", "last_used_at", "revoked_at")
    told = {name: getattr(token, name) for name in instants}
    shown = {name: at and at.isoformat() for name, at in told.items()}
    return {"name": token.name, "scopes": token.scopes, **shown}
