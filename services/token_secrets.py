"""What an access token looks like: made, and read when it comes back. Pure but for the chance.

    seatwise_pat_ + the account's id + 256 random bits + a checksum, in hexadecimal

The prefix and the checksum let scanners of secrets find one that was published, and let us
refuse a mistyped one without asking the database. With the account's id the token is looked
up inside that account. SHA-256 is enough to keep: slow hashes make passwords hard to guess,
and 256 random bits nobody guesses.
"""

import re
from dataclasses import dataclass
from hashlib import sha256
from secrets import token_hex
from uuid import UUID
from zlib import crc32

PREFIX = "seatwise_pat_"
FORM = re.compile(rf"{PREFIX}([0-9a-f]{{32}})[0-9a-f]{{64}}([0-9a-f]{{8}})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Found:
    """Where a token is looked up: the account, and what is kept of the token."""

    account_id: UUID
    digest: str


def make(account_id: UUID) -> str:
    """A new token of the account."""
    body = f"{PREFIX}{account_id.hex}{token_hex(32)}"
    return f"{body}{_checksum(body)}"


def read(token: str) -> Found | None:
    """Where to look the token up; None for what is none."""
    form = FORM.fullmatch(token)
    if form is None or form[2] != _checksum(token[:-8]):
        return None
    return Found(UUID(hex=form[1]), digest(token))


def digest(token: str) -> str:
    """What is kept of a token."""
    return sha256(token.encode()).hexdigest()


def _checksum(body: str) -> str:
    return f"{crc32(body.encode()):08x}"
