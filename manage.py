"""The operator's command line: `python manage.py COMMAND --help`.

Exit code 0 on success, 1 on a refusal with its reason on standard error, 2 on wrong usage.
"""

import asyncio
import json
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, NoReturn, TypeVar
from uuid import UUID

import typer

from schema.root import schema
from services import (
    background,
    clock,
    database,
    demo,
    document_store,
    imports,
    logs,
    metrics,
    migrations,
    operator_invoices,
    operator_mails,
    operator_tokens,
    posting,
    settings,
    workers,
)
from services.errors import OperatorError
from services.permissions import TokenScope

Result = TypeVar("Result")

app = typer.Typer(
    help="Runs Seatwise: the open backend behind a billing page.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
access_token = typer.Typer(help="Access tokens, by which scripts come as a user.")
app.add_typer(access_token, name="access-token")
mail = typer.Typer(help="Mail to customers: invoices and reminders.", no_args_is_help=True)
app.add_typer(mail, name="mail")

invoice = typer.Typer(help="Invoices: paid, void, credited.")
app.add_typer(invoice, name="invoice")

CODE = typer.Option(help="The account's code.")
NUMBER = typer.Argument(help="The invoice's number.")


@app.command()
def migrate() -> None:
    """Bring the database to the newest schema. Safe to run twice, and from several hosts."""
    applied = _run(migrations.migrate)
    print(json.dumps({"applied": applied}))


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A JSON file of plans and accounts.")],
) -> None:
    """Create or update plans and accounts from a file, all or nothing."""
    document = _guarded(lambda: imports.read(file))
    print(json.dumps(_run(lambda: imports.import_file(document, clock.now()))))


@app.command()
def token(
    account: Annotated[str, CODE],
    user: Annotated[str, typer.Option(help="The user's e-mail address.")],
    ttl: Annotated[int, typer.Option(help="Seconds that it is good for.", min=1, max=86400)] = 3600,
) -> None:
    """Print a bearer token for a user."""
    print(_run(lambda: operator_tokens.bearer(account, user, timedelta(seconds=ttl), clock.now())))


@access_token.command("create")
def create_access_token(
    account: Annotated[str, CODE],
    user: Annotated[str, typer.Option(help="The user's e-mail address.")],
    name: Annotated[str, typer.Option(help="What the token is for.")],
    scope: Annotated[list[TokenScope], typer.Option(help="What it may do; may be repeated.")],
    days: Annotated[int | None, typer.Option(help="Days that it is good for; else 90.")] = None,
) -> None:
    """Print a new access token, which nobody can print again."""
    print(_run(lambda: operator_tokens.create(account, user, name, scope, days, clock.now())))


@access_token.command("list")
def list_access_tokens(
    account: Annotated[str, CODE],
    user: Annotated[str | None, typer.Option(help="Only this user's, by e-mail.")] = None,
) -> None:
    """Print the access tokens as JSON, newest first, revoked and expired ones too."""
    print(json.dumps(_run(lambda: operator_tokens.listed(account, user)), indent=2))


@access_token.command("revoke")
def revoke_access_token(
    account: Annotated[str, CODE],
    id: Annotated[UUID, typer.Argument(help="The token's id, as `list` prints it.")],
) -> None:
    """Revoke an access token for good; twice changes nothing."""
    _run(lambda: operator_tokens.revoke(account, id, clock.now()))


@mail.command("list")
def list_mails(
    account: Annotated[str | None, typer.Option(help="All mails of this account, by code.")] = None,
    failed: Annotated[
        bool, typer.Option("--failed", help="Only those that nobody sends unless `retry` says so.")
    ] = False,
) -> None:
    """Print mails as JSON, newest first: those that wait or failed, of all accounts."""
    print(json.dumps(_run(lambda: operator_mails.listed(account, failed=failed)), indent=2))


@mail.command("retry")
def retry_mail(
    account: Annotated[str, CODE],
    id: Annotated[UUID, typer.Argument(help="The mail's id, as `list` prints it.")],
    to: Annotated[str | None, typer.Option(help="Another address to send it to.")] = None,
) -> None:
    """Have a mail sent that failed, or of which nobody knows whether it arrived."""
    _run(lambda: operator_mails.retry(account, id, to, clock.now()))


@mail.command("send")
def send_mail(
    account: Annotated[str, CODE],
    number: Annotated[str, typer.Argument(help="The invoice's number.")],
) -> None:
    """Have an invoice mailed that was not when it was issued."""
    _run(lambda: operator_mails.send(account, number, clock.now()))


@mail.command("test")
def test_mail(
    to: Annotated[str, typer.Option(help="Whom to send it to, an e-mail address.")],
) -> None:
    """Send a message that says no more than that mail works."""
    _guarded(lambda: asyncio.run(posting.send_trial(to, clock.now())))


@invoice.command("show")
def show_invoice(account: Annotated[str, CODE], number: Annotated[str, NUMBER]) -> None:
    """Print an invoice or a credit note as JSON."""
    _print(lambda: operator_invoices.show(account, number))


@invoice.command("void")
def void_invoice(
    account: Annotated[str, CODE],
    number: Annotated[str, NUMBER],
    reason: Annotated[str, typer.Option(help="Why, as its document will say.")],
) -> None:
    """Make an open invoice void, so that nothing is to be paid; twice changes nothing."""
    _print(lambda: operator_invoices.void(account, number, reason, clock.now()))


@invoice.command("pay")
def pay_invoice(
    account: Annotated[str, CODE],
    number: Annotated[str, NUMBER],
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day of payment; else today.")
    ] = None,
) -> None:
    """Mark an open invoice as paid; twice changes nothing."""
    day = on and on.date()
    _print(lambda: operator_invoices.pay(account, number, day, clock.now()))


@invoice.command("credit")
def credit_invoice(
    account: Annotated[str, CODE],
    number: Annotated[str, NUMBER],
    reason: Annotated[str, typer.Option(help="Why, as the credit note will say.")],
    amount: Annotated[
        str | None, typer.Option(help='With tax, "12.50"; else all that is left.')
    ] = None,
    key: Annotated[str | None, typer.Option(help="The same key credits once in 24 hours.")] = None,
) -> None:
    """Issue a credit note for an invoice, or for a part of it."""
    _print(lambda: operator_invoices.credit(account, number, amount, reason, key, clock.now()))


@app.command()
def renew(
    limit: Annotated[int | None, typer.Option(help="At most so many accounts.", min=1)] = None,
    failed: Annotated[
        bool, typer.Option("--failed", help="Only list the accounts that failed, as JSON.")
    ] = False,
) -> None:
    """Renew what is due now, and end what was canceled."""
    if failed:
        print(json.dumps(_run(workers.failures), indent=2))
        return
    summary = _run(lambda: workers.renew(clock.now(), limit))
    print(json.dumps(asdict(summary)))
    if summary.failed:
        _fail(f"{summary.failed} accounts failed; `renew --failed` lists them")


@app.command()
def worker() -> None:
    """Do the background work until stopped (SIGTERM or SIGINT); finishes the accounts in hand
    and prints what it did."""
    print(json.dumps(_run(_work)))


@app.command("export-schema")
def export_schema() -> None:
    """Print the API's SDL."""
    print(schema.as_str())


@app.command("document-store")
def try_document_store() -> None:
    """Keep a few bytes in the store of documents, and read them again."""
    print(_guarded(lambda: asyncio.run(document_store.try_())))


@app.command("demo")
def prepare_demo() -> None:
    """Prepare the demo: a signing key, the newest schema, three accounts, ready tokens."""
    _guarded(demo.ensure_key)
    _run(migrations.migrate)
    loaded = _run(lambda: demo.load(clock.now()))
    configured = settings.current()
    address = f"http://{configured.host}:{configured.port}"
    print("The demo is loaded." if loaded else "The database is in use and stays as it is.")
    if _run(demo.is_loaded):
        print(demo.sign_ins(address, _run(lambda: demo.people(clock.now()))))


async def _work() -> dict[str, int]:
    metrics.serve()
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    return await background.work(stop)


def _print(command: Callable[[], Awaitable[object]]) -> None:
    """Runs a command on the database and prints what it answers as JSON."""
    print(json.dumps(_run(command), indent=2))


def _run(command: Callable[[], Awaitable[Result]]) -> Result:
    """Runs a command on the database; a refusal ends with its reason and exit code 1."""
    _guarded(lambda: logs.configure(sys.stderr.fileno()))

    async def connected() -> Result:
        migrating = command is migrations.migrate
        async with database.connected(patient=migrating):
            if not migrating:
                await migrations.require_current()
            return await command()

    return _guarded(lambda: asyncio.run(connected()))


def _guarded(command: Callable[[], Result]) -> Result:
    try:
        return command()
    except OperatorError as error:
        _fail(str(error))
    except database.FAILURES as error:
        _fail(f"DATABASE_URL: the database failed: {error}")


def _fail(message: str) -> NoReturn:
    logs.flush()
    print(message, file=sys.stderr)
    raise typer.Exit(1)


def main() -> None:
    """The entry point."""
    app()


if __name__ == "__main__":
    main()
