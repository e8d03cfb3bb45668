"""Values that cannot be: each is refused at its place, and nothing changes."""

import copy
import json
from base64 import urlsafe_b64encode
from typing import Any

import pytest

from tests.world import Client, World

CONTROL = {
    "empty": "",
    "blank": " \t ",
    "too long": "x" * 201,
    "much too long": "x" * 300,
    "line break": "two\nlines",
    "null": "a\x00b",
    "escape": "a\x1bb",
    "delete": "a\x7fb",
    "line separator": "a\u2028b",
    "right-to-left override": "a\u202eb",
    "isolate": "a\u2066b",
    "invisible": "\u200b\u200d",
    "private control": "a\x9fb",
    "not a character": "a\uffffb",
}
"""Texts that no name can be."""

EMAILS = {
    "empty": "",
    "no at": "paul.acme.example",
    "two ats": "a@b@acme.example",
    "no name": "@acme.example",
    "no domain": "paul@",
    "blank inside": "pa ul@acme.example",
    "line break": "paul@acme.example\n",
    "header": "paul@acme.example\r\nBcc: x@acme.example",
    "null": "pa\x00ul@acme.example",
    "displayed": "Paul <paul@acme.example>",
    "two dots": "paul..x@acme.example",
    "dot at the end": "paul.@acme.example",
    "too long": f"x@{'acme.' * 60}example",
    "no top level": "paul@localhost",
    "address": "paul@[127.0.0.1]",
    "override": "pa\u202eul@acme.example",
}
COUNTRIES = {
    "empty": "",
    "one letter": "U",
    "three letters": "USA",
    "nowhere": "ZZ",
    "number": "84",
    "name": "Germany",
    "blank": "  ",
    "grows to two letters": "ß",
    "ligature": "\ufb01",
    "null": "U\x00",
}
SEATS = {"negative": -1, "very negative": -(2**31), "too many": 1_000_001, "most": 2**31 - 1}

ADDRESS = {"line1": "1 Main Street", "postalCode": "1", "city": "Town", "countryCode": "US"}
KEYS = {
    "empty": "",
    "blank": " ",
    "too long": "x" * 256,
    "null": "a\x00b",
    "line break": "a\nb",
}
REFERENCES = {"too long": "x" * 65, "null": "a\x00b", "override": "a\u202eb", "line break": "a\nb"}

INPUTS: dict[str, dict[str, Any]] = {
    "changeUsers": {"seats": 61},
    "cancelSubscription": {},
    "resumeSubscription": {},
    "createSeatGroup": {"name": "New", "seats": 1},
    "updateSeatGroup": {"seatGroupId": "@Sales", "name": "New"},
    "allocateSeats": {"allocations": [{"seatGroupId": "@Sales", "seats": 6}]},
    "inviteUser": {"email": "new@acme.example", "name": "New"},
    "updateBillingDetails": {"address": ADDRESS},
}
"""Inputs that are accepted; each case below spoils one part."""

CASES: list[tuple[str, str, dict[str, Any]]] = [
    ("changeUsers", "seats", SEATS),
    ("changeUsers", "purchaseOrderNumber", REFERENCES),
    ("changeUsers", "idempotencyKey", KEYS),
    ("cancelSubscription", "idempotencyKey", KEYS),
    ("resumeSubscription", "idempotencyKey", KEYS),
    ("createSeatGroup", "name", CONTROL),
    ("createSeatGroup", "seats", SEATS),
    ("createSeatGroup", "idempotencyKey", KEYS),
    ("updateSeatGroup", "name", CONTROL),
    ("allocateSeats", "allocations.0.seats", SEATS),
    ("allocateSeats", "allocations", {"empty": []}),
    ("allocateSeats", "idempotencyKey", KEYS),
    ("inviteUser", "name", CONTROL),
    ("inviteUser", "email", EMAILS),
    ("inviteUser", "idempotencyKey", KEYS),
    ("updateBillingDetails", "billingEmail", EMAILS),
    ("updateBillingDetails", "legalName", CONTROL),
    ("updateBillingDetails", "taxId", REFERENCES),
    ("updateBillingDetails", "purchaseOrderNumber", REFERENCES),
    ("updateBillingDetails", "locale", {"unknown": "xx-XX", "path": "../de", "empty": " "}),
    ("updateBillingDetails", "address.line1", CONTROL),
    ("updateBillingDetails", "address.city", CONTROL),
    ("updateBillingDetails", "address.line2", REFERENCES | {"too long": "x" * 201}),
    ("updateBillingDetails", "address.region", REFERENCES | {"too long": "x" * 201}),
    ("updateBillingDetails", "address.postalCode", REFERENCES | {"too long": "x" * 201}),
    ("updateBillingDetails", "address.countryCode", COUNTRIES),
]
"""Mutation, path of the part, and values that it cannot have."""

STATE = """{ account {
  name timeZone subscription { seats pendingSeats version cancelAtPeriodEnd }
  billingDetails { billingEmail legalName address { line1 line2 city } taxId purchaseOrderNumber }
  seatGroups { edges { node { id name seats } } }
  users { edges { node { id email name status } } }
  invoices { totalCount } activity { totalCount }
} }"""


async def load(world: World) -> tuple[Client, str]:
    """A billing administrator of the sample account, and the id of Sales."""
    await world.load()
    ada = world.client("ada")
    return ada, await ada.id_of("group", "Sales")


async def post(client: Client, query: str, variables: dict[str, Any]) -> dict[str, Any]:
    """The answer to a body in which every character that is not ASCII is escaped."""
    body = json.dumps({"query": query, "variables": variables})
    headers = {"Authorization": f"Bearer {client.token}", "Content-Type": "application/json"}
    response = await client.http.post("/graphql", content=body, headers=headers)
    answer: dict[str, Any] = response.json()
    return answer


def spoiled(mutation: str, path: str, value: Any, sales: str) -> dict[str, Any]:
    """The mutation's input with one value that cannot be."""
    given = copy.deepcopy(INPUTS[mutation])
    *steps, last = path.split(".")
    part: Any = given
    for step in steps:
        part = part[int(step) if isinstance(part, list) else step]
    part[last] = value
    for holder in (given, *given.get("allocations", [])):
        if "seatGroupId" in holder:
            holder["seatGroupId"] = sales
    return given


def document(mutation: str) -> str:
    """The mutation with its one input as a variable."""
    name = f"{mutation[0].upper()}{mutation[1:]}Input"
    fields = "userErrors { code message field }"
    return f"mutation($input: {name}!) {{ {mutation}(input: $input) {{ {fields} }} }}"


@pytest.mark.parametrize(
    ("mutation", "path", "values"), CASES, ids=[f"{mutation} {path}" for mutation, path, _ in CASES]
)
async def test_a_value_that_cannot_be_is_invalid_at_its_place(
    sqlite_world: World, mutation: str, path: str, values: dict[str, Any]
) -> None:
    ada, sales = await load(sqlite_world)
    before = await ada.data(STATE)
    wrong = {}
    for label, value in values.items():
        given = spoiled(mutation, path, value, sales)
        answer = await ada.send(document(mutation), input=given)
        errors = ((answer.get("data") or {}).get(mutation) or {}).get("userErrors", [])
        if [(error["code"], error["field"]) for error in errors] != [
            ("INVALID", ["input", *path.split(".")])
        ]:
            wrong[label] = answer
    assert wrong == {}
    assert await ada.data(STATE) == before


@pytest.mark.parametrize("mutation", INPUTS)
async def test_the_input_that_the_cases_spoil_is_accepted(
    sqlite_world: World, mutation: str
) -> None:
    ada, sales = await load(sqlite_world)
    given = json.loads(json.dumps(INPUTS[mutation]).replace("@Sales", sales))
    await ada.do(mutation, **given)


@pytest.mark.parametrize(
    "given", [{"name": "\ud800", "seats": 1}, {"name": "a\udfffb", "seats": 1}, {"\ud800": 2}]
)
async def test_half_a_character_is_no_json(sqlite_world: World, given: dict[str, Any]) -> None:
    ada, _ = await load(sqlite_world)
    answer = await post(ada, document("createSeatGroup"), {"input": given})
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["BAD_REQUEST"]


@pytest.mark.parametrize("text", ["a\x00b", "\uffff", "%_\\"])
async def test_search_takes_any_text(world: World, text: str) -> None:
    ada, _ = await load(world)
    query = "query($text: String) { account { users(filter: { search: $text }) { totalCount } } }"
    answer = await post(ada, query, {"text": text})
    assert answer["data"] == {"account": {"users": {"totalCount": 0}}}


@pytest.mark.parametrize("character", ["\ufdfa", "\u0390", "𝔘"])
async def test_a_name_of_200_characters_in_any_script_is_accepted(
    world: World, character: str
) -> None:
    ada, _ = await load(world)
    name = character * 200
    payload = await ada.do("createSeatGroup", "seatGroup { name }", name=name, seats=1)
    assert payload["seatGroup"] == {"name": name}
    await ada.do("inviteUser", email="new@acme.example", name=name)


@pytest.mark.parametrize("email", [f"{'ΐ' * 110}@{'x' * 20}.example", "ß@straße.example"])
async def test_an_address_in_any_script_is_accepted_or_invalid(world: World, email: str) -> None:
    ada, _ = await load(world)
    payload = await ada.mutate("inviteUser", email=email, name="New")
    assert [error["code"] for error in payload["userErrors"]] in ([], ["INVALID"])


@pytest.mark.parametrize("name", ["Ünïcode 営業部", "مبيعات", "R&D <b>", "O'Hara; --", "🙂"])
async def test_a_name_in_any_script_is_kept_as_it_is(sqlite_world: World, name: str) -> None:
    ada, _ = await load(sqlite_world)
    payload = await ada.do("createSeatGroup", "seatGroup { name }", name=f" {name} ", seats=1)
    assert payload["seatGroup"] == {"name": name}


WRONG_TYPES = [
    ("changeUsers", {"seats": 1.5}),
    ("changeUsers", {"seats": 2**31}),
    ("changeUsers", {"seats": -(2**31) - 1}),
    ("changeUsers", {"seats": 1e300}),
    ("changeUsers", {"seats": "5"}),
    ("changeUsers", {"seats": True}),
    ("changeUsers", {"seats": None}),
    ("changeUsers", {}),
    ("changeUsers", {"seats": 61, "surprise": 1}),
    ("changeUsers", {"seats": 61, "expectedVersion": 0.5}),
    ("createSeatGroup", {"name": "New", "seats": 2**31}),
    ("createSeatGroup", {"name": "New", "seats": 0.1}),
    ("createSeatGroup", {"name": 5, "seats": 1}),
    ("createSeatGroup", {"name": None, "seats": 1}),
    ("createSeatGroup", {"name": "New", "seats": 1, "administratorIds": [None]}),
    ("allocateSeats", {"allocations": [None]}),
    ("allocateSeats", {"allocations": [{"seatGroupId": "x", "seats": 1.5}]}),
    ("inviteUser", {"email": "new@acme.example", "name": ["New"]}),
    ("inviteUser", {"email": {}, "name": "New"}),
    ("setProductPermission", {"userId": "x", "productId": "x", "role": "KING"}),
    ("setProductPermission", {"userId": 1.5, "productId": "x"}),
    ("setAdministrator", {"userId": "x", "administrator": "yes"}),
    ("updateLicenseManagement", {"seatGroupRequired": 1}),
    ("updateBillingDetails", {"address": {"line1": "1 Main Street"}}),
]


@pytest.mark.parametrize(("mutation", "given"), WRONG_TYPES)
async def test_what_no_valid_client_sends_is_refused_by_graphql(
    sqlite_world: World, mutation: str, given: dict[str, Any]
) -> None:
    ada, _ = await load(sqlite_world)
    before = await ada.data(STATE)
    answer = await post(ada, document(mutation), {"input": given})
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"BAD_USER_INPUT"}
    assert "data" not in answer
    assert await ada.data(STATE) == before


@pytest.mark.parametrize(
    "seats", ["1.5", "2147483648", "-2147483649", '"5"', "true", "null", "[1]"]
)
async def test_a_literal_that_does_not_fit_does_not_validate(
    sqlite_world: World, seats: str
) -> None:
    ada, _ = await load(sqlite_world)
    query = f"mutation {{ changeUsers(input: {{ seats: {seats} }}) {{ userErrors {{ code }} }} }}"
    answer = await ada.send(query)
    assert {error["extensions"]["code"] for error in answer["errors"]} == {
        "GRAPHQL_VALIDATION_FAILED"
    }


def cursor(*values: Any) -> str:
    """A cursor of our own making."""
    return urlsafe_b64encode(json.dumps(values).encode()).decode()


CURSORS = {
    "empty": "",
    "nonsense": "nonsense",
    "not ASCII": "é",
    "no list": urlsafe_b64encode(b"5").decode(),
    "null": urlsafe_b64encode(b"null").decode(),
    "too short": cursor(),
    "too long": cursor("a", "b", "c"),
    "objects": cursor({}, {}),
    "infinity": urlsafe_b64encode(b"[Infinity]").decode(),
    "not a number": urlsafe_b64encode(b"[NaN]").decode(),
    "huge": cursor(10**30),
    "huge, negative": cursor(-(10**30)),
    "nested": urlsafe_b64encode(b"[" * 5000).decode(),
}


async def codes_of(client: Client, connection: str, after: str) -> list[str]:
    """The codes of the errors that a cursor brings."""
    query = (
        f"query($after: String) {{ account {{ {connection}(after: $after) {{ totalCount }} }} }}"
    )
    answer = await post(client, query, {"after": after})
    return [error["extensions"]["code"] for error in answer.get("errors", [])]


@pytest.mark.parametrize("connection", ["users", "invoices"])
async def test_a_cursor_of_no_connection_is_refused(world: World, connection: str) -> None:
    ada, _ = await load(world)
    codes = {label: await codes_of(ada, connection, after) for label, after in CURSORS.items()}
    assert {label: found for label, found in codes.items() if found != ["BAD_USER_INPUT"]} == {}


@pytest.mark.parametrize("name", ["\x00", "\ud800", {}])
async def test_a_cursor_that_names_what_cannot_be_is_no_internal_error(
    world: World, name: object
) -> None:
    ada, _ = await load(world)
    after = cursor(name, "0192d3a0-0000-7000-8000-000000000000")
    assert await codes_of(ada, "users", after) in ([], ["BAD_USER_INPUT"])


MANY = 2000


@pytest.mark.parametrize(
    ("mutation", "given"),
    [
        ("createSeatGroup", {"name": "New", "seats": 1, "administratorIds": ["@"] * MANY}),
        ("assignSeatGroup", {"userIds": ["@"] * 1000}),
        ("allocateSeats", {"allocations": [{"seatGroupId": "@", "seats": 1}] * MANY}),
    ],
)
async def test_very_many_unknown_ids_are_not_found(
    sqlite_world: World, mutation: str, given: dict[str, Any]
) -> None:
    ada, _ = await load(sqlite_world)
    code, _ = await ada.refusal(mutation, **given)
    assert code == "NOT_FOUND"


async def test_an_address_without_a_postal_code_is_accepted(sqlite_world: World) -> None:
    ada, _ = await load(sqlite_world)
    fields = "account { billingDetails { address { postalCode countryCode } } }"
    address = ADDRESS | {"postalCode": "", "countryCode": "ie"}
    payload = await ada.do("updateBillingDetails", fields, address=address)
    shown = payload["account"]["billingDetails"]["address"]
    assert shown == {"postalCode": "", "countryCode": "IE"}
