"""Traces: a span for each request with the log's ids, and nothing where they are off."""

import httpx
import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from door import traces
from server import create_app
from tests.test_http import without
from tests.test_manage import anew
from tests.world import World

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.fixture
async def acme(sqlite_world: World) -> World:
    await sqlite_world.load()
    return sqlite_world


async def asked(
    world: World, query: str, **headers: str
) -> tuple[httpx.Response, list[ReadableSpan]]:
    """The answer to Ada, and the spans that were made of it."""
    spans = InMemorySpanExporter()
    world.monkeypatch.setattr(traces, "OTLPSpanExporter", lambda: spans)
    world.monkeypatch.setattr(traces, "BatchSpanProcessor", SimpleSpanProcessor)
    world.setting("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    transport = httpx.ASGITransport(create_app(), raise_app_exceptions=False)
    told = {"Authorization": f"Bearer {world.client('ada').token}", "X-Secret": "4711"} | headers
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as http:
        response = await http.post("/graphql?x=4711", json={"query": query}, headers=told)
    return response, list(spans.get_finished_spans())


async def test_a_request_s_span_has_the_ids_that_its_caller_is_told(acme: World) -> None:
    response, spans = await asked(acme, "query Who { viewer { email } }")
    (span,) = spans
    assert response.headers["x-request-id"] == f"{span.context.span_id:016x}"
    trace = f"{span.context.trace_id:032x}"
    assert response.headers["traceparent"] == f"00-{trace}-{span.context.span_id:016x}-01"
    assert (span.name, span.kind, span.parent) == ("POST /graphql", SpanKind.SERVER, None)


async def test_a_span_says_what_the_log_says_and_no_more(acme: World) -> None:
    _, (span,) = await asked(acme, "query Who { viewer { email } }")
    attributes = dict(span.attributes or {})
    ids = {name: attributes.pop(f"seatwise.{name}") for name in ("account_id", "user_id")}
    assert all(ids.values())
    assert attributes == {
        "http.request.method": "POST",
        "http.route": "/graphql",
        "http.response.status_code": 200,
        "graphql.operation.name": "Who",
        "graphql.operation.type": "query",
        "seatwise.cost": 1,
    }
    assert "4711" not in span.to_json()
    assert "ada@" not in span.to_json()


@pytest.mark.parametrize(("flags", "count"), [("01", 1), ("00", 0)])
async def test_a_caller_s_trace_goes_on_and_its_sampling_is_kept(
    acme: World, flags: str, count: int
) -> None:
    given = f"00-{TRACE}-{SPAN}-{flags}"
    response, spans = await asked(acme, "{ viewer { email } }", traceparent=given)
    assert response.headers["traceparent"].startswith(f"00-{TRACE}-")
    assert response.headers["traceparent"].endswith(f"-{flags}")
    assert len(spans) == count
    for span in spans:
        assert span.parent is not None
        assert f"{span.parent.span_id:016x}" == SPAN


async def test_an_internal_error_makes_a_span_of_an_error_without_its_text(acme: World) -> None:
    async with without("users"):
        response, (span,) = await asked(acme, "{ viewer { email } }")
    assert response.status_code == 500
    assert span.status.status_code is StatusCode.ERROR
    assert (span.attributes or {})["error.type"] == "INTERNAL_SERVER_ERROR"
    assert not span.events


OFF = """
import sys, server
server.create_app().build_middleware_stack()
print('opentelemetry' in sys.modules)
"""


@pytest.mark.parametrize(("endpoint", "loaded"), [("", "False"), ("http://127.0.0.1:9", "True")])
async def test_the_libraries_are_loaded_where_traces_are_on_and_only_there(
    sqlite_world: World, endpoint: str, loaded: str
) -> None:
    ended = await anew("-c", OFF, OTEL_EXPORTER_OTLP_ENDPOINT=endpoint)
    assert (ended.code, ended.out.strip()) == (0, loaded)
