"""The subscription, and what changing it would do."""

from datetime import date

import strawberry

from schema.context import Info
from schema.errors import UserError, user_error
from schema.invoices import Invoice, InvoicePreview, preview
from schema.plans import Plan
from schema.scalars import IDEMPOTENCY_KEY, Money, Node, Period
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


@strawberry.type(description="What the account has bought, and the period it has paid for.")
class Subscription(Node):
    row: strawberry.Private[subscriptions.Subscription]

    @strawberry.field(description="The plan.")
    def plan(self) -> Plan:
        return Plan(row=self.row.plan)

    @strawberry.field(description="How long one period lasts.")
    def interval(self) -> BillingInterval:
        return self.row.interval

    @strawberry.field(description="ACTIVE until the last period has ended.")
    def status(self) -> SubscriptionStatus:
        return self.row.status

    @strawberry.field(description="Paid seats in the current period.")
    def seats(self) -> int:
        return self.row.seats

    @strawberry.field(description="Paid seats taken by users.")
    def seats_used(self) -> int:
        return self.row.seats_used

    @strawberry.field(
        description="Paid seats that a user without a group can still take: seats less group "
        "allocations less ungrouped paid users."
    )
    def seats_available(self) -> int:
        return self.row.seats - self.row.seats_allocated - self.row.seats_ungrouped

    @strawberry.field(description="Paid seats allocated to groups.")
    def seats_allocated(self) -> int:
        return self.row.seats_allocated

    @strawberry.field(
        description="What one seat costs for one period, before tax; fixed when it began."
    )
    def unit_price(self, info: Info) -> Money:
        currency = accounts.profile(info.context.actor).currency
        return Money(minor=self.row.unit_price_minor, currency=currency)

    @strawberry.field(description="The period that has been paid for.")
    def current_period(self) -> Period:
        return Period(start=self.row.period_start, end=self.row.period_end)

    @strawberry.field(
        description="Total of seats from the next period on; null when no decrease is waiting."
    )
    def pending_seats(self) -> int | None:
        return self.row.pending_seats

    @strawberry.field(description="Whether the subscription ends with the current period.")
    def cancel_at_period_end(self) -> bool:
        return self.row.cancel_at_period_end

    @strawberry.field(
        description="The day on which the subscription ended or will end; null while it renews."
    )
    def ends_on(self) -> date | None:
        return self.row.period_end if self.row.cancel_at_period_end else None

    @strawberry.field(
        description="Counts every change of the subscription; hand it back as expectedVersion to "
        "be told when someone was faster."
    )
    def version(self) -> int:
        return self.row.version

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
