"""Every field of every type, every role: shown, or null with FORBIDDEN, as the one table says."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from services.permissions import GRANTS, Grant, Right, Role, Scope
from services.settings import ROOT
from tests.isolation import rights, shape
from tests.isolation.rights import CALLERS, FIELDS, Caller, may_see, right_of, shows
from tests.isolation.twins import objects, survey
from tests.world import Client, World

SUBJECTS = """{ account {
  id subscription { id } products { id } invoices(first: 1) { edges { node { id } } }
  activity(first: 1) { edges { node { id } } } accessTokens(first: 1) { edges { node { id } } }
  seatGroups { edges { node { id name } } } users { edges { node { id name: email } } }
} plans { id } }"""


def test_every_field_that_a_query_can_reach_has_its_row() -> None:
    rows = {kind: " ".join(row.values()).split() for kind, row in FIELDS.items()}
    listed = [(kind, field) for kind, row in rows.items() for field in row]
    assert sorted(listed) == sorted(shape.fields())


def named(value: dict[str, Any]) -> str:
    """What a user or a group is called in `rights`."""
    name: str = value.get("email") or value.get("name") or ""
    return name.partition("@")[0]


async def subjects(ada: Client) -> dict[tuple[str, str], str]:
    """The ids of objects by type and name: all users and groups, one of each other type."""
    found = {}
    for value in objects(await ada.data(SUBJECTS.replace("{ id", "{ __typename id"))):
        if "__typename" in value:
            kind = value["__typename"]
            name = named(value) if kind in ("User", "SeatGroup") else ""
            found[kind, name] = value["id"]
    return found


def asked_of(kind: str) -> str:
    """A query for all fields of an object, each with an error of its own where it is refused."""
    fields = shape.object_type(kind).fields
    shown = [
        f"{name} {'{ __typename }' if shape.leads_to(field) else ''}"
        for name, field in ((shape.head(name, field), field) for name, field in fields.items())
    ]
    every = f"... on {kind} {{ {' '.join(shown)} }}"
    return f"query($id: ID!) {{ node(id: $id) {{ __typename {every} }} }}"


def denied(answer: dict[str, Any]) -> Iterator[str]:
    """The fields of `node` that are refused; "node" for the whole."""
    for error in answer.get("errors", ()):
        assert error["extensions"]["code"] == "FORBIDDEN", error
        assert error["message"] == "You are not allowed to do this.", error
        yield error["path"][-1]


@pytest.mark.parametrize("caller", CALLERS, ids=lambda caller: caller.name)
async def test_a_field_is_shown_to_whoever_has_its_right(twins: World, caller: Caller) -> None:
    wrong = []
    for (kind, name), id in (await subjects(twins.client("ada"))).items():
        answer = await twins.client(caller.name).send(asked_of(kind), id=id)
        expected = {"node"}
        if may_see(caller, kind, name):
            fields = shape.object_type(kind).fields
            expected = {field for field in fields if not shows(caller, kind, name, field)}
            assert all(answer["data"]["node"][field] is None for field in expected)
        else:
            assert answer["data"] == {"node": None}
        if (found := set(denied(answer))) != expected:
            wrong.append(f"{kind} {name}: refused {found}, not {expected}")
    assert wrong == []


@pytest.mark.parametrize("caller", CALLERS, ids=lambda caller: caller.name)
async def test_no_way_through_the_schema_shows_what_the_caller_may_not_see(
    twins: World, caller: Caller
) -> None:
    shown = set()
    for answer in await survey(twins.client(caller.name)):
        list(denied(answer))
        for value in objects(answer["data"]):
            kind = value.get("__typename", "Query")
            if kind in ("User", "SeatGroup"):
                shown.add((kind, named(value)))
                assert may_see(caller, kind, named(value)), (kind, value)
            elif kind not in ("UserConnection", "UserEdge", "SeatGroupConnection", "SeatGroupEdge"):
                assert rights.meets(caller, right_of(kind)), (kind, value)
    assert ("User", caller.name) in shown


# --- the table that people read ----------------------------------------------------------

COLUMNS = (
    Role.BILLING_ADMINISTRATOR,
    Role.ADMINISTRATOR,
    Role.PRODUCT_OWNER,
    Role.GROUP_ADMINISTRATOR,
    Role.USER,
)
ROWS = {
    "read subscription": Right.BILLING,
    "create, change, allocate": Right.CONFIGURE,
    "set administrators": Right.SET_ADMINISTRATORS,
    "read seat groups": Right.READ_SEAT_GROUPS,
    "read users": Right.READ_USERS,
    "invite users": Right.INVITE_USERS,
    "disable and enable": Right.MANAGE_USERS,
    "set product permissions": Right.SET_PERMISSIONS,
    "read itself": Right.READ_SELF,
    "create access tokens": Right.ACCESS_TOKENS,
}
"""How the rows of the table in docs/api.md begin, and the rights that they are about."""


def documented() -> dict[str, list[str]]:
    """The table of docs/api.md: each row's cells."""
    text = (ROOT / "docs/api.md").read_text(encoding="utf-8")
    table = re.search(r"## Who may do what\n((?:\|.*\n)+)", text)
    assert table is not None
    lines = [line.strip("|").split("|") for line in table[1].splitlines()[2:]]
    return {first.strip(): [cell.strip() for cell in cells] for first, *cells in lines}


def meant(cell: str) -> Grant | None:
    """What a cell says."""
    restricted = "unless restricted" in cell
    if cell in ("no", "itself"):
        return None
    if "of its own" in cell:
        return Grant(Scope.OWN)
    if cell in ("yes", "all", "unless restricted"):
        return Grant(Scope.ALL, restricted)
    if "products" in cell:
        return Grant(Scope.OWN_PRODUCTS, restricted)
    assert "groups" in cell or cell == "its own", cell
    return Grant(Scope.OWN_GROUPS, restricted)


def test_the_table_of_the_documentation_is_the_one_that_the_product_decides_by() -> None:
    table = documented()
    found = {}
    for start, right in ROWS.items():
        (cells,) = [cells for first, cells in table.items() if first.startswith(start)]
        found[right] = dict(zip(COLUMNS, map(meant, cells), strict=True))
    assert len(table) == len(ROWS) == len(Right)
    for right, row in found.items():
        # Everyone is a user.
        granted = {role: GRANTS[right].get(role, GRANTS[right].get(Role.USER)) for role in COLUMNS}
        assert row == granted, right
