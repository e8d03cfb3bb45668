"""Who may do what: one table from right and role to a grant, and one function, `require`.

A second table, `CHANGES`, says which scope lets an access token change something by a right;
`require_change` reads both, and every change of a user's passes it (`renewals.acting`).

A user can hold several roles; what any of them grants is granted. Whatever has no entry
is denied. "Restricted" is the account's setting *Only billing administrators can manage
users*, which suspends the grants marked `unless_restricted`. Pure, no I/O.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import TypeVar
from uuid import UUID

from services.errors import Forbidden
from services.profiles import Profile

Row = TypeVar("Row")


class Role(StrEnum):
    """What a user is to the account. Everyone is a USER."""

    BILLING_ADMINISTRATOR = "BILLING_ADMINISTRATOR"
    ADMINISTRATOR = "ADMINISTRATOR"
    PRODUCT_OWNER = "PRODUCT_OWNER"
    GROUP_ADMINISTRATOR = "GROUP_ADMINISTRATOR"
    USER = "USER"


class Right(StrEnum):
    """What can be allowed: the rows of the table."""

    BILLING = "BILLING"
    CONFIGURE = "CONFIGURE"
    SET_ADMINISTRATORS = "SET_ADMINISTRATORS"
    READ_SEAT_GROUPS = "READ_SEAT_GROUPS"
    READ_USERS = "READ_USERS"
    INVITE_USERS = "INVITE_USERS"
    MANAGE_USERS = "MANAGE_USERS"
    SET_PERMISSIONS = "SET_PERMISSIONS"
    READ_SELF = "READ_SELF"
    ACCESS_TOKENS = "ACCESS_TOKENS"


class Scope(StrEnum):
    """How far a grant reaches."""

    ALL = "ALL"
    OWN_PRODUCTS = "OWN_PRODUCTS"
    OWN_GROUPS = "OWN_GROUPS"
    OWN = "OWN"


class TokenScope(StrEnum):
    """What an access token may do, of what its user may. All of them read."""

    READ = "READ"
    BILLING = "BILLING"
    USERS = "USERS"


@dataclass(frozen=True, slots=True)
class Grant:
    """That a role has a right, how far, and whether the restriction suspends it."""

    scope: Scope
    unless_restricted: bool = False


ALL = Grant(Scope.ALL)
ALL_UNLESS_RESTRICTED = Grant(Scope.ALL, unless_restricted=True)
PRODUCTS_UNLESS_RESTRICTED = Grant(Scope.OWN_PRODUCTS, unless_restricted=True)
GROUPS = Grant(Scope.OWN_GROUPS)
OWN = Grant(Scope.OWN)

GRANTS: Mapping[Right, Mapping[Role, Grant]] = {
    Right.BILLING: {Role.BILLING_ADMINISTRATOR: ALL},
    Right.CONFIGURE: {Role.BILLING_ADMINISTRATOR: ALL},
    Right.SET_ADMINISTRATORS: {Role.BILLING_ADMINISTRATOR: ALL},
    Right.READ_SEAT_GROUPS: {
        Role.BILLING_ADMINISTRATOR: ALL,
        Role.ADMINISTRATOR: ALL,
        Role.PRODUCT_OWNER: ALL,
        Role.GROUP_ADMINISTRATOR: GROUPS,
    },
    Right.READ_USERS: {
        Role.BILLING_ADMINISTRATOR: ALL,
        Role.ADMINISTRATOR: ALL,
        Role.PRODUCT_OWNER: ALL,
        Role.GROUP_ADMINISTRATOR: GROUPS,
    },
    Right.INVITE_USERS: {
        Role.BILLING_ADMINISTRATOR: ALL,
        Role.ADMINISTRATOR: ALL_UNLESS_RESTRICTED,
        Role.PRODUCT_OWNER: PRODUCTS_UNLESS_RESTRICTED,
        Role.GROUP_ADMINISTRATOR: GROUPS,
    },
    Right.MANAGE_USERS: {
        Role.BILLING_ADMINISTRATOR: ALL,
        Role.ADMINISTRATOR: ALL_UNLESS_RESTRICTED,
        Role.GROUP_ADMINISTRATOR: GROUPS,
    },
    Right.SET_PERMISSIONS: {
        Role.BILLING_ADMINISTRATOR: ALL,
        Role.ADMINISTRATOR: ALL_UNLESS_RESTRICTED,
        Role.PRODUCT_OWNER: PRODUCTS_UNLESS_RESTRICTED,
        Role.GROUP_ADMINISTRATOR: GROUPS,
    },
    Right.READ_SELF: {Role.USER: ALL},
    Right.ACCESS_TOKENS: {Role.BILLING_ADMINISTRATOR: ALL, Role.USER: OWN},
}

CHANGES: Mapping[Right, TokenScope] = {
    Right.BILLING: TokenScope.BILLING,
    Right.CONFIGURE: TokenScope.BILLING,
    Right.INVITE_USERS: TokenScope.USERS,
    Right.MANAGE_USERS: TokenScope.USERS,
    Right.SET_PERMISSIONS: TokenScope.USERS,
}
"""The scope that an access token needs to change something by a right.

By a right that is not here it changes nothing: what it made there would outlive it (other
tokens, administrators), or nobody has thought about it yet.
"""


@dataclass(frozen=True, slots=True)
class Actor:
    """The user who calls: the account that the token opens, and what the user is in it."""

    account_id: UUID
    user_id: UUID
    roles: frozenset[Role] = frozenset({Role.USER})
    products: frozenset[UUID] = frozenset()
    """The products in which the user has role OWNER."""
    groups: frozenset[UUID] = frozenset()
    """The seat groups that the user administers."""
    restricted: bool = False
    overdue: bool = False
    """Whether the account had a period to renew when the user was looked up."""
    account: Profile | None = None
    """The account when the user was looked up."""
    token_id: UUID | None = None
    """The access token by which the user came; None for a user who signed in."""
    token_scopes: frozenset[TokenScope] = frozenset()


@dataclass(frozen=True, slots=True)
class Target:
    """What an action touches: groups (None for "no group"), products, what users own."""

    groups: frozenset[UUID | None] = field(default=frozenset())
    products: frozenset[UUID] = field(default=frozenset())
    owners: frozenset[UUID] = field(default=frozenset())


ANYTHING = Target()


def scopes(actor: Actor, right: Right) -> frozenset[Scope]:
    """How far the actor's roles reach with a right; empty where it is denied."""
    return _scopes(actor.roles, right, restricted=actor.restricted)


@lru_cache(maxsize=1_000)
def _scopes(roles: frozenset[Role], right: Right, *, restricted: bool) -> frozenset[Scope]:
    return frozenset(
        grant.scope
        for role, grant in GRANTS[right].items()
        if role in roles and not (grant.unless_restricted and restricted)
    )


def allows(actor: Actor, right: Right, target: Target = ANYTHING) -> bool:
    """Whether the actor has the right over all of the target.

    A grant for own products, groups or things covers a target that names some, and only own
    ones.
    """
    granted = scopes(actor, right)
    own_groups = Scope.OWN_GROUPS in granted and _within(target.groups, actor.groups)
    own_products = Scope.OWN_PRODUCTS in granted and _within(target.products, actor.products)
    own = Scope.OWN in granted and _within(target.owners, frozenset({actor.user_id}))
    return Scope.ALL in granted or own_groups or own_products or own


def require(actor: Actor, right: Right, target: Target = ANYTHING) -> None:
    """Raises Forbidden unless the actor has the right over all of the target."""
    if not allows(actor, right, target):
        raise Forbidden


def or_forbidden(
    actor: Actor, right: Right, row: Row, target: Target = ANYTHING
) -> Row | Forbidden:
    """The row, or Forbidden in its place where the actor has not the right over the target."""
    return row if allows(actor, right, target) else Forbidden()


def require_some(actor: Actor, right: Right) -> None:
    """Raises Forbidden when the actor has the right over nothing at all.

    Asked before anything is looked up; `require` follows with the target.
    """
    if not scopes(actor, right):
        raise Forbidden


def require_change(actor: Actor, right: Right) -> None:
    """Raises Forbidden when the actor may change nothing at all by the right: for want of a
    role, or because it came by an access token without the scope.

    Asked before anything is looked up; `require` follows with the target.
    """
    require_some(actor, right)
    if actor.token_id is not None and CHANGES.get(right) not in actor.token_scopes:
        raise Forbidden("The access token's scopes do not allow this.")


def _within(named: frozenset[UUID | None] | frozenset[UUID], own: frozenset[UUID]) -> bool:
    return bool(named) and named <= own
