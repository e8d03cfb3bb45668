"""How a migration states its SQL once for both databases.

Tortoise's own schema operations leave CHECK constraints out of new tables and cannot write
a composite key, so migrations are SQL; `{uuid}` and the like stand for a column type.
"""

from collections.abc import Awaitable, Callable

from tortoise.migrations.operations import RunPython
from tortoise.migrations.schema_editor.base import BaseSchemaEditor

TYPES = {
    "sqlite": {
        "uuid": "CHAR(36)",
        "json": "JSON",
        "as_json": "",
        "instant": "TIMESTAMP",
        "bytes": "BLOB",
        "boolean": "INT",
        "int": "INT",
    },
    "postgres": {
        "uuid": "UUID",
        "json": "JSONB",
        "as_json": "::jsonb",
        "instant": "TIMESTAMPTZ",
        "bytes": "BYTEA",
        "boolean": "BOOLEAN",
        "int": "INT",
    },
}

COLUMNS = {
    "sqlite": "SELECT name FROM pragma_table_info('{}')",
    "postgres": "SELECT attname AS name FROM pg_attribute "
    "WHERE attrelid = '{}'::regclass AND attnum > 0 AND NOT attisdropped",
}


def statements(sql: str) -> RunPython:
    """The operation that runs the statements, which are separated by semicolons, in order."""

    async def run(_apps: object, editor: BaseSchemaEditor) -> None:
        await _execute(editor, sql)

    return _operation(run)


def postgres_statements(sql: str) -> RunPython:
    """The same on PostgreSQL alone."""

    async def run(_apps: object, editor: BaseSchemaEditor) -> None:
        if editor.DIALECT == "postgres":
            await _execute(editor, sql)

    return _operation(run)


def add_column(table: str, name: str, definition: str) -> RunPython:
    """The operation that adds a column unless the table has it, as when it runs once more."""

    async def run(_apps: object, editor: BaseSchemaEditor) -> None:
        if name not in await _columns(editor, table):
            kind = definition.format(**TYPES[editor.DIALECT])
            await editor.client.execute_query(f"ALTER TABLE {table} ADD COLUMN {name} {kind}")

    return _operation(run)


def atomically(unless: tuple[str, str], sqlite: str, postgres: str) -> RunPython:
    """The operation that runs a database's statements in one transaction, unless the table already
    has the column, as when it runs once more."""
    table, name = unless

    async def run(_apps: object, editor: BaseSchemaEditor) -> None:
        if name in await _columns(editor, table):
            return
        sql = sqlite if editor.DIALECT == "sqlite" else postgres
        async with editor.client._in_transaction() as connection:  # noqa: SLF001 (as in_transaction does)
            for statement in _statements(editor, sql):
                await connection.execute_query(statement)

    return _operation(run)


async def _columns(editor: BaseSchemaEditor, table: str) -> set[str]:
    found = await editor.client.execute_query_dict(COLUMNS[editor.DIALECT].format(table))
    return {column["name"] for column in found}


def _statements(editor: BaseSchemaEditor, sql: str) -> list[str]:
    return list(filter(str.strip, sql.format(**TYPES[editor.DIALECT]).split(";")))


async def _execute(editor: BaseSchemaEditor, sql: str) -> None:
    for statement in _statements(editor, sql):
        await editor.client.execute_query(statement)


def _operation(run: Callable[[object, BaseSchemaEditor], Awaitable[None]]) -> RunPython:
    return RunPython(run)
