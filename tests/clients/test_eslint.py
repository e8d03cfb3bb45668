"""The schema by npm's graphql-eslint: its rules for schemas, and Relay's."""

import asyncio
import json
import os
import subprocess
from pathlib import Path

import pytest

from services.settings import ROOT

CONFIGURATION = Path(__file__).parent / "eslint.config.cjs"
SCHEMA = (ROOT / "schema.graphql").read_text(encoding="utf-8")

pytestmark = pytest.mark.xdist_group("node")


async def judged(node_packages: Path, folder: Path, schema: str) -> set[tuple[str, str]]:
    """What is found in a schema: the rule, and what it says."""
    (folder / "schema.graphql").write_text(schema, encoding="utf-8")
    program = str(node_packages / "eslint" / "bin" / "eslint.js")
    done = await asyncio.to_thread(
        subprocess.run,
        ["node", program, "--config", str(CONFIGURATION), "--format", "json", "schema.graphql"],
        cwd=folder,
        env={**os.environ, "NODE_PATH": str(node_packages)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert not done.stderr, done.stderr
    (file,) = json.loads(done.stdout)
    return {(found["ruleId"], found["message"]) for found in file["messages"]}


async def test_the_schema_is_as_graphql_eslint_recommends(
    node_packages: Path, tmp_path: Path
) -> None:
    assert await judged(node_packages, tmp_path, SCHEMA) == set()


async def test_a_planted_fault_of_each_kind_is_found(node_packages: Path, tmp_path: Path) -> None:
    faults = {
        "  users(first: Int, after: String): UserConnection!\n": "  users: UserConnection!\n",
        "  node: SeatGroup!\n": "  node: [SeatGroup!]\n",
        '"""What an account can subscribe to."""\n': "",
        "  OWNER\n": "  owner\n",
        "scalar Decimal\n": "scalar Decimal\n\ntype Discount { rate: Decimal }\n",
    }
    schema = SCHEMA
    for part, fault in faults.items():
        assert part in schema
        schema = schema.replace(part, fault, 1)
    found = {rule for rule, _ in await judged(node_packages, tmp_path, schema)}
    assert found == {
        "@graphql-eslint/relay-arguments",
        "@graphql-eslint/relay-edge-types",
        "@graphql-eslint/require-description",
        "@graphql-eslint/naming-convention",
        "@graphql-eslint/no-unreachable-types",
    }
