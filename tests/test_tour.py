"""The tour and the quick start: what they show is asked of a real server, and is answered so."""

import asyncio
import json
import os
import re
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from graphql import OperationDefinitionNode, OperationType, parse, print_ast

from services import demo, settings
from tests import forked, markdown
from tests.live.clients import Events, token_of
from tests.served import started

DOCS = settings.ROOT / "docs"
NOW = "2026-11-23T09:00:00Z"
SHOWN = "http://127.0.0.1:8000"
"""Where a reader's server is."""

ADA = demo.PEOPLE["billing administrator"]


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Where a server with the demo is. It says that it is where a reader's server is."""
    url = f"sqlite://{tmp_path}/demo.db"
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("BILLING_NOW", NOW)
    settings.current.cache_clear()
    assert forked.run(["manage.py", "demo"], os.environ).code == 0
    with started(url, tmp_path, PUBLIC_URL=SHOWN) as server:
        yield f"http://127.0.0.1:{server.port}"


# --- what is shown, and whether an answer is that -------------------------------------------


def differences(shown: Any, found: Any, place: str = "") -> list[str]:
    """Where an answer is not what is shown: lists may be cut short, and texts at `…`."""
    if isinstance(shown, dict) and isinstance(found, dict) and shown.keys() == found.keys():
        return [
            one for key in shown for one in differences(shown[key], found[key], f"{place}.{key}")
        ]
    if isinstance(shown, list) and isinstance(found, list) and bool(shown) is bool(found):
        pairs = enumerate(zip(shown, found, strict=False))
        few = [f"{place}: only {len(found)} of them"] if len(shown) > len(found) else []
        return few + [one for n, pair in pairs for one in differences(*pair, f"{place}.{n}")]
    if isinstance(shown, str) and isinstance(found, str):
        pattern = ".*".join(map(re.escape, shown.split("…")))
        return [] if re.fullmatch(pattern, found) else [f"{place}: {found}, not {shown}"]
    return [] if shown == found else [f"{place}: {found}, not {shown}"]


@pytest.mark.parametrize(
    ("shown", "found"),
    [
        ({"a": 1}, {"a": 2}),
        ({"a": 1}, {"a": 1, "b": 1}),
        ([], [1]),
        ([1, 2], [1]),
        ("a…c", "abcd"),
        ("1", 1),
    ],
)
def test_what_is_not_as_shown_is_noticed(shown: Any, found: Any) -> None:
    assert differences(shown, found)
    assert not differences(shown, shown)


# --- the tour -------------------------------------------------------------------------------


@dataclass
class Step:
    """An operation, and what is asked with it: variables, and the answer that is shown."""

    operation: OperationDefinitionNode
    asked: list[tuple[dict[str, Any], dict[str, Any]]] = field(default_factory=list)

    @property
    def name(self) -> str:
        assert self.operation.name is not None
        return self.operation.name.value

    @property
    def document(self) -> str:
        return print_ast(self.operation)


def operation(document: str) -> OperationDefinitionNode:
    """The one operation of a document."""
    (found,) = parse(document).definitions
    assert isinstance(found, OperationDefinitionNode)
    return found


def steps(path: Path) -> list[Step]:
    """What a page has its reader do: documents, each with variables (or none) and answers."""
    found: list[Step] = []
    variables: dict[str, Any] = {}
    for example in markdown.examples(path):
        if example.language == "graphql":
            found.append(Step(operation(example.text)))
        elif example.language == "json":
            content = json.loads(example.text)
            if content.keys() & {"data", "errors"}:
                found[-1].asked.append((variables, content))
                variables = {}
            else:
                variables = content
    return found


def tabs() -> dict[str, tuple[str, dict[str, Any] | None]]:
    """The operations of GraphiQL's tabs by name, the first of each tab with its variables."""
    text = (settings.ROOT / "web/graphiql/tabs.js").read_text(encoding="utf-8")
    documents = dict(re.findall(r"^const (\w+) = `([^`]*)`;$", text, re.MULTILINE))
    chosen = re.findall(r"^  tab\((\w+)(?:, `([^`]*)`)?\),$", text, re.MULTILINE)
    assert documents.keys() == {name for name, _ in chosen}
    found: dict[str, tuple[str, dict[str, Any] | None]] = {}
    for name, variables in chosen:
        given: dict[str, Any] | None = json.loads(variables or "{}")
        for one in parse(documents[name]).definitions:
            assert isinstance(one, OperationDefinitionNode)
            assert one.name is not None
            found[one.name.value] = print_ast(one), given
            given = None
    return found


def test_the_tour_shows_the_operations_of_graphiql_s_tabs() -> None:
    tour = {step.name: step for step in steps(DOCS / "tour.md")}
    wanted = tabs()
    assert {name: step.document for name, step in tour.items()} == {
        name: document for name, (document, _) in wanted.items()
    }
    for name, (_, variables) in wanted.items():
        assert tour[name].asked, name
        assert variables is None or tour[name].asked[0][0] == variables, name


class Reader:
    """Somebody who does what a page says."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http
        self.cursor = ""

    async def put(self, variables: dict[str, Any]) -> dict[str, Any]:
        """The variables with what the reader is told to put into them."""
        query = """{ account { products { id name } seatGroups(first: 50) {
            edges { node { id name } } } } }"""
        account = (await self.ask(query, {}))["data"]["account"]
        groups = {edge["node"]["name"]: edge["node"] for edge in account["seatGroups"]["edges"]}
        text = json.dumps(variables)
        if "Customer care" in groups:
            text = text.replace("PUT A GROUP ID HERE", groups["Customer care"]["id"])
        text = text.replace("PUT A PRODUCT ID HERE", account["products"][0]["id"])
        put: dict[str, Any] = json.loads(text.replace("PUT THE END CURSOR HERE", self.cursor))
        return put

    async def ask(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        """The answer, without what it cost."""
        body = {"query": query, "variables": variables}
        answer: dict[str, Any] = (await self.http.post("/graphql", json=body)).json()
        answer.pop("extensions", None)
        told = re.search(r'"endCursor": "([^"]+)"', json.dumps(answer))
        self.cursor = told[1] if told else self.cursor
        return answer

    async def follow(self, step: Step) -> list[dict[str, Any]]:
        """As many messages as are shown; each but the first after a change."""
        found = []
        headers = {"Accept": "text/event-stream"}
        stream = self.http.stream(
            "POST", "/graphql", json={"query": step.document}, headers=headers
        )
        async with stream as response:
            events = Events(response)
            for number in range(len(step.asked)):
                if number:
                    await self.ask(
                        "mutation { changeUsers(input: {seats: 71}) { __typename } }", {}
                    )
                message = await events.next()
                assert message is not None
                message.pop("extensions", None)
                found.append(message)
        return found

    async def do(self, step: Step) -> list[dict[str, Any]]:
        """The answers of a step."""
        if step.operation.operation is OperationType.SUBSCRIPTION:
            return await self.follow(step)
        return [await self.ask(step.document, await self.put(given)) for given, _ in step.asked]


@asynccontextmanager
async def reader(address: str) -> AsyncIterator[Reader]:
    headers = {"Authorization": f"Bearer {token_of(ADA)}"}
    async with httpx.AsyncClient(base_url=address, headers=headers, timeout=30) as http:
        yield Reader(http)


async def test_the_tour_is_answered_as_it_shows(address: str) -> None:
    async with reader(address) as someone:
        for step in steps(DOCS / "tour.md"):
            for (_, shown), found in zip(step.asked, await someone.do(step), strict=True):
                assert differences(shown, found) == [], step.name


# --- the quick start ------------------------------------------------------------------------

BETWEEN = "--- the next one ---"


async def said(commands: list[str], address: str) -> list[str]:
    """What each of the commands says, one after the other in one shell."""
    script = f"\necho '{BETWEEN}'\n".join(commands).replace(SHOWN, address)
    shell = await asyncio.create_subprocess_exec(
        "bash", "-eu", "-c", script, cwd=settings.ROOT, stdout=PIPE, stderr=PIPE
    )
    out, err = await asyncio.wait_for(shell.communicate(), 60)
    assert (shell.returncode, err.decode()) == (0, "")
    return out.decode().split(BETWEEN)


async def test_the_quick_start_is_answered_as_it_shows(address: str) -> None:
    first, *found = markdown.examples(DOCS / "quick-start.md")
    # What starts the demo that is served here.
    assert first.text == "make run\n"
    commands = [one.text for one in found if one.language == "sh"]
    answers = await said(commands, address)
    shown = [json.loads(one.text) for one in found if one.language == "json"]
    told = [json.loads(answer) for answer in answers if answer.strip()]
    assert len(shown) == len(told) == len(commands) - 1
    for wanted, answer in zip(shown, told, strict=True):
        answer.pop("extensions", None)
        assert differences(wanted, answer) == []


async def test_what_the_readme_asks_is_answered(address: str) -> None:
    (asked,) = [
        one.text
        for one in markdown.examples(settings.ROOT / "README.md")
        if one.language == "sh" and "curl" in one.text
    ]
    (answer,) = await said([asked], address)
    assert json.loads(answer)["data"]["account"]["subscription"]["seats"] == 65
