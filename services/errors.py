"""Everything that the product says no with.

    SeatwiseError
    ├── Refusal          the caller can act on it: userErrors of a payload
    ├── Unauthenticated  no token, or a bad one
    ├── Forbidden        a missing right
    ├── BadUserInput     what no valid client sends: a cursor, a page size
    └── OperatorError    one clear line for whoever runs the command

A use case refuses by raising: the raise rolls its transaction back, so nothing is half done.
"""

from dataclasses import dataclass
from enum import StrEnum


class RefusalCode(StrEnum):
    """Why a mutation was refused; clients may switch on it."""

    INVALID = "INVALID"
    NOT_FOUND = "NOT_FOUND"
    STALE = "STALE"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    FEATURE_NOT_IN_PLAN = "FEATURE_NOT_IN_PLAN"
    SUBSCRIPTION_CANCELED = "SUBSCRIPTION_CANCELED"
    SEATS_ALLOCATED = "SEATS_ALLOCATED"
    NOT_ENOUGH_SEATS = "NOT_ENOUGH_SEATS"
    SEAT_GROUP_FULL = "SEAT_GROUP_FULL"
    SEAT_GROUP_REQUIRED = "SEAT_GROUP_REQUIRED"
    NAME_TAKEN = "NAME_TAKEN"
    EMAIL_TAKEN = "EMAIL_TAKEN"
    LAST_BILLING_ADMINISTRATOR = "LAST_BILLING_ADMINISTRATOR"
    TOO_MANY_ACCESS_TOKENS = "TOO_MANY_ACCESS_TOKENS"


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason for a refusal; `field` is the path of the argument at fault, in snake case."""

    code: RefusalCode
    message: str
    field: tuple[str, ...] = ()


class SeatwiseError(Exception):
    """The root of every error that the product raises on purpose."""


class Refusal(SeatwiseError):
    """The caller asked for something that the rules do not allow; nothing has changed."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = problems


NO_ENTRY = "The token's user cannot sign in."


class Unauthenticated(SeatwiseError):
    """The request carries no token, or one that opens nothing.

    `reason` is a word for the log, empty where nobody tried to sign in. `account` and `user`
    are known where the token was found to be genuine.
    """

    def __init__(
        self, message: str, reason: str = "", account: object = "", user: object = ""
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.account = account
        self.user = user


class Forbidden(SeatwiseError):
    """The caller lacks the right."""

    def __init__(self, message: str = "You are not allowed to do this.") -> None:
        super().__init__(message)


class BadUserInput(SeatwiseError):
    """A value that no valid client sends."""


class OperatorError(SeatwiseError):
    """What an operator asked for cannot be done; the message is for standard error."""


def refuse(code: RefusalCode, message: str, *field: str) -> Refusal:
    """A refusal with one problem, to be raised."""
    return Refusal(Problem(code, message, field))


def not_found(what: str, *field: str) -> Refusal:
    """The refusal for an id that is malformed, unknown, or of another account."""
    return refuse(RefusalCode.NOT_FOUND, f"There is no such {what}.", *field)


def invalid(message: str, *field: str) -> Refusal:
    """The refusal for a value that cannot be."""
    return refuse(RefusalCode.INVALID, message, *field)
