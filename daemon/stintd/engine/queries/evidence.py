"""The evidence of an entry or an instant: heartbeats, commits, sessions, absences, and the reason for every gap."""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from stintd.domain.derive import timesheet
from stintd.domain.mapping.placement import Placement
from stintd.domain.mapping.resolver import Resolver
from stintd.domain.model import Actor, GapVerdict, to_us
from stintd.engine import wire
from stintd.engine.entries import find_entries, overlap_clauses, project_names
from stintd.engine.queries import questions
from stintd.engine.queries.entries import find_entry
from stintd.engine.queries.gaps import free_stretch_around
from stintd.engine.rows import DEFAULT_LIMIT, decode_cursor, page
from stintd.engine.sheet.derive import derive_range
from stintd.engine.view import Reader, View
from stintd.engine.wire_types import (
    AbsenceJson,
    BlindJson,
    EditJson,
    EvidenceFolderJson,
    EvidenceJson,
    FieldChangeJson,
    GapVerdictJson,
    HeartbeatJson,
    HistoryJson,
    HistoryStepJson,
    PageJson,
    SessionJson,
    WhyJson,
)
from stintd.errors import Conflict, Invalid, NotFound
from stintd.store import absences, heartbeats
from stintd.store.row_types import EditRow, HistoryRow, NamedEntryRow, SessionRow
from stintd.store.rowio import fetch_all

HEARTBEATS_SHOWN = 5000


def entry_evidence(view: View, entry_id: str) -> EvidenceJson:
    """The evidence of one entry."""
    return _evidence_json(view, find_entry(view, entry_id))


def why(view: View, at: datetime) -> WhyJson:
    """The evidence of the entry at an instant (a person's before an agent's), or of the silence there."""
    if at > view.now:
        raise Invalid("that time is in the future", "ask for a time in the past")
    at_us = to_us(at)
    clauses, values = overlap_clauses(at_us, at_us + 1)
    rows = find_entries(view, clauses, values)
    if rows:
        match = min(rows, key=lambda row: (row["actor"] != "human", row["origin"] == "auto", -row["start_us"]))
        return {"at": wire.stamp(at), **_evidence_json(view, match)}
    lo, hi = free_stretch_around(view, at_us)
    reasons = _verdicts(view, lo, hi, "human", None)
    return {
        "at": wire.stamp(at),
        "entryId": None,
        "entry": None,
        "start": wire.instant(lo),
        "end": wire.instant(hi),
        "heartbeats": beats(view, lo, hi, None),
        "commits": [],
        "sessions": _sessions(view, lo, hi),
        "absences": _absences(view, lo, hi),
        "blind": _blind_stretches(view, lo, hi),
        "gaps": [_gap_json(gap) for gap in reasons],
        "folders": [],
    }


def _evidence_json(view: View, row: NamedEntryRow) -> EvidenceJson:
    lo = row["start_us"]
    hi = row["end_us"] if row["end_us"] is not None else to_us(view.now)
    shown = beats(view, lo, hi, row["derived_project_id"] or row["project_id"])
    return {
        "entryId": row["id"],
        "entry": wire.entry(view, row),
        "start": wire.instant(lo),
        "end": wire.instant(row["end_us"]),
        "heartbeats": shown,
        "commits": wire.commits(view.conn, row, hi),
        "sessions": _sessions(view, lo, hi),
        "absences": _absences(view, lo, hi),
        "blind": _blind_stretches(view, lo, hi),
        "gaps": [_gap_json(gap) for gap in _verdicts(view, lo, hi, row["actor"], row["derived_project_id"])],
        "folders": _folders(view, row, shown),
    }


def _folders(view: View, row: NamedEntryRow, shown: Iterable[HeartbeatJson]) -> list[EvidenceFolderJson]:
    """The folders that an entry's heartbeats happened in, the one with the most first."""
    resolver, names = view.resolver(), project_names(view.conn)
    is_waiting = bool(questions.waiting_rows(view, [row]))
    folders = []
    for path, _ in Counter(beat["path"] for beat in shown if beat["path"] and beat["repo"]).most_common():
        placement = resolver.folder_placement(path or "")
        if path is not None and placement is not None:
            name = names.get(placement.project or "")
            folders.append(_folder_json(path, placement, name, is_waiting=is_waiting))
    return folders


def _folder_json(path: str, placement: Placement, name: str | None, *, is_waiting: bool) -> EvidenceFolderJson:
    return {"path": path, "projectId": placement.project, "projectName": name, "why": placement.why, "isWaiting": is_waiting}


def beats(view: View, lo_us: int, hi_us: int, project_id: str | None) -> list[HeartbeatJson]:
    """Heartbeats in a closed range, of one project if it is named, oldest first."""
    contexts = heartbeats.contexts(view.conn)
    resolver = view.resolver()
    rows = []
    for run in heartbeats.runs(view.conn, lo_us, hi_us):
        context = contexts[run.context]
        for time_us, entity in heartbeats.beats(view.conn, run):
            if not lo_us <= time_us <= hi_us:
                continue
            assignment = resolver.resolver_at(time_us).resolve(context, entity)
            if project_id is None or assignment.project == project_id:
                rows.append((time_us, entity, context, assignment))
    rows.sort(key=lambda beat: beat[:2])
    return [wire.beat(view.conn, *beat) for beat in rows[:HEARTBEATS_SHOWN]]


def _verdicts(view: View, lo_us: int, hi_us: int, actor: Actor, project: str | None) -> list[GapVerdict]:
    """The silences, with their verdicts, of the islands here that meet the range, in order; for an agent, why its time is its
    own.
    """
    gap_us = timesheet.island_gap(view.policy)
    resolver: Resolver = view.resolver()
    island = heartbeats.island(view.conn, lo_us, hi_us, gap_us)
    sheet = derive_range(view.conn, resolver, view.policy, *island, view.now)
    stretches = [
        stretch for stretch in sheet.stretches if stretch.actor == actor and (actor == "human" or stretch.project == project)
    ]
    free_gaps = [*sheet.unassigned, *sheet.gaps] if actor == "human" else []
    gaps: Iterable[GapVerdict] = [*free_gaps, *(gap for stretch in stretches for gap in stretch.gaps)]
    unique = {(to_us(gap.start), to_us(gap.end), gap.verdict): gap for gap in gaps}
    return [gap for key, gap in sorted(unique.items()) if key[0] < hi_us and key[1] > lo_us]


def _gap_json(gap: GapVerdict) -> GapVerdictJson:
    return {"start": wire.stamp(gap.start), "end": wire.stamp(gap.end), "verdict": gap.verdict, "reason": gap.reason}


def _sessions(view: View, lo_us: int, hi_us: int) -> list[SessionJson]:
    rows = fetch_all(
        view.conn,
        SessionRow,
        "SELECT * FROM session WHERE started_us <= ? AND coalesce(ended_us, last_us) >= ? ORDER BY started_us",
        (hi_us, lo_us),
    )
    return [
        {
            "sessionId": row["id"],
            "agent": row["agent"] or None,
            "start": wire.instant(row["started_us"]),
            "end": wire.instant(row["ended_us"]),
            "endReason": row["end_reason"] or None,
        }
        for row in rows
    ]


def _absences(view: View, lo_us: int, hi_us: int) -> list[AbsenceJson]:
    stretches = absences.absences_in(view.conn, lo_us, hi_us)
    return [{"start": wire.stamp(stretch.start), "end": wire.stamp(stretch.end), "kind": stretch.kind} for stretch in stretches]


def _blind_stretches(view: View, lo_us: int, hi_us: int) -> list[BlindJson]:
    stretches = absences.blind_stretches(view.conn, lo_us, hi_us)
    return [
        {"start": wire.stamp(stretch.start), "end": wire.stamp(stretch.end), "reason": stretch.reason} for stretch in stretches
    ]


# ---------------------------------------------------------------- history


def history(view: View, entry_id: str) -> HistoryJson:
    """Every edit that touched an entry, oldest first, with the fields before and after. A deleted entry has a history too;
    the id of a merged entry, or a beginning of an id, means the entry that exists now.
    """
    edits = _edits_of(view, entry_id)
    if not edits:
        entry_id = find_entry(view, entry_id)["id"]
        edits = _edits_of(view, entry_id)
    return {"entryId": entry_id, "data": [_step_json(row) for row in edits]}


def _edits_of(view: View, entry_id: str) -> list[HistoryRow]:
    return fetch_all(
        view.conn,
        HistoryRow,
        "SELECT e.*, r.before, r.after, r.table_name FROM edit_row r JOIN edit e ON e.id = r.edit_id"
        " WHERE r.row_id = ? AND r.table_name = 'entry' ORDER BY e.at_us, e.id, r.position",
        (entry_id,),
    )


_HISTORY_COLUMNS: dict[str, tuple[str, Callable[[Any], object]]] = {
    "project_id": ("projectId", lambda value: value),
    "task": ("taskName", lambda value: value),
    "start_us": ("start", wire.instant),
    "end_us": ("end", wire.instant),
    "state": ("state", lambda value: value),
    "description": ("description", lambda value: value),
    "billable": ("billable", lambda value: None if value is None else bool(value)),
    "tags": ("tags", lambda value: json.loads(value) if value else None),
    "pinned": ("pinned", lambda value: value.split() if value is not None else None),
    "approved_us": ("approvedAt", wire.instant),
    "is_confirmed": ("confirmed", lambda value: None if value is None else bool(value)),
}
"""The columns of an entry that matter to people, in their display form."""


def _step_json(row: HistoryRow) -> HistoryStepJson:
    before = json.loads(row["before"]) if row["before"] else {}
    after = json.loads(row["after"]) if row["after"] else {}
    changes: dict[str, FieldChangeJson] = {
        name: {"before": show(before.get(column)), "after": show(after.get(column))}
        for column, (name, show) in _HISTORY_COLUMNS.items()
        if before.get(column) != after.get(column)
    }
    return {**edit(row), "isCreated": not before, "isDeleted": not after, "changes": changes}


def edit(row: EditRow) -> EditJson:
    """One edit of the owner."""
    return {
        "editId": row["id"],
        "at": wire.instant(row["at_us"]),
        "who": row["who"],
        "verb": row["verb"],
        "summary": row["summary"],
        "undoneAt": wire.instant(row["undone_us"]),
    }


def edits(view: View, limit: int = DEFAULT_LIMIT, cursor: str | None = None) -> PageJson[EditJson]:
    """The latest edits first."""
    clause, values = ("WHERE (at_us, id) < (?, ?)", decode_cursor(cursor, (int, str))) if cursor else ("", [])
    sql = f"SELECT * FROM edit {clause} ORDER BY at_us DESC, id DESC LIMIT ?"  # noqa: S608  our own words
    rows, following = page(fetch_all(view.conn, EditRow, sql, [*values, limit + 1]), limit, ("at_us", "id"))
    return {"data": [edit(row) for row in rows], "nextCursor": following}


def find_edit(reader: Reader, edit_id: str) -> EditRow:
    """The row of an edit by its id, or by a unique beginning of it."""
    rows = fetch_all(reader.conn, EditRow, "SELECT * FROM edit WHERE id = ?", (edit_id,))
    if not rows and len(edit_id) >= 4:
        rows = fetch_all(
            reader.conn, EditRow, "SELECT * FROM edit WHERE id >= ? AND id < ? LIMIT 2", (edit_id, edit_id + "\U0010ffff")
        )
    if len(rows) > 1:
        raise Conflict(f"several edits begin with {edit_id[:40]}", "use the whole id")
    if not rows:
        raise NotFound(f"there is no edit {edit_id[:40]}", "`stint undo --list` lists them")
    return rows[0]
