"""What clients are told as it happens."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from schema.changes import AccountChange
from schema.context import Info
from services import changes


async def account_changed(info: Info) -> AsyncGenerator[AccountChange, None]:
    context = info.context
    async with aclosing(changes.of(context.actor, context.actor_again)) as made:
        async for change in made:
            yield AccountChange(version=change.version, parts=sorted(change.parts))
