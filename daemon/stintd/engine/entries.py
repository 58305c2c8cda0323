"""Finding entries: rows of ENTRY_SQL by period and by filter, for lists, totals and delivery alike."""

from collections.abc import Mapping, Sequence
from sqlite3 import Connection
from typing import TypedDict

from stintd.domain.ticket import key_forms
from stintd.engine import wire
from stintd.engine.rows import LONGEST_US
from stintd.engine.view import Reader
from stintd.store.row_types import NamedEntryRow
from stintd.store.rowio import fetch_all

PROJECT_OF_NAME = """
SELECT id FROM (
    SELECT id, 0 AS rank FROM project WHERE name = ? AND deleted = 0
    UNION ALL SELECT project_id, 1 FROM project_alias WHERE name = ? ORDER BY rank LIMIT 1
)"""
"""The project that has a name, else the one that had it."""

_FINDERS = {
    "project_id": "e.project_id = ?",
    "project_name": f"p.id = ({PROJECT_OF_NAME})",
    "client": "c.name = ?",
    "client_id": "p.client_id = ?",
    "user_id": "e.user_id = ?",
    "task": "(t.name = ? OR e.task IN (?, ?))",
    "task_id": "t.id = ?",
    "tag": "EXISTS (SELECT 1 FROM json_each(e.tags) WHERE value = ?)",
    "billable": "e.billable = ?",
    "actor": "e.actor = ?",
    "state": "e.state = ?",
    "search": "(e.description LIKE ? ESCAPE '\\' OR p.name LIKE ? ESCAPE '\\' OR e.task LIKE ? ESCAPE '\\')",
}


class Filters(TypedDict, total=False):
    """The filters of entries, as requests name them; None and absent mean the same."""

    project_id: str | None
    project_name: str | None
    client: str | None
    client_id: str | None
    user_id: str | None
    task: str | None
    task_id: str | None
    tag: str | None
    billable: bool | None
    actor: str | None
    state: str | None
    search: str | None


def conditions(filters: Mapping[str, object]) -> tuple[list[str], list[object]]:
    """The filters that are set, as SQL over ENTRY_SQL."""
    clauses: list[str] = []
    values: list[object] = []
    for name, value in filters.items():
        if value is None:
            continue
        clause = _FINDERS[name]
        clauses.append(clause)
        if name == "task":
            values += [value, *key_forms(str(value))]
        else:
            values += [_pattern(str(value)) if name == "search" else value] * clause.count("?")
    return clauses, values


def _pattern(text: str) -> str:
    """The LIKE pattern for any text that contains this one."""
    return "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"


def overlap_clauses(lo_us: int | None, hi_us: int | None) -> tuple[list[str], list[object]]:
    """SQL for entries with a part in [lo, hi), through the index on their start."""
    clauses: list[str] = []
    values: list[object] = []
    if hi_us is not None:
        clauses.append("e.start_us < ?")
        values.append(hi_us)
    if lo_us is not None:
        clauses.append("(e.end_us > ? OR e.end_us IS NULL)")
        values.append(lo_us)
        clauses.append("e.start_us >= min(?, ifnull((SELECT min(start_us) FROM entry WHERE end_us IS NULL), ?))")
        values += [lo_us - LONGEST_US, lo_us - LONGEST_US]
    return clauses, values


def find_entries(reader: Reader, clauses: Sequence[str], values: Sequence[object], tail: str = "") -> list[NamedEntryRow]:
    """Rows of ENTRY_SQL that meet all clauses."""
    where = " WHERE " + " AND ".join(clauses) if clauses else ""
    return fetch_all(reader.conn, NamedEntryRow, wire.ENTRY_SQL + where + tail, values)


def project_names(conn: Connection) -> dict[str, str]:
    """The name of every project, by its id."""
    return {project_id: name for project_id, name in conn.execute("SELECT id, name FROM project")}
