"""Lists of entries, and single entries."""

from datetime import date, datetime
from typing import Unpack

from stintd.domain.model import to_us
from stintd.engine import wire
from stintd.engine.entries import Filters, conditions, find_entries, overlap_clauses
from stintd.engine.period import period, zone_of
from stintd.engine.rows import DEFAULT_LIMIT, decode_cursor, page
from stintd.engine.view import Reader, View
from stintd.engine.wire_types import EntryJson, PageJson
from stintd.errors import Conflict, NotFound
from stintd.store.row_types import NamedEntryRow
from stintd.store.rowio import fetch_all, fetch_one, fetch_value


def listing(
    view: View,
    since: date | datetime | None = None,
    until: date | datetime | None = None,
    limit: int = DEFAULT_LIMIT,
    cursor: str | None = None,
    updated_since: datetime | None = None,
    **filters: Unpack[Filters],
) -> PageJson[EntryJson]:
    """Entries that overlap the period, uncut; latest start first, then by id."""
    span = period(since, until, zone_of(view.policy.zone), view.now)
    clauses, values = overlap_clauses(span.lo_us if since else None, span.hi_us if until else None)
    filter_clauses, filter_values = conditions(filters)
    if updated_since is not None:
        filter_clauses.append("e.updated_us >= ?")
        filter_values.append(to_us(updated_since))
    if cursor is not None:
        start_us, last_id = decode_cursor(cursor, (int, str))
        filter_clauses.append("(e.start_us < ? OR (e.start_us = ? AND e.id > ?))")
        filter_values += [start_us, start_us, last_id]
    rows = find_entries(
        view, clauses + filter_clauses, [*values, *filter_values, limit + 1], " ORDER BY e.start_us DESC, e.id LIMIT ?"
    )
    page_rows, following = page(rows, limit, ("start_us", "id"))
    return {"data": [wire.entry(view, row) for row in page_rows], "nextCursor": following}


def find_entry(reader: Reader, entry_id: str) -> NamedEntryRow:
    """The row of an id, of the entry it was merged into, or of a prefix that only one entry has."""
    row = fetch_one(reader.conn, NamedEntryRow, wire.ENTRY_SQL + " WHERE e.id = ?", (_follow_merges(reader, entry_id),))
    match = row if row is not None else _find_by_prefix(reader, entry_id)
    if not reader.admits(match["project_id"]):
        raise _not_found(entry_id)
    return match


def _follow_merges(reader: Reader, entry_id: str) -> str:
    """Follow `mergedInto`; the chain ends, because each entry is younger than the one before."""
    for _ in range(64):
        successor = fetch_value(reader.conn, str, "SELECT merged_into FROM merged_entry WHERE id = ?", (entry_id,))
        if successor is None:
            break
        entry_id = successor
    return entry_id


def _find_by_prefix(reader: Reader, prefix: str) -> NamedEntryRow:
    if len(prefix) >= 4:
        matches = fetch_all(
            reader.conn,
            NamedEntryRow,
            wire.ENTRY_SQL + " WHERE e.id >= ? AND e.id < ? ORDER BY e.id LIMIT 6",
            (prefix, prefix + "\U0010ffff"),
        )
        if len(matches) == 1:
            return matches[0]
        if matches and all(reader.admits(row["project_id"]) for row in matches):
            candidates = ", ".join(row["id"] for row in matches[:5])
            raise Conflict(f"several entries begin with {prefix[:40]}", f"use a longer part: {candidates}")
    raise _not_found(prefix)


def _not_found(entry_id: str) -> NotFound:
    return NotFound(f"there is no entry {entry_id[:40]}", "`stint log` lists entries with their ids")


def entry(view: View, entry_id: str) -> EntryJson:
    """One entry; `mergedInto` of a merged one is followed."""
    return wire.entry(view, find_entry(view, entry_id))
