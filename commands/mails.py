"""Mail to customers."""

import asyncio
from typing import Annotated
from uuid import UUID

import typer

from commands.running import Account, guarded, run, show
from services import clock, operator_mails, posting

group = typer.Typer(help="Mail to customers: invoices and reminders.", no_args_is_help=True)


@group.command("list")
def list_mails(
    account: Annotated[str | None, typer.Option(help="All mails of this account, by code.")] = None,
    failed: Annotated[
        bool, typer.Option("--failed", help="Only those that nobody sends unless `retry` says so.")
    ] = False,
) -> None:
    """Print mails as JSON, newest first: those that wait or failed, of all accounts."""
    show(lambda: operator_mails.listed(account, failed=failed))


@group.command("retry")
def retry_mail(
    account: Account,
    id: Annotated[UUID, typer.Argument(help="The mail's id, as `list` prints it.")],
    to: Annotated[str | None, typer.Option(help="Another address to send it to.")] = None,
) -> None:
    """Have a mail sent that failed, or of which nobody knows whether it arrived."""
    run(lambda: operator_mails.retry(account, id, to, clock.now()))


@group.command("send")
def send_mail(
    account: Account,
    number: Annotated[str, typer.Argument(help="The invoice's number.")],
) -> None:
    """Have an invoice mailed that was not when it was issued."""
    run(lambda: operator_mails.send(account, number, clock.now()))


@group.command("test")
def test_mail(
    to: Annotated[str, typer.Option(help="Whom to send it to, an e-mail address.")],
) -> None:
    """Send a message that says no more than that mail works."""
    guarded(lambda: asyncio.run(posting.send_trial(to, clock.now())))
