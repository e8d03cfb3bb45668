"""What the comparison measured of each contestant, for people and for machines."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks import load
from benchmarks.tables import Table, spread

HEAD = (
    "request",
    "server",
    "req/s (min..max)",
    "x floor",
    "server us",
    "load us",
    "p50 ms",
    "p99 ms",
    "MiB",
    "peak",
)


@dataclass
class Measured:
    """One round. Times of processors in microseconds a request: of the server with all its
    threads, of PostgreSQL's processes, and of the load generator."""

    rate: float
    server_us: float
    load_us: float
    load_share: float
    """Of one core."""
    latencies: list[float] = field(repr=False)


@dataclass
class Memory:
    """What a server holds once everything is measured, and the most that it held."""

    resident_mib: float = 0.0
    peak_mib: float = 0.0


@dataclass
class Cell:
    """One request to one contestant, round by round."""

    request: str
    contestant: str
    database: str
    memory: Memory
    rounds: list[Measured] = field(default_factory=list)

    def median(self, what: str) -> float:
        """The median of the rounds."""
        values: list[float] = [getattr(measured, what) for measured in self.rounds]
        return statistics.median(values)

    def percentile_ms(self, percent: int) -> float:
        """Over all rounds."""
        every = [latency for measured in self.rounds for latency in measured.latencies]
        return load.percentile(every, percent) * 1000

    def figures(self) -> dict[str, Any]:
        """For machines to read."""
        rounds = [asdict(measured) for measured in self.rounds]
        for measured in rounds:
            measured.pop("latencies")
        what = {"request": self.request, "server": self.contestant, "database": self.database}
        times = {f"p{percent}_ms": self.percentile_ms(percent) for percent in (50, 99)}
        return {**what, "rounds": rounds, **times, **asdict(self.memory)}


def table(title: str, cells: Sequence[Cell], base: tuple[str, str]) -> Table:
    """The cells, request by request; `x floor` is the rate against the contestant's and the
    database's that are the base."""
    rates = {
        cell.request: cell.median("rate")
        for cell in cells
        if (cell.contestant, cell.database) == base
    }
    found = Table(title, HEAD)
    for cell in sorted(cells, key=_place):
        floor = rates.get(cell.request)
        ratio = f"{cell.median('rate') / floor:.2f}" if floor else "-"
        rate = spread([measured.rate for measured in cell.rounds])
        found.add(cell.request, _name(cell), rate, ratio, *_costs(cell))
    return found


def _place(cell: Cell) -> tuple[bool, str]:
    """Queries before mutations, each request's cells in the order given."""
    return cell.request.startswith("M"), cell.request


def _name(cell: Cell) -> str:
    return cell.contestant if cell.database == "PostgreSQL" else f"{cell.contestant}, SQLite"


def _costs(cell: Cell) -> Iterable[str]:
    yield from (f"{cell.median(what):.0f}" for what in ("server_us", "load_us"))
    yield from (f"{cell.percentile_ms(percent):.1f}" for percent in (50, 99))
    yield from (f"{mib:.0f}" for mib in (cell.memory.resident_mib, cell.memory.peak_mib))
