"""Companies on monthly subscriptions."""

from typing import Any

from tests import samples
from tests.stories import Story
from tests.world import World


async def test_a_month_s_end_account_in_euros_with_tax_returns_to_the_31st(world: World) -> None:
    story = Story(world)
    account = samples.premium(
        currency="EUR",
        tax_rate="0.19",
        time_zone="Europe/Berlin",
        subscription={"started_on": "2026-01-31"},
    )
    await story.begins("2026-01-31", account)
    assert await story.bills() == [("2026-01-31", "INITIAL", 10, "321.30")]

    # Half of the 28 days to 28 February are left.
    await story.on("2026-02-14")
    await story.wants(12)
    assert await story.bills() == [("2026-02-14", "SEAT_INCREASE", 2, "32.13")]

    await story.on("2026-02-28")
    assert await story.bills() == [("2026-02-28", "RENEWAL", 12, "385.56")]

    await story.on("2026-03-30")
    assert await story.bills() == []
    await story.on("2026-03-31")
    assert await story.bills() == [("2026-03-31", "RENEWAL", 12, "385.56")]

    await story.on("2026-04-30")
    assert await story.bills() == [("2026-04-30", "RENEWAL", 12, "385.56")]
    await story.wants(9)
    assert await story.bills() == []

    await story.on("2026-05-30")
    assert await story.seats() == (12, 9)
    await story.on("2026-05-31")
    assert await story.bills() == [("2026-05-31", "RENEWAL", 9, "289.17")]

    await story.on("2026-06-30")
    assert await story.bills() == [("2026-06-30", "RENEWAL", 9, "289.17")]

    await story.on("2026-07-31")
    assert await story.bills() == [("2026-07-31", "RENEWAL", 9, "289.17")]

    await story.on("2026-08-20")
    await story.wants(11)
    assert await story.bills() == [("2026-08-20", "SEAT_INCREASE", 2, "22.80")]

    # The worker was down in autumn, and catches up month by month.
    await story.on("2026-11-15")
    assert await story.bills() == [
        ("2026-08-31", "RENEWAL", 11, "353.43"),
        ("2026-09-30", "RENEWAL", 11, "353.43"),
        ("2026-10-31", "RENEWAL", 11, "353.43"),
    ]

    await story.on("2026-11-30")
    await story.wants(6)
    assert await story.bills() == [("2026-11-30", "RENEWAL", 11, "353.43")]

    await story.on("2026-12-31")
    assert await story.bills() == [("2026-12-31", "RENEWAL", 6, "192.78")]

    await story.on("2027-01-31")
    assert await story.bills() == [("2027-01-31", "RENEWAL", 6, "192.78")]


async def test_ten_seats_then_five_then_eight_then_fifteen(world: World) -> None:
    story = Story(world)
    account = samples.premium(time_zone="UTC", subscription={"started_on": "2026-07-01"})
    await story.begins("2026-07-01", account)
    assert await story.bills() == [("2026-07-01", "INITIAL", 10, "290.00")]

    await story.on("2026-07-05")
    await story.wants(5)
    assert await story.seats() == (10, 5)

    # Eight of the ten paid for: nothing to bill, and eight waits.
    await story.on("2026-07-10")
    await story.wants(8)
    assert await story.seats() == (10, 8)
    assert await story.bills() == []
    assert await story.next_bill() == "232.00"

    # Five new seats are billed, and nothing waits.
    await story.on("2026-07-20")
    await story.wants(15)
    assert await story.seats() == (15, None)
    assert await story.bills() == [("2026-07-20", "SEAT_INCREASE", 5, "56.13")]

    await story.on("2026-08-01")
    assert await story.bills() == [("2026-08-01", "RENEWAL", 15, "435.00")]


async def test_a_japanese_account_pays_in_whole_yen_by_its_own_days(world: World) -> None:
    story = Story(world)
    account = samples.account(
        currency="JPY",
        tax_rate="0.10",
        time_zone="Asia/Tokyo",
        seat_groups=[],
        users=samples.USERS[:3],
        subscription={"interval": "MONTH", "seats": 10, "started_on": "2026-04-01"},
    )
    await story.begins("2026-04-01", account)
    assert await story.bills() == [("2026-04-01", "INITIAL", 10, "165000")]

    # In the evening of 7 April in UTC it is 8 April in Tokyo.
    world.at("2026-04-07T16:00:00")
    await story.wants(13)
    assert await story.bills() == [("2026-04-08", "SEAT_INCREASE", 3, "37950")]

    # 1 May begins in Tokyo at 15:00 UTC on 30 April.
    world.at("2026-04-30T14:59:59")
    await world.renew()
    assert await story.bills() == []
    world.at("2026-04-30T15:00:00")
    await world.renew()
    assert await story.bills() == [("2026-05-01", "RENEWAL", 13, "214500")]

    await story.on("2026-05-12")
    await story.wants(14)
    assert await story.bills() == [("2026-05-12", "SEAT_INCREASE", 1, "10645")]

    await story.on("2026-06-01")
    assert await story.bills() == [("2026-06-01", "RENEWAL", 14, "231000")]

    for month in range(7, 13):
        await story.on(f"2026-{month:02}-01")
        assert await story.bills() == [(f"2026-{month:02}-01", "RENEWAL", 14, "231000")]

    await story.on("2026-12-20")
    await story.wants(8)
    await story.on("2027-01-01")
    assert await story.bills() == [("2027-01-01", "RENEWAL", 8, "132000")]

    await story.on("2027-02-01")
    assert await story.bills() == [("2027-02-01", "RENEWAL", 8, "132000")]
    await story.on("2027-02-10")
    await story.wants(9)
    assert await story.bills() == [("2027-02-10", "SEAT_INCREASE", 1, "11197")]

    await story.on("2027-03-01")
    assert await story.bills() == [("2027-03-01", "RENEWAL", 9, "148500")]


async def people(story: Story) -> dict[str, str]:
    """Each user's status, by the part of the e-mail before the @."""
    query = "{ account { users { edges { node { email status } } } } }"
    edges: list[dict[str, Any]] = (await story.ada.data(query))["account"]["users"]["edges"]
    return {edge["node"]["email"].partition("@")[0]: edge["node"]["status"] for edge in edges}


async def test_a_seasonal_account_goes_down_to_no_seats_and_comes_back(world: World) -> None:
    story = Story(world)
    account = samples.account(
        time_zone="UTC",
        seat_groups=[],
        users=[samples.USERS[0], samples.USERS[2], samples.USERS[5]],
        subscription={"interval": "MONTH", "seats": 4, "started_on": "2026-01-15"},
    )
    await story.begins("2026-01-15", account)
    assert await story.bills() == [("2026-01-15", "INITIAL", 4, "596.00")]

    await story.on("2026-01-20")
    await story.wants(0)
    assert await story.next_bill() is None
    assert await people(story) == {"ada": "ACTIVE", "olga": "ACTIVE", "paul": "ACTIVE"}

    # The season is over: nobody works, nothing is billed, and the subscription goes on.
    for month in range(2, 5):
        await story.on(f"2026-{month:02}-15")
        assert await story.seats() == (0, None)
        assert await story.status() == "ACTIVE"
    assert await story.bills() == []
    assert await people(story) == {"ada": "ACTIVE", "olga": "DISABLED", "paul": "DISABLED"}

    paul = await story.ada.id_of("user", "paul@acme.example")
    refusal = await story.ada.refusal("enableUser", userId=paul)
    assert refusal == ("NOT_ENOUGH_SEATS", ["input", "seatGroupId"])

    await story.on("2026-05-01")
    await story.wants(6)
    assert await story.bills() == [("2026-05-01", "SEAT_INCREASE", 6, "417.20")]
    await story.ada.do("enableUser", userId=paul)
    assert await people(story) == {"ada": "ACTIVE", "olga": "DISABLED", "paul": "ACTIVE"}

    await story.on("2026-05-15")
    assert await story.bills() == [("2026-05-15", "RENEWAL", 6, "894.00")]
