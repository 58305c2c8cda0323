"""The user's edits: each is one step, with its rows before and after, so that any step can be undone.

Only what goes through `rowio` inside `recording` is recorded. What evidence changes afterwards in the same transaction is not
the user's edit and follows automatically.
"""
# ruff: noqa: S608  (names of our own schema, never a caller's text)

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from sqlite3 import Connection, IntegrityError

from stintd.domain.model import from_us, to_us
from stintd.errors import Conflict, Internal, NotFound
from stintd.frozen import frozen
from stintd.store import rowio
from stintd.store.connection import Row, StoreConnection

BATCH = 500
BOOKKEEPING = frozenset({"revision", "updated_us"})
"""Columns that say that a row changed, not how."""


@frozen
class Edit:
    """One step of the user, as people see it."""

    id: str
    at: datetime
    who: str
    verb: str
    summary: str
    undone_at: datetime | None


@frozen
class RowChange:
    """One row in an edit: `before` is None when the edit created it, `after` is None when the edit removed it."""

    table: str
    row_id: str
    before: Row | None
    after: Row | None


@contextmanager
def recording(conn: Connection, edit_id: str, now: datetime, who: str, verb: str, summary: str) -> Iterator[str]:
    """Record what changes inside as the edit `edit_id`. Inside another recording everything belongs to the outer one, whose
    id is yielded. When the edit exists it goes on, so that several transactions can be one edit. An edit that changed
    nothing is not stored, nor is one that raises."""
    if not isinstance(conn, StoreConnection):
        raise Internal("edits are recorded on the writing connection only")
    if conn.before is not None:
        yield conn.edit_id
        return
    conn.before, conn.edit_id = {}, edit_id
    try:
        yield edit_id
        before = conn.before
    finally:
        conn.before = None
    changes = [RowChange(name, row_id, row, rowio.row_of(conn, name, row_id)) for (name, row_id), row in before.items()]
    _store(conn, edit_id, now, (who, verb, summary), [change for change in changes if change.before != change.after])


def _store(conn: Connection, edit_id: str, now: datetime, words: tuple[str, str, str], changes: list[RowChange]) -> None:
    if not changes:
        return
    conn.execute(
        "INSERT OR IGNORE INTO edit (id, at_us, who, verb, summary) VALUES (?, ?, ?, ?, ?)", (edit_id, to_us(now), *words)
    )
    first = conn.execute("SELECT coalesce(max(position) + 1, 0) FROM edit_row WHERE edit_id = ?", (edit_id,)).fetchone()[0]
    conn.executemany(
        "INSERT INTO edit_row VALUES (?, ?, ?, ?, ?, ?)",
        [
            (edit_id, position, change.table, change.row_id, _to_json(change.before), _to_json(change.after))
            for position, change in enumerate(changes, first)
        ],
    )


def _to_json(row: Row | None) -> str | None:
    return None if row is None else json.dumps(row, ensure_ascii=False, separators=(",", ":"))


_EDIT = "SELECT id, at_us, who, verb, summary, undone_us FROM edit"


def _from_row(row: tuple[str, int, str, str, str, int | None]) -> Edit:
    return Edit(row[0], from_us(row[1]), row[2], row[3], row[4], None if row[5] is None else from_us(row[5]))


def get(conn: Connection, edit_id: str) -> Edit:
    """An edit by id, else `not_found`."""
    row = conn.execute(f"{_EDIT} WHERE id = ?", (edit_id,)).fetchone()
    if row is None:
        raise NotFound(f"there is no edit {edit_id}", "`stint undo --list` shows the latest ones")
    return _from_row(row)


def latest_edits(conn: Connection, limit: int = 20) -> list[Edit]:
    """The newest edits, newest first, undone ones included."""
    return [_from_row(row) for row in conn.execute(f"{_EDIT} ORDER BY rowid DESC LIMIT ?", (limit,))]


def last_undoable(conn: Connection) -> Edit | None:
    """The edit that the next undo without an id undoes: an undo itself is not undone that way."""
    row = conn.execute(
        f"{_EDIT} WHERE undone_us IS NULL AND verb NOT IN ('undo', 'purge') ORDER BY rowid DESC LIMIT 1"
    ).fetchone()
    return _from_row(row) if row else None


def history(conn: Connection, name: str, row_id: str) -> list[tuple[Edit, RowChange]]:
    """The edits of one row, oldest first."""
    rows = conn.execute(
        "SELECT e.id, e.at_us, e.who, e.verb, e.summary, e.undone_us, r.before, r.after FROM edit_row r"
        " JOIN edit e ON e.id = r.edit_id WHERE r.row_id = ? AND r.table_name = ? ORDER BY e.rowid",
        (row_id, name),
    )
    return [(_from_row(row[:6]), RowChange(name, row_id, _from_json(row[6]), _from_json(row[7]))) for row in rows]


def changes_of(conn: Connection, edit_id: str) -> list[RowChange]:
    """The rows of an edit, in the order they were first touched."""
    rows = conn.execute("SELECT table_name, row_id, before, after FROM edit_row WHERE edit_id = ? ORDER BY position", (edit_id,))
    return [RowChange(name, row_id, _from_json(before), _from_json(after)) for name, row_id, before, after in rows]


def _from_json(text: str | None) -> Row | None:
    return None if text is None else json.loads(text)


# ---------------------------------------------------------------- undo


def undo(conn: Connection, edit_id: str, now: datetime) -> list[RowChange]:
    """Undo an edit as `undo_steps` does; returns everything that changed."""
    return list(undo_steps(conn, edit_id, now))


def undo_steps(conn: Connection, edit_id: str, now: datetime) -> Iterator[RowChange]:
    """Undo an edit: its rows get back the columns that it changed. Yields each change, for totals and listeners; the undo is
    complete when the iterator ends. One row at a time, because an edit may be an import of a hundred thousand entries.

    Raises `not_found`; `conflict` when it is undone already, or when a later edit changed the same columns (the error
    names it: undo that one first). What evidence has changed since does not prevent the undo.
    """
    edit = get(conn, edit_id)
    if edit.verb == "purge":
        raise Conflict("a purge cannot be undone: what it deleted is gone", "", {"editId": edit_id})
    if edit.undone_at is not None:
        raise Conflict(f"{edit.verb} of {edit.at:%Y-%m-%d %H:%M} is undone already", "", {"editId": edit_id})
    for change in _rows_backwards(conn, edit_id):
        current = rowio.row_of(conn, change.table, change.row_id)
        _refuse_if_overtaken(conn, edit, change, current)
        restored = _restore(conn, change, current, now)
        if restored is not None:
            yield restored
    conn.execute("UPDATE edit SET undone_us = ? WHERE id = ?", (to_us(now), edit_id))


def _rows_backwards(conn: Connection, edit_id: str) -> Iterator[RowChange]:
    """The rows of an edit, the last touched first, read some at a time."""
    last = conn.execute("SELECT max(position) FROM edit_row WHERE edit_id = ?", (edit_id,)).fetchone()[0]
    while last is not None and last >= 0:
        rows = conn.execute(
            "SELECT table_name, row_id, before, after FROM edit_row WHERE edit_id = ? AND position BETWEEN ? AND ?"
            " ORDER BY position DESC",
            (edit_id, last - BATCH + 1, last),
        ).fetchall()
        for name, row_id, before, after in rows:
            yield RowChange(name, row_id, _from_json(before), _from_json(after))
        last -= BATCH


def _refuse_if_overtaken(conn: Connection, edit: Edit, change: RowChange, current: Row | None) -> None:
    if _is_as_left(change, current):
        return
    row = conn.execute(
        f"{_EDIT} WHERE rowid > (SELECT rowid FROM edit WHERE id = ?1) AND undone_us IS NULL AND id IN"
        " (SELECT edit_id FROM edit_row WHERE table_name = ?2 AND row_id = ?3) ORDER BY rowid LIMIT 1",
        (edit.id, change.table, change.row_id),
    ).fetchone()
    if row is None:
        return
    later = _from_row(row)
    raise Conflict(
        f"this {edit.verb} cannot be undone yet: {later.verb} ({later.summary}) changed the same {change.table} later",
        f"undo that first: `stint undo {later.id}`",
        {"editId": later.id},
    )


def _is_as_left(change: RowChange, current: Row | None) -> bool:
    """Whether what the edit changed is still as the edit left it."""
    if change.after is None or current is None:
        return change.after is None and current is None
    return all(current.get(name) == change.after[name] for name in _changed_columns(change))


def _changed_columns(change: RowChange) -> list[str]:
    """The columns that an edit changed; all of a new row."""
    after = change.after or {}
    return [
        name for name in after if name not in BOOKKEEPING and (change.before is None or change.before.get(name) != after[name])
    ]


def _restore(conn: Connection, change: RowChange, current: Row | None, now: datetime) -> RowChange | None:
    try:
        if change.before is None:
            if current is None:
                return None
            rowio.delete(conn, change.table, change.row_id)
        elif change.after is None:
            if current is not None:
                return None
            rowio.insert(conn, change.table, _stamp(change.before, change.before, now))
        elif current is None:
            return None
        else:
            values = {name: change.before.get(name) for name in _changed_columns(change)}
            rowio.update(conn, change.table, change.row_id, _stamp(values, current, now))
    except IntegrityError as error:
        raise Conflict(
            f"{change.table} {change.row_id} cannot be restored: its name is taken", "rename the other one first"
        ) from error
    return RowChange(change.table, change.row_id, current, rowio.row_of(conn, change.table, change.row_id))


def _stamp(values: Row, row: Row, now: datetime) -> Row:
    """The values with the next revision, so that nobody overwrites a restored row with an older view of it."""
    stamps: Row = {}
    if "revision" in row:
        stamps["revision"] = row["revision"] + 1
    if "updated_us" in row:
        stamps["updated_us"] = to_us(now)
    return {**values, **stamps}
