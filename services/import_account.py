"""Import of one account: its details, its subscription and all that belongs to it."""

from datetime import datetime
from typing import Any

from models.accounts import Account
from models.invoices import InvoiceKind
from models.plans import Plan, PlanFeature, PlanPrice
from models.subscriptions import Subscription
from models.users import ProductPermission, User
from services import accounts, activity, invoices, renewals, rows, seating, taxes, vat_ids
from services.accounts import Tenant
from services.drafts import whole_period
from services.import_file import AccountPart
from services.import_report import Place
from services.import_structure import (
    check_references,
    import_administrators,
    import_groups,
    import_products,
)
from services.import_tax import single_rate, taxation
from services.import_users import import_users
from services.periods import Period, day_at, day_begins
from services.seating import Seating


async def import_account(where: Place, part: AccountPart, at: datetime) -> None:
    """Creates or updates one account inside the import's transaction.

    Problems are noted at their places; the caller rolls back when there are any. An account
    with problems that its part alone shows is not written, as more would follow from them.
    """
    account = await Account.get_or_none(code=part.code)
    await check_references(where, part, account)
    if account is None:
        await _create(where, part, at)
    else:
        await _update(where, part, account, at)


async def recount(tenant: Tenant, where: Place, prefix: str = "") -> None:
    """Decides anew who takes a seat, as status, roles and plan now have it, and counts.

    Notes each rule of the domain that the account as it stands would break.
    """
    own: dict[str, Any] = {"account_id": tenant.account.id}
    roles: dict[Any, list[Any]] = {}
    for row in await ProductPermission.filter(**own):
        roles.setdefault(row.user_id, []).append(row.role)
    for user in await User.filter(**own):
        takes = seating.takes_seat(user.status, roles.get(user.id, ()), tenant.plan.features)
        if takes is not user.takes_seat:
            user.takes_seat = takes
            await rows.update(user, "takes_seat")
    state = await seating.recount(tenant.subscription)
    problems = [*_seat_problems(state), *_feature_problems(tenant, state)]
    for message in problems:
        where.refuse(f"{prefix}{message}")
    if not problems:
        await seating.restore(tenant.subscription, state)


async def _create(where: Place, part: AccountPart, at: datetime) -> None:
    price = await _price(where, part)
    today = day_at(at, part.time_zone)
    if part.subscription.started_on > today:
        where.at("subscription", "started_on").refuse(f"is in the future (today is {today})")
    details = _details(part, told=False)
    _check_tax(where, part, details["tax"], details["tax_id"])
    if where.is_refused or price is None:
        return
    plan, unit_price_minor = price
    account = await accounts.create(code=part.code, currency=part.currency, **details)
    started = part.subscription.started_on
    subscription = Subscription(
        account_id=account.id,
        plan_id=plan.id,
        interval=part.subscription.interval,
        unit_price_minor=unit_price_minor,
        seats=part.subscription.seats,
        started_on=started,
    )
    renewals.begin_period(subscription, 0, account.time_zone)
    await Subscription.bulk_create([subscription])
    tenant = Tenant(account, subscription, plan)
    where.report.counts["accounts_created"] += 1
    await _issue_initial(where, tenant, at)
    await _import_parts(where, part, tenant)
    summary = f"Account created with {subscription.seats} users on {plan.name}"
    activity.record(tenant, activity.OPERATOR, at, "account.imported", summary)
    await accounts.store(tenant)


async def _update(where: Place, part: AccountPart, account: Account, at: datetime) -> None:
    async with renewals.up_to_date(account.id, at) as tenant:
        account = tenant.account
        _refuse_other_subscription(where, part, tenant)
        details = _details(part, told=True)
        tax, tax_id = details.get("tax", account.tax), details.get("tax_id", account.tax_id)
        _check_tax(where, part, tax, tax_id)
        if where.is_refused:
            return
        details["address"] = account.address | details["address"]
        told = {name: value for name, value in details.items() if getattr(account, name) != value}
        before = {name: getattr(account, name) for name in told}
        await Account.filter(id=account.id).update(**details)
        account.update_from_dict(details)
        renewals.begin_period(
            tenant.subscription, tenant.subscription.period_index, account.time_zone
        )
        await rows.update(tenant.subscription, "renews_at")
        changed = [*told, *await _import_parts(where, part, tenant)]
        if changed:
            where.report.counts["accounts_updated"] += 1
            summary = f"Account updated by import: {', '.join(dict.fromkeys(changed))}"
            activity.record(
                tenant, activity.OPERATOR, at, "account.imported", summary, before, told
            )


async def _import_parts(where: Place, part: AccountPart, tenant: Tenant) -> list[str]:
    """Products, groups, users and settings; returns the names of the parts that changed."""
    changed = []
    if await import_products(part, tenant):
        changed.append("products")
    groups, groups_changed = await import_groups(part, tenant)
    users, users_changed = await import_users(where, part, tenant, groups)
    groups_changed |= await import_administrators(part, tenant, groups, users)
    if groups_changed:
        changed.append("seat groups")
    if users_changed:
        changed.append("users")
    await recount(tenant, where)
    return changed


def _details(part: AccountPart, *, told: bool) -> dict[str, Any]:
    """The account's columns as the file has them: all of them, or only those it tells."""
    values = part.model_dump(exclude_unset=told, include=_COLUMNS | _PARTS)
    details = {column: value for column, value in values.items() if column in _COLUMNS}
    details |= values.get("billing_details", {}) | (values.get("license_management") or {})
    if part.tax is not None:
        details["tax"] = taxes.stored(taxation(part.tax))
    elif "tax_rate" in values:
        details["tax"] = taxes.stored(single_rate(values["tax_rate"]))
    return details


_COLUMNS = {"name", "time_zone", "invoice_prefix", "payment_terms_days"}
_PARTS = {"tax_rate", "billing_details", "license_management"}


def _check_tax(where: Place, part: AccountPart, tax: dict[str, Any], tax_id: str | None) -> None:
    if part.tax is not None and "tax_rate" in part.model_fields_set:
        where.at("tax").refuse("stands beside tax_rate: one of them is enough")
    fault = vat_ids.fault(taxes.restored(tax), tax_id)
    if fault is not None:
        where.at("billing_details", "tax_id").refuse(fault)


async def _price(where: Place, part: AccountPart) -> tuple[Plan, int] | None:
    """The plan and the price of a seat; None, and a problem noted, where there is none."""
    wanted, spot = part.subscription, where.at("subscription")
    plan = await Plan.get_or_none(code=wanted.plan)
    if plan is None:
        spot.at("plan").refuse(f"there is no plan {wanted.plan}")
        return None
    if wanted.unit_price is not None:
        minor = spot.at("unit_price").unit_price(wanted.unit_price, part.currency)
        return None if minor is None else (plan, minor)
    price = await PlanPrice.get_or_none(
        plan_id=plan.id, interval=wanted.interval, currency=part.currency
    )
    if price is None:
        missing = f"plan {plan.code} has no {wanted.interval} price in {part.currency}"
        spot.at("unit_price").refuse(missing)
        return None
    return plan, price.unit_price_minor


def _refuse_other_subscription(where: Place, part: AccountPart, tenant: Tenant) -> None:
    """Money hangs on what exists: its plan, interval, beginning and currency stay."""
    subscription, wanted = tenant.subscription, part.subscription
    existing = {
        "plan": (wanted.plan, tenant.plan.code),
        "interval": (wanted.interval, subscription.interval),
        "started_on": (wanted.started_on, subscription.started_on),
    }
    for name, (told, stands) in existing.items():
        if told != stands:
            where.at("subscription", name).refuse(f"is {stands} and cannot be changed by import")
    if part.currency != tenant.account.currency:
        stands = tenant.account.currency
        where.at("currency").refuse(f"is {stands} and cannot be changed by import")


async def _issue_initial(where: Place, tenant: Tenant, at: datetime) -> None:
    subscription = tenant.subscription
    period = Period(subscription.period_start, subscription.period_end)
    terms = invoices.terms_of(tenant)
    draft = whole_period(terms, InvoiceKind.INITIAL, subscription.seats, period)
    if draft is not None:
        issued_at = day_begins(period.start, tenant.account.time_zone)
        invoices.issue(tenant, draft, period.start, issued_at, at)
        where.report.counts["invoices"] += 1


def _seat_problems(state: Seating) -> list[str]:
    problems = []
    bound = state.total if state.pending is None else min(state.total, state.pending)
    if state.allocated > bound:
        problems.append(f"seat groups hold {state.allocated} seats of {bound}")
    elif state.available < 0:
        shared = state.total - state.allocated
        message = f"{state.ungrouped} paid users without a seat group share {shared} seats"
        problems.append(message)
    for group in state.groups.values():
        if group.seats_used > group.seats:
            paid = f"{group.seats_used} paid users for {group.seats} seats"
            problems.append(f'seat group "{group.name}" has {paid}')
    return problems


def _feature_problems(tenant: Tenant, state: Seating) -> list[str]:
    account, plan, problems = tenant.account, tenant.plan, []
    if state.groups and PlanFeature.SEAT_GROUPS not in plan.features:
        problems.append(f"plan {plan.code} has no seat groups")
    managed = account.only_billing_administrators_manage_users or account.seat_group_required
    if managed and PlanFeature.LICENSE_MANAGEMENT not in plan.features:
        problems.append(f"plan {plan.code} has no license management")
    return problems
