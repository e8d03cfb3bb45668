"""Figures for people (aligned columns) and for machines (JSON)."""

import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import asyncpg


@dataclass
class Table:
    """A title, the columns' names and the rows."""

    title: str
    head: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)

    def add(self, *cells: str) -> None:
        """Adds a row."""
        self.rows.append(cells)

    def __str__(self) -> str:
        """As Markdown, with aligned columns."""
        widths = [max(map(len, column)) for column in zip(self.head, *self.rows, strict=True)]
        lines = [_line(row, widths) for row in (self.head, *self.rows)]
        rule = "|".join("-" * (width + 2) for width in widths)
        return "\n".join([f"{self.title}\n", lines[0], f"|{rule}|", *lines[1:], ""])


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [
        cell.rjust(width) if cell[:1].isdigit() else cell.ljust(width)
        for cell, width in zip(row, widths, strict=True)
    ]
    return f"| {' | '.join(cells)} |"


def spread(values: Sequence[float]) -> str:
    """The median with the least and the greatest."""
    return f"{statistics.median(values):,.0f} ({min(values):,.0f}..{max(values):,.0f})"


async def machine(server: str) -> dict[str, Any]:
    """When and on what kind of machine was measured; nothing that names the machine."""
    connection = await asyncpg.connect(server, timeout=10)
    try:
        postgres = await connection.fetchval("SHOW server_version")
        autovacuum = await connection.fetchval("SHOW autovacuum")
    finally:
        await connection.close()
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "postgres": f"{postgres.split()[0]}, autovacuum {autovacuum}",
        "load_before": os.getloadavg()[0],
    }
