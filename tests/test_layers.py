"""The house: imports go downwards only, and the rooms stay small."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.settings import ROOT

ALLOWED = {
    "execution": {"execution"},
    "models": {"models"},
    "services": {"services", "models"},
    "resolvers": {"resolvers", "schema", "services"},
    "schema": {"schema", "services", "execution"},
    "schema/root.py": {"schema", "services", "resolvers"},
    "commands": {"commands", "services"},
    "manage.py": {"commands", "services", "schema"},
    "door": {"door", "services", "schema", "execution"},
    "server.py": {"door", "services", "schema", "execution"},
}
"""Which of our layers a layer, or a file of its own standing, may import."""

OURS = {
    "commands",
    "door",
    "execution",
    "models",
    "services",
    "schema",
    "resolvers",
    "server",
    "manage",
    "tests",
    "benchmarks",
}
MAX_LINES = 300


def modules() -> list[str]:
    folders = [
        ROOT / name
        for name in ("commands", "door", "execution", "models", "services", "schema", "resolvers")
    ]
    paths = [path for folder in folders for path in folder.rglob("*.py")]
    paths += [ROOT / "server.py", ROOT / "manage.py"]
    return sorted(str(path.relative_to(ROOT)) for path in paths)


def tree(module: str) -> ast.Module:
    return ast.parse((ROOT / module).read_text(encoding="utf-8"))


def imported(module: str) -> Iterator[str]:
    """The top-level packages of ours that a module imports."""
    for node in ast.walk(tree(module)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            names = [node.module or ""]
        yield from ({name.partition(".")[0] for name in names} & OURS)


def allowed(module: str) -> set[str]:
    return ALLOWED.get(module) or ALLOWED[Path(module).parts[0]]


@pytest.mark.parametrize("module", modules())
def test_a_module_imports_only_from_its_layer_and_below(module: str) -> None:
    assert set(imported(module)) <= allowed(module)


@pytest.mark.parametrize("module", modules())
def test_a_module_imports_at_its_top_alone(module: str) -> None:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    inside = [
        node.lineno
        for function in ast.walk(tree(module))
        if isinstance(function, functions)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert inside == []


@pytest.mark.parametrize("module", modules())
def test_a_module_stays_a_room_that_one_can_overlook(module: str) -> None:
    assert len((ROOT / module).read_text(encoding="utf-8").splitlines()) <= MAX_LINES


@pytest.mark.parametrize("module", [name for name in modules() if name.startswith("resolvers/")])
def test_a_resolver_catches_nothing_and_asks_no_database(module: str) -> None:
    assert not any(isinstance(node, ast.Try) for node in ast.walk(tree(module)))


OPENING = {"locked", "up_to_date", "writing", "transaction", "in_transaction"}
"""What begins a transaction, beside `renewals.acting`."""


def use_cases() -> Iterator[tuple[str, ast.AsyncFunctionDef]]:
    """Every function of the services that somebody calls as an actor, with its module."""
    for module in (name for name in modules() if name.startswith("services/")):
        for node in ast.walk(tree(module)):
            if isinstance(node, ast.AsyncFunctionDef) and "actor" in _parameters(node):
                yield module, node


def _parameters(node: ast.AsyncFunctionDef) -> set[str]:
    return {argument.arg for argument in (*node.args.args, *node.args.kwonlyargs)}


def _called(node: ast.AST) -> set[str]:
    functions = [call.func for call in ast.walk(node) if isinstance(call, ast.Call)]
    attributes = {one.attr for one in functions if isinstance(one, ast.Attribute)}
    return attributes | {one.id for one in functions if isinstance(one, ast.Name)}


def test_what_an_actor_changes_passes_the_one_guard_for_changes() -> None:
    found = {f"{module}:{node.name}": _called(node) for module, node in use_cases()}
    assert sum("acting" in called for called in found.values()) > 12
    around = {name for name, called in found.items() if called & OPENING}
    # The two that the guard itself is made of.
    assert around == {"services/accounts.py:locked", "services/renewals.py:up_to_date"}
