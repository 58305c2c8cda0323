"""Writes a derived sheet to the `entry` rows: ids stay with their work, edits stay on their entries, and an unchanged result
writes nothing.

An entry with an override (a project or text that a person set, while its time follows evidence) is matched by its anchor: the
stretch as it was at the time of the edit. So the match does not depend on the order in which evidence arrived. Writer thread
only.
"""

from collections.abc import Sequence
from typing import cast

from stintd.domain.derive.identity import Candidate, StoredEntry, match
from stintd.domain.derive.timesheet import Sheet
from stintd.domain.model import Stretch, to_us
from stintd.engine import wire
from stintd.engine.entry_texts import pins_text
from stintd.engine.rows import LONGEST_US
from stintd.engine.sheet import billable, entry_row, rollup
from stintd.engine.step import Step
from stintd.store import rowio
from stintd.store.row_types import EntryColumns, EntryRow, ProjectRow, SessionRow
from stintd.store.rowio import fetch_all, fetch_one

FOLLOWS_EVIDENCE = "origin = 'auto' AND instr(pinned, 'time') = 0"
"""Entries that evidence creates and deletes; all others are the owner's."""
QUIET_COLUMNS = frozenset({"hands_on_us", "supervised_us", "last_evidence_us", "evidence_us"})
"""The columns that each heartbeat of a running timer changes: stored, but without a new revision and without an event."""


def write(step: Step, sheet: Sheet, lo_us: int, hi_us: int, reach_us: int) -> None:
    """Make the automatic entries that rest on evidence between these instants equal to `sheet`. They reach at most `reach_us`
    beyond their evidence; entries of other evidence that reach into this time are left as they are.
    """
    stored = _stored_entries(step, sheet, lo_us, hi_us, reach_us)
    stretches = sorted(sheet.stretches, key=lambda s: (s.start, s.actor, s.project or ""))
    rows = [entry_row.entry_columns(step, stretch) for stretch in stretches]
    ids, merged = _identities(stored, stretches)
    for index, derived in enumerate(rows):
        if index in ids:
            _change(step, stored[ids[index]], _overlay_edits(stored[ids[index]], derived))
        else:
            ids[index] = _create(step, derived)
    for entry_id, successor in merged.items():
        remove(step, stored[entry_id], ids.get(successor) if successor is not None else None)
    matched = {*ids.values(), *merged}
    for row in stored.values():
        if row["id"] not in matched and _is_elsewhere(row, stretches):
            _pin_time(step, row)


def _stored_entries(step: Step, sheet: Sheet, lo_us: int, hi_us: int, reach_us: int) -> dict[str, EntryRow]:
    """The entries of this evidence as they are stored. Where it is not known what an entry rests on, it belongs here if it meets
    the evidence, or what is derived from it for the same project."""
    bounds = "start_us BETWEEN ? AND ? AND coalesce(end_us, last_evidence_us) >= ?"
    owned = "(evidence_us IS NULL OR evidence_us BETWEEN ? AND ?)"
    sql = f"SELECT * FROM entry WHERE {bounds} AND {owned} AND {FOLLOWS_EVIDENCE}"  # noqa: S608
    around = (lo_us - reach_us - LONGEST_US, hi_us + reach_us, lo_us - reach_us)
    rows = fetch_all(step.conn, EntryRow, sql, (*around, lo_us, hi_us))
    return {row["id"]: row for row in rows if row["evidence_us"] is not None or _meets(row, sheet, lo_us, hi_us)}


def _meets(row: EntryRow, sheet: Sheet, lo_us: int, hi_us: int) -> bool:
    start, end = row["start_us"], row["end_us"] or row["last_evidence_us"] or row["start_us"]
    same = (s for s in sheet.stretches if (s.actor, s.project) == (row["actor"], row["derived_project_id"]))
    return (start <= hi_us and end >= lo_us) or any(to_us(s.start) <= end and to_us(s.end) >= start for s in same)


def bill_again(step: Step, project_id: str) -> None:
    """Apply a change of a project's billing to its entries, also to past ones, except those that somebody set or approved."""
    project = fetch_one(step.conn, ProjectRow, "SELECT * FROM project WHERE id = ?", (project_id,))
    sql = "SELECT * FROM entry WHERE project_id = ? AND origin = 'auto' AND instr(pinned, 'text') = 0"
    for row in fetch_all(step.conn, EntryRow, f"{sql} AND approved_us IS NULL AND locked = 0", (project_id,)):
        session = (
            fetch_one(step.conn, SessionRow, "SELECT billable FROM session WHERE id = ?", (row["session"],))
            if row["session"]
            else None
        )
        if project is None or (session is not None and session["billable"] is not None):
            continue
        rule = billable.rule_of(step, project, row["repo_id"], row["branch"])
        _change(step, row, {"billable": int(billable.is_billable(rule, project, row["actor"]))})


def _identities(stored: dict[str, EntryRow], stretches: Sequence[Stretch]) -> tuple[dict[int, str], dict[str, int | None]]:
    """Which stretch keeps which id: first entries with an override, by their anchors; then the rest, by overlap."""
    candidates = [Candidate(s.actor, s.project, to_us(s.start), to_us(s.end)) for s in stretches]
    overridden = [_stored_entry(row, row["anchor_start_us"], row["anchor_end_us"]) for row in stored.values() if row["pinned"]]
    by_anchor = match(overridden, candidates)
    strays = [entry for entry in overridden if entry.id in by_anchor.merged]
    claimed = {**by_anchor.ids, **_match_moved(strays, candidates, by_anchor.ids)}
    unclaimed = [index for index in range(len(candidates)) if index not in claimed]
    plain = [_stored_entry(row, row["start_us"], row["end_us"]) for row in stored.values() if not row["pinned"]]
    by_overlap = match(plain, [candidates[index] for index in unclaimed])
    ids = {**claimed, **{unclaimed[index]: entry_id for index, entry_id in by_overlap.ids.items()}}
    by_id = {entry.id: entry for entry in plain}
    return ids, {gone: _successor(index, unclaimed, by_id[gone], candidates) for gone, index in by_overlap.merged.items()}


def _match_moved(strays: list[StoredEntry], candidates: list[Candidate], claimed: dict[int, str]) -> dict[int, str]:
    """Ids for entries with an override whose evidence now belongs to another project (through a mapping or a project file): the
    stretch that holds most of it."""
    if not strays:
        return {}
    free = [index for index in range(len(candidates)) if index not in claimed]
    by_id = {entry.id: entry._replace(project=None) for entry in strays}
    matches = match(list(by_id.values()), [candidates[index]._replace(project=None) for index in free])
    return {free[at]: entry_id for at, entry_id in matches.ids.items() if _is_mostly(by_id[entry_id], candidates[free[at]])}


def _is_mostly(entry: StoredEntry, stretch: Candidate) -> bool:
    """Whether both share most of their time; if not, the stretch is a neighbour that grew over the entry."""
    shared = min(entry.end_us, stretch.end_us) - max(entry.start_us, stretch.start_us)
    return 2 * shared > max(entry.end_us - entry.start_us, stretch.end_us - stretch.start_us)


def _is_elsewhere(row: EntryRow, stretches: Sequence[Stretch]) -> bool:
    """Whether other work of the person now lies in the time of an entry that lost its evidence."""
    if row["actor"] != "human":
        return False
    end_us = row["end_us"] or row["last_evidence_us"] or row["start_us"]
    return any(s.actor == "human" and to_us(s.start) < end_us and to_us(s.end) > row["start_us"] for s in stretches)


def _pin_time(step: Step, row: EntryRow) -> None:
    """Keep an entry that a person edited, although late evidence gave its time to other work. Its time becomes the owner's
    own, and the rest is derived again around it, so that nothing counts twice.
    """
    end_us = row["end_us"] or row["last_evidence_us"] or row["start_us"]
    pins = pins_text({*row["pinned"].split(), "time"})
    _change(step, row, {"pinned": pins, "end_us": end_us, "state": "finished"})
    step.touch(row["start_us"], end_us)


def _successor(index: int | None, unclaimed: list[int], entry: StoredEntry, candidates: list[Candidate]) -> int | None:
    """The stretch that now holds the time of an entry that is gone; it may also be one that an override claimed before."""
    return unclaimed[index] if index is not None else next(iter(match([entry], candidates).ids), None)


def _stored_entry(row: EntryRow, start_us: int | None, end_us: int | None) -> StoredEntry:
    begin = start_us if start_us is not None else row["start_us"]
    finish = end_us if end_us is not None else (row["end_us"] or row["last_evidence_us"] or row["start_us"])
    return StoredEntry(row["id"], row["actor"], row["derived_project_id"], begin, finish)


def _overlay_edits(before: EntryRow, derived: EntryColumns) -> EntryColumns:
    """The derived row, with the fields that a person set kept."""
    row = derived.copy()
    pins = before["pinned"].split()
    if "project" in pins:
        row["project_id"], row["task"] = before["project_id"], before["task"]
    is_moved = "project" in pins and before["project_id"] != derived["project_id"]
    if "text" in pins or is_moved:  # words of other evidence are none of this project's
        row |= {"description": before["description"], "tags": before["tags"], "billable": before["billable"]}
    return row


def _create(step: Step, row: EntryColumns) -> str:
    """Create an automatic entry; returns its id."""
    state = step.state
    entry_id = step.new_id()
    now_us = to_us(step.now)
    full = {
        "id": entry_id,
        "pauses": "[]",
        "pinned": "",
        "revision": 1,
        **row,
        "user_id": state.user_id,
        "device_id": state.device_id,
        "workspace_id": state.workspace_id,
        "created_us": now_us,
        "updated_us": now_us,
    }
    rowio.insert(step.conn, "entry", full)
    rollup.add(step, cast("EntryRow", full))  # with every column that totals are made of
    announce(step, "time_entry.started" if row["end_us"] is None else "time_entry.created", entry_id)
    return entry_id


def _change(step: Step, before: EntryRow, row: EntryColumns) -> None:
    """Write the differences, if there are any."""
    changes = rowio.differences(before, row)
    if not changes:
        return
    after = cast("EntryRow", {**before, **changes})
    is_loud = after["end_us"] is not None or not changes.keys() <= QUIET_COLUMNS
    if is_loud:
        changes |= {"revision": before["revision"] + 1, "updated_us": to_us(step.now)}
        after = cast("EntryRow", {**before, **changes})
    rowio.update(step.conn, "entry", before["id"], changes)
    rollup.replace(step, before, after)
    if is_loud:
        stopped = before["end_us"] is None and after["end_us"] is not None
        announce(step, "time_entry.stopped" if stopped else "time_entry.updated", before["id"])


def remove(step: Step, row: EntryRow, successor: str | None) -> None:
    """Delete an automatic entry; `successor` is the entry that holds its time now."""
    rowio.delete(step.conn, "entry", row["id"])
    rollup.remove(step, row)
    if successor is not None:
        now_us = to_us(step.now)
        step.conn.execute("UPDATE merged_entry SET merged_into = ? WHERE merged_into = ?", (successor, row["id"]))
        step.conn.execute("INSERT OR REPLACE INTO merged_entry VALUES (?, ?, ?)", (row["id"], successor, now_us))
    step.publish("time_entry.deleted", {"id": row["id"], "mergedInto": successor, "projectId": row["project_id"]})


def announce(step: Step, kind: str, entry_id: str) -> None:
    """Publish an entry as it is now."""
    for entry in wire.entries_by_id(step, [entry_id]):
        step.publish(kind, entry)
