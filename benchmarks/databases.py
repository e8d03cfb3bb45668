"""Databases of a measurement's own: created, migrated, loaded, copied, and dropped at the end."""

import os
import sqlite3
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, closing
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import asyncpg

from benchmarks import processes
from benchmarks.data import Dataset
from benchmarks.rows import EMPTY, TABLES, Row, Table

SERVER = os.environ.get("BENCH_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres")
"""A PostgreSQL server on which databases may be created."""

BATCH = 2_000
"""Rows that go to PostgreSQL at a time."""

REFERENCES = """
SELECT conrelid::regclass::text AS owner, conname AS name, pg_get_constraintdef(oid) AS definition
FROM pg_constraint
WHERE contype IN ('p', 'u', 'f') AND connamespace = 'public'::regnamespace
ORDER BY contype = 'f', conrelid::regclass::text, conname
"""
INDEXES = """
SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition
FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
    LEFT JOIN pg_constraint ON conindid = indexrelid AND contype IN ('p', 'u')
WHERE conindid IS NULL AND relnamespace = 'public'::regnamespace
"""
SESSION = {"maintenance_work_mem": "512MB", "synchronous_commit": "off", "application_name": "load"}


BACKENDS = """
SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
"""The processes of PostgreSQL that serve others on this database."""

KNOWN = {f"{table.name}.{column}" for table in TABLES for column in table.columns}
COLUMNS = """
SELECT table_name || '.' || column_name AS name FROM information_schema.columns
WHERE table_schema = 'public' AND table_name <> ALL($1::text[])
"""


async def run(url: str, statement: str) -> None:
    """Runs a statement on a database, outside any transaction."""
    connection = await asyncpg.connect(url, timeout=10)
    try:
        await connection.execute(statement, timeout=900)
    finally:
        await connection.close()


@asynccontextmanager
async def postgres(dataset: Dataset) -> AsyncIterator[str]:
    """The URL of a PostgreSQL database with the dataset, vacuumed and analysed."""
    async with _created("") as url:
        await processes.migrate(url)
        await _fill(url, dataset)
        yield url


@asynccontextmanager
async def copy_of(url: str) -> AsyncIterator[str]:
    """The URL of a copy of a database that nobody is connected to."""
    # The files are copied as they are: the other way would write each page to the log.
    async with _created(f"TEMPLATE {url.rpartition('/')[2]} STRATEGY file_copy") as copy:
        yield copy


@asynccontextmanager
async def _created(how: str) -> AsyncIterator[str]:
    name = f"seatwise_bench_{uuid4().hex}"
    await run(SERVER, f"CREATE DATABASE {name} {how}")
    try:
        yield f"{SERVER.rpartition('/')[0]}/{name}"
    finally:
        await run(SERVER, f"DROP DATABASE {name} WITH (FORCE)")


async def _fill(url: str, dataset: Dataset) -> None:
    connection = await asyncpg.connect(url, server_settings=SESSION, command_timeout=900)
    try:
        columns = {row["name"] for row in await connection.fetch(COLUMNS, list(EMPTY))}
        # A counter that is not loaded would be wrong without a word.
        if different := columns ^ KNOWN:
            raise RuntimeError(f"benchmarks/rows.py is not up to date: {sorted(different)}")
        async with _bare(connection):
            for table in TABLES:
                await _copy(connection, table, dataset)
        await connection.execute("VACUUM ANALYZE")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()


@asynccontextmanager
async def _bare(connection: asyncpg.Connection) -> AsyncIterator[None]:
    """The tables without indexes and references inside, and with them again afterwards: built
    at once they take a third of the time, and every row is checked all the same."""
    references = await connection.fetch(REFERENCES)
    indexes = await connection.fetch(INDEXES)
    for row in reversed(references):
        await connection.execute(f'ALTER TABLE {row["owner"]} DROP CONSTRAINT "{row["name"]}"')
    for row in indexes:
        await connection.execute(f"DROP INDEX {row['name']}")
    yield
    for row in references:
        added = f'ADD CONSTRAINT "{row["name"]}" {row["definition"]}'
        await connection.execute(f"ALTER TABLE {row['owner']} {added}")
    for row in indexes:
        await connection.execute(row["definition"])


async def _copy(connection: asyncpg.Connection, table: Table, dataset: Dataset) -> None:
    async def source() -> AsyncIterator[bytes]:
        for text in _texts(table.rows(dataset)):
            yield text

    await connection.copy_to_table(table.name, source=source(), columns=table.columns)


def _texts(rows: Iterable[Row]) -> Iterator[bytes]:
    """The rows in the text form of COPY, many at a time; nothing in them needs an escape."""
    rows = iter(rows)
    while batch := list(islice(rows, BATCH)):
        lines = ["\t".join(["\\N" if v is None else str(v) for v in row]) for row in batch]
        yield "\n".join([*lines, ""]).encode()


@asynccontextmanager
async def sqlite(dataset: Dataset) -> AsyncIterator[str]:
    """The URL of an SQLite database with the dataset, analysed."""
    with TemporaryDirectory(prefix="seatwise_bench_") as folder:
        url = f"sqlite://{folder}/bench.db"
        await processes.migrate(url)
        _fill_file(Path(folder) / "bench.db", dataset)
        yield url


def _fill_file(path: Path, dataset: Dataset) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        with connection:
            for table in TABLES:
                marks = ", ".join("?" * len(table.columns))
                columns = ", ".join(table.columns)
                insert = f"INSERT INTO {table.name} ({columns}) VALUES ({marks})"  # noqa: S608 (our own names)
                connection.executemany(insert, table.rows(dataset))
        if connection.execute("PRAGMA foreign_key_check").fetchone():
            raise RuntimeError("a row refers to none")
        connection.execute("ANALYZE")
