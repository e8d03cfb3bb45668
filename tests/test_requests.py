"""What of a request is read, and what is refused: strict JSON, addresses, media types."""

import asyncio
import json
from contextlib import suppress
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from door import media_types, strict_json
from door.media_types import GRAPHQL_JSON, JSON
from tests.test_http import ADA, VIEWER, acme, code, get, post
from tests.world import World

__all__ = ["acme"]

REFUSED: dict[str, tuple[bytes, str]] = {
    "NaN": (b'{"query": "{a}", "variables": {"a": NaN}}', "NaN is no number"),
    "Infinity": (b'{"query": "{a}", "variables": {"a": -Infinity}}', "-Infinity is no number"),
    "a fraction beyond all": (b'{"query": "{a}", "variables": [1e999]}', "too large: 1e999"),
    "a key twice": (b'{"query": "{a}", "query": "{b}"}', 'the key "query" twice'),
    "a key twice within": (b'{"query": "{a}", "variables": {"a": {"b": 1, "\\u0062": 2}}}', '"b"'),
    "65 digits": (b'{"query": "{a}", "extensions": {"a": %s}}' % (b"1" * 65), "65 characters"),
    "digits without end": (b'{"query": "{a}", "variables": {"a": 0.%s}}' % (b"1" * 9_000), "9002"),
    "66 deep": (b'{"query": "{a}", "variables": %s1%s}' % (b'{"a":' * 65, b"}" * 65), "64 deep"),
    "lists 66 deep": (b'{"query": "{a}", "v": %s%s}' % (b"[" * 65, b"]" * 65), "64 deep"),
    "100,000 deep": (b"[" * 100_000 + b"]" * 100_000, "64 deep"),
    "values without end": (b'{"query": "{a}", "v": [1%s]}' % (b",1" * 10_000), "10000 values"),
    "a lone surrogate": (b'{"query": "{a} # \\ud800"}', "half of a surrogate pair"),
    "a lone surrogate in a key": (b'{"query": "{a}", "variables": {"\\uDFFF": 1}}', "half of"),
    "latin-1": ('{"query": "{ é }"}'.encode("latin-1"), "is not UTF-8"),
    "surrogates in UTF-8": (b'{"query": "\xed\xa0\x80"}', "is not UTF-8"),
    "a byte order mark": (b'\xef\xbb\xbf{"query": "{a}"}', "is not JSON"),
    "a control character": (b'{"query": "{a\n}"}', "is not JSON: Invalid control character"),
    "cut off": (b'{"query": "{ viewer', "is not JSON: Unterminated string"),
    "a comment": (b'{"query": "{a}" /* */}', "is not JSON"),
    "single quotes": (b"{'query': '{a}'}", "is not JSON"),
}


@pytest.mark.parametrize(("raw", "why"), REFUSED.values(), ids=REFUSED)
async def test_json_that_could_be_understood_differently_is_refused(
    acme: World, raw: bytes, why: str
) -> None:
    response = await post(acme, None, raw=raw)
    assert (response.status_code, code(response)) == (400, "BAD_REQUEST")
    assert why in response.json()["errors"][0]["message"]


async def test_json_within_the_bounds_is_read(acme: World) -> None:
    wide = b'{"query": "{ viewer { email } }", "variables": {"a": [1%s]}}' % (b",1" * 9_990)
    assert (await post(acme, None, raw=wide)).json()["data"] == ADA
    deep = b'{"a":' * 62 + b"1" * 64 + b"}" * 62
    raw = b'{"query": "{ viewer { email } } # \\ud83d\\ude00", "variables": %s}' % deep
    assert (await post(acme, None, raw=raw)).json()["data"] == ADA


TREES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**200), 2**200)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(TREES, st.booleans())
def test_strict_json_reads_what_it_is_written_for(value: Any, ascii_: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_)
    assert strict_json.loads(text.encode()) == value


@given(st.binary())
def test_no_bytes_are_anything_but_json_or_refused(content: bytes) -> None:
    with suppress(strict_json.NotStrict):
        strict_json.loads(content)


# --- bodies ---------------------------------------------------------------------------------


@pytest.mark.parametrize("length", ["262145", "99999999999999999999"])
async def test_a_body_that_says_it_is_too_large_is_refused_unread(acme: World, length: str) -> None:
    body = b'{"query": "{ viewer { email } }"}'
    response = await post(acme, None, raw=body, content_length=length)
    assert (response.status_code, code(response)) == (413, "BAD_REQUEST")


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", '"utf-8"'])
async def test_utf_8_is_accepted_by_its_name(acme: World, charset: str) -> None:
    kind = f"application/json; charset={charset}"
    assert (await post(acme, {"query": VIEWER}, content_type=kind)).json()["data"] == ADA


@pytest.mark.parametrize("charset", ["latin-1", "utf-16", "us-ascii", ""])
async def test_another_charset_is_refused(acme: World, charset: str) -> None:
    kind = f"application/json; charset={charset}"
    response = await post(acme, {"query": VIEWER}, content_type=kind)
    assert (response.status_code, code(response)) == (415, "BAD_REQUEST")


async def asgi(world: World, *messages: dict[str, Any]) -> list[dict[str, Any]]:
    """What the application sends for a POST whose body comes as the messages, and then never."""
    sent: list[dict[str, Any]] = []
    left = iter(messages)

    async def receive() -> dict[str, Any]:
        message = next(left, None)
        if message is None:
            await asyncio.Event().wait()
        return message or {}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "POST", "path": "/graphql", "raw_path": b"/graphql",
        "query_string": b"", "root_path": "", "scheme": "http", "http_version": "1.1",
        "headers": [(b"host", b"x"), (b"content-type", b"application/json")],
        "client": ("203.0.113.7", 1), "server": ("x", 80), "state": {},
    }  # fmt: skip
    assert isinstance(world.http._transport, httpx.ASGITransport)
    await world.http._transport.app(scope, receive, send)  # type: ignore[arg-type]
    return sent


async def test_a_client_that_goes_away_is_no_internal_error(
    acme: World, caplog: pytest.LogCaptureFixture
) -> None:
    begun = {"type": "http.request", "body": b'{"query": ', "more_body": True}
    start, _ = await asgi(acme, begun, {"type": "http.disconnect"})
    assert start["status"] == 400
    assert caplog.records == []


# --- addresses ------------------------------------------------------------------------------


async def fetch(world: World, parameters: str) -> httpx.Response:
    headers = {"authorization": f"Bearer {world.client('ada').token}"}
    return await world.http.get(f"/graphql?{parameters}", headers=headers)


async def test_an_address_of_more_than_8_kb_is_refused(acme: World) -> None:
    query = quote(VIEWER)
    fits = f"query={query}&x={'x' * (8_192 - len(query) - 9)}"
    assert (await fetch(acme, fits)).json()["data"] == ADA
    response = await fetch(acme, f"{fits}x")
    assert (response.status_code, code(response)) == (414, "BAD_REQUEST")


@pytest.mark.parametrize(
    "parameters",
    [
        "query={viewer{email}}&query={plans{id}}",
        "query=%ff",
        "query=%ed%a0%80",
        'query={viewer{email}}&variables={"a":NaN}',
        'query={viewer{email}}&variables={"a":1,"a":2}',
        "query={viewer{email}}&extensions=1",
        "query=",
        "Query={viewer{email}}",
    ],
)
async def test_parameters_that_could_be_understood_differently_are_refused(
    acme: World, parameters: str
) -> None:
    response = await fetch(acme, parameters)
    assert (response.status_code, code(response)) == (400, "BAD_REQUEST")


async def test_parameters_that_are_empty_are_as_if_they_were_not_there(acme: World) -> None:
    parameters = f"query={quote(VIEWER)}&variables=&extensions=&operationName="
    assert (await fetch(acme, parameters)).json()["data"] == ADA


async def test_a_head_is_answered_as_a_get_is(acme: World) -> None:
    headers = {"authorization": f"Bearer {acme.client('ada').token}"}
    response = await acme.http.head(f"/graphql?query={quote(VIEWER)}", headers=headers)
    assert response.status_code == 200


# --- media types ----------------------------------------------------------------------------

ACCEPTED: list[tuple[str, str | None]] = [
    ("", JSON),
    ("*/*", JSON),
    ("application/*", JSON),
    ("application/json", JSON),
    ("Application/JSON; charset=UTF-8", JSON),
    ("application/graphql-response+json", GRAPHQL_JSON),
    ("application/graphql-response+json, application/json", GRAPHQL_JSON),
    ("application/json, application/graphql-response+json", GRAPHQL_JSON),
    ("application/graphql-response+json;q=0.5, application/json", JSON),
    ("application/graphql-response+json, application/json;q=0.9", GRAPHQL_JSON),
    ("application/json;q=0.9, */*;q=0.1", JSON),
    ("application/graphql-response+json;q=0.1, */*", JSON),
    ("application/json;q=0, */*", GRAPHQL_JSON),
    ("application/json;q=0, application/graphql-response+json;q=0.001", GRAPHQL_JSON),
    ("text/html, */*;q=0.8", JSON),
    ("text/html, application/json;q=0", None),
    ("*/*;q=0", None),
    ("text/html", None),
    ("application/json; charset=latin-1", None),
    ("application/json;q=2", None),
    ("application/json;q=nan", None),
    ("application/jsonp, application/graphql", None),
    (",;,", None),
]


@pytest.mark.parametrize(("accept", "expected"), ACCEPTED)
def test_the_answer_is_of_the_media_type_that_is_preferred(
    accept: str, expected: str | None
) -> None:
    assert media_types.chosen(accept) == expected


async def test_who_wants_neither_media_type_is_told_which_there_are(acme: World) -> None:
    response = await post(acme, {"query": VIEWER}, accept="text/html")
    assert (response.status_code, code(response)) == (406, "NOT_ACCEPTABLE")
    assert response.headers["content-type"] == JSON


async def test_a_refusal_is_of_the_media_type_that_is_preferred_too(acme: World) -> None:
    response = await post(acme, None, raw=b"{", accept=GRAPHQL_JSON)
    assert response.headers["content-type"] == f"{GRAPHQL_JSON}; charset=utf-8"
    assert (await get(acme, accept=JSON)).headers["content-type"] == JSON
