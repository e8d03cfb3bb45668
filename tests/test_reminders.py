"""Reminders: what a renewal will bring, told some days before it, once a period."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tortoise import Tortoise

from models.mails import Mail, MailKind, MailStatus
from services import background, clock, database, mails, posting, reminders
from tests import samples
from tests.mailserver import MailServer, html_of, send_through, serving, text_of
from tests.world import World

BUYER = "billing@acme.example"
WEEK_BEFORE = "2027-02-22T06:00:00"
UPCOMING = """{ account { subscription { upcomingInvoice { total { amount formatted } } } } }"""


@pytest.fixture
async def server(world: World) -> AsyncIterator[MailServer]:
    """A mail server, and the sample account a year later, a week before it renews."""
    await world.load()
    async with serving(MailServer()) as server:
        send_through(server, world.monkeypatch)
        world.at(WEEK_BEFORE)
        yield server


async def execute(sql: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = await Tortoise.get_connection("default").execute_query_dict(sql)
    return rows


async def told() -> int:
    """Reminds, as a worker does, and sends; how many reminders there were."""
    count = await reminders.queue_due(clock.now())
    await posting.send_due(posting.Run())
    return count


async def test_a_renewal_is_told_with_its_seats_its_day_and_the_amount_to_come(
    world: World, server: MailServer
) -> None:
    assert await told() == 1
    (letter,), (envelope,) = server.taken, server.envelopes
    assert envelope.rcpt_tos == [BUYER]
    assert letter["Subject"] == "Your subscription renews on March 1, 2027"
    for part in (text_of(letter), html_of(letter)):
        for words in (
            "The subscription of Acme Inc. to Enterprise+ renews on March 1, 2027.",
            "Seats",
            "Price per seat and year",
            "$1,788.00",
            "March 1, 2027 – February 29, 2028",
            "$107,280.00",
        ):
            assert words in part
        assert "Seats from" not in part
    assert list(letter.iter_attachments()) == []


async def test_it_names_a_decrease_that_waits_and_the_tax(world: World, server: MailServer) -> None:
    tax = '{"treatment": "STANDARD", "exemption_reason": null, "rates": '
    tax += '[{"name": "VAT", "rate_ppm": 190000, "share_ppm": 1000000}]}'
    await execute(f"UPDATE accounts SET tax = '{tax}'")
    await world.client("ada").do("changeUsers", seats=50)
    assert await told() == 1
    text = text_of(server.taken[0])
    assert "Seats: 60\n" in text
    assert "Seats from March 1, 2027 on: 50\n" in text
    assert "Subtotal: $89,400.00\nTax: $16,986.00\nAmount to come: $106,386.00\n" in text


async def test_what_it_names_is_what_the_preview_says_and_the_renewal_bills(
    world: World, server: MailServer
) -> None:
    ada = world.client("ada")
    await ada.do("changeUsers", seats=33)
    previewed = (await ada.data(UPCOMING))["account"]["subscription"]["upcomingInvoice"]
    await told()
    assert f"Amount to come: {previewed['total']['formatted']}\n" in text_of(server.taken[0])
    world.at("2027-03-01T06:00:00")
    await world.renew()
    query = "{ account { invoices(first: 1) { edges { node { total { amount } } } } } }"
    (billed,) = (await world.client("ada").data(query))["account"]["invoices"]["edges"]
    assert billed["node"]["total"]["amount"] == previewed["total"]["amount"]


@pytest.mark.parametrize(
    ("locale", "subject", "words"),
    [
        ("de_AT", "Ihr Abonnement verlängert sich am 1. März 2027", "Künftiger Rechnungsbetrag"),
        ("ja_JP", "ご契約は2027年3月1日に更新されます", "次回のご請求額"),
        ("fr_FR", "Votre abonnement se renouvelle le 1 mars 2027", "Montant à venir"),
        ("es_MX", "Su suscripción se renueva el 1 de marzo de 2027", "Importe previsto"),
    ],
)
async def test_it_is_in_the_account_s_language(
    world: World, server: MailServer, locale: str, subject: str, words: str
) -> None:
    await execute(f"UPDATE accounts SET locale = '{locale}'")
    await told()
    (letter,) = server.taken
    assert letter["Subject"] == subject
    assert words in text_of(letter)
    assert words in html_of(letter)


# --- when ---------------------------------------------------------------------------------


async def test_a_period_is_told_once_and_the_next_one_again(
    world: World, server: MailServer
) -> None:
    world.at("2027-02-22T04:59:59")
    assert await told() == 0
    world.at("2027-02-22T05:00:00")
    assert await told() == 1
    world.at("2027-02-28T12:00:00")
    assert await told() == 0
    world.at("2027-03-01T12:00:00")
    await world.renew()
    assert await told() == 0
    world.at("2028-02-25T12:00:00")
    assert await told() == 1
    found = await Mail.filter(kind=MailKind.REMINDER).order_by("period_end")
    assert [str(mail.period_end) for mail in found] == ["2027-03-01", "2028-03-01"]


@pytest.mark.parametrize(("days", "count"), [("0", 0), ("6", 0), ("7", 1), ("60", 1)])
async def test_how_long_before_is_a_setting(
    world: World, server: MailServer, days: str, count: int
) -> None:
    world.setting("REMINDER_DAYS", days)
    assert await told() == count


async def test_nobody_is_told_of_what_does_not_come(world: World, server: MailServer) -> None:
    """A subscription that ends, one without seats to pay, one that is overdue."""
    world.at("2026-07-01T12:00:00")
    await world.load(*(samples.premium(code=code) for code in ("none", "late")))
    await world.client("ada").do("cancelSubscription")
    await world.client("ada", "none").do("changeUsers", seats=0)
    await world.renew()
    world.at("2026-08-30T12:00:00")
    await execute("DELETE FROM mails")
    assert await told() == 0
    await world.client("ada").do("resumeSubscription")
    world.at(WEEK_BEFORE)
    assert await told() == 1


async def test_a_reminder_that_came_to_nothing_meanwhile_is_dropped(
    world: World, server: MailServer
) -> None:
    await reminders.queue_due(clock.now())
    await world.client("ada").do("cancelSubscription")
    await posting.send_due(posting.Run())
    assert [mail.status for mail in await Mail.all()] == [MailStatus.DROPPED]
    assert server.taken == []


async def test_a_reminder_of_a_period_that_is_over_is_dropped(
    world: World, server: MailServer
) -> None:
    await reminders.queue_due(clock.now())
    world.at("2027-03-09T12:00:00")
    await world.renew()
    await posting.send_due(posting.Run())
    assert (await Mail.get(kind=MailKind.REMINDER)).status is MailStatus.DROPPED


async def test_without_mail_nobody_is_reminded(world: World) -> None:
    await world.load()
    world.at(WEEK_BEFORE)
    assert await reminders.work(asyncio.Event()) == 0
    assert await Mail.all().count() == 0


# --- many ---------------------------------------------------------------------------------


async def test_every_account_is_told_page_by_page_by_any_number_of_workers(
    world: World, server: MailServer
) -> None:
    codes = [f"c{number}" for number in range(6)]
    world.at("2026-07-01T12:00:00")
    await world.load(*(samples.account(code=code) for code in codes))
    world.at(WEEK_BEFORE)
    world.monkeypatch.setattr(reminders, "PAGE", 2)
    counts = await asyncio.gather(*(reminders.queue_due(clock.now()) for _ in range(3)))
    # Who finds an account in other hands leaves it to them.
    assert sum(counts) + await reminders.queue_due(clock.now()) == 7
    assert await Mail.filter(kind=MailKind.REMINDER).count() == 7


async def test_an_account_that_fails_keeps_no_other_from_being_told(
    world: World, server: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    await world.load(samples.account(code="beta"))
    await execute("UPDATE subscriptions SET interval = 'YEAR', started_on = '9998-12-31'")
    await execute(
        "UPDATE subscriptions SET started_on = '2026-03-01' WHERE account_id ="
        " (SELECT id FROM accounts WHERE code = 'beta')"
    )
    assert await told() == 1
    assert "reminders.failed" in caplog.text


async def test_the_background_work_reminds_and_sends(world: World, server: MailServer) -> None:
    stop = asyncio.Event()
    world.monkeypatch.setattr(posting, "IDLE", posting.IDLE / 100)
    work = asyncio.create_task(background.work(stop, lanes=1))
    async with asyncio.timeout(20):
        while not server.taken:
            await asyncio.sleep(0.02)
    stop.set()
    assert (await work)["mails"] == 1


async def test_looking_for_them_uses_the_indexes(world: World, server: MailServer) -> None:
    plan = {"sqlite": "EXPLAIN QUERY PLAN ", "postgres": "EXPLAIN "}[database.dialect()]
    values = (clock.now(), reminders.FIRST, clock.now(), 10)
    async with database.transaction():
        if database.dialect() == "postgres":
            await execute("SET LOCAL enable_seqscan = off")
        said = await database.fetch(plan + reminders.COMING, *values)
        shown = "\n".join(str(tuple(line)) for line in said)
        assert "subscriptions_due" in shown
        told = mails.waiting(clock.now())
        said = await database.fetch(plan + told.text, *told.parameters)
        assert "mails_due" in "\n".join(str(tuple(line)) for line in said)
