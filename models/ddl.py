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
        "instant": "TIMESTAMP",
        "bytes": "BLOB",
        "boolean": "INT",
        "int": "INT",
    },
    "postgres": {
        "uuid": "UUID",
        "json": "JSONB",
        "instant": "TIMESTAMPTZ",
        "bytes": "BYTEA",
        "boolean": "BOOLEAN",
        "int": "INT",
    },
}


def statements(sql: str) -> RunPython:
    """The operation that runs the statements, which are separated by semicolons, in order."""

    async def run(_apps: object, editor: BaseSchemaEditor) -> None:
        for statement in filter(str.strip, sql.format(**TYPES[editor.DIALECT]).split(";")):
            await editor.client.execute_query(statement)

    forward: Callable[[object, BaseSchemaEditor], Awaitable[None]] = run
    return RunPython(forward)
