"""GraphQL requests, read strictly: POST with a JSON body, or GET with parameters."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request

from door import strict_json
from door.refusals import Unacceptable

MAX_BODY = 256 * 1024
"""The largest body that is read, in bytes."""

MAX_PARAMETERS = 8 * 1024
"""The longest query part of an address that is read, in bytes."""

METHODS = {"GET": "GET", "HEAD": "GET", "POST": "POST"}
"""How a request of a method is read; of a HEAD's answer the server sends the head."""

OPTIONAL = {
    "variables": (dict, "an object"),
    "operationName": (str, "a string"),
    "extensions": (dict, "an object"),
    "documentId": (str, "a string"),
}


@dataclass(frozen=True, slots=True)
class Operation:
    """What a request asks to be run."""

    query: str | None
    """The document's text; None where it is only named."""
    document_id: str | None
    """What names the document: the SHA-256 of its text in hexadecimal, or an id of the vendor's."""
    variables: dict[str, Any] | None
    name: str | None
    changes: bool
    """Whether it may be a mutation."""


async def read(request: Request) -> Operation:
    """What the request asks for. Raises Unacceptable."""
    method = METHODS.get(request.method)
    if method is None:
        message = "Send operations with POST, or queries with GET."
        raise Unacceptable(405, message, headers={"Allow": "GET, POST"})
    if method == "GET":
        return operation(_parameters(request), changes=False)
    # Once a dict, each header costs a tenth of what Starlette's search for it does.
    headers: dict[bytes, bytes] = dict(request.scope["headers"])
    _check_media_type(headers.get(b"content-type", b""))
    if headers.get(b"content-encoding", b"identity").strip().lower() != b"identity":
        raise Unacceptable(415, "Send the request without a content encoding.")
    _check_length(headers.get(b"content-length", b""))
    return operation(_json(await _body(request), "The body"), changes=True)


def _check_media_type(content_type: bytes) -> None:
    if content_type == b"application/json":
        return
    given = content_type.decode("latin-1").lower()
    media_type, *parameters = (part.strip() for part in given.split(";"))
    if media_type != "application/json":
        raise Unacceptable(415, "Send the request as application/json.")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset" and value.strip(' "') not in ("utf-8", "utf8"):
            raise Unacceptable(415, "Send the request in UTF-8.")


def _check_length(announced: bytes) -> None:
    """Refuses before a byte is read what says that it is too large."""
    if announced.isdigit() and (len(announced) > 9 or int(announced) > MAX_BODY):
        raise _too_large()


async def _body(request: Request) -> bytes:
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY:
                raise _too_large()
    except ClientDisconnect:
        # Nobody reads the answer; nothing has failed.
        raise Unacceptable(400, "The body broke off.") from None
    return bytes(body)


def _too_large() -> Unacceptable:
    return Unacceptable(413, f"The body is longer than {MAX_BODY // 1024} kB.")


def _parameters(request: Request) -> dict[str, Any]:
    given: bytes = request.scope["query_string"]
    if len(given) > MAX_PARAMETERS:
        message = f"The address is longer than {MAX_PARAMETERS // 1024} kB: use POST."
        raise Unacceptable(414, message)
    try:
        pairs = parse_qsl(given.decode("ascii"), keep_blank_values=True, errors="strict")
    except ValueError:
        raise Unacceptable(400, "The parameters are not UTF-8, percent-encoded.") from None
    found: dict[str, Any] = dict(pairs)
    if len(found) != len(pairs):
        raise Unacceptable(400, "A parameter is given twice.")
    for name in ("variables", "extensions"):
        if found.get(name):
            found[name] = _json(found[name].encode(), name)
        else:
            found.pop(name, None)
    for name in ("operationName", "query", "documentId"):
        if not found.get(name):
            found.pop(name, None)
    return found


def operation(request: Any, *, changes: bool) -> Operation:
    """What a request asks for by its parts. Raises Unacceptable."""
    if not isinstance(request, dict):
        raise Unacceptable(400, "The request must be one JSON object.")
    query = request.get("query")
    for key, (kind, what) in OPTIONAL.items():
        value = request.get(key)
        if value is not None and not isinstance(value, kind):
            raise Unacceptable(400, f"{key} must be {what}.")
    named = _document_id(request)
    if query is None and named is None:
        raise Unacceptable(400, "query must be a document.")
    if query is not None and (not isinstance(query, str) or not query.strip()):
        raise Unacceptable(400, "query must be a document.")
    name = request.get("operationName") or None
    return Operation(query, named, request.get("variables"), name, changes)


def _document_id(request: dict[str, Any]) -> str | None:
    """What names the document: `documentId`, as the draft of GraphQL over HTTP has it, or
    Apollo's `extensions.persistedQuery`."""
    given: str | None = request.get("documentId")
    if given is not None:
        return given.removeprefix("sha256:")
    persisted = (request.get("extensions") or {}).get("persistedQuery")
    if persisted is None:
        return None
    if not isinstance(persisted, dict) or persisted.get("version") != 1:
        raise Unacceptable(400, "extensions.persistedQuery must be an object of version 1.")
    hash_ = persisted.get("sha256Hash")
    if not isinstance(hash_, str):
        raise Unacceptable(400, "extensions.persistedQuery.sha256Hash must be a string.")
    return hash_


def _json(content: bytes, what: str) -> Any:
    try:
        return strict_json.loads(content)
    except strict_json.NotStrict as error:
        raise Unacceptable(400, f"{what} {error}.") from None
