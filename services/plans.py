"""Plans: what the vendor offers. The catalogue is the same for every account."""

from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction
from uuid import UUID

from models.plans import BillingInterval, Plan, PlanFeature, PlanPrice
from services import accounts
from services.periods import MONTHS
from services.permissions import Actor, Right, require
from services.rows import Query

__all__ = ["BillingInterval", "Plan", "PlanFeature", "PlanPrice", "by_ids", "on_offer", "prices_of"]


async def on_offer(actor: Actor) -> list[Plan]:
    """Every plan, cheapest first by its price a month in the account's currency; plans
    without a price in it come last."""
    require(actor, Right.READ_SELF)
    plans = await Plan.all().order_by("name", "id")
    prices = await prices_of(actor, [plan.id for plan in plans])
    return sorted(plans, key=lambda plan: _cheapest(prices[plan.id]))


async def by_ids(actor: Actor, ids: Sequence[UUID]) -> dict[UUID, Plan]:
    """The plans among the ids."""
    require(actor, Right.READ_SELF)
    return {plan.id: plan for plan in await Query(Plan).among("id", ids).all()}


async def prices_of(actor: Actor, plan_ids: Sequence[UUID]) -> dict[UUID, list[PlanPrice]]:
    """Each plan's prices in the account's currency, the shortest interval first."""
    require(actor, Right.READ_SELF)
    currency = accounts.profile(actor).currency
    found = await Query(PlanPrice).where("currency = ?", currency).among("plan_id", plan_ids).all()
    prices: dict[UUID, list[PlanPrice]] = defaultdict(list)
    for row in sorted(found, key=lambda row: MONTHS[row.interval]):
        prices[row.plan_id].append(row)
    return prices


def _cheapest(prices: list[PlanPrice]) -> tuple[bool, Fraction]:
    monthly = [Fraction(price.unit_price_minor, MONTHS[price.interval]) for price in prices]
    return not monthly, min(monthly, default=Fraction(0))
