"""The way to the mail server: encrypted, signed in, and refused in one line where it is not."""

from pathlib import Path
from typing import Any

import pytest

from tests.mailserver import (
    FROM,
    LOGIN,
    MailServer,
    encrypting,
    let_in,
    send_through,
    serving,
)
from tests.test_manage import done, refused
from tests.test_settings import refusal, values

TO = "ada@acme.example"
TEST = ("mail", "test", "--to", TO)
SIGNED_IN = {"SMTP_USERNAME": LOGIN[0], "SMTP_PASSWORD": LOGIN[1]}


async def test_a_message_of_the_operator_s_arrives_as_text_and_html(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with serving(MailServer()) as server:
        send_through(server, monkeypatch, MAIL_REPLY_TO="help@vendor.example")
        assert await done(*TEST) == ""
    (letter,), (envelope,) = server.taken, server.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == (FROM, [TO])
    assert letter["From"] == f'"Seatwise Demo Vendor Ltd." <{FROM}>'
    assert (letter["To"], letter["Reply-To"]) == (TO, "help@vendor.example")
    assert letter["Message-ID"].endswith("@vendor.example>")
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Date"].datetime.utcoffset() is not None
    assert [part.get_content_type() for part in letter.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]


async def test_it_goes_by_starttls_with_a_login(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    context = encrypting(tmp_path, monkeypatch)
    options: dict[str, Any] = {
        "tls_context": context,
        "require_starttls": True,
        "auth_required": True,
    }
    async with serving(MailServer(), authenticator=let_in, **options) as server:
        send_through(server, monkeypatch, SMTP_TLS="starttls", **SIGNED_IN)
        assert await done(*TEST) == ""
    assert (len(server.taken), server.encrypted) == (1, [True])


async def test_it_goes_by_tls_from_the_first_byte_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with serving(MailServer(), tls=encrypting(tmp_path, monkeypatch)) as server:
        send_through(server, monkeypatch, SMTP_TLS="tls")
        assert await done(*TEST) == ""
    assert len(server.taken) == 1


async def test_a_wrong_password_is_told_in_a_line_without_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    context = encrypting(tmp_path, monkeypatch)
    options: dict[str, Any] = {
        "tls_context": context,
        "require_starttls": True,
        "auth_required": True,
    }
    wrong = SIGNED_IN | {"SMTP_PASSWORD": "something else"}
    async with serving(MailServer(), authenticator=let_in, **options) as server:
        send_through(server, monkeypatch, SMTP_TLS="starttls", **wrong)
        (line,) = await refused(*TEST)
    assert line.startswith("SMTP_HOST: 535 ")
    assert "something else" not in line
    assert server.taken == []


async def test_a_server_without_starttls_or_with_a_stranger_s_certificate_gets_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with serving(MailServer()) as server:
        send_through(server, monkeypatch, SMTP_TLS="starttls")
        (line,) = await refused(*TEST)
        assert line.startswith("SMTP_HOST: ")
        assert "STARTTLS" in line
    context = encrypting(tmp_path, monkeypatch)
    monkeypatch.delenv("SSL_CERT_FILE")
    async with serving(server, tls_context=context, require_starttls=True):
        send_through(server, monkeypatch, SMTP_TLS="starttls")
        (line,) = await refused(*TEST)
        assert "certificate" in line
    assert server.taken == []


async def test_what_the_server_answers_is_the_reason_of_a_refusal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with serving(MailServer(to_recipients=["550 5.1.1 no such user"])) as server:
        send_through(server, monkeypatch)
        assert await refused(*TEST) == ["SMTP_HOST: 550 5.1.1 no such user"]
        server.answers.append("554 5.7.1 not from you")
        assert await refused(*TEST) == ["SMTP_HOST: 554 5.7.1 not from you"]
    (line,) = await refused(*TEST)
    assert line.startswith("SMTP_HOST: SMTPConnectError: ")
    assert server.taken == []


async def test_without_a_server_or_an_address_nothing_is_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert await refused(*TEST) == ["SMTP_HOST: is not set, so no mail is sent"]
    send_through(MailServer(port=9), monkeypatch)
    for wrong in ("nobody", "a@b.example\r\nRCPT TO:<c@d.example>", "a@b.example, c@d.example"):
        (line,) = await refused("mail", "test", "--to", wrong)
        assert line.startswith("--to: ")


async def test_international_addresses_are_written_as_servers_take_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with serving(MailServer()) as server:
        send_through(server, monkeypatch)
        for address in ("joerg@exämple.de", "jörg@exämple.de"):
            assert await done("mail", "test", "--to", address) == ""
    taken = [envelope.rcpt_tos for envelope in server.envelopes]
    assert taken == [["joerg@xn--exmple-cua.de"], ["jörg@exämple.de"]]
    assert [envelope.smtp_utf8 for envelope in server.envelopes] == [False, True]


# --- settings -----------------------------------------------------------------------------

ON = {"SMTP_HOST": "mail.example", "MAIL_FROM": FROM}


def test_mail_is_off_unless_a_server_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    found = values(monkeypatch, MAIL_FROM=FROM)
    assert (found.mail_is_sent, found.reminder_days) == (False, 7)
    assert values(monkeypatch, **ON).mail_is_sent


@pytest.mark.parametrize(("tls", "port"), [("starttls", 587), ("tls", 465), ("none", 25)])
def test_the_port_is_the_custom_s_unless_it_is_set(
    monkeypatch: pytest.MonkeyPatch, tls: str, port: int
) -> None:
    assert values(monkeypatch, **ON, SMTP_TLS=tls).mail_port == port
    assert values(monkeypatch, **ON, SMTP_TLS=tls, SMTP_PORT="2525").mail_port == 2525


@pytest.mark.parametrize(
    ("name", "environment"),
    [
        ("MAIL_FROM", {"SMTP_HOST": "mail.example"}),
        ("MAIL_FROM", ON | {"MAIL_FROM": "Vendor"}),
        ("MAIL_FROM", ON | {"MAIL_FROM": "a@b.example\nBcc: c@d.example"}),
        ("MAIL_REPLY_TO", ON | {"MAIL_REPLY_TO": "@"}),
        ("SMTP_HOST", ON | {"SMTP_HOST": "mail.example\nx"}),
        ("SMTP_PORT", ON | {"SMTP_PORT": "0"}),
        ("SMTP_TLS", ON | {"SMTP_TLS": "ssl"}),
        ("SMTP_TLS", ON | {"SMTP_TLS": "none", **SIGNED_IN}),
        ("SMTP_PASSWORD", ON | {"SMTP_USERNAME": "me"}),
        ("SMTP_USERNAME", ON | {"SMTP_PASSWORD": "secret"}),
        ("SMTP_TIMEOUT", ON | {"SMTP_TIMEOUT": "0"}),
        ("REMINDER_DAYS", ON | {"REMINDER_DAYS": "-1"}),
        ("REMINDER_DAYS", ON | {"REMINDER_DAYS": "61"}),
    ],
)
def test_a_wrong_setting_is_refused_in_a_line_that_names_it(
    monkeypatch: pytest.MonkeyPatch, name: str, environment: dict[str, str]
) -> None:
    line = refusal(monkeypatch, **environment)
    assert line.startswith(f"{name}: ")
    assert environment.get("SMTP_PASSWORD", "?") not in line.partition(": ")[2]


def test_the_password_is_not_shown_with_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    assert LOGIN[1] not in repr(values(monkeypatch, **ON, **SIGNED_IN))
