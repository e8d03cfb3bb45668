"""Every GraphQL document that stands in the tests, the pages and the documentation is answered
alike by both executors, on the sample account, for who may see all and for who may see little.

What is put together at run time is not found here: `TEST_EXECUTOR=standard` runs the whole
suite on the standard executor.
"""

import ast
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    OperationDefinitionNode,
    OperationType,
    parse,
    type_from_ast,
)

from schema.root import schema
from services.settings import ROOT
from tests.execution.placeholders import Known
from tests.execution.product import Product, product

CORE = schema._schema


def python_texts(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def script_texts(path: Path) -> Iterator[str]:
    text = path.read_text(encoding="utf-8")
    constants = dict(re.findall(r"const ([A-Z_]+) =\s*'([^']*)'", text))
    constants |= dict(re.findall(r"const ([A-Z_]+) =\s*`([^`]*)`", text))
    for literal in re.findall(r"`([^`]*)`", text) + re.findall(r"'([^'\n]*)'", text):
        yield re.sub(r"\$\{(\w+)\}", lambda match: constants.get(match[1], "?"), literal)


def page_texts(path: Path) -> Iterator[str]:
    yield from re.findall(r"```graphql\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)


SOURCES = [
    *((path, python_texts) for path in (ROOT / "tests").rglob("*.py")),
    *((path, python_texts) for path in (ROOT / "benchmarks").glob("*.py")),
    *((path, script_texts) for path in (ROOT / "web").glob("*/*.js") if "min" not in path.name),
    *((path, page_texts) for path in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]),
]


def operations(text: str) -> list[OperationDefinitionNode]:
    """The operations of a text that is a document."""
    if "{" not in text or len(text) > 20_000:
        return []
    try:
        document: DocumentNode = parse(text)
    except (GraphQLError, RecursionError):
        return []
    return [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]


def found() -> dict[str, str]:
    """The documents, each with the name of the first file that has it."""
    documents: dict[str, str] = {}
    for path, texts in SOURCES:
        if "execution" in path.parts or path.name == "graphiql.js":
            continue
        for text in texts(path):
            if text not in documents and operations(text):
                documents[text] = path.name
    return documents


FOUND = found()


@pytest.fixture
async def ready(
    migrated_sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Product]:
    async with product(migrated_sqlite_url, monkeypatch) as ready:
        yield ready


def value_of(type_: Any, name: str, known: Known) -> Any:
    """A value for a variable: the first that comes to mind."""
    if isinstance(type_, GraphQLNonNull):
        return value_of(type_.of_type, name, known)
    if isinstance(type_, GraphQLList):
        return [value_of(type_.of_type, name, known)]
    if isinstance(type_, GraphQLInputObjectType):
        return {
            key: value_of(field.type, key, known)
            for key, field in type_.fields.items()
            if isinstance(field.type, GraphQLNonNull) or key in ("email", "purchaseOrderNumber")
        }
    if hasattr(type_, "values"):
        return next(iter(type_.values))
    simple = {"Int": 3, "Boolean": True, "String": "en", "ID": known.id_for(name, 0)}
    return None if name in ("after", "before") else simple.get(type_.name)


@pytest.mark.parametrize("caller", ["ada", "paul"])
async def test_documents_that_stand_somewhere_are_answered_alike(
    ready: Product, caller: str
) -> None:
    tried = 0
    for text in FOUND:
        if ready.compiled.document(text).errors:
            continue
        for operation in operations(text):
            given = {
                each.variable.name.value: value_of(
                    type_from_ast(CORE, each.type), each.variable.name.value, ready.known
                )
                for each in operation.variable_definitions or ()
            }
            mutates = operation.operation is OperationType.MUTATION
            compare = ready.compare_mutations if mutates else ready.compare_queries
            name = operation.name.value if operation.name else None
            await compare(text, given, caller, name)
            tried += 1
    assert tried > 80, tried


def test_documents_are_found_everywhere() -> None:
    assert {"README.md", "queries.js", "test_http.py"} <= set(FOUND.values())
