"""Signed links to documents: the signature is the permission.

A link is signed with a key of its own, so that it is no bearer token, and no token a link.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import jwt

from services import settings
from services.forms import Form

LIFETIME = timedelta(minutes=15)
"""How long a link to a document is good."""

ALGORITHM = "HS256"


@dataclass(frozen=True, slots=True)
class Link:
    """The one invoice that a link opens, in one form, in one account."""

    account_id: UUID
    invoice_id: UUID
    form: Form


def sign_link(link: Link, at: datetime) -> str:
    """A token that opens one invoice's document for 15 minutes."""
    expires = int((at + LIFETIME).timestamp())
    claims = {"a": link.account_id.hex, "i": link.invoice_id.hex, "f": link.form, "exp": expires}
    return jwt.encode(claims, _key(), ALGORITHM)


def open_link(token: str, at: datetime) -> Link | None:
    """What the link opens; None when it was tampered with or has expired."""
    options: Any = {"require": ["exp"], "verify_exp": False}
    try:
        claims = jwt.decode(token, _key(), algorithms=[ALGORITHM], options=options)
        if at.timestamp() >= claims["exp"]:
            return None
        return Link(UUID(hex=claims["a"]), UUID(hex=claims["i"]), Form(claims["f"]))
    except (jwt.PyJWTError, KeyError, ValueError, TypeError, AttributeError):
        return None


def _key() -> bytes:
    return hmac.digest(settings.current().signing_key.encode(), b"document link", hashlib.sha256)
