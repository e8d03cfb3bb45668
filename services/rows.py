"""Rows by prepared statements: the hot reads and writes.

Tortoise builds a query anew for each request and takes several times as long over it as the
database does (docs/performance.md). A `Query` here is a value: the same parts make the same
text, which is put together once and which the driver prepares once a connection. What comes
back are the models' own objects, made straight from the rows, or views of some columns.
Names in the statements are the models' own; what callers send are values.
"""

import json
from collections import namedtuple
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from enum import Enum
from functools import lru_cache
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

from tortoise import fields
from tortoise.fields.data import CharEnumFieldInstance
from tortoise.models import Model

from services import database, reads
from services.database import Change
from services.reads import Read

VIEW: Any = namedtuple  # noqa: PYI024 (which names its columns in the source)
"""Makes a class of views (of any name and columns, which type checkers do not foresee)."""

Row = TypeVar("Row", bound=Model)
Convert = Callable[[Any], Any]


class Query(NamedTuple, Generic[Row]):
    """Rows of a model's table that meet all conditions, written as `database.statement` says."""

    model: type[Row]
    left_out: frozenset[str] = frozenset()
    conditions: tuple[str, ...] = ()
    values: tuple[Any, ...] = ()
    order: str = ""
    most: int | None = None
    long: bool = False
    """Whether finding them may mean looking through many rows."""

    def without(self, *columns: str) -> "Query[Row]":
        """The same rows without some columns: views, which are quicker to make than the model's
        objects and cannot be changed."""
        return self._replace(left_out=self.left_out | set(columns))

    def where(self, condition: str, *values: Any) -> "Query[Row]":
        """Those that meet one more condition."""
        # Written out: each request makes several, and _replace takes three times as long.
        model, left_out, conditions, before, order, most, long = self
        added = (*conditions, condition)
        return Query(model, left_out, added, (*before, *values), order, most, long)

    def among(self, column: str, values: Iterable[Any]) -> "Query[Row]":
        """Those whose column has one of the values."""
        # One value whatever their number, so that the text stays the same.
        return self.where(f"{column} {{among}}", list(values))

    def belonging(self, column: str, owners: "Query[Any]") -> "Query[Row]":
        """Those whose column is the id of one of the owners."""
        # The owners' statement tells all their columns; only the id is wanted of it.
        inner = f"SELECT id FROM ({owners.text}) owners"  # noqa: S608 (our own text)
        return self.where(f"{column} IN ({inner})", *owners.parameters)

    def sorted(self, order: str, most: int | None = None) -> "Query[Row]":
        """In an order, at most so many."""
        model, left_out, conditions, values, _, _, long = self
        return Query(model, left_out, conditions, values, order, most, long)

    def searching(self, condition: str, *values: Any) -> "Query[Row]":
        """Those that meet a condition for which no index helps."""
        return self.where(condition, *values)._replace(long=True)

    @property
    def text(self) -> str:
        """The SELECT, written as `database.statement` says."""
        limited = self.most is not None
        return _select(self.model, self.left_out, self.conditions, self.order, limited)

    @property
    def parameters(self) -> tuple[Any, ...]:
        """The values of the SELECT, in order."""
        return self.values if self.most is None else (*self.values, self.most)

    async def all(self) -> list[Row]:
        """The rows."""
        columns = columns_of(self.model, self.left_out)
        client = database.client()
        read = Read(self.text, columns, self.parameters, self.long)
        records = await reads.records(read, client)
        return reader(self.model, self.left_out, client.capabilities.dialect)(records)

    async def one(self) -> Row | None:
        """The only row; None where there is none."""
        rows = await self.all()
        return rows[0] if rows else None

    async def number(self) -> int:
        """How many they are."""
        sql = _count(self.model, self.conditions)
        ((number,),) = await database.fetch(sql, *self.values, long=True)
        return int(number)

    async def delete(self) -> None:
        """Deletes them."""
        sql = f"DELETE FROM {table(self.model)}{_where(self.conditions)}"  # noqa: S608
        await database.fetch(sql, *self.values)


def inserting(*rows: Model) -> Change:
    """The change that stores new rows of one table."""
    sql, stored = _insert(type(rows[0]), len(rows))
    return Change(sql, [encode(getattr(row, name)) for row in rows for name, encode in stored])


def updating(row: Model, *columns: str) -> Change:
    """The change that writes the named columns of a tenant's row, found by its account and id."""
    sql, written = _update(type(row), columns)
    return Change(sql, [encode(getattr(row, name)) for name, encode in written])


async def insert(*rows: Model) -> None:
    """Stores new rows of one table."""
    await database.make([inserting(*rows)])


async def update(row: Model, *columns: str) -> None:
    """Writes the named columns of a tenant's row, found by its account and id."""
    await database.make([updating(row, *columns)])


@lru_cache
def reader(
    model: type[Row], left_out: frozenset[str], dialect: str
) -> Callable[[Sequence[Any]], list[Row]]:
    """Makes the model's objects from records with its columns; views where some are left out."""
    names = columns_of(model, left_out)
    mapped = model._meta.fields_map  # noqa: SLF001 (the model's documented meta)
    converted = [
        (place, convert)
        for place, name in enumerate(names)
        if (convert := _from_database(mapped[name], dialect)) is not None
    ]
    make = _view(model, names) if left_out else _object(model, names)

    def read(records: Sequence[Any]) -> list[Row]:
        if not converted:
            return list(map(make, records))
        rows = []
        for record in records:
            values = list(record)
            for place, convert in converted:
                if values[place] is not None:
                    values[place] = convert(values[place])
            rows.append(make(values))
        return rows

    return read


def _view(model: type[Row], names: Sequence[str]) -> Callable[[Iterable[Any]], Row]:
    # A tuple takes a quarter of the time that an object of the model takes.
    make: Callable[[Iterable[Any]], Row] = VIEW(model.__name__, names)._make
    return make


def _object(model: type[Row], names: Sequence[str]) -> Callable[[Iterable[Any]], Row]:
    def make(values: Iterable[Any]) -> Row:
        row = model.__new__(model)
        row.__dict__.update(zip(names, values, strict=False))
        return row

    return make


@lru_cache
def columns_of(model: type[Model], left_out: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """The columns of a model's table, in order, without those left out."""
    return tuple(name for name in model._meta.fields_db_projection if name not in left_out)  # noqa: SLF001


def columns(model: type[Model], alias: str) -> str:
    """All columns of a model's table, for a statement that calls the table so."""
    return ", ".join(f"{alias}.{name} AS {alias}_{name}" for name in columns_of(model))


@lru_cache
def names(model: type[Model], alias: str) -> tuple[str, ...]:
    """What `columns` calls them."""
    return tuple(f"{alias}_{name}" for name in columns_of(model))


def split(record: Sequence[Any], *models: type[Model]) -> list[Any]:
    """One object of each model from a record with all `columns` of theirs, in order."""
    dialect = database.dialect()
    objects, start = [], 0
    for model in models:
        end = start + len(columns_of(model))
        objects += reader(model, frozenset(), dialect)([tuple(record)[start:end]])
        start = end
    return objects


def relate(row: Model, name: str, other: Model) -> None:
    """Gives a row the other one that it refers to, as assigning it does, unchecked: Tortoise looks
    at each assignment for what could be wrong with it."""
    vars(row)[f"_{name}"] = other


@lru_cache(maxsize=1_000)
def _select(
    model: type[Model],
    left_out: frozenset[str],
    conditions: tuple[str, ...],
    order: str,
    limited: bool,
) -> str:
    sorting = f" ORDER BY {order}" if order else ""
    limit = " LIMIT ?" if limited else ""
    shown = ", ".join(columns_of(model, left_out))
    return f"SELECT {shown} FROM {table(model)}{_where(conditions)}{sorting}{limit}"  # noqa: S608


@lru_cache(maxsize=1_000)
def _count(model: type[Model], conditions: tuple[str, ...]) -> str:
    return f"SELECT COUNT(*) FROM {table(model)}{_where(conditions)}"  # noqa: S608


@lru_cache(maxsize=1_000)
def _insert(model: type[Model], count: int) -> tuple[str, list[tuple[str, Convert]]]:
    stored = _encoded(model, columns_of(model))
    names = ", ".join(name for name, _ in stored)
    marks = f"({', '.join('?' for _ in stored)})"
    values = ", ".join([marks] * count)
    return f"INSERT INTO {table(model)} ({names}) VALUES {values}", stored  # noqa: S608


@lru_cache(maxsize=1_000)
def _update(model: type[Model], columns: tuple[str, ...]) -> tuple[str, list[tuple[str, Convert]]]:
    changes = ", ".join(f"{name} = ?" for name in columns)
    written = _encoded(model, (*columns, "account_id", "id"))
    sql = f"UPDATE {table(model)} SET {changes} WHERE account_id = ? AND id = ?"  # noqa: S608
    return sql, written


def table(model: type[Model]) -> str:
    """The name of a model's table, quoted."""
    return f'"{model._meta.db_table}"'  # noqa: SLF001


def _where(conditions: tuple[str, ...]) -> str:
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""


def _encoded(model: type[Model], columns: Sequence[str]) -> list[tuple[str, Convert]]:
    mapped = model._meta.fields_map  # noqa: SLF001
    return [(name, _to_database(mapped[name])) for name in columns]


def _to_database(field: Any) -> Convert:
    if isinstance(field, fields.JSONField):
        return lambda value: None if value is None else json.dumps(value)
    return lambda value: value


def _from_database(field: Any, dialect: str) -> Convert | None:
    """What makes a value of the field's kind from what the driver gives; None: it is one."""
    if isinstance(field, CharEnumFieldInstance):
        return {member.value: member for member in _members(field)}.__getitem__
    if isinstance(field, fields.JSONField):
        return json.loads
    if dialect != "sqlite":
        return None
    kinds: dict[type, Convert] = {
        fields.UUIDField: UUID,
        fields.DatetimeField: datetime.fromisoformat,
        fields.DateField: date.fromisoformat,
        fields.BooleanField: bool,
    }
    return kinds.get(type(field))


def _members(field: Any) -> type[Enum]:
    members: type[Enum] = field.enum_type
    return members
