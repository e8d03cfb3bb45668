"""A growing company on a yearly subscription."""

from tests import samples
from tests.stories import Story
from tests.world import World


async def test_a_growing_account_pays_for_each_seat_from_its_day_on(world: World) -> None:
    story = Story(world)
    await story.begins(
        "2026-03-01",
        samples.account(seat_groups=[], users=samples.USERS[:3])
        | {
            "subscription": {
                "plan": "enterprise_plus",
                "interval": "YEAR",
                "seats": 10,
                "started_on": "2026-03-01",
            }
        },
    )
    assert await story.bills() == [("2026-03-01", "INITIAL", 10, "17880.00")]

    await story.on("2026-04-15")
    await story.wants(12)
    assert await story.bills() == [("2026-04-15", "SEAT_INCREASE", 2, "3135.12")]

    await story.on("2026-07-01")
    await story.wants(20)
    assert await story.bills() == [("2026-07-01", "SEAT_INCREASE", 8, "9522.94")]

    await story.on("2026-07-31")
    await story.wants(25)
    assert await story.bills() == [("2026-07-31", "SEAT_INCREASE", 5, "5217.04")]

    # Some leave: nothing comes back, and fewer would renew.
    await story.on("2026-10-31")
    await story.wants(22)
    assert await story.seats() == (25, 22)
    assert await story.next_bill() == "39336.00"

    await story.on("2026-11-10")
    await story.wants(24)
    assert await story.seats() == (25, 24)
    assert await story.bills() == []

    # Growth again: only what goes beyond the 25 paid for is billed.
    await story.on("2026-12-24")
    await story.wants(30)
    assert await story.seats() == (30, None)
    assert await story.bills() == [("2026-12-24", "SEAT_INCREASE", 5, "1641.04")]

    await story.on("2027-02-28")
    await story.wants(31)
    assert await story.bills() == [("2027-02-28", "SEAT_INCREASE", 1, "4.90")]
    assert await story.next_bill() == "55428.00"

    await story.on("2027-03-01")
    assert await story.bills() == [("2027-03-01", "RENEWAL", 31, "55428.00")]
    await story.wants(32)
    assert await story.bills() == [("2027-03-01", "SEAT_INCREASE", 1, "1788.00")]

    # The year to 1 March 2028 has 366 days.
    await story.on("2027-09-15")
    await story.wants(35)
    assert await story.bills() == [("2027-09-15", "SEAT_INCREASE", 3, "2462.16")]


async def test_a_yearly_account_cancels_changes_its_mind_grows_and_ends(world: World) -> None:
    story = Story(world)
    await story.begins("2026-03-01", samples.account())
    assert await story.bills() == [("2026-03-01", "INITIAL", 60, "107280.00")]

    await story.on("2026-05-02")
    await story.ada.do("cancelSubscription")
    assert await story.next_bill() is None

    await story.on("2026-06-20")
    await story.ada.do("resumeSubscription")
    assert await story.next_bill() == "107280.00"

    await story.on("2026-08-14")
    await story.ada.do("cancelSubscription")

    # More seats after the cancellation are paid for up to the end, and it still ends.
    await story.on("2026-10-01")
    await story.wants(65)
    assert await story.bills() == [("2026-10-01", "SEAT_INCREASE", 5, "3698.47")]
    assert await story.next_bill() is None

    await story.on("2026-12-01")
    await story.wants(25)
    assert await story.seats() == (65, 25)

    await story.on("2027-02-28")
    await story.wants(66)
    assert await story.bills() == [("2027-02-28", "SEAT_INCREASE", 1, "4.90")]
    assert await story.status() == "ACTIVE"

    await story.on("2027-03-01")
    assert await story.status() == "CANCELED"
    refusal = await story.ada.refusal("changeUsers", seats=70)
    assert refusal == ("SUBSCRIPTION_CANCELED", None)

    await story.on("2028-03-01")
    assert await story.bills() == []
    assert await story.seats() == (66, None)
