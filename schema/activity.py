"""Activity: what was done to the account."""

from datetime import datetime

import strawberry

from execution import attribute
from schema.connections import Connection
from schema.context import Info
from schema.scalars import Node
from schema.users import User
from services import activity


@strawberry.type(
    description="One thing that was done to the account: who, what, when, and the values before "
    "and after."
)
class ActivityEntry(Node):
    row: strawberry.Private[activity.ActivityEntry]

    at: datetime = attribute("row.at", description="When it was done.")

    @strawberry.field(
        description="The user who did it; null for the vendor's operator and for renewals."
    )
    async def actor(self, info: Info) -> User | None:
        if self.row.actor_id is None:
            return None
        return User(row=await info.context.load.users.load(self.row.actor_id))

    action: str = attribute(
        "row.action", description='What was done, such as "subscription.users_changed".'
    )
    summary: str = attribute(
        "row.summary", description="The change in one sentence, with the values before and after."
    )


ActivityConnection = Connection[ActivityEntry]
