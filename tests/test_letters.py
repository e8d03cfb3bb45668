"""Letters: what no name can do to them."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import SMTP, default
from email.utils import parseaddr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services import letters, text
from services.errors import Refusal
from services.letters import Attachment, Letter
from tests.mailserver import FROM, MailServer, html_of, send_through, text_of

AT = datetime(2026, 7, 1, 12, tzinfo=UTC)
TO = "ada@acme.example"
PLAIN = Letter(
    sender="Vendor",
    language="en",
    subject="Invoice ACME-00002 from Vendor",
    heading="Invoice ACME-00002",
    paragraphs=("Please find attached invoice ACME-00002.",),
)


def _is_clean(name: str) -> bool:
    """Whether it is a name that the product takes."""
    try:
        return text.clean(name, 200) == name
    except Refusal:
        return False


@pytest.fixture(autouse=True)
def mail_is_on(monkeypatch: pytest.MonkeyPatch) -> None:
    send_through(MailServer(port=25), monkeypatch)


def sent(letter: Letter) -> bytes:
    """The letter on its way, on which it meets no 8-bit byte and no line that is too long."""
    content = letters.composed(letter, TO, "key", AT).as_bytes(policy=SMTP.clone(cte_type="7bit"))
    assert content.isascii()
    assert max(map(len, content.split(b"\r\n"))) <= 998
    return content


def arrived(letter: Letter) -> EmailMessage:
    """The letter as a receiver reads it."""
    read = message_from_bytes(sent(letter), policy=default)
    assert isinstance(read, EmailMessage)
    return read


def sender(letter: Letter) -> tuple[str, str]:
    """The name and the address that it comes from. Read by the older parser: the newer one takes
    the space between two encoded words for one of the name's."""
    name, address = parseaddr(message_from_bytes(sent(letter))["From"])
    return str(make_header(decode_header(name))), address


NAMES = st.text(min_size=1).map(lambda name: " ".join(name.split())).filter(_is_clean)


@given(name=NAMES)
@settings(max_examples=50, deadline=None)
def test_any_name_arrives_as_it_is_and_adds_no_header(name: str) -> None:
    written = replace(PLAIN, sender=name, subject=name, heading=name)
    letter = arrived(written)
    assert letter.keys() == arrived(PLAIN).keys()
    assert (letter["To"], letter["Subject"]) == (TO, name)
    assert sender(written) == (name, FROM)
    assert text_of(letter).startswith(f"{name}\n")


@pytest.mark.parametrize(
    "name",
    [
        'Donaudampfschifffahrtsgesellschaft für Güterverkehr, "Süd" & Söhne (Zürich) <x@y.example>',
        "株式会社山田ソフトウェアホールディングス東京本社経理部請求書発行係",
    ],
)
def test_a_long_name_arrives_as_it_is(name: str) -> None:
    assert sender(replace(PLAIN, sender=name)) == (name, FROM)


def test_line_breaks_in_a_name_add_no_header() -> None:
    broken = "Vendor\r\nBcc: eve@rival.example\n\n<script>"
    letter = arrived(replace(PLAIN, sender=broken, subject=broken))
    assert letter["Bcc"] is None
    for header in ("From", "Subject"):
        assert "Vendor Bcc: eve@rival.example <script>" in letter[header]


def test_html_in_a_name_is_text() -> None:
    hostile = '<img src="https://rival.example/x.png">&'
    letter = arrived(replace(PLAIN, sender=hostile, facts=((hostile, hostile),)))
    assert "<img" not in html_of(letter)
    assert html_of(letter).count("&lt;img src=&#34;https://rival.example/x.png&#34;&gt;&amp;") == 3
    assert hostile in text_of(letter)


def test_a_letter_loads_nothing() -> None:
    html = html_of(arrived(PLAIN))
    assert not re.findall(r"https?:|<(?:img|link|script|iframe)|url\(|@import", html)


def test_an_attachment_keeps_its_name_and_its_bytes() -> None:
    content = bytes(range(256)) * 100
    attachment = Attachment(name="É-00002.pdf", content=content)
    letter = arrived(replace(PLAIN, attachment=attachment))
    (attached,) = letter.iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == ("É-00002.pdf", content)
    assert letter.get_content_type() == "multipart/mixed"
