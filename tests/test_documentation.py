"""The documentation: no link is dead, no example malformed, and no error's code left out."""

import ast
import json
import re
import subprocess
from pathlib import Path

import pytest
from graphql import build_schema, parse, validate
from pydantic import TypeAdapter
from typer.main import get_command

import manage
from services.errors import RefusalCode
from services.import_tax import TaxPart
from services.settings import ROOT
from tests import markdown
from tests.markdown import Example

FILES = markdown.files()
SCHEMA = build_schema((ROOT / "schema.graphql").read_text(encoding="utf-8"))
DOCS = ROOT / "docs"


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("file", FILES, ids=named)
def test_every_link_leads_somewhere(file: Path) -> None:
    dead = []
    for link in markdown.links(file):
        name, _, anchor = link.partition("#")
        if re.match(r"\w+:", name):
            continue
        target = (file.parent / name).resolve() if name else file
        if not target.exists() or (anchor and anchor not in markdown.anchors(target)):
            dead.append(link)
    assert dead == []


def test_the_index_leads_to_every_page() -> None:
    linked = {(DOCS / link).resolve() for link in markdown.links(DOCS / "README.md")}
    assert {path for path in DOCS.glob("*.md") if path.name != "README.md"} <= linked


def check_graphql(text: str) -> None:
    assert validate(SCHEMA, parse(text)) == []


def check_json(text: str) -> None:
    """A value, or members of an object."""
    try:
        json.loads(text)
    except json.JSONDecodeError:
        json.loads(f"{{{text}}}")


def check_shell(text: str) -> None:
    done = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    targets = re.findall(
        r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert set(re.findall(r"^make ([\w-]+)", text, re.MULTILINE)) <= set(targets)
    commands = get_command(manage.app).commands  # type: ignore[attr-defined]
    assert set(re.findall(r"manage\.py ([\w-]+)", text)) <= commands.keys()


def test_the_taxes_of_the_import_are_taken_as_they_are_written() -> None:
    (example,) = [one for one in markdown.examples(DOCS / "import.md") if one.heading == "Taxes"]
    TypeAdapter(list[TaxPart]).validate_json(example.text)


CHECKS = {"graphql": check_graphql, "json": check_json, "sh": check_shell}
OTHERS = {"", "html", "js", "sql"}
"""Languages of examples that nothing here reads."""


@pytest.mark.parametrize(
    "example",
    [
        pytest.param(example, id=f"{named(file)}: {example.heading} ({number})")
        for file in FILES
        for number, example in enumerate(markdown.examples(file))
    ],
)
def test_every_example_is_well_formed(example: Example) -> None:
    if example.language not in OTHERS:
        CHECKS[example.language](example.text)


# --- errors -------------------------------------------------------------------------------

CODE = re.compile(r"[A-Z]+(_[A-Z]+)+|[A-Z]{5,}")
NO_CODES = {"DELETE", "HEAD", "HTTP", "OPTIONS", "PATCH", "POST", "WEBSOCKET"}
"""What is written like a code, and says something else."""


def told_elsewhere() -> set[str]:
    """Every code that is not a refusal's, as the sources write it."""
    sources = [
        *(ROOT / "door").glob("*.py"),
        ROOT / "schema/errors.py",
        ROOT / "execution/limits.py",
    ]
    texts = {
        node.value
        for source in sources
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return {text for text in texts if CODE.fullmatch(text)} - NO_CODES


def documented(heading: str) -> set[str]:
    """The codes in the table under a heading of docs/errors.md."""
    text = (DOCS / "errors.md").read_text(encoding="utf-8")
    part = text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = [line.split("|")[1:3] for line in part.splitlines() if line.startswith("| ")]
    return {cell.strip() for cells in rows for cell in cells if CODE.fullmatch(cell.strip())}


def test_every_code_of_a_refusal_is_documented_and_no_other() -> None:
    assert documented("Refusals") == set(RefusalCode)


def test_every_code_of_an_error_is_documented_and_no_other() -> None:
    found = documented("Errors of an operation") | documented("Errors of a request")
    assert found == told_elsewhere()
