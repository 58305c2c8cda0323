"""What was missed or misplaced: gaps filled, periods moved to another project, edits taken back."""

from datetime import datetime
from typing import Any

from stintd.domain.model import Context, from_us, to_us
from stintd.engine import shape
from stintd.engine.commands import entries, keeping, naming
from stintd.engine.commands.naming import Wanted
from stintd.engine.queries import evidence, gaps
from stintd.engine.queries.entries import find, overlapping
from stintd.engine.reply import Reply
from stintd.engine.rows import Row
from stintd.engine.step import DryRun, Step
from stintd.errors import Invalid, NotFound
from stintd.store import edits


def fill(
    step: Step, gap_id: str, project_id: str | None = None, project_name: str | None = None, place: Context | None = None,
    **words: Any,
) -> Reply:  # fmt: skip
    """Give a gap to a project, by hand."""
    lo, hi = gaps.one(step, gap_id)
    return entries.create(step, project_id, project_name, place, from_us(lo), from_us(min(hi, to_us(step.now))), **words)


def move(
    step: Step, start: datetime, end: datetime, of_project: str | None = None, project_id: str | None = None,
    project_name: str | None = None, auto_create: bool = False, dry_run: bool = False, **words: Any,
) -> dict[str, Any]:  # fmt: skip
    """Give a period (of one project, or whatever lies in it) to another project; entries are cut at its edges."""
    if end <= start:
        raise Invalid("the period ends before it begins", "swap from and to", {"field": "to"})
    target = naming.target(step, Wanted(project_id, project_name), may_create=auto_create)
    task = naming.task_key(step, target.id, None, words.get("task_name"))
    source = naming.target(step, Wanted(project_name=of_project)).id if of_project is not None else None
    lo, hi = to_us(start), to_us(end)
    with step.edit("move", f"move {start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}"):
        moved = [_moved(step, row, lo, hi, target.id, task) for row in _within(step, lo, hi, source, target.id)]
    step.settle()
    answer = {"dryRun": dry_run, "entries": shape.entries_by_id(step, moved)}
    answer["seconds"] = sum(one["durationSeconds"] for one in answer["entries"])  # type: ignore[attr-defined]
    if dry_run:
        raise DryRun(answer)
    return answer


def _within(step: Step, lo: int, hi: int, source: str | None, target: str) -> list[Row]:
    clauses, values = overlapping(lo, hi)
    rows = find(step, [*clauses, "e.actor = 'human'", "e.project_id IS NOT ?"], [*values, target])
    rows = [row for row in rows if source is None or row["project_id"] == source]
    return [keeping.row_of(step, row["id"]) for row in sorted(rows, key=lambda row: row["start_us"])]


def _moved(step: Step, row: Row, lo: int, hi: int, project_id: str, task: str | None) -> str:
    """The id of the entry that holds the moved part."""
    entries.check_free(row)
    at = row["id"]
    if row["start_us"] < lo:
        at = entries.split(step, at, from_us(lo))["entries"][-1]["id"]
    row = keeping.row_of(step, at)
    end = row["end_us"] if row["end_us"] is not None else to_us(step.now)
    if end > hi:
        at = entries.split(step, at, from_us(hi))["entries"][0]["id"]
    values = {"project_id": project_id, "task": task, "billable": int(entries.bills(step, project_id))}
    row = keeping.row_of(step, at)
    keeping.change(step, row, {**values, **entries.pinned(row, {"project"})})
    return str(at)


def undo(step: Step, edit_id: str | None = None) -> dict[str, Any]:
    """Take back the last edit that was not, or one by its id (a prefix is enough)."""
    last = edits.last_undoable(step.conn) if edit_id is None else None
    if edit_id is None and last is None:
        raise NotFound("there is nothing to undo", "`stint undo --list` lists the latest edits")
    wanted = last.id if last is not None else evidence.edit_row(step, edit_id or "")["id"]
    changed = entries.take_back(step, wanted)
    return {"edit": evidence.edit(evidence.edit_row(step, wanted)), "entries": shape.entries_by_id(step, changed)}
