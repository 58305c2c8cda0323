"""Between rows and the rules of edits: loads the surroundings of an edit, and writes its result."""

from collections.abc import Iterable
from datetime import timedelta

from stintd.domain.edits import Change, Surroundings
from stintd.domain.model import EntryId, ProjectId, TimeEntry, to_us
from stintd.engine import wire
from stintd.engine.commands import entry_rows
from stintd.engine.entries import overlap_clauses
from stintd.engine.entry_texts import pauses_text, tags_text
from stintd.engine.sheet import billable, rollup
from stintd.engine.step import Step
from stintd.errors import Conflict
from stintd.store import rowio
from stintd.store.row_types import EntryColumns, EntryRow, ProjectRow
from stintd.store.rowio import fetch_all, fetch_one

DAY_US = 86_400_000_000


def load_surroundings(step: Step, lo_us: int, hi_us: int) -> Surroundings:
    """The entries around a stretch, with the names of their projects."""
    clauses, values = overlap_clauses(lo_us - DAY_US, hi_us + DAY_US)
    rows = fetch_all(step.conn, EntryRow, f"SELECT e.* FROM entry e WHERE {' AND '.join(clauses)}", values)  # noqa: S608
    names = fetch_all(step.conn, ProjectRow, "SELECT id, name FROM project")
    return Surroundings(
        step.now,
        step.policy,
        lambda: EntryId(step.new_id()),
        [rollup.entry_of(row) for row in rows],
        frozenset(EntryId(row["id"]) for row in rows if row["locked"] or row["approved_us"] is not None),
        {ProjectId(row["id"]): row["name"] for row in names},
        lambda entry: _is_billed(step, entry),
    )


def _is_billed(step: Step, entry: TimeEntry) -> bool:
    """Whether an entry is billed by its project's settings and the mappings to it."""
    project = fetch_one(step.conn, ProjectRow, "SELECT * FROM project WHERE id = ?", (entry.project,))
    rule = billable.rule_of(step, project, entry.repo, entry.branch) if project is not None else None
    return billable.is_billable(rule, project, entry.actor)


def load_surroundings_of(step: Step, entries: Iterable[TimeEntry]) -> Surroundings:
    """Load the surroundings of these entries."""
    spans = [(to_us(entry.start), to_us(entry.end or step.now)) for entry in entries]
    return load_surroundings(step, min(lo for lo, _ in spans), max(hi for _, hi in spans))


def attach_entries(step: Step, error: Conflict) -> Conflict:
    """Add to a refusal the entries that it names by id."""
    ids = error.details.get("entries")
    if isinstance(ids, list):
        error.details["entries"] = wire.entries_by_id(step, ids[:5])
    return error


def write(step: Step, change: Change) -> None:
    """Write an edit: entries first, then the time it removes and the cuts it makes."""
    for entry_id in change.deleted:
        entry_rows.remove(step, entry_rows.find_row(step, entry_id), change.merged_into)
    for entry in change.updated:
        row = entry_rows.find_row(step, entry.id)
        entry_rows.change(step, row, {**entry_columns(entry, change), **_anchor_columns(row, entry)})
    for entry in change.created:
        entry_rows.add(step, {"id": entry.id, **entry_columns(entry, change), **_evidence_columns(entry)})
    for stretch in change.taken:
        entry_rows.take_stretch(step, stretch.start_us, stretch.end_us, stretch.actor, stretch.project)
    for cut in change.cuts:
        cut_row = {"id": step.new_id(), "at_us": cut.at_us, "actor": cut.actor, "project_id": cut.project}
        rowio.insert(step.conn, "cut", cut_row)
        step.touch(cut.at_us, cut.at_us)


def entry_columns(entry: TimeEntry, change: Change) -> EntryColumns:
    """An entry as its columns."""
    microseconds = timedelta(microseconds=1)
    values: EntryColumns = {
        "actor": entry.actor,
        "origin": entry.origin,
        "project_id": entry.project,
        "task": entry.task,
        "start_us": to_us(entry.start),
        "end_us": None if entry.end is None else to_us(entry.end),
        "state": entry.state,
        "description": entry.description,
        "billable": int(entry.billable),
        "tags": tags_text(entry.tags),
        "pauses": pauses_text(entry.pauses),
        "hands_on_us": entry.hands_on // microseconds,
        "supervised_us": entry.supervised // microseconds,
        "last_evidence_us": None if entry.last_evidence is None else to_us(entry.last_evidence),
        "repo_id": entry.repo,
        "branch": entry.branch,
        "session": entry.session,
        "pinned": " ".join(sorted(entry.pinned)),
        "is_confirmed": int(entry.is_confirmed),
        "zone": entry.zone,
    }
    return {**values, "may_overlap": 1} if entry.id in change.overlapping else values


def _evidence_columns(entry: TimeEntry) -> EntryColumns:
    """The columns of evidence for a new part of an automatic entry: the same as of the whole."""
    if entry.origin != "auto":
        return {}
    return {
        "derived_project_id": entry.project,
        "derived_task": entry.task,
        "anchor_start_us": to_us(entry.start),
        "anchor_end_us": to_us(entry.end or entry.last_evidence or entry.start),
    }


def _anchor_columns(row: EntryRow, entry: TimeEntry) -> EntryColumns:
    """The place of an entry when it was first edited; a rebuild finds the entry again by it."""
    if row["pinned"] or not entry.pinned:
        return {}
    end = row["end_us"] if row["end_us"] is not None else row["last_evidence_us"] or row["start_us"]
    return {"anchor_start_us": row["start_us"], "anchor_end_us": end}
