"""A drawn document as PDF/A-3b, with its e-invoice inside."""

import re
from dataclasses import replace
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import facturx
import pikepdf
import pytest
from pikepdf import Name, Pdf, pdfa
from pypdf import PdfReader

from services import archival, einvoices, rendering
from services.letterheads import Letterhead, Paper
from tests.test_documents import NAMES, drawn, invoice, line
from tests.test_einvoices import KINDS, STANDARD
from tests.test_letterheads import picture

pytestmark = pytest.mark.xdist_group("documents")

EXTENSIONS = re.compile(r"(fx|pdfa(Extension|Schema|Property))[:=]")
"""What the validator does not know of metadata: schemas that a file brings with it."""

OF_EXTENSIONS = "ISO_19005_3:6.6.2.3.1-1"

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"


def archive(kind: str = "standard") -> Pdf:
    return pikepdf.open(BytesIO(drawn(KINDS[kind]).content))


def faults(content: bytes) -> list[str]:
    """What keeps it from being a PDF/A-3b, but for the schema of Factur-X's metadata."""
    found = pdfa.validate_written(BytesIO(content), "3b").findings
    return [
        str(fault)
        for fault in found
        if fault.rule != OF_EXTENSIONS or not EXTENSIONS.search(fault.message)
    ]


@pytest.mark.parametrize("kind", ["standard", "credit", "markup", "no decimals"])
def test_a_document_is_a_pdf_a_3b(kind: str) -> None:
    assert faults(drawn(KINDS[kind]).content) == []


def test_so_it_is_on_many_pages_in_many_scripts_and_without_an_e_invoice() -> None:
    lines = [line(f"{number} {name} مكتب אור") for number in range(12) for name in NAMES]
    document = invoice(*lines, currency="KWD")
    content = drawn(document).content
    assert pdfa.validate_written(BytesIO(content), "3b").passed
    with pikepdf.open(BytesIO(content)) as pdf:
        assert len(pdf.pages) > 2
        assert not pdf.attachments


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_so_it_is_with_a_logo(tmp_path: Path, kind: str) -> None:
    logo = picture(tmp_path / "logo", kind).read_bytes()
    letterhead = Letterhead(logo=logo, color="#145ac8", paper=Paper.LETTER)
    assert faults(drawn(replace(STANDARD, letterhead=letterhead)).content) == []


def as_drawn(monkeypatch: pytest.MonkeyPatch) -> bytes:
    """The standard document before it becomes an archive."""
    with monkeypatch.context() as patched:
        patched.setattr(archival, "archived", lambda drawn, *_: drawn)
        return rendering.draw(STANDARD).content


def test_the_drawing_alone_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert faults(as_drawn(monkeypatch))


@pytest.mark.parametrize("kind", ["standard", "credit"])
def test_the_e_invoice_is_inside_as_factur_x_wants_it(kind: str) -> None:
    content = drawn(KINDS[kind]).content
    name, xml = facturx.get_facturx_xml_from_pdf(content)
    assert (name, xml) == ("factur-x.xml", einvoices.factur_x(KINDS[kind]).content)
    with archive(kind) as pdf:
        (file,) = pdf.Root.AF
        assert file.AFRelationship == Name.Alternative
        assert file.EF.F.Subtype == Name("/text/xml")
        assert file.EF.F.Params.ModDate == "D:20261202093000Z"


def test_the_metadata_describe_factur_x_as_its_makers_do() -> None:
    theirs = (files(facturx) / "xmp/Factur-X_extension_schema.xmp").read_text()
    with archive() as pdf:
        ours = pdf.Root.Metadata.read_bytes().decode()

    def told(text: str) -> dict[str, set[str]]:
        """Each element's texts, those that say the same in other words apart."""
        told: dict[str, set[str]] = {}
        for element in ET.fromstring(text).iter():
            if (element.text or "").strip() and not element.tag.endswith("description"):
                told.setdefault(element.tag, set()).add((element.text or "").strip())
        return told

    expected = told(theirs)
    level = "{urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#}ConformanceLevel"
    assert expected[level] == {"BASIC"}
    assert expected | {level: {"EN 16931"}} == {key: told(ours).get(key) for key in expected}


def test_it_says_its_language_its_title_and_when_it_was_issued() -> None:
    with archive() as pdf:
        assert str(pdf.Root.Lang) == "en"
        with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as metadata:
            assert metadata.pdfa_status == "3B"
            assert metadata["dc:title"] == "Invoice ACME-00042"
            assert metadata["dc:creator"] == ["Northwind GmbH"]
            assert metadata["xmp:CreateDate"] == "2026-12-02T09:30:00+00:00"


def test_a_hostile_name_stays_text_in_the_metadata() -> None:
    document = invoice(number="</rdf:li><pdfaid:part>9 & co")
    with pikepdf.open(BytesIO(drawn(document).content)) as pdf:
        told = ET.fromstring(pdf.Root.Metadata.read_bytes())
    titles = [one.text for one in told.iter(f"{RDF}li") if one.text and "pdfaid" in one.text]
    assert titles == ["Invoice </rdf:li><pdfaid:part>9 & co"]


def test_the_font_that_is_not_embedded_goes_and_no_text_was_drawn_in_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = as_drawn(monkeypatch)
    after = archival.archived(before, STANDARD.issued_at, None)
    assert b"Helvetica" in before
    assert fonts_of_text(before) == fonts_of_text(after)
    assert all("NotoSans" in name for name in fonts_of_text(before))
    with pikepdf.open(BytesIO(after)) as pdf:
        named = {
            str(font.BaseFont) for page in pdf.pages for _, font in page.Resources.Font.items()
        }
    assert named == fonts_of_text(after)


def fonts_of_text(content: bytes) -> set[str]:
    """The fonts in which anything is drawn that shows."""
    found: set[str] = set()

    def visit(text: str, _: Any, __: Any, font: dict[str, Any] | None, ___: Any) -> None:
        if text.strip() and font:
            found.add(font["/BaseFont"])

    for page in PdfReader(BytesIO(content)).pages:
        page.extract_text(visitor_text=visit)
    return found
