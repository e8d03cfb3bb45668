"""Statements: the cost of a page does not grow with its rows."""

import logging

import pytest

from tests import samples
from tests.world import Client, World

PAGE = """query($rows: Int!) {
  viewer { name }
  account {
    name
    subscription {
      seats seatsUsed seatsAvailable seatsAllocated pendingSeats version
      plan { name } unitPrice { formatted } currentPeriod { start end }
    }
    seatGroups(first: $rows) {
      edges { node { name seats seatsUsed seatsAvailable administrators { name } } }
    }
    users(first: $rows) {
      edges {
        node {
          name seatGroup { name } administeredSeatGroups { name }
          productPermissions { role product { name } }
        }
      }
    }
    invoices(first: $rows) {
      edges { cursor node { number total { formatted } lines { description } } }
      pageInfo { hasNextPage }
    }
    activity(first: $rows) { edges { node { summary actor { name } } } }
  }
}"""


async def statements(client: Client, caplog: pytest.LogCaptureFixture, rows: int) -> list[str]:
    caplog.clear()
    with caplog.at_level(logging.DEBUG, logger="tortoise.db_client"):
        await client.data(PAGE, rows=rows)
    return [record.getMessage() for record in caplog.records if "SELECT" in record.getMessage()]


async def test_the_billing_page_takes_as_many_statements_for_a_hundred_rows_as_for_ten(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    users = [
        {
            "email": f"user{number}@acme.example",
            "name": f"User {number}",
            "permissions": {"roadmap": "CONTRIBUTOR", "docs": "VIEWER"},
            "seat_group": "Marketing" if number % 2 else None,
        }
        for number in range(30)
    ]
    await world.load(samples.account(users=[*samples.USERS, *users]))
    ada = world.client("ada")
    for seats in range(61, 71):
        await ada.do("changeUsers", seats=seats)
    ten = await statements(ada, caplog, rows=10)
    hundred = await statements(ada, caplog, rows=100)
    assert len(hundred) == len(ten), "\n".join(hundred)
    assert len(ten) <= 26
