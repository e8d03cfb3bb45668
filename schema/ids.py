"""Global ids: opaque to clients, the type's name and the row's key to us."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from uuid import UUID

import strawberry

NOBODY = UUID(int=0)
"""The key that no row has: what a malformed id, or one of another type, stands for."""


def encode(type_name: str, key: UUID) -> strawberry.ID:
    """The global id of a row."""
    return strawberry.ID(urlsafe_b64encode(f"{type_name}:{key.hex}".encode()).decode())


def split(global_id: str) -> tuple[str, UUID]:
    """The type's name and the key; ("", NOBODY) for an id that is malformed."""
    try:
        type_name, _, key = urlsafe_b64decode(global_id.encode()).decode().partition(":")
        parsed = UUID(hex=key)
    except ValueError:
        return "", NOBODY
    return (type_name, parsed) if encode(type_name, parsed) == global_id else ("", NOBODY)


def decode(type_name: str, global_id: str) -> UUID:
    """The key of a row of the type; NOBODY for anything else."""
    found, key = split(global_id)
    return key if found == type_name else NOBODY


def decode_optional(type_name: str, global_id: str | None) -> UUID | None:
    """The same for an id that may be left out or null."""
    return None if global_id is None else decode(type_name, global_id)


def decode_all(type_name: str, global_ids: list[strawberry.ID]) -> list[UUID]:
    """The keys of several rows, in the order given."""
    return [decode(type_name, global_id) for global_id in global_ids]
