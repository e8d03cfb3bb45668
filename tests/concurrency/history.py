"""The history: what each client asked, and what came back."""

import base64
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID


class Outcome(StrEnum):
    """How a request went."""

    OK = "ok"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    """It was sent, and no answer came, or one that does not tell: done or not done."""
    UNSENT = "unsent"
    """Nobody listened."""


@dataclass(frozen=True, slots=True)
class Violation:
    """Something that must not be; `kind` says which promise was broken."""

    kind: str
    text: str


@dataclass(slots=True)
class Attempt:
    """One request, and its answer. Instants are of the harness's own monotonic clock."""

    server: str
    begun: float
    ended: float
    outcome: Outcome
    payload: dict[str, Any] = field(default_factory=dict)
    codes: tuple[str, ...] = ()
    detail: str = ""


@dataclass(slots=True)
class Intent:
    """Something to be done once, however often it is asked for.

    `asked` says it in names, for the checks; `given` is the mutation's input.
    """

    account: str
    mutation: str
    given: dict[str, Any]
    asked: dict[str, Any]
    attempts: list[Attempt] = field(default_factory=list)

    @property
    def outcome(self) -> Outcome:
        """What is known about it after all its attempts."""
        found = {attempt.outcome for attempt in self.attempts}
        order = (Outcome.OK, Outcome.UNKNOWN, Outcome.REFUSED)
        return next((outcome for outcome in order if outcome in found), Outcome.UNSENT)

    @property
    def may_be_done(self) -> bool:
        """Whether the database may show it."""
        return self.outcome in (Outcome.OK, Outcome.UNKNOWN)

    @property
    def begun(self) -> float:
        """When it was first asked for."""
        return min(attempt.begun for attempt in self.attempts)

    @property
    def acknowledged(self) -> float | None:
        """When it was first known to be done."""
        ended = (attempt.ended for attempt in self.attempts if attempt.outcome is Outcome.OK)
        return min(ended, default=None)

    def payloads(self) -> list[dict[str, Any]]:
        """What the acknowledgements told."""
        return [attempt.payload for attempt in self.attempts if attempt.outcome is Outcome.OK]


@dataclass(frozen=True, slots=True)
class Sighting:
    """A subscription as an answer showed it."""

    account: str
    shown: dict[str, Any]
    where: str


@dataclass(slots=True)
class History:
    """Everything that was asked and answered, and what was found wrong with it on the way."""

    intents: list[Intent] = field(default_factory=list)
    sightings: list[Sighting] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)
    groups: dict[str, str] = field(default_factory=dict)
    """Names of seat groups by their keys, as answers told them."""
    reads: Counter[Outcome] = field(default_factory=Counter)

    def wrong(self, kind: str, text: str) -> None:
        """Notes a violation."""
        self.violations.append(Violation(kind, text))

    def counts(self) -> dict[str, dict[str, int]]:
        """How often each mutation had each outcome."""
        counted: dict[str, Counter[str]] = {}
        for intent in self.intents:
            for attempt in intent.attempts:
                counted.setdefault(intent.mutation, Counter())[attempt.outcome.value] += 1
        return {mutation: dict(found) for mutation, found in sorted(counted.items())}

    def total(self, outcome: Outcome) -> int:
        """How many requests for a change had the outcome."""
        return sum(
            attempt.outcome is outcome for intent in self.intents for attempt in intent.attempts
        )


def key_of(global_id: str) -> str:
    """The row's key in a global id, as the database has it."""
    _, _, key = base64.urlsafe_b64decode(global_id).decode().partition(":")
    return str(UUID(hex=key))
