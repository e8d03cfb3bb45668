"""Signed links to documents: the signature is the permission.

A link is signed with a key of its own, so that it is no bearer token, and no token a link.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import jwt

from services import settings
from services.forms import Form

LIFETIME = timedelta(minutes=15)
"""How long a link to a document is good."""

ALGORITHM = "HS256"

MISSHAPEN = (KeyError, ValueError, TypeError, AttributeError)
"""What claims of another kind, or of another release, raise."""


@dataclass(frozen=True, slots=True)
class Link:
    """The one invoice that a link opens, in one form, in one account."""

    account_id: UUID
    invoice_id: UUID
    form: Form


@dataclass(frozen=True, slots=True)
class Export:
    """The invoices of one account that a link opens together: those issued from a day to a day,
    both included. None is the beginning or the end of the history."""

    account_id: UUID
    first: date | None
    last: date | None


def sign_link(link: Link, at: datetime) -> str:
    """A token that opens one invoice's document for 15 minutes."""
    return _signed({"a": link.account_id.hex, "i": link.invoice_id.hex, "f": link.form}, at)


def open_link(token: str, at: datetime) -> Link | None:
    """What the link opens; None when it was tampered with or has expired."""
    claims = _opened(token, at)
    try:
        return Link(UUID(hex=claims["a"]), UUID(hex=claims["i"]), Form(claims["f"]))
    except MISSHAPEN:
        return None


def sign_export(export: Export, at: datetime) -> str:
    """A token that opens an export for 15 minutes."""
    days = [day and day.isoformat() for day in (export.first, export.last)]
    return _signed({"a": export.account_id.hex, "days": days}, at)


def open_export(token: str, at: datetime) -> Export | None:
    """What the link opens; None when it was tampered with or has expired."""
    claims = _opened(token, at)
    try:
        first, last = (day and date.fromisoformat(day) for day in claims["days"])
        return Export(UUID(hex=claims["a"]), first, last)
    except MISSHAPEN:
        return None


def _signed(claims: Mapping[str, Any], at: datetime) -> str:
    return jwt.encode({**claims, "exp": int((at + LIFETIME).timestamp())}, _key(), ALGORITHM)


def _opened(token: str, at: datetime) -> dict[str, Any]:
    """The claims of a token of ours that is still good; none of any other."""
    options: Any = {"require": ["exp"], "verify_exp": False}
    try:
        claims: dict[str, Any] = jwt.decode(token, _key(), algorithms=[ALGORITHM], options=options)
        return claims if at.timestamp() < claims["exp"] else {}
    except (jwt.PyJWTError, *MISSHAPEN):
        return {}


def _key() -> bytes:
    return hmac.digest(settings.current().signing_key.encode(), b"document link", hashlib.sha256)
