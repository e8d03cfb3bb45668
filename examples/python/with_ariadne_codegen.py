"""Shows an account's billing, changes its users, and sees the change arrive: by a client of
typed methods, which ariadne-codegen makes of operations.graphql.

    ariadne-codegen
    python with_ariadne_codegen.py http://127.0.0.1:8000 TOKEN 70
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from uuid import uuid4

from seatwise_client import (
    AccountPart,
    ChangeUsersChangeUsers,
    ChangeUsersInput,
    Client,
    GraphQLClientError,
    GraphQLClientGraphQLMultiError,
    InvoicesAccountInvoicesEdgesNode,
    PreviewAccountSubscriptionSeatChangePreview,
    Refusal,
    SeatChangeKind,
)
from websockets.exceptions import ConnectionClosed


class RefusedError(Exception):
    """What the caller can act on: reasons, each with a code and the field at fault."""

    def __init__(self, reasons: Sequence[Refusal]) -> None:
        told = (f"{it.code.value} at {'.'.join(it.field or ())}: {it.message}" for it in reasons)
        super().__init__("\n".join(told))


async def preview(client: Client, seats: int) -> PreviewAccountSubscriptionSeatChangePreview:
    """What a change would cost now. Raises RefusedError where it would be refused."""
    subscription = (await client.preview(seats)).account.subscription
    assert subscription is not None  # It is null with an error alone, which the client raises.
    if subscription.seat_change_preview.user_errors:
        raise RefusedError(subscription.seat_change_preview.user_errors)
    return subscription.seat_change_preview


async def change_users(client: Client, seats: int, version: int) -> ChangeUsersChangeUsers:
    """Changes the total of users, if nobody changed anything since that version: else STALE.

    Where no answer comes, send the same key again: mobile.py does so.
    """
    given = ChangeUsersInput(seats=seats, expected_version=version, idempotency_key=str(uuid4()))
    payload = (await client.change_users(given)).change_users
    if payload.user_errors:
        raise RefusedError(payload.user_errors)
    return payload


async def invoices(
    client: Client, first: int = 50
) -> AsyncIterator[InvoicesAccountInvoicesEdgesNode]:
    """All invoices, newest first, a page at a time. Amounts are Decimals, days are dates."""
    after = None
    while True:
        connection = (await client.invoices(first, after)).account.invoices
        assert connection is not None
        for edge in connection.edges:
            yield edge.node
        if not connection.page_info.has_next_page:
            return
        after = connection.page_info.end_cursor


async def main(address: str, token: str, seats: int) -> None:
    """Shows, changes, sees the change arrive, and lists the invoices."""
    bearer = {"Authorization": f"Bearer {token}"}
    async with Client(
        url=f"{address}/graphql",
        headers=bearer,
        ws_url=f"{address.replace('http', 'ws', 1)}/graphql",
        ws_connection_init_payload=bearer,
    ) as client:
        # A generator, whatever its type says: closed in time, or the socket stays open.
        async with aclosing(client.changes()) as changes:  # type: ignore[type-var]
            # The first comes at once: what is read after it misses nothing.
            async for told in changes:
                account = (await client.billing()).account
                now = account.subscription
                assert now is not None
                print(f"{account.name}: {now.seats} users on {now.plan.name}")
                if AccountPart.SUBSCRIPTION in told.account_changed.parts:
                    break
                found = await preview(client, seats)
                if found.kind == SeatChangeKind.UNCHANGED:
                    break
                cost = found.invoice.total.formatted if found.invoice else "free"
                print(f"{seats} users from {found.effective_on} on: {cost} now")
                issued = (await change_users(client, seats, now.version)).invoice
                print(f"changed, with invoice {issued.number if issued else 'none'}")
        async for invoice in invoices(client, first=5):
            total = invoice.total.formatted
            print(invoice.number, invoice.issued_on, invoice.status.value, total)


if __name__ == "__main__":
    address, token, seats = sys.argv[1:]
    try:
        asyncio.run(main(address, token, int(seats)))
    except GraphQLClientGraphQLMultiError as error:
        told = error.errors[0]
        sys.exit(f"{(told.extensions or {}).get('code')}: {told.message}")
    except (RefusedError, GraphQLClientError, ConnectionClosed, OSError) as error:
        sys.exit(str(error))
