"""Rows as dicts into a table and out of it, for aggregates whose columns are their contract (see schema/)."""

from collections.abc import Mapping, Sequence
from sqlite3 import Connection
from typing import Any

Row = dict[str, Any]


def select(conn: Connection, sql: str, arguments: Sequence[Any] = ()) -> list[Row]:
    """All rows of a query."""
    cursor = conn.execute(sql, arguments)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def insert(conn: Connection, table: str, row: Mapping[str, Any]) -> None:
    """A new row; the names are columns of the schema, never a caller's text."""
    names, marks = ", ".join(row), ", ".join("?" * len(row))
    conn.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(row.values()))  # noqa: S608


def update(conn: Connection, table: str, row_id: str, values: Mapping[str, Any]) -> None:
    """Set these columns of one row."""
    names = ", ".join(f"{name} = ?" for name in values)
    conn.execute(f"UPDATE {table} SET {names} WHERE id = ?", (*values.values(), row_id))  # noqa: S608


def delete(conn: Connection, table: str, row_id: str) -> None:
    """Remove one row."""
    conn.execute(f"DELETE FROM {table} WHERE id = ?", (row_id,))  # noqa: S608
