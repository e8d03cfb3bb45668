"""The log: one line an event, JSON in production, on one stream that a slow reader cannot block.

The standard library's loggers, ours and those of libraries, are rendered by structlog; the line of
a request takes a shorter way to the same form. Lines are handed to a thread, which writes them
together, twenty times a second: what a process says in the 50 ms before it is killed may be lost.

Tokens, e-mail addresses and values that the database quotes are taken out of messages and
tracebacks; tracebacks never show local variables.
"""

import atexit
import logging
import os
import re
import select
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, MutableMapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, WrappedLogger

from services import observations, settings

Line = Callable[..., None]
Values = dict[str, Any]

OURS = ("door", "execution", "manage", "resolvers", "schema", "server", "services")
"""Whose loggers LOG_LEVEL is for. Others speak from WARNING on: at DEBUG, drivers tell values."""

PAUSE = 0.05
"""Seconds in which lines gather to be written together."""

MAX_WAITING = 20_000
"""Lines that may wait for a reader that is slow; what comes then is dropped, and counted."""

SECRETS = (
    (re.compile(r"(?m)^\s*(DETAIL|CONTEXT|QUERY):.*$"), r"\1: (left out)"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+(\.[\w-]*)?"), "(a token)"),
    (re.compile(r"(?i)\bbearer\s+\S+"), "Bearer (a token)"),
    (re.compile(r"://[^\s/@]+@"), "://(a login)@"),
    (re.compile(r"[^\s@<>\"'(),;:=\[\]]+@[^\s@<>\"'(),;:=\[\]]+"), "(an address)"),
)
"""What stays out of the log, however it got into an error's text, and what is there instead."""

CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")


class Writer:
    """Writes lines to a file descriptor from a thread of its own."""

    def __init__(self, descriptor: int) -> None:
        self.dropped = 0
        self._descriptor = descriptor
        self._lines: deque[bytes] = deque()
        self._awake = threading.Event()
        self._writing = threading.Lock()
        threading.Thread(target=self._run, name="log", daemon=True).start()

    def __call__(self, line: bytes) -> None:
        """Takes a line, without its end. Never waits."""
        if len(self._lines) >= MAX_WAITING:
            self.dropped += 1
            return
        self._lines.append(line)
        if not self._awake.is_set():
            self._awake.set()

    def flush(self) -> None:
        """Writes what there is."""
        with self._writing:
            lines = [self._lines.popleft() for _ in range(len(self._lines))]
            dropped, self.dropped = self.dropped, 0
            if dropped:
                lines.append(rendered({"event": "log.dropped", "lines": dropped, "level": "error"}))
            try:
                for piece in _pieces(lines):
                    content = memoryview(piece)
                    while content:
                        content = content[os.write(self._descriptor, content) :]
            except OSError:
                return  # Nobody reads any more: there is nobody to tell.

    def _run(self) -> None:
        while True:
            self._awake.wait()
            time.sleep(PAUSE)
            self._awake.clear()
            self.flush()


def _pieces(lines: list[bytes]) -> Iterator[bytes]:
    """The lines in pieces that a pipe takes whole, so that those of several processes do not get
    into each other; a longer line is a piece of its own."""
    piece = bytearray()
    for line in lines:
        if piece and len(piece) + len(line) >= select.PIPE_BUF:
            yield bytes(piece)
            piece.clear()
        piece += line + b"\n"
    yield bytes(piece)


def configure(descriptor: int) -> Writer:
    """Has everything of this process logged to a file descriptor, as the settings say."""
    configured = settings.current()
    writer = Writer(descriptor)
    _writers.append(writer)
    atexit.register(writer.flush)
    handler = _Handler(writer)
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_log_level, structlog.stdlib.ExtraAdder()],
            processors=[
                _logger_name,
                ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _of_the_request,
                _without_secrets,
                _time,
                _renderer(configured.log_format),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    for name in OURS:
        logging.getLogger(name).setLevel(configured.log_level.upper())
    # It tells of each malformed request, which has its line already.
    logging.getLogger("uvicorn").setLevel(logging.ERROR)
    logging.captureWarnings(capture=True)
    _requests.clear()
    if logging.getLogger("door").isEnabledFor(logging.INFO):
        _requests.append(_request_lines(writer, configured.log_format))
    return writer


def flush() -> None:
    """Writes what waits to be written."""
    for writer in _writers:
        writer.flush()


def requests() -> Line | None:
    """What writes the line of a request: `line("request", status=200, …)`; None where the log was
    not set up, or is not to have such lines."""
    return _requests[0] if _requests else None


_requests: list[Line] = []
_writers: list[Writer] = []


class _Lines(structlog.BoundLoggerBase):
    """Lines of requests, whose values need no cleaning: the shortest way through structlog."""

    def line(self, event: str, **values: Any) -> None:
        """Writes one."""
        self._proxy_to_logger("msg", event, **values)


class _Sink:
    """What structlog writes to."""

    def __init__(self, writer: Writer) -> None:
        self.msg = writer


def _request_lines(writer: Writer, form: str) -> Line:
    render = _json if form == "json" else _renderer(form)

    def line(_logger: WrappedLogger, _name: str, event: EventDict) -> tuple[tuple[bytes], Values]:
        event["level"] = "info"
        event["timestamp"] = datetime.now(UTC)
        made = render(None, "info", event)
        return (made if isinstance(made, bytes) else str(made).encode(),), {}

    return _Lines(_Sink(writer), [line], {}).line


class _Handler(logging.Handler):
    """Hands the standard library's records to the writer."""

    def __init__(self, writer: Writer) -> None:
        super().__init__()
        self.writer = writer

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self.writer(self.format(record).encode("utf-8", "backslashreplace"))
        except Exception:  # noqa: BLE001 (whatever is wrong with a record, the work goes on)
            self.handleError(record)


def rendered(event: MutableMapping[str, Any]) -> bytes:
    """An event as a line of JSON."""
    try:
        return orjson.dumps(event, default=str)
    except TypeError:
        # Half a surrogate pair, somewhere: JSON can say it, UTF-8 cannot.
        return orjson.dumps(_storable(event), default=str)


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, MutableMapping):
        return {str(_storable(key)): _storable(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_storable(part) for part in value]
    return value if isinstance(value, int | float | datetime | None) else _storable(str(value))


def _json(_logger: Any, _name: str, event: EventDict) -> bytes:
    return rendered(event)


def _json_text(_logger: Any, _name: str, event: EventDict) -> str:
    return rendered(event).decode()


def _renderer(form: str) -> structlog.typing.Processor:
    if form == "json":
        return _json_text
    console = structlog.dev.ConsoleRenderer(colors=False)

    def readable(logger: Any, name: str, event: EventDict) -> str:
        told = {key: value for key, value in event.items() if value is not None}
        exception = told.pop("exception", None)
        for key, value in told.items():
            told[key] = (
                CONTROL.sub(_escaped, str(value)) if isinstance(value, str | UUID) else value
            )
        if isinstance(told.get("timestamp"), datetime):
            told["timestamp"] = f"{told['timestamp']:%H:%M:%S}"
        line = console(logger, name, told)
        return f"{line}\n{exception}" if exception else line

    return readable


def _escaped(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode()


def _logger_name(_logger: Any, _name: str, event: EventDict) -> EventDict:
    record = event.get("_record")
    if record is not None:
        event["logger"] = record.name
    return event


def _of_the_request(_logger: Any, _name: str, event: EventDict) -> EventDict:
    """Says in which request something happened."""
    seen = observations.current()
    if seen.request_id:
        event["request_id"] = seen.request_id
        event["trace_id"] = seen.trace_id
    return event


def _without_secrets(_logger: Any, _name: str, event: EventDict) -> EventDict:
    for key in ("event", "exception"):
        text = event.get(key)
        if isinstance(text, str):
            event[key] = masked(text)
    return event


def _time(_logger: Any, _name: str, event: EventDict) -> EventDict:
    event["timestamp"] = datetime.now(UTC)
    return event


def masked(text: str) -> str:
    """The text without what stays out of the log."""
    for pattern, instead in SECRETS:
        text = pattern.sub(instead, text)
    return text
