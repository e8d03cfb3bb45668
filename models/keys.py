"""Primary keys: UUIDs of version 7, made by the application, in order of time.

Rows know their key before they are stored, so that a parent and its children go to the
database together, and an index on the key grows at one end.
"""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_key() -> UUID:
    """A key that no other row has."""
    return uuid7()
