"""Changes the number of users over a line that breaks, as from a phone: sent until it is answered,
done once.

    python examples/mobile.py http://127.0.0.1:8000 TOKEN 70

Every attempt sends the same idempotency key, made before the first. Whether the answer to an
earlier one was lost, or the attempt itself, does not matter: the server does the work once and
answers alike.
"""

import asyncio
import random
import sys
from typing import Any
from uuid import uuid4

import httpx

CHANGE_USERS = """
mutation ChangeUsers($input: ChangeUsersInput!) {
  changeUsers(input: $input) {
    subscription { seats version }
    invoice { number total { formatted } }
    userErrors { code message field }
  }
}
"""

ATTEMPTS = 12
LONGEST_PAUSE = 30.0


async def change_users(
    http: httpx.AsyncClient, seats: int, first_pause: float = 0.5
) -> dict[str, Any]:
    """What `changeUsers` answers. Raises ConnectionError where the line stays broken."""
    given = {"seats": seats, "idempotencyKey": str(uuid4())}
    body = {"query": CHANGE_USERS, "variables": {"input": given}}
    pause = first_pause
    for _ in range(ATTEMPTS):
        answer = await _sent(http, body)
        if answer is not None:
            payload: dict[str, Any] = answer["data"]["changeUsers"]
            return payload
        # Not all phones at the same moment, when a mast comes back.
        await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311
        pause = min(2 * pause, LONGEST_PAUSE)
    raise ConnectionError("The line stays broken. Nothing was done twice: try again later.")


async def _sent(http: httpx.AsyncClient, body: dict[str, Any]) -> dict[str, Any] | None:
    """The answer; None where none came, or the server was too busy: it may be sent again."""
    try:
        response = await http.post("/graphql", json=body)
    except httpx.TransportError:
        return None
    if response.status_code in (429, 503):
        return None
    answer: dict[str, Any] = response.json()
    codes = {error["extensions"].get("code") for error in answer.get("errors", ())}
    if codes == {"SERVICE_UNAVAILABLE"}:
        return None
    if codes:
        raise RuntimeError(answer["errors"][0]["message"])
    return answer


async def main(address: str, token: str, seats: str) -> None:
    """Changes users, and prints what came of it."""
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=address, headers=headers, timeout=10) as http:
        print(await change_users(http, int(seats)))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
