"""Rows as dicts into a table and out of it, for aggregates whose columns are their contract (see schema/, `row_types`).

While an edit of the owner is recorded (see `edits`), each row changed here is kept as it was.
"""
# ruff: noqa: S608  (names of our own schema, never a caller's text)

from collections.abc import Mapping, Sequence
from sqlite3 import Connection
from typing import TypeVar, cast

from stintd.store.connection import Row, StoreConnection
from stintd.store.row_types import SqlValue

RowType = TypeVar("RowType", bound=Mapping[str, object])
Value = TypeVar("Value", str, int)
Arguments = Sequence[object] | Mapping[str, object]


def select(conn: Connection, sql: str, arguments: Arguments = ()) -> list[Row]:
    """All rows of a query, whatever its columns."""
    cursor = conn.execute(sql, cast("Sequence[SqlValue]", arguments))
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def fetch_all(conn: Connection, shape: type[RowType], sql: str, arguments: Arguments = ()) -> list[RowType]:
    """All rows of a query, of the type `shape`."""
    return cast("list[RowType]", select(conn, sql, arguments))


def fetch_one(conn: Connection, shape: type[RowType], sql: str, arguments: Arguments = ()) -> RowType | None:
    """The first row of a query, or None."""
    rows = fetch_all(conn, shape, sql, arguments)
    return rows[0] if rows else None


def fetch_value(conn: Connection, kind: type[Value], sql: str, arguments: Arguments = ()) -> Value | None:
    """The first column of the first row of a query; None where there is no row, or NULL in it."""
    row = conn.execute(sql, cast("Sequence[SqlValue]", arguments)).fetchone()
    return None if row is None or row[0] is None else kind(row[0])


def fetch_column(conn: Connection, kind: type[Value], sql: str, arguments: Arguments = ()) -> list[Value]:
    """The first column of every row of a query, without NULLs."""
    cursor = conn.execute(sql, cast("Sequence[SqlValue]", arguments))
    return [kind(row[0]) for row in cursor if row[0] is not None]


def exists(conn: Connection, sql: str, arguments: Arguments = ()) -> bool:
    """Whether a query has a row."""
    return conn.execute(sql, cast("Sequence[SqlValue]", arguments)).fetchone() is not None


def differences(row: Mapping[str, object], values: Mapping[str, object]) -> dict[str, object]:
    """Of some values those that a row does not have yet."""
    return {name: value for name, value in values.items() if row[name] != value}


def row_of(conn: Connection, table: str, row_id: str) -> Row | None:
    """One row by its id."""
    rows = select(conn, f"SELECT * FROM {table} WHERE id = ?", (row_id,))
    return rows[0] if rows else None


def _note(conn: Connection, table: str, row_id: object) -> None:
    """Keep the row as it is before its first change in this edit."""
    if isinstance(conn, StoreConnection) and conn.before is not None and row_id is not None:
        key = (table, str(row_id))
        if key not in conn.before:
            conn.before[key] = row_of(conn, table, str(row_id))


def insert(conn: Connection, table: str, row: Mapping[str, object]) -> None:
    """A new row; the names are columns of the schema, never a caller's text."""
    _note(conn, table, row.get("id"))
    names, marks = ", ".join(row), ", ".join("?" * len(row))
    conn.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", _values(row))


def update(conn: Connection, table: str, row_id: str, values: Mapping[str, object]) -> None:
    """Set these columns of one row."""
    _note(conn, table, row_id)
    names = ", ".join(f"{name} = ?" for name in values)
    conn.execute(f"UPDATE {table} SET {names} WHERE id = ?", (*_values(values), row_id))


def delete(conn: Connection, table: str, row_id: str) -> None:
    """Remove one row."""
    _note(conn, table, row_id)
    conn.execute(f"DELETE FROM {table} WHERE id = ?", (row_id,))


def _values(row: Mapping[str, object]) -> tuple[SqlValue, ...]:
    return cast("tuple[SqlValue, ...]", tuple(row.values()))
