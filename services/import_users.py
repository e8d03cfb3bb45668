"""Import of an account's users: who they are, what they may do, and where they sit."""

from typing import Any
from uuid import UUID

from models.seat_groups import SeatGroup
from models.users import Product, ProductPermission, ProductRole, User, UserStatus
from services import rows, seating, text
from services.accounts import Tenant
from services.import_file import AccountPart, UserPart, utc
from services.import_report import Place
from services.seating import NOWHERE
from services.seating import Place as Seat

Roles = dict[UUID, ProductRole]


async def import_users(
    where: Place, part: AccountPart, tenant: Tenant, groups: dict[str, SeatGroup]
) -> tuple[dict[str, User], bool]:
    """The account's users by e-mail without regard to case, and whether any changed.

    Every product and group that the file names exists. What an entry leaves out stays as it
    is for a user who exists, and takes its default for a new one.
    """
    own: dict[str, Any] = {"account_id": tenant.account.id}
    users = {user.email_key: user for user in await User.filter(**own)}
    products = {product.code: product.id for product in await Product.filter(**own)}
    held = await _roles_by_user(tenant.account.id)
    administered = any(map(_administers, users.values()))
    created: list[User] = []
    granted: list[ProductPermission] = []
    updated = 0
    for index, wanted in enumerate(part.users):
        user = users.get(text.key(wanted.email))
        before = seating.place(user) if user else NOWHERE
        roles = {products[code]: role for code, role in wanted.permissions.items()}
        if user is None:
            user = User(**own, email_key=text.key(wanted.email))
            _assign(user, wanted, groups, _COLUMNS)
            created.append(user)
            granted += _permissions(user, roles)
        else:
            told = _COLUMNS & wanted.model_fields_set
            changed = await _store_if_changed(user, wanted, groups, told)
            earlier = held.get(user.id, {})
            if "permissions" in wanted.model_fields_set and roles != earlier:
                await ProductPermission.filter(**own, user_id=user.id).delete()
                granted += _permissions(user, roles)
                changed = True
            roles = roles if "permissions" in wanted.model_fields_set else earlier
            updated += changed
        users[user.email_key] = user
        user.takes_seat = seating.takes_seat(user.status, roles.values(), tenant.plan.features)
        _refuse_ungrouped(where.at("users", index), tenant, before, seating.place(user))
    await User.bulk_create(created)
    tenant.account.user_count += len(created)
    await ProductPermission.bulk_create(granted)
    if administered and not any(map(_administers, users.values())):
        where.at("users").refuse("the account would have no billing administrator left")
    where.report.counts["users_created"] += len(created)
    where.report.counts["users_updated"] += updated
    return users, bool(created or updated)


_COLUMNS = {
    "email",
    "name",
    "status",
    "administrator",
    "billing_administrator",
    "last_active_at",
    "seat_group",
}
"""The keys of an entry that are columns of the user."""


def _administers(user: User) -> bool:
    return user.is_billing_administrator and user.status is not UserStatus.DISABLED


async def _roles_by_user(account_id: UUID) -> dict[UUID, Roles]:
    held: dict[UUID, Roles] = {}
    for row in await ProductPermission.filter(account_id=account_id):
        held.setdefault(row.user_id, {})[row.product_id] = row.role
    return held


def _assign(
    user: User, wanted: UserPart, groups: dict[str, SeatGroup], told: set[str]
) -> dict[str, Any]:
    """Sets the told columns on the row; returns those that changed."""
    group = groups[text.key(wanted.seat_group)] if wanted.seat_group else None
    values: dict[str, dict[str, Any]] = {
        "email": {"email": wanted.email},
        "name": {"name": wanted.name, "name_key": text.key(wanted.name)},
        "status": {"status": wanted.status, "joined": wanted.status is not UserStatus.INVITED},
        "administrator": {"is_administrator": wanted.administrator},
        "billing_administrator": {"is_billing_administrator": wanted.billing_administrator},
        "last_active_at": {"last_active_at": utc(wanted.last_active_at)},
        "seat_group": {"seat_group_id": group.id if group else None},
    }
    columns = {column: value for key in told for column, value in values[key].items()}
    changed = {key: value for key, value in columns.items() if getattr(user, key) != value}
    for column, value in columns.items():
        setattr(user, column, value)
    return changed


async def _store_if_changed(
    user: User, wanted: UserPart, groups: dict[str, SeatGroup], told: set[str]
) -> bool:
    changed = _assign(user, wanted, groups, told)
    if changed:
        await rows.update(user, *changed)
    return bool(changed)


def _permissions(user: User, roles: Roles) -> list[ProductPermission]:
    return [
        ProductPermission(
            account_id=user.account_id, user_id=user.id, product_id=product_id, role=role
        )
        for product_id, role in roles.items()
    ]


def _refuse_ungrouped(where: Place, tenant: Tenant, before: Seat, after: Seat) -> None:
    ungrouped = Seat(takes_seat=True, group_id=None)
    if tenant.account.seat_group_required and after == ungrouped != before:
        where.at("seat_group").refuse("every paid user must be in a seat group")
