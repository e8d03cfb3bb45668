"""Activity: one entry for each change, written in the transaction that makes the change."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from models.activity import ActivityEntry, ActorKind
from services import database, pagination, rows
from services.accounts import Tenant
from services.errors import Forbidden
from services.pagination import Page, PageRequest
from services.permissions import Actor, Right, or_forbidden, require
from services.rows import Query

__all__ = ["OPERATOR", "RENEWAL", "ActivityEntry", "By", "by", "by_ids", "count", "page", "record"]


@dataclass(frozen=True, slots=True)
class By:
    """Who made a change: a user of the account, the vendor's operator, or a renewal."""

    kind: ActorKind
    user_id: UUID | None = None


ENTRIES = Query(ActivityEntry)
NEWEST_FIRST = (pagination.Key("sequence", pagination.number, descending=True),)

OPERATOR = By(ActorKind.OPERATOR)
RENEWAL = By(ActorKind.RENEWAL)


def by(actor: Actor) -> By:
    """The change is the user's."""
    return By(ActorKind.USER, actor.user_id)


def record(
    tenant: Tenant,
    who: By,
    at: datetime,
    action: str,
    summary: str,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Adds an entry to the locked account's activity, numbered without a gap; it is stored when
    the account is let go."""
    account = tenant.account
    account.activity_count += 1
    entry = ActivityEntry(
        account_id=account.id,
        sequence=account.activity_count,
        at=at,
        actor_kind=who.kind,
        actor_id=who.user_id,
        action=action,
        summary=summary,
        before=before,
        after=after,
    )
    tenant.changes.append(rows.inserting(entry))


async def page(actor: Actor, request: PageRequest) -> Page[ActivityEntry]:
    """The account's entries, newest first. Raises Forbidden, BadUserInput."""
    require(actor, Right.BILLING)
    query = ENTRIES.where("account_id = ?", actor.account_id)
    return await pagination.fetch(query, request, NEWEST_FIRST)


async def by_ids(actor: Actor, ids: Sequence[UUID]) -> dict[UUID, ActivityEntry | Forbidden]:
    """The account's entries among the ids; Forbidden stands for one that is not to be read."""
    found = await ENTRIES.where("account_id = ?", actor.account_id).among("id", ids).all()
    return {row.id: or_forbidden(actor, Right.BILLING, row) for row in found}


async def count(actor: Actor) -> int:
    """How many entries the account has: their numbers have no gap."""
    require(actor, Right.BILLING)
    ((count,),) = await database.fetch(
        "SELECT activity_count FROM accounts WHERE id = ?", actor.account_id
    )
    return int(count)
