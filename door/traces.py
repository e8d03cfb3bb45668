"""Traces by OpenTelemetry: a span for each request, with what its line in the log says.

Loaded where OTEL_EXPORTER_OTLP_ENDPOINT is set, and only there. OpenTelemetry's own middleware is
not used: its spans tell whole addresses, and ours carry signatures and variables.
"""

import asyncio

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import (
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
)
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from door.routes import route
from services import observations
from services.observations import Observation


class OurIds(RandomIdGenerator):
    """The ids that the log and the caller are told."""

    def generate_span_id(self) -> int:
        """The request's id, or any outside a request."""
        return int(observations.current().request_id or "0", 16) or super().generate_span_id()

    def generate_trace_id(self) -> int:
        """The request's trace, or any outside a request."""
        return int(observations.current().trace_id or "0", 16) or super().generate_trace_id()


class Traced:
    """The application with a span around each request."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        resource = Resource.create({"service.name": "seatwise"})
        self.provider = TracerProvider(resource=resource, id_generator=OurIds())
        self.provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self.tracer = self.provider.get_tracer("seatwise")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on; at the application's end, sends what is left."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            await asyncio.to_thread(self.provider.shutdown)
            return
        seen = observations.current()
        kind, name = SpanKind.SERVER, f"{scope['method']} {route(scope['path'])}"
        span = self.tracer.start_span(name, _parent(seen), kind)
        seen.flags = f"{span.get_span_context().trace_flags & TraceFlags.SAMPLED:02x}"

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                span.set_attribute("http.response.status_code", message["status"])
                if message["status"] >= 500:
                    span.set_status(Status(StatusCode.ERROR))
            await send(message)

        try:
            with trace.use_span(span, record_exception=False, set_status_on_exception=False):
                await self.app(scope, receive, answer)
        finally:
            _describe(span, scope, seen)
            span.end()


def _parent(seen: Observation) -> Context | None:
    """The caller's span, where it told one."""
    if seen.parent_id is None:
        return None
    flags = TraceFlags(int(seen.flags, 16))
    context = SpanContext(int(seen.trace_id, 16), int(seen.parent_id, 16), True, flags)
    return trace.set_span_in_context(NonRecordingSpan(context))


def _describe(span: Span, scope: Scope, seen: Observation) -> None:
    told = {
        "http.request.method": scope["method"],
        "http.route": route(scope["path"]),
        "graphql.operation.name": seen.operation,
        "graphql.operation.type": seen.type,
        "seatwise.cost": seen.cost,
        "seatwise.account_id": seen.account_id and str(seen.account_id),
        "seatwise.user_id": seen.user_id and str(seen.user_id),
        "error.type": seen.code,
    }
    for name, value in told.items():
        if value is not None:
            span.set_attribute(name, value)
