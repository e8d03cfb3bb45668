"""Where the libraries that judge are installed."""

import os
import shutil
from pathlib import Path

import pytest

from benchmarks import installation

HERE = Path(__file__).parent
PLACE = installation.PLACE / "conformance"


@pytest.fixture
def libraries() -> Path:
    """Where npm's libraries are installed, from the pinned versions.

    Without npm the test is skipped, and says so; in CI that is a failure.
    """
    if shutil.which("npm") is None:
        message = "Node.js is not installed (Debian: apt-get install nodejs npm)"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    installation.install_node_packages(HERE, PLACE)
    return PLACE / "node_modules"
