"""Writes entry rows for people's commands: each with its totals, its revision, its change event, and the range to derive
again.
"""

from datetime import datetime
from typing import cast

from stintd.domain.model import to_us
from stintd.engine.entry_texts import ALL_PINS
from stintd.engine.sheet import reconcile, rollup
from stintd.engine.step import Step
from stintd.errors import Conflict, NotFound
from stintd.store import rowio
from stintd.store.row_types import EntryColumns, EntryRow, RevisedRow
from stintd.store.rowio import fetch_one


def find_row(step: Step, entry_id: str) -> EntryRow:
    """The stored row of an entry."""
    row = fetch_one(step.conn, EntryRow, "SELECT * FROM entry WHERE id = ?", (entry_id,))
    if row is None:
        raise NotFound(f"there is no entry {entry_id[:40]}", "`stint log` lists entries with their ids")
    return row


def check_revision(row: RevisedRow, expected: int | None) -> None:
    """Refuse (`conflict`) a change based on an older revision: it would undo what somebody else changed."""
    if expected is not None and expected != row["revision"]:
        raise Conflict(
            f"it has changed meanwhile: revision {row['revision']}, not {expected}",
            "load it again, then change it",
            {"revision": row["revision"]},
        )


def add(step: Step, values: EntryColumns) -> str:
    """Insert an entry made by the owner; answers its id."""
    now_us, state = to_us(step.now), step.state
    columns = {
        "id": step.new_id(),
        "actor": "human",
        "origin": "manual",
        "task": None,
        "end_us": None,
        "description": "",
        "state": "running" if values.get("end_us") is None else "finished",
        "tags": "[]",
        "pauses": "[]",
        "hands_on_us": 0,
        "supervised_us": 0,
        "last_evidence_us": None,
        "repo_id": None,
        "branch": None,
        "session": None,
        "pinned": ALL_PINS,
        "is_confirmed": 1,
        "may_overlap": 0,
        "is_estimated": 0,
        "derived_project_id": None,
        "derived_task": None,
        "anchor_start_us": None,
        "anchor_end_us": None,
        "approved_us": None,
        "locked": 0,
        "zone": state.zone,
        "user_id": state.user_id,
        "device_id": state.device_id,
        "workspace_id": state.workspace_id,
        "revision": 1,
        "created_us": now_us,
        "updated_us": now_us,
        **values,
    }
    row = cast("EntryRow", columns)
    rowio.insert(step.conn, "entry", row)
    rollup.add(step, row)
    _touch(step, row)
    reconcile.announce(step, "time_entry.started" if row["end_us"] is None else "time_entry.created", row["id"])
    return row["id"]


def change(step: Step, before: EntryRow, values: EntryColumns) -> EntryRow:
    """Set columns of an entry, if any differ; answers the row as it is then."""
    changes = rowio.differences(before, values)
    if not changes:
        return before
    changes |= {"revision": before["revision"] + 1, "updated_us": to_us(step.now)}
    rowio.update(step.conn, "entry", before["id"], changes)
    after = find_row(step, before["id"])
    rollup.replace(step, before, after)
    _touch(step, before)
    _touch(step, after)
    is_end = before["end_us"] is None and after["end_us"] is not None
    reconcile.announce(step, "time_entry.stopped" if is_end else "time_entry.updated", after["id"])
    return after


def remove(step: Step, row: EntryRow, merged_into: str | None = None) -> None:
    """Remove an entry; evidence may fill its time again unless something else holds it."""
    rowio.delete(step.conn, "entry", row["id"])
    rollup.remove(step, row)
    _touch(step, row)
    if merged_into is not None:
        step.conn.execute("INSERT OR REPLACE INTO merged_entry VALUES (?, ?, ?)", (row["id"], merged_into, to_us(step.now)))
    step.publish("time_entry.deleted", {"id": row["id"], "mergedInto": merged_into, "projectId": row["project_id"]})


def take_stretch(step: Step, start_us: int, end_us: int, actor: str, project_id: str | None) -> None:
    """Keep automatic entries out of a stretch until this edit is undone."""
    row = {"id": step.new_id(), "start_us": start_us, "end_us": end_us, "actor": actor, "project_id": project_id}
    rowio.insert(step.conn, "taken", row)
    step.touch(start_us, end_us)


def cut(step: Step, at: datetime, actor: str, project_id: str | None) -> None:
    """Prevent time credited to evidence from crossing an instant."""
    rowio.insert(step.conn, "cut", {"id": step.new_id(), "at_us": to_us(at), "actor": actor, "project_id": project_id})
    step.touch(to_us(at), to_us(at))


def _touch(step: Step, row: EntryRow) -> None:
    step.touch(row["start_us"], row["end_us"] if row["end_us"] is not None else max(to_us(step.now), row["start_us"]))


def follow_undo(step: Step, before: EntryRow | None, after: EntryRow | None) -> None:
    """Bring totals, derivation and listeners up to date after an undo wrote an entry row."""
    for row, write in ((before, rollup.remove), (after, rollup.add)):
        if row is not None:
            write(step, row)
            _touch(step, row)
    if after is None and before is not None:
        step.publish("time_entry.deleted", {"id": before["id"], "mergedInto": None, "projectId": before["project_id"]})
    elif after is not None:
        step.conn.execute("DELETE FROM merged_entry WHERE id = ?", (after["id"],))
        reconcile.announce(step, "time_entry.updated" if before is not None else "time_entry.created", after["id"])
