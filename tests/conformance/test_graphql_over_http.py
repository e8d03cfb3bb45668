"""GraphQL over HTTP by npm's graphql-http, whose audits are the specification's own."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import installation, processes

HERE = Path(__file__).parent
LIBRARIES = installation.PLACE / "conformance"

AUDITS = 61

pytestmark = pytest.mark.xdist_group("conformance")


@pytest.fixture
def libraries() -> Path:
    """Where graphql-http is installed, from the pinned versions.

    Without npm the test is skipped, and says so; in CI that is a failure.
    """
    if shutil.which("npm") is None:
        message = "Node.js is not installed (Debian: apt-get install nodejs npm)"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    installation.install_node_packages(HERE, LIBRARIES)
    return LIBRARIES / "node_modules"


@pytest.mark.parametrize("compiled", ["true", "false"])
async def test_every_audit_of_graphql_over_http_is_passed(
    libraries: Path, tmp_path: Path, compiled: str
) -> None:
    url = f"sqlite://{tmp_path}/audited.db"
    await processes.migrate(url)
    command = [sys.executable, "server.py"]
    async with processes.serving(url, command, COMPILED_EXECUTION=compiled) as server:
        address = f"http://127.0.0.1:{server.port}/graphql"
        audited = await asyncio.to_thread(
            subprocess.run,
            ["node", str(HERE / "audits.js"), address],
            env={**os.environ, "NODE_PATH": str(libraries)},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
    results = json.loads(audited.stdout)
    assert len(results) == AUDITS
    assert [one for one in results if one["status"] != "ok"] == []
