"""Shows an account's billing, changes its users, and sees the change arrive: by gql.

    python with_gql.py http://127.0.0.1:8000 TOKEN 70

What is asked is checked against the schema before it is sent; answers are dictionaries.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

from gql import Client, gql
from gql.client import AsyncClientSession
from gql.transport.exceptions import TransportError, TransportQueryError
from gql.transport.httpx import HTTPXAsyncTransport
from gql.transport.websockets import WebsocketsTransport

BILLING = "{ account { name subscription { seats version plan { name } } } }"

PREVIEW = """
query Preview($seats: Int!) {
  account {
    subscription {
      seatChangePreview(seats: $seats) {
        kind
        effectiveOn
        invoice { total { formatted } }
        userErrors { code message field }
      }
    }
  }
}
"""

CHANGE_USERS = """
mutation ChangeUsers($input: ChangeUsersInput!) {
  changeUsers(input: $input) {
    subscription { seats version }
    invoice { number }
    userErrors { code message field }
  }
}
"""

INVOICES = """
query Invoices($first: Int!, $after: String) {
  account {
    invoices(first: $first, after: $after) {
      edges { node { number status issuedOn total { formatted } } }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""

CHANGES = "subscription { accountChanged { version parts } }"


class RefusedError(Exception):
    """What the caller can act on: reasons, each with a code and the field at fault."""

    def __init__(self, reasons: list[dict[str, Any]]) -> None:
        told = (f"{it['code']} at {'.'.join(it['field'])}: {it['message']}" for it in reasons)
        super().__init__("\n".join(told))


async def asked(session: AsyncClientSession, query: str, **variables: Any) -> dict[str, Any]:
    """The data of an answer. Raises TransportQueryError where the API gives none."""
    request = gql(query)
    request.variable_values = variables
    return await session.execute(request)


async def preview(session: AsyncClientSession, seats: int) -> dict[str, Any]:
    """What a change would cost now. Raises RefusedError where it would be refused."""
    data = await asked(session, PREVIEW, seats=seats)
    found: dict[str, Any] = data["account"]["subscription"]["seatChangePreview"]
    if found["userErrors"]:
        raise RefusedError(found["userErrors"])
    return found


async def change_users(session: AsyncClientSession, seats: int, version: int) -> dict[str, Any]:
    """Changes the total of users, if nobody changed anything since that version: else STALE.

    The session sends it again where no answer comes. The key is the same: it is done once.
    """
    given = {"seats": seats, "expectedVersion": version, "idempotencyKey": str(uuid4())}
    payload: dict[str, Any] = (await asked(session, CHANGE_USERS, input=given))["changeUsers"]
    if payload["userErrors"]:
        raise RefusedError(payload["userErrors"])
    return payload


async def invoices(session: AsyncClientSession, first: int = 50) -> AsyncIterator[dict[str, Any]]:
    """All invoices, newest first, a page at a time."""
    page: dict[str, Any] = {"hasNextPage": True, "endCursor": None}
    while page["hasNextPage"]:
        data = await asked(session, INVOICES, first=first, after=page["endCursor"])
        connection = data["account"]["invoices"]
        for edge in connection["edges"]:
            yield edge["node"]
        page = connection["pageInfo"]


async def main(address: str, token: str, seats: int) -> None:
    """Shows, changes, sees the change arrive, and lists the invoices."""
    schema = (Path(__file__).parents[2] / "schema.graphql").read_text(encoding="utf-8")
    bearer = {"Authorization": f"Bearer {token}"}
    http = HTTPXAsyncTransport(url=f"{address}/graphql", headers=bearer)
    socket = WebsocketsTransport(
        url=f"{address.replace('http', 'ws', 1)}/graphql",
        init_payload=bearer,
        subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL],
    )
    client = Client(transport=http, schema=schema)
    session = await client.connect_async(reconnecting=True)
    try:
        async with Client(transport=socket, schema=schema) as live:
            # The first change comes at once: what is read after it misses nothing.
            async for told in live.subscribe(gql(CHANGES)):
                account = (await asked(session, BILLING))["account"]
                now = account["subscription"]
                print(f"{account['name']}: {now['seats']} users on {now['plan']['name']}")
                if "SUBSCRIPTION" in told["accountChanged"]["parts"]:
                    break
                found = await preview(session, seats)
                if found["kind"] == "UNCHANGED":
                    break
                cost = found["invoice"]["total"]["formatted"] if found["invoice"] else "free"
                print(f"{seats} users from {found['effectiveOn']} on: {cost} now")
                changed = await change_users(session, seats, now["version"])
                print(f"changed, with invoice {(changed['invoice'] or {}).get('number', 'none')}")
        async for invoice in invoices(session, first=5):
            total = invoice["total"]["formatted"]
            print(invoice["number"], invoice["issuedOn"], invoice["status"], total)
    finally:
        await client.close_async()


if __name__ == "__main__":
    address, token, seats = sys.argv[1:]
    try:
        asyncio.run(main(address, token, int(seats)))
    except TransportQueryError as error:
        problem = (error.errors or [{}])[0]
        sys.exit(f"{problem.get('extensions', {}).get('code')}: {problem.get('message')}")
    except (RefusedError, TransportError) as error:
        sys.exit(str(error.__cause__ or error))
