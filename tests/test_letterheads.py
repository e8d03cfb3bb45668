"""Letterheads: the vendor's paper, colour and logo, and what is refused as one."""

import re
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from pypdf import PdfReader

from services import rendering, settings
from services.errors import OperatorError
from services.letterheads import Letterhead, Paper
from tests.test_documents import SELLER, invoice
from tests.test_manage import used

pytestmark = pytest.mark.xdist_group("documents")


def picture(path: Path, kind: str = "PNG", size: tuple[int, int] = (60, 20)) -> Path:
    mode = "RGBA" if kind == "PNG" else "RGB"
    Image.new(mode, size, (20, 90, 200)).save(path, kind)
    return path


def read(letterhead: Letterhead) -> PdfReader:
    return PdfReader(BytesIO(rendering.render_pdf(invoice(letterhead=letterhead))))


@pytest.mark.parametrize(
    ("paper", "millimetres"), [(Paper.A4, (210.0, 297.0)), (Paper.LETTER, (215.9, 279.4))]
)
def test_a_page_has_the_size_of_its_paper(paper: Paper, millimetres: tuple[float, float]) -> None:
    (page,) = read(Letterhead(paper=paper)).pages
    size = [float(side) * 25.4 / 72 for side in (page.mediabox.width, page.mediabox.height)]
    assert size == pytest.approx(millimetres, abs=0.1)
    assert "Page 1 of 1" in page.extract_text()


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_the_logo_is_on_the_first_page_in_its_own_proportions(tmp_path: Path, kind: str) -> None:
    logo = picture(tmp_path / "logo", kind).read_bytes()
    (page,) = read(Letterhead(logo=logo)).pages
    assert [image.image.size for image in page.images if image.image] == [(60, 20)]
    drawn = page.get_contents()
    assert drawn is not None
    (size,) = re.findall(rb"([\d.]+) 0 0 ([\d.]+) \S+ \S+ cm\n/FormXob", drawn.get_data())
    assert [float(side) * 25.4 / 72 for side in size] == pytest.approx([48, 16], abs=0.1)


def test_titles_have_the_colour_of_the_vendor() -> None:
    plain, own = (
        page.get_contents()
        for letterhead in (Letterhead(), Letterhead(color="#145ac8"))
        for page in read(letterhead).pages
    )
    assert plain is not None
    assert own is not None
    blue = b".078431 .352941 .784314 rg"
    assert blue in own.get_data()
    assert blue not in plain.get_data()


def test_the_settings_make_the_letterhead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    logo = picture(tmp_path / "logo.png")
    monkeypatch.setenv("INVOICE_PAPER", "letter")
    monkeypatch.setenv("INVOICE_COLOR", "#145AC8")
    monkeypatch.setenv("INVOICE_LOGO", str(logo))
    settings.current.cache_clear()
    expected = Letterhead(paper=Paper.LETTER, color="#145ac8", logo=logo.read_bytes())
    assert settings.current().letterhead == expected
    assert "PNG" not in repr(settings.current())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("INVOICE_PAPER", "A5"),
        ("INVOICE_COLOR", "blue"),
        ("INVOICE_COLOR", "#14a"),
        ("INVOICE_COLOR", "#ffee88"),
        ("INVOICE_COLOR", "#145ac8;}"),
        ("INVOICE_LOGO", "missing.png"),
        ("INVOICE_LOGO", "."),
        ("INVOICE_LOGO", "text.png"),
        ("INVOICE_LOGO", "broken.png"),
        ("INVOICE_LOGO", "large.png"),
        ("INVOICE_LOGO", "heavy.png"),
        ("INVOICE_LOGO", "logo.gif"),
        ("INVOICE_LOGO", "print.jpg"),
        ("SELLER_PAYMENT_NOTE", "x" * 501),
    ],
)
def test_what_cannot_be_drawn_stops_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.png").write_text("no picture", encoding="utf-8")
    whole = picture(tmp_path / "whole.png", size=(300, 300)).read_bytes()
    (tmp_path / "broken.png").write_bytes(whole[:-60])
    (tmp_path / "heavy.png").write_bytes(whole + bytes(262_144))
    picture(tmp_path / "large.png", size=(1_001, 1_000))
    Image.new("RGB", (60, 20)).save(tmp_path / "logo.gif", "GIF")
    Image.new("CMYK", (60, 20)).save(tmp_path / "print.jpg", "JPEG")
    monkeypatch.setenv(name, value)
    settings.current.cache_clear()
    with pytest.raises(OperatorError, match=name):
        settings.current()


def test_what_the_vendor_says_of_paying_stands_under_the_terms() -> None:
    seller = replace(SELLER, payment_note="Pay by card at <pay.example>.")
    (page,) = PdfReader(BytesIO(rendering.render_pdf(invoice(seller=seller)))).pages
    assert "Pay by card at <pay.example>." in page.extract_text()


def test_a_sample_shows_the_letterhead_in_a_reader_s_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INVOICE_PAPER", "letter")
    file = tmp_path / "sample.pdf"
    settings.current.cache_clear()
    assert used("invoice", "sample", str(file), "--locale", "fr-FR", "--credit-note") == (0, "")
    (page,) = PdfReader(file).pages
    assert float(page.mediabox.height) == 792
    text = " ".join(page.extract_text().replace("\xa0", " ").split())
    assert "Avoir" in text
    assert "SAMPLE-CN-00001" in text
    assert "−5 951,84 €" in text


@pytest.mark.parametrize(
    ("file", "locale", "reason"),
    [
        ("sample.pdf", "xx-XX", "--locale: xx-XX is no known locale such as de-DE"),
        ("missing/sample.pdf", "de", "missing/sample.pdf: No such file or directory"),
    ],
)
def test_a_sample_that_cannot_be_written_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, locale: str, reason: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert used("invoice", "sample", file, "--locale", locale) == (1, f"{reason}\n")
