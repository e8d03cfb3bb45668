"""The mutations of the subscription."""

from schema.context import Info
from schema.invoices import Invoice
from schema.scalars import or_none
from schema.subscriptions import (
    CancelSubscriptionInput,
    CancelSubscriptionPayload,
    ChangeUsersInput,
    ChangeUsersPayload,
    ResumeSubscriptionInput,
    ResumeSubscriptionPayload,
    Subscription,
)
from services import subscriptions


async def change_users(info: Info, input: ChangeUsersInput) -> ChangeUsersPayload:
    changed = await subscriptions.change_users(
        info.context.actor,
        input.seats,
        info.context.at,
        or_none(input.expected_version),
        or_none(input.purchase_order_number),
        or_none(input.idempotency_key),
    )
    invoice = Invoice(row=changed.invoice) if changed.invoice else None
    return ChangeUsersPayload(subscription=Subscription(row=changed.subscription), invoice=invoice)


async def cancel_subscription(
    info: Info, input: CancelSubscriptionInput
) -> CancelSubscriptionPayload:
    subscription = await subscriptions.cancel_subscription(
        info.context.actor,
        info.context.at,
        or_none(input.expected_version),
        or_none(input.idempotency_key),
    )
    return CancelSubscriptionPayload(subscription=Subscription(row=subscription))


async def resume_subscription(
    info: Info, input: ResumeSubscriptionInput
) -> ResumeSubscriptionPayload:
    subscription = await subscriptions.resume_subscription(
        info.context.actor,
        info.context.at,
        or_none(input.expected_version),
        or_none(input.idempotency_key),
    )
    return ResumeSubscriptionPayload(subscription=Subscription(row=subscription))
