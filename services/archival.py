"""The worker's side of archives: a drawn PDF in, a PDF/A-3b out (ISO 19005-3, level B), which
carries the e-invoice where there is one. Pure but for reading `pdf_templates/`.

What the drawing library leaves out: colours that mean the same everywhere, metadata for programs,
the attachment, and no font that is named but not embedded.
"""

from datetime import datetime
from functools import cache
from io import BytesIO

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pikepdf import Array, AttachedFileSpec, Dictionary, Name, Object, Pdf, Stream

from services import typesetting

ATTACHMENT = "factur-x.xml"
"""The name that Factur-X and ZUGFeRD prescribe."""

VERSION = "1.7"
"""The version of PDF that PDF/A-3 is made of."""

COLOURS = "sRGB.icc"
METADATA = "metadata.xmp"


def archived(drawn: bytes, issued_at: datetime, xml: bytes | None) -> bytes:
    """The drawn PDF as a PDF/A-3b with the e-invoice, if any: the same bytes for the same."""
    target = BytesIO()
    with Pdf.open(BytesIO(drawn)) as pdf:
        for page in pdf.pages:
            _drop_unembedded(page.Resources.Font)
            # An effect between pages, which the drawing library leaves empty.
            if Name.Trans in page:
                del page[Name.Trans]
        _describe(pdf, issued_at, ATTACHMENT if xml else None)
        _fix_colours(pdf)
        if xml:
            _attach(pdf, xml, issued_at)
        pdf.save(target, force_version=VERSION, deterministic_id=True)
    return target.getvalue()


def _drop_unembedded(fonts: Object) -> None:
    """Puts a font of ours in place of the standard one, which pages name and draw nothing with."""
    names = sorted(fonts.keys())
    ours = [name for name in names if Name.FontDescriptor in fonts[name]]
    for name in names:
        if name not in ours:
            fonts[name] = fonts[ours[0]]


def _describe(pdf: Pdf, at: datetime, attachment: str | None) -> None:
    """Title, author and dates, in the file's own form and in XMP, which have to agree."""
    kept = ("/Title", "/Author", "/CreationDate", "/ModDate")
    told = {key: str(pdf.docinfo[key]) for key in kept}
    pdf.trailer.Info = pdf.make_indirect(Dictionary(told))
    metadata = (
        _templates()
        .get_template(METADATA)
        .render(
            title=told["/Title"],
            author=told["/Author"],
            at=at.isoformat(timespec="seconds"),
            attachment=attachment,
        )
    )
    stream = Stream(pdf, metadata.encode(), Type=Name.Metadata, Subtype=Name.XML)
    pdf.Root.Metadata = pdf.make_indirect(stream)


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(typesetting.TEMPLATES), autoescape=True, undefined=StrictUndefined
    )


def _fix_colours(pdf: Pdf) -> None:
    """Says that the file's red, green and blue are those of sRGB."""
    profile = Stream(pdf, (typesetting.TEMPLATES / COLOURS).read_bytes(), N=3)
    intent = Dictionary(
        Type=Name.OutputIntent,
        S=Name.GTS_PDFA1,
        OutputConditionIdentifier="sRGB",
        Info="sRGB",
        DestOutputProfile=pdf.make_indirect(profile),
    )
    pdf.Root.OutputIntents = Array([pdf.make_indirect(intent)])


def _attach(pdf: Pdf, xml: bytes, at: datetime) -> None:
    date = at.strftime("D:%Y%m%d%H%M%SZ")
    file = AttachedFileSpec(
        pdf,
        xml,
        filename=ATTACHMENT,
        description="The same invoice for programs: Factur-X, profile EN 16931",
        mime_type="text/xml",
        relationship=Name.Alternative,
        creation_date=date,
        mod_date=date,
    )
    pdf.attachments[ATTACHMENT] = file
    pdf.Root.AF = Array([file.obj])
