"""The peers' libraries: installed once, from the pinned versions, into a folder of their own."""

import asyncio
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.processes import ROOT, Failure

PEERS = ROOT / "benchmarks" / "peers"
PLACE = ROOT / ".bench"
NODE, PYTHON_HOME = PLACE / "node", PLACE / "python"
PYTHON = PYTHON_HOME / "bin" / "python"
NODE_ENVIRONMENT = {"NODE_ENV": "production", "NODE_PATH": str(NODE / "node_modules")}

PACKAGE, PACKAGE_LOCK = PEERS / "package.json", PEERS / "package-lock.json"
REQUIREMENTS = PEERS / "requirements.txt"

SECONDS = 600


async def install() -> None:
    """Installs what is not there as the lock files say. Raises Failure."""
    PLACE.mkdir(exist_ok=True)
    await asyncio.gather(
        asyncio.to_thread(install_node_packages, PEERS, NODE),
        asyncio.to_thread(install_python_packages, REQUIREMENTS, PYTHON_HOME),
    )


def versions() -> dict[str, str]:
    """What the peers run on, as pinned."""
    node = _run("node", "--version").strip().removeprefix("v")
    javascript = json.loads(PACKAGE.read_text(encoding="utf-8"))["dependencies"]
    pins = re.findall(r"(?m)^([\w-]+)\S*==(\S+)", REQUIREMENTS.read_text(encoding="utf-8"))
    return {"node": node, **javascript, **dict(pins)}


def install_node_packages(pinned: Path, place: Path) -> None:
    """Installs into a folder what package.json, those of its workspaces, and its lock in another
    one say, unless it is there. Raises Failure."""
    lock = pinned / "package-lock.json"
    if _is_done(place, lock):
        return
    if shutil.which("npm") is None:
        raise Failure("this needs Node.js 20 or newer, with npm")
    shutil.rmtree(place, ignore_errors=True)
    for file in (pinned / "package.json", lock, *pinned.glob("*/package.json")):
        copy = place / file.relative_to(pinned)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, copy)
    # No script of a package runs: none of them needs one.
    quiet = ("--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")
    _run("npm", "ci", *quiet, folder=place)
    _set_done(place, lock)


def install_python_packages(requirements: Path, home: Path) -> Path:
    """Installs into an environment of their own what a lock file says, unless it is there; its
    Python. Raises Failure."""
    python = home / "bin" / "python"
    if not _is_done(home, requirements):
        _run(sys.executable, "-m", "venv", "--without-pip", "--clear", str(home))
        quiet = ("--quiet", "--disable-pip-version-check", "--require-hashes")
        pip = (sys.executable, "-m", "pip", "--python", str(python))
        _run(*pip, "install", *quiet, "-r", str(requirements))
        _set_done(home, requirements)
    return python


def _is_done(folder: Path, lock: Path) -> bool:
    mark = folder / "installed"
    return mark.exists() and mark.read_text(encoding="utf-8") == _digest(lock)


def _set_done(folder: Path, lock: Path) -> None:
    (folder / "installed").write_text(_digest(lock), encoding="utf-8")


def _digest(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes()).hexdigest()


def _run(*command: str, folder: Path = ROOT) -> str:
    try:
        done = subprocess.run(  # noqa: S603 (what we run is ours)
            command,
            cwd=folder,
            env=dict(os.environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Failure(f"{command[0]}: {error}") from error
    if done.returncode:
        raise Failure(f"{' '.join(command)} failed: {done.stderr[-2_000:]}")
    return done.stdout
