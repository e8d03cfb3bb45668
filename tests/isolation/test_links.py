"""Links, tokens and names: what looks the same in two accounts is each account's own."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import jwt
import pytest

from models.invoices import Invoice
from services import auth, clock, links
from services.forms import Form
from tests import samples
from tests.isolation.twins import MARK, rival, rivals
from tests.world import Client, World

URLS = "{ account { invoices { edges { node { number pdfUrl } } } } }"


async def urls(someone: Client) -> dict[str, str]:
    """The links of all invoices, by number."""
    edges = (await someone.data(URLS))["account"]["invoices"]["edges"]
    return {edge["node"]["number"]: edge["node"]["pdfUrl"] for edge in edges}


def refusal(response: httpx.Response) -> tuple[int, Any]:
    return response.status_code, response.json()


async def nobody_s(world: World, number: str) -> tuple[int, Any]:
    """How a link to an invoice that does not exist is refused."""
    account = (await Invoice.filter(account__code="acme").first()).account_id  # type: ignore[union-attr]
    token = links.sign_link(links.Link(account, UUID(int=(7 << 76) + 1), Form.PDF), clock.now())
    answer = refusal(await world.http.get(f"/invoices/{number}.pdf?token={token}"))
    assert answer[0] == 403
    return answer


async def test_a_number_and_a_token_of_two_accounts_open_nothing(sqlite_twins: World) -> None:
    ours, theirs = await urls(sqlite_twins.client("ada")), await urls(rivals(sqlite_twins))
    for own, foreign in ((ours, theirs), (theirs, ours)):
        number, token = next(iter(own)), urlsplit(next(iter(foreign.values()))).query
        answer = await sqlite_twins.http.get(f"/invoices/{number}.pdf?{token}")
        assert refusal(answer) == await nobody_s(sqlite_twins, number)


async def test_a_signed_link_that_mixes_two_accounts_opens_nothing(sqlite_twins: World) -> None:
    ours = await Invoice.filter(account__code="acme").first()
    theirs = await Invoice.filter(account__code=MARK).first()
    assert ours is not None
    assert theirs is not None
    pairs = [(ours.account_id, theirs.id), (theirs.account_id, ours.id)]
    for account, invoice in pairs:
        token = links.sign_link(links.Link(account, invoice, Form.PDF), clock.now())
        for number in (ours.number, theirs.number):
            answer = await sqlite_twins.http.get(f"/invoices/{number}.pdf?token={token}")
            assert refusal(answer) == await nobody_s(sqlite_twins, number)


async def test_a_link_that_was_written_by_somebody_else_opens_nothing(sqlite_twins: World) -> None:
    theirs = await Invoice.filter(account__code=MARK).first()
    assert theirs is not None
    token = urlsplit(next(iter((await urls(sqlite_twins.client("ada"))).values()))).query[6:]
    header, _, signature = token.split(".")
    claims = {"a": theirs.account_id.hex, "i": theirs.id.hex, "f": "PDF", "exp": 2**40}
    key = "a key for tests, thirty-two bytes or more"
    forged = [jwt.encode(claims, key, "HS256"), jwt.encode(claims, "", "none")]
    forged.append(f"{header}.{forged[0].split('.')[1]}.{signature}")
    forged.append(f"{header}.{forged[0].split('.')[1]}.")
    for one in forged:
        answer = await sqlite_twins.http.get(f"/invoices/{theirs.number}.pdf?token={one}")
        assert refusal(answer) == await nobody_s(sqlite_twins, theirs.number)


async def test_a_token_opens_the_account_that_it_names_and_nothing_by_another_s_user(
    sqlite_twins: World,
) -> None:
    email = f"{MARK}.ada@{MARK}.example"
    strangers = [("acme", email), (MARK, "ada@acme.example"), (MARK.upper(), email), ("", email)]
    told = []
    for account, user in [*strangers, ("nowhere", "nobody@acme.example")]:
        token = auth.issue_token(account, user, timedelta(hours=1), clock.now())
        told.append(await sqlite_twins.stranger(token).send("{ viewer { id } account { id } }"))
    assert all(answer == told[-1] for answer in told)
    assert told[-1]["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


SAME = samples.account(code=MARK)


@pytest.fixture
async def same(world: World) -> World:
    """Two accounts that look the same: names, e-mails, numbers."""
    await world.load(samples.account(), SAME)
    return world


async def test_names_and_e_mails_are_free_in_each_account(same: World) -> None:
    for account in ("acme", MARK):
        ada = same.client("ada", account)
        await ada.do("createSeatGroup", name="Support", seats=1)
        await ada.do("inviteUser", email="new@acme.example", name="New")


async def test_a_taken_name_or_e_mail_is_taken_in_its_account_alone(twins: World) -> None:
    ada = twins.client("ada")
    await ada.do("createSeatGroup", name=f"{MARK} Sales", seats=1)
    await ada.do("inviteUser", email=f"{MARK}.ada@{MARK}.example", name=MARK)


async def test_disabling_a_user_leaves_the_one_of_the_same_e_mail_elsewhere(same: World) -> None:
    paul = await same.client("ada").id_of("user", "paul@acme.example")
    await same.client("ada").do("disableUser", userId=paul)
    assert await same.client("paul").code("{ viewer { id } }") == "UNAUTHENTICATED"
    answer = await same.client("paul", MARK).data("{ viewer { status } }")
    assert answer["viewer"] == {"status": "ACTIVE"}


async def test_rights_are_those_of_the_account_that_the_token_names(world: World) -> None:
    promoted = [{**user, "billing_administrator": True} for user in samples.USERS]
    await world.load(samples.account(), samples.account(code=MARK, users=promoted))
    query = "{ account { subscription { seats } } }"
    assert await world.client("paul").code(query) == "FORBIDDEN"
    assert await world.client("paul", MARK).data(query)


async def test_of_two_links_with_the_same_number_each_opens_its_own_invoice(same: World) -> None:
    ours, theirs = [await urls(same.client("ada", code)) for code in ("acme", MARK)]
    (ours_url,), (theirs_url,) = ours.values(), theirs.values()
    assert ours.keys() == theirs.keys() == {"ACME-00001"}
    opened = [
        links.open_link(urlsplit(url).query[6:], clock.now()) for url in (ours_url, theirs_url)
    ]
    accounts = [
        (await Invoice.get(id=link.invoice_id).prefetch_related("account")).account.code
        for link in opened
        if link is not None
    ]
    assert accounts == ["acme", MARK]


async def test_importing_an_account_again_leaves_the_others_as_they_were(twins: World) -> None:
    before = (await rivals(twins).data("{ account { name users { totalCount } } }"))["account"]
    await twins.load(samples.account(name=rival()["name"]))
    assert (await rivals(twins).data("{ account { name users { totalCount } } }"))[
        "account"
    ] == before
