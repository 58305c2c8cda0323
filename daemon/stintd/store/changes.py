"""The change log: what changed, in order, for the event stream and later the outbox.

`seq` comes from the database, never from memory: when numbers are used again after a crash, readers miss changes
(syncthing/syncthing#6335).
"""

import json
from collections.abc import Mapping
from datetime import datetime
from sqlite3 import Connection

from stintd.domain.model import from_us, to_us
from stintd.frozen import frozen


@frozen
class LoggedChange:
    """One change: its place in the log, its kind, and what clients receive."""

    seq: int
    kind: str
    payload: Mapping[str, object]
    at: datetime


def append(conn: Connection, now: datetime, kind: str, payload: Mapping[str, object]) -> LoggedChange:
    """Put a change at the end of the log."""
    text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
    cursor = conn.execute("INSERT INTO change (at_us, kind, payload) VALUES (?, ?, ?)", (to_us(now), kind, text))
    return LoggedChange(int(cursor.lastrowid or 0), kind, payload, now)


def changes_since(conn: Connection, seq: int, limit: int = 500) -> list[LoggedChange]:
    """The changes after `seq`, oldest first."""
    rows = conn.execute("SELECT seq, kind, payload, at_us FROM change WHERE seq > ? ORDER BY seq LIMIT ?", (seq, limit))
    return [LoggedChange(row[0], row[1], json.loads(row[2]), from_us(row[3])) for row in rows]


def newest_seq(conn: Connection) -> int:
    """The newest `seq` ever used; 0 before the first."""
    row = conn.execute("SELECT seq FROM sqlite_sequence WHERE name = 'change'").fetchone()
    return int(row[0]) if row else 0


def bounds(conn: Connection) -> tuple[int, int]:
    """(the oldest `seq` still kept, the newest ever used); 0 when there is none."""
    (oldest,) = conn.execute("SELECT coalesce(min(seq), 0) FROM change").fetchone()
    return oldest, newest_seq(conn)


def trim(conn: Connection, before: datetime, keep: int = 10_000) -> int:
    """Delete what is older than `before`, but never the newest `keep`; returns how many were deleted."""
    oldest_kept = newest_seq(conn) - keep
    return conn.execute("DELETE FROM change WHERE at_us < ? AND seq <= ?", (to_us(before), oldest_kept)).rowcount
