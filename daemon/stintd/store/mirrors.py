"""The timers that run at billing systems: rows of `live_mirror`, at most one for each target."""

from sqlite3 import Connection

from stintd.store.row_types import LiveTimerRow
from stintd.store.rowio import fetch_one


def get(conn: Connection, target: str) -> LiveTimerRow | None:
    """The timer of a target."""
    return fetch_one(conn, LiveTimerRow, "SELECT * FROM live_mirror WHERE target = ?", (target,))


def put(conn: Connection, row: LiveTimerRow) -> None:
    """Store the timer of a target in place of the one before."""
    names, marks = ", ".join(row), ", ".join("?" * len(row))
    conn.execute(f"INSERT OR REPLACE INTO live_mirror ({names}) VALUES ({marks})", tuple(row.values()))  # noqa: S608  our columns


def retry(conn: Connection, target: str) -> None:
    """Have a timer that could not be started tried again now."""
    conn.execute("UPDATE live_mirror SET next_us = 0 WHERE target = ?", (target,))


def clear(conn: Connection, target: str) -> None:
    """Note that no timer of ours runs there."""
    conn.execute("DELETE FROM live_mirror WHERE target = ?", (target,))
