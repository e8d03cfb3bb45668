"""What the product is deployed by: no engine runs here, so linters and the files' own facts."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from services.settings import ROOT

UNITS = sorted((ROOT / "deploy").glob("*.service"))
IMAGE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def checked(*command: str | Path) -> str:
    """What a tool of the virtual environment, or the machine's, says of a file it finds right."""
    name, *rest = command
    tool = shutil.which(name, path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if tool is None and not os.environ.get("CI"):
        pytest.skip(f"{name} is not installed")
    assert tool is not None, name
    ended = subprocess.run([tool, *rest], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout + ended.stderr


def pinned(lock: str) -> dict[str, str]:
    """Which version a lock has of each package."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9-]+)==([^ ;]+)", text, re.MULTILINE))


def test_the_image_is_as_its_linter_wants_it() -> None:
    assert checked("hadolint", "Dockerfile") == ""


def test_the_composition_is_valid_and_hardened() -> None:
    checked("check-jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml")
    checked("compose-lint", "compose.yaml")


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_a_unit_is_valid_and_hardened(unit: Path, tmp_path: Path) -> None:
    copy = tmp_path / unit.name
    # The check looks for the program and the folder, which are another machine's.
    here = unit.read_text().replace("/opt/seatwise/.venv/bin/python", sys.executable)
    copy.write_text(here.replace("/opt/seatwise", str(ROOT)))
    assert checked("systemd-analyze", "verify", "--man=no", copy) == ""
    checked("systemd-analyze", "security", "--offline=true", "--threshold=15", "--no-pager", copy)


def test_the_image_has_the_versions_that_are_tested() -> None:
    image, tested = pinned("deploy/requirements.lock"), pinned("requirements.lock")
    assert len(image) > 50
    assert {name: tested.get(name) for name in image} == image
    assert not {"pytest", "mypy", "ruff", "playwright", "hypothesis"} & image.keys()


def test_the_image_has_what_the_project_asks_for() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    wanted = project.partition("dependencies = [")[2].partition("\n]")[0]
    names = re.findall(r'^\s+"([a-z0-9-]+)', wanted, re.MULTILINE)
    assert len(names) > 20
    assert set(names) <= pinned("deploy/requirements.lock").keys()


def test_the_image_holds_every_layer_and_runs_as_nobody_in_particular() -> None:
    copied = set(re.findall(r"^COPY (?!--from)(.*) \./?\S*$", IMAGE, re.MULTILINE))
    names = {name for line in copied for name in line.split()}
    layers = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "benchmarks"}
    assert layers | {"server.py", "manage.py", "web", "pdf_templates", "locales"} <= names
    kept = (ROOT / ".dockerignore").read_text(encoding="utf-8").split("\n")
    assert {f"!{name}" for name in names} <= set(kept)
    assert re.findall(r"^USER (\S+)$", IMAGE, re.MULTILINE) == ["10001"]
    assert "SECRET" not in IMAGE
