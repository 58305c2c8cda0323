"""Values under a name: how far each source has read, and the facts about this installation."""

from collections.abc import Mapping
from datetime import datetime
from sqlite3 import Connection

from stintd.store.ids import new_id


def get(conn: Connection, name: str) -> str | None:
    """How far the source `name` has read."""
    row = conn.execute("SELECT value FROM cursor WHERE name = ?", (name,)).fetchone()
    return row[0] if row else None


def all_of(conn: Connection, prefix: str = "") -> dict[str, str]:
    """Every cursor whose name begins with `prefix`, by full name."""
    rows = conn.execute("SELECT name, value FROM cursor WHERE substr(name, 1, ?) = ?", (len(prefix), prefix))
    return dict(rows.fetchall())


def put(conn: Connection, cursors: Mapping[str, str]) -> None:
    """Store cursors in the same transaction as what was read up to them."""
    conn.executemany(
        "INSERT INTO cursor VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE value <> excluded.value",
        list(cursors.items()),
    )


def drop(conn: Connection, name: str) -> None:
    """Forget a cursor."""
    conn.execute("DELETE FROM cursor WHERE name = ?", (name,))


def meta(conn: Connection, key: str) -> str | None:
    """A fact about this installation."""
    row = conn.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return row[0] if row else None


def set_meta(conn: Connection, key: str, value: str) -> None:
    """Store a fact about this installation."""
    conn.execute("INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", (key, value))


def ensure_identity(conn: Connection, now: datetime) -> tuple[str, str, str]:
    """The ids of user, device and personal workspace, created at the first start."""
    ids = []
    for key in ("user_id", "device_id", "workspace_id"):
        value = meta(conn, key)
        if value is None:
            value = new_id(now)
            set_meta(conn, key, value)
        ids.append(value)
    return ids[0], ids[1], ids[2]
