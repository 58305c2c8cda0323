"""Reads what can still be read of a damaged database, and adds it by id to a sound one.

A row that the sound one has stays as it is there; a span that has grown since replaces the shorter one. Rows of the two files
have the same small numbers because one file is an earlier copy of the other.
"""
# ruff: noqa: S608  (names of our own schema, never a caller's text)

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from stintd.store import seen_ids, spans
from stintd.store.ids import EXPLICIT

TABLES = (
    "meta", "context", "entity", "absence", "blind", "session", "repo", "checkout", "folder_answer", "repo_commit", "client",
    "project", "project_alias",
    "task", "person", "mapping", "entry", "merged_entry", "taken", "cut", "edit", "edit_row", "day_policy", "change",
    "idempotency", "api_key", "webhook", "outbox", "delivery_target", "delivery",
)  # fmt: skip
"""All tables but the derived ones and `cursor`: sources read again from where the backup was, and nothing counts twice."""


def add_readable(conn: sqlite3.Connection, damaged: Path) -> int:
    """Add to `conn` every row that can be read from the damaged file; returns how many were new."""
    with closing(sqlite3.connect(f"{damaged.absolute().as_uri()}?mode=ro", uri=True)) as source:
        # Without this SQLite refuses a file that is shorter than its first page says.
        source.execute("PRAGMA writable_schema = ON")
        conn.execute("BEGIN IMMEDIATE")
        changes_before = conn.total_changes
        for table in TABLES:
            _copy(conn, source, table)
        _copy_spans(conn, source)
        take_over_ends(conn, source)
        conn.execute("COMMIT")
        added = conn.total_changes - changes_before
    tidy(damaged)
    return added


def tidy(damaged: Path) -> None:
    """Remove the files that a connection which only reads leaves behind."""
    Path(f"{damaged}-shm").unlink(missing_ok=True)
    log = Path(f"{damaged}-wal")
    if log.exists() and log.stat().st_size == 0:
        log.unlink()


def _rows(source: sqlite3.Connection, table: str) -> Iterator[dict[str, Any]]:
    """The rows of a table: forwards up to the damage, then backwards to it."""
    for order in ("", " ORDER BY rowid DESC"):
        with suppress(sqlite3.Error, OverflowError, UnicodeDecodeError):
            cursor = source.execute(f"SELECT * FROM {table}{order}")
            names = [column[0] for column in cursor.description]
            for row in cursor:
                yield dict(zip(names, row, strict=True))
            return


def _copy(conn: sqlite3.Connection, source: sqlite3.Connection, table: str) -> None:
    columns = [row[1] for row in conn.execute(f"PRAGMA table_info({table})")]
    marks = ", ".join("?" * len(columns))
    for row in _rows(source, table):
        with suppress(sqlite3.Error):
            conn.execute(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", [row.get(name) for name in columns])


def take_over_ends(conn: sqlite3.Connection, source: sqlite3.Connection) -> None:
    """What had ended when the damaged file was written stays ended: a revoked key must not work again, and a finished
    delivery need not be made again.
    """
    for row in _rows(source, "api_key"):
        if isinstance(row.get("revoked_us"), int):
            conn.execute("UPDATE api_key SET revoked_us = ? WHERE id = ? AND revoked_us IS NULL", (row["revoked_us"], row["id"]))
    for row in _rows(source, "outbox"):
        if isinstance(row.get("finished_us"), int):
            conn.execute(
                "UPDATE outbox SET state = ?, attempts = ?, finished_us = ? WHERE id = ? AND finished_us IS NULL",
                (row["state"], row["attempts"], row["finished_us"], row["id"]),
            )


def _copy_spans(conn: sqlite3.Connection, source: sqlite3.Connection) -> None:
    keys: set[int] = set()
    for row in _rows(source, "span"):
        if not _is_sound(conn, row):
            continue
        columns = (row["id"], row["context_id"], row["length_us"], row["count"], row["max_gap_us"], row["beats"])
        conn.execute(
            "INSERT INTO span VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET length_us = excluded.length_us,"
            " count = excluded.count, max_gap_us = excluded.max_gap_us, beats = excluded.beats"
            " WHERE context_id = excluded.context_id AND count < excluded.count",
            columns,
        )
        keys.update(key for key in spans.keys(row["count"], row["beats"]) if key >= EXPLICIT)
    seen_ids.remember(conn, keys - seen_ids.find(conn, keys))


def _is_sound(conn: sqlite3.Connection, row: dict[str, Any]) -> bool:
    beats, count = row["beats"], row["count"]
    if not isinstance(beats, bytes) or not beats or not isinstance(count, int) or not 0 < count <= spans.COUNT:
        return False
    if len(beats) != spans.size(count, beats[0]) or [*spans.times(0, count, beats)][-1] != row["length_us"]:
        return False
    return conn.execute("SELECT 1 FROM context WHERE id = ?", (row["context_id"],)).fetchone() is not None
