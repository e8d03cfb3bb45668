"""The table of contents: every query and mutation, and where it is resolved."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, get_type_hints

import strawberry
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.name_converter import NameConverter

from resolvers import (
    access_tokens,
    accounts,
    changes,
    nodes,
    plans,
    seat_groups,
    subscriptions,
    users,
)
from schema.access_tokens import CreateAccessTokenPayload, RevokeAccessTokenPayload
from schema.accounts import (
    Account,
    UpdateBillingDetailsPayload,
    UpdateLicenseManagementPayload,
)
from schema.activity import ActivityEntry
from schema.changes import AccountChange
from schema.errors import AnswerRefusals
from schema.invoices import Invoice
from schema.plans import Plan
from schema.scalars import DATE_TIME, Node
from schema.seat_groups import (
    AllocateSeatsPayload,
    AssignSeatGroupPayload,
    CreateSeatGroupPayload,
    DeleteSeatGroupPayload,
    UpdateSeatGroupPayload,
)
from schema.subscriptions import (
    CancelSubscriptionPayload,
    ChangeUsersPayload,
    ResumeSubscriptionPayload,
    Subscription,
)
from schema.user_changes import (
    DisableUserPayload,
    EnableUserPayload,
    InviteUserPayload,
    SetAdministratorPayload,
    SetProductPermissionPayload,
)
from schema.users import AccessToken, Product, SeatGroup, User


def query(resolver: Callable[..., Any], description: str) -> Any:
    """A field of Query."""
    return strawberry.field(resolver=resolver, description=description)


def mutation(resolver: Callable[..., Any], description: str) -> Any:
    """A field of Mutation, which answers a refusal with its payload's userErrors."""
    payload = get_type_hints(resolver)["return"]
    return strawberry.mutation(
        resolver=resolver, description=description, extensions=[AnswerRefusals(payload)]
    )


def subscription(resolver: Callable[..., Any], description: str) -> Any:
    """A field of Events."""
    return strawberry.subscription(resolver=resolver, description=description)


@strawberry.type(description="What can be read, by the rights that the caller has now.")
class Query:
    node: Node | None = query(
        nodes.node, "Any object by its id; null for an id that the account does not have."
    )
    nodes: list[Node | None] = query(nodes.nodes, "Several objects by their ids, at most 100.")
    viewer: User = query(users.viewer, "The caller.")
    account: Account = query(
        accounts.account, "The caller's account. A token opens one account and no other."
    )
    plans: list[Plan] = query(plans.on_offer, "The plans on offer, cheapest first.")


@strawberry.type(
    description="What can be done: wholly, or not at all, and then userErrors say why."
)
class Mutation:
    change_users: ChangeUsersPayload = mutation(
        subscriptions.change_users,
        "Set the total number of paid seats. More: at once, with a pro-rated invoice to the end of "
        "the current period. Fewer (0 too): from the next period on. The current total: drops a "
        "decrease that waits.",
    )
    cancel_subscription: CancelSubscriptionPayload = mutation(
        subscriptions.cancel_subscription,
        "End the subscription at the end of the current period.",
    )
    resume_subscription: ResumeSubscriptionPayload = mutation(
        subscriptions.resume_subscription,
        "Take a cancellation back, up to the day on which it takes effect.",
    )

    create_seat_group: CreateSeatGroupPayload = mutation(
        seat_groups.create_seat_group, "Create a group with its allocation."
    )
    update_seat_group: UpdateSeatGroupPayload = mutation(
        seat_groups.update_seat_group, "Rename a group, or replace its administrators."
    )
    allocate_seats: AllocateSeatsPayload = mutation(
        seat_groups.allocate_seats, "Set the allocations of one or more groups, all or none."
    )
    delete_seat_group: DeleteSeatGroupPayload = mutation(
        seat_groups.delete_seat_group,
        "Delete a group; its members move to another group, or to none where moveUsersTo is null.",
    )

    invite_user: InviteUserPayload = mutation(users.invite_user, "Invite a user.")
    assign_seat_group: AssignSeatGroupPayload = mutation(
        seat_groups.assign_seat_group, "Put users into a group, or into none, all or none."
    )
    set_product_permission: SetProductPermissionPayload = mutation(
        users.set_product_permission,
        "Set a user's role in a product; a null role takes the permission away.",
    )
    disable_user: DisableUserPayload = mutation(
        users.disable_user, "Disable a user, who gives the seat back and is signed out."
    )
    enable_user: EnableUserPayload = mutation(
        users.enable_user, "Enable a disabled user, who takes a seat again."
    )
    set_administrator: SetAdministratorPayload = mutation(
        users.set_administrator,
        "Give or take account-wide rights. The last billing administrator keeps theirs.",
    )

    update_license_management: UpdateLicenseManagementPayload = mutation(
        accounts.update_license_management,
        "Set who may manage users and where new paid users may go.",
    )
    update_billing_details: UpdateBillingDetailsPayload = mutation(
        accounts.update_billing_details, "Change what later invoices will say about the buyer."
    )

    create_access_token: CreateAccessTokenPayload = mutation(
        access_tokens.create_access_token,
        "Create an access token, by which a script comes as the caller. Only for users who signed "
        "in: a token makes no other.",
    )
    revoke_access_token: RevokeAccessTokenPayload = mutation(
        access_tokens.revoke_access_token,
        "Revoke an access token for good; twice changes nothing. Billing administrators revoke "
        "those of all users. Only for users who signed in.",
    )


@strawberry.type(
    description="What can be subscribed to, over WebSocket (graphql-transport-ws) or as "
    "server-sent events."
)
class Events:
    """The root of subscriptions; `Subscription` is what an account pays for."""

    account_changed: AccountChange = subscription(
        changes.account_changed,
        "Each change of the caller's account from now on, by whomever. The first "
        "tells the version as it is, with no parts: read what you show after it, and nothing is "
        "missed. It ends when the caller is signed out.",
    )


class Names(NameConverter):
    """Names of generic types: the connection of ActivityEntry is called ActivityConnection."""

    def from_generic(self, generic_type: Any, types: Any) -> str:
        return super().from_generic(generic_type, types).replace("ActivityEntry", "Activity")


schema = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    subscription=Events,
    types=[
        AccessToken,
        Account,
        ActivityEntry,
        Invoice,
        Plan,
        Product,
        SeatGroup,
        Subscription,
        User,
    ],
    config=StrawberryConfig(name_converter=Names(), scalar_map={datetime: DATE_TIME}),
)
"""The executable schema."""
