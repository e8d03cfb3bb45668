"""Mails of invoices: queued with the issue, sent once, and what becomes of those that are not."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP
from tortoise import Tortoise

from models.mails import Mail, MailStatus
from services import clock, mails, posting, settings, smtp
from tests import samples
from tests.forked import Script
from tests.mailserver import FROM, MailServer, drop, html_of, send_through, serving, text_of
from tests.test_manage import done, refused
from tests.world import World

pytestmark = pytest.mark.xdist_group("documents")

BUYER = "billing@acme.example"
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
async def server(world: World) -> AsyncIterator[MailServer]:
    """A mail server, to which the world sends, and an account whose first invoice is old."""
    async with serving(MailServer()) as server:
        send_through(server, world.monkeypatch)
        await world.load()
        yield server


async def execute(sql: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = await Tortoise.get_connection("default").execute_query_dict(sql)
    return rows


async def buy(world: World, seats: int = 61) -> str:
    """Adds seats; the number of the invoice."""
    payload = await world.client("ada").do("changeUsers", "invoice { number }", seats=seats)
    number: str = payload["invoice"]["number"]
    return number


async def send() -> int:
    """What a worker does when it looks once; how many mails it sent."""
    run = posting.Run()
    await posting.send_due(run)
    return run.sent


async def state() -> tuple[str, int, str | None]:
    """Status, attempts and error of the one mail."""
    mail = await Mail.get()
    return mail.status, mail.attempts, mail.error


# --- what is sent -------------------------------------------------------------------------


async def test_an_issued_invoice_is_mailed_with_its_pdf(world: World, server: MailServer) -> None:
    number = await buy(world)
    assert await send() == 1
    (letter,), (envelope,) = server.taken, server.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == (FROM, [BUYER])
    assert letter["Subject"] == f"Invoice {number} from Seatwise Demo Vendor Ltd."
    text, html = text_of(letter), html_of(letter)
    for part in (text, html):
        assert f"Please find attached invoice {number} for Acme Incorporated." in part
        assert "$1,190.37" in part
        assert "July 31, 2026" in part
    (attached,) = letter.iter_attachments()
    assert (attached.get_content_type(), attached.get_filename()) == (
        "application/pdf",
        f"{number}.pdf",
    )
    query = "{ account { invoices(first: 1) { edges { node { pdfUrl } } } } }"
    answer = await world.client("ada").data(query)
    url = answer["account"]["invoices"]["edges"][0]["node"]["pdfUrl"]
    assert attached.get_content() == (await world.http.get(url)).content


@pytest.mark.parametrize(
    ("locale", "subject", "said"),
    [
        ("de_DE", "Rechnung ACME-00002 von ", ["1.190,37\xa0$", "31. Juli 2026", "Fragen?"]),
        ("ja_JP", "Seatwise Demo Vendor Ltd.からの請求書 ACME-00002", ["御中", "2026年7月31日"]),
        ("fr_FR", "Facture ACME-00002 de ", ["31 juillet 2026", "Veuillez trouver ci-joint"]),
        ("es_ES", "Factura ACME-00002 de ", ["31 de julio de 2026", "Adjuntamos"]),
        ("sv_SE", "Invoice ACME-00002 from ", ["July 31, 2026"]),
    ],
)
async def test_a_letter_is_in_the_account_s_language(
    world: World, server: MailServer, locale: str, subject: str, said: list[str]
) -> None:
    await execute(f"UPDATE accounts SET locale = '{locale}'")
    await buy(world)
    await send()
    (letter,) = server.taken
    assert str(letter["Subject"]).startswith(subject)
    for part in (text_of(letter), html_of(letter)):
        for words in said:
            assert words in part


async def test_a_renewal_is_mailed_too_with_its_own_date(world: World, server: MailServer) -> None:
    world.at("2027-03-04T12:00:00")
    await world.renew()
    assert await send() == 1
    assert "March 31, 2027" in text_of(server.taken[0])


async def test_nothing_is_queued_unless_mail_is_on(world: World, server: MailServer) -> None:
    world.monkeypatch.delenv("SMTP_HOST")
    settings.current.cache_clear()
    await buy(world)
    assert await Mail.all().count() == 0
    send_through(server, world.monkeypatch)
    assert await send() == 0
    await buy(world, 62)
    assert await Mail.all().count() == 1


async def test_what_tells_of_the_past_is_not_mailed(world: World, server: MailServer) -> None:
    """An account that is imported with years behind it, and caught up, hears of the last week."""
    world.at("2026-07-03T12:00:00")
    begun = {"started_on": "2025-01-01"}
    await world.load(samples.premium(code="old", subscription=begun))
    assert (await world.renew()).invoices == 18
    assert await Mail.all().count() == 1
    today = {"started_on": "2026-07-03"}
    await world.load(samples.premium(code="new", subscription=today))
    assert await send() == 2


async def test_a_change_that_is_refused_or_repeated_queues_nothing(
    world: World, server: MailServer
) -> None:
    ada = world.client("ada")
    await ada.refusal("changeUsers", seats=61, expectedVersion=99)
    assert await Mail.all().count() == 0
    for _ in range(2):
        await ada.do("changeUsers", seats=61, idempotencyKey="once")
    assert await Mail.all().count() == 1


async def test_a_voided_invoice_is_not_mailed(world: World, server: MailServer) -> None:
    await buy(world)
    await execute("UPDATE invoices SET status = 'VOID'")
    assert await send() == 0
    assert await state() == (MailStatus.DROPPED, 1, None)


# --- never twice --------------------------------------------------------------------------


async def test_workers_at_once_send_each_mail_once(world: World, server: MailServer) -> None:
    for seats in range(61, 69):
        await buy(world, seats)
    assert sum(await asyncio.gather(*(send() for _ in range(4)))) == 8
    assert sorted(str(letter["Message-ID"]) for letter in server.taken) == sorted(
        f"<{mail.id}@vendor.example>" for mail in await Mail.all()
    )
    assert await send() == 0


async def test_a_mail_that_was_put_off_is_sent_after_its_pause(
    world: World, server: MailServer
) -> None:
    await buy(world)
    server.answers.append("451 4.7.1 greylisted <billing@acme.example>, come back later")
    assert await send() == 0
    error = "451 4.7.1 greylisted <(an address)>, come back later"
    assert await state() == (MailStatus.QUEUED, 1, error)
    world.at("2026-07-01T12:00:59")
    assert await send() == 0
    world.at("2026-07-01T12:01:00")
    assert await send() == 1
    assert await state() == (MailStatus.SENT, 2, None)
    assert len(server.taken) == 1


async def test_pauses_grow_and_after_three_days_a_mail_has_failed(
    world: World, server: MailServer
) -> None:
    await buy(world)
    server.answers = ["452 4.2.2 full"] * 20
    begun, waits = clock.now(), []
    while (mail := await Mail.get()).status is MailStatus.QUEUED:
        waits.append(mail.due_at - begun)
        world.at(mail.due_at.isoformat())
        begun = mail.due_at
        await send()
    assert waits == [timedelta(0), *mails.PAUSES]
    assert sorted(waits) == waits
    assert timedelta(hours=60) < sum(waits, timedelta()) < timedelta(hours=72)
    assert await state() == (MailStatus.FAILED, 9, "452 4.2.2 full")
    world.at("2026-09-01T12:00:00")
    assert await send() == 0


@pytest.mark.parametrize("where", ["answers", "to_recipients"])
async def test_a_mail_that_is_refused_has_failed_at_once(
    world: World, server: MailServer, where: str
) -> None:
    await buy(world)
    getattr(server, where).append("550 5.1.1 no such mailbox")
    await buy(world, 62)
    assert await send() == 1
    failed = await Mail.get(status=MailStatus.FAILED)
    assert (failed.attempts, failed.error) == (1, "550 5.1.1 no such mailbox")


async def test_while_the_server_is_away_all_mails_wait_and_none_is_to_blame(
    world: World,
) -> None:
    async with serving(MailServer()) as server:
        send_through(server, world.monkeypatch)
    await world.load()
    await buy(world)
    with pytest.raises(smtp.ServerAway):
        await send()
    assert await state() == (MailStatus.QUEUED, 0, None)
    async with serving(server, server.port):
        assert await send() == 1


@on_sqlite
async def test_a_server_that_ends_a_conversation_gets_the_rest_in_another(
    world: World, server: MailServer
) -> None:
    for seats in (61, 62, 63):
        await buy(world, seats)
    server.to_recipients.append("421 4.3.2 too many mails")
    run = posting.Run()
    await posting.send_due(run, lanes=1)
    assert (run.sent, server.connections) == (2, 2)
    assert await Mail.filter(status=MailStatus.QUEUED).count() == 1


@on_sqlite
async def test_a_mail_whose_answer_was_lost_is_not_sent_again_by_itself(
    world: World, server: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    await buy(world)
    server.answers.append(drop)
    assert await send() == 0
    status, attempts, error = await state()
    assert (status, attempts) == (MailStatus.UNCERTAIN, 1)
    assert error is not None
    assert error.startswith("no answer to the mail itself: ")
    assert "mails.uncertain" in caplog.text
    assert BUYER not in caplog.text
    world.at("2026-08-01T12:00:00")
    assert await send() == 0
    (first,) = server.taken
    (mail,) = json.loads(await done("mail", "list", "--failed"))
    assert (mail["about"], mail["status"], mail["to"]) == ("ACME-00002", "UNCERTAIN", BUYER)
    assert await done("mail", "retry", "--account", "acme", mail["id"]) == ""
    assert await send() == 1
    assert server.taken[1]["Message-ID"] == first["Message-ID"]
    assert json.loads(await done("mail", "list")) == []


@on_sqlite
async def test_a_slow_answer_is_waited_for_and_then_given_up(
    world: World, server: MailServer
) -> None:
    async def slow(connection: SMTP) -> str:
        await asyncio.sleep(0.5)
        return "250 taken"

    world.setting("SMTP_TIMEOUT", "0.2")
    await buy(world)
    server.answers.append(slow)
    assert await send() == 1
    await buy(world, 62)
    world.monkeypatch.setattr(smtp, "LAST_ANSWER", 0.2)
    server.answers.append(slow)
    assert await send() == 0
    assert await Mail.filter(status=MailStatus.UNCERTAIN).count() == 1


async def test_a_database_that_is_away_right_after_the_answer_is_told_later(
    world: World, server: MailServer
) -> None:
    await buy(world)
    times = []

    async def away(mail: Mail, at: object) -> None:
        times.append(mail.status)
        if len(times) == 1:
            raise ConnectionResetError("gone")
        await noted(mail, clock.now())

    noted = mails.note_sent
    world.monkeypatch.setattr(mails, "note_sent", away)
    assert await send() == 1
    assert (await state())[0] == MailStatus.SENT
    assert times == [MailStatus.SENDING] * 2


def worker(out: Path) -> Script:
    """A worker in a process of its own, by the real clock."""
    environment = {name: value for name, value in os.environ.items() if name != "BILLING_NOW"}
    return Script(["manage.py", "worker"], environment, out, out.with_suffix(".err"))


@pytest.mark.parametrize("step", ["RCPT", "DATA"])
async def test_a_worker_that_is_killed_sends_nothing_twice(
    world: World, server: MailServer, step: str, tmp_path: Path
) -> None:
    """Before the server is given the mail it is tried again, and afterwards it is not."""
    await buy(world)
    killed = asyncio.Event()

    async def kill(connection: SMTP) -> str:
        process.send_signal(signal.SIGKILL)
        killed.set()
        return "250 OK"

    (server.answers if step == "DATA" else server.at_recipients).append(kill)
    process = worker(tmp_path / "out")
    async with asyncio.timeout(30):
        await killed.wait()
        await asyncio.to_thread(process.wait)
    before = await Mail.get()
    assert before.status == (MailStatus.SENDING if step == "DATA" else MailStatus.CLAIMED)
    assert await send() == 0
    world.at((before.due_at + timedelta(seconds=1)).isoformat())
    assert await send() == (0 if step == "DATA" else 1)
    assert (await state())[0] == (MailStatus.UNCERTAIN if step == "DATA" else MailStatus.SENT)
    assert len(server.taken) == 1


async def test_worker_processes_share_the_mails_and_end_when_they_are_told_to(
    world: World, server: MailServer, tmp_path: Path
) -> None:
    for seats in range(61, 71):
        await buy(world, seats)
    outs = [tmp_path / "one", tmp_path / "another"]
    processes = [worker(out) for out in outs]
    try:
        async with asyncio.timeout(60):
            while await Mail.exclude(status=MailStatus.SENT).exists():
                await asyncio.sleep(0.1)
            for process in processes:
                process.terminate()
                await asyncio.to_thread(process.wait)
    finally:
        for process in processes:
            process.kill()
    told = [json.loads(out.read_text()) for out in outs]
    assert sum(summary["mails"] for summary in told) == 10
    assert len({str(letter["Message-ID"]) for letter in server.taken}) == len(server.taken) == 10


# --- the operator -------------------------------------------------------------------------


@on_sqlite
async def test_a_mail_that_failed_goes_to_another_address(world: World, server: MailServer) -> None:
    await buy(world)
    server.to_recipients.append("550 5.1.1 no such mailbox")
    await send()
    (mail,) = json.loads(await done("mail", "list"))
    retry = ("mail", "retry", "--account", "acme", mail["id"])
    (line,) = await refused(*retry, "--to", "nobody")
    assert line.startswith("--to: ")
    assert await done(*retry, "--to", "accounts@acme.example") == ""
    assert await send() == 1
    assert server.envelopes[0].rcpt_tos == ["accounts@acme.example"]
    (line,) = await refused(*retry)
    assert line.endswith("is SENT, not one of those that failed")
    (mail,) = json.loads(await done("mail", "list", "--account", "acme"))
    assert (mail["status"], mail["attempts"]) == ("SENT", 2)


@on_sqlite
async def test_an_invoice_that_was_not_mailed_is_mailed_when_the_operator_says_so(
    world: World, server: MailServer
) -> None:
    command = ("mail", "send", "--account", "acme", "ACME-00001")
    assert await done(*command) == ""
    assert await send() == 1
    assert "ACME-00001" in server.taken[0]["Subject"]
    (line,) = await refused(*command)
    assert "has its mail" in line
    assert await refused("mail", "send", "--account", "acme", "ACME-9") == [
        "account acme has no invoice ACME-9"
    ]


@on_sqlite
async def test_mails_of_other_accounts_are_not_found(world: World, server: MailServer) -> None:
    await world.load(samples.account(code="rival"))
    await buy(world)
    mail = await Mail.get()
    assert await refused("mail", "retry", "--account", "rival", str(mail.id)) == [
        f"account rival has no mail {mail.id}"
    ]
    assert json.loads(await done("mail", "list", "--account", "rival")) == []
    assert await refused("mail", "list", "--account", "none") == ["there is no account none"]
