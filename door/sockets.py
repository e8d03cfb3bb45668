"""GraphQL over WebSocket: the protocol graphql-transport-ws, for any operation.

Who calls is said in `connection_init`: `{"Authorization": "Bearer ..."}`, as browsers' WebSockets
have no headers. The protocol is Strawberry's; reading, limits, cost and execution are HTTP's.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from datetime import timedelta
from time import perf_counter
from typing import Any, cast

import orjson
from graphql import ExecutionResult
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState
from strawberry.exceptions import ConnectionRejectionError
from strawberry.http.exceptions import NonJsonMessageReceived, NonTextMessageReceived
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL as PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
    Operation,
)
from strawberry.types.unset import UNSET, UnsetType

from door import operations, requests, strict_json
from door.callers import caller
from door.observing import tell
from door.refusals import Unacceptable
from services import observations, settings
from services.errors import Unauthenticated

WRONG_PROTOCOL = 4406

MAX_OPERATIONS = 100
"""Operations of one connection at once."""

SHAPES = {"type": str, "id": str, "payload": dict}
"""What the parts of a message are, where it has them."""


async def endpoint(socket: WebSocket) -> None:
    """One client's connection."""
    if PROTOCOL not in socket.scope["subprotocols"]:
        await socket.accept()
        await socket.close(WRONG_PROTOCOL, f"Speak {PROTOCOL}")
        return
    await socket.accept(PROTOCOL)
    await Handler(Client(socket)).handle()


class Client:
    """What the protocol's handler asks of a connection, and of who decides whether it may be."""

    def __init__(self, socket: WebSocket) -> None:
        self.socket = socket
        self.authorization = b""

    async def iter_json(self) -> AsyncIterator[dict[str, Any]]:
        """The messages that arrive."""
        try:
            while self.socket.application_state is WebSocketState.CONNECTED:
                yield _message(await self.socket.receive_text())
        except KeyError:
            raise NonTextMessageReceived from None
        except WebSocketDisconnect:
            return

    async def send_json(self, message: Mapping[str, object]) -> None:
        """Sends a message; nobody minds when the client has gone."""
        try:
            await self.socket.send_text(orjson.dumps(message).decode())
        except (WebSocketDisconnect, RuntimeError):
            return

    async def close(self, code: int, reason: str) -> None:
        """Ends the connection."""
        try:
            await self.socket.close(code, reason)
        except RuntimeError:
            # It has ended already.
            return

    async def on_ws_connect(self, context: Mapping[str, Any]) -> UnsetType:
        """Lets in who is known by what `connection_init` said."""
        said: dict[str, Any] = context["connection_params"]
        given = {key.lower(): value for key, value in said.items()}.get("authorization")
        self.authorization = given.encode() if isinstance(given, str) else b""
        observations.begin(None)
        if isinstance(await self.caller(), Unauthenticated):
            raise ConnectionRejectionError
        nothing: UnsetType = UNSET
        return nothing

    async def caller(self) -> Any:
        """Who calls, looked up anew."""
        return await caller(self.socket, self.authorization)


class Handler(BaseGraphQLTransportWSHandler[Any, None]):
    """The protocol, with operations that are run as HTTP's are."""

    def __init__(self, client: Client) -> None:
        self.client = client
        super().__init__(
            view=cast(Any, client),
            websocket=cast(Any, client),
            context={},
            root_value=None,
            schema=cast(Any, None),
            connection_init_wait_timeout=timedelta(seconds=settings.current().request_timeout),
            max_subscriptions_per_connection=MAX_OPERATIONS,
        )

    async def run_operation(self, operation: Operation[Any, None]) -> None:
        """Runs an operation to its end, and says so in the log."""
        seen, begin = observations.begin(None), perf_counter()
        try:
            await self._run(operation)
        except Unacceptable as error:
            seen.failed(error.code)
            await _end(operation, operations.refused(str(error), error.code))
        finally:
            tell(self.client.socket.scope, seen, 200, perf_counter() - begin)

    async def _run(self, operation: Operation[Any, None]) -> None:
        asked = {
            "query": operation.query,
            "variables": operation.variables,
            "operationName": operation.operation_name,
        }
        admitted = await operations.admit(
            self.client.socket,
            requests.operation(asked, changes=True),
            await self.client.caller(),
            self.client.caller,
        )
        if isinstance(admitted, ExecutionResult):
            await _end(operation, admitted)
            return
        async with aclosing(admitted.results()) as results:
            async for result in results:
                told = {"id": operation.id, "type": "next", "payload": operations.body(result)}
                await operation.send_operation_message(cast(Any, told))
        await operation.send_operation_message({"id": operation.id, "type": "complete"})


async def _end(operation: Operation[Any, None], refusal: ExecutionResult) -> None:
    """Says why an operation was not run."""
    errors = operations.body(refusal)["errors"]
    told = {"id": operation.id, "type": "error", "payload": errors}
    await operation.send_operation_message(cast(Any, told))


def _message(text: str) -> dict[str, Any]:
    try:
        message = strict_json.loads(text.encode())
    except (strict_json.NotStrict, UnicodeEncodeError):
        raise NonJsonMessageReceived from None
    if not isinstance(message, dict):
        raise NonJsonMessageReceived
    for name, kind in SHAPES.items():
        if name in message and not isinstance(message[name], kind):
            raise NonJsonMessageReceived
    return message
