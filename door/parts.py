"""Bytes with a digest as HTTP hands them out: whole, in part, or not, where the client has them.

RFC 9110 leaves it to the server what it does with a `Range` of several parts, or one that it does
not understand: it is answered with the whole. What is handed out has been checked already, so it
is in memory; it goes out in pieces, so that a slow reader does not have it all copied for it.
"""

import re
from collections.abc import AsyncIterator, Mapping

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.staticfiles import NotModifiedResponse

from door.failures import error_response

PIECE = 64 * 1024

RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})", re.ASCII | re.IGNORECASE)
"""A range of one part, from a byte to a byte, both included, or "-n": the last n."""


class Unsatisfiable(Exception):
    """A range that begins behind the end, or holds nothing."""


def answer(
    request: Request, content: bytes, sha256: str, headers: Mapping[str, str], media_type: str
) -> Response:
    """The answer to a GET or HEAD of the content, of which the digest is the strong ETag."""
    told = {**headers, "ETag": f'"{sha256}"', "Accept-Ranges": "bytes"}
    if _is_known(request.headers, told["ETag"]):
        return NotModifiedResponse(Headers(told))
    size = len(content)
    try:
        part = _part(request, told["ETag"], size)
    except Unsatisfiable:
        response = error_response(416, "There are not so many bytes.", "RANGE_NOT_SATISFIABLE")
        response.headers["Content-Range"] = f"bytes */{size}"
        return response
    if part is not None:
        told["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{size}"
    sent = part or range(size)
    told["Content-Length"] = str(len(sent))
    status = 200 if part is None else 206
    if request.method == "HEAD":
        return Response(None, status, told, media_type)
    return StreamingResponse(_pieces(content, sent), status, told, media_type)


def _is_known(headers: Headers, etag: str) -> bool:
    """Whether the client has these very bytes; for this a weak tag is as good as a strong one."""
    tags = [tag.strip().removeprefix("W/") for tag in headers.get("if-none-match", "").split(",")]
    return etag in tags or tags == ["*"]


def _part(request: Request, etag: str, size: int) -> range | None:
    """The bytes that are asked for; None for all of them. Raises Unsatisfiable."""
    asked = RANGE.fullmatch(request.headers.get("range", ""))
    # Whoever has a part of other bytes wants the whole of these.
    same = request.headers.get("if-range", etag) == etag
    if request.method != "GET" or asked is None or not same or not any(asked.groups()):
        return None
    first, last = asked.groups()
    if not first:
        begin, end = max(size - int(last), 0), size
    else:
        begin, end = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < begin:
            return None
    if begin >= end:
        raise Unsatisfiable
    return range(begin, end)


async def _pieces(content: bytes, sent: range) -> AsyncIterator[memoryview]:
    view = memoryview(content)
    for begin in sent[::PIECE]:
        yield view[begin : min(begin + PIECE, sent.stop)]
