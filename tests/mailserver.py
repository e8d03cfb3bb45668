"""A real mail server on the loopback, in the test's own event loop."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTPUTF8
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from services import settings
from tests.certificates import certify

FROM = "billing@vendor.example"
LOGIN = ("seatwise", "a password that is in no log")

Answer = Callable[[SMTP], Awaitable[str]]
"""Answers to a mail on a connection."""


@dataclass
class MailServer:
    """What was let in, and what is answered to it: `answers` in turn, then that it is taken."""

    port: int = 0
    taken: list[EmailMessage] = field(default_factory=list)
    envelopes: list[Envelope] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    answers: list[str | Answer] = field(default_factory=list)
    """To a mail itself."""
    to_recipients: list[str] = field(default_factory=list)
    at_recipients: list[Answer] = field(default_factory=list)
    connections: int = 0

    async def handle_RCPT(  # noqa: N802 (the library's name)
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.at_recipients:
            await self.at_recipients.pop(0)(server)
        if self.to_recipients and not (answer := self.to_recipients.pop(0)).startswith("250"):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = self.answers.pop(0) if self.answers else "250 taken"
        answer = answer if isinstance(answer, str) else await answer(server)
        if answer.startswith("250"):
            self.take(session, envelope)
        return answer

    def take(self, session: Session | None, envelope: Envelope) -> None:
        assert isinstance(envelope.content, bytes)
        parsed = message_from_bytes(envelope.content, policy=SMTPUTF8)
        assert isinstance(parsed, EmailMessage)
        self.taken.append(parsed)
        self.envelopes.append(envelope)
        self.encrypted.append(session is not None and session.ssl is not None)


def let_in(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, login: Any
) -> AuthResult:
    given = login.login, login.password
    right = isinstance(login, LoginPassword) and given == tuple(map(str.encode, LOGIN))
    return AuthResult(success=right, handled=right)


@asynccontextmanager
async def serving(
    server: MailServer, port: int = 0, tls: ssl.SSLContext | None = None, **options: Any
) -> AsyncIterator[MailServer]:
    """A mail server on a port of its own, or the one given; gone afterwards. `tls` is for TLS from
    the first byte on; the options are aiosmtpd's."""

    def protocol() -> SMTP:
        server.connections += 1
        return SMTP(server, hostname="mail.vendor.example", enable_SMTPUTF8=True, **options)

    listening = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", port, ssl=tls)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()


def encrypting(folder: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """The server's side of TLS, with a certificate that our processes are told to trust."""
    certify(folder)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "server.crt", folder / "server.key")
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "server.crt"))
    return context


def send_through(server: MailServer, monkeypatch: pytest.MonkeyPatch, **others: str) -> None:
    """Has mail sent through the server, in the clear unless other settings say more."""
    wanted = {"SMTP_HOST": "127.0.0.1", "SMTP_TLS": "none", "MAIL_FROM": FROM}
    for name, value in (wanted | {"SMTP_PORT": str(server.port)} | others).items():
        monkeypatch.setenv(name, value)
    settings.current.cache_clear()


async def drop(connection: SMTP) -> str:
    """Has the mail, and loses the connection before it says so."""
    assert isinstance(connection.transport, asyncio.Transport)
    connection.transport.abort()
    return "250 taken"


def text_of(letter: EmailMessage) -> str:
    """The letter's text."""
    part = letter.get_body(("plain",))
    assert part is not None
    content: str = part.get_content()
    return content.replace("\r\n", "\n")


def html_of(letter: EmailMessage) -> str:
    """The letter's HTML."""
    part = letter.get_body(("html",))
    assert part is not None
    content: str = part.get_content()
    return content.replace("\r\n", "\n")
