"""The comparison: the product beside a hand-written floor and beside its peers, in one run.

All contestants stand on one database and take turns (A B C A B C ...) at each request, so that
a noisy minute hits all of them. Before that they must agree on every answer of fifty accounts.
"""

import sqlite3
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack, closing
from dataclasses import asdict, dataclass
from typing import Any

import asyncpg

from benchmarks import agreement, databases, installation, load, processes
from benchmarks.contestants import FLOOR, ON_POSTGRES, ON_SQLITE, Contestant
from benchmarks.data import NORMAL, Dataset
from benchmarks.requests import Accounts, Allocate, ChangeUsers, Reading, readings
from benchmarks.standings import Cell, Measured, Memory, table
from benchmarks.tables import Table

CONNECTIONS = 16

RECORDED = "SELECT sum(activity_count), (SELECT count(*) FROM activity) FROM accounts"
"""Entries of activity: as the accounts count them, and as they are."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured."""

    accounts: int = 1_000
    rounds: int = 3
    seconds: float = 8.0
    warm_seconds: float = 2.0


FULL, SHORT = Plan(), Plan(accounts=200, rounds=1, seconds=0.5, warm_seconds=0.2)


@dataclass(frozen=True, slots=True)
class Entrant:
    """A contestant whose server runs."""

    contestant: Contestant
    server: processes.Server
    memory: Memory


class Work:
    """The workloads, the same ones for all contestants of a database."""

    def __init__(self, accounts: Accounts) -> None:
        self.accounts = accounts
        self.readings = readings(accounts)
        self.allocate, self.change_users = Allocate(accounts), ChangeUsers(accounts)

    @property
    def all(self) -> tuple[Reading | Allocate | ChangeUsers, ...]:
        """In the order in which they are measured; the last one changes what the others see."""
        return (*self.readings, self.allocate, self.change_users)

    @property
    def changes(self) -> int:
        """How many entries of activity the requests must have left."""
        return self.allocate.changes + self.change_users.changes


async def measure(plan: Plan) -> tuple[list[Table], dict[str, Any]]:
    """Measures on both databases; the table for people, the figures for machines.

    Raises WrongAnswer where contestants disagree, or a change was not made exactly once.
    """
    await installation.install()
    dataset = Dataset(((plan.accounts, NORMAL),))
    async with databases.postgres(dataset) as url:
        cells = await _contest("PostgreSQL", url, ON_POSTGRES, dataset, plan)
    async with databases.sqlite(dataset) as url:
        cells += await _contest("SQLite", url, ON_SQLITE, dataset, plan)
    title = f"Beside the floor and the peers ({plan.accounts:,} accounts)"
    figures = {"plan": asdict(plan), "versions": installation.versions()}
    tables = [table(title, cells, (FLOOR.name, "PostgreSQL"))]
    return tables, {**figures, "cells": [cell.figures() for cell in cells]}


async def _contest(
    database: str, url: str, contestants: Sequence[Contestant], dataset: Dataset, plan: Plan
) -> list[Cell]:
    work = Work(Accounts(list(dataset.tenants())))
    before = await _recorded(url)
    async with AsyncExitStack() as stack:
        entrants = []
        for contestant in contestants:
            serving = processes.serving(url, contestant.command, **contestant.environment)
            server = await stack.enter_async_context(serving)
            entrants.append(Entrant(contestant, server, Memory()))
        ports = {entrant.contestant.name: entrant.server.port for entrant in entrants}
        await agreement.check(ports, work.readings, work.allocate)
        cells = []
        for workload in work.all:
            cells += await _take_turns(database, entrants, workload, plan)
        for entrant in entrants:
            _weigh(entrant)
    _check_changes(before, await _recorded(url), work.changes)
    return cells


async def _take_turns(
    database: str,
    entrants: Sequence[Entrant],
    workload: Reading | Allocate | ChangeUsers,
    plan: Plan,
) -> list[Cell]:
    entrants = [one for one in entrants if workload.name[:2] in one.contestant.requests]
    cells = [Cell(workload.name, one.contestant.name, database, one.memory) for one in entrants]
    for one in entrants:
        await load.run(one.server.port, workload, CONNECTIONS, plan.warm_seconds)
    for _ in range(plan.rounds):
        for one, cell in zip(entrants, cells, strict=True):
            cell.rounds.append(await _round(one.server, workload, plan.seconds))
    return cells


async def _round(server: processes.Server, workload: load.Workload, seconds: float) -> Measured:
    pid = server.process.pid
    begin = processes.cpu_seconds([pid]), time.process_time()
    found = await load.run(server.port, workload, CONNECTIONS, seconds)
    end = processes.cpu_seconds([pid]), time.process_time()
    used = [later - earlier for later, earlier in zip(end, begin, strict=True)]
    each = 1e6 / found.requests
    return Measured(
        rate=found.rate,
        server_us=used[0] * each,
        load_us=used[1] * each,
        load_share=used[1] / found.seconds,
        latencies=found.latencies,
    )


def _weigh(entrant: Entrant) -> None:
    pid = entrant.server.process.pid
    entrant.memory.resident_mib = processes.resident_kib(pid) / 1024
    entrant.memory.peak_mib = processes.peak_kib(pid) / 1024


async def _recorded(url: str) -> tuple[int, int]:
    if url.startswith("sqlite:"):
        with closing(sqlite3.connect(url.removeprefix("sqlite://"))) as connection:
            counted, entries = connection.execute(RECORDED).fetchone()
    else:
        ((counted, entries),) = await _rows(url, RECORDED)
    return counted, entries


async def _rows(url: str, statement: str) -> list[Any]:
    if url.startswith("sqlite:"):
        return []
    connection = await asyncpg.connect(url, timeout=10)
    try:
        rows: list[Any] = await connection.fetch(statement)
        return rows
    finally:
        await connection.close()


def _check_changes(before: tuple[int, int], after: tuple[int, int], changes: int) -> None:
    made = {after[0] - before[0], after[1] - before[1]}
    if made != {changes}:
        raise load.WrongAnswer(f"{changes} changes were asked for, {sorted(made)} were recorded")
