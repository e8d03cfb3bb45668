"""Access tokens, by which scripts come as a user."""

from typing import Annotated
from uuid import UUID

import typer

from commands.running import Account, run, show
from services import clock, operator_tokens
from services.permissions import TokenScope

group = typer.Typer(help="Access tokens, by which scripts come as a user.")


@group.command("create")
def create_access_token(
    account: Account,
    user: Annotated[str, typer.Option(help="The user's e-mail address.")],
    name: Annotated[str, typer.Option(help="What the token is for.")],
    scope: Annotated[list[TokenScope], typer.Option(help="What it may do; may be repeated.")],
    days: Annotated[int | None, typer.Option(help="Days that it is good for; else 90.")] = None,
) -> None:
    """Print a new access token, which nobody can print again."""
    print(run(lambda: operator_tokens.create(account, user, name, scope, days, clock.now())))


@group.command("list")
def list_access_tokens(
    account: Account,
    user: Annotated[str | None, typer.Option(help="Only this user's, by e-mail.")] = None,
) -> None:
    """Print the access tokens as JSON, newest first, revoked and expired ones too."""
    show(lambda: operator_tokens.listed(account, user))


@group.command("revoke")
def revoke_access_token(
    account: Account,
    id: Annotated[UUID, typer.Argument(help="The token's id, as `list` prints it.")],
) -> None:
    """Revoke an access token for good; twice changes nothing."""
    run(lambda: operator_tokens.revoke(account, id, clock.now()))
