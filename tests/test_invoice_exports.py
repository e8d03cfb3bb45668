"""Exports: a month's or a year's invoices as one ZIP, and the history as CSV."""

import asyncio
import csv
import hashlib
import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_STORED, BadZipFile, ZipFile

import httpx
import jwt
import pytest

from door import exports
from models.invoices import Form, Invoice, InvoiceDocument
from services import clock, documents, invoice_exports, invoice_values, links, rows, spreadsheets
from tests import samples
from tests.served import started
from tests.test_operator_invoices import credit, pay, void
from tests.test_taxes import CANADIAN, monthly, rated
from tests.world import World, opened

pytestmark = pytest.mark.xdist_group("documents")

QUERY = """query($from: Date, $to: Date) {
  account { invoiceExport(from: $from, to: $to) { invoiceCount zipUrl csvUrl expiresAt } }
}"""


@pytest.fixture(scope="module", autouse=True)
def drawing() -> Iterator[None]:
    yield
    asyncio.run(documents.close())


async def export(world: World, account: str = "acme", **days: str) -> dict[str, Any]:
    """What the API says of an export."""
    data = await world.client("ada", account).data(QUERY, **days)
    found: dict[str, Any] = data["account"]["invoiceExport"]
    return found


async def archive(world: World, **days: str) -> ZipFile:
    """The ZIP behind the link."""
    response = await world.http.get((await export(world, **days))["zipUrl"])
    assert (response.status_code, response.headers["content-type"]) == (200, "application/zip")
    return ZipFile(BytesIO(response.content))


async def table(world: World, **days: str) -> list[dict[str, str]]:
    """The rows of the CSV behind the link."""
    response = await world.http.get((await export(world, **days))["csvUrl"])
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(StringIO(response.content.decode("utf-8-sig"), newline="")))


async def keep(*invoices: Invoice) -> dict[str, bytes]:
    """Keeps documents that were drawn long ago; their contents by the names of their files."""
    made = {one.id: f"%PDF- of {one.number}".encode() for one in invoices}
    await rows.insert(
        *(
            InvoiceDocument(
                account_id=one.account_id,
                invoice_id=one.id,
                form=Form.PDF,
                content=made[one.id],
                place=None,
                size=len(made[one.id]),
                sha256=hashlib.sha256(made[one.id]).hexdigest(),
                rendered_at=clock.now(),
            )
            for one in invoices
        )
    )
    return {f"{one.number}.pdf": made[one.id] for one in invoices}


async def long_history(world: World, count: int) -> list[Invoice]:
    """The invoices of so many months, the last one of July 2026."""
    year, month = divmod(2026 * 12 + 6 - (count - 1), 12)
    began = f"{year}-{month + 1:02}-01"
    await world.load(samples.premium(subscription={"started_on": began}))
    await world.renew()
    invoices = await Invoice.all().order_by("sequence")
    assert len(invoices) == count
    return invoices


# --- the ZIP ------------------------------------------------------------------------------


async def test_a_month_s_invoices_are_one_archive_of_the_very_pdfs(world: World) -> None:
    await world.load(monthly(rated(*CANADIAN)))
    await world.client("ada").do("changeUsers", seats=14)
    told = await export(world, **{"from": "2026-07-01", "to": "2026-07-31"})
    assert told["invoiceCount"] == 2
    assert told["expiresAt"] == "2026-07-01T12:15:00Z"
    response = await world.http.get(told["zipUrl"])
    name = "invoices-2026-07-01-2026-07-31.zip"
    assert response.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert response.headers["cache-control"] == "private, no-store"
    found = ZipFile(BytesIO(response.content))
    assert found.testzip() is None
    assert found.namelist() == ["ACME-00001.pdf", "ACME-00002.pdf"]
    query = "{ account { invoices { edges { node { number pdfUrl } } } } }"
    edges = (await world.client("ada").data(query))["account"]["invoices"]["edges"]
    for node in (edge["node"] for edge in edges):
        pdf = await world.http.get(node["pdfUrl"])
        assert found.read(f"{node['number']}.pdf") == pdf.content


async def test_what_is_kept_comes_first_and_what_is_missing_is_drawn_and_kept(
    world: World,
) -> None:
    invoices = await long_history(world, 6)
    kept = await keep(*invoices[2:5])
    found = await archive(world)
    first, rest = list(kept), [f"{one.number}.pdf" for one in (*invoices[:2], invoices[5])]
    assert found.namelist() == first + rest
    assert {name: found.read(name) for name in first} == kept
    assert all(found.read(name).startswith(b"%PDF-1.") for name in rest)
    assert await InvoiceDocument.all().count() == 6
    again = await archive(world)
    assert sorted(again.namelist()) == sorted(found.namelist())
    assert all(again.read(name) == found.read(name) for name in again.namelist())


async def test_three_hundred_invoices_are_one_archive_and_one_table(world: World) -> None:
    invoices = await long_history(world, 300)
    kept = await keep(*invoices[1:])
    found = await archive(world)
    assert found.testzip() is None
    assert found.namelist() == [*kept, "ACME-00001.pdf"]
    assert {name: found.read(name) for name in kept} == kept
    listed = await table(world)
    assert [row["number"] for row in listed] == [one.number for one in invoices]
    assert [row["issued_on"] for row in listed] == [str(one.issued_on) for one in invoices]


async def test_every_reader_finds_sizes_where_it_looks_first(sqlite_world: World) -> None:
    """Sizes behind the bytes are what many readers of streams do not take."""
    await keep(*(await long_history(sqlite_world, 3)))
    for info in (await archive(sqlite_world)).infolist():
        assert (info.flag_bits & 8, info.compress_type) == (0, ZIP_STORED)
        assert info.file_size == info.compress_size > 0
        assert info.date_time[3:] == (4, 0, 0)
        assert info.external_attr >> 16 == 0o100644


DAYS: list[tuple[dict[str, str], Iterable[int]]] = [
    ({}, range(1, 7)),
    ({"from": "2026-03-01", "to": "2026-04-30"}, (2, 3)),
    ({"from": "2026-03-01", "to": "2026-03-01"}, (2,)),
    ({"from": "2026-03-02", "to": "2026-03-31"}, ()),
    ({"from": "2026-06-02"}, (6,)),
    ({"to": "2026-03-01"}, (1, 2)),
    ({"from": "1000-01-01", "to": "9999-12-31"}, range(1, 7)),
]
"""Days, and the numbers of the invoices of six months."""


async def test_days_are_those_of_issue_and_both_are_included(world: World) -> None:
    await keep(*(await long_history(world, 6)))
    for days, numbers in DAYS:
        expected = [f"ACME-{number:05}" for number in numbers]
        assert (await export(world, **days))["invoiceCount"] == len(expected)
        files = (await archive(world, **days)).namelist()
        assert files == [f"{number}.pdf" for number in expected]
        assert [row["number"] for row in await table(world, **days)] == expected


async def test_days_the_wrong_way_round_are_refused(sqlite_world: World) -> None:
    await sqlite_world.load()
    days = {"from": "2026-07-02", "to": "2026-07-01"}
    answer = await sqlite_world.client("ada").send(QUERY, **days)
    assert answer["data"]["account"]["invoiceExport"] is None
    (error,) = answer["errors"]
    assert error["message"] == "from: must not be after to."
    assert error["extensions"]["code"] == "BAD_USER_INPUT"


async def test_more_invoices_than_the_limit_have_a_table_and_no_archive(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await long_history(sqlite_world, 4)
    early = (await export(sqlite_world))["zipUrl"]
    for module in ("services.invoice_exports", "schema.invoices"):
        monkeypatch.setattr(f"{module}.MAX_DOCUMENTS", 3)
    told = await export(sqlite_world)
    assert (told["invoiceCount"], told["zipUrl"]) == (4, None)
    assert len(await table(sqlite_world)) == 4
    assert (await export(sqlite_world, **{"from": "2026-05-01"}))["zipUrl"]
    response = await sqlite_world.http.get(early)
    assert response.status_code == 413
    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] == "TOO_MANY_INVOICES"


async def test_an_account_has_two_exports_in_hand_and_each_makes_room_at_its_end(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sqlite_world.load(samples.account(), samples.account(code="rival"))
    ours, theirs = await export(sqlite_world), await export(sqlite_world, "rival")
    go_on, render = asyncio.Event(), documents.render

    async def slowly(*given: Any) -> bytes:
        await go_on.wait()
        return await render(*given)

    monkeypatch.setattr(documents, "render", slowly)
    get = sqlite_world.http.get
    begun = [asyncio.create_task(get(ours["zipUrl"])) for _ in range(exports.MAX_EXPORTS)]
    await asyncio.sleep(0.2)
    for url in (ours["zipUrl"], ours["csvUrl"]):
        response = await get(url)
        assert (response.status_code, response.headers["retry-after"]) == (429, "10")
        assert response.json()["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
    assert (await get(theirs["csvUrl"])).status_code == 200
    go_on.set()
    assert [response.status_code for response in await asyncio.gather(*begun)] == [200, 200]
    assert (await get(ours["csvUrl"])).status_code == 200


async def test_whoever_leaves_an_archive_ends_no_drawing_that_others_wait_for(
    sqlite_world: World,
) -> None:
    """Ending a drawing would end its worker: by leaving again and again, one account could keep
    everybody from documents."""
    (one, *_) = await long_history(sqlite_world, 3)
    await documents.render(await invoice_values.as_issued(one))
    before = await documents._in_worker(os.getpid)
    url = (await export(sqlite_world))["zipUrl"]
    for _ in range(3):
        leaving = asyncio.create_task(sqlite_world.http.get(url))
        while not documents.in_hand():
            await asyncio.sleep(0.001)
        leaving.cancel()
        await asyncio.wait([leaving])
    assert await documents._in_worker(os.getpid) == before
    assert (await sqlite_world.http.get(url)).status_code == 200
    assert await InvoiceDocument.all().count() == 3


async def test_head_makes_nothing(sqlite_world: World) -> None:
    await sqlite_world.load()
    told = await export(sqlite_world)
    for url, kind in ((told["zipUrl"], exports.ZIP), (told["csvUrl"], exports.CSV)):
        response = await sqlite_world.http.head(url)
        assert (response.status_code, response.content) == (200, b"")
        assert response.headers["content-type"] == kind
    assert await InvoiceDocument.all().count() == 0


async def broken_off(http: httpx.AsyncClient, path: str) -> bytes:
    """What arrives of an answer that never ends."""
    received = b""
    async with http.stream("GET", path) as response:
        assert response.headers["transfer-encoding"] == "chunked"
        try:
            async for piece in response.aiter_raw():
                received += piece
        except httpx.RemoteProtocolError:
            return received
    pytest.fail("it has an end")


async def test_an_archive_that_cannot_be_finished_ends_as_none(
    migrated_sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At a real server: what arrives is not taken for the whole."""
    async with opened(migrated_sqlite_url, monkeypatch) as world:
        invoices = await long_history(world, 20)
        await keep(*invoices)
        path = (await export(world))["zipUrl"].removeprefix("http://testserver")
        csv_path = (await export(world))["csvUrl"].removeprefix("http://testserver")
        whole = (await world.http.get(path)).content
        await InvoiceDocument.filter(invoice_id=invoices[-1].id).update(sha256="0" * 64)
    with started(migrated_sqlite_url, tmp_path, BILLING_NOW="2026-07-01T12:00:00Z") as server:
        base = f"http://127.0.0.1:{server.port}"
        async with httpx.AsyncClient(base_url=base, timeout=30) as http:
            received = await broken_off(http, path)
            table = await http.get(csv_path)
        assert len(table.content.splitlines()) == 21
        assert any("is damaged" in str(event) for event in server.events())
    assert whole.startswith(received)
    with pytest.raises(BadZipFile):
        ZipFile(BytesIO(received))


async def test_an_archive_that_cannot_be_begun_is_refused(
    sqlite_world: World, tmp_path: Path
) -> None:
    await sqlite_world.load()
    told = await export(sqlite_world)
    (tmp_path / "file").write_text("in the way")
    sqlite_world.setting("DOCUMENT_STORE", f"folder://{tmp_path}/file/kept")
    response = await sqlite_world.http.get(told["zipUrl"])
    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    assert (await sqlite_world.http.get(told["csvUrl"])).status_code == 200
    sqlite_world.setting("DOCUMENT_STORE", f"folder://{tmp_path}/kept")
    assert (await archive(sqlite_world)).namelist() == ["ACME-00001.pdf"]


# --- the CSV ------------------------------------------------------------------------------


async def test_the_table_says_what_was_billed_taken_back_and_is_still_due(world: World) -> None:
    await world.load(monthly(rated(*CANADIAN)))
    await credit("14")
    await world.client("ada").do("changeUsers", seats=14)
    await void("ACME-00002")
    first, note, second = await table(world)
    assert list(first) == list(spreadsheets.COLUMNS)
    assert first == {
        "number": "ACME-00001",
        "kind": "INITIAL",
        "status": "OPEN",
        "issued_on": "2026-07-01",
        "due_on": "2026-07-31",
        "settled_on": "",
        "currency": "EUR",
        "subtotal": "273.10",
        "tax": "40.90",
        "total": "314.00",
        "credited": "14.00",
        "amount_due": "300.00",
        "tax_treatment": "STANDARD",
        "buyer": "Acme Incorporated",
        "buyer_tax_id": "",
        "purchase_order_number": "",
        "credits": "",
        "reason": "",
    }
    assert (note["number"], note["kind"], note["status"]) == (
        "ACME-CN-00001",
        "CREDIT_NOTE",
        "ISSUED",
    )
    assert (note["total"], note["amount_due"], note["credits"]) == ("-14.00", "0.00", "ACME-00001")
    assert note["reason"] == "Service was down"
    assert (second["status"], second["amount_due"], second["reason"]) == (
        "VOID",
        "0.00",
        "Sent twice",
    )
    await pay()
    assert (await table(world))[0]["settled_on"] == "2026-07-01"


@pytest.mark.parametrize(
    ("currency", "total"), [("JPY", "900000"), ("KWD", "2707.500"), ("USD", "8940.00")]
)
async def test_amounts_are_plain_decimals_with_the_currency_s_own(
    sqlite_world: World, currency: str, total: str
) -> None:
    monthly = {"interval": "MONTH", "started_on": "2026-07-01"}
    await sqlite_world.load(samples.account(currency=currency, subscription=monthly))
    (row,) = await table(sqlite_world)
    assert (row["currency"], row["total"], row["amount_due"]) == (currency, total, total)


FORMULAS = [
    '=HYPERLINK("http://evil.example","x")',
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\uff1d1+1",
    "\uff20x",
]


@pytest.mark.parametrize("name", FORMULAS)
async def test_a_name_that_is_a_formula_is_a_text(sqlite_world: World, name: str) -> None:
    details = samples.ACCOUNT["billing_details"] | {"legal_name": name}
    await sqlite_world.load(samples.account(billing_details=details))
    await sqlite_world.client("ada").do("changeUsers", seats=61, purchaseOrderNumber=name[:64])
    await void("ACME-00001", reason=name)
    response = await sqlite_world.http.get((await export(sqlite_world))["csvUrl"])
    assert response.content.startswith(b'\xef\xbb\xbf"number","kind",')
    first, second = await table(sqlite_world)
    assert (first["buyer"], first["reason"]) == (f"'{name}", f"'{name}")
    assert second["purchase_order_number"] == f"'{name[:64]}"
    assert b'"=' not in response.content


@pytest.mark.parametrize("text", ["\t=1", "\r=1", "\n=1", "=", "\uff0b1", "\uff0d1"])
def test_what_a_spreadsheet_would_run_is_defused(text: str) -> None:
    assert spreadsheets.defused(text) == f"'{text}"
    # Where `;` ends a cell, as in German or French, what follows is a cell of its own.
    assert spreadsheets.defused(f"Acme;{text};") == f"Acme;'{text};"


@pytest.mark.parametrize("text", ["Acme, Inc.", "a=b", "'", "M\u00fcnchen", "", "1-2", "a; b;c"])
def test_everything_else_stays_as_it_is(text: str) -> None:
    assert spreadsheets.defused(text) == text


async def test_quotes_commas_and_every_script_come_through(sqlite_world: World) -> None:
    name = 'M\u00fcller, "Gr\u00fcn" & \u682a\u5f0f\u4f1a\u793e'
    details = samples.ACCOUNT["billing_details"] | {"legal_name": name}
    await sqlite_world.load(samples.account(billing_details=details))
    (row,) = await table(sqlite_world)
    assert row["buyer"] == name


async def test_a_table_goes_on_where_a_page_ends(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoices = await long_history(sqlite_world, 6)
    for size in (1, 2, 3, 5, 6, 7):
        monkeypatch.setattr(invoice_exports, "ROWS", size)
        assert [row["number"] for row in await table(sqlite_world)] == [
            one.number for one in invoices
        ]


# --- links --------------------------------------------------------------------------------


async def refused(world: World, url: str) -> None:
    """That the link opens nothing, and tells no more than that."""
    response = await world.http.get(url)
    assert response.status_code == 403
    assert response.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_a_link_is_good_for_15_minutes_and_as_it_was_signed(sqlite_world: World) -> None:
    await sqlite_world.load()
    told = await export(sqlite_world)
    for url in (told["zipUrl"], told["csvUrl"]):
        address, _, token = url.partition("=")
        await refused(sqlite_world, address)
        await refused(sqlite_world, f"{address}=")
        await refused(sqlite_world, f"{address}={sqlite_world.client('ada').token}")
        for part in range(3):
            parts = token.split(".")
            parts[part] = parts[part][::-1]
            await refused(sqlite_world, f"{address}={'.'.join(parts)}")
        sqlite_world.at("2026-07-01T12:14:59")
        assert (await sqlite_world.http.get(url)).status_code == 200
        sqlite_world.at("2026-07-01T12:15:00")
        await refused(sqlite_world, url)
        sqlite_world.at("2026-07-01T12:00:00")


async def test_a_link_to_an_invoice_opens_no_export_and_the_other_way_round(
    sqlite_world: World,
) -> None:
    await sqlite_world.load()
    invoice = await Invoice.get()
    at = clock.now()
    one = links.sign_link(links.Link(invoice.account_id, invoice.id, Form.PDF), at)
    for kind in ("zip", "csv"):
        await refused(sqlite_world, f"/exports/invoices.{kind}?token={one}")
    every = links.sign_export(links.Export(invoice.account_id, None, None), at)
    await refused(sqlite_world, f"/invoices/{invoice.number}.pdf?token={every}")


@pytest.mark.parametrize("days", [None, [], ["2026-07-01"], ["x", None], [1, 2], "ab", {}])
async def test_claims_of_another_shape_open_nothing(sqlite_world: World, days: object) -> None:
    await sqlite_world.load()
    claims = {"a": (await Invoice.get()).account_id.hex, "days": days, "exp": 2**40}
    signed = jwt.encode(claims, links._key(), links.ALGORITHM)
    await refused(sqlite_world, f"/exports/invoices.csv?token={signed}")


async def test_an_export_holds_the_invoices_of_its_account_alone(world: World) -> None:
    details = samples.ACCOUNT["billing_details"] | {"legal_name": "Rival"}
    rival = samples.account(code="rival", invoice_prefix="RIVAL", billing_details=details)
    await world.load(samples.account(), rival)
    await keep(*(await Invoice.all()))
    for account, prefix in (("acme", "ACME"), ("rival", "RIVAL")):
        told = await export(world, account)
        assert told["invoiceCount"] == 1
        found = ZipFile(BytesIO((await world.http.get(told["zipUrl"])).content))
        assert found.namelist() == [f"{prefix}-00001.pdf"]
        text = (await world.http.get(told["csvUrl"])).text
        assert [row.split(",")[0] for row in text.splitlines()[1:]] == [f'"{prefix}-00001"']


@pytest.mark.parametrize("caller", ["adam", "olga", "grace", "paul"])
async def test_whoever_may_not_see_invoices_gets_no_link(sqlite_world: World, caller: str) -> None:
    await sqlite_world.load()
    answer = await sqlite_world.client(caller).send(QUERY)
    assert answer["data"]["account"]["invoiceExport"] is None
    assert [one["extensions"]["code"] for one in answer["errors"]] == ["FORBIDDEN"]


async def test_a_link_is_on_the_public_address(sqlite_world: World) -> None:
    await sqlite_world.load()
    sqlite_world.setting("PUBLIC_URL", "https://billing.vendor.example")
    told = await export(sqlite_world)
    for kind in ("zip", "csv"):
        expected = f"https://billing.vendor.example/exports/invoices.{kind}?token="
        assert told[f"{kind}Url"].startswith(expected)
    assert datetime.fromisoformat(told["expiresAt"]) > clock.now()
