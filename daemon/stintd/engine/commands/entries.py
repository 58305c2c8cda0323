"""Entries by the owner's hand: entered, changed, deleted, split, merged, restored. Each is one edit that can be undone.

An edit pins the fields it sets. What it takes away from a person's or an agent's time stays away (`taken`), also from
evidence that comes later; only time that a pause left free goes on being tracked.
"""

import json
from datetime import datetime, timedelta
from typing import Any

from stintd.domain import interval
from stintd.domain import report as rules
from stintd.domain.model import Context, Pause, from_us, to_us
from stintd.engine import rolling, shape
from stintd.engine.commands import keeping, naming, revision
from stintd.engine.commands.naming import Wanted
from stintd.engine.queries.entries import row_of
from stintd.engine.reply import Reply
from stintd.engine.rows import Row, first, select
from stintd.engine.step import Step
from stintd.errors import Conflict, Invalid, NotFound
from stintd.store import edits

LONGEST = timedelta(days=7)
OWN = "(origin <> 'auto' OR instr(pinned, 'time') > 0)"
"""Entries whose time is the owner's word; the others follow the evidence and give way."""
Pieces = list[tuple[int, int]]


# ---------------------------------------------------------------- what may be


def check_span(step: Step, start: datetime, end: datetime) -> None:
    """Refuse what cannot have been worked."""
    if end <= start:
        raise Invalid("it ends before it begins", "send an end that is later than the start", {"field": "end"})
    if end - start > LONGEST:
        raise Invalid("an entry is at most seven days long", "enter it day by day", {"field": "end"})
    if end > step.now + step.policy.max_future:
        raise Invalid("it ends in the future", "enter work when it is done, or start a timer", {"field": "end"})


def check_free(row: Row) -> None:
    """Refuse a change of what was approved."""
    if row["locked"] or row["approved_us"] is not None:
        raise Conflict("this entry is approved", "release it first: `stint unapprove`", {"entryId": row["id"]})


def own_within(step: Step, start_us: int, end_us: int | None, but: str = "") -> list[Row]:
    """The person's own entries that share time with a stretch."""
    return select(
        step.conn, f"SELECT * FROM entry WHERE actor = 'human' AND {OWN} AND (end_us IS NULL OR end_us > ?)"  # noqa: S608
        " AND start_us < ? AND id <> ? ORDER BY start_us", (start_us, end_us if end_us is not None else 2**62, but),
    )  # fmt: skip


def refuse_overlap(
    step: Step, start_us: int, end_us: int | None, *, but: str = "", overlap: bool = False, replace: bool = False
) -> None:
    """The owner's own time is not taken without asking: refuse, let both stand, or make room."""
    found = own_within(step, start_us, end_us, but)
    if not found or overlap:
        return
    if not replace:
        shown = [shape.entry(step, row_of(step, row["id"])) for row in found[:5]]
        raise Conflict(
            f"there is an entry of yours there already: {shown[0]['projectName'] or 'no project'} from {shown[0]['start']}",
            "choose another time, or ask for replace or overlap", {"entries": shown},
        )  # fmt: skip
    for row in found:
        check_free(row)
        _carve(step, row, start_us, end_us if end_us is not None else to_us(step.now))


def _carve(step: Step, row: Row, lo: int, hi: int) -> None:
    """Take [lo, hi) out of an entry: it gets shorter, becomes two, or goes."""
    end = row["end_us"] if row["end_us"] is not None else to_us(step.now)
    if row["start_us"] < lo and end > hi:
        keeping.add(step, {**_copied(row), **_between(row, hi, row["end_us"])})
    if row["start_us"] < lo:
        keeping.change(step, row, {**_between(row, row["start_us"], lo), "state": "finished"})
    elif end > hi:
        keeping.change(step, row, _between(row, hi, row["end_us"]))
    else:
        keeping.remove(step, row)


_COPIED = (
    "actor", "origin", "project_id", "task", "description", "billable", "tags", "repo_id", "branch", "session", "pinned",
    "is_confirmed", "may_overlap", "zone", "state",
)  # fmt: skip


def _copied(row: Row) -> Row:
    return {name: row[name] for name in _COPIED}


def _between(row: Row, lo: int, hi: int | None) -> Row:
    """The columns that change when an entry becomes only what lies between two instants."""
    pauses = []
    for pause in rolling.entry_of(row).pauses:
        start = max(to_us(pause.start), lo)
        end = None if pause.end is None and hi is None else min(to_us(pause.end) if pause.end else 2**62, hi or 2**62)
        if end is None or end > start:
            pauses.append(Pause(from_us(start), from_us(end) if end is not None else None))
    total = _length(row)
    part = (hi if hi is not None else lo) - lo
    supervised = row["supervised_us"] * min(part, total) // total if total else 0
    return {
        "start_us": lo, "end_us": hi, "pauses": keeping.pauses_text(pauses), "supervised_us": supervised,
        "hands_on_us": max(0, part - supervised),
    }  # fmt: skip


def _length(row: Row) -> int:
    end = row["end_us"] if row["end_us"] is not None else row["last_evidence_us"] or row["start_us"]
    return int(end - row["start_us"])


def bills(step: Step, project_id: str | None) -> bool:
    """Whether new work on a project is billed: its own word, else whether it has a client."""
    row = first(step.conn, "SELECT billable, client_id FROM project WHERE id = ?", (project_id,))
    if row is None:
        return False
    return bool(row["client_id"] if row["billable"] is None else row["billable"])


def worked(step: Step, row: Row) -> Pieces:
    """The stretches of an entry that count."""
    return [(lo, hi) for lo, hi in rules.worked(rolling.entry_of(row), step.now) if hi > lo]


# ---------------------------------------------------------------- create


def create(
    step: Step, project_id: str | None = None, project_name: str | None = None, place: Context | None = None,
    start: datetime | None = None, end: datetime | None = None, minutes: float | None = None, auto_create: bool = False,
    replace: bool = False, overlap: bool = False, **words: Any,
) -> Reply:  # fmt: skip
    """Enter past work. It takes automatic time and says how much; the owner's own only when asked."""
    begin, finish = _span(start, end, minutes)
    check_span(step, begin, finish)
    target = naming.target(step, Wanted(project_id, project_name, place), may_create=auto_create)
    lo, hi = to_us(begin), to_us(finish)
    taken = sum(min(row["end_us"], hi) - max(row["start_us"], lo) for row in _automatic(step, lo, hi))
    with step.edit("add", f"add {begin:%Y-%m-%d %H:%M}, {(hi - lo) // 60_000_000} min"):
        refuse_overlap(step, lo, hi, overlap=overlap, replace=replace)
        values = _words(step, target.id, words)
        values.setdefault("task", target.task)
        values.setdefault("billable", int(bills(step, target.id)))
        entry_id = keeping.add(step, {
            "project_id": target.id, "start_us": lo, "end_us": hi, "may_overlap": int(overlap), "hands_on_us": hi - lo,
            **values,
        })  # fmt: skip
    step.settle()
    shown = shape.entry(step, row_of(step, entry_id))
    return Reply({**shown, "takenSeconds": shape.seconds(taken), "projectCreated": target.is_new})


def _span(start: datetime | None, end: datetime | None, minutes: float | None) -> tuple[datetime, datetime]:
    length = timedelta(minutes=minutes) if minutes is not None else None
    if start is not None and end is not None and length is not None and end - start != length:
        raise Invalid("start, end and durationMinutes do not agree", "send two of them", {"field": "durationMinutes"})
    if start is not None and (end is not None or length is not None):
        return start, end if end is not None else start + (length or timedelta())
    if end is not None and length is not None:
        return end - length, end
    missing = "start" if start is None else "end"
    raise Invalid(f"{missing} is missing", "send start and end, or start and durationMinutes", {"field": missing})


def _automatic(step: Step, lo: int, hi: int) -> list[Row]:
    rows = select(
        step.conn, f"SELECT * FROM entry WHERE actor = 'human' AND NOT {OWN} AND start_us < ?"  # noqa: S608
        " AND coalesce(end_us, last_evidence_us) > ?", (hi, lo),
    )  # fmt: skip
    return [{**row, "end_us": row["end_us"] if row["end_us"] is not None else row["last_evidence_us"]} for row in rows]


def _words(step: Step, project_id: str | None, words: Row) -> Row:
    """The columns of task, description, tags and billable, as far as a request sets them."""
    values: Row = {}
    if project_id is None and (words.get("task_id") or words.get("task_name")):
        raise Invalid("a task belongs to a project", "name the project too", {"field": "taskName"})
    if "task_id" in words or "task_name" in words:
        values["task"] = naming.task_key(step, project_id or "", words.get("task_id"), words.get("task_name"))
    if words.get("description") is not None:
        values["description"] = words["description"]
    if words.get("tags") is not None:
        values["tags"] = json.dumps(list(words["tags"]), ensure_ascii=False)
    if words.get("billable") is not None:
        values["billable"] = int(words["billable"])
    return values


# ---------------------------------------------------------------- change


def change(
    step: Step, entry_id: str, revision: int | None = None, start: datetime | None = None, end: datetime | None = None,
    minutes: float | None = None, confirmed: bool | None = None, **words: Any,
) -> dict[str, Any]:  # fmt: skip
    """Edit an entry; what is set is pinned, what is not goes on following its evidence."""
    row = keeping.row_of(step, row_of(step, entry_id)["id"])
    _check(row, revision)
    check_free(row)
    values = _project_values(step, row, words)
    pins = {"project"} if values.keys() & {"project_id", "task"} else set()
    pins |= {"text"} if {"description", "tags", "billable"} & words.keys() else set()
    with step.edit("edit", "edit an entry"):
        if start is not None or end is not None or minutes is not None:
            values |= _time_values(step, row, start, end, minutes)
            pins |= {"time", "project"}
        if confirmed is not None:
            values["is_confirmed"] = int(confirmed)
            pins |= {"time", "project"} if confirmed else set()
        if values:
            keeping.change(step, row, {**values, **pinned(row, pins)})
    step.settle()
    return shape.entry(step, row_of(step, row["id"]))


def _check(row: Row, expected: int | None) -> None:
    revision.check(row, expected)


def _project_values(step: Step, row: Row, words: Row) -> Row:
    """The columns of project, task and text that a request sets."""
    values: Row = {}
    project_id = row["project_id"]
    if words.get("project_id") is not None or words.get("project_name") is not None:
        project_id = naming.target(step, Wanted(words.get("project_id"), words.get("project_name"))).id
    elif "project_id" in words:
        project_id = None
    if project_id != row["project_id"]:
        values |= {"project_id": project_id, "task": None}
        if "text" not in row["pinned"].split():
            values["billable"] = int(bills(step, project_id))
    return {**values, **_words(step, project_id, words)}


def _time_values(step: Step, row: Row, start: datetime | None, end: datetime | None, minutes: float | None) -> Row:
    """The columns of a new span; what it no longer holds is taken away, what it newly holds must be free."""
    if minutes is not None:
        start, end = _span(start or (None if end else from_us(row["start_us"])), end, minutes)
    lo = to_us(start) if start is not None else row["start_us"]
    hi = to_us(end) if end is not None else row["end_us"]
    check_span(step, from_us(lo), from_us(hi) if hi is not None else step.now + timedelta(microseconds=1))
    if row["actor"] == "human" and not row["may_overlap"]:
        for new_lo, new_hi in interval.subtract((lo, hi or to_us(step.now)), worked(step, row)):
            refuse_overlap(step, new_lo, new_hi, but=row["id"])
    for gone_lo, gone_hi in worked(step, row):
        for left in interval.subtract((gone_lo, gone_hi), [(lo, hi if hi is not None else 2**62)]):
            keeping.take(step, *left, row["actor"], _taken_project(row))
    values = _between(row, lo, hi)
    if hi is not None:
        values["state"] = "finished"
    elif row["origin"] == "auto":
        values["origin"] = "manual"
    return values


def _taken_project(row: Row) -> str | None:
    """Whose time is taken: a person has one attention, agents and what was meant to overlap only their own project."""
    return row["project_id"] if row["actor"] == "agent" or row["may_overlap"] else None


def pinned(row: Row, pins: set[str]) -> Row:
    """The pins an entry has now, and where it stood when it got them, by which it is found again."""
    had = set(row["pinned"].split())
    values: Row = {"pinned": " ".join(sorted(had | pins))}
    if row["anchor_start_us"] is None and not had:
        end = row["end_us"] if row["end_us"] is not None else row["last_evidence_us"] or row["start_us"]
        values |= {"anchor_start_us": row["start_us"], "anchor_end_us": end}
    return values


# ---------------------------------------------------------------- delete and restore


def delete(step: Step, entry_id: str, revision: int | None = None) -> dict[str, Any]:
    """Delete an entry; its time stays away until that is undone."""
    found = row_of(step, entry_id)
    row = keeping.row_of(step, found["id"])
    _check(row, revision)
    check_free(row)
    shown = shape.entry(step, found)
    with step.edit("delete", f"delete {found['project_name'] or 'an entry'}, {shown['durationSeconds'] // 60} min"):
        drop(step, row)
    step.settle()
    return shown


def drop(step: Step, row: Row) -> None:
    """Remove an entry, and take its time away."""
    pieces = worked(step, row)
    if row["end_us"] is None and row["origin"] == "auto":
        pieces = [(row["start_us"], to_us(step.now))]
    keeping.remove(step, row)
    for lo, hi in pieces:
        keeping.take(step, lo, hi, row["actor"], _taken_project(row))


def restore(step: Step, entry_id: str) -> dict[str, Any]:
    """Bring a deleted entry back by undoing what removed it; one that is there is answered as it is."""
    if first(step.conn, "SELECT 1 FROM entry WHERE id = ?", (entry_id,)) is None:
        removal = first(
            step.conn, "SELECT e.id FROM edit_row r JOIN edit e ON e.id = r.edit_id WHERE r.row_id = ?"
            " AND r.table_name = 'entry' AND r.after IS NULL AND e.undone_us IS NULL ORDER BY e.rowid DESC LIMIT 1",
            (entry_id,),
        )  # fmt: skip
        if removal is None:
            raise NotFound(f"there is no entry {entry_id[:40]} to restore", "`stint undo --list` lists the latest edits")
        take_back(step, removal["id"])
    return shape.entry(step, row_of(step, entry_id))


def take_back(step: Step, edit_id: str) -> list[str]:
    """Undo an edit: rows, totals, what is derived; the ids of the entries that are there and changed."""
    changed = []
    for one in edits.undo(step.conn, edit_id, step.now):
        if one.table == "entry":
            changed.append(one.row_id)
            keeping.note_restored(step, one.before, one.after)
        elif one.table in ("taken", "cut"):
            row = one.before or one.after or {}
            step.touch(row.get("start_us", row.get("at_us", 0)), row.get("end_us", row.get("at_us", 0)))
        elif one.table in ("project", "mapping", "repo"):
            step.forget_places()
    step.settle()
    return [entry_id for entry_id in changed if first(step.conn, "SELECT 1 FROM entry WHERE id = ?", (entry_id,))]


# ---------------------------------------------------------------- split and merge


def split(step: Step, entry_id: str, at: datetime, revision: int | None = None) -> dict[str, Any]:
    """Cut an entry in two at an instant inside it; nothing is lost between them."""
    row = keeping.row_of(step, row_of(step, entry_id)["id"])
    _check(row, revision)
    check_free(row)
    at_us = to_us(at)
    end = row["end_us"] if row["end_us"] is not None else to_us(step.now)
    if not row["start_us"] < at_us < end:
        raise Invalid("the cut must lie inside the entry", "send an instant between its start and its end", {"field": "at"})
    is_following = row["end_us"] is None and row["origin"] == "auto"
    with step.edit("split", f"split at {at:%Y-%m-%d %H:%M}"):
        second = None
        if not is_following:
            second = keeping.add(step, {**_copied(row), **_between(row, at_us, row["end_us"]), "pinned": keeping.ALL_PINS})
        first_half = {**_between(row, row["start_us"], at_us), "state": "finished", **pinned(row, {"time", "project"})}
        keeping.change(step, row, first_half)
    step.settle()
    ids = [row["id"], second or _following(step, at_us, row)]
    return {"entries": shape.entries_by_id(step, [one for one in ids if one])}


def _following(step: Step, at_us: int, row: Row) -> str | None:
    """The automatic entry that goes on after a cut of what still runs."""
    found = first(
        step.conn, "SELECT id FROM entry WHERE start_us >= ? AND actor = ? AND project_id IS ? ORDER BY start_us LIMIT 1",
        (at_us, row["actor"], row["project_id"]),
    )  # fmt: skip
    return found["id"] if found else None


def merge(step: Step, ids: tuple[str, ...]) -> dict[str, Any]:
    """Make one entry of several of the same project; what lay between them becomes a pause, never work."""
    rows = [keeping.row_of(step, row_of(step, entry_id)["id"]) for entry_id in ids]
    rows = sorted({row["id"]: row for row in rows}.values(), key=lambda row: (row["start_us"], row["id"]))
    _check_mergeable(rows)
    pieces = interval.union(piece for row in rows for piece in worked(step, row))
    start, end = pieces[0][0], pieces[-1][1]
    gaps = interval.subtract((start, end), pieces)
    values = {
        "start_us": start, "end_us": end, "state": "finished",
        "pauses": keeping.pauses_text(Pause(from_us(lo), from_us(hi)) for lo, hi in gaps),
        "supervised_us": sum(row["supervised_us"] for row in rows), "hands_on_us": sum(row["hands_on_us"] for row in rows),
        "description": "; ".join(dict.fromkeys(row["description"] for row in rows if row["description"])),
        "tags": json.dumps(list(dict.fromkeys(tag for row in rows for tag in json.loads(row["tags"]))), ensure_ascii=False),
    }  # fmt: skip
    with step.edit("merge", f"merge {len(rows)} entries"):
        for row in rows[1:]:
            keeping.remove(step, row, rows[0]["id"])
        keeping.change(step, rows[0], {**values, **pinned(rows[0], {"time", "project", "text"})})
    step.settle()
    return shape.entry(step, row_of(step, rows[0]["id"]))


def _check_mergeable(rows: list[Row]) -> None:
    if len(rows) < 2:
        raise Invalid("merging needs at least two entries", "send the ids of two", {"field": "ids"})
    for row in rows:
        check_free(row)
        if row["end_us"] is None:
            raise Conflict("a running timer cannot be merged", "stop it first", {"entryId": row["id"]})
    if len({(row["actor"], row["project_id"]) for row in rows}) > 1:
        raise Invalid("these entries are of different projects", "give them to one project first", {"field": "ids"})
