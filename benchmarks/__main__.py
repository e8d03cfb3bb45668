"""`python -m benchmarks [--short] [--json FILE] [WHAT ...]`: measures and prints tables."""

import argparse
import asyncio
import json
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import uvicorn

from benchmarks import comparison, databases, drawing, growth, renewals
from benchmarks.tables import Table, machine

Answer = tuple[list[Table], dict[str, Any]]

MEASUREMENTS: dict[str, Callable[[bool], Awaitable[Answer]]] = {
    "comparison": lambda short: comparison.measure(comparison.SHORT if short else comparison.FULL),
    "growth": lambda short: growth.measure(growth.SHORT if short else growth.FULL),
    "renewals": lambda short: renewals.measure(renewals.SHORT if short else renewals.FULL),
    "drawing": lambda short: drawing.measure(drawing.SHORT if short else drawing.FULL),
    "renewals-100k": lambda _: renewals.measure(renewals.ALL_DUE),
}
USUAL = ("comparison", "growth", "renewals")

LIMIT_SECONDS = 3600
"""After this time whatever still runs is ended, and its databases dropped."""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("what", nargs="*", choices=[[], *MEASUREMENTS], default=[], metavar="WHAT")
    parser.add_argument("--short", action="store_true", help="smaller and shorter, for a look")
    parser.add_argument("--json", type=Path, metavar="FILE", help="writes the figures there too")
    return parser.parse_args()


async def measure(names: list[str], *, short: bool, file: Path | None) -> None:
    """Runs the measurements, prints each as soon as it is there, and writes all of them."""
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, _cancel(asyncio.current_task()))
    figures: dict[str, Any] = {"machine": await machine(databases.SERVER)}
    print(f"{figures['machine']}\n", flush=True)
    async with asyncio.timeout(LIMIT_SECONDS):
        for name in names:
            begin = time.monotonic()
            tables, figures[name] = await MEASUREMENTS[name](short)
            print(*tables, sep="\n", flush=True)
            print(f"({name}: {time.monotonic() - begin:.0f} s)\n", flush=True)
            if file:
                _write(file, figures)


def _write(file: Path, figures: dict[str, Any]) -> None:
    file.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def _cancel(task: asyncio.Task[None] | None) -> Callable[[], object]:
    assert task is not None
    return task.cancel


def main() -> None:
    """The entry point."""
    arguments = _arguments()
    names = arguments.what or list(USUAL)
    try:
        # The quickest loop that there is, for the load generator to be no bottleneck.
        factory = uvicorn.Config("", loop="uvloop").get_loop_factory()
        with asyncio.Runner(loop_factory=factory) as runner:
            runner.run(measure(names, short=arguments.short, file=arguments.json))
    except (asyncio.CancelledError, KeyboardInterrupt):
        sys.exit("Stopped: what was started has ended, and its databases are dropped.")


if __name__ == "__main__":
    main()
