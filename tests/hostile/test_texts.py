"""Injection through every text: it is refused at its place, or kept and shown as it is."""

import json
import re
import socket
from contextlib import closing
from io import BytesIO
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from pypdf import PdfReader

from services import clock, imports
from services.errors import OperatorError
from services.import_file import ImportFile
from tests import samples
from tests.hostile.served import Served
from tests.hostile.texts import CONTROLS, FORGED, TEXTS, Path, text_paths, written
from tests.isolation import shape
from tests.world import World

pytestmark = pytest.mark.xdist_group("hostile")

ADDRESS = {"line1": "1 Main Street", "postalCode": "1", "city": "Town", "countryCode": "US"}
BASES: dict[str, dict[str, Any]] = {
    "createAccessToken": {"scopes": ["READ"]},
    "changeUsers": {"seats": 60},
    "createSeatGroup": {"name": "New", "seats": 0},
    "updateSeatGroup": {"seatGroupId": "@Group", "name": "New"},
    "allocateSeats": {"allocations": [{"seatGroupId": "@Group", "seats": 5}]},
    "inviteUser": {"email": "new@acme.example", "name": "New"},
    "updateBillingDetails": {"address": ADDRESS},
}
"""What else an input needs, for the text to be looked at."""


def ask(server: Served, query: str, **variables: Any) -> dict[str, Any]:
    """The answer to the billing administrator. Fails on any fault of the server's."""
    headers = {"Authorization": f"Bearer {server.token}", "Content-Type": "application/json"}
    body = json.dumps({"query": query, "variables": variables})
    response = server.client.post("/graphql", content=body, headers=headers)
    assert response.status_code < 500, response.text
    answer: dict[str, Any] = response.json()
    codes = {error["extensions"]["code"] for error in answer.get("errors", ())}
    assert codes <= {"BAD_USER_INPUT", "GRAPHQL_PARSE_FAILED"}, answer
    return answer


def put(given: dict[str, Any], path: Path, text: str) -> dict[str, Any]:
    """The input with a text at a path."""
    changed: dict[str, Any] = json.loads(json.dumps(given))
    part: Any = changed
    for step in path[:-1]:
        part = part[int(step)] if isinstance(part, list) else part.setdefault(step, {})
    part[path[-1]] = text
    return changed


def mutate(server: Served, name: str, given: dict[str, Any]) -> list[str]:
    """The codes with which a mutation is refused; @Group stands for a group's id."""
    text = json.dumps(given)
    if "@Group" in text:
        found = ask(server, "{ account { seatGroups(first: 1) { edges { node { id } } } } }")
        (edge,) = found["data"]["account"]["seatGroups"]["edges"]
        text = text.replace("@Group", edge["node"]["id"])
    kind = f"{name[0].upper()}{name[1:]}Input!"
    query = f"mutation($i: {kind}) {{ {name}(input: $i) {{ userErrors {{ code message }} }} }}"
    answer = ask(server, query, i=json.loads(text))
    if "errors" in answer:
        return ["BAD_USER_INPUT"]
    errors: list[dict[str, str]] = answer["data"][name]["userErrors"]
    assert not [error for error in errors if "\x1b" in error["message"] or "\n" in error["message"]]
    return [error["code"] for error in errors]


COUNTS = "{ account { products { id } users { totalCount } seatGroups { totalCount } } }"


@pytest.mark.parametrize(("name", "path"), written(), ids=lambda value: str(value))
def test_a_text_of_a_mutation_is_taken_as_it_is_or_refused(
    server: Served, name: str, path: Path
) -> None:
    def try_all() -> None:
        before = ask(server, COUNTS)["data"]["account"]["products"]
        for text in TEXTS.values():
            assert set(mutate(server, name, put(BASES.get(name, {}), path, text))) <= {
                "INVALID",
                "NAME_TAKEN",
                "EMAIL_TAKEN",
                "IDEMPOTENCY_KEY_REUSED",
            }
        for text in CONTROLS.values():
            assert mutate(server, name, put(BASES.get(name, {}), path, text)) in (
                ["INVALID"],
                ["BAD_USER_INPUT"],
            )
        assert ask(server, COUNTS)["data"]["account"]["products"] == before

    server.during(try_all)
    told = server.log.read_text(encoding="utf-8", errors="replace")
    assert "\x1b" not in told
    assert FORGED not in told.splitlines()


def reading() -> list[tuple[str, str, Path]]:
    """Each text that a field of a query takes."""
    return [
        (owner, name, path)
        for owner in shape.types() & shape.ways().keys()
        for name, field in shape.object_type(owner).fields.items()
        for argument, one in field.args.items()
        for path in text_paths(argument, one.type)
    ]


@pytest.mark.parametrize(("owner", "name", "path"), reading(), ids=lambda value: str(value))
def test_a_text_of_a_query_finds_nothing_else(
    server: Served, owner: str, name: str, path: Path
) -> None:
    field = shape.object_type(owner).fields[name]
    inner = shape.leads_to(field)
    shown = "" if inner is None else shape.selection(inner, 1)
    value = "$text"
    for step in reversed(path[1:]):
        value = f"{{ {step}: {value} }}"
    call = f"{name}({path[0]}: {value})"
    query = f"query($text: String) {shape.nested(shape.ways()[owner], f'{{ {call} {shown} }}')}"

    def try_all() -> None:
        for text in (TEXTS | CONTROLS).values():
            answer = json.dumps(ask(server, query, text=text))
            assert "alert(1)" not in answer or "errors" in answer
            assert "49" not in answer or "7*7" not in text

    server.during(try_all)


PRINTED = ["line1", "line2", "city", "region", "postalCode"]


def squeezed(text: str) -> str:
    """The text without white space: a PDF breaks lines where it likes."""
    return re.sub(r"\s", "", text)


def test_an_invoice_shows_each_text_as_it_is_and_fetches_nothing(server: Served) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as elsewhere:
        port = str(elsewhere.getsockname()[1])
        texts = [text.replace("@PORT", port) for text in TEXTS.values()]
        for seats, start in enumerate(range(0, len(texts), 5), 200):
            _an_invoice_shows(server, seats, texts[start : start + 5])
        elsewhere.settimeout(0.2)
        with pytest.raises(TimeoutError):
            elsewhere.accept()


def _an_invoice_shows(server: Served, seats: int, texts: list[str]) -> None:
    address = ADDRESS | dict(zip(PRINTED, texts, strict=False))
    details = {"address": address, "legalName": texts[0], "taxId": texts[-1][:64]}
    assert mutate(server, "updateBillingDetails", details) == []
    order = {"seats": seats, "purchaseOrderNumber": texts[1][:64]}
    assert mutate(server, "changeUsers", order) == []
    query = "{ account { invoices(first: 1) { edges { node { pdfUrl facturXUrl ublUrl } } } } }"
    (edge,) = ask(server, query)["data"]["account"]["invoices"]["edges"]
    pdf = server.client.get(edge["node"]["pdfUrl"], timeout=60)
    assert pdf.status_code == 200
    reader = PdfReader(BytesIO(pdf.content))
    shown = squeezed("".join(page.extract_text() for page in reader.pages))
    for text in texts:
        assert squeezed(text) in shown, text
    assert len(reader.pages) == 1
    assert not any("/Annots" in page or "/AA" in page for page in reader.pages)
    for name in ("facturXUrl", "ublUrl"):
        _an_e_invoice_holds(server.client.get(edge["node"][name], timeout=60).content, texts)


def _an_e_invoice_holds(xml: bytes, texts: list[str]) -> None:
    """Each text is the text of an element, and all elements are those of an invoice."""
    elements = list(ET.fromstring(xml).iter())
    assert all(element.tag.startswith(("{urn:un:", "{urn:oasis:")) for element in elements)
    held = [element.text or "" for element in elements]
    for text in texts:
        assert any(squeezed(text) in squeezed(one) for one in held), text


# --- the import file -----------------------------------------------------------------------


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The paths of all texts in an import file; of a list its first item."""
    if isinstance(value, str):
        return [path]
    if isinstance(value, dict):
        return [found for key, part in value.items() for found in leaves(part, (*path, key))]
    if isinstance(value, list) and value:
        return leaves(value[0], (*path, 0))
    return []


def replaced(document: Any, path: tuple[str | int, ...], text: str) -> Any:
    """The file with another text at a path."""
    changed = json.loads(json.dumps(document))
    part = changed
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = text
    return changed


async def refused(document: Any) -> str | None:
    """Why an import refuses the file; None where it takes it."""
    try:
        await imports.import_file(ImportFile.model_validate(document), clock.now())
    except (OperatorError, ValueError) as error:
        return str(error)
    return None


async def test_a_text_of_an_import_is_kept_as_it_is_or_refused_in_one_line(
    sqlite_world: World,
) -> None:
    details = samples.ACCOUNT["billing_details"]
    optional = {"line2": "Floor 2", "region": "NY"}
    full = {**details, "tax_id": "TAX", "address": {**details["address"], **optional}}
    document = samples.file(samples.account(billing_details=full))
    texts, paths = TEXTS | CONTROLS, leaves(document)
    assert len(texts) * len(paths) > 600
    wrong = []
    for path in paths:
        for text in texts.values():
            refusal = await refused(replaced(document, path, text))
            if refusal is None and text in CONTROLS.values():
                wrong.append(f"{path} took {text!r}")
            if refusal is not None and "\x1b" in refusal:
                wrong.append(f"{path} repeats {refusal!r}")
    assert wrong == []
    await sqlite_world.load(samples.account(code="after"))
    answer = await sqlite_world.client("ada", "after").data("{ account { name } }")
    assert answer == {"account": {"name": "Acme Inc."}}
