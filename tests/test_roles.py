"""Who may do what: the table of the rules, asked of every role, field and mutation.

A field of Query or Account and a mutation that has no row here fails a test.
"""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from graphql import GraphQLObjectType, build_schema

from schema.root import schema
from tests import samples
from tests.world import World

ROLES = {
    "billing administrator": "ada",
    "administrator": "adam",
    "product owner": "olga",
    "group administrator": "grace",
    "other user": "paul",
}
"""The columns of the table, and who stands for each."""

SETTINGS: dict[str, dict[str, bool]] = {
    "open": {},
    "restricted": {"onlyBillingAdministratorsManageUsers": True},
    "required": {"seatGroupRequired": True},
}
"""License management, and the code of the account that has it so."""

CELLS = {
    "Y": {"open", "restricted", "required"},
    "N": set[str](),
    "U": {"open", "required"},
    "G": {"open"},
}
"""Yes; no; unless restricted; unless restricted or, where groups are required, in a group
that is not the role's own. Each under the settings that allow it."""


@dataclass(frozen=True, eq=False)
class Row:
    """A cell for each of ROLES, and what to do: "@name" in the input stands for an id."""

    cells: str
    mutation: str
    input: dict[str, Any]
    about: str = ""


def invite(group: str | None, *products: str, role: str = "VIEWER") -> dict[str, Any]:
    """The input that invites someone into a group, with a role in products."""
    permissions = [{"productId": product, "role": role} for product in products]
    given = {"email": f"{uuid4()}@acme.example", "name": "New", "permissions": permissions}
    return {**given, "seatGroupId": group}


def put(user: str, group: str | None) -> dict[str, Any]:
    """The input that puts one user into a group."""
    return {"userIds": [user], "seatGroupId": group}


def role(user: str, product: str, role: str) -> dict[str, Any]:
    """The input that gives a user a role."""
    return {"userId": user, "productId": product, "role": role}


OWN, OWN_TOO, OTHER = "@Marketing", "@Design", "@Sales"
"""The groups: grace administers two, nobody Sales. olga owns Roadmap, nobody Docs."""

MUTATIONS = [
    Row("YNNNN", "changeUsers", {"seats": 61}),
    Row("YNNNN", "cancelSubscription", {}),
    Row("YNNNN", "resumeSubscription", {}),
    Row("YNNNN", "updateBillingDetails", {"legalName": "New"}),
    Row("YNNNN", "createSeatGroup", {"name": "New", "seats": 1}),
    Row("YNNNN", "updateSeatGroup", {"seatGroupId": OWN, "name": "Renamed"}),
    Row("YNNNN", "deleteSeatGroup", {"seatGroupId": "@Spare"}),
    Row("YNNNN", "allocateSeats", {"allocations": [{"seatGroupId": OWN, "seats": 21}]}),
    Row("YNNNN", "updateLicenseManagement", {}),
    Row("YNNNN", "setAdministrator", {"userId": "@paul", "administrator": True}),
    Row("YYYYY", "createAccessToken", {"name": "New", "scopes": ["READ"]}),
    Row("YYYYY", "revokeAccessToken", {"accessTokenId": "@token"}, "one's own"),
    Row("YUNNN", "inviteUser", invite(None), "into no group, no role"),
    Row("YUUNN", "inviteUser", invite(None, "@Roadmap"), "own product"),
    Row("YUNNN", "inviteUser", invite(None, "@Docs"), "other product"),
    Row("YUNNN", "inviteUser", invite(None, "@Roadmap", "@Docs"), "both products"),
    Row("YGNYN", "inviteUser", invite(OWN), "own group"),
    Row("YGGYN", "inviteUser", invite(OWN, "@Roadmap"), "own group, own product"),
    Row("YGNYN", "inviteUser", invite(OWN, "@Docs"), "own group, other product"),
    Row("YGGYN", "inviteUser", invite(OWN, "@Roadmap", role="OWNER"), "paid"),
    Row("YGNNN", "inviteUser", invite(OTHER), "other group"),
    Row("YGGNN", "inviteUser", invite(OTHER, "@Roadmap"), "other group, own product"),
    Row("YUNYN", "disableUser", {"userId": "@mia"}, "own member"),
    Row("YUNNN", "disableUser", {"userId": "@sam"}, "other member"),
    Row("YUNNN", "disableUser", {"userId": "@uma"}, "no group"),
    Row("YUNNN", "disableUser", {"userId": "@olga"}, "no group, oneself for an owner"),
    Row("YGNYN", "enableUser", {"userId": "@dora"}, "own member"),
    Row("YGNNN", "enableUser", {"userId": "@sid"}, "other member"),
    Row("YUNNN", "enableUser", {"userId": "@dan"}, "no group"),
    Row("YGNNN", "enableUser", {"userId": "@dan", "seatGroupId": OWN}, "into own group"),
    Row("YGNYN", "enableUser", {"userId": "@mia", "seatGroupId": OWN_TOO}, "own to own"),
    Row("YGNNN", "enableUser", {"userId": "@mia", "seatGroupId": OTHER}, "own to other"),
    Row("YGNYN", "assignSeatGroup", put("@mia", OWN_TOO), "own to own"),
    Row("YGNNN", "assignSeatGroup", put("@mia", OTHER), "own to other"),
    Row("YGNNN", "assignSeatGroup", put("@sam", OWN), "other to own"),
    Row("YGNNN", "assignSeatGroup", put("@uma", OWN), "none to own"),
    Row("YUNNN", "assignSeatGroup", put("@fred", None), "own to none"),
    Row("YUUYN", "setProductPermission", role("@mia", "@Roadmap", "OWNER"), "own member"),
    Row("YUNYN", "setProductPermission", role("@mia", "@Docs", "OWNER"), "other product"),
    Row("YGGYN", "setProductPermission", role("@fern", "@Roadmap", "OWNER"), "becomes paid"),
    Row("YUUNN", "setProductPermission", role("@uma", "@Roadmap", "VIEWER"), "no group"),
    Row("YUNNN", "setProductPermission", role("@uma", "@Docs", "VIEWER"), "neither"),
    Row("YUUNN", "setProductPermission", role("@sam", "@Roadmap", "OWNER"), "other member"),
    Row("YUNNN", "setProductPermission", role("@paul", "@Docs", "OWNER"), "oneself"),
]

QUERY_FIELDS = {
    "node": "node(id: $me) { id }",
    "nodes": "nodes(ids: [$me]) { id }",
    "viewer": "viewer { email }",
    "account": "account { id }",
    "plans": "plans { code }",
}
"""For everyone."""

ACCOUNT_FIELDS = {
    "id": ("YYYYY", "id"),
    "name": ("YYYYY", "name"),
    "timeZone": ("YYYYY", "timeZone"),
    "currency": ("YYYYY", "currency"),
    "products": ("YYYYY", "products { name }"),
    "licenseManagement": ("YYYYY", "licenseManagement { seatGroupRequired }"),
    "subscription": ("YNNNN", "subscription { seats }"),
    "billingDetails": ("YNNNN", "billingDetails { legalName }"),
    "invoices": ("YNNNN", "invoices { totalCount edges { node { number } } }"),
    "invoiceExport": ("YNNNN", "invoiceExport { invoiceCount csvUrl }"),
    "activity": ("YNNNN", "activity { totalCount edges { node { summary } } }"),
    "accessTokens": ("YNNNN", "accessTokens { totalCount edges { node { name } } }"),
    "seatGroups": ("YYYYN", "seatGroups { totalCount edges { node { name } } }"),
    "users": ("YYYYN", "users { totalCount edges { node { email } } }"),
}


def allows(cells: str, who: str, setting: str) -> bool:
    """What the table says."""
    return setting in CELLS[cells[list(ROLES).index(who)]]


def account(setting: str = "open") -> dict[str, Any]:
    """The sample account with more groups and members, under a setting."""
    paid = {"roadmap": "CONTRIBUTOR"}
    more: list[dict[str, Any]] = [
        {"email": "sam@acme.example", "permissions": paid, "seat_group": "Sales"},
        {"email": "fred@acme.example", "seat_group": "Marketing"},
        {"email": "fern@acme.example", "seat_group": "Marketing"},
        {"email": "uma@acme.example"},
    ]
    disabled: list[dict[str, Any]] = [
        {"email": "sid@acme.example", "permissions": paid, "seat_group": "Sales"},
        {"email": "dora@acme.example", "permissions": paid, "seat_group": "Marketing"},
        {"email": "dan@acme.example"},
    ]
    more = [{**user, "name": "Someone"} for user in more]
    more += [{**user, "name": "Someone", "status": "DISABLED"} for user in disabled]
    grace = ["grace@acme.example"]
    groups = [
        {"name": "Marketing", "seats": 20, "administrators": grace},
        {"name": "Design", "seats": 5, "administrators": grace},
        {"name": "Sales", "seats": 5},
        {"name": "Spare", "seats": 0},
    ]
    users = [*samples.USERS, *more]
    return samples.account(code=setting, users=users, seat_groups=groups)


async def apply(world: World, setting: str) -> None:
    """Turns a setting on in the account of its name."""
    ada = world.client("ada", setting)
    await ada.do("updateLicenseManagement", **SETTINGS[setting])


async def ids_by_name(world: World, setting: str) -> dict[str, str]:
    """The ids of the account's objects by "@name"."""
    found = await world.client("ada", setting).data(
        """{ account { products { id name } seatGroups { edges { node { id name } } }
             users { edges { node { id name: email } } } } }"""
    )
    named = found["account"]["products"]
    named += [edge["node"] for edge in found["account"]["seatGroups"]["edges"]]
    named += [edge["node"] for edge in found["account"]["users"]["edges"]]
    return {f"@{node['name'].partition('@')[0]}": node["id"] for node in named}


def resolved(value: Any, ids: dict[str, str]) -> Any:
    """The input with ids for names."""
    if isinstance(value, dict):
        return {key: resolved(part, ids) for key, part in value.items()}
    if isinstance(value, list):
        return [resolved(part, ids) for part in value]
    return ids.get(value, value) if isinstance(value, str) else value


def document(mutation: str) -> str:
    """The mutation with its one input as a variable."""
    name = f"{mutation[0].upper()}{mutation[1:]}Input"
    return f"mutation($input: {name}!) {{ {mutation}(input: $input) {{ userErrors {{ code }} }} }}"


async def entries(world: World, setting: str) -> int:
    """How many things were done to the account."""
    query = "{ account { activity { totalCount } } }"
    count: int = (await world.client("ada", setting).data(query))["account"]["activity"][
        "totalCount"
    ]
    return count


async def outcome(world: World, who: str, setting: str, row: Row, ids: dict[str, str]) -> str:
    """What came of a row: done, FORBIDDEN (and then nothing has changed), or what else."""
    before = await entries(world, setting)
    wanted = resolved(row.input, ids)
    answer = await world.client(ROLES[who], setting).send(document(row.mutation), input=wanted)
    if answer == {"data": {row.mutation: {"userErrors": []}}}:
        return "done"
    errors = [(error["extensions"]["code"], error["path"]) for error in answer.get("errors", [])]
    forbidden = errors == [("FORBIDDEN", [row.mutation])] and answer["data"] is None
    return "FORBIDDEN" if forbidden and await entries(world, setting) == before else str(answer)


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("who", ROLES)
async def test_a_role_does_what_the_table_says(sqlite_world: World, who: str, setting: str) -> None:
    await sqlite_world.load(account(setting))
    await apply(sqlite_world, setting)
    ids = await ids_by_name(sqlite_world, setting)
    made = await sqlite_world.client(ROLES[who], setting).do(
        "createAccessToken", "accessToken { id }", name="Old", scopes=["READ"]
    )
    ids["@token"] = made["accessToken"]["id"]
    # What is forbidden changes nothing: asked first, it leaves all rows their beginning.
    rows = sorted(MUTATIONS, key=lambda row: allows(row.cells, who, setting))
    told = {row: "done" if allows(row.cells, who, setting) else "FORBIDDEN" for row in rows}
    done = {row: await outcome(sqlite_world, who, setting, row, ids) for row in rows}
    assert {row: said for row, said in done.items() if said != told[row]} == {}


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("who", ROLES)
async def test_a_role_reads_what_the_table_says(
    sqlite_world: World, who: str, setting: str
) -> None:
    await sqlite_world.load(account(setting))
    await apply(sqlite_world, setting)
    fields = " ".join(selection for _, selection in ACCOUNT_FIELDS.values())
    answer = await sqlite_world.client(ROLES[who], setting).send(f"{{ account {{ {fields} }} }}")
    denied = {
        name for name, (cells, _) in ACCOUNT_FIELDS.items() if not allows(cells, who, setting)
    }
    shown = answer["data"]["account"]
    assert {name for name, value in shown.items() if value is None} == denied
    errors = answer.get("errors", [])
    assert all(error["extensions"]["code"] == "FORBIDDEN" for error in errors)
    assert sorted(error["path"] for error in errors) == sorted(["account", name] for name in denied)


@pytest.mark.parametrize("who", ROLES)
async def test_every_role_asks_every_field_of_query(sqlite_world: World, who: str) -> None:
    await sqlite_world.load(account())
    me = (await ids_by_name(sqlite_world, "open"))[f"@{ROLES[who]}"]
    fields = " ".join(QUERY_FIELDS.values())
    client = sqlite_world.client(ROLES[who], "open")
    data = await client.data(f"query($me: ID!) {{ {fields} }}", me=me)
    assert data["node"] == {"id": me}
    assert data["viewer"] == {"email": f"{ROLES[who]}@acme.example"}


@pytest.mark.parametrize(
    ("type_name", "rows"),
    [
        ("Query", set(QUERY_FIELDS)),
        ("Account", set(ACCOUNT_FIELDS)),
        ("Mutation", {row.mutation for row in MUTATIONS}),
    ],
)
def test_the_table_has_a_row_for_every_field_of_the_schema(type_name: str, rows: set[str]) -> None:
    found = build_schema(schema.as_str()).get_type(type_name)
    assert isinstance(found, GraphQLObjectType)
    assert set(found.fields) == rows


@pytest.mark.parametrize("token", [None, "nonsense"])
@pytest.mark.parametrize("mutation", sorted({row.mutation for row in MUTATIONS}))
async def test_nobody_changes_anything_without_a_token(
    sqlite_world: World, mutation: str, token: str | None
) -> None:
    row = next(row for row in MUTATIONS if row.mutation == mutation)
    code = await sqlite_world.stranger(token).code(document(mutation), input=row.input)
    assert code == "UNAUTHENTICATED"


@pytest.mark.parametrize("field", QUERY_FIELDS)
async def test_nobody_reads_anything_without_a_token(sqlite_world: World, field: str) -> None:
    selection = QUERY_FIELDS[field].replace("$me", '"id"')
    answer = await sqlite_world.stranger().send(f"{{ {selection} }}")
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"UNAUTHENTICATED"}
    assert answer["data"] in (None, {field: None}, {field: [None]})


# --- nested doors: the same rights behind every edge ------------------------------------------


def divided() -> dict[str, Any]:
    """grace administers Marketing with olaf, who sits in Sales and administers that too; mia
    sits in Marketing, sam in Sales."""
    olaf, grace = "olaf@acme.example", "grace@acme.example"
    users = [
        *samples.USERS,
        {"email": olaf, "name": "Olaf Other", "seat_group": "Sales"},
        {"email": "sam@acme.example", "name": "Sam Sales", "seat_group": "Sales"},
    ]
    groups = [
        {"name": "Marketing", "seats": 20, "administrators": [grace, olaf]},
        {"name": "Sales", "seats": 5, "administrators": [olaf]},
    ]
    return samples.account(users=users, seat_groups=groups)


async def test_a_group_administrator_lists_only_its_groups(sqlite_world: World) -> None:
    await sqlite_world.load(divided())
    query = "{ account { seatGroups { totalCount edges { node { name seatsUsed } } } } }"
    found = (await sqlite_world.client("grace").data(query))["account"]["seatGroups"]
    marketing = {"name": "Marketing", "seatsUsed": 2}
    assert found == {"totalCount": 1, "edges": [{"node": marketing}]}


async def test_a_group_administrator_lists_only_its_members(sqlite_world: World) -> None:
    await sqlite_world.load(divided())
    query = "{ account { users { totalCount edges { node { email } } } } }"
    users = (await sqlite_world.client("grace").data(query))["account"]["users"]
    assert users["totalCount"] == 2
    emails = [edge["node"]["email"] for edge in users["edges"]]
    assert emails == ["grace@acme.example", "mia@acme.example"]


@pytest.mark.parametrize("part", ['search: "sam"', "ungrouped: true", "takesSeat: false"])
async def test_a_filter_shows_a_group_administrator_nobody_else(
    sqlite_world: World, part: str
) -> None:
    await sqlite_world.load(divided())
    query = f"{{ account {{ users(filter: {{ {part} }}) {{ totalCount }} }} }}"
    assert (await sqlite_world.client("grace").data(query))["account"]["users"]["totalCount"] == 0


async def test_a_group_administrator_does_not_list_another_group_s_members(
    sqlite_world: World,
) -> None:
    await sqlite_world.load(divided())
    sales = await sqlite_world.client("ada").id_of("group", "Sales")
    query = "query($id: ID!) { account { users(filter: { seatGroupId: $id }) { totalCount } } }"
    found = await sqlite_world.client("grace").data(query, id=sales)
    assert found["account"]["users"]["totalCount"] == 0


async def test_a_group_administrator_sees_its_co_administrators(sqlite_world: World) -> None:
    await sqlite_world.load(divided())
    query = "{ account { seatGroups { edges { node { administrators { email } } } } } }"
    (edge,) = (await sqlite_world.client("grace").data(query))["account"]["seatGroups"]["edges"]
    emails = [user["email"] for user in edge["node"]["administrators"]]
    assert emails == ["grace@acme.example", "olaf@acme.example"]


async def test_a_co_administrator_s_other_groups_stay_hidden(sqlite_world: World) -> None:
    await sqlite_world.load(divided())
    query = """{ account { seatGroups { edges { node { administrators {
        email seatGroup { name } administeredSeatGroups { name }
    } } } } } }"""
    answer = await sqlite_world.client("grace").send(query)
    (edge,) = answer["data"]["account"]["seatGroups"]["edges"]
    olaf = edge["node"]["administrators"][1]
    assert olaf == {
        "email": "olaf@acme.example",
        "seatGroup": None,
        "administeredSeatGroups": [{"name": "Marketing"}],
    }
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "FORBIDDEN"
    assert error["path"][-1] == "seatGroup"


async def test_a_member_sees_itself_but_not_its_group(sqlite_world: World) -> None:
    await sqlite_world.load(divided())
    answer = await sqlite_world.client("mia").send("{ viewer { email seatGroup { name } } }")
    assert answer["data"]["viewer"] == {"email": "mia@acme.example", "seatGroup": None}
    (error,) = answer["errors"]
    assert (error["extensions"]["code"], error["path"]) == ("FORBIDDEN", ["viewer", "seatGroup"])


async def test_everyone_sees_its_own_roles(sqlite_world: World) -> None:
    await sqlite_world.load(divided())
    query = "{ viewer { takesSeat productPermissions { product { name } role } } }"
    roles = [{"product": {"name": "Roadmap"}, "role": "CONTRIBUTOR"}]
    viewer = (await sqlite_world.client("paul").data(query))["viewer"]
    assert viewer == {"takesSeat": True, "productPermissions": roles}


async def test_what_a_group_administrator_did_is_answered_with_its_own_group(
    sqlite_world: World,
) -> None:
    await sqlite_world.load(divided())
    grace = sqlite_world.client("grace")
    fields = "user { seatGroup { name seatsUsed users { totalCount } administrators { email } } }"
    marketing = await grace.id_of("group", "Marketing")
    given = {"email": "new@acme.example", "name": "New", "seatGroupId": marketing}
    group = (await grace.do("inviteUser", fields, **given))["user"]["seatGroup"]
    assert (group["name"], group["seatsUsed"], group["users"]["totalCount"]) == ("Marketing", 2, 3)


@pytest.mark.parametrize("who", ["ada", "adam", "olga"])
async def test_whoever_reads_all_groups_reads_their_members_too(
    sqlite_world: World, who: str
) -> None:
    await sqlite_world.load(divided())
    query = "{ account { seatGroups { edges { node { name users { totalCount } } } } } }"
    edges = (await sqlite_world.client(who).data(query))["account"]["seatGroups"]["edges"]
    members = {edge["node"]["name"]: edge["node"]["users"]["totalCount"] for edge in edges}
    assert members == {"Marketing": 2, "Sales": 2}


async def test_what_any_of_several_roles_grants_is_granted(sqlite_world: World) -> None:
    await sqlite_world.load(divided())
    ada = sqlite_world.client("ada")
    mia = await ada.id_of("user", "mia@acme.example")
    await ada.do("updateLicenseManagement", onlyBillingAdministratorsManageUsers=True)
    grace = await ada.id_of("user", "grace@acme.example")
    await ada.do("setAdministrator", userId=grace, administrator=True)
    await sqlite_world.client("grace").do("disableUser", userId=mia)


async def test_rights_that_are_taken_away_are_gone_at_the_next_request(
    sqlite_world: World,
) -> None:
    await sqlite_world.load(divided())
    ada, adam = sqlite_world.client("ada"), sqlite_world.client("adam")
    query = "{ account { users { totalCount } } }"
    assert (await adam.data(query))["account"]["users"]["totalCount"] == 8
    user_id = await ada.id_of("user", "adam@acme.example")
    await ada.do("setAdministrator", userId=user_id, administrator=False)
    assert await adam.code(query) == "FORBIDDEN"
