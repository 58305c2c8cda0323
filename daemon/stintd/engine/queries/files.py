"""Rows for an export file: entries by start, and everything else the sheet is made of. All from one snapshot."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, datetime
from typing import Unpack

from stintd.domain.model import to_us
from stintd.engine import wire
from stintd.engine.entries import Filters, conditions
from stintd.engine.period import period, zone_of
from stintd.engine.rows import Row
from stintd.engine.view import View
from stintd.store import heartbeats

TABLES = {
    "clients": "SELECT * FROM client ORDER BY id", "projects": "SELECT * FROM project ORDER BY id",
    "tasks": "SELECT * FROM task ORDER BY id", "people": "SELECT * FROM person ORDER BY id",
    "repos": "SELECT * FROM repo ORDER BY id", "commits": "SELECT * FROM repo_commit ORDER BY repo_id, sha",
    "mappings": "SELECT * FROM mapping ORDER BY position, id", "merged": "SELECT * FROM merged_entry ORDER BY id",
    "taken": "SELECT * FROM taken ORDER BY start_us, id", "cuts": "SELECT * FROM cut ORDER BY at_us, id",
}  # fmt: skip
_REFERENCED = {
    "clients": "SELECT * FROM client WHERE id IN (SELECT client_id FROM project WHERE id IN (SELECT value FROM json_each(?)))"
    " ORDER BY id",
    "projects": "SELECT * FROM project WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id",
    "tasks": "SELECT * FROM task WHERE project_id IN (SELECT value FROM json_each(?)) ORDER BY id",
}
"""What a filtered export contains besides entries of the chosen projects, clients or tags: nothing that belongs to others."""
_EVIDENCE = {
    "sessions": "SELECT * FROM session WHERE ended_us IS NOT NULL AND started_us <= ? AND ended_us >= ? ORDER BY started_us, id",
    "absences": "SELECT * FROM absence WHERE start_us <= ? AND end_us >= ? ORDER BY 1, 2, 3, 4",
    "blind": "SELECT * FROM blind WHERE start_us <= ? AND end_us >= ? ORDER BY 1, 2, 3",
}
"""The evidence other than heartbeats, of a closed range."""
BATCH = 500


def _heartbeats(view: View, lo_us: int, hi_us: int) -> Iterator[Row]:
    """Heartbeats ordered by the start of their spans, so that storing them again needs no long search."""
    for time_us, beat_id, entity, context in heartbeats.list_beats(view.conn, lo_us, hi_us):
        yield {"id": beat_id, "time_us": time_us, "entity": entity, "repo_id": context.repo, **asdict(context)}


def rows(view: View, sql: str, values: tuple[object, ...] = ()) -> Iterator[Row]:
    """The rows of a query, in batches."""
    cursor = view.conn.execute(sql, values)
    names = [column[0] for column in cursor.description]
    while batch := cursor.fetchmany(BATCH):
        for row in batch:
            yield dict(zip(names, row, strict=True))


def entries(
    view: View, since: date | datetime | None = None, until: date | datetime | None = None, **filters: Unpack[Filters]
) -> Iterator[Row]:
    """Finished entries that begin in the period (so that files of neighbouring periods never hold one twice)."""
    clauses, values = _entry_conditions(view, since, until, filters)
    where = " AND ".join(clauses)
    yield from rows(view, f"{wire.ENTRY_SQL} WHERE {where} ORDER BY e.start_us, e.id", tuple(values))


def _entry_conditions(
    view: View, since: date | datetime | None, until: date | datetime | None, filters: Filters
) -> tuple[list[str], list[object]]:
    span = period(since, until, zone_of(view.policy.zone), view.now)
    clauses, values = ["e.end_us IS NOT NULL"], []
    for is_bounded, clause, bound in (
        (since is not None, "e.start_us >= ?", span.lo_us),
        (until is not None, "e.start_us < ?", span.hi_us),
    ):
        if is_bounded:
            clauses.append(clause)
            values.append(bound)
    filter_clauses, filter_values = conditions(filters)
    return clauses + filter_clauses, values + filter_values


def sections(
    view: View, since: date | datetime | None = None, until: date | datetime | None = None, **filters: Unpack[Filters]
) -> Iterator[tuple[str, Iterator[Row]]]:
    """The parts of a complete file, entries last. With a filter beyond the period only what its entries refer to."""
    if all(value is None for value in filters.values()):
        for name, sql in TABLES.items():
            yield name, rows(view, sql)
        span = period(since, until, zone_of(view.policy.zone), view.now)
        lo_us, hi_us = span.lo_us if since is not None else 0, span.hi_us - 1 if until is not None else to_us(view.now)
        for name, sql in _EVIDENCE.items():
            yield name, rows(view, sql, (hi_us, lo_us))
        yield "heartbeats", _heartbeats(view, lo_us, hi_us)
    else:
        clauses, values = _entry_conditions(view, since, until, filters)
        entry_rows = rows(view, f"{wire.ENTRY_SQL} WHERE {' AND '.join(clauses)}", tuple(values))
        ids = {row["project_id"] for row in entry_rows if row["project_id"]}
        for name, sql in _REFERENCED.items():
            yield name, rows(view, sql, (json.dumps(sorted(ids)),))
    yield "entries", entries(view, since, until, **filters)
