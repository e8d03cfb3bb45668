"""The harness by hand, for as long as wanted: `python -m tests.concurrency --seconds 600`.

Without --url it makes an SQLite database of its own; a PostgreSQL database must be there, and
empty. Prints a line of JSON, then each violation; exits with 1 where there is any.
"""

import argparse
import asyncio
import signal
import sys
import tempfile
from pathlib import Path

from tests.concurrency.harness import Plan, run


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.concurrency", description=__doc__)
    parser.add_argument("--url", help="database URL; by default an SQLite file of its own")
    parser.add_argument("--seconds", type=float, default=60, help="how long clients work")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--epochs", type=int, help="months to go through; one in 10 s by default")
    return parser.parse_args()


def main() -> int:
    """The entry point."""
    told = _arguments()
    # Whoever stops it stops the processes that it has started, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory() as folder:
        plan = Plan(
            url=told.url or f"sqlite://{folder}/harness.db",
            folder=Path(folder),
            seconds=told.seconds,
            seed=told.seed,
            clients=told.clients,
            epochs=told.epochs or max(2, int(told.seconds / 10)),
        )
        report = asyncio.run(run(plan))
    sys.stdout.write(f"{report.line()}\n")
    for violation in report.violations[:20]:
        sys.stdout.write(f"{violation.kind}: {violation.text}\n")
    return 1 if report.violations else 0


if __name__ == "__main__":
    sys.exit(main())
