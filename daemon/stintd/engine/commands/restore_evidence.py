"""Imports evidence from a file of stintd's own: stored as it was, without deriving, so that automatic entries come with what
they rest on. Only for times of which this home has no evidence: the evidence of two homes for the same hours would make
entries that neither had. The bounds of the imported evidence are stored, so that undoing its edit removes it again. Writer
thread only.
"""

from collections.abc import Callable, Sequence
from typing import Any

from stintd.domain.model import Context, Heartbeat, RepoId, from_us, to_us
from stintd.engine.rows import Row
from stintd.engine.step import Step
from stintd.errors import Invalid
from stintd.store import heartbeats, rowio
from stintd.store.rowio import exists

FROM_FILE = "file:"
"""Prefix of the source of an evidence import; the id of its edit follows."""


def add(step: Step, import_id: str, rows: Sequence[Row]) -> tuple[int, int]:
    """Store heartbeats, which come ordered by time; answers how many were new, and how many were skipped because this home
    has its own from then.
    """
    if not rows:
        return 0, 0
    beats = [_beat(row) for row in rows]
    lo, hi = to_us(min(beat.time for beat in beats)), to_us(max(beat.time for beat in beats))
    if lo < 0 or hi > to_us(step.now + step.policy.max_future):
        raise Invalid("a heartbeat of the file is in the future, or before 1970")
    span = bounds(step, import_id)
    since_us = lo if span is None else span[1] + 1
    if any(run.last_us >= since_us for run in heartbeats.runs(step.conn, since_us, hi) if since_us <= hi):
        known_flags = heartbeats.are_known(step.conn, beats)
        return 0, known_flags.count(False)
    count = heartbeats.add(step.conn, beats).accepted
    row = {
        "id": step.new_id(),
        "source": FROM_FILE + import_id,
        "at_us": to_us(step.now),
        "first_us": lo,
        "last_us": hi,
        "beats": count,
    }
    rowio.insert(step.conn, "backfill", row)
    return count, 0


def bounds(step: Step, import_id: str) -> tuple[int, int] | None:
    """The first and last time of the evidence that an import brought; None if it brought none."""
    sql = "SELECT min(first_us), max(last_us) FROM backfill WHERE source = ?"
    lo_us, hi_us = step.conn.execute(sql, (FROM_FILE + import_id,)).fetchone()
    return None if lo_us is None else (lo_us, hi_us)


def _beat(row: Row) -> Heartbeat:
    names = ("source", "kind", "actor", "device", "witness", "source_text")
    values: dict[str, Any] = {name: row[name] for name in names if row.get(name)}
    places: dict[str, Any] = {name: row.get(name) or None for name in ("repo_path", "folder", "project", "branch", "session")}
    repo = RepoId(row["repo_id"]) if row.get("repo_id") else None
    return Heartbeat(row["id"], from_us(to_us(row["time_us"])), Context(**values, **places, repo=repo), row.get("entity") or "")


# ---------------------------------------------------------------- beside the heartbeats


def add_session(step: Step, row: Row) -> bool:
    """Store a session of an agent or of an API client."""
    if exists(step.conn, "SELECT 1 FROM session WHERE id = ?", (row["id"],)):
        return False
    rowio.insert(step.conn, "session", row)
    return True


def add_absence(step: Step, row: Row) -> bool:
    """Store an absence."""
    values = (row["start_us"], row["end_us"], row["kind"], row.get("device", ""))
    return step.conn.execute("INSERT OR IGNORE INTO absence VALUES (?, ?, ?, ?)", values).rowcount > 0


def add_blind_span(step: Step, row: Row) -> bool:
    """Store a time in which that home's daemon did not record."""
    values = (row["start_us"], row["end_us"], row["reason"])
    known_sql = "SELECT 1 FROM blind WHERE start_us = ? AND end_us = ? AND reason = ?"
    if step.conn.execute(known_sql, values).fetchone():
        return False
    step.conn.execute("INSERT INTO blind VALUES (?, ?, ?)", values)
    return True


ADD: dict[str, Callable[[Step, Row], bool]] = {"sessions": add_session, "absences": add_absence, "blind": add_blind_span}
