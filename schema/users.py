"""Users, products, the seat groups that users are in, and the access tokens that they have."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import strawberry

from execution import attribute, batched, computed
from schema import ids
from schema.connections import Connection, connection, request
from schema.context import Info
from schema.scalars import Node, left_of, or_none
from services import access_tokens, products, seat_groups, users
from services.access_tokens import TokenScope
from services.pagination import PageRequest
from services.products import ProductRole
from services.users import UserStatus

strawberry.enum(
    UserStatus, description="INVITED and ACTIVE users can take a seat; DISABLED ones cannot."
)
strawberry.enum(
    ProductRole,
    description="OWNER and CONTRIBUTOR take a paid seat; REVIEWER and VIEWER do on plans without "
    "FREE_REVIEWERS.",
)
strawberry.enum(
    TokenScope,
    name="AccessTokenScope",
    description="What an access token may do, of what its user may. All of them read all that the "
    "user may read; BILLING also changes the subscription, groups and their seats, billing details "
    "and license management; USERS also invites, disables, enables and moves users and sets their "
    "roles in products. None sets administrators, or creates or revokes access tokens.",
)


@strawberry.type(description="One product of the vendor, as the account uses it.")
class Product(Node):
    row: strawberry.Private[products.Product]

    name: str = attribute("row.name", description="What the product is called.")


@strawberry.type(description="A user's role in a product.")
class ProductPermission:
    product: Product
    role: ProductRole


async def _administered(shown: list["User"], info: Info) -> list[list["SeatGroup"]]:
    found = await seat_groups.administered_by(info.context.actor, [user.row.id for user in shown])
    return [[SeatGroup(row=row) for row in found.get(user.row.id, ())] for user in shown]


async def _permissions(shown: list["User"], info: Info) -> list[list[ProductPermission]]:
    actor = info.context.actor
    found = await products.permissions_of(actor, [user.row.id for user in shown])
    ids = {row.product_id for rows in found.values() for row in rows}
    named = {key: Product(row=row) for key, row in (await products.by_ids(actor, [*ids])).items()}
    return [
        [ProductPermission(product=named[row.product_id], role=row.role) for row in rows]
        for rows in (found.get(user.row.id, ()) for user in shown)
    ]


async def _administrators(shown: list["SeatGroup"], info: Info) -> list[list["User"]]:
    ids = [group.row.id for group in shown]
    found = await seat_groups.administrators_of(info.context.actor, ids)
    return [[User(row=row) for row in found.get(group.row.id, ())] for group in shown]


@strawberry.type(description="One person in the account.")
class User(Node):
    row: strawberry.Private[users.User]

    email: str = attribute("row.email", description="Unique in the account without regard to case.")
    name: str = attribute("row.name", description="What the person is called.")
    status: UserStatus = attribute("row.status", description="Invited, active, or disabled.")
    is_administrator: bool = attribute(
        "row.is_administrator", description="Whether the user may manage users."
    )
    is_billing_administrator: bool = attribute(
        "row.is_billing_administrator",
        description="Whether the user has billing rights over the account.",
    )
    takes_seat: bool = attribute(
        "row.takes_seat",
        description="Whether the user takes a paid seat now: not disabled (invited counts), and in "
        "a role of some product that takes one on the plan. Rights alone take none.",
    )

    @strawberry.field(description="The group that the user is in; FORBIDDEN where it is hidden.")
    async def seat_group(self, info: Info) -> "SeatGroup | None":
        if self.row.seat_group_id is None:
            return None
        return SeatGroup(row=await info.context.load.seat_groups.load(self.row.seat_group_id))

    administered_seat_groups: list["SeatGroup"] = batched(
        _administered, description="The groups that the user administers, by name."
    )
    product_permissions: list[ProductPermission] = batched(
        _permissions, description="The user's roles in products."
    )

    last_active_at: datetime | None = attribute(
        "row.last_active_at", description="When the user last worked, as the vendor's import told."
    )

    @strawberry.field(
        description="The user's access tokens, revoked and expired ones too, newest first. For the "
        "user itself and billing administrators."
    )
    async def access_tokens(
        self,
        info: Info,
        first: int | None = strawberry.UNSET,
        after: str | None = strawberry.UNSET,
    ) -> "AccessTokenConnection | None":
        return await tokens_page(info, request(first, after), self.row.id)


UserConnection = Connection[User]


def _scopes(names: Sequence[str]) -> list[TokenScope]:
    return [TokenScope(name) for name in names]


@strawberry.type(
    description="By which a script comes as a user. The token itself is told once, by "
    "createAccessToken."
)
class AccessToken(Node):
    row: strawberry.Private[access_tokens.AccessToken]

    name: str = attribute(
        "row.name", description="What it is for; unique among the user's living tokens."
    )
    scopes: list[TokenScope] = computed(
        _scopes, "row.scopes", description="What it may do, of what its user may."
    )
    created_at: datetime = attribute("row.created_at", description="When it was created.")
    last_used_at: datetime | None = attribute(
        "row.last_used_at", description="When it was last used, to the hour; null for never."
    )
    expires_at: datetime = attribute("row.expires_at", description="From when on it opens nothing.")
    revoked_at: datetime | None = attribute(
        "row.revoked_at", description="When it was revoked; null where it was not."
    )

    @strawberry.field(description="Whom it comes as.")
    async def user(self, info: Info) -> User:
        return User(row=await info.context.load.users.load(self.row.user_id))


AccessTokenConnection = Connection[AccessToken]


async def tokens_page(
    info: Info, wanted: PageRequest, user_id: UUID | None = None
) -> AccessTokenConnection:
    """A user's access tokens, or all of the account's."""
    actor = info.context.actor
    page = await access_tokens.page(actor, wanted, user_id)
    return connection(
        page, lambda row: AccessToken(row=row), lambda: access_tokens.count(actor, user_id)
    )


@strawberry.type(description="A named part of the account's seats, with its administrators.")
class SeatGroup(Node):
    row: strawberry.Private[seat_groups.SeatGroup]

    name: str = attribute("row.name", description="Unique in the account without regard to case.")
    administrators: list[User] = batched(
        _administrators, description="Who administers the group, by name."
    )
    seats: int = attribute("row.seats", description="Paid seats allocated to the group.")
    seats_used: int = attribute("row.seats_used", description="Paid seats taken by members.")

    seats_available: int = computed(
        left_of,
        "row.seats",
        "row.seats_used",
        description="Paid seats that members can still take.",
    )

    @strawberry.field(description="The group's members, by name.")
    async def users(
        self,
        info: Info,
        first: int | None = strawberry.UNSET,
        after: str | None = strawberry.UNSET,
    ) -> UserConnection:
        actor, wanted = info.context.actor, users.Filter(seat_group_id=self.row.id)
        page = await users.page(actor, request(first, after), wanted)
        return connection(page, lambda row: User(row=row), lambda: users.count(actor, wanted))


SeatGroupConnection = Connection[SeatGroup]


@strawberry.input(description="Which users: all that is given must hold.")
class UserFilter:
    search: str | None = strawberry.field(
        default=strawberry.UNSET, description="Part of a name or an e-mail, without regard to case."
    )
    status: UserStatus | None = strawberry.UNSET
    takes_seat: bool | None = strawberry.UNSET
    seat_group_id: strawberry.ID | None = strawberry.UNSET
    ungrouped: bool | None = strawberry.UNSET

    def value(self) -> users.Filter:
        """The filter as the services take it."""
        group_id = or_none(self.seat_group_id)
        return users.Filter(
            search=or_none(self.search),
            status=or_none(self.status),
            takes_seat=or_none(self.takes_seat),
            seat_group_id=ids.decode_optional("SeatGroup", group_id),
            ungrouped=or_none(self.ungrouped),
        )
