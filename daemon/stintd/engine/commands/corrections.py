"""Corrections: fill gaps, move periods to another project, undo edits; and note that the owner has looked at the list of open
decisions.
"""

from datetime import datetime
from typing import Unpack

from stintd.domain import edits
from stintd.domain.model import Context, to_us
from stintd.engine import wire
from stintd.engine.commands import edit_rows, entries, resolve
from stintd.engine.commands.resolve import ProjectNames
from stintd.engine.commands.words import EntryWords
from stintd.engine.queries import evidence, gaps
from stintd.engine.queries.review import LAST_LOOK
from stintd.engine.reply import Reply
from stintd.engine.sheet.settle import settle
from stintd.engine.step import DryRun, Step
from stintd.engine.wire_types import EntryJson, LookedJson, MovedJson, UndoneJson
from stintd.errors import Conflict, NotFound
from stintd.frozen import frozen
from stintd.store import cursors
from stintd.store import edits as edit_store


def fill(
    step: Step,
    gap_id: str,
    project_id: str | None = None,
    project_name: str | None = None,
    place: Context | None = None,
    auto_create: bool = False,
    **words: Unpack[EntryWords],
) -> Reply[EntryJson]:
    """Assign a gap to a project."""
    lo, hi = gaps.find_gap(step, gap_id)
    project = resolve.require_project(step, ProjectNames(project_id, project_name, place), may_create=auto_create)
    return Reply(entries.fill(step, lo, min(hi, to_us(step.now)), project, words))


@frozen
class MoveRequest:
    """A period to move to the project that `project_id` or `project_name` names. `from_project`: only what lies in this one."""

    start: datetime
    end: datetime
    from_project: str | None = None
    project_id: str | None = None
    project_name: str | None = None
    task_name: str | None = None
    auto_create: bool = False
    dry_run: bool = False


def move(step: Step, request: MoveRequest) -> MovedJson:
    """Move a period (of one project, or everything in it) to another project; entries are cut at its edges."""
    start, end = request.start, request.end
    project = resolve.require_project(
        step, ProjectNames(request.project_id, request.project_name), may_create=request.auto_create
    )
    task = resolve.task_key(step, project.id, None, request.task_name)
    from_project_id = None
    if request.from_project is not None:
        from_project_id = resolve.require_project(step, ProjectNames(project_name=request.from_project)).id
    surroundings = edit_rows.load_surroundings(step, to_us(min(start, end)), to_us(max(start, end)))
    try:
        change = edits.move(start, end, project.id, surroundings, from_project_id, task)
    except Conflict as error:
        raise edit_rows.attach_entries(step, error) from None
    with step.edit("move", f"move {start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}"):
        edit_rows.write(step, change)
    settle(step)
    moved_ids = [entry.id for entry in (*change.created, *change.updated) if entry.project == project.id]
    entries = wire.entries_by_id(step, sorted(moved_ids))
    answer: MovedJson = {
        "dryRun": request.dry_run,
        "entries": entries,
        "seconds": sum(entry["durationSeconds"] for entry in entries),
        "notice": change.notice or None,
    }
    if request.dry_run:
        raise DryRun(answer)
    return answer


def undo(step: Step, edit_id: str | None = None) -> UndoneJson:
    """Undo the latest edit that was not undone, or one by its id (a prefix is enough)."""
    last_edit = edit_store.last_undoable(step.conn) if edit_id is None else None
    if edit_id is None and last_edit is None:
        raise NotFound("there is nothing to undo", "`stint undo --list` lists the latest edits")
    undone_id = last_edit.id if last_edit is not None else evidence.find_edit(step, edit_id or "")["id"]
    entry_ids = entries.undo_edit(step, undone_id)
    return {"edit": evidence.edit(evidence.find_edit(step, undone_id)), "entries": wire.entries_by_id(step, entry_ids)}


def note_review(step: Step) -> LookedJson:
    """Note that the owner looks at the list of open decisions now: what changes afterwards is new to them."""
    cursors.put(step.conn, {LAST_LOOK: str(to_us(step.now))})
    return {"lookedAt": wire.stamp(step.now)}
