"""Permanently deletes data: heartbeats by a test of each, whatever else contains the text or the id of what is deleted, and at
last the file itself is written again. Only in the writer's transaction, except `compact`.
"""
# ruff: noqa: S608  (names of our own schema, never a caller's text)

import re
import sqlite3
from collections.abc import Callable, Collection
from sqlite3 import Connection

from stintd.store import seen_ids, spans
from stintd.store.contexts import entity_texts
from stintd.store.ids import EXPLICIT
from stintd.store.span_writer import SpanRow, find_spans, leave_only

_ALL = "SELECT id, context_id, first_us, last_us, count, beats FROM span ORDER BY id"
_TOKEN = re.compile(r"[0-9A-Za-z_-]{4,}")

IsGone = Callable[[int, int, str], bool]
"""Whether the heartbeat of this context (by number), instant and entity is to be deleted."""
AreGone = Callable[[int, int, int], bool | None]
"""Whether a whole run of this context between two instants is to be deleted; None: each heartbeat must be tested."""


def _ask_each(context: int, first_us: int, last_us: int) -> bool | None:
    return None


def delete_heartbeats(
    conn: Connection,
    is_gone: IsGone,
    span: tuple[int, int] | None = None,
    are_gone: AreGone = _ask_each,
    forgets_ids: bool = True,
) -> tuple[int, list[tuple[int, int]]]:
    """Delete the heartbeats that the tests choose, in the closed range or everywhere; (how many, the ranges that this touches).
    Without `forgets_ids` a deleted heartbeat that is sent again is still recognised."""
    rows = list(find_spans(conn, *span)) if span else [SpanRow._make(row) for row in conn.execute(_ALL)]
    touched: list[tuple[int, int]] = []
    ids: list[int] = []
    count = 0
    for row in rows:
        verdict = are_gone(row.context, row.first_us, row.last_us)
        if verdict is False:
            continue
        beats = spans.decode(row.first_us, row.count, row.beats)
        if verdict:
            ids += [beat.key for beat in beats if beat.key >= EXPLICIT]
            count += row.count
            touched.append((row.first_us, row.last_us))
            conn.execute("DELETE FROM span WHERE id = ?", (row.id,))
            continue
        texts = entity_texts(conn, {beat.entity for beat in beats})
        remaining_beats = [beat for beat in beats if not is_gone(row.context, beat.time_us, texts.get(beat.entity, ""))]
        if len(remaining_beats) < len(beats):
            remaining = set(remaining_beats)
            ids += [beat.key for beat in beats if beat not in remaining and beat.key >= EXPLICIT]
            count += len(beats) - len(remaining_beats)
            touched.append((row.first_us, row.last_us))
            leave_only(conn, row, remaining_beats)
    seen_ids.forget(conn, ids if forgets_ids else [])
    return count, touched


def drop_orphans(conn: Connection) -> None:
    """Delete contexts and entities that no heartbeat has any more."""
    conn.execute("DELETE FROM context WHERE id NOT IN (SELECT context_id FROM span)")
    used: set[int] = set()
    for count, beats in conn.execute("SELECT count, beats FROM span"):
        used.update(spans.entities(count, beats))
    orphans = [(number,) for (number,) in conn.execute("SELECT id FROM entity") if number not in used]
    conn.executemany("DELETE FROM entity WHERE id = ?", orphans)


class Mentions:
    """Recognises a text that names what is deleted: by one of its ids, or (`has_name`) by one of its names."""

    def __init__(self, ids: Collection[str], names: Collection[str]) -> None:
        self._ids = frozenset(ids)
        self._odd_ids = tuple(name for name in self._ids if not _TOKEN.fullmatch(name))  # hosts name sessions as they like
        pattern = "|".join(re.escape(name) for name in names if name)
        self._names = re.compile(rf"(?<![\w-])(?:{pattern})(?![\w-])", re.IGNORECASE) if pattern else None

    def __call__(self, text: str | None) -> bool:
        if not text:
            return False
        return any(token in self._ids for token in _TOKEN.findall(text)) or any(name in text for name in self._odd_ids)

    def has_name(self, text: str) -> bool:
        return self._names is not None and self._names.search(text) is not None


def forget(conn: Connection, mentions: Mentions) -> int:
    """Delete every edit, answer, delivery and note that names what is deleted, and the whole change log; how many edits."""
    conn.execute("DELETE FROM change")
    _drop_mentions(conn, "outbox", "seq", ("body",), mentions)
    _drop_mentions(conn, "idempotency", "key", ("answer",), mentions)
    _drop_mentions(conn, "cursor", "name", ("name", "value"), mentions)
    rows = conn.execute("SELECT DISTINCT id FROM merged_entry").fetchall()
    conn.executemany("DELETE FROM merged_entry WHERE id = ?", [row for row in rows if mentions(row[0])])
    return _drop_edits(conn, mentions)


def _drop_mentions(conn: Connection, table: str, key: str, columns: tuple[str, ...], mentions: Mentions) -> None:
    rows = conn.execute(f"SELECT {key}, {', '.join(columns)} FROM {table}")
    keys = [(row[0],) for row in rows if any(mentions(text) for text in row[1:])]
    conn.executemany(f"DELETE FROM {table} WHERE {key} = ?", keys)


def _drop_edits(conn: Connection, mentions: Mentions) -> int:
    edit_ids = {row[0] for row in conn.execute("SELECT id, summary FROM edit") if mentions.has_name(row[1])}
    for edit_id, row_id, before, after in conn.execute("SELECT edit_id, row_id, before, after FROM edit_row"):
        if edit_id not in edit_ids and (mentions(row_id) or mentions(before) or mentions(after)):
            edit_ids.add(edit_id)
    conn.executemany("DELETE FROM edit_row WHERE edit_id = ?", [(edit_id,) for edit_id in edit_ids])
    conn.executemany("DELETE FROM edit WHERE id = ?", [(edit_id,) for edit_id in edit_ids])
    return len(edit_ids)


def compact(conn: Connection) -> bool:
    """Write the file again without what was deleted, and empty its log. Returns whether the log could be emptied: a reader
    that still sees the old state prevents it. On the writing connection, outside a transaction."""
    conn.execute("PRAGMA temp_store = FILE")  # in memory it would need room for the whole database
    try:
        conn.execute("VACUUM")
    finally:
        conn.execute("PRAGMA temp_store = MEMORY")
    return fold(conn)


def fold(conn: Connection) -> bool:
    """Empty the log; whether that worked."""
    try:
        is_busy, _, _ = conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.OperationalError:
        return False
    return not is_busy
