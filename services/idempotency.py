"""Idempotency: the same key and input within 24 hours does the work once and answers alike.

Keys belong to the account. A refused call takes no key: its transaction is rolled back.
"""

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

from models.accounts import Account, IdempotencyRecord
from services import rows, text
from services.errors import RefusalCode, refuse
from services.rows import Query

LIFETIME = timedelta(hours=24)


class Attempt:
    """One call with a key (or none), inside the locked account's transaction.

    `earlier` is what the first call with this key did, as it was handed to `remember`;
    None when this call is the first and has to do the work.
    """

    def __init__(self, account: Account, key: str | None, fingerprint: str, at: datetime) -> None:
        self.account = account
        self.key = key
        self.fingerprint = fingerprint
        self.at = at
        self.earlier: dict[str, Any] | None = None

    async def remember(self, **result: str | None) -> None:
        """Keeps what the work made, so that a retry can answer alike."""
        if self.key is not None:
            record = IdempotencyRecord(
                account_id=self.account.id,
                key=self.key,
                fingerprint=self.fingerprint,
                result=result,
                created_at=self.at,
            )
            await rows.insert(record)


async def attempt(
    account: Account, key: str | None, operation: str, arguments: dict[str, Any], at: datetime
) -> Attempt:
    """Looks the key up. Raises Refusal IDEMPOTENCY_KEY_REUSED for another input, INVALID."""
    if key is not None:
        key = text.clean(key, text.MAX_KEY, "idempotency_key")
    this = Attempt(account, key, _fingerprint(operation, arguments), at)
    if key is None:
        return this
    kept = Query(IdempotencyRecord).where("account_id = ?", account.id)
    await kept.where("created_at <= ?", at - LIFETIME).delete()
    record = await kept.where("key = ?", key).one()
    if record is None:
        return this
    if record.fingerprint != this.fingerprint:
        message = "This idempotency key was used for another request."
        raise refuse(RefusalCode.IDEMPOTENCY_KEY_REUSED, message, "idempotency_key")
    this.earlier = record.result
    return this


def _fingerprint(operation: str, arguments: dict[str, Any]) -> str:
    canonical = json.dumps([operation, arguments], default=str, sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()
