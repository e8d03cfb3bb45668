"""The server's routes: GraphQL over HTTP, the PDF links, and what watches the server."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from urllib.parse import quote, urlsplit

import httpx
import jwt
import pytest
from tortoise import Tortoise

from models.invoices import Invoice
from server import create_app
from services import clock, database, documents, links, settings
from services.forms import FORMS, Form
from tests import samples
from tests.world import World, opened

VIEWER = "{ viewer { email } }"
ADA = {"viewer": {"email": "ada@acme.example"}}
STRICT = "application/graphql-response+json"


async def post(
    world: World, body: object, *, raw: bytes | None = None, **headers: str
) -> httpx.Response:
    """What the server answers Ada; headers are written with _ for -."""
    given = {"authorization": f"Bearer {world.client('ada').token}"}
    given |= {"content-type": "application/json"}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    content = json.dumps(body).encode() if raw is None else raw
    return await world.http.post("/graphql", content=content, headers=given)


async def get(world: World, accept: str = "application/json", **parameters: str) -> httpx.Response:
    headers = {"authorization": f"Bearer {world.client('ada').token}", "accept": accept}
    return await world.http.get("/graphql", params=parameters, headers=headers)


def code(response: httpx.Response) -> str:
    """The code of the one error that an answer holds, and nothing but errors."""
    body = response.json()
    assert body.keys() == {"errors"}, body
    (error,) = body["errors"]
    found: str = error["extensions"]["code"]
    return found


@pytest.fixture
async def acme(sqlite_world: World) -> World:
    """The sample account."""
    await sqlite_world.load()
    return sqlite_world


# --- requests that are GraphQL's ----------------------------------------------------------


async def test_a_query_can_be_posted(acme: World) -> None:
    response = await post(acme, {"query": VIEWER})
    assert (response.status_code, response.json()["data"]) == (200, ADA)
    assert response.headers["content-type"] == "application/json"


async def test_a_query_can_be_got_with_variables(acme: World) -> None:
    query = "query N($id: ID!) { node(id: $id) { id } }"
    response = await get(acme, query=query, variables='{"id": "nothing"}', operationName="N")
    assert (response.status_code, response.json()["data"]) == (200, {"node": None})


async def test_a_mutation_cannot_be_got(acme: World) -> None:
    mutation = "mutation { changeUsers(input: {seats: 61}) { userErrors { code } } }"
    response = await get(acme, query=mutation)
    assert (response.status_code, code(response)) == (405, "BAD_REQUEST")
    assert response.headers["allow"] == "GET, POST"
    query = "{ account { subscription { version } } }"
    data = await acme.client("ada").data(query)
    assert data == {"account": {"subscription": {"version": 1}}}


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_no_other_method_is_graphql(acme: World, method: str) -> None:
    headers = {"authorization": f"Bearer {acme.client('ada').token}"}
    response = await acme.http.request(method, "/graphql", json={"query": VIEWER}, headers=headers)
    assert response.status_code == 405
    assert code(response)
    allowed = set(response.headers["allow"].split(", "))
    assert {"GET", "POST"} <= allowed
    assert method not in allowed


@pytest.mark.parametrize(
    "given", ["application/json; charset=utf-8", "Application/JSON", "application/json;x=y"]
)
async def test_json_is_accepted_however_it_is_called(acme: World, given: str) -> None:
    response = await post(acme, {"query": VIEWER}, content_type=given)
    assert response.json()["data"] == ADA


@pytest.mark.parametrize(
    "given",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/graphql",
        "application/jsonp",
        "",
    ],
)
async def test_what_a_page_elsewhere_can_post_is_refused(acme: World, given: str) -> None:
    response = await post(acme, {"query": VIEWER}, content_type=given)
    assert (response.status_code, code(response)) == (415, "BAD_REQUEST")


async def test_a_compressed_body_is_refused(acme: World) -> None:
    response = await post(acme, {"query": VIEWER}, content_encoding="gzip")
    assert (response.status_code, code(response)) == (415, "BAD_REQUEST")


BROKEN: dict[str, bytes] = {
    "empty": b"",
    "cut off": b'{"query": "{ viewer',
    "two": b'{"query": "{a}"}{"query": "{a}"}',
    "latin-1": '{"query": "{ viewer { name } } # é"}'.encode("latin-1"),
    "utf-16": '{"query": "{ viewer { name } }"}'.encode("utf-16"),
    "a byte of its own": b"\xff",
    "NaN": b'{"query": "{ viewer { name } }", "variables": {"a": NaN}}',
    "Infinity": b'{"query": "{ viewer { name } }", "variables": {"a": -Infinity}}',
    "deep lists": b'{"query": "{ viewer { name } }", "variables": ' + b"[" * 100_000,
    "deep objects": b'{"query": "{ viewer { name } }", "variables": ' + b'{"a":' * 40_000,
    "5,000 digits": b'{"query": "{a}", "variables": {"a": ' + b"1" * 5_000 + b"}}",
    "a list": b'[{"query": "{ viewer { name } }"}]',
    "text": b'"{ viewer { name } }"',
    "null": b"null",
    "a number": b"1",
    "no query": b"{}",
    "a null query": b'{"query": null}',
    "an empty query": b'{"query": ""}',
    "a blank query": b'{"query": " \\n "}',
    "a query that is a list": b'{"query": ["{ viewer { name } }"]}',
    "variables that are a list": b'{"query": "{ viewer { name } }", "variables": [1]}',
    "variables that are text": b'{"query": "{ viewer { name } }", "variables": "{}"}',
    "a name that is a number": b'{"query": "{ viewer { name } }", "operationName": 1}',
    "extensions that are text": b'{"query": "{ viewer { name } }", "extensions": "x"}',
}


@pytest.mark.parametrize("raw", BROKEN.values(), ids=BROKEN)
async def test_a_body_that_is_no_request_is_answered_with_400(acme: World, raw: bytes) -> None:
    response = await post(acme, None, raw=raw)
    assert (response.status_code, code(response)) == (400, "BAD_REQUEST")


@pytest.mark.parametrize("given", ["{", "[1]", '"x"', "NaN"])
async def test_variables_of_a_get_that_are_no_object_are_refused(acme: World, given: str) -> None:
    response = await get(acme, query=VIEWER, variables=given)
    assert (response.status_code, code(response)) == (400, "BAD_REQUEST")


async def test_a_large_body_is_refused_however_it_is_sent(acme: World) -> None:
    body = {"query": VIEWER, "variables": {"a": "x" * 300_000}}
    response = await post(acme, body)
    assert (response.status_code, code(response)) == (413, "BAD_REQUEST")
    lied = await post(acme, body, content_length="10")
    assert (lied.status_code, code(lied)) == (413, "BAD_REQUEST")


async def test_a_body_of_200_kb_is_read(acme: World) -> None:
    response = await post(acme, {"query": VIEWER, "variables": {"a": "x" * 200_000}})
    assert response.json()["data"] == ADA


@pytest.mark.parametrize("nested", ["{", "{a", "[", "{a(b:[", "{a(b:{c:"])
@pytest.mark.parametrize("times", [400, 900, 5_000, 50_000])
async def test_a_document_nested_without_end_is_refused(
    acme: World, nested: str, times: int
) -> None:
    response = await post(acme, {"query": (nested * times)[:200_000]})
    assert code(response) in ("GRAPHQL_PARSE_FAILED", "QUERY_TOO_COMPLEX")


# --- operations of a document -------------------------------------------------------------

SEVERAL = "query A { viewer { email } } query B { account { name } }"


async def test_of_several_operations_the_named_one_is_run(acme: World) -> None:
    response = await post(acme, {"query": SEVERAL, "operationName": "B"})
    assert response.json()["data"] == {"account": {"name": "Acme Inc."}}


async def test_of_several_operations_none_is_run_without_a_name(acme: World) -> None:
    response = await post(acme, {"query": SEVERAL})
    assert code(response) == "BAD_USER_INPUT"


async def test_a_name_that_no_operation_has_is_refused(acme: World) -> None:
    response = await post(acme, {"query": SEVERAL, "operationName": "C"})
    assert (response.status_code, code(response)) == (400, "BAD_USER_INPUT")


async def test_a_document_without_an_operation_is_refused(acme: World) -> None:
    response = await post(acme, {"query": "fragment F on User { id }"})
    assert (response.status_code, code(response)) == (400, "BAD_USER_INPUT")


async def test_a_subscription_is_refused(acme: World) -> None:
    response = await post(acme, {"query": "subscription { viewer { id } }"})
    assert code(response) == "GRAPHQL_VALIDATION_FAILED"


# --- statuses -----------------------------------------------------------------------------

ERRORS = {
    "{ viewer": "GRAPHQL_PARSE_FAILED",
    "{ nothing }": "GRAPHQL_VALIDATION_FAILED",
    "query($id: ID!) { node(id: $id) { id } }": "BAD_USER_INPUT",
    SEVERAL: "BAD_USER_INPUT",
}


@pytest.mark.parametrize(("query", "expected"), ERRORS.items())
async def test_a_request_error_is_400_for_clients_of_the_new_media_type_and_200_for_others(
    acme: World, query: str, expected: str
) -> None:
    plain = await post(acme, {"query": query}, accept="application/json")
    strict = await post(acme, {"query": query}, accept=f"{STRICT}, application/json;q=0.9")
    assert (plain.status_code, code(plain)) == (200, expected)
    assert (strict.status_code, code(strict)) == (400, expected)
    assert strict.headers["content-type"] == f"{STRICT}; charset=utf-8"


async def test_an_answer_with_data_is_200_for_clients_of_the_new_media_type(acme: World) -> None:
    good = await post(acme, {"query": VIEWER}, accept=STRICT)
    assert (good.status_code, good.json()["data"]) == (200, ADA)
    paul = {"authorization": f"Bearer {acme.client('paul').token}", "accept": STRICT}
    query = {"query": "{ account { name subscription { seats } } }"}
    partial = await acme.http.post("/graphql", json=query, headers=paul)
    assert partial.status_code == 200
    assert partial.json()["data"] == {"account": {"name": "Acme Inc.", "subscription": None}}


# --- routes -------------------------------------------------------------------------------

ROUTES = [
    ("GET", "/demo/sign-ins", 200),
    ("GET", "/", 200),
    ("GET", "/graphql", 400),
    ("GET", "/healthz", 200),
    ("GET", "/readyz", 200),
    ("GET", "/static/billing/billing.css", 200),
    ("GET", "/static/nothing.js", 404),
    ("GET", "/static/../server.py", 404),
    ("GET", "/static/%2e%2e/server.py", 404),
    ("GET", "/static/..%2fserver.py", 404),
    ("GET", "/nothing", 404),
    ("GET", "/healthz/", 307),
    ("POST", "/healthz", 405),
    ("DELETE", "/readyz", 405),
    ("POST", "/", 405),
    ("GET", "/invoices/ACME-00001.pdf", 403),
    ("GET", "/exports/invoices.zip", 403),
    ("HEAD", "/exports/invoices.csv", 403),
    ("POST", "/exports/invoices.csv", 405),
    ("GET", "/exports/", 404),
    ("GET", "/invoices/", 404),
    ("GET", "/invoices/..%2f..%2fetc%2fpasswd.pdf", 404),
]


@pytest.mark.parametrize(("method", "path", "status"), ROUTES)
async def test_every_answer_carries_the_headers_that_keep_browsers_safe(
    acme: World, method: str, path: str, status: int
) -> None:
    response = await acme.http.request(method, path)
    assert response.status_code == status
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["cross-origin-resource-policy"] == "same-origin"
    assert response.headers["cross-origin-opener-policy"] == "same-origin"
    policy = response.headers["content-security-policy"]
    api = response.headers.get("content-type") == "application/json"
    assert policy.startswith("default-src 'none'" if api else "default-src 'self'")
    assert "frame-ancestors 'none'" in policy
    assert ("permissions-policy" in response.headers) is not api
    assert (response.headers.get("cache-control") == "no-store") is api


@pytest.mark.parametrize("path", ["/nothing", "/static/nothing.js", "/invoices/none.txt"])
async def test_what_is_not_there_is_said_in_json(acme: World, path: str) -> None:
    response = await acme.http.get(path)
    assert (response.status_code, code(response)) == (404, "NOT_FOUND")


async def test_a_method_that_is_not_allowed_is_told_which_are(acme: World) -> None:
    response = await acme.http.post("/healthz")
    assert (response.status_code, code(response)) == (405, "METHOD_NOT_ALLOWED")
    assert set(response.headers["allow"].split(", ")) >= {"GET"}


async def test_a_browser_that_opens_the_api_gets_graphiql(acme: World) -> None:
    response = await acme.http.get("/graphql", headers={"accept": "text/html,*/*;q=0.8"})
    assert response.headers["content-type"].startswith("text/html")
    assert "graphiql" in response.text.lower()


async def test_the_process_answers_and_is_ready(acme: World) -> None:
    for path in ("/healthz", "/readyz"):
        response = await acme.http.get(path)
        assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize("empty", ["sqlite_url", "postgres_url"])
async def test_without_the_schema_the_process_answers_and_is_not_ready(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, empty: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", request.getfixturevalue(empty))
    settings.current.cache_clear()
    transport = httpx.ASGITransport(app=create_app())
    async with (
        database.connected(everywhere=True),
        httpx.AsyncClient(transport=transport, base_url="http://testserver") as http,
    ):
        ready, alive = await http.get("/readyz"), await http.get("/healthz")
    assert (ready.status_code, ready.json()) == (503, {"status": "unavailable"})
    assert alive.status_code == 200


# --- internal errors ----------------------------------------------------------------------


@asynccontextmanager
async def without(table: str) -> AsyncIterator[None]:
    """Takes a table away underneath the server."""
    connection = Tortoise.get_connection("default")
    await connection.execute_query(f"ALTER TABLE {table} RENAME TO gone")
    yield
    await connection.execute_query(f"ALTER TABLE gone RENAME TO {table}")


@pytest.mark.parametrize("empty", ["sqlite_url", "postgres_url"])
async def test_an_internal_error_tells_an_id_that_is_in_the_log_and_nothing_else(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    empty: str,
) -> None:
    async with opened(request.getfixturevalue(empty), monkeypatch) as world:
        await world.load()
        async with without("plan_prices"):
            answer = await world.client("ada").send(
                "{ viewer { email } plans { prices { interval } } }"
            )
    (error,) = answer["errors"]
    error_id = error["extensions"].pop("errorId")
    assert error == {
        "message": "Internal server error.",
        "locations": [{"line": 1, "column": 20}],
        "path": ["plans"],
        "extensions": {"code": "INTERNAL_SERVER_ERROR"},
    }
    assert answer["data"] is None
    (record,) = [record for record in caplog.records if error_id in record.getMessage()]
    assert record.levelno == logging.ERROR
    assert "plan_prices" in str(record.exc_info)


async def test_an_internal_error_outside_graphql_is_masked_as_well(
    acme: World, caplog: pytest.LogCaptureFixture
) -> None:
    async with without("users"):
        response = await post(acme, {"query": VIEWER})
    assert response.status_code == 500
    (error,) = response.json()["errors"]
    error_id = error["extensions"].pop("errorId")
    assert error == {
        "message": "Internal server error.",
        "extensions": {"code": "INTERNAL_SERVER_ERROR"},
    }
    assert any(error_id in record.getMessage() for record in caplog.records)
    assert response.headers["x-content-type-options"] == "nosniff"


async def test_what_the_caller_did_wrong_is_not_in_the_log(
    acme: World, caplog: pytest.LogCaptureFixture
) -> None:
    await post(acme, {"query": "{ nothing }"})
    await acme.stranger().send(VIEWER)
    await acme.client("paul").send("{ account { subscription { seats } } }")
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


# --- PDF links ----------------------------------------------------------------------------

PDF = pytest.mark.xdist_group("documents")


@pytest.fixture(scope="module")
def drawing() -> Iterator[None]:
    """Ends the process that draws, which the tests of a module share."""
    yield
    asyncio.run(documents.close())


async def link(world: World, account: str = "acme") -> str:
    """Where the newest invoice's PDF is, as the API tells it."""
    query = "{ account { invoices(first: 1) { edges { node { pdfUrl } } } } }"
    data = await world.client("ada", account).data(query)
    url: str = data["account"]["invoices"]["edges"][0]["node"]["pdfUrl"]
    return url


@PDF
async def test_a_link_gives_the_pdf_without_a_header_and_the_same_bytes_twice(
    world: World, drawing: None
) -> None:
    await world.load()
    first = await world.http.get(await link(world))
    world.at("2027-01-01T12:00:00")
    again = await world.http.get(await link(world))
    assert first.status_code == again.status_code == 200
    assert first.headers["content-type"] == "application/pdf"
    assert first.headers["content-disposition"] == 'inline; filename="ACME-00001.pdf"'
    assert "private" in first.headers["cache-control"]
    assert first.content.startswith(b"%PDF-")
    assert first.content == again.content


async def test_a_link_is_on_this_server_or_on_its_public_address(acme: World) -> None:
    assert (await link(acme)).startswith("http://testserver/invoices/ACME-00001.pdf?token=")
    acme.setting("PUBLIC_URL", "https://billing.vendor.example/")
    expected = "https://billing.vendor.example/invoices/ACME-00001.pdf?token="
    assert (await link(acme)).startswith(expected)


async def refused(world: World, url: str) -> None:
    """That the link opens nothing, and tells no more than that."""
    response = await world.http.get(url)
    assert (response.status_code, code(response)) == (403, "FORBIDDEN")
    assert response.headers["cache-control"] == "no-store"


async def test_a_link_is_good_for_15_minutes(acme: World) -> None:
    url = await link(acme)
    acme.at("2026-07-01T12:15:00")
    await refused(acme, url)


@PDF
async def test_a_link_is_good_up_to_its_last_second(acme: World, drawing: None) -> None:
    url = await link(acme)
    acme.at("2026-07-01T12:14:59")
    assert (await acme.http.get(url)).status_code == 200


@pytest.mark.parametrize("part", [0, 1, 2])
async def test_a_link_that_was_tampered_with_in_any_part_opens_nothing(
    acme: World, part: int
) -> None:
    address, _, token = (await link(acme)).partition("=")
    parts = token.split(".")
    for changed in ("", f"{parts[part][1:]}", f"A{parts[part]}", f"{parts[part][::-1]}"):
        forged = [*parts[:part], changed, *parts[part + 1 :]]
        await refused(acme, f"{address}={'.'.join(forged)}")


async def test_a_link_opens_its_own_invoice_alone(acme: World) -> None:
    old = await link(acme)
    await acme.client("ada").do("changeUsers", seats=61)
    for number in ("ACME-00002", "ACME-00003", "acme-00001", quote("ACME-00001/x", safe="")):
        response = await acme.http.get(old.replace("ACME-00001", number))
        assert response.status_code in (403, 404)


@pytest.mark.parametrize("form", [None, "XML", "pdf", 1, ["PDF"]])
async def test_a_link_opens_the_one_form_that_it_names(acme: World, form: object) -> None:
    invoice = await Invoice.get()
    claims = {"a": invoice.account_id.hex, "i": invoice.id.hex, "exp": 2**40, "f": form}
    signed = jwt.encode(claims, links._key(), links.ALGORITHM)
    await refused(acme, f"/invoices/ACME-00001.pdf?token={signed}")
    del claims["f"]
    signed = jwt.encode(claims, links._key(), links.ALGORITHM)
    await refused(acme, f"/invoices/ACME-00001.pdf?token={signed}")


async def test_a_link_to_one_form_opens_no_other(acme: World) -> None:
    invoice = await Invoice.get()
    pairs = [(one, other) for one in Form for other in Form if one is not other]
    for one, other in pairs:
        token = links.sign_link(links.Link(invoice.account_id, invoice.id, one), clock.now())
        address = f"/invoices/{invoice.number}{FORMS[other].suffix}"
        await refused(acme, f"{address}?token={token}")
    assert len(pairs) >= 6


async def test_a_link_without_a_token_or_with_a_bearer_token_opens_nothing(acme: World) -> None:
    address = urlsplit(await link(acme)).path
    await refused(acme, address)
    await refused(acme, f"{address}?token=")
    await refused(acme, f"{address}?token={acme.client('ada').token}")


async def test_a_link_opens_an_invoice_of_its_own_account_alone(acme: World) -> None:
    await acme.load(samples.account(code="rival"))
    ours, theirs = await Invoice.all().order_by("account__code")
    mixed = links.sign_link(links.Link(ours.account_id, theirs.id, Form.PDF), clock.now())
    await refused(acme, f"/invoices/ACME-00001.pdf?token={mixed}")
