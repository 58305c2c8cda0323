"""The keys of callers, without the keys themselves."""

from sqlite3 import Connection
from typing import Any

from stintd.engine.rows import Row, first, select
from stintd.engine.shape import instant
from stintd.engine.view import View
from stintd.errors import NotFound


def key_row(conn: Connection, key_id: str) -> Row:
    """The row of a key."""
    row = first(conn, "SELECT * FROM api_key WHERE id = ?", (key_id,))
    if row is None:
        raise NotFound(f"there is no key {key_id[:40]}", "`stint keys list` lists them with their ids")
    return row


def shape_of(row: Row) -> dict[str, Any]:
    """A key as it is shown."""
    return {
        "id": row["id"], "name": row["name"], "scope": row["scope"], "clientId": row["client_id"],
        "projectId": row["project_id"], "createdAt": instant(row["created_us"]), "lastUsedAt": instant(row["last_used_us"]),
        "revokedAt": instant(row["revoked_us"]),
    }  # fmt: skip


def listing(view: View, status: str = "active") -> dict[str, Any]:
    """Keys, the oldest first; those revoked too where `status` is all."""
    rows = select(view.conn, "SELECT * FROM api_key WHERE revoked_us IS NULL OR ? = 'all' ORDER BY id", (status,))
    return {"data": [shape_of(row) for row in rows], "nextCursor": None}
