"""Seat changes: what setting a new total of seats does and costs. Pure, no I/O.

`changeUsers` and its preview call the same function, so that they agree to the cent.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from models.invoices import InvoiceKind
from services.drafts import Draft, Terms, added_seats, whole_period
from services.errors import Problem, RefusalCode
from services.periods import day_at
from services.proration import Proration
from services.seating import count_problem


class SeatChangeKind(StrEnum):
    """Which way the total goes."""

    INCREASE = "INCREASE"
    DECREASE = "DECREASE"
    UNCHANGED = "UNCHANGED"


@dataclass(frozen=True, slots=True)
class Holding:
    """What a subscription holds now, as far as a change of seats depends on it."""

    terms: Terms
    seats: int
    pending_seats: int | None
    allocated: int
    """Seats that groups hold: no total may go below."""
    canceled: bool
    ends: bool
    """Whether the subscription ends with the current period."""


@dataclass(frozen=True, slots=True)
class SeatChange:
    """What a new total would do; `problems` tells why it would be refused."""

    kind: SeatChangeKind
    seats: int
    effective_on: date
    pending_seats: int | None
    """The pending total afterwards; None where no decrease waits."""
    invoice: Draft | None
    upcoming: Draft | None
    problems: tuple[Problem, ...]


def plan_change(holding: Holding, seats: int, at: datetime, unit: Proration) -> SeatChange:
    """What setting the total to `seats` at this instant does and costs.

    More seats take effect today and are billed to the end of the period, whatever decrease
    waited is dropped. Fewer wait for the next period. The current total drops a decrease.
    """
    terms, problems = holding.terms, _problems(holding, seats)
    kind = _kind(holding.seats, seats)
    billed = kind is SeatChangeKind.INCREASE and not problems
    return SeatChange(
        kind=kind,
        seats=seats,
        effective_on=terms.period.end
        if kind is SeatChangeKind.DECREASE
        else day_at(at, terms.zone),
        pending_seats=seats if kind is SeatChangeKind.DECREASE else None,
        invoice=added_seats(terms, seats - holding.seats, at, unit) if billed else None,
        upcoming=upcoming(holding, None if problems else seats),
        problems=problems,
    )


def upcoming(holding: Holding, seats: int | None = None) -> Draft | None:
    """The invoice of the coming renewal; None when the subscription ends or bills nothing."""
    if holding.ends or holding.canceled:
        return None
    seats = _next_seats(holding) if seats is None else seats
    return whole_period(holding.terms, InvoiceKind.RENEWAL, seats, holding.terms.next_period)


def _next_seats(holding: Holding) -> int:
    return holding.seats if holding.pending_seats is None else holding.pending_seats


def _kind(current: int, wanted: int) -> SeatChangeKind:
    if wanted == current:
        return SeatChangeKind.UNCHANGED
    return SeatChangeKind.INCREASE if wanted > current else SeatChangeKind.DECREASE


def _problems(holding: Holding, seats: int) -> tuple[Problem, ...]:
    if holding.canceled:
        message = "The subscription has ended."
        return (Problem(RefusalCode.SUBSCRIPTION_CANCELED, message),)
    if problem := count_problem(seats, "seats"):
        return (problem,)
    if seats < holding.allocated:
        message = f"Seat groups hold {holding.allocated} seats: take some from them first."
        return (Problem(RefusalCode.SEATS_ALLOCATED, message, ("seats",)),)
    return ()
