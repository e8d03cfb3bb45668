"""E-invoices as clients have them: links, files, and what stays of them."""

from io import BytesIO
from typing import Any

import facturx
import httpx
import pikepdf
import pytest

from models.invoices import InvoiceDocument
from services import documents
from services.forms import Form
from tests import einvoice_rules
from tests.test_invoice_content import SELLER
from tests.test_invoice_details import told
from tests.test_operator_invoices import credit, pay, void
from tests.test_taxes import BUNDLE, CANADIAN, monthly, rated
from tests.world import World

pytestmark = pytest.mark.xdist_group("documents")

URLS = "number pdfUrl facturXUrl ublUrl"

TAXES: list[dict[str, Any]] = [
    rated(*BUNDLE),
    {"treatment": "REVERSE_CHARGE"},
    {"treatment": "OUTSIDE_SCOPE"},
]


async def load(world: World, tax: dict[str, Any], **changes: Any) -> None:
    for name, value in SELLER.items():
        world.setting(name, value)
    world.setting("SELLER_TAX_ID", "DE136695976")
    account = monthly(tax, **changes)
    account["billing_details"]["tax_id"] = "DE129273398"
    await world.load(account)


async def files(world: World, number: str = "ACME-00001") -> dict[str, httpx.Response]:
    """What each link of an invoice opens."""
    (links,) = [one for one in await told(world.client("ada"), URLS) if one["number"] == number]
    return {name: await world.http.get(links[name]) for name in ("pdfUrl", "facturXUrl", "ublUrl")}


@pytest.mark.parametrize("tax", TAXES, ids=["bundle", "reverse", "outside"])
async def test_each_link_opens_a_document_that_keeps_the_rules(
    sqlite_world: World, tax: dict[str, Any]
) -> None:
    await load(sqlite_world, tax)
    sqlite_world.at("2026-07-12T12:00:00")
    await sqlite_world.client("ada").do("changeUsers", seats=13, idempotencyKey="k")
    await credit("14.01")
    for number in ("ACME-00001", "ACME-00002", "ACME-CN-00001"):
        found = await files(sqlite_world, number)
        for name in ("facturXUrl", "ublUrl"):
            assert found[name].headers["content-type"].startswith("application/xml")
            assert einvoice_rules.broken(found[name].content) == []
        inside = facturx.get_facturx_xml_from_pdf(found["pdfUrl"].content)
        assert inside == ("factur-x.xml", found["facturXUrl"].content)
        names = [it.headers["content-disposition"] for it in found.values()]
        assert [name.rpartition("=")[2] for name in names] == [
            f'"{number}.pdf"',
            f'"{number}.xml"',
            f'"{number}.ubl.xml"',
        ]


async def test_an_e_invoice_stays_whatever_becomes_of_the_invoice(world: World) -> None:
    await load(world, rated(*CANADIAN))
    before = await files(world)
    for change in (pay, credit):
        await change()
        assert [it.form for it in await InvoiceDocument.all()].count(Form.PDF) == 0
        after = await files(world)
        assert before["pdfUrl"].content != after["pdfUrl"].content
        for name in ("facturXUrl", "ublUrl"):
            assert before[name].content == after[name].content
        assert attached(after["pdfUrl"].content) == before["facturXUrl"].content


async def test_the_e_invoice_of_a_void_invoice_does_not_say_why(sqlite_world: World) -> None:
    await load(sqlite_world, rated(*CANADIAN))
    await void(reason="Sent twice")
    found = await files(sqlite_world)
    assert all(b"Sent twice" not in found[name].content for name in ("facturXUrl", "ublUrl"))


def attached(content: bytes) -> bytes:
    with pikepdf.open(BytesIO(content)) as pdf:
        return bytes(pdf.attachments["factur-x.xml"].get_file().read_bytes())


async def test_a_link_opens_the_form_that_it_is_for(sqlite_world: World) -> None:
    await load(sqlite_world, rated(*CANADIAN))
    (links,) = await told(sqlite_world.client("ada"), URLS)
    for name, ending in (("pdfUrl", ".pdf"), ("facturXUrl", ".xml"), ("ublUrl", ".ubl.xml")):
        for other in {".pdf", ".xml", ".ubl.xml"} - {ending}:
            path = links[name].replace(f"ACME-00001{ending}?", f"ACME-00001{other}?")
            assert (await sqlite_world.http.get(path)).status_code == 403


@pytest.mark.parametrize("lacking", ["SELLER_TAX_ID", "decimals"])
async def test_what_cannot_be_an_e_invoice_has_no_link_but_a_pdf(
    sqlite_world: World, lacking: str
) -> None:
    account = monthly(rated(*CANADIAN))
    if lacking == "decimals":
        account |= {"currency": "KWD"}
    else:
        for name, value in SELLER.items():
            sqlite_world.setting(name, value)
    await sqlite_world.load(account)
    (links,) = await told(sqlite_world.client("ada"), URLS)
    assert (links["facturXUrl"], links["ublUrl"]) == (None, None)
    pdf = await sqlite_world.http.get(links["pdfUrl"])
    with pikepdf.open(BytesIO(pdf.content)) as opened:
        assert not opened.attachments


async def test_e_invoices_are_made_outside_the_server_s_process(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await load(sqlite_world, rated(*CANADIAN))
    made: list[str] = []
    in_worker = documents._in_worker

    async def watched(function: Any, maker: str, *arguments: Any) -> Any:
        made.append(maker)
        return await in_worker(function, maker, *arguments)

    monkeypatch.setattr(documents, "_in_worker", watched)
    await files(sqlite_world)
    assert made == [
        "services.rendering:draw",
        "services.einvoices:factur_x",
        "services.einvoices:ubl",
    ]
