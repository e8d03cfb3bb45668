"""Drawing: how long an invoice takes by its lines, and what handing documents out takes.

A document goes the product's whole way: frozen, sent to a worker process, drawn there, carried
back. What is handed out is asked for by a plain client on one keep-alive connection, one request
after the other, of a server on PostgreSQL whose account has 1,000 invoices with a PDF each.
"""

import asyncio
import hashlib
import importlib
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from http.client import HTTPConnection
from io import BytesIO
from statistics import median
from typing import Any
from urllib.parse import urlsplit
from zipfile import ZipFile

import asyncpg

from benchmarks import databases, load, processes, sample
from benchmarks.data import LEAN, NOW, Dataset, Shape, Tenant
from benchmarks.requests import tokens
from benchmarks.tables import Table
from services import documents

LIMIT_SECONDS = 900.0

KEEP = """
INSERT INTO invoice_documents
    (id, account_id, invoice_id, form, content, place, size, sha256, rendered_at)
SELECT gen_random_uuid(), account_id, id, 'PDF', $1, NULL, $2, $3, now() FROM invoices
"""

DATE = "UPDATE invoices SET issued_at = $1"
"""So long a history of months begins before there were archives to date files in."""

LINKS = """{ account {
  invoices(first: 1) { edges { node { pdfUrl } } }
  invoiceExport { invoiceCount zipUrl csvUrl }
} }"""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured."""

    lines: tuple[int, ...] = (10, 100, 1_000, 2_000)
    rounds: int = 3
    invoices: int = 1_000
    downloads: int = 2_000
    exports: int = 5


FULL = Plan()
SHORT = Plan(lines=(10, 100), rounds=1, invoices=100, downloads=200, exports=2)


@dataclass(frozen=True, slots=True)
class Drawn:
    """One size of document: the seconds of each round, by the clock and of the worker's processor,
    and how many bytes came of it."""

    lines: int
    seconds: tuple[float, ...]
    processor: tuple[float, ...]
    size: int

    @property
    def line_ms(self) -> float:
        """What a line took of the processor, which others on the machine do not lengthen."""
        return median(self.processor) / self.lines * 1000


async def measure(plan: Plan) -> tuple[list[Table], dict[str, Any]]:
    """Measures both; the tables for people, the figures for machines."""
    drawn = await _draw(plan)
    handed_out = await _hand_out(plan)
    figures = {
        "plan": asdict(plan),
        "drawn": [asdict(one) for one in drawn],
        "handed_out": [asdict(one) for one in handed_out],
    }
    return [_drawn_table(drawn), _handed_out_table(handed_out)], figures


async def _draw(plan: Plan) -> list[Drawn]:
    """The sizes take turns, after a document that starts the worker."""
    sizes = {lines: sample.invoice(lines) for lines in plan.lines}
    seconds: dict[int, list[float]] = {lines: [] for lines in sizes}
    processor: dict[int, list[float]] = {lines: [] for lines in sizes}
    size = {}
    # How long is asked here, also of a machine that has other things to do.
    documents.TIME_LIMIT_SECONDS = LIMIT_SECONDS
    await documents._in_worker(_be_patient)  # noqa: SLF001 (there is one)
    await documents.render(sample.invoice(1))
    try:
        for _ in range(plan.rounds):
            for lines, document in sizes.items():
                begin, used = time.perf_counter(), await _processor_seconds()
                size[lines] = len(await documents.render(document))
                seconds[lines].append(time.perf_counter() - begin)
                processor[lines].append(await _processor_seconds() - used)
    finally:
        await documents.close()
    return [
        Drawn(lines, tuple(seconds[lines]), tuple(processor[lines]), size[lines]) for lines in sizes
    ]


def _be_patient() -> None:
    """In the worker: has the PDF library wait as well, which gives up after a minute."""
    budget: Any = importlib.import_module("xhtml2pdf.config.resources").RenderBudget
    budget.check_deadline = lambda _: None


async def _processor_seconds() -> float:
    """What the worker has used so far."""
    used: float = await documents._in_worker(time.process_time)  # noqa: SLF001
    return used


@dataclass(frozen=True, slots=True)
class HandedOut:
    """One kind of download: the seconds of each, and of the server's processor for each."""

    what: str
    seconds: list[float]
    processor: float


async def _hand_out(plan: Plan) -> list[HandedOut]:
    """Downloads of a document, of the ZIP and of the CSV."""
    content = await documents.render(sample.invoice(3))
    await documents.close()
    # The second account of a dataset pays by the month, as long a history as is wanted.
    dataset = Dataset(((1, LEAN), (1, Shape(invoices=plan.invoices))))
    async with databases.postgres(dataset) as url:
        connection = await asyncpg.connect(url, timeout=10)
        try:
            digest = hashlib.sha256(content).hexdigest()
            await connection.execute(DATE, NOW)
            await connection.execute(KEEP, content, len(content), digest)
        finally:
            await connection.close()
        async with processes.server(url) as server:
            _, tenant = dataset.tenants()
            return await asyncio.to_thread(_download, plan, server, tenant, content)


def _download(
    plan: Plan, server: processes.Server, tenant: Tenant, content: bytes
) -> list[HandedOut]:
    with _connected(server.port) as connection:
        links = _links(connection, tenant)
        account = links["account"]
        (edge,) = account["invoices"]["edges"]
        paths = {
            "a stored PDF": (edge["node"]["pdfUrl"], plan.downloads),
            f"a ZIP of {plan.invoices:,}": (account["invoiceExport"]["zipUrl"], plan.exports),
            f"a CSV of {plan.invoices:,}": (account["invoiceExport"]["csvUrl"], plan.exports),
        }
        found, bodies = [], []
        for what, (address, times) in paths.items():
            bodies.append(_get(connection, address))
            seconds, used = [], processes.cpu_seconds([server.process.pid])
            for _ in range(times):
                begin = time.perf_counter()
                _get(connection, address)
                seconds.append(time.perf_counter() - begin)
            used = processes.cpu_seconds([server.process.pid]) - used
            found.append(HandedOut(what, seconds, used / times))
    pdf, archive, history = bodies
    assert pdf == content
    with ZipFile(BytesIO(archive)) as entries:
        assert len(entries.namelist()) == plan.invoices
        assert all(entries.read(name) == content for name in entries.namelist())
    assert len(history.splitlines()) == plan.invoices + 1
    return found


@contextmanager
def _connected(port: int) -> Iterator[HTTPConnection]:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        yield connection
    finally:
        connection.close()


def _links(connection: HTTPConnection, tenant: Tenant) -> dict[str, Any]:
    token = tokens([tenant])[0]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    connection.request("POST", "/graphql", json.dumps({"query": LINKS}), headers)
    answer = json.loads(connection.getresponse().read())
    data: dict[str, Any] = answer["data"]
    return data


def _get(connection: HTTPConnection, address: str) -> bytes:
    parts = urlsplit(address)
    connection.request("GET", f"{parts.path}?{parts.query}")
    response = connection.getresponse()
    body = response.read()
    assert response.status == 200, body
    return body


def _drawn_table(drawn: list[Drawn]) -> Table:
    head = ("lines", "s by the clock", "s of the processor", "ms a line", "to 100's", "KB")
    table = Table("Drawing an invoice, in one worker process", head)
    hundred = next((one.line_ms for one in drawn if one.lines == 100), drawn[0].line_ms)
    for one in drawn:
        table.add(
            f"{one.lines:,}",
            _spread(one.seconds),
            _spread(one.processor),
            f"{one.line_ms:.2f}",
            f"{one.line_ms / hundred:.2f}",
            f"{one.size / 1000:,.0f}",
        )
    return table


def _spread(seconds: Sequence[float]) -> str:
    return f"{median(seconds):.2f} ({min(seconds):.2f}..{max(seconds):.2f})"


def _handed_out_table(handed_out: list[HandedOut]) -> Table:
    head = ("what", "p50, ms", "p99, ms", "of the server's processor, ms", "times")
    table = Table("Handing out, on PostgreSQL", head)
    for one in handed_out:
        p50, p99 = (load.percentile(one.seconds, percent) * 1000 for percent in (50, 99))
        used = f"{one.processor * 1000:,.1f}"
        table.add(one.what, f"{p50:,.1f}", f"{p99:,.1f}", used, f"{len(one.seconds):,}")
    return table
