"""One run: an installation, its clients, a clock that jumps, kills, and checks all the while."""

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from tests.concurrency import invariants, replay, tenants
from tests.concurrency.clients import Client, Load, acquaint
from tests.concurrency.history import History, Outcome, Violation
from tests.concurrency.judge import Evidence, judged
from tests.concurrency.matching import Sample
from tests.concurrency.processes import Fleet, manage
from tests.concurrency.snapshots import Reader, Snapshot, reader

CHECK = 0.1
"""Seconds between two live checks; a check that takes long makes the next one wait longer."""

LIFE = (0.5, 2.0)
"""Seconds from a start to the next kill, at least and at most."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is to do. It ends before its time once each kind in `wanted` was found."""

    url: str
    folder: Path
    seconds: float = 15.0
    seed: int = 1
    clients: int = 16
    epochs: int = 3
    plant: str | None = None
    wanted: frozenset[str] = frozenset()
    unguarded: bool = False
    """Takes the database's own constraints away, so that a planted bug can do its harm."""
    kills: bool = True


@dataclass(slots=True)
class Report:
    """What a run did and found."""

    seed: int
    seconds: float
    epochs: int
    kills: int
    checks: int
    reads: int
    renewals: int
    entries: int
    requests: dict[str, dict[str, int]]
    outcomes: dict[str, int]
    violations: list[Violation]
    evidence: Evidence

    def line(self) -> str:
        """The summary, as one line of JSON."""
        told = {name: getattr(self, name) for name in self.__slots__[:-2]}
        kinds = Counter(violation.kind for violation in self.violations)
        return json.dumps(told | {"violations": dict(kinds)})


@dataclass(slots=True)
class Run:
    """One installation while it is fought over."""

    plan: Plan
    fleet: Fleet
    load: Load
    reader: Reader
    first: Snapshot
    samples: list[Sample] = field(default_factory=list)
    epoch: int = 0
    began: float = field(default_factory=time.monotonic)

    @property
    def now(self) -> datetime:
        """The clock of the epoch."""
        return tenants.clock(self.epoch)

    @property
    def history(self) -> History:
        """What was asked and answered."""
        return self.load.history

    async def drive(self) -> None:
        """Lets everything loose for the plan's time, epoch after epoch."""
        async with asyncio.TaskGroup() as tasks:
            watch = tasks.create_task(self._watch())
            clients = [await self._client(tasks, number) for number in range(self.plan.clients)]
            for epoch in range(self.plan.epochs):
                await self._begin_epoch(epoch)
                await self._harass(time.monotonic() + self.plan.seconds / self.plan.epochs)
            self.load.stopping.set()
            await asyncio.wait(clients)
            watch.cancel()

    async def _client(self, tasks: asyncio.TaskGroup, number: int) -> "asyncio.Task[None]":
        async def work() -> None:
            async with httpx.AsyncClient(verify=False, timeout=30) as http:
                await Client(self.load, http, number).work()

        return tasks.create_task(work())

    async def _begin_epoch(self, epoch: int) -> None:
        """Kills everything in the middle of it; a month later it starts again."""
        self.fleet.kill()
        self.epoch = epoch
        self.load.now = self.now
        await self.fleet.start(self.now)

    async def _harass(self, deadline: float) -> None:
        """Kills one process after the other, at random, and starts each again; one at least."""
        dice, again = self.load.dice, True
        while again and not self._found():
            await asyncio.sleep(dice.uniform(*LIFE) if self.plan.kills else CHECK)
            self._notice_deaths()
            if self.plan.kills:
                await self.fleet.restart(dice.choice(self.fleet.processes), self.now)
            again = time.monotonic() < deadline

    def _notice_deaths(self) -> None:
        for process in self.fleet.died():
            self.history.wrong("died", f"{process.name} ended by itself:\n{process.told()}")

    def _found(self) -> bool:
        """Whether the run can end: everything wanted was found, or, where nothing was planted,
        anything at all."""
        kinds = self._kinds()
        return self.plan.wanted <= kinds if self.plan.wanted else bool(kinds)

    def _kinds(self) -> set[str]:
        return {violation.kind for violation in self.history.violations}

    async def _watch(self) -> None:
        while True:
            began = time.monotonic()
            await self.check()
            await asyncio.sleep(max(CHECK, 4 * (time.monotonic() - began)))

    async def check(self) -> None:
        """One look at the database; notes what is wrong, and how far each account's activity is."""
        begun, today = time.monotonic(), str(self.now.date())
        snapshot = await self.reader.read(invariants.STATEMENTS)
        counts = {row["code"]: row["activity_count"] for row in snapshot["accounts"]}
        self.samples.append(Sample(begun, time.monotonic(), counts))
        self.history.violations.extend(invariants.violations(snapshot, today))

    async def conclude(self) -> Report:
        """Renews what is left, and holds the history against what the database has in the end."""
        self._notice_deaths()
        for process in self.fleet.processes:
            process.kill()
        await asyncio.to_thread(manage, self.plan.url, self.now, "renew")
        await self.check()
        last = await self.reader.read(replay.STATEMENTS)
        evidence = Evidence(self.first, last, self.history, self.samples, self.now)
        if not self.plan.wanted or not self._found():
            self.history.violations.extend(judged(evidence))
        if "internal error" in self._kinds():
            logs = [process.told() for process in self.fleet.processes]
            self.history.wrong("log", "\n".join(logs))
        return self._report(evidence)

    def _report(self, evidence: Evidence) -> Report:
        entries = evidence.last["activity"]
        return Report(
            seed=self.plan.seed,
            seconds=round(time.monotonic() - self.began, 1),
            epochs=self.epoch + 1,
            kills=self.fleet.kills,
            checks=len(self.samples),
            reads=self.history.reads[Outcome.OK],
            renewals=sum(row["action"] == "subscription.renewed" for row in entries),
            entries=len(entries),
            requests=self.history.counts(),
            outcomes={outcome.value: self.history.total(outcome) for outcome in Outcome},
            violations=self.history.violations,
            evidence=evidence,
        )


async def run(plan: Plan) -> Report:
    """Makes an installation on the empty database of the plan, and does it all."""
    await _install(plan)
    async with reader(plan.url) as own, _fleet(plan) as fleet:
        first = await own.read(replay.STATEMENTS)
        load = Load(fleet, History(), random.Random(plan.seed), tenants.BEGINNING)
        await fleet.processes[0].start(tenants.BEGINNING)
        async with httpx.AsyncClient(verify=False, timeout=30) as http:
            await acquaint(Client(load, http, plan.clients))
        this = Run(plan, fleet, load, own, first)
        await this.drive()
        return await this.conclude()


async def _install(plan: Plan) -> None:
    """Tables, plans and accounts, as an operator makes them."""
    file, now = plan.folder / "import.json", tenants.BEGINNING
    file.write_text(json.dumps(tenants.document()), encoding="utf-8")
    await asyncio.to_thread(manage, plan.url, now, "migrate")
    await asyncio.to_thread(manage, plan.url, now, "import", str(file))
    if plan.unguarded:
        await _unguard(plan.url)


async def _unguard(url: str) -> None:
    """Drops what PostgreSQL itself would catch: a bug must not hide behind an error."""
    connection = await asyncpg.connect(url)
    try:
        rows: list[Any] = await connection.fetch(GUARDS)
        for table, name in rows:
            await connection.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        await connection.execute("DROP INDEX IF EXISTS invoices_once_a_period")
    finally:
        await connection.close()


GUARDS = """
SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE
    contype = 'c' AND conrelid::regclass::text IN ('seat_groups', 'subscriptions')
    OR contype = 'u' AND conrelid::regclass::text IN ('activity', 'invoices')
"""


@asynccontextmanager
async def _fleet(plan: Plan) -> AsyncIterator[Fleet]:
    """The processes; none outlives the run, however it ends."""
    fleet = Fleet(plan.url, plan.folder, plan.plant)
    try:
        yield fleet
    finally:
        for process in fleet.processes:
            process.kill()
