"""Who calls, and what that user may: the same facts as the product looks up."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services import auth, text
from services.errors import Forbidden, Unauthenticated

Row = Any
"""A row of either driver: its values by their columns' names."""


class Overdue(Exception):
    """A period is over that nobody has renewed: the floor renews nothing."""


@dataclass(frozen=True, slots=True)
class Caller:
    """What a user is looked up by, and when."""

    at: datetime
    account_code: str
    email_key: str


async def caller(authorization: str, at: datetime) -> Caller:
    """Whom the header's token speaks for. Raises Unauthenticated."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthenticated("Send a bearer token in the Authorization header.")
    claims = await auth.verify_token(token, at)
    return Caller(at, claims.account_code, text.key(claims.email))


def admitted(row: Row) -> Row:
    """The looked-up row. Raises Unauthenticated for nobody and for a disabled user."""
    if row is None or row["user_status"] == "DISABLED":
        raise Unauthenticated("The token's user cannot sign in.")
    if row["overdue"]:
        raise Overdue
    return row


def billing(row: Row) -> Row:
    """The same for what only billing administrators may read and do. Raises Forbidden."""
    row = admitted(row)
    if not row["is_billing_administrator"]:
        raise Forbidden
    return row
