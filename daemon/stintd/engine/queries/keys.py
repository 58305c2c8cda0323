"""API keys: their names, scopes and limits, never the keys themselves."""

from sqlite3 import Connection

from stintd.engine.view import View
from stintd.engine.wire import instant
from stintd.engine.wire_types import KeyJson, PageJson
from stintd.errors import NotFound
from stintd.store.row_types import NamedApiKeyRow
from stintd.store.rowio import fetch_all, fetch_one

SQL = """
SELECT k.*, c.name AS client_name, p.name AS project_name FROM api_key k
LEFT JOIN client c ON c.id = k.client_id LEFT JOIN project p ON p.id = k.project_id
"""


def find_key(conn: Connection, key_id: str) -> NamedApiKeyRow:
    """The row of a key."""
    row = fetch_one(conn, NamedApiKeyRow, SQL + "WHERE k.id = ?", (key_id,))
    if row is None:
        raise NotFound(f"there is no key {key_id[:40]}", "`stint keys list` lists them with their ids")
    return row


def key_json(row: NamedApiKeyRow) -> KeyJson:
    """A key in its JSON shape."""
    return {
        "id": row["id"],
        "name": row["name"],
        "scope": row["scope"],
        "clientId": row["client_id"],
        "clientName": row["client_name"],
        "projectId": row["project_id"],
        "projectName": row["project_name"],
        "createdAt": instant(row["created_us"]),
        "lastUsedAt": instant(row["last_used_us"]),
        "revokedAt": instant(row["revoked_us"]),
    }


def listing(view: View, status: str = "active") -> PageJson[KeyJson]:
    """Keys, the oldest first; with `status` all, the revoked ones too."""
    rows = fetch_all(view.conn, NamedApiKeyRow, SQL + "WHERE k.revoked_us IS NULL OR ? = 'all' ORDER BY k.id", (status,))
    return {"data": [key_json(row) for row in rows], "nextCursor": None}
