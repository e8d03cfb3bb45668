"""Invoices: paid, void, credited, and a sample of what they look like."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from commands.running import Account, guarded, show
from services import clock, operator_invoices, sample_invoices

group = typer.Typer(help="Invoices: paid, void, credited.", no_args_is_help=True)

Number = Annotated[str, typer.Argument(help="The invoice's number.")]


@group.command("show")
def show_invoice(account: Account, number: Number) -> None:
    """Print an invoice or a credit note as JSON."""
    show(lambda: operator_invoices.show(account, number))


@group.command("void")
def void_invoice(
    account: Account,
    number: Number,
    reason: Annotated[str, typer.Option(help="Why, as its document will say.")],
) -> None:
    """Make an open invoice void, so that nothing is to be paid; twice changes nothing."""
    show(lambda: operator_invoices.void(account, number, reason, clock.now()))


@group.command("pay")
def pay_invoice(
    account: Account,
    number: Number,
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day of payment; else today.")
    ] = None,
) -> None:
    """Mark an open invoice as paid; twice changes nothing."""
    day = on and on.date()
    show(lambda: operator_invoices.pay(account, number, day, clock.now()))


@group.command("credit")
def credit_invoice(
    account: Account,
    number: Number,
    reason: Annotated[str, typer.Option(help="Why, as the credit note will say.")],
    amount: Annotated[
        str | None, typer.Option(help='With tax, "12.50"; else all that is left.')
    ] = None,
    key: Annotated[str | None, typer.Option(help="The same key credits once in 24 hours.")] = None,
) -> None:
    """Issue a credit note for an invoice, or for a part of it."""
    show(lambda: operator_invoices.credit(account, number, amount, reason, key, clock.now()))


@group.command("redraw")
def redraw_invoice(account: Account, number: Number) -> None:
    """Have an invoice's documents made anew: damaged ones, or with the letterhead of now."""
    show(lambda: operator_invoices.redraw(account, number, clock.now()))


@group.command("sample")
def draw_sample(
    file: Annotated[Path, typer.Argument(help="Where to write the PDF.")],
    locale: Annotated[str, typer.Option(help='The reader\'s: "de-DE".')] = "en-US",
    credit_note: Annotated[
        bool, typer.Option("--credit-note", help="A credit note instead of an invoice.")
    ] = False,
) -> None:
    """Draw an invoice to nobody, as the seller's settings and the letterhead make it."""
    guarded(lambda: sample_invoices.write(file, locale, clock.now(), credit_note=credit_note))
