"""Activity: what was done to the account."""

from datetime import datetime

import strawberry

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

    @strawberry.field(description="When it was done.")
    def at(self) -> datetime:
        return self.row.at

    @strawberry.field(
        description="The user who did it; null for the vendor's operator and for renewals."
    )
    async def actor(self, info: Info) -> User | None:
        if self.row.actor_id is None:
            return None
        return User(row=await info.context.load.users.load(self.row.actor_id))

    @strawberry.field(description='What was done, such as "subscription.users_changed".')
    def action(self) -> str:
        return self.row.action

    @strawberry.field(description="The change in one sentence, with the values before and after.")
    def summary(self) -> str:
        return self.row.summary


ActivityConnection = Connection[ActivityEntry]
