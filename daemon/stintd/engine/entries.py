"""Finding entries: rows of ENTRY_SQL by period and by filter, for lists, totals and delivery alike."""

from typing import Any

from stintd.engine import wire
from stintd.engine.rows import LONGEST_US, Row, select
from stintd.engine.view import Reading

_FINDERS = {
    "project_id": "e.project_id = ?",
    "project_name": "p.name = ?",
    "client": "c.name = ?",
    "client_id": "p.client_id = ?",
    "user_id": "e.user_id = ?",
    "task": "(e.task = ? OR t.name = ?)",
    "task_id": "t.id = ?",
    "tag": "EXISTS (SELECT 1 FROM json_each(e.tags) WHERE value = ?)",
    "billable": "e.billable = ?",
    "actor": "e.actor = ?",
    "state": "e.state = ?",
    "search": "(e.description LIKE ? ESCAPE '\\' OR p.name LIKE ? ESCAPE '\\' OR e.task LIKE ? ESCAPE '\\')",
}


def conditions(filters: dict[str, Any]) -> tuple[list[str], list[Any]]:
    """The filters that are set, as SQL over ENTRY_SQL."""
    clauses, values = [], []
    for name, value in filters.items():
        if value is None:
            continue
        clause = _FINDERS[name]
        clauses.append(clause)
        text = "%" + value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%" if name == "search" else value
        values += [text] * clause.count("?")
    return clauses, values


def overlapping(lo_us: int | None, hi_us: int | None) -> tuple[list[str], list[Any]]:
    """Entries with a part in [lo, hi), found through the index on their start."""
    clauses, values = [], []
    if hi_us is not None:
        clauses.append("e.start_us < ?")
        values.append(hi_us)
    if lo_us is not None:
        clauses.append("(e.end_us > ? OR e.end_us IS NULL)")
        values.append(lo_us)
        clauses.append("e.start_us >= min(?, ifnull((SELECT min(start_us) FROM entry WHERE end_us IS NULL), ?))")
        values += [lo_us - LONGEST_US, lo_us - LONGEST_US]
    return clauses, values


def find(reading: Reading, clauses: list[str], values: list[Any], tail: str = "") -> list[Row]:
    """Rows of ENTRY_SQL that meet all clauses."""
    where = " WHERE " + " AND ".join(clauses) if clauses else ""
    return select(reading.conn, wire.ENTRY_SQL + where + tail, values)
