"""Renewals: how many a second, what they cost and hold in memory, and that none is wrong.

Each run has a fresh database in which so many subscriptions are overdue by part of a period.
The rate is counted from the first renewal that is seen to the last, without the start of Python.
"""

import asyncio
import sqlite3
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack, closing
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple, Protocol

import asyncpg

from benchmarks import databases, processes
from benchmarks.data import LEAN, NOW, Dataset, instant
from benchmarks.processes import Failure, Process
from benchmarks.tables import Table

LOOK_SECONDS = 0.2
"""How often is looked at what is left."""

SLOWEST = 20
"""Renewals a second below which a run is given up."""

LEFT = f"""
SELECT count(*) FROM subscriptions WHERE status = 'ACTIVE' AND renews_at <= '{instant(NOW)}'
"""  # noqa: S608
COUNTS = {
    "invoices": "SELECT count(*) FROM invoices",
    "renewed once": "SELECT count(*) FROM subscriptions WHERE version = 2",
    "entries": "SELECT count(*) FROM activity",
}
"""What must have grown by the number of subscriptions that were due."""

WRONG = {
    "accounts whose invoices have a gap": """
        SELECT count(*) FROM accounts JOIN (
            SELECT account_id, count(*) AS number, max(sequence) AS last
            FROM invoices GROUP BY account_id
        ) AS issued ON account_id = accounts.id
        WHERE invoice_count <> number OR invoice_count <> last
    """,
    "accounts whose activity has a gap": """
        SELECT count(*) FROM accounts JOIN (
            SELECT account_id, count(*) AS number, max(sequence) AS last
            FROM activity GROUP BY account_id
        ) AS entries ON account_id = accounts.id
        WHERE activity_count <> number OR activity_count <> last
    """,
    "subscriptions whose period has no invoice": """
        SELECT count(*) FROM subscriptions WHERE version = 2 AND NOT EXISTS (
            SELECT 1 FROM invoices WHERE invoices.account_id = subscriptions.account_id
                AND invoices.period_start = subscriptions.period_start AND kind = 'RENEWAL'
                AND number LIKE '%-%' AND total_minor > 0
        )
    """,
    "subscriptions renewed more than once": "SELECT count(*) FROM subscriptions WHERE version > 2",
    "subscriptions still due": LEFT,
    "invoices without lines": """
        SELECT count(*) FROM invoices LEFT JOIN invoice_lines
            ON invoice_lines.account_id = invoices.account_id AND invoice_id = invoices.id
        WHERE invoice_id IS NULL
    """,
}
"""What no account may be after a run."""


@dataclass(frozen=True, slots=True)
class Run:
    """What is due in how large a database, and who does it: `manage.py` with the command."""

    accounts: int
    due: int
    command: str = "renew"
    processes: int = 1
    engine: str = "PostgreSQL"

    @property
    def name(self) -> str:
        """As the table shows it."""
        return f"{self.processes} x {self.command}"


class View(Protocol):
    """A connection that looks on."""

    async def ask(self, statement: str) -> int:
        """The one number that a statement answers."""

    async def backends(self) -> list[int]:
        """The processes of the database that work for others."""


@dataclass(frozen=True, slots=True)
class OnPostgres:
    """The view of a PostgreSQL database."""

    watch: asyncpg.Connection

    async def ask(self, statement: str) -> int:
        """The number."""
        return int(await self.watch.fetchval(statement))

    async def backends(self) -> list[int]:
        """One process for each connection."""
        return [row["pid"] for row in await self.watch.fetch(databases.BACKENDS)]


@dataclass(frozen=True, slots=True)
class OnSqlite:
    """The view of an SQLite database."""

    watch: sqlite3.Connection

    async def ask(self, statement: str) -> int:
        """The number."""
        return int(self.watch.execute(statement).fetchone()[0])

    async def backends(self) -> list[int]:
        """There is none: it works inside the others."""
        return []


class Look(NamedTuple):
    """What was seen at some second of a run: what is due, the processor time used by all
    processes and by PostgreSQL for them, and the memory of the largest."""

    second: float
    left: int
    cpu_seconds: float
    postgres_seconds: float
    resident_kib: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run took."""

    run: Run
    rate: float
    seconds: float
    cpu_us: float
    postgres_us: float
    quarter_kib: int
    end_kib: int
    peak_kib: int


SHORT = (
    Run(1_000, 1_000),
    *(Run(2_000, 2_000, "worker", number) for number in (1, 2, 4)),
    Run(1_000, 1_000, engine="SQLite"),
)
FULL = (
    Run(1_000, 1_000),
    Run(10_000, 10_000),
    Run(100_000, 10_000),
    *(Run(10_000, 10_000, "worker", number) for number in (1, 2, 4)),
    *(Run(100_000, 10_000, "worker", number) for number in (2,)),
    Run(10_000, 10_000, engine="SQLite"),
)
ALL_DUE = tuple(Run(100_000, 100_000, "worker", number) for number in (1, 2))


async def measure(runs: Sequence[Run]) -> tuple[list[Table], dict[str, Any]]:
    """Does the runs one after the other; the table for people, the figures for machines."""
    outcomes = []
    for size in dict.fromkeys((run.engine, run.accounts, run.due) for run in runs):
        same = [run for run in runs if (run.engine, run.accounts, run.due) == size]
        outcomes += await _measure_size(same)
    return [_table(outcomes)], {"runs": [asdict(outcome) for outcome in outcomes]}


async def _measure_size(runs: Sequence[Run]) -> list[Outcome]:
    """The runs that begin alike, each on a copy."""
    run = runs[0]
    dataset = Dataset(((run.accounts, LEAN),), run.due)
    if run.engine == "SQLite":
        return [await _on_sqlite(run, dataset) for run in runs]
    async with databases.postgres(dataset) as template:
        return [await _on_postgres(run, dataset, template) for run in runs]


async def _on_postgres(run: Run, dataset: Dataset, template: str) -> Outcome:
    async with databases.copy_of(template) as url:
        watch = await asyncpg.connect(url, timeout=10)
        try:
            return await _renewed(run, dataset, url, OnPostgres(watch))
        finally:
            await watch.close()


async def _on_sqlite(run: Run, dataset: Dataset) -> Outcome:
    async with databases.sqlite(dataset) as url:
        with closing(sqlite3.connect(url.removeprefix("sqlite://"), timeout=30)) as watch:
            return await _renewed(run, dataset, url, OnSqlite(watch))


async def _renewed(run: Run, dataset: Dataset, url: str, view: View) -> Outcome:
    before = {name: await view.ask(statement) for name, statement in COUNTS.items()}
    started = [processes.started(url, "manage.py", run.command) for _ in range(run.processes)]
    async with AsyncExitStack() as stack:
        running = [await stack.enter_async_context(process) for process in started]
        looks = await _watch(running, run.due, view)
        for process in running:
            await (process.finish(60) if run.command == "renew" else process.stop())
    await _check(dataset, before, view)
    return _summed_up(run, looks, max(process.peak_kib for process in running))


async def _watch(running: Sequence[Process], due: int, view: View) -> list[Look]:
    """Looks on until nothing is due."""
    looks, begin = [Look(0, due, 0, 0, 0)], time.monotonic()
    used: dict[int, float] = {}
    while looks[-1].left:
        # Seldomer where much is due: to count it takes time of its own.
        await asyncio.sleep(LOOK_SECONDS * max(1, due // 10_000))
        ended = all(process.ended() for process in running)
        used |= {pid: processes.cpu_seconds([pid]) for pid in await view.backends()}
        left, second = await view.ask(LEFT), time.monotonic() - begin
        if left and (ended or second > processes.START_SECONDS + due / SLOWEST):
            raise Failure(f"{left} are left after {second:.0f} s: {running[0].said()}")
        cpu = sum(process.cpu_so_far() for process in running)
        memory = max(processes.resident_kib(process.pid) for process in running)
        # A process that has ended holds nothing any more.
        memory = memory or looks[-1].resident_kib
        looks.append(Look(second, left, cpu, sum(used.values()), memory))
    return looks


def _summed_up(run: Run, looks: Sequence[Look], peak_kib: int) -> Outcome:
    first, last = next(look for look in looks if look.left < run.due), looks[-1]
    # A run that is over at the first look has no better beginning than that of Python.
    first = looks[0] if first is last else first
    done = first.left - last.left
    return Outcome(
        run,
        rate=done / (last.second - first.second),
        seconds=last.second,
        cpu_us=(last.cpu_seconds - first.cpu_seconds) / done * 1e6,
        postgres_us=(last.postgres_seconds - first.postgres_seconds) / done * 1e6,
        quarter_kib=next(look.resident_kib for look in looks if look.left <= run.due * 3 // 4),
        end_kib=last.resident_kib,
        peak_kib=peak_kib,
    )


async def _check(dataset: Dataset, before: dict[str, int], view: View) -> None:
    """Raises Failure unless each due subscription was renewed once, and nothing else was done."""
    for name, statement in COUNTS.items():
        more = await view.ask(statement) - before[name]
        if more != dataset.due:
            raise Failure(f"{name}: {more} more, not {dataset.due}")
    for name, statement in WRONG.items():
        if wrong := await view.ask(statement):
            raise Failure(f"{name}: {wrong}")


def _table(outcomes: Sequence[Outcome]) -> Table:
    head = ("database", "accounts", "due", "processes", "renewals/s", "each", "seconds")
    table = Table("Renewals", (*head, "CPU us", "postgres us", "MiB at 1/4", "at end", "peak"))
    for outcome in outcomes:
        run = outcome.run
        rates = (outcome.rate, outcome.rate / run.processes)
        numbers = (*rates, outcome.seconds, outcome.cpu_us, outcome.postgres_us)
        memory = (outcome.quarter_kib, outcome.end_kib, outcome.peak_kib)
        size = (run.engine, f"{run.accounts:,}", f"{run.due:,}", run.name)
        table.add(*size, *(f"{x:,.0f}" for x in numbers), *(f"{kib / 1024:.0f}" for kib in memory))
    return table
