"""The clock door: the product's one clock. It is read once a use case and passed on as `at`."""

from datetime import UTC, datetime

from services import settings


def now() -> datetime:
    """This instant in UTC, or the one at which BILLING_NOW stopped the clock."""
    frozen = settings.current().billing_now
    return (frozen or datetime.now(UTC)).astimezone(UTC)
