"""Growth: what the billing page and allocateSeats cost as the database and the account grow.

The cells of a comparison take turns (A B A B ...), so that a noisy minute hits all of them.
Beside the time stands what noise cannot touch: the rows that PostgreSQL looked at.
"""

import asyncio
import statistics
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

import asyncpg

from benchmarks import databases, load, processes
from benchmarks.data import LEAN, NORMAL, Dataset, Shape, Tenant
from benchmarks.requests import Accounts, Allocate, Reading, billing_page
from benchmarks.tables import Table, spread

CONNECTIONS = 16
WARM_SECONDS = 0.7
FEW = 16
"""Accounts of one size whose users are many: one for each connection."""

ROWS = """
SELECT (SELECT sum(seq_tup_read) FROM pg_stat_user_tables)
    + (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes)
"""
END_BACKENDS = """
SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured."""

    accounts: tuple[int, int] = (1_000, 100_000)
    shape: Shape = LEAN
    users: tuple[int, ...] = (50, 5_000, 50_000)
    rounds: int = 3
    seconds: float = 8.0


FULL, SHORT = Plan(), Plan(seconds=3.0)


@dataclass(frozen=True, slots=True)
class Place:
    """A database of its own, the server on it, and a connection that looks on."""

    server: processes.Server
    watch: asyncpg.Connection


@dataclass
class Measured:
    """One round. Times of processors in microseconds a request."""

    rate: float
    server_us: float
    postgres_us: float
    rows: float
    latencies: list[float] = field(repr=False)


@dataclass
class Cell:
    """One request on one size of database or account, round by round."""

    size: str
    place: Place
    workload: Reading | Allocate
    rounds: list[Measured] = field(default_factory=list)

    def median(self, what: str) -> float:
        """The median of the rounds."""
        values: list[float] = [getattr(measured, what) for measured in self.rounds]
        return statistics.median(values)

    @property
    def processors_us(self) -> float:
        """What a request costs both processes."""
        return self.median("server_us") + self.median("postgres_us")

    def percentile_ms(self, percent: int) -> float:
        """Over all rounds."""
        every = [latency for measured in self.rounds for latency in measured.latencies]
        return load.percentile(every, percent) * 1000

    def figures(self) -> dict[str, Any]:
        """For machines to read."""
        rounds = [asdict(measured) for measured in self.rounds]
        for measured in rounds:
            measured.pop("latencies")
        times = {f"p{percent}_ms": self.percentile_ms(percent) for percent in (50, 99)}
        return {"request": self.workload.name, "size": self.size, "rounds": rounds, **times}


async def measure(plan: Plan) -> tuple[list[Table], dict[str, Any]]:
    """Measures both comparisons; the tables for people, the figures for machines."""
    by_database = await _by_database(plan)
    by_account = await _by_account(plan)
    tables = [
        _table(f"The database grows (accounts of {plan.shape.users} users)", by_database),
        _table("The account grows", by_account),
    ]
    figures: dict[str, Any] = {"plan": asdict(plan)}
    for name, cells in (("by_database", by_database), ("by_account", by_account)):
        figures[name] = [cell.figures() for cell in cells]
    return tables, figures


async def _by_database(plan: Plan) -> list[Cell]:
    async with AsyncExitStack() as stack:
        cells = []
        for accounts in plan.accounts:
            dataset = Dataset(((accounts, plan.shape),))
            place = await stack.enter_async_context(_place(dataset))
            cells += _cells(f"{accounts:,} accounts", place, list(dataset.tenants()))
        await _take_turns(cells, plan)
        return cells


async def _by_account(plan: Plan) -> list[Cell]:
    shapes = [NORMAL if users == NORMAL.users else Shape(users, 100) for users in plan.users]
    # So many accounts of the first size that the large ones are the exception, as they are.
    parts = [(FEW if index else 1_000, shape) for index, shape in enumerate(shapes)]
    dataset = Dataset(tuple(parts))
    async with _place(dataset) as place:
        cells = []
        for shape in shapes:
            tenants = [tenant for tenant in dataset.tenants() if tenant.shape == shape][:FEW]
            cells += _cells(f"{shape.users:,} users", place, tenants)
        await _take_turns(cells, plan)
        return cells


@asynccontextmanager
async def _place(dataset: Dataset) -> AsyncIterator[Place]:
    async with databases.postgres(dataset) as url:
        watch = await asyncpg.connect(url, timeout=10)
        try:
            async with processes.server(url) as server:
                yield Place(server, watch)
        finally:
            await watch.close()


def _cells(size: str, place: Place, tenants: Sequence[Tenant]) -> list[Cell]:
    accounts = Accounts(tenants)
    return [
        Cell(size, place, workload) for workload in (billing_page(accounts), Allocate(accounts))
    ]


async def _take_turns(cells: Sequence[Cell], plan: Plan) -> None:
    places = {id(cell.place): cell.place for cell in cells}.values()
    before = [await _changes(place) for place in places]
    for name in sorted({cell.workload.name for cell in cells}, reverse=True):
        for _ in range(plan.rounds):
            for cell in cells:
                if cell.workload.name == name:
                    cell.rounds.append(await _round(cell, plan.seconds))
    for place, earlier in zip(places, before, strict=True):
        _check_changes(place, cells, await _changes(place) - earlier)


async def _round(cell: Cell, seconds: float) -> Measured:
    watch, pid = cell.place.watch, cell.place.server.process.pid
    port = cell.place.server.port
    earlier = await _rows_read(watch)
    warm = await load.run(port, cell.workload, CONNECTIONS, WARM_SECONDS)
    backends = await _backends(watch)
    server, postgres = processes.cpu_seconds([pid]), processes.cpu_seconds(backends)
    found = await load.run(port, cell.workload, CONNECTIONS, seconds)
    server = processes.cpu_seconds([pid]) - server
    postgres = processes.cpu_seconds(await _backends(watch)) - postgres
    rows = await _rows_read(watch) - earlier
    each = 1e6 / found.requests
    return Measured(
        rate=found.rate,
        server_us=server * each,
        postgres_us=postgres * each,
        rows=rows / (found.requests + warm.requests),
        latencies=found.latencies,
    )


async def _backends(watch: asyncpg.Connection) -> list[int]:
    return [row["pid"] for row in await watch.fetch(databases.BACKENDS)]


async def _rows_read(watch: asyncpg.Connection) -> int:
    """Rows and index entries that were looked at so far. A process of PostgreSQL is sure to
    have told its counts once it has ended: the server connects anew."""
    await watch.execute(END_BACKENDS)
    await asyncio.sleep(0.2)
    return int(await watch.fetchval(ROWS))


async def _changes(place: Place) -> int:
    return int(await place.watch.fetchval("SELECT sum(activity_count) FROM accounts"))


def _check_changes(place: Place, cells: Sequence[Cell], changes: int) -> None:
    workloads = [cell.workload for cell in cells if cell.place is place]
    wanted = sum(work.changes for work in workloads if isinstance(work, Allocate))
    if changes != wanted:
        raise load.WrongAnswer(f"{wanted} allocations were asked for, {changes} were made")


def _table(title: str, cells: Sequence[Cell]) -> Table:
    head = ("request", "size", "req/s (min..max)", "p50 ms", "p99 ms", "server us", "postgres us")
    table = Table(title, (*head, "rows", "time x", "CPU x", "rows x"))
    bases: dict[str, Cell] = {}
    for cell in sorted(cells, key=lambda cell: cell.workload.name, reverse=True):
        base = bases.setdefault(cell.workload.name, cell)
        rates = [measured.rate for measured in cell.rounds]
        times = [f"{cell.percentile_ms(percent):.1f}" for percent in (50, 99)]
        costs = [f"{cell.median(what):.0f}" for what in ("server_us", "postgres_us", "rows")]
        ratios = (
            base.median("rate") / cell.median("rate"),
            cell.processors_us / base.processors_us,
            cell.median("rows") / base.median("rows"),
        )
        name = cell.workload.name
        table.add(name, cell.size, spread(rates), *times, *costs, *(f"{x:.2f}" for x in ratios))
    return table
