"""Sign-ins in the log: who was let in, and why somebody was not. Never a token, nor a part of one.

Refusals are warnings. Anybody can cause them, so each reason has so many lines a minute, and
the rest are counted.
"""

import logging
from collections import defaultdict
from dataclasses import dataclass
from time import monotonic

from services.errors import Unauthenticated
from services.permissions import Actor

log = logging.getLogger(__name__)

MINUTE = 60.0
MOST = 10
"""Lines a minute for each reason, in one process."""


@dataclass(slots=True)
class Minute:
    """The refusals for one reason since an instant of the monotonic clock."""

    begun: float
    count: int = 0


MINUTES: dict[str, Minute] = defaultdict(lambda: Minute(monotonic()))
"""By reason: there are about twenty, all of them words of ours."""


def refused(error: Unauthenticated) -> None:
    """Somebody tried to sign in and was not let in; nothing is said where nobody tried."""
    if not error.reason:
        return
    minute = MINUTES[error.reason]
    if monotonic() - minute.begun >= MINUTE:
        _close(error.reason, minute)
    minute.count += 1
    if minute.count <= MOST:
        # What a genuine token says is its issuer's, and may still be no line of a log.
        told = (error.reason, str(error.account)[:64], str(error.user)[:64])
        log.warning("sign_in.refused reason=%r account=%r user=%r", *told)


def accepted(actor: Actor) -> None:
    """Somebody was let in."""
    log.debug("sign_in.accepted account=%s user=%s", actor.account_id, actor.user_id)


def _close(reason: str, minute: Minute) -> None:
    if minute.count > MOST:
        log.warning("sign_in.refused reason=%r more=%d", reason, minute.count - MOST)
    minute.begun, minute.count = monotonic(), 0
