"""Import of what an account is made of: its products, its seat groups and their administrators."""

from typing import Any

from models.accounts import Account
from models.seat_groups import SeatGroup, SeatGroupAdministrator
from models.users import Product, User
from services import rows, text
from services.accounts import Tenant
from services.import_file import AccountPart
from services.import_report import Place


async def check_references(where: Place, part: AccountPart, account: Account | None) -> None:
    """Notes what stands twice, and what is named but neither in the file nor stored."""
    products = {product.code for product in part.products}
    groups = {text.key(group.name) for group in part.seat_groups}
    users = {text.key(user.email) for user in part.users}
    where.refuse_twins("products", [product.code for product in part.products])
    where.refuse_twins("seat_groups", [text.key(group.name) for group in part.seat_groups])
    where.refuse_twins("users", [text.key(user.email) for user in part.users])
    if account is not None:
        own: dict[str, Any] = {"account_id": account.id}
        products |= {product.code for product in await Product.filter(**own)}
        groups |= {group.name_key for group in await SeatGroup.filter(**own)}
        users |= {user.email_key for user in await User.filter(**own)}
    for index, group in enumerate(part.seat_groups):
        for position, email in enumerate(group.administrators):
            if text.key(email) not in users:
                spot = where.at("seat_groups", index, "administrators", position)
                spot.refuse(f"there is no user {email}")
    for index, user in enumerate(part.users):
        spot = where.at("users", index)
        for code in user.permissions:
            if code not in products:
                spot.at("permissions", code).refuse(f"there is no product {code}")
        if user.seat_group is not None and text.key(user.seat_group) not in groups:
            spot.at("seat_group").refuse(f"there is no seat group {user.seat_group}")


async def import_products(part: AccountPart, tenant: Tenant) -> bool:
    """Creates and renames products; tells whether any changed."""
    own: dict[str, Any] = {"account_id": tenant.account.id}
    changed = False
    known = {product.code: product for product in await Product.filter(**own)}
    for wanted in part.products:
        product = known.get(wanted.code)
        if product is None:
            await Product.create(**own, code=wanted.code, name=wanted.name)
            changed = True
        elif product.name != wanted.name:
            product.name, changed = wanted.name, True
            await rows.update(product, "name")
    return changed


async def import_groups(part: AccountPart, tenant: Tenant) -> tuple[dict[str, SeatGroup], bool]:
    """The account's groups by name without regard to case, and whether any changed."""
    own: dict[str, Any] = {"account_id": tenant.account.id}
    changed = False
    groups = {group.name_key: group for group in await SeatGroup.filter(**own)}
    for wanted in part.seat_groups:
        key = text.key(wanted.name)
        group = groups.get(key)
        if group is None:
            values: dict[str, Any] = {"name": wanted.name, "name_key": key, "seats": wanted.seats}
            groups[key], changed = await SeatGroup.create(**own, **values), True
        elif (group.name, group.seats) != (wanted.name, wanted.seats):
            group.name, group.seats, changed = wanted.name, wanted.seats, True
            # Counted anew at the end: until then members may be more than the new allocation.
            group.seats_used = 0
            await rows.update(group, "name", "seats", "seats_used")
    return groups, changed


async def import_administrators(
    part: AccountPart, tenant: Tenant, groups: dict[str, SeatGroup], users: dict[str, User]
) -> bool:
    """Sets the administrators of the groups that name them; tells whether any changed."""
    own: dict[str, Any] = {"account_id": tenant.account.id}
    changed = False
    for wanted in part.seat_groups:
        group_id = groups[text.key(wanted.name)].id
        links = SeatGroupAdministrator.filter(**own, seat_group_id=group_id)
        ids = {users[text.key(email)].id for email in wanted.administrators}
        told = "administrators" in wanted.model_fields_set
        if told and {link.user_id for link in await links} != ids:
            changed = True
            await links.delete()
            await SeatGroupAdministrator.bulk_create(
                SeatGroupAdministrator(**own, seat_group_id=group_id, user_id=user_id)
                for user_id in ids
            )
    return changed
