"""Documents by HTTP: whole, in part, or not at all where the client has them."""

import asyncio
import hashlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import StreamingResponse

from door import parts
from services import documents
from tests.served import started
from tests.test_http import link
from tests.world import World, opened

pytestmark = pytest.mark.xdist_group("documents")

ETAG = "etag"
"""Stands in the tables for the tag of the document."""


@pytest.fixture(scope="module", autouse=True)
def drawing() -> Iterator[None]:
    yield
    asyncio.run(documents.close())


async def get(
    world: World, url: str, method: str = "GET", **headers: str
) -> tuple[httpx.Response, str]:
    """The answer, and the tag that the document has."""
    whole = await world.http.get(url)
    tag = whole.headers["etag"]
    told = {name.replace("_", "-"): value.replace(ETAG, tag) for name, value in headers.items()}
    return await world.http.request(method, url, headers=told), tag


async def test_a_document_is_told_by_its_digest_and_may_be_had_in_parts(
    sqlite_world: World,
) -> None:
    await sqlite_world.load()
    response = await sqlite_world.http.get(await link(sqlite_world))
    assert response.headers["etag"] == f'"{hashlib.sha256(response.content).hexdigest()}"'
    assert response.headers["accept-ranges"] == "bytes"
    assert int(response.headers["content-length"]) == len(response.content)
    assert response.headers["cache-control"] == "private, no-store"


KNOWN = [
    (ETAG, 304),
    (f"W/{ETAG}", 304),
    ("*", 304),
    (f'"other", {ETAG}', 304),
    ('"other"', 200),
    ("", 200),
    ("other", 200),
]
"""If-None-Match, and the status."""

WHOLE = 10**9

PARTS = [
    ({"Range": "bytes=0-9"}, (0, 10)),
    ({"Range": "bytes=10-"}, (10, WHOLE)),
    ({"Range": "bytes=-7"}, (-7, WHOLE)),
    ({"Range": "bytes=0-999999999"}, (0, WHOLE)),
    ({"Range": "bytes=-999999999"}, (0, WHOLE)),
    ({"Range": "BYTES=4-4"}, (4, 5)),
    ({"Range": "bytes=0-9", "If_Range": ETAG}, (0, 10)),
    ({"Range": "bytes=0-9", "If_None_Match": '"other"'}, (0, 10)),
]
"""Headers, and which bytes are sent."""

ALL = [
    {"Range": "bytes=0-9", "If_Range": '"other"'},
    {"Range": "bytes=0-9", "If_Range": f"W/{ETAG}"},
    {"Range": "bytes=0-9", "If_Range": "Wed, 01 Jul 2026 12:00:00 GMT"},
    {"Range": "bytes=0-1,4-5"},
    {"Range": "bytes=9-0"},
    {"Range": "bytes=-"},
    {"Range": "bytes="},
    {"Range": "bytes=a-b"},
    {"Range": "bytes=+1-2"},
    {"Range": "bytes=1_0-20"},
    {"Range": "bytes 0-9"},
    {"Range": "lines=0-9"},
    {"Range": "bytes=" + "9" * 5_000 + "-"},
]
"""Headers that ask for no part, or for none that we hand out."""

NOTHING = ["bytes=999999999-", "bytes=999999999-9999999999", "bytes=-0"]


async def test_what_a_client_has_is_not_sent_again(sqlite_world: World) -> None:
    await sqlite_world.load()
    url = await link(sqlite_world)
    for known, status in KNOWN:
        response, tag = await get(sqlite_world, url, If_None_Match=known)
        assert (response.status_code, response.headers["etag"]) == (status, tag), known
        if status == 304:
            assert response.content == b""
            assert response.headers["cache-control"] == "private, no-store"
    response, _ = await get(sqlite_world, url, "HEAD", If_None_Match=ETAG)
    assert response.status_code == 304


async def test_a_part_is_sent_where_one_is_asked_for(sqlite_world: World) -> None:
    await sqlite_world.load()
    url = await link(sqlite_world)
    whole = (await sqlite_world.http.get(url)).content
    for headers, (begin, end) in PARTS:
        response, tag = await get(sqlite_world, url, **headers)
        sent = range(len(whole))[begin:end]
        assert (response.status_code, response.content) == (206, whole[begin:end]), headers
        span = f"bytes {sent.start}-{sent.stop - 1}/{len(whole)}"
        assert response.headers["content-range"] == span
        assert response.headers["content-length"] == str(len(sent))
        assert response.headers["etag"] == tag


async def test_everything_else_is_answered_with_the_whole(sqlite_world: World) -> None:
    await sqlite_world.load()
    url = await link(sqlite_world)
    whole = (await sqlite_world.http.get(url)).content
    for headers in ALL:
        response, _ = await get(sqlite_world, url, **headers)
        assert (response.status_code, response.content == whole) == (200, True), headers
        assert "content-range" not in response.headers


async def test_a_part_that_is_not_there_is_refused_with_the_size(sqlite_world: World) -> None:
    await sqlite_world.load()
    url = await link(sqlite_world)
    size = len((await sqlite_world.http.get(url)).content)
    for asked in NOTHING:
        response, _ = await get(sqlite_world, url, Range=asked)
        assert response.status_code == 416
        assert response.headers["content-range"] == f"bytes */{size}"
        assert response.json()["errors"][0]["extensions"]["code"] == "RANGE_NOT_SATISFIABLE"


async def test_head_tells_what_get_would_and_knows_no_parts(sqlite_world: World) -> None:
    await sqlite_world.load()
    url = await link(sqlite_world)
    whole = await sqlite_world.http.get(url)
    response, _ = await get(sqlite_world, url, "HEAD", Range="bytes=0-9")
    assert (response.status_code, response.content) == (200, b"")
    for name in ("etag", "content-length", "content-type", "content-disposition", "accept-ranges"):
        assert response.headers[name] == whole.headers[name]


async def test_what_is_large_is_sent_in_pieces() -> None:
    content = bytes(range(256)) * 1_000
    for asked, sent in {"": content, "bytes=70000-200000": content[70_000:200_001]}.items():
        headers = [(b"range", asked.encode())]
        request = Request({"type": "http", "method": "GET", "headers": headers})
        response = parts.answer(request, content, "0" * 64, {}, "application/pdf")
        assert isinstance(response, StreamingResponse)
        found = [piece async for piece in response.body_iterator]
        pieces = [bytes(piece) for piece in found if isinstance(piece, memoryview)]
        assert b"".join(pieces) == sent
        assert [len(piece) for piece in pieces[:-1]] == [parts.PIECE] * (len(pieces) - 1)
        assert 0 < len(pieces[-1]) <= parts.PIECE


async def test_a_link_that_is_none_says_nothing_of_what_the_client_has(
    sqlite_world: World,
) -> None:
    await sqlite_world.load()
    url = await link(sqlite_world)
    tag = (await sqlite_world.http.get(url)).headers["etag"]
    sqlite_world.at("2026-07-01T12:15:00")
    for headers in ({"If-None-Match": tag}, {"If-None-Match": "*"}, {"Range": "bytes=0-9"}):
        assert (await sqlite_world.http.get(url, headers=headers)).status_code == 403


async def test_a_download_that_broke_off_goes_on_at_a_real_server(
    migrated_sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(migrated_sqlite_url, monkeypatch) as world:
        await world.load()
        path = (await link(world)).removeprefix("http://testserver")
        instant = "2026-07-01T12:00:00+00:00"
    with started(migrated_sqlite_url, tmp_path, BILLING_NOW=instant) as server:
        base = f"http://127.0.0.1:{server.port}"
        async with httpx.AsyncClient(base_url=base, timeout=30) as http:
            whole = await http.get(path)
            begun = await http.get(path, headers={"Range": "bytes=0-9999"})
            tag = begun.headers["etag"]
            rest = await http.get(path, headers={"Range": "bytes=10000-", "If-Range": tag})
            head = await http.head(path)
        assert (begun.status_code, rest.status_code, head.status_code) == (206, 206, 200)
        assert begun.content + rest.content == whole.content
        assert (head.content, head.headers["etag"]) == (b"", tag)
        (line, *_) = [e for e in server.events() if e.get("route") == "/invoices/{number}.pdf"]
        assert (line["status"], line["type"]) == (200, "document")
