"""Rows as dicts into a table and out of it, for aggregates whose columns are their contract (see schema/).

While an edit of the owner is recorded (see `edits`), each row changed here is kept as it was.
"""
# ruff: noqa: S608  (names of our own schema, never a caller's text)

from collections.abc import Mapping, Sequence
from sqlite3 import Connection
from typing import Any

from stintd.store.connection import Row, StoreConnection


def select(conn: Connection, sql: str, arguments: Sequence[Any] | Mapping[str, Any] = ()) -> list[Row]:
    """All rows of a query."""
    cursor = conn.execute(sql, arguments)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def row_of(conn: Connection, table: str, row_id: str) -> Row | None:
    """One row by its id."""
    found = select(conn, f"SELECT * FROM {table} WHERE id = ?", (row_id,))
    return found[0] if found else None


def _note(conn: Connection, table: str, row_id: Any) -> None:
    """Keep the row as it is before its first change in this edit."""
    if isinstance(conn, StoreConnection) and conn.before is not None and row_id is not None:
        key = (table, str(row_id))
        if key not in conn.before:
            conn.before[key] = row_of(conn, table, str(row_id))


def insert(conn: Connection, table: str, row: Mapping[str, Any]) -> None:
    """A new row; the names are columns of the schema, never a caller's text."""
    _note(conn, table, row.get("id"))
    names, marks = ", ".join(row), ", ".join("?" * len(row))
    conn.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(row.values()))


def update(conn: Connection, table: str, row_id: str, values: Mapping[str, Any]) -> None:
    """Set these columns of one row."""
    _note(conn, table, row_id)
    names = ", ".join(f"{name} = ?" for name in values)
    conn.execute(f"UPDATE {table} SET {names} WHERE id = ?", (*values.values(), row_id))


def delete(conn: Connection, table: str, row_id: str) -> None:
    """Remove one row."""
    _note(conn, table, row_id)
    conn.execute(f"DELETE FROM {table} WHERE id = ?", (row_id,))
