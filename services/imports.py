"""Import: creates or updates plans and accounts from a file, all or nothing.

What the file says wins, part by part: what it leaves out stays. Only a subscription that
exists is left as it is, because money hangs on it. Whatever breaks a rule refuses the whole
file, and each place at fault is named.
"""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from models.plans import BillingInterval, Plan, PlanFeature, PlanPrice
from models.subscriptions import Subscription
from services import accounts, database
from services.errors import OperatorError
from services.import_account import import_account, recount
from services.import_file import ImportFile, PlanPart, place
from services.import_report import Place, Report


def read(path: Path) -> ImportFile:
    """The file, checked as far as it can be by itself.

    Raises OperatorError with a line for each place at fault.
    """
    try:
        return parse(path.read_bytes())
    except OSError as error:
        raise OperatorError(f"{path}: cannot be read ({error.strerror})") from None


def parse(content: bytes) -> ImportFile:
    """The same for the bytes of a file."""
    try:
        document = json.loads(content.decode("utf-8-sig"), object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise OperatorError(f"the file is not JSON: {error}") from None
    try:
        return ImportFile.model_validate(document)
    except ValidationError as error:
        lines = (f"{place(fault['loc'])}: {_message(fault)}" for fault in error.errors())
        raise OperatorError("\n".join(lines)) from None


async def import_file(file: ImportFile, at: datetime) -> dict[str, int]:
    """Applies the file in one transaction; returns what it created and updated.

    Raises OperatorError with a line for each place at fault; then nothing has changed.
    """
    report = Report()
    _refuse_twins(file, report)
    async with database.writing():
        changed = await _import_plans(file.plans, report)
        # In one order for every import, so that two at once cannot wait for each other.
        for index, part in sorted(enumerate(file.accounts), key=lambda pair: pair[1].code):
            where = Place(report, ("accounts", index))
            if not where.is_refused:
                await import_account(where, part, at)
        if not report.problems:
            await _check_subscribers(changed, {part.code for part in file.accounts})
        if report.problems:
            raise OperatorError("\n".join(sorted(report.problems)))
    return dict(report.counts)


def _refuse_twins(file: ImportFile, report: Report) -> None:
    whole = Place(report, ())
    whole.refuse_twins("plans", [part.code for part in file.plans])
    whole.refuse_twins("accounts", [part.code for part in file.accounts])


async def _import_plans(parts: Sequence[PlanPart], report: Report) -> dict[Plan, Place]:
    """Creates and updates plans; returns those whose features changed."""
    changed = {}
    for index, part in enumerate(parts):
        where = Place(report, ("plans", index))
        if where.is_refused:
            continue
        plan = await Plan.get_or_none(code=part.code)
        values: dict[str, Any] = {
            "name": part.name,
            "features": [feature for feature in PlanFeature if feature in part.features],
        }
        if plan is None:
            plan = await Plan.create(code=part.code, **values)
            report.counts["plans_created"] += 1
            await _import_prices(plan, part, where)
            continue
        if sorted(plan.features) != sorted(values["features"]):
            changed[plan] = where
        differs = any(getattr(plan, column) != value for column, value in values.items())
        await Plan.filter(id=plan.id).update(**values)
        repriced = await _import_prices(plan, part, where)
        report.counts["plans_updated"] += differs or repriced
    return changed


async def _import_prices(plan: Plan, part: PlanPart, where: Place) -> bool:
    """Sets the plan's prices to the file's; tells whether anything changed."""
    where.refuse_twins("prices", [f"{price.interval} {price.currency}" for price in part.prices])
    rows = await PlanPrice.filter(plan_id=plan.id)
    before = {(row.interval, row.currency): row.unit_price_minor for row in rows}
    wanted: dict[tuple[BillingInterval, str], int] = {}
    for index, price in enumerate(part.prices):
        spot = where.at("prices", index, "unit_price")
        minor = spot.unit_price(price.unit_price, price.currency)
        wanted.setdefault((price.interval, price.currency), minor or 0)
    if wanted == before:
        return False
    await PlanPrice.filter(plan_id=plan.id).delete()
    await PlanPrice.bulk_create(
        PlanPrice(plan_id=plan.id, interval=interval, currency=currency, unit_price_minor=minor)
        for (interval, currency), minor in wanted.items()
    )
    return True


async def _check_subscribers(changed: dict[Plan, Place], seen: set[str]) -> None:
    """Counts seats anew in the accounts of changed plans that the file does not name."""
    for plan, where in changed.items():
        subscriptions = Subscription.filter(plan_id=plan.id).select_related("account")
        for subscription in await subscriptions.order_by("account__code"):
            if subscription.account.code not in seen:
                spot = where.at("features")
                async with accounts.locked(subscription.account_id) as tenant:
                    await recount(tenant, spot, f"account {tenant.account.code}: ")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuses a key that stands twice: one of its values would be lost."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise ValueError(f"the key {twice!r} stands twice in one object")
    return found


def _message(fault: Any) -> str:
    return str(fault["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")
