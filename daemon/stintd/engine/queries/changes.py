"""The change log, for the stream."""

from sqlite3 import Connection

from stintd.engine.hub import LoggedEvent
from stintd.store import changes

BATCH = 500


def changes_after(conn: Connection, seq: int) -> list[LoggedEvent]:
    """The next changes after `seq`, oldest first."""
    return [LoggedEvent(change.seq, change.kind, change.payload) for change in changes.changes_since(conn, seq, BATCH)]


def seq_bounds(conn: Connection) -> tuple[int, int]:
    """The oldest `seq` that can still be read, and the latest one ever assigned; 0 if there is none."""
    return changes.bounds(conn)
