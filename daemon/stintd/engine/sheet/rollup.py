"""Keeps the day totals equal to the sum of the entries. Writer thread only.

A running automatic entry counts up to its last evidence. A manual entry counts only when it is finished, because until then
its length changes every second: whoever reads totals adds the running manual entries.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import timedelta
from sqlite3 import Connection
from zoneinfo import ZoneInfo

from stintd.domain import report
from stintd.domain.model import EntryId, Pause, ProjectId, RepoId, TimeEntry, from_us
from stintd.engine.step import Step
from stintd.store.row_types import EntryRow
from stintd.store.rowio import fetch_all

ADD = """
INSERT INTO rollup VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (day, project_id, task, actor, billable) DO UPDATE SET total_us = total_us + excluded.total_us,
hands_on_us = hands_on_us + excluded.hands_on_us, supervised_us = supervised_us + excluded.supervised_us,
entries = entries + excluded.entries
"""


def entry_of(row: EntryRow) -> TimeEntry:
    """The entry value of an `entry` row."""
    pauses = [Pause(from_us(lo), None if hi is None else from_us(hi)) for lo, hi in json.loads(row["pauses"])]
    return TimeEntry(
        id=EntryId(row["id"]),
        actor=row["actor"],
        origin=row["origin"],
        task=row["task"],
        start=from_us(row["start_us"]),
        project=ProjectId(row["project_id"]) if row["project_id"] else None,
        state=row["state"],
        end=None if row["end_us"] is None else from_us(row["end_us"]),
        description=row["description"],
        billable=bool(row["billable"]),
        tags=tuple(json.loads(row["tags"])),
        pauses=tuple(pauses),
        hands_on=timedelta(microseconds=row["hands_on_us"]),
        supervised=timedelta(microseconds=row["supervised_us"]),
        last_evidence=None if row["last_evidence_us"] is None else from_us(row["last_evidence_us"]),
        repo=RepoId(row["repo_id"]) if row["repo_id"] else None,
        branch=row["branch"],
        session=row["session"],
        pinned=frozenset(row["pinned"].split()),
        is_confirmed=bool(row["is_confirmed"]),
        revision=row["revision"],
        zone=row["zone"],
    )


def add(step: Step, row: EntryRow) -> None:
    """Add a new entry. `row` must contain every column, including those with defaults."""
    step.conn.executemany(ADD, _parts(row, 1))


def remove(step: Step, row: EntryRow) -> None:
    """Remove a deleted entry."""
    step.conn.executemany(ADD, _parts(row, -1))
    step.conn.execute("DELETE FROM rollup WHERE entries = 0 AND total_us = 0")


def replace(step: Step, before: EntryRow, after: EntryRow) -> None:
    """Replace an entry that changed."""
    step.conn.executemany(ADD, [*_parts(before, -1), *_parts(after, 1)])
    step.conn.execute("DELETE FROM rollup WHERE entries = 0 AND total_us = 0")


def _parts(row: EntryRow, sign: int) -> Iterator[tuple[object, ...]]:
    if row["end_us"] is None and row["origin"] != "auto":
        return
    entry = entry_of(row)
    for part in report.contributions(entry, ZoneInfo(row["zone"]), entry.start):
        is_human = row["actor"] == "human"
        yield (
            part.day.isoformat(),
            row["project_id"] or "",
            row["task"] or "",
            row["actor"],
            row["billable"],
            sign * part.length_us,
            sign * part.hands_on_us if is_human else 0,
            sign * part.supervised_us if is_human else 0,
            sign,
        )


def rebuild(conn: Connection) -> None:
    """Compute all totals again from the entries."""
    conn.execute("DELETE FROM rollup")
    conn.executemany(ADD, _all_parts(fetch_all(conn, EntryRow, "SELECT * FROM entry")))


def _all_parts(rows: Iterable[EntryRow]) -> Iterator[tuple[object, ...]]:
    for row in rows:
        yield from _parts(row, 1)
