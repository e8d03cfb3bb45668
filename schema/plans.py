"""Plans: what the vendor offers."""

import strawberry

from execution import attribute, batched
from schema.context import Info
from schema.scalars import Money, Node
from services import plans
from services.plans import BillingInterval, PlanFeature

strawberry.enum(
    PlanFeature,
    description="FREE_REVIEWERS: reviewers and viewers take no paid seat; without it every "
    "product role takes one.",
)
strawberry.enum(BillingInterval, description="How long one billing period lasts.")


@strawberry.type(description="What one seat costs for one interval, before tax.")
class PlanPrice:
    interval: BillingInterval
    unit_price: Money


async def _prices(shown: list["Plan"], info: Info) -> list[list[PlanPrice]]:
    found = await plans.prices_of(info.context.actor, [plan.row.id for plan in shown])
    return [[_price(row) for row in found.get(plan.row.id, ())] for plan in shown]


def _price(row: plans.PlanPrice) -> PlanPrice:
    unit_price = Money(minor=row.unit_price_minor, currency=row.currency)
    return PlanPrice(interval=row.interval, unit_price=unit_price)


@strawberry.type(description="What an account can subscribe to.")
class Plan(Node):
    row: strawberry.Private[plans.Plan]

    code: str = attribute("row.code", description="The vendor's code.")
    name: str = attribute("row.name", description="What the plan is called.")

    @strawberry.field(description="What the plan unlocks.")
    def features(self) -> list[PlanFeature]:
        return [PlanFeature(feature) for feature in self.row.features]

    prices: list[PlanPrice] = batched(
        _prices, description="Prices in the account's currency, the shortest interval first."
    )
