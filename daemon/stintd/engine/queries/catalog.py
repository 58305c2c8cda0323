"""Clients and tasks."""

from typing import Any

from stintd.engine import wire
from stintd.engine.rows import DEFAULT_LIMIT, Row, decode_cursor, first, page, select
from stintd.engine.view import Reading, View
from stintd.errors import NotFound

_CLIENTS = {"active": "archived = 0", "archived": "archived = 1", "complete": "archived = 1", "all": "1"}
_TASKS = {
    "active": "status = 'active'",
    "complete": "status = 'complete'",
    "archived": "status = 'complete'",
    "all": "1",
}


def _named(
    view: View, table: str, clauses: list[str], values: list[Any], limit: int, cursor: str | None
) -> tuple[list[Row], str | None]:
    """A page of a table with names, by name."""
    if cursor is not None:
        clauses = [*clauses, "(name, id) > (?, ?)"]
        values = [*values, *decode_cursor(cursor, (str, str))]
    sql = f"SELECT * FROM {table} WHERE {' AND '.join(clauses)} ORDER BY name, id LIMIT ?"  # noqa: S608
    return page(select(view.conn, sql, [*values, limit + 1]), limit, ("name", "id"))


def clients(
    view: View, limit: int = DEFAULT_LIMIT, cursor: str | None = None, status: str = "active", search: str | None = None
) -> dict[str, Any]:
    """Clients by name; active ones unless asked otherwise."""
    clauses, values = [_CLIENTS[status]], []
    if search is not None:
        clauses.append("instr(lower(name), lower(?))")
        values.append(search)
    kept, following = _named(view, "client", clauses, values, limit, cursor)
    return {"data": [wire.client(row) for row in kept], "nextCursor": following}


def client_row(reading: Reading, client_id: str) -> Row:
    row = first(reading.conn, "SELECT * FROM client WHERE id = ?", (client_id,))
    if row is None:
        raise NotFound(f"there is no client {client_id[:40]}", "`stint clients` lists them")
    return row


def client(view: View, client_id: str) -> dict[str, Any]:
    """One client."""
    return wire.client(client_row(view, client_id))


def tasks(
    view: View, limit: int = DEFAULT_LIMIT, cursor: str | None = None, status: str = "active",
    project_id: str | None = None, search: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Tasks by name; active ones unless asked otherwise. What is searched for stands in the name or the key."""
    clauses, values = [_TASKS[status]], []
    if search is not None:
        clauses.append("(instr(lower(name), lower(?)) OR instr(lower(key), lower(?)))")
        values += [search, search]
    if project_id is not None:
        clauses.append("project_id = ?")
        values.append(project_id)
    kept, following = _named(view, "task", clauses, values, limit, cursor)
    return {"data": [wire.task(row) for row in kept], "nextCursor": following}


def task_row(reading: Reading, task_id: str) -> Row:
    row = first(reading.conn, "SELECT * FROM task WHERE id = ?", (task_id,))
    if row is None or not reading.admits(row["project_id"]):
        raise NotFound(f"there is no task {task_id[:40]}", "`stint tasks` lists them")
    return row


def task(view: View, task_id: str) -> dict[str, Any]:
    """One task."""
    return wire.task(task_row(view, task_id))
