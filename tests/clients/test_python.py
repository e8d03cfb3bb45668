"""The examples in Python: by gql, and by the client that ariadne-codegen makes."""

import subprocess
import sys

import pytest

from benchmarks import installation
from tests.clients.conftest import PYTHON, SOURCES, copied
from tests.clients.examples import PAUL, Example
from tests.clients.lines import DROPPED_AFTER, DROPPED_BEFORE
from tests.live.clients import token_of

pytestmark = pytest.mark.xdist_group("python")


@pytest.fixture(scope="module")
def examples() -> dict[str, Example]:
    """The examples, with the client generated as their README says."""
    requirements = SOURCES / "python" / "requirements.txt"
    python = installation.install_python_packages(requirements, PYTHON / "environment")
    folder = copied("python", PYTHON)
    subprocess.run([python.parent / "ariadne-codegen"], cwd=folder, check=True, timeout=60)
    accounts = {"with_gql.py": "acme", "with_ariadne_codegen.py": "beta"}
    return {
        script: Example(folder, (str(python), script), code) for script, code in accounts.items()
    }


async def test_gql_changes_users_once_over_a_line_that_breaks(
    examples: dict[str, Example], port: int
) -> None:
    await examples["with_gql.py"].changes_users(port, DROPPED_AFTER, DROPPED_BEFORE)


async def test_a_generated_client_changes_users(examples: dict[str, Example], port: int) -> None:
    await examples["with_ariadne_codegen.py"].changes_users(port)


@pytest.mark.parametrize("name", ["with_gql.py", "with_ariadne_codegen.py"])
async def test_refusals_and_missing_rights_are_told(
    examples: dict[str, Example], port: int, name: str
) -> None:
    example = examples[name]
    await example.is_told_why(port)
    await example.is_told_who_was_faster(port)
    said = await example.fails(port, token_of(PAUL, example.account), 70)
    assert said == "FORBIDDEN: You are not allowed to do this."
    assert "4403" in await example.fails(port, "nonsense", 70)


def test_their_types_hold(examples: dict[str, Example]) -> None:
    example = examples["with_gql.py"]
    command = [sys.executable, "-m", "mypy", "--python-executable", example.command[0], *examples]
    done = subprocess.run(command, cwd=example.folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
