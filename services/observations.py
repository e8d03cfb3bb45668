"""What is seen of a request while it is answered, for its line in the log and for the metrics.

Whoever finds something out writes it down: `observations.current().operation = …`. Outside a
request that goes nowhere. Nothing here says who a person is or what was sent: only ids, codes and
counts.
"""

import random
import re
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
"""W3C's header: version, trace, parent, flags, and what later versions may add."""

MAX_TRACEPARENT = 128

MAX_OPERATION = 64
"""As much of an operation's name is kept; the document's grammar says what it is made of."""


@dataclass(slots=True)
class Observation:
    """One request. `request_id` is the span's id in W3C's sense, and `trace_id` the trace's."""

    request_id: str = ""
    trace_id: str = ""
    flags: str = "00"
    parent_id: str | None = None
    """The caller's span."""
    operation: str | None = None
    type: str | None = None
    """query or mutation."""
    cost: int | None = None
    """What the operation costs, as the limits count."""
    account_id: UUID | None = None
    user_id: UUID | None = None
    code: str | None = None
    """The first error's or refusal's code; None where all went well."""

    @property
    def traceparent(self) -> str:
        """The header that a next hop, or the caller, is told."""
        return f"00-{self.trace_id}-{self.request_id}-{self.flags}"

    def runs(self, operation: str | None, kind: str) -> None:
        """Keeps what is run: the operation's name, and whether it is a query or a mutation."""
        self.operation = operation and operation[:MAX_OPERATION]
        self.type = kind

    def failed(self, code: str) -> None:
        """Keeps the first code."""
        if self.code is None:
            self.code = code


_current: ContextVar[Observation | None] = ContextVar("observation", default=None)


def begin(traceparent: bytes | None) -> Observation:
    """The observation of a request that begins, in its caller's trace where that is told well."""
    seen = Observation(f"{random.getrandbits(64) or 1:016x}")
    found = _parent(traceparent) if traceparent is not None else None
    if found is None:
        seen.trace_id = f"{random.getrandbits(128) or 1:032x}"
    else:
        seen.trace_id, seen.parent_id, seen.flags = found
    _current.set(seen)
    return seen


def current() -> Observation:
    """The observation of the request that is being answered; one of nothing where there is none."""
    return _current.get() or Observation()


def _parent(header: bytes) -> tuple[str, str, str] | None:
    """The trace, the caller's span and its flags; None for a header that W3C calls invalid."""
    if len(header) > MAX_TRACEPARENT:
        return None
    match = TRACEPARENT.fullmatch(header.decode("latin-1"))
    if match is None or (header.startswith(b"00") and match[4]):
        return None
    if not match[1].strip("0") or not match[2].strip("0"):
        return None
    return match[1], match[2], f"{int(match[3], 16) & 1:02x}"
