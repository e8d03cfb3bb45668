"""Changing users: setting the total of seats."""

from tests.world import World


async def test_change_users_bills_more_seats_at_once_to_the_period_s_end(world: World) -> None:
    await world.load()
    ada = world.client("ada")
    payload = await ada.do(
        "changeUsers",
        "subscription { seats version } invoice { number total { amount } lines { description } }",
        seats=65,
        expectedVersion=1,
    )
    assert payload["subscription"] == {"seats": 65, "version": 2}
    # 5 seats x 1788.00 x 243 of 365 days
    assert payload["invoice"] == {
        "number": "ACME-00002",
        "total": {"amount": "5951.84"},
        "lines": [{"description": "Enterprise+, 5 added seats, 243 of 365 days"}],
    }
