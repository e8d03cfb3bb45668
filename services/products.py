"""Products, and the roles that users have in them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from models.users import Product, ProductPermission, ProductRole, User
from services import activity, renewals, rows, seating
from services.accounts import Tenant
from services.errors import invalid, not_found
from services.permissions import Actor, Right, Target, require
from services.seating import Move

__all__ = [
    "Product",
    "ProductPermission",
    "ProductRole",
    "add_permissions",
    "by_ids",
    "checked_roles",
    "listed",
    "permissions_of",
    "refresh_seat",
    "set_product_permission",
]


async def listed(actor: Actor) -> list[Product]:
    """The account's products, by name."""
    require(actor, Right.READ_SELF)
    return await Product.filter(account_id=actor.account_id).order_by("name", "id")


async def by_ids(actor: Actor, ids: Sequence[UUID]) -> dict[UUID, Product]:
    """The account's products among the ids."""
    require(actor, Right.READ_SELF)
    found = await Product.filter(account_id=actor.account_id, id__in=ids)
    return {product.id: product for product in found}


async def permissions_of(
    actor: Actor, user_ids: Sequence[UUID]
) -> dict[UUID, list[ProductPermission]]:
    """The roles of users whom the actor has been shown, by product."""
    require(actor, Right.READ_SELF)
    rows = ProductPermission.filter(account_id=actor.account_id, user_id__in=user_ids)
    permissions: dict[UUID, list[ProductPermission]] = defaultdict(list)
    for row in await rows.order_by("product_id"):
        permissions[row.user_id].append(row)
    return permissions


async def set_product_permission(
    actor: Actor, user_id: UUID, product_id: UUID, role: ProductRole | None, at: datetime
) -> User:
    """Sets a user's role in a product; None takes the permission away.

    Raises Forbidden, Refusal (NOT_FOUND, SUBSCRIPTION_CANCELED, SEAT_GROUP_FULL,
    NOT_ENOUGH_SEATS, SEAT_GROUP_REQUIRED).
    """
    async with renewals.acting(actor, Right.SET_PERMISSIONS, at) as tenant:
        own: dict[str, Any] = {"account_id": tenant.account.id}
        user = await User.get_or_none(**own, id=user_id)
        if user is None:
            raise not_found("user", "user_id")
        product = await Product.get_or_none(**own, id=product_id)
        if product is None:
            raise not_found("product", "product_id")
        groups, products = frozenset({user.seat_group_id}), frozenset({product.id})
        require(actor, Right.SET_PERMISSIONS, Target(groups=groups, products=products))
        tenant.require_live()
        earlier = await _replace(user, product, role)
        if earlier is not role:
            await _reseat(tenant, actor, user)
            await _record(tenant, actor, user, product, earlier, role, at)
        return user


async def checked_roles(
    tenant: Tenant, permissions: Sequence[tuple[UUID, ProductRole]]
) -> dict[UUID, ProductRole]:
    """The roles by product. Raises Refusal NOT_FOUND, or INVALID for a product named twice."""
    known = await Product.filter(account_id=tenant.account.id).values_list("id", flat=True)
    for index, (product_id, _) in enumerate(permissions):
        if product_id not in known:
            raise not_found("product", "permissions", str(index), "product_id")
    roles = dict(permissions)
    if len(roles) < len(permissions):
        raise invalid("Name each product once.", "permissions")
    return roles


async def add_permissions(user: User, roles: Mapping[UUID, ProductRole]) -> None:
    """Stores the roles of a user who has none yet."""
    await ProductPermission.bulk_create(
        ProductPermission(
            account_id=user.account_id, user_id=user.id, product_id=product_id, role=role
        )
        for product_id, role in roles.items()
    )


async def refresh_seat(tenant: Tenant, user: User) -> None:
    """Sets `takes_seat` on the row as the user's status, roles and plan now have it."""
    rows = ProductPermission.filter(account_id=user.account_id, user_id=user.id)
    roles = [row.role for row in await rows]
    user.takes_seat = seating.takes_seat(user.status, roles, tenant.plan.features)


async def _replace(user: User, product: Product, role: ProductRole | None) -> ProductRole | None:
    """Stores the role and returns the one before."""
    own: dict[str, Any] = {"account_id": user.account_id, "user_id": user.id}
    rows = ProductPermission.filter(**own, product_id=product.id)
    earlier = await rows.first()
    if earlier is not None and earlier.role is not role:
        await rows.delete()
    if role is not None and (earlier is None or earlier.role is not role):
        await add_permissions(user, {product.id: role})
    return earlier.role if earlier else None


async def _reseat(tenant: Tenant, actor: Actor, user: User) -> None:
    before = seating.place(user)
    await refresh_seat(tenant, user)
    after = seating.place(user)
    if after != before:
        await seating.admit(tenant, actor, [Move(before, after)], ("role",))
        await rows.update(user, "takes_seat")


async def _record(
    tenant: Tenant,
    actor: Actor,
    user: User,
    product: Product,
    before: ProductRole | None,
    after: ProductRole | None,
    at: datetime,
) -> None:
    now = f"is {after} of {product.name}" if after else f"has no role in {product.name} any more"
    activity.record(
        tenant,
        activity.by(actor),
        at,
        "user.permission_changed",
        f"{user.email} {now}",
        {product.code: before},
        {product.code: after},
    )
