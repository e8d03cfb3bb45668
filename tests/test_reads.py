"""Reads that go together answer what they answer alone."""

import asyncio
import logging
from typing import Any

import pytest

from models.invoices import Invoice
from models.seat_groups import SeatGroup
from models.users import User
from services import database, reads
from services.reads import Read, apart, merged
from services.rows import Query
from tests import samples
from tests.world import World

PAGE = """{ account {
  subscription { seats plan { name } }
  seatGroups(first: 2) { edges { node { name } } pageInfo { hasNextPage } }
  invoices(first: 3) { edges { node { number issuedOn total { amount } } } }
} }"""


def sent(caplog: pytest.LogCaptureFixture) -> list[str]:
    said = [record.getMessage() for record in caplog.records if record.name.startswith("tortoise")]
    return [line for line in said if "SELECT" in line]


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_what_a_page_reads_at_the_same_time_is_one_statement(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    await world.load(samples.account())
    ada = world.client("ada")
    with caplog.at_level(logging.DEBUG, logger="tortoise.db_client"):
        page = (await ada.data(PAGE))["account"]
    # The caller's look-up, and the page.
    assert len(sent(caplog)) == 2
    assert page["subscription"]["plan"]["name"]
    assert len(page["seatGroups"]["edges"]) == 2


LINES = """query($first: Int, $after: String, $last: Int, $before: String) { account {
  invoices(first: $first, after: $after, last: $last, before: $before) {
    edges { cursor node { id ...Lines } }
  }
} } fragment Lines on Invoice { lines { description quantity amount { amount } } }"""
LINES_ALONE = (
    "query($id: ID!) { node(id: $id) { ... on Invoice { ...Lines } } }" + LINES.partition("} } ")[2]
)


async def test_lines_read_with_a_page_of_invoices_are_those_of_each_alone(world: World) -> None:
    await world.load(samples.account(), samples.account(code="beta"))
    ada = world.client("ada")
    for seats in range(61, 66):
        await ada.do("changeUsers", seats=seats)
    edges = (await ada.data(LINES))["account"]["invoices"]["edges"]
    alone = {
        edge["node"]["id"]: (await ada.data(LINES_ALONE, id=edge["node"]["id"]))["node"]["lines"]
        for edge in edges
    }
    assert all(alone.values())
    second, fourth = edges[1]["cursor"], edges[3]["cursor"]
    asked: list[dict[str, Any]] = [{}, {"first": 2}, {"first": 2, "after": second}, {"last": 2}]
    asked += [{"last": 1, "before": fourth}, {"first": 0}]
    for page in asked:
        found = (await ada.data(LINES, **page))["account"]["invoices"]["edges"]
        assert {edge["node"]["id"]: edge["node"]["lines"] for edge in found} == {
            edge["node"]["id"]: alone[edge["node"]["id"]] for edge in found
        }
        assert found or page == {"first": 0}


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_invoices_and_their_lines_are_one_statement(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    await world.load(samples.account())
    ada = world.client("ada")
    with caplog.at_level(logging.DEBUG, logger="tortoise.db_client"):
        await ada.data(LINES)
    # The caller's look-up, and the page.
    assert len(sent(caplog)) == 2


def content(row: Any) -> Any:
    """What an object or a view of a row holds."""
    return row if isinstance(row, tuple) else vars(row)


async def test_reads_together_find_what_each_finds_alone(world: World) -> None:
    await world.load(samples.account(), samples.account(code="beta"))
    queries: list[Query[Any]] = [
        Query(User).sorted("name_key, id"),
        Query(SeatGroup).where("name = ?", "no such group"),
        Query(Invoice).sorted("account_id, sequence DESC", 3),
        Query(SeatGroup).without("name_key").sorted("account_id, name_key"),
        Query(User).where("last_active_at IS NULL").sorted("id", 5),
    ]
    alone = [await query.all() for query in queries]
    with reads.together():
        at_once = await asyncio.gather(*(query.all() for query in queries))
    assert [list(map(content, rows)) for rows in at_once] == [
        list(map(content, rows)) for rows in alone
    ]
    assert any(alone)
    assert alone[1] == []


async def test_a_read_that_fails_fails_alone_or_with_those_it_went_with(world: World) -> None:
    with reads.together():
        found = await asyncio.gather(
            Query(User).where("no_such_column = ?", 1).all(),
            Query(User).all(),
            return_exceptions=True,
        )
        assert isinstance(found[0], database.FAILURES)
        assert await Query(User).all() == []


async def test_a_read_inside_a_transaction_is_the_transaction_s(world: World) -> None:
    await world.load(samples.account())
    before = len(await Query(User).all())
    with reads.together():
        async with database.writing():
            user = (await Query(User).all())[0]
            assert user.status
            await database.fetch("UPDATE users SET name = 'Renamed' WHERE id = ?", user.id)
            inside = await Query(User).where("name = ?", "Renamed").all()
    assert len(inside) == 1
    assert len(await Query(User).all()) == before


async def test_more_reads_than_one_statement_takes(world: World) -> None:
    await world.load(samples.account())
    names = sorted(user.name for user in await Query(User).all())
    with reads.together():
        found = await asyncio.gather(
            *(Query(User).where("name = ?", name).all() for name in names * 5)
        )
    assert [row.name for rows in found for row in rows] == names * 5


def test_records_come_apart_as_they_were_merged() -> None:
    first = Read("SELECT a, b FROM x WHERE c = ?", ("a", "b"), (1,))
    second = Read("SELECT d FROM y", ("d",), ())
    assert merged(((first.sql, first.columns), (second.sql, second.columns))) == (
        "SELECT * FROM (SELECT array_agg(q.a) AS a0_0, array_agg(q.b) AS a0_1 "
        "FROM (SELECT a, b FROM x WHERE c = ?) q) q0, "
        "(SELECT array_agg(q.d) AS a1_0 FROM (SELECT d FROM y) q) q1"
    )
    assert apart(([1, 2], ["x", None], None), [first, second]) == [[(1, "x"), (2, None)], []]
