"""The mail door: a conversation with the server of SMTP_HOST.

    MailError
    ├── ServerAway   no server, or it does not let us in: no mail's own fault
    ├── Postponed    this mail was not taken, but may be later
    ├── Refused      this mail was not taken and never will be
    └── Uncertain    the connection was lost before the server said whether it took the mail

Only what has been given to `deliver` can have been taken; whatever fails before was not.
"""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8

import aiosmtplib
from aiosmtplib import SMTPResponseException
from email_validator import validate_email

from services import settings
from services.errors import SeatwiseError

Client = aiosmtplib.SMTP

LAST_ANSWER = 120.0
"""Seconds that the server may take to say whether it takes a mail: some look through it first, and
to give up too early is not to know."""

NETWORK = (aiosmtplib.SMTPException, OSError)


class MailError(SeatwiseError):
    """A mail could not be sent; the message says what the server said, addresses included."""


class ServerAway(MailError):
    """There is no server, or it does not let us in."""


class Postponed(MailError):
    """The mail was not taken, but may be later."""


class Refused(MailError):
    """The mail was not taken and never will be."""


class Uncertain(MailError):
    """Nobody knows whether the mail was taken."""


@asynccontextmanager
async def connected() -> AsyncIterator[Client]:
    """A conversation with the server, encrypted and signed in as the settings say.

    Raises ServerAway.
    """
    configured = settings.current()
    client = Client(
        hostname=configured.smtp_host,
        port=configured.mail_port,
        username=configured.smtp_username or None,
        password=configured.smtp_password or None,
        local_hostname=configured.mail_from.rpartition("@")[2],
        timeout=configured.smtp_timeout,
        use_tls=configured.smtp_tls == "tls",
        start_tls=configured.smtp_tls == "starttls",
        tls_context=None if configured.smtp_tls == "none" else ssl.create_default_context(),
    )
    try:
        await client.connect()
        if client.is_ehlo_or_helo_needed:
            # What the server is able to do is to be known from here on.
            await client.ehlo()
    except NETWORK as error:
        raise ServerAway(_said(error)) from None
    try:
        yield client
    finally:
        with suppress(*NETWORK):
            await client.quit()
        client.close()


async def address(client: Client, recipient: str) -> None:
    """Begins a mail from MAIL_FROM to the recipient. Raises Postponed, Refused."""
    target, international = envelope(recipient)
    if international and not client.supports_extension("smtputf8"):
        raise Refused("the server takes no address with other letters than ASCII's before the @")
    options = ["SMTPUTF8"] if international else []
    try:
        await client.mail(settings.current().mail_from, options=options, encoding="utf-8")
        await client.rcpt(target, encoding="utf-8")
    except NETWORK as error:
        with suppress(*NETWORK):
            # The next mail of this conversation begins anew.
            await client.rset()
        raise _not_taken(error) from None


async def deliver(client: Client, letter: EmailMessage, recipient: str) -> None:
    """Gives the letter to the server, once `address` has named the same recipient.

    Raises Postponed, Refused, Uncertain.
    """
    _, international = envelope(recipient)
    # Without 8-bit parts, which some server on the way may not take.
    policy = SMTPUTF8 if international else SMTP.clone(cte_type="7bit")
    content = letter.as_bytes(policy=policy)
    try:
        await client.data(content, timeout=max(LAST_ANSWER, client.timeout or 0))
    except NETWORK as error:
        if isinstance(error, SMTPResponseException) and error.code // 100 in (4, 5):
            raise _not_taken(error) from None
        raise Uncertain(f"no answer to the mail itself: {_said(error)}") from None


def envelope(recipient: str) -> tuple[str, bool]:
    """The address as servers take it, and whether they must know SMTPUTF8 (RFC 6531) for it."""
    found = validate_email(recipient, check_deliverability=False, test_environment=True)
    return (found.ascii_email or found.normalized), found.ascii_email is None


def _not_taken(error: Exception) -> MailError:
    for_good = isinstance(error, SMTPResponseException) and error.code // 100 == 5
    return (Refused if for_good else Postponed)(_said(error))


def _said(error: Exception) -> str:
    """What an error says, in one line."""
    if isinstance(error, SMTPResponseException):
        return f"{error.code} {' '.join(error.message.split())}"
    return f"{type(error).__name__}: {' '.join(str(error).split())}"
