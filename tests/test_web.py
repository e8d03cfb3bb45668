"""What browsers are told: headers, other origins, forged addresses, and what can be turned off."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from pydantic import ValidationError

from server import create_app
from services import clock, demo
from services.import_file import ImportFile
from tests import samples
from tests.test_http import code, drawing, link, without
from tests.world import World

__all__ = ["drawing"]

APP = "https://app.example"
VIEWER = {"query": "{ viewer { email } }"}
PREFLIGHT = {"Origin": APP, "Access-Control-Request-Method": "POST"}
PDF = pytest.mark.xdist_group("documents")


@pytest.fixture
async def acme(sqlite_world: World) -> World:
    await sqlite_world.load()
    return sqlite_world


@asynccontextmanager
async def client(
    world: World, base_url: str = "http://testserver", **environment: str
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application that was made with these settings, signed in as Ada."""
    for name, value in environment.items():
        world.setting(name, value)
    token = f"Bearer {world.client('ada').token}"
    transport = httpx.ASGITransport(app=create_app(), raise_app_exceptions=False)
    async with httpx.AsyncClient(
        transport=transport, base_url=base_url, headers={"authorization": token}
    ) as http:
        yield http


# --- other origins ------------------------------------------------------------------------


async def test_no_other_origin_may_call_the_api_unless_it_is_named(acme: World) -> None:
    async with client(acme) as http:
        answer = await http.post("/graphql", json=VIEWER, headers={"Origin": APP})
        preflight = await http.options("/graphql", headers=PREFLIGHT)
    assert preflight.status_code == 405
    for response in (answer, preflight):
        assert not [name for name in response.headers if name.startswith("access-control")]


async def test_a_named_origin_may_send_tokens_and_json_and_read_when_to_retry(acme: World) -> None:
    asked = PREFLIGHT | {"Access-Control-Request-Headers": "authorization,content-type"}
    async with client(acme, CORS_ORIGINS=f"https://other.example, {APP}") as http:
        preflight = await http.options("/graphql", headers=asked)
        answer = await http.post("/graphql", json=VIEWER, headers={"Origin": APP})
    assert preflight.status_code == 200
    assert preflight.headers["access-control-max-age"] == "7200"
    allowed = preflight.headers["access-control-allow-headers"].lower()
    assert {"authorization", "content-type"} <= set(allowed.split(", "))
    exposed = answer.headers["access-control-expose-headers"].lower().split(", ")
    assert {"retry-after", "x-request-id", "traceparent"} <= set(exposed)
    for response in (preflight, answer):
        assert response.headers["access-control-allow-origin"] == APP
        assert "access-control-allow-credentials" not in response.headers
        assert "origin" in response.headers["vary"].lower()


@pytest.mark.parametrize(
    "origin",
    [
        "https://app.example.evil.example",
        "http://app.example",
        "https://app.example:8443",
        "null",
        "https://APP.example",
    ],
)
async def test_an_origin_that_is_not_named_to_the_letter_may_not(acme: World, origin: str) -> None:
    async with client(acme, CORS_ORIGINS=APP) as http:
        preflight = await http.options("/graphql", headers=PREFLIGHT | {"Origin": origin})
        answer = await http.post("/graphql", json=VIEWER, headers={"Origin": origin})
    assert (preflight.status_code, code(preflight)) == (400, "BAD_REQUEST")
    for response in (answer, preflight):
        assert "access-control-allow-origin" not in response.headers


async def test_a_named_origin_can_read_errors_even_internal_ones(acme: World) -> None:
    async with client(acme, CORS_ORIGINS=APP) as http, without("users"):
        crashed = await http.post("/graphql", json=VIEWER, headers={"Origin": APP})
        nothing = await http.get("/nothing", headers={"Origin": APP})
    assert (crashed.status_code, nothing.status_code) == (500, 404)
    for response in (crashed, nothing):
        assert response.headers["access-control-allow-origin"] == APP
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["x-request-id"]


# --- frames and the demo ------------------------------------------------------------------


async def test_named_origins_alone_may_have_the_billing_page_in_a_frame(acme: World) -> None:
    page = {"Accept": "text/html"}
    async with client(acme, EMBED_ORIGINS=f"{APP}, https://b.example") as http:
        billing = await http.get("/")
        others = [await http.get(path, headers=page) for path in ("/graphql", "/static/none")]
    policy = billing.headers.get_list("content-security-policy")
    assert len(policy) == 1
    assert policy[0].endswith(f"frame-ancestors {APP} https://b.example")
    assert policy[0].startswith("default-src 'self'")
    for response in others:
        assert "frame-ancestors 'none'" in response.headers["content-security-policy"]


async def test_nobody_comes_without_a_token_unless_the_demo_is_loaded_and_open(
    sqlite_world: World,
) -> None:
    sqlite_world.at("2026-11-23T09:00:00")
    async with client(sqlite_world, DEMO_SIGN_IN="true") as http:
        assert (await http.get("/demo/sign-ins")).json() == []
    await demo.load(clock.now())
    async with client(sqlite_world, DEMO_SIGN_IN="false") as http:
        assert (await http.get("/demo/sign-ins")).json() == []
    async with client(sqlite_world, DEMO_SIGN_IN="true") as http:
        answer = await http.get("/demo/sign-ins")
        assert answer.headers["cache-control"] == "no-store"
        people = {person["email"]: person for person in answer.json()}
        assert people.keys() == {*demo.PEOPLE.values(), *demo.OTHERS.values()}
        for email, person in people.items():
            signed_in = {"Authorization": f"Bearer {person['token']}"}
            viewer = (await http.post("/graphql", json=VIEWER, headers=signed_in)).json()
            assert viewer["data"] == {"viewer": {"email": email}}


# --- requests that a page elsewhere makes a browser send ----------------------------------


@pytest.mark.parametrize("given", ["application/x-www-form-urlencoded", "text/plain", None])
async def test_a_form_elsewhere_changes_nothing_even_with_a_token(
    acme: World, given: str | None
) -> None:
    mutation = "mutation { changeUsers(input: {seats: 70}) { userErrors { code } } }"
    headers = {"Content-Type": given} if given else {}
    async with client(acme, CORS_ORIGINS=APP) as http:
        body = f'{{"query": "{mutation}"}}'
        posted = await http.post("/graphql", content=body, headers=headers | {"Origin": APP})
        got = await http.get("/graphql", params={"query": mutation})
    assert (posted.status_code, got.status_code) == (415, 405)
    query = "{ account { subscription { seats } } }"
    assert (await acme.client("ada").data(query))["account"]["subscription"]["seats"] == 60


async def test_cookies_open_nothing_and_none_is_ever_set(acme: World) -> None:
    token = acme.client("ada").token
    headers = {"Cookie": f"token={token}; authorization=Bearer {token}"}
    response = await acme.http.post("/graphql", json=VIEWER, headers=headers)
    assert code_of(response) == "UNAUTHENTICATED"
    for path in ("/", "/graphql", "/healthz", "/static/billing/app.js"):
        assert "set-cookie" not in (await acme.http.get(path)).headers


def code_of(response: httpx.Response) -> str:
    found: str = response.json()["errors"][0]["extensions"]["code"]
    return found


# --- TLS ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "public", "told"),
    [
        ("http://testserver", "", False),
        ("http://testserver", "http://billing.example", False),
        ("https://testserver", "", True),
        ("http://testserver", "https://billing.example", True),
    ],
)
async def test_behind_tls_browsers_are_told_to_stay_there(
    acme: World, base: str, public: str, told: bool
) -> None:
    async with client(acme, base, PUBLIC_URL=public) as http:
        for path in ("/", "/healthz", "/nothing"):
            response = await http.get(path)
            assert ("strict-transport-security" in response.headers) is told


# --- links --------------------------------------------------------------------------------


async def test_in_production_a_forged_host_is_in_no_link(acme: World) -> None:
    query = {"query": "{ account { invoices(first: 1) { edges { node { pdfUrl } } } } }"}
    forged = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    async with client(acme) as http:
        for given, expected in {
            "": "http://127.0.0.1:8000/invoices/",
            "https://billing.example": "https://billing.example/invoices/",
        }.items():
            acme.monkeypatch.delenv("BILLING_NOW")
            acme.setting("ENVIRONMENT", "production")
            acme.setting("PUBLIC_URL", given)
            fresh = {"Authorization": f"Bearer {acme.client('ada').token}"}
            text = (await http.post("/graphql", json=query, headers=forged | fresh)).text
            assert expected in text
            assert "evil" not in text
            acme.at("2026-07-01T12:00:00")


@PDF
async def test_a_pdf_is_kept_by_no_cache_and_its_name_is_plain(acme: World, drawing: None) -> None:
    response = await acme.http.get(await link(acme))
    assert response.headers["cache-control"] == "private, no-store"
    assert response.headers["content-disposition"] == 'inline; filename="ACME-00001.pdf"'
    assert response.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("prefix", ['A"B', "A\r\nX: y", "A\n", "A;B", "A/B", "../A", "Ä", ""])
def test_no_prefix_of_invoices_can_reach_out_of_the_file_s_name(prefix: str) -> None:
    document = samples.file(samples.account(invoice_prefix=prefix))
    with pytest.raises(ValidationError, match="invoice_prefix"):
        ImportFile.model_validate(document)


# --- what can be turned off ---------------------------------------------------------------

INTROSPECTION = ["{ __schema { queryType { name } } }", '{ __type(name: "User") { name } }']


async def test_graphiql_can_be_turned_off(acme: World) -> None:
    async with client(acme, GRAPHIQL="false") as http:
        response = await http.get("/graphql", headers={"Accept": "text/html"})
    assert (response.status_code, code(response)) == (406, "NOT_ACCEPTABLE")


@pytest.mark.parametrize("compiled", ["true", "false"])
@pytest.mark.parametrize("query", INTROSPECTION)
async def test_introspection_can_be_turned_off_for_either_executor(
    acme: World, compiled: str, query: str
) -> None:
    async with client(acme, COMPILED_EXECUTION=compiled) as http:
        assert "errors" not in (await http.post("/graphql", json={"query": query})).json()
    async with client(acme, COMPILED_EXECUTION=compiled, INTROSPECTION="false") as http:
        hidden = f"query A {{ ...B }} fragment B on Query {query}"
        for text in (query, hidden):
            response = await http.post("/graphql", json={"query": text})
            assert code_of(response) == "GRAPHQL_VALIDATION_FAILED"
            assert "data" not in response.json()
        named = await http.post("/graphql", json={"query": "{ viewer { __typename } }"})
    assert named.json()["data"] == {"viewer": {"__typename": "User"}}


# --- ids ----------------------------------------------------------------------------------

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
GOOD = {
    f"00-{TRACE}-{SPAN}-01": "01",
    f"00-{TRACE}-{SPAN}-00": "00",
    f"00-{TRACE}-{SPAN}-ff": "01",
    f"01-{TRACE}-{SPAN}-01-what-comes-later": "01",
}
BAD = [
    "",
    f"ff-{TRACE}-{SPAN}-01",
    f"00-{TRACE}-{SPAN}-01-more",
    f"00-{'0' * 32}-{SPAN}-01",
    f"00-{TRACE}-{'0' * 16}-01",
    f"00-{TRACE.upper()}-{SPAN}-01",
    f"00-{TRACE}-{SPAN}",
    f"00-{TRACE}-{SPAN}-01" + "x" * 200,
    f'00-{TRACE}-{SPAN}-01"',
]


@pytest.mark.parametrize(("given", "flags"), GOOD.items())
async def test_the_caller_s_trace_is_taken_over(acme: World, given: str, flags: str) -> None:
    response = await acme.http.get("/healthz", headers={"traceparent": given})
    own = response.headers["x-request-id"]
    assert response.headers["traceparent"] == f"00-{TRACE}-{own}-{flags}"
    assert own != SPAN


@pytest.mark.parametrize("given", BAD)
async def test_a_trace_that_w3c_calls_invalid_is_not(acme: World, given: str) -> None:
    first = await acme.http.get("/healthz", headers={"traceparent": given})
    again = await acme.http.get("/healthz", headers={"traceparent": given})
    parts = first.headers["traceparent"].split("-")
    assert [len(part) for part in parts] == [2, 32, 16, 2]
    assert parts[1].lower() != TRACE
    assert first.headers["traceparent"] != again.headers["traceparent"]
