"""The operator's command line: `python manage.py COMMAND --help`.

Exit code 0 on success, 1 on a refusal with its reason on standard error, 2 on wrong usage.
"""

import asyncio
import json
import signal
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from commands import access_tokens, invoices, mails
from commands.running import Account, fail, guarded, run
from schema.root import schema
from services import (
    background,
    clock,
    demo,
    document_store,
    imports,
    metrics,
    migrations,
    operator_tokens,
    settings,
    workers,
)

Result = TypeVar("Result")

app = typer.Typer(
    help="Runs Seatwise: the open backend behind a billing page.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(access_tokens.group, name="access-token")
app.add_typer(invoices.group, name="invoice")
app.add_typer(mails.group, name="mail")


@app.command()
def migrate() -> None:
    """Bring the database to the newest schema. Safe to run twice, and from several hosts."""
    applied = run(migrations.migrate)
    print(json.dumps({"applied": applied}))


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A JSON file of plans and accounts.")],
) -> None:
    """Create or update plans and accounts from a file, all or nothing."""
    document = guarded(lambda: imports.read(file))
    print(json.dumps(run(lambda: imports.import_file(document, clock.now()))))


@app.command()
def token(
    account: Account,
    user: Annotated[str, typer.Option(help="The user's e-mail address.")],
    ttl: Annotated[int, typer.Option(help="Seconds that it is good for.", min=1, max=86400)] = 3600,
) -> None:
    """Print a bearer token for a user."""
    print(run(lambda: operator_tokens.bearer(account, user, timedelta(seconds=ttl), clock.now())))


@app.command()
def renew(
    limit: Annotated[int | None, typer.Option(help="At most so many accounts.", min=1)] = None,
    failed: Annotated[
        bool, typer.Option("--failed", help="Only list the accounts that failed, as JSON.")
    ] = False,
) -> None:
    """Renew what is due now, and end what was canceled."""
    if failed:
        print(json.dumps(run(workers.failures), indent=2))
        return
    summary = run(lambda: workers.renew(clock.now(), limit))
    print(json.dumps(asdict(summary)))
    if summary.failed:
        fail(f"{summary.failed} accounts failed; `renew --failed` lists them")


@app.command()
def worker() -> None:
    """Do the background work until stopped (SIGTERM or SIGINT); finishes the accounts in hand
    and prints what it did."""
    print(json.dumps(run(_work)))


@app.command("export-schema")
def export_schema() -> None:
    """Print the API's SDL."""
    print(schema.as_str())


@app.command("document-store")
def try_document_store() -> None:
    """Keep a few bytes in the store of documents, and read them again."""
    print(guarded(lambda: asyncio.run(document_store.try_())))


@app.command("demo")
def prepare_demo() -> None:
    """Prepare the demo: a signing key, the newest schema, three accounts, ready tokens."""
    guarded(demo.ensure_key)
    run(migrations.migrate)
    loaded = run(lambda: demo.load(clock.now()))
    configured = settings.current()
    address = f"http://{configured.host}:{configured.port}"
    print("The demo is loaded." if loaded else "The database is in use and stays as it is.")
    if run(demo.is_loaded):
        print(demo.sign_ins(address, run(lambda: demo.people(clock.now()))))


async def _work() -> dict[str, int]:
    metrics.serve()
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    return await background.work(stop)


def main() -> None:
    """The entry point."""
    app()


if __name__ == "__main__":
    main()
