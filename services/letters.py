"""Letters: what mails say, and what they look like on their way."""

from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from services import settings
from services.phrases import Reader

TEMPLATES = Path(__file__).resolve().parent.parent / "pdf_templates" / "mails"
DOMAIN = "mails"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A PDF that goes with a letter."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is written, in the reader's language, and the name of who writes."""

    sender: str
    language: str
    subject: str
    heading: str
    paragraphs: tuple[str, ...]
    facts: tuple[tuple[str, str], ...] = ()
    closing: tuple[str, ...] = ()
    attachment: Attachment | None = None


def reader_of(locale: str) -> Reader:
    """Whom a letter is for that is written to somebody of this locale."""
    return Reader(DOMAIN, locale)


def composed(letter: Letter, recipient: str, key: str, at: datetime) -> EmailMessage:
    """The letter as a message (RFC 5322), as text and as HTML. The same key makes the same
    Message-ID, by which servers know a mail that they were given before."""
    message = _headed(letter, recipient, key, at)
    message.set_content(_drawn(letter, "letter.txt"))
    message.add_alternative(_drawn(letter, "letter.html"), subtype="html")
    if letter.attachment is not None:
        message.add_attachment(
            letter.attachment.content,
            maintype="application",
            subtype="pdf",
            filename=letter.attachment.name,
        )
    return message


def trial(sender: str) -> Letter:
    """What `manage.py mail test` sends."""
    return Letter(
        sender=sender,
        language="en",
        subject=f"A test of mail from {sender}",
        heading="Mail works",
        paragraphs=("This message came the way that invoices and reminders go.",),
    )


def _headed(letter: Letter, recipient: str, key: str, at: datetime) -> EmailMessage:
    configured = settings.current()
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(_line(letter.sender), addr_spec=configured.mail_from)
    message["To"] = recipient
    if configured.mail_reply_to:
        message["Reply-To"] = configured.mail_reply_to
    message["Subject"] = _line(letter.subject)
    message["Date"] = at
    message["Message-ID"] = f"<{key}@{configured.mail_from.rpartition('@')[2]}>"
    message["Content-Language"] = letter.language
    # No answering machine answers this one (RFC 3834, and Exchange's own word for it).
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    return message


def _drawn(letter: Letter, template: str) -> str:
    return (
        _templates()
        .get_template(template)
        .render(
            sender=letter.sender,
            language=letter.language,
            heading=letter.heading,
            paragraphs=letter.paragraphs,
            facts=letter.facts,
            closing=letter.closing,
        )
    )


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html"], default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _line(text: str) -> str:
    """In one line, as a header must be."""
    return " ".join(text.split())
