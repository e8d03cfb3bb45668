"""The subscription, and what changing it would do."""

from datetime import date

import strawberry

from execution import attribute, computed
from schema.context import Info
from schema.errors import UserError, user_error
from schema.invoices import Invoice, InvoicePreview, preview
from schema.plans import Plan
from schema.scalars import IDEMPOTENCY_KEY, Money, Node, Period, left_of
from schema.users import User
from services import accounts, subscriptions
from services.plans import BillingInterval
from services.subscriptions import SeatChangeKind, SubscriptionStatus

strawberry.enum(
    SubscriptionStatus,
    description="CANCELED once the last period has ended; until then ACTIVE.",
)
strawberry.enum(SeatChangeKind, description="Which way a change of the total goes.")


@strawberry.type(description="What changing the total of seats would do and cost if sent now.")
class SeatChangePreview:
    kind: SeatChangeKind
    seats: int = strawberry.field(description="The wanted total.")
    effective_on: date = strawberry.field(
        description="Today for an increase, the first day of the next period for a decrease."
    )
    invoice: InvoicePreview | None = strawberry.field(
        description="The invoice that an increase issues at once; null otherwise."
    )
    upcoming_invoice: InvoicePreview | None = strawberry.field(
        description="The renewal that follows."
    )
    users_to_disable: list[User] = strawberry.field(
        description="Paid users who would lose their seat when the decrease takes effect, least "
        "recently active first."
    )
    user_errors: list[UserError] = strawberry.field(
        description="Why changeUsers would refuse; empty when it would not."
    )


def _end(period_end: date, cancel_at_period_end: bool) -> date | None:
    return period_end if cancel_at_period_end else None


@strawberry.type(description="What the account has bought, and the period it has paid for.")
class Subscription(Node):
    row: strawberry.Private[subscriptions.Subscription]

    plan: Plan = computed(Plan, row="row.plan", description="The plan.")
    interval: BillingInterval = attribute("row.interval", description="How long one period lasts.")
    status: SubscriptionStatus = attribute(
        "row.status", description="ACTIVE until the last period has ended."
    )
    seats: int = attribute("row.seats", description="Paid seats in the current period.")
    seats_used: int = attribute("row.seats_used", description="Paid seats taken by users.")

    seats_available: int = computed(
        left_of,
        "row.seats",
        "row.seats_allocated",
        "row.seats_ungrouped",
        description="Paid seats that a user without a group can still take: seats less group "
        "allocations less ungrouped paid users.",
    )
    seats_allocated: int = attribute(
        "row.seats_allocated", description="Paid seats allocated to groups."
    )

    current_period: Period = computed(
        Period,
        start="row.period_start",
        end="row.period_end",
        description="The period that has been paid for.",
    )
    pending_seats: int | None = attribute(
        "row.pending_seats",
        description="Total of seats from the next period on; null when no decrease is waiting.",
    )
    cancel_at_period_end: bool = attribute(
        "row.cancel_at_period_end",
        description="Whether the subscription ends with the current period.",
    )

    ends_on: date | None = computed(
        _end,
        "row.period_end",
        "row.cancel_at_period_end",
        description="The day on which the subscription ended or will end; null while it renews.",
    )
    version: int = attribute(
        "row.version",
        description="Counts every change of the subscription; hand it back as expectedVersion to "
        "be told when someone was faster.",
    )

    @strawberry.field(
        description="What one seat costs for one period, before tax; fixed when it began."
    )
    def unit_price(self, info: Info) -> Money:
        currency = accounts.profile(info.context.actor).currency
        return Money(minor=self.row.unit_price_minor, currency=currency)

    @strawberry.field(
        description="What changeUsers with this total would do and cost if sent now. Changes "
        "nothing."
    )
    async def seat_change_preview(self, info: Info, seats: int) -> SeatChangePreview:
        planned = await subscriptions.preview_change(info.context.actor, seats, info.context.at)
        change = planned.change
        return SeatChangePreview(
            kind=change.kind,
            seats=change.seats,
            effective_on=change.effective_on,
            invoice=preview(change.invoice),
            upcoming_invoice=preview(change.upcoming),
            users_to_disable=[User(row=row) for row in planned.users_to_disable],
            user_errors=[user_error(problem) for problem in change.problems],
        )

    @strawberry.field(
        description="The invoice that the coming renewal will issue; null when the subscription "
        "ends instead or there is nothing to bill."
    )
    async def upcoming_invoice(self, info: Info) -> InvoicePreview | None:
        return preview(await subscriptions.upcoming_invoice(info.context.actor))


VERSION = "Refuse with STALE unless this is the current version."


@strawberry.input(description="The wanted total of paid seats.")
class ChangeUsersInput:
    seats: int = strawberry.field(description="A total from 0 to 1,000,000, never a difference.")
    expected_version: int | None = strawberry.field(default=strawberry.UNSET, description=VERSION)
    purchase_order_number: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Goes on the invoice of an increase, instead of the account's.",
    )
    idempotency_key: str | None = strawberry.field(
        default=strawberry.UNSET, description=IDEMPOTENCY_KEY
    )


@strawberry.type(description="The outcome of changeUsers.")
class ChangeUsersPayload:
    subscription: Subscription | None = None
    invoice: Invoice | None = strawberry.field(
        default=None, description="The pro-rated invoice of an increase."
    )
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.input(description="When to refuse, and how to retry.")
class CancelSubscriptionInput:
    expected_version: int | None = strawberry.field(default=strawberry.UNSET, description=VERSION)
    idempotency_key: str | None = strawberry.field(
        default=strawberry.UNSET, description=IDEMPOTENCY_KEY
    )


@strawberry.type(description="The outcome of cancelSubscription.")
class CancelSubscriptionPayload:
    subscription: Subscription | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.input(description="When to refuse, and how to retry.")
class ResumeSubscriptionInput:
    expected_version: int | None = strawberry.field(default=strawberry.UNSET, description=VERSION)
    idempotency_key: str | None = strawberry.field(
        default=strawberry.UNSET, description=IDEMPOTENCY_KEY
    )


@strawberry.type(description="The outcome of resumeSubscription.")
class ResumeSubscriptionPayload:
    subscription: Subscription | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)
