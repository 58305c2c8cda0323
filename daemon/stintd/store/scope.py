"""A view of the database that holds only what belongs to one client or one project.

SQLite looks for the name of a table in the temporary schema first. So, on a connection of its own, temporary views hide all
tables: no query, written now or later, can forget the limit. A table without a line in `VISIBLE` appears empty: what is new
is hidden until somebody decides otherwise.
"""
# ruff: noqa: S608  (names of our own schema, never a caller's text)

from sqlite3 import Connection

from stintd.frozen import frozen

IN_REACH = "project_id IN (SELECT id FROM temp.reach)"
PROJECT_OF_REPO = "coalesce((SELECT a.project_id FROM main.folder_answer a WHERE a.id = repo.id), repo.project_id)"
"""What a repository counts as: its owner's answer, else the project that it keeps."""
VISIBLE = {
    "meta": "1",
    "day_policy": "1",
    "merged_entry": "1",
    "project": "id IN (SELECT id FROM temp.reach)",
    "client": "id IN (SELECT client_id FROM main.project WHERE id IN (SELECT id FROM temp.reach)) OR id = :client",
    "project_alias": IN_REACH,
    "task": IN_REACH,
    "entry": IN_REACH,
    "rollup": IN_REACH,
    "repo": f"{PROJECT_OF_REPO} IN (SELECT id FROM temp.reach)",
    "folder_answer": IN_REACH,
    "repo_commit": f"repo_id IN (SELECT id FROM main.repo WHERE {PROJECT_OF_REPO} IN (SELECT id FROM temp.reach))",
}


@frozen
class ReadLimit:
    """What an API client may see: the data of a client, or of one project. One of the two is set."""

    client_id: str | None = None
    project_id: str | None = None


def reach(conn: Connection, limit: ReadLimit) -> frozenset[str]:
    """The projects that a limit includes now."""
    sql = "SELECT id FROM main.project WHERE id = ? OR (client_id = ? AND ? IS NULL)"
    return frozenset(row[0] for row in conn.execute(sql, (limit.project_id, limit.client_id, limit.project_id)))


def narrow(conn: Connection, limit: ReadLimit) -> None:
    """Let this connection see no more than the limit allows; this cannot be undone, and the connection is closed after use."""
    conn.execute("CREATE TEMP TABLE reach (id TEXT PRIMARY KEY) WITHOUT ROWID")
    conn.executemany("INSERT INTO temp.reach VALUES (?)", [(project,) for project in reach(conn, limit)])
    for table in _tables(conn):
        condition = VISIBLE.get(table, "0").replace(":client", _quote(limit.client_id if limit.project_id is None else None))
        conn.execute(f"CREATE TEMP VIEW {table} AS SELECT * FROM main.{table} WHERE {condition}")
    conn.execute("PRAGMA query_only = ON")


def _tables(conn: Connection) -> list[str]:
    sql = "SELECT name FROM main.sqlite_master WHERE type = 'table' AND name NOT GLOB 'sqlite_*'"
    return [row[0] for row in conn.execute(sql)]


def _quote(text: str | None) -> str:
    """A text as an SQL literal: a view takes no parameters."""
    return "NULL" if text is None else "'" + text.replace("'", "''") + "'"
