"""The database door: connections, transactions and outages, on SQLite and PostgreSQL.

On SQLite a process has one connection. A transaction that is going to write begins by
writing (see `writing`), so that it takes the write lock at once and waits for it, up to
DATABASE_LOCK_TIMEOUT, instead of failing half way. On PostgreSQL a transaction locks the rows
that it decides about (`SELECT ... FOR UPDATE`), at READ COMMITTED: each statement sees what
was committed before it.
"""

import asyncio
import random
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import asyncpg
from tortoise.backends.base.config_generator import expand_db_url
from tortoise.context import TortoiseContext, get_current_context
from tortoise.exceptions import BaseORMException
from tortoise.transactions import in_transaction

from services import settings
from services.errors import OperatorError

Result = TypeVar("Result")

APP = "models"
CONNECTION = "default"
MODULES = (
    "access_tokens",
    "accounts",
    "activity",
    "invoices",
    "mails",
    "plans",
    "seat_groups",
    "subscriptions",
    "users",
)

SQLITE_PRAGMAS = "journal_mode=WAL&foreign_keys=ON&synchronous=FULL&busy_timeout="
"""FULL: what was acknowledged survives a power cut."""

IDLE_IN_TRANSACTION = "60s"
"""PostgreSQL ends a transaction whose process has stopped so long, and frees its locks."""

DRIVERS = (
    OSError,
    sqlite3.Error,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
FAILURES = (BaseORMException, *DRIVERS)
"""What a database that is away, locked, read-only or full raises."""

AWAY = (
    OSError,
    asyncpg.InterfaceError,
    # Of several hosts none can write; or a connection was lost while it was being used.
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.PostgresSystemError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.IdleInTransactionSessionTimeoutError,
)
"""PostgreSQL is away, shutting down, full or overloaded."""

FILES = (FileNotFoundError, FileExistsError, PermissionError, IsADirectoryError, NotADirectoryError)
"""Errors of the operating system that no network has."""

CONFLICTS = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError)
"""PostgreSQL rolled a transaction back for the sake of another one."""

BUSY = (*CONFLICTS, asyncpg.LockNotAvailableError)
"""Others were at the same rows for too long."""

SQLITE_AWAY = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN,
    }
)

ATTEMPTS = 3

CHANNEL = "seatwise_account_changed"
"""Where PostgreSQL is told which account a transaction has changed."""

DIALECTS = {
    "postgres": {
        "json_agg": "json_agg",
        "among": "= ANY(?)",
        "lock": "FOR UPDATE OF a, s",
        "lock_with_user": "FOR UPDATE OF a, s FOR SHARE OF u",
        "lock_with_token": "FOR UPDATE OF a, s FOR SHARE OF u, t",
        "claim": "FOR UPDATE OF a, s SKIP LOCKED",
        "no_lock": "",
        "notify": f"RETURNING pg_notify('{CHANNEL}', id::text)",
    },
    "sqlite": {
        "json_agg": "json_group_array",
        "among": "IN (SELECT value FROM json_each(?))",
        "lock": "",
        "lock_with_user": "",
        "lock_with_token": "",
        "claim": "",
        "no_lock": "",
        "notify": "",
    },
}
"""What a statement of ours says in braces: the function that makes a JSON list of a column;
"is one of the values of a list"; how an account's row is locked first, then what is read with
it (a row that had to be waited for is read anew once it is locked); that an account changed."""

transaction = in_transaction
"""The transaction of the code inside: committed at its end, rolled back by a raise."""


def config(url: str, *, patient: bool = False) -> dict[str, Any]:
    """Tortoise's configuration for a database URL; `patient` lets statements take their time."""
    modules = [f"{APP}.{module}" for module in MODULES]
    app = {"models": modules, "migrations": f"{APP}.migrations", "default_connection": CONNECTION}
    connection = _sqlite(url) if url.startswith("sqlite:") else _postgres(url, patient=patient)
    return {"connections": {CONNECTION: connection}, "apps": {APP: app}}


def _sqlite(url: str) -> dict[str, Any]:
    milliseconds = int(settings.current().database_lock_timeout * 1000)
    complete = f"{url}{'&' if '?' in url else '?'}{SQLITE_PRAGMAS}{milliseconds}"
    return {**expand_db_url(complete), "engine": "services.sqlite"}


def _postgres(url: str, *, patient: bool) -> dict[str, Any]:
    configured = settings.current()
    statement = 0 if patient else configured.database_statement_timeout
    session = {
        "application_name": "seatwise",
        "default_transaction_isolation": "read committed",
        "idle_in_transaction_session_timeout": "0" if patient else IDLE_IN_TRANSACTION,
        "lock_timeout": "0" if patient else f"{configured.database_lock_timeout * 1000:.0f}",
        "statement_timeout": f"{statement * 1000:.0f}",
    }
    credentials = {
        "dsn": url,
        "minsize": 0,
        "maxsize": configured.database_pool_size,
        "timeout": configured.database_connect_timeout,
        # For a server that does not even answer that the statement took too long.
        "command_timeout": statement + configured.database_connect_timeout if statement else None,
        "server_settings": session,
    }
    return {"engine": "services.postgres", "credentials": credentials}


@asynccontextmanager
async def connected(
    *, everywhere: bool = False, patient: bool = False
) -> AsyncIterator[TortoiseContext]:
    """The database of DATABASE_URL, for everything inside.

    `everywhere` opens it to tasks that were not started inside: a server's requests.
    `patient` waits for locks and statements as long as they take: a migration's.
    """
    url = settings.current().database_url
    _check_file(url)
    async with TortoiseContext() as context:
        await context.init(config=config(url, patient=patient), _enable_global_fallback=everywhere)
        yield context


def is_outage(error: BaseException) -> bool:
    """Whether the database was away or too busy: later the same may succeed."""
    return is_away(error) or isinstance(error, BUSY)


def is_away(error: BaseException) -> bool:
    """Whether the database as a whole was away, full, or (SQLite) in other hands."""
    cause = error.args[0] if isinstance(error, BaseORMException) and error.args else error
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", sqlite3.SQLITE_OK)
        return code & 0xFF in SQLITE_AWAY
    return isinstance(cause, AWAY) and not isinstance(cause, FILES)


async def retrying(work: Callable[[], Awaitable[Result]]) -> Result:
    """What the work answers, begun anew, a few times at most, when its transaction lost a
    conflict with another one (a deadlock, a serialization failure) and was rolled back."""
    for attempt in range(1, ATTEMPTS):
        try:
            return await work()
        except CONFLICTS:
            # Not at the same moment as the other one.
            await asyncio.sleep(random.uniform(0.01, 0.05) * attempt)  # noqa: S311
    return await work()


@asynccontextmanager
async def writing() -> AsyncIterator[None]:
    """A transaction that writes after it has read: it takes SQLite's write lock at once."""
    async with in_transaction() as connection:
        if connection.capabilities.dialect == "sqlite":
            # A write of no row: what is read from here on cannot change underneath.
            await connection.execute_query("UPDATE accounts SET code = code WHERE FALSE")
        yield


def client() -> Any:
    """Tortoise's connection, or the transaction of the code that asks."""
    context = get_current_context()
    assert context is not None
    return context.connections.get(CONNECTION)


def dialect() -> str:
    """Which database it is: "postgres" or "sqlite"."""
    found: str = client().capabilities.dialect
    return found


def connections() -> dict[str, int]:
    """How many connections to PostgreSQL are in use, how many wait for one, and the limit."""
    pool = getattr(client(), "_pool", None)
    if pool is None:
        return {}
    return {"in_use": pool.in_use, "waiting": pool.waiting, "limit": pool.size}


async def fetch(sql: str, *values: Any, long: bool = False) -> Sequence[Any]:
    """The records of a statement of ours, written as `statement` says; `long` where it may look
    through many rows."""
    connection = client()
    text = statement(sql, connection.capabilities.dialect)
    records: Sequence[Any] = await connection.records(text, values, long=long)
    return records


@dataclass(frozen=True, slots=True)
class Change:
    """A statement that changes rows, written as `statement` says."""

    sql: str
    values: Sequence[Any]


async def make(changes: Sequence[Change]) -> None:
    """Makes changes of different rows: on PostgreSQL in one statement, so that none of them sees
    another one's; on SQLite in order."""
    if len(changes) > 1 and dialect() == "postgres":
        text = _together(tuple(change.sql for change in changes))
        await fetch(text, *(value for change in changes for value in change.values))
        return
    for change in changes:
        await fetch(change.sql, *change.values)


@lru_cache(maxsize=1_000)
def _together(texts: tuple[str, ...]) -> str:
    *first, last = texts
    parts = ", ".join(f"change_{number} AS ({text})" for number, text in enumerate(first))
    return f"WITH {parts} {last}"


@lru_cache(maxsize=1_000)
def statement(sql: str, dialect: str) -> str:
    """A statement of ours as the database takes it: `?` stands for the values in order, and
    what stands in braces is said as `DIALECTS` has it."""
    text = sql.format(**DIALECTS[dialect])
    if dialect == "sqlite":
        return text
    first, *rest = text.split("?")
    return first + "".join(f"${number}{part}" for number, part in enumerate(rest, start=1))


def _check_file(url: str) -> None:
    """Makes an SQLite database's folder. Raises OperatorError where the file is none of ours:
    the driver's thread would outlive the failure and keep the process from ending."""
    if not url.startswith("sqlite:"):
        return
    parts = urlsplit(url)
    path = Path(f"{parts.netloc}{parts.path}")
    patience = settings.current().database_lock_timeout
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            with closing(sqlite3.connect(path, timeout=patience)) as connection:
                connection.execute("PRAGMA schema_version")
    except (OSError, sqlite3.Error) as error:
        raise OperatorError(f"DATABASE_URL: {path} cannot be opened ({error})") from None
