"""The plans on offer."""

from schema.context import Info
from schema.plans import Plan
from services import plans


async def on_offer(info: Info) -> list[Plan]:
    return [Plan(row=row) for row in await plans.on_offer(info.context.actor)]
