"""Running commands: on the database or without, with refusals told on standard error."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from typing import Annotated, NoReturn, TypeVar

import typer

from services import database, logs, migrations
from services.errors import OperatorError

Result = TypeVar("Result")

Account = Annotated[str, typer.Option(help="The account's code.")]


def show(command: Callable[[], Awaitable[object]]) -> None:
    """Runs a command on the database and prints what it answers as JSON."""
    print(json.dumps(run(command), indent=2))


def run(command: Callable[[], Awaitable[Result]]) -> Result:
    """Runs a command on the database; a refusal ends with its reason and exit code 1."""
    guarded(lambda: logs.configure(sys.stderr.fileno()))

    async def connected() -> Result:
        migrating = command is migrations.migrate
        async with database.connected(patient=migrating):
            if not migrating:
                await migrations.require_current()
            return await command()

    return guarded(lambda: asyncio.run(connected()))


def guarded(command: Callable[[], Result]) -> Result:
    """Runs a command that needs no database; a refusal ends with its reason and exit code 1."""
    try:
        return command()
    except OperatorError as error:
        fail(str(error))
    except database.FAILURES as error:
        fail(f"DATABASE_URL: the database failed: {error}")


def fail(message: str) -> NoReturn:
    """Ends with exit code 1 and the reason on standard error."""
    logs.flush()
    print(message, file=sys.stderr)
    raise typer.Exit(1)
