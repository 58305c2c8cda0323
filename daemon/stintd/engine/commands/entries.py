"""Commands on entries: enter, change, delete, split, merge, restore. Each is one edit that can be undone; the rules
(`domain.edits`) decide what it does to the entry and to those around it.
"""

from collections.abc import Callable
from dataclasses import field, replace
from datetime import datetime, timedelta
from typing import TypedDict, Unpack, cast

from stintd.domain import edits
from stintd.domain.lengths import short_length
from stintd.domain.model import Context, ProjectId, TimeEntry, from_us, to_us
from stintd.engine import wire
from stintd.engine.commands import answers, backfill, edit_rows, entry_rows, resolve
from stintd.engine.commands.entry_rows import check_revision
from stintd.engine.commands.resolve import ProjectNames
from stintd.engine.commands.words import EntryChanges, EntryWords
from stintd.engine.queries import questions
from stintd.engine.queries.entries import find_entry
from stintd.engine.reply import Reply
from stintd.engine.rows import LONGEST_US
from stintd.engine.sheet import rollup
from stintd.engine.sheet.settle import settle
from stintd.engine.step import Step
from stintd.engine.wire_types import EntriesAnswerJson, EntryJson, MadeEntryJson
from stintd.errors import Conflict, Forbidden, Invalid, NotFound
from stintd.frozen import frozen
from stintd.store import edits as edit_store
from stintd.store.edits import RowChange
from stintd.store.row_types import BackfillRow, EntryRow, ProjectRow, TimedRow
from stintd.store.rowio import exists, fetch_all, fetch_one, fetch_value

HAS_OWN_TIME = "(origin <> 'auto' OR instr(pinned, 'time') > 0)"
"""Entries whose time the owner set; the others follow the evidence and give way."""


def refuse_locked(row: EntryRow) -> None:
    """Refuse (`conflict`) a change of an approved entry."""
    if row["locked"] or row["approved_us"] is not None:
        raise Conflict("the entry is approved and locked", "unapprove it first: `stint unapprove PERIOD`")


def refuse_overlap(step: Step, start_us: int) -> None:
    """Refuse (`conflict`) a timer that begins inside a finished entry of the owner's own."""
    rows = fetch_all(
        step.conn,
        EntryRow,
        f"SELECT id FROM entry WHERE actor = 'human' AND {HAS_OWN_TIME} AND end_us > ? ORDER BY start_us LIMIT 5",  # noqa: S608
        (start_us,),
    )
    if rows:
        entries = wire.entries_by_id(step, [row["id"] for row in rows])
        name = entries[0]["projectName"] or "no project"
        raise Conflict(
            f"your own entry ({name}) reaches beyond that time",
            "start later, or change the entry with `stint edit`",
            {"entries": entries},
        )


def _check_reach(step: Step, change: edits.Change) -> None:
    """Entries of a limited API client may replace automatic time of its own projects, not of others."""
    for entry in (*change.created, *change.updated) if step.reach is not None else ():
        lo, hi = to_us(entry.start), to_us(entry.end or step.now)
        old = fetch_one(
            step.conn,
            TimedRow,
            "SELECT start_us, coalesce(end_us, ?) AS end_us FROM entry WHERE id = ?",
            (to_us(step.now), entry.id),
        )
        has_grown = old is None or lo < old["start_us"] or hi > old["end_us"]
        if has_grown and entry.actor == "human" and entry.id not in change.overlapping:
            refuse_beyond_reach(step, lo, hi, entry.id)


def refuse_beyond_reach(step: Step, lo_us: int, hi_us: int, entry_id: str = "") -> None:
    """Refuse (`conflict`) a stretch with the person's work on projects beyond the reach of the API client; names none of them."""
    if step.reach is None:
        return
    rows = fetch_all(
        step.conn,
        EntryRow,
        "SELECT project_id FROM entry WHERE actor = 'human' AND id <> ? AND project_id IS NOT NULL AND start_us < ?"
        " AND start_us >= ? AND coalesce(end_us, last_evidence_us, start_us) > ?",
        (entry_id, hi_us, lo_us - LONGEST_US, lo_us),
    )
    if any(not step.admits(row["project_id"]) for row in rows):
        raise Conflict("something that this key has no access to is in the way", "ask the user")


def is_billed(step: Step, project_id: str | None) -> bool:
    """Whether new work on a project is billed: its own setting, else whether it has a client."""
    row = fetch_one(step.conn, ProjectRow, "SELECT billable, client_id FROM project WHERE id = ?", (project_id,))
    if row is None:
        return False
    return bool(row["client_id"] if row["billable"] is None else row["billable"])


def _entry_at_revision(row: EntryRow, expected: int | None) -> TimeEntry:
    """The entry; `conflict` unless the client has seen its latest revision."""
    check_revision(row, expected)
    return rollup.entry_of(row)


def _write_edit(step: Step, verb: str, summary: str, decide: Callable[[], edits.Change]) -> edits.Change:
    """Let the rules decide, write the result as one edit, and derive what it changed."""
    try:
        change: edits.Change = decide()
    except Conflict as error:
        raise edit_rows.attach_entries(step, error) from None
    _check_reach(step, change)
    with step.edit(verb, summary):
        edit_rows.write(step, change)
    settle(step)
    return change


# ---------------------------------------------------------------- create


@frozen
class EntryRequest:
    """Past work as a client enters it. Two of `start`, `end` and `minutes` say when. `place`: where its `path` lies. `replace`:
    it also replaces the owner's own time; `overlap`: it may overlap that."""

    project_id: str | None = None
    project_name: str | None = None
    place: Context | None = None
    start: datetime | None = None
    end: datetime | None = None
    minutes: float | None = None
    auto_create: bool = False
    replace: bool = False
    overlap: bool = False
    words: EntryWords = field(default_factory=EntryWords)


def create(step: Step, request: EntryRequest) -> Reply[MadeEntryJson]:
    """Enter past work. It replaces automatic time and says how much; the owner's own time only on request."""
    start, end = _span(request.start, request.end, request.minutes)
    if request.replace and step.limit is not None:
        raise Forbidden("this key may not replace what is there", "leave replace out, or ask the user")
    if request.replace and request.overlap:
        raise Invalid("replace and overlap exclude each other", "send one of them", {"field": "overlap"})
    names = ProjectNames(request.project_id, request.project_name, request.place)
    project = resolve.require_project(step, names, may_create=request.auto_create)
    new = _new_entry(step, project, start, end, request.words)
    surroundings = edit_rows.load_surroundings(step, to_us(min(start, end)), to_us(max(start, end)))
    taken_us = automatic_us(step, to_us(start), to_us(end))
    mode = "replace" if request.replace else "overlap" if request.overlap else "refuse"
    change = _write_edit(
        step,
        "add",
        f"add {start:%Y-%m-%d %H:%M}, {short_length(60 * round((end - start) / timedelta(minutes=1)))}",
        lambda: edits.add(new, surroundings, mode),
    )
    entry = wire.entry(step, find_entry(step, change.created[-1].id))
    return Reply(
        {
            **entry,
            "takenSeconds": 0 if request.overlap else wire.seconds(taken_us),
            "notice": (change.notice or None) if step.limit is None else None,
            "projectCreated": project.is_new,
        }
    )


def _new_entry(step: Step, project: resolve.ProjectChoice, start: datetime, end: datetime, words: EntryWords) -> edits.NewEntry:
    task = resolve.task_of(step, project, words)
    billable = words.get("billable")
    return edits.NewEntry(
        project.id,
        start,
        end,
        task,
        words.get("description") or "",
        tuple(words.get("tags", ())),
        is_billed(step, project.id) if billable is None else billable,
        step.policy.zone,
    )


def _span(start: datetime | None, end: datetime | None, minutes: float | None) -> tuple[datetime, datetime]:
    length = timedelta(minutes=minutes) if minutes is not None else None
    if start is not None and end is not None and length is not None and end - start != length:
        raise Invalid("start, end and durationMinutes do not agree", "send two of them", {"field": "durationMinutes"})
    if start is not None and (end is not None or length is not None):
        return start, end if end is not None else start + (length or timedelta())
    if end is not None and length is not None:
        return end - length, end
    missing = "start" if start is None else "end"
    raise Invalid(f"{missing} is missing", "send startTime and endTime, or startTime and durationMinutes", {"field": missing})


def automatic_us(step: Step, lo: int, hi: int, longest_us: int = LONGEST_US) -> int:
    """How much automatic time of the person lies in a stretch."""
    rows = fetch_all(
        step.conn,
        TimedRow,
        f"SELECT start_us, coalesce(end_us, last_evidence_us) AS end_us FROM entry WHERE actor = 'human'"  # noqa: S608
        f" AND NOT {HAS_OWN_TIME} AND start_us BETWEEN ? AND ? AND coalesce(end_us, last_evidence_us) > ?",
        (lo - longest_us, hi, lo),
    )
    return sum(min(row["end_us"], hi) - max(row["start_us"], lo) for row in rows)


def fill(step: Step, lo_us: int, hi_us: int, project: resolve.ProjectChoice, words: EntryWords) -> EntryJson:
    """Fill a gap, where no entry of the person is yet."""
    new = _new_entry(step, project, from_us(lo_us), from_us(hi_us), words)
    surroundings = edit_rows.load_surroundings(step, lo_us, hi_us)
    change = _write_edit(step, "fill", f"fill {new.start:%Y-%m-%d %H:%M}", lambda: edits.fill(new, surroundings))
    return wire.entry(step, find_entry(step, change.created[0].id))


# ---------------------------------------------------------------- change


def change(
    step: Step,
    entry_id: str,
    revision: int | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
    minutes: float | None = None,
    confirmed: bool | None = None,
    **words: Unpack[EntryChanges],
) -> EntryJson:
    """Edit an entry; fields that are set are pinned, the others keep following the evidence."""
    row = entry_rows.find_row(step, find_entry(step, entry_id)["id"])
    entry = _entry_at_revision(row, revision)
    if minutes is not None:
        start, end = _span(start or (None if end else entry.start), end, minutes)
    fields = _project_fields(step, row, words)
    times = {name for name, time in (("start", start), ("end", end)) if time is not None}
    if start is not None:
        fields["start"] = start
    if end is not None:
        fields["end"] = end
    patch = edits.Patch(**fields)
    surroundings = edit_rows.load_surroundings_of(step, [entry, *_moved_entry(entry, start, end)])
    _write_edit(
        step, "edit", f"edit {', '.join(sorted({*words, *times})) or 'an entry'}", lambda: edits.patch(entry, patch, surroundings)
    )
    if confirmed is not None:
        _confirm(step, row["id"], confirmed)
    return wire.entry(step, find_entry(step, row["id"]))


def _moved_entry(entry: TimeEntry, start: datetime | None, end: datetime | None) -> list[TimeEntry]:
    """Where the entry will be, so that the entries there are considered too."""
    new_start, new_end = start or entry.start, end or entry.end
    return [replace(entry, start=new_start, end=new_end)] if new_end is None or new_end > new_start else []


class PatchFields(TypedDict, total=False):
    """The fields that an edit sets."""

    start: datetime
    end: datetime
    project: ProjectId | None
    task: str | None
    description: str
    tags: tuple[str, ...]
    billable: bool


def _project_fields(step: Step, row: EntryRow, words: EntryChanges) -> PatchFields:
    """The fields of project, task and text that a request sets."""
    fields: PatchFields = {}
    if (description := words.get("description")) is not None:
        fields["description"] = description
    if (tags := words.get("tags")) is not None:
        fields["tags"] = tags
    if (billable := words.get("billable")) is not None:
        fields["billable"] = billable
    project_id = _project_id(step, row, words)
    if project_id != row["project_id"]:
        fields |= {"project": ProjectId(project_id) if project_id else None, "task": None}
    if project_id is None and (words.get("task_id") or words.get("task_name")):
        raise Invalid("a task belongs to a project", "name the project too", {"field": "taskName"})
    if "task_id" in words or "task_name" in words:
        fields["task"] = resolve.task_key(step, project_id or "", words.get("task_id"), words.get("task_name"))
    return fields


def _project_id(step: Step, row: EntryRow, words: EntryChanges) -> str | None:
    """The project that an entry has after a request."""
    if words.get("project_id") is not None or words.get("project_name") is not None:
        return resolve.require_project(step, ProjectNames(words.get("project_id"), words.get("project_name"))).id
    if "project_id" not in words:
        return row["project_id"]
    if step.limit is not None:
        raise Forbidden("this key may not remove the project of an entry", "name a project that this key has access to")
    return None


def _confirm(step: Step, entry_id: str, is_confirmed: bool) -> None:
    """The owner confirms doubtful evidence. That stays so: the entry no longer follows that evidence."""
    row = entry_rows.find_row(step, entry_id)
    refuse_locked(row)
    if is_confirmed and questions.waiting_rows(step, [row]):
        raise Conflict("this entry waits for your answer whose hours it is", f"{questions.REMEDY}, or move it to another project")
    pins = {*row["pinned"].split(), *(("time", "project") if is_confirmed else ())}
    with step.edit("confirm", "confirm an entry"):
        entry_rows.change(step, row, {"is_confirmed": int(is_confirmed), "pinned": " ".join(sorted(pins))})
    settle(step)


# ---------------------------------------------------------------- delete and restore


def delete(step: Step, entry_id: str, revision: int | None = None) -> EntryJson:
    """Delete an entry; its time is not filled again until that is undone."""
    row = find_entry(step, entry_id)
    entry = _entry_at_revision(row, revision)
    answer = wire.entry(step, row)
    surroundings = edit_rows.load_surroundings_of(step, [entry])
    summary = f"delete {row['project_name'] or 'an entry'}, {short_length(answer['durationSeconds'] // 60 * 60)}"
    _write_edit(step, "delete", summary, lambda: edits.delete(entry, surroundings))
    return answer


def restore(step: Step, entry_id: str) -> EntryJson:
    """Bring a deleted entry back by undoing what removed it; one that was not deleted is answered as it is."""
    if not exists(step.conn, "SELECT 1 FROM entry WHERE id = ?", (entry_id,)):
        removal = fetch_value(
            step.conn,
            str,
            "SELECT e.id FROM edit_row r JOIN edit e ON e.id = r.edit_id WHERE r.row_id = ?"
            " AND r.table_name = 'entry' AND r.after IS NULL AND e.undone_us IS NULL ORDER BY e.rowid DESC LIMIT 1",
            (entry_id,),
        )
        if removal is None:
            raise NotFound(f"there is no entry {entry_id[:40]} to restore", "`stint undo --list` lists the latest edits")
        undo_edit(step, removal)
    return wire.entry(step, find_entry(step, entry_id))


def undo_edit(step: Step, edit_id: str) -> list[str]:
    """Undo an edit: rows, totals, what is derived. Answers the ids of the changed entries that exist."""
    entry_ids, answered = [], list[RowChange]()
    for row_change in edit_store.undo_steps(step.conn, edit_id, step.now):
        if row_change.table == "entry":
            entry_ids.append(row_change.row_id)
            before, after = cast("EntryRow | None", row_change.before), cast("EntryRow | None", row_change.after)
            entry_rows.follow_undo(step, before, after)
        elif row_change.table in ("taken", "cut"):
            row = row_change.before or row_change.after or {}
            bounds = (row["start_us"], row["end_us"]) if row_change.table == "taken" else (row["at_us"], row["at_us"])
            step.touch(*bounds)
        elif row_change.table == "folder_answer":
            answered.append(row_change)
        elif row_change.table in ("project", "mapping", "repo"):
            step.forget_places()
        elif row_change.table == "backfill" and row_change.before is not None and row_change.after is None:
            backfill.remove(step, cast("BackfillRow", row_change.before))
    answers.follow_undo(step, answered)
    settle(step)
    answers.drop_unused_projects(step, answered)
    return [entry_id for entry_id in entry_ids if exists(step.conn, "SELECT 1 FROM entry WHERE id = ?", (entry_id,))]


# ---------------------------------------------------------------- split and merge


def split(step: Step, entry_id: str, at: datetime, revision: int | None = None) -> EntriesAnswerJson:
    """Cut an entry in two at an instant inside it; nothing is lost between them."""
    row = entry_rows.find_row(step, find_entry(step, entry_id)["id"])
    entry = _entry_at_revision(row, revision)
    surroundings = edit_rows.load_surroundings_of(step, [entry])
    result = _write_edit(step, "split", f"split at {at:%Y-%m-%d %H:%M}", lambda: edits.split(entry, at, surroundings))
    second: str = result.created[0].id
    if not exists(step.conn, "SELECT 1 FROM entry WHERE id = ?", (second,)):
        second = _find_following_entry(step, to_us(at), row) or second
    return {"entries": wire.entries_by_id(step, [row["id"], second])}


def _find_following_entry(step: Step, at_us: int, row: EntryRow) -> str | None:
    """The automatic entry that continues after a cut of one that still runs."""
    return fetch_value(
        step.conn,
        str,
        "SELECT id FROM entry WHERE start_us >= ? AND actor = ? AND project_id IS ? ORDER BY start_us LIMIT 1",
        (at_us, row["actor"], row["project_id"]),
    )


def merge(step: Step, ids: tuple[str, ...]) -> EntryJson:
    """Make one entry of several of the same project; the time between them becomes a pause, never work."""
    entries = [rollup.entry_of(find_entry(step, entry_id)) for entry_id in ids]
    if len({entry.id for entry in entries}) < 2:
        raise Invalid("merging takes two entries or more", "send the ids of two", {"field": "ids"})
    surroundings = edit_rows.load_surroundings_of(step, entries)
    result = _write_edit(step, "merge", f"merge {len(entries)} entries", lambda: edits.merge(entries, surroundings))
    return wire.entry(step, find_entry(step, result.updated[0].id))
