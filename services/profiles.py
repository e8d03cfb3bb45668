"""Profiles: what everyone in an account may know about it. Pure, no I/O."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Profile:
    """The account as it was when a caller was looked up; the names are the table's."""

    id: UUID
    name: str
    time_zone: str
    currency: str
    only_billing_administrators_manage_users: bool
    seat_group_required: bool
