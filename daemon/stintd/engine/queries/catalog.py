"""Clients and tasks."""

from stintd.engine import wire
from stintd.engine.rows import DEFAULT_LIMIT, decode_cursor, page
from stintd.engine.view import Reader, View
from stintd.engine.wire_types import ClientJson, PageJson, TaskJson
from stintd.errors import NotFound
from stintd.store.row_types import ClientRow, TaskRow
from stintd.store.rowio import fetch_all, fetch_one

_CLIENTS = {"active": "archived = 0", "archived": "archived = 1", "complete": "archived = 1", "all": "1"}
_TASKS = {
    "active": "status = 'active'",
    "complete": "status = 'complete'",
    "archived": "status = 'complete'",
    "all": "1",
}


def _page_query(table: str, clauses: list[str], values: list[object], limit: int, cursor: str | None) -> tuple[str, list[object]]:
    """A page of a table, ordered by name: the query, which reads one row more than the page, and its values."""
    if cursor is not None:
        clauses = [*clauses, "(name, id) > (?, ?)"]
        values = [*values, *decode_cursor(cursor, (str, str))]
    sql = f"SELECT * FROM {table} WHERE {' AND '.join(clauses)} ORDER BY name, id LIMIT ?"  # noqa: S608
    return sql, [*values, limit + 1]


def clients(
    view: View, limit: int = DEFAULT_LIMIT, cursor: str | None = None, status: str = "active", search: str | None = None
) -> PageJson[ClientJson]:
    """Clients by name; active ones unless asked otherwise."""
    clauses = [_CLIENTS[status]]
    values: list[object] = []
    if search is not None:
        clauses.append("instr(lower(name), lower(?))")
        values.append(search)
    sql, values = _page_query("client", clauses, values, limit, cursor)
    rows, following = page(fetch_all(view.conn, ClientRow, sql, values), limit, ("name", "id"))
    return {"data": [wire.client(row) for row in rows], "nextCursor": following}


def find_client(reader: Reader, client_id: str) -> ClientRow:
    row = fetch_one(reader.conn, ClientRow, "SELECT * FROM client WHERE id = ?", (client_id,))
    if row is None:
        raise NotFound(f"there is no client {client_id[:40]}", "`stint clients` lists them")
    return row


def client(view: View, client_id: str) -> ClientJson:
    """One client."""
    return wire.client(find_client(view, client_id))


def tasks(
    view: View,
    limit: int = DEFAULT_LIMIT,
    cursor: str | None = None,
    status: str = "active",
    project_id: str | None = None,
    search: str | None = None,
) -> PageJson[TaskJson]:
    """Tasks by name; active ones unless asked otherwise. The search matches the name or the key."""
    clauses = [_TASKS[status]]
    values: list[object] = []
    if search is not None:
        clauses.append("(instr(lower(name), lower(?)) OR instr(lower(key), lower(?)))")
        values += [search, search]
    if project_id is not None:
        clauses.append("project_id = ?")
        values.append(project_id)
    sql, values = _page_query("task", clauses, values, limit, cursor)
    rows, following = page(fetch_all(view.conn, TaskRow, sql, values), limit, ("name", "id"))
    return {"data": [wire.task(row) for row in rows], "nextCursor": following}


def find_task(reader: Reader, task_id: str) -> TaskRow:
    row = fetch_one(reader.conn, TaskRow, "SELECT * FROM task WHERE id = ?", (task_id,))
    if row is None or not reader.admits(row["project_id"]):
        raise NotFound(f"there is no task {task_id[:40]}", "`stint tasks` lists them")
    return row


def task(view: View, task_id: str) -> TaskJson:
    """One task."""
    return wire.task(find_task(view, task_id))
