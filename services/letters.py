"""Letters: what mails look like on their way."""

from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from services import settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A PDF that goes with a letter."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is written, twice: as text and as HTML; and the name that it comes from."""

    sender: str
    language: str
    subject: str
    text: str
    html: str
    attachment: Attachment | None = None


def composed(letter: Letter, recipient: str, key: str, at: datetime) -> EmailMessage:
    """The letter as a message (RFC 5322). The same key makes the same Message-ID, by which
    servers know a mail that they were given before."""
    configured = settings.current()
    domain = configured.mail_from.rpartition("@")[2]
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(_line(letter.sender), addr_spec=configured.mail_from)
    message["To"] = recipient
    if configured.mail_reply_to:
        message["Reply-To"] = configured.mail_reply_to
    message["Subject"] = _line(letter.subject)
    message["Date"] = at
    message["Message-ID"] = f"<{key}@{domain}>"
    message["Content-Language"] = letter.language
    # No answering machine answers this one (RFC 3834, and Exchange's own word for it).
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
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
    text = "Mail works: this one came the way that invoices and reminders go."
    return Letter(
        sender=sender,
        language="en",
        subject=f"A test of mail from {sender}",
        text=f"{text}\n",
        html=f"<!doctype html><p>{text}</p>\n",
    )


def _line(text: str) -> str:
    """In one line, as a header must be."""
    return " ".join(text.split())
