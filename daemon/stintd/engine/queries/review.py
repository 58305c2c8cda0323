"""One list of what needs the owner's decision, each line with the one command that settles it.

A line disappears once its command was run: nothing is stored except when the owner last looked at the list. Approved
entries are settled, and so are the gaps between them.
"""

import os
import shlex
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TypedDict, cast

from stintd.domain.lengths import short_length
from stintd.domain.meeting import Meeting
from stintd.domain.model import from_us, to_us
from stintd.domain.policy import Policy
from stintd.engine import wire
from stintd.engine.delivery.plan import TargetLink
from stintd.engine.period import DAY, Period, period, week_of, zone_of
from stintd.engine.queries import corrections, gaps, meetings, questions, uncounted
from stintd.engine.queries.deliveries import unknown_projects
from stintd.engine.queries.elsewhere import UnclaimedFolder, unclaimed_folders
from stintd.engine.queries.timers import counted_end
from stintd.engine.view import View
from stintd.engine.wire_types import BlindJson, ReviewItemJson, ReviewJson, ReviewKind
from stintd.store import absences, cursors
from stintd.store.absences import BlindStretch
from stintd.store.row_types import EntryRow, NamedEntryRow, ProjectRow, ReasonRow
from stintd.store.rowio import fetch_all, fetch_value

LAST_LOOK = "review:looked"
"""The cursor that says when the owner last looked at the list, in microseconds."""
LEAST_GAP_US = 15 * 60_000_000
LONG_US = 12 * 3_600_000_000
"""A finished manual entry that is longer was probably forgotten."""
UNCONFIRMED = """
SELECT e.*, p.name AS project_name FROM entry e LEFT JOIN project p ON p.id = e.project_id
WHERE e.start_us >= ? AND e.start_us < ? AND e.is_confirmed = 0 AND e.end_us IS NOT NULL AND e.approved_us IS NULL
AND e.project_id IS NOT NULL ORDER BY e.start_us
"""
UNASSIGNED = (
    "SELECT * FROM entry WHERE start_us >= ? AND start_us < ? AND project_id IS NULL AND end_us IS NOT NULL ORDER BY start_us"
)
LONG_ENTRIES = """
SELECT e.*, p.name AS project_name FROM entry e LEFT JOIN project p ON p.id = e.project_id
WHERE e.origin <> 'auto' AND e.actor = 'human' AND e.approved_us IS NULL AND (e.end_us IS NULL OR e.start_us >= ?)
AND e.start_us < ? AND coalesce(e.end_us, ?) - e.start_us > CASE WHEN e.end_us IS NULL THEN ? ELSE ? END ORDER BY e.start_us
"""
NEW_PROJECTS = """
SELECT id, name, folder, created_us FROM project WHERE deleted = 0 AND archived = 0 AND client_id IS NULL AND billable IS NULL
AND created_us >= ? AND created_us < ? AND (EXISTS (SELECT 1 FROM entry e WHERE e.project_id = project.id) OR NOT EXISTS (
SELECT 1 FROM repo r JOIN folder_answer a ON a.id = r.id WHERE r.project_id = project.id AND a.project_id <> project.id
)) ORDER BY created_us
"""
"""New projects, without those that an answer left empty."""
UNDELIVERABLE = "FROM delivery WHERE (state = 'waiting' AND hold <> '') OR state = 'parked'"
REASONS = (
    f"SELECT target, hold, state, error, remedy, min(id) AS id, count(*) AS n {UNDELIVERABLE}"
    " GROUP BY target, state, hold, error ORDER BY target, state, hold"
)
PERSON_ENTRIES = """
SELECT start_us, end_us, last_evidence_us, origin, approved_us FROM entry
WHERE actor = 'human' AND start_us >= ? AND start_us < ? ORDER BY start_us, id
"""
CHANGED_ENTRIES = """
SELECT start_us FROM entry WHERE start_us >= ? AND start_us < ? AND updated_us > ? AND end_us IS NOT NULL
AND NOT EXISTS (SELECT 1 FROM edit WHERE at_us = entry.updated_us
AND (who = 'owner' OR who IN (SELECT name FROM api_key WHERE hash GLOB 'browser:*'))) ORDER BY start_us
"""
"""Entries that changed otherwise than by the owner (on this machine or in the dashboard): by evidence, agents, API clients."""


def listing(
    view: View,
    since: date | datetime | None = None,
    until: date | datetime | None = None,
    calendar_meetings: Sequence[Meeting] = (),
    planned: Mapping[str, TargetLink] | None = None,
) -> ReviewJson:
    """Every open decision of a period (by default last week and this one), and when the owner last looked at the list."""
    span = _span(view, since, until)
    lines = [*items(view, span), *_unknown_name_items(view, planned or {}), *_meeting_items(view, span, calendar_meetings)]
    if span.days is not None and (span.days[1] - span.days[0]) / DAY < corrections.LONGEST_DAYS:
        lines += _correction_items(view, span)
    looked_us = cursors.get(view.conn, LAST_LOOK)
    return {
        "from": wire.stamp(span.start),
        "to": wire.stamp(span.end),
        "timezone": view.policy.zone,
        "items": lines,
        "count": len(lines),
        "blind": [_blind_json(stretch) for stretch in absences.blind_stretches(view.conn, span.lo_us, span.hi_us)],
        "lookedAt": wire.instant(int(looked_us)) if looked_us else None,
    }


def _blind_json(stretch: BlindStretch) -> BlindJson:
    return {"start": wire.stamp(stretch.start), "end": wire.stamp(stretch.end), "reason": stretch.reason}


def count(view: View) -> int:
    """How many decisions are open in the default period. It is part of every status, so it leaves out what is slow:
    differences of approved hours, which need the evidence twice, and meetings, which need the calendars. Where there may
    be many (entries, deliveries), rows are only counted.
    """
    span = _span(view, None, None)
    few = (_project_items, _unassigned_items, _unconfirmed_items, _long_items, _changed_items)
    sql = f"SELECT count(*) FROM (SELECT DISTINCT target, state, hold, error {UNDELIVERABLE})"  # noqa: S608
    reasons = fetch_value(view.conn, int, sql) or 0
    asked = len(questions.find_questions(view))
    return _gap_count(view, span) + reasons + asked + sum(1 for part in few for _ in part(view, span))


def _gap_count(view: View, span: Period) -> int:
    """The number of gaps that `_gap_items` lists, from the rows alone."""
    zone, now_us, count = zone_of(view.policy.zone), to_us(view.now), 0
    last: EntryRow | None = None
    for row in fetch_all(view.conn, EntryRow, PERSON_ENTRIES, (span.lo_us - 86_400_000_000, span.hi_us + 86_400_000_000)):
        end_us = counted_end(last, now_us) if last is not None else 0
        lo, hi = end_us, row["start_us"]
        if last is not None and hi - lo >= LEAST_GAP_US and lo < span.hi_us and hi > span.lo_us:
            is_settled = last["approved_us"] is not None and row["approved_us"] is not None
            is_a_day = from_us(lo).astimezone(zone).date() == from_us(hi).astimezone(zone).date()
            count += is_a_day and not is_settled
        if last is None or counted_end(row, now_us) > end_us:
            last = row
    return count


def _span(view: View, since: date | datetime | None, until: date | datetime | None) -> Period:
    return period_of(view.policy, view.now, since, until)


def period_of(
    policy: Policy, now: datetime, since: date | datetime | None = None, until: date | datetime | None = None
) -> Period:
    """The period of a listing."""
    zone = zone_of(policy.zone)
    today = now.astimezone(zone).date()
    return period(since, until, zone, now, default=(week_of(today)[0] - 7 * DAY, today))


def items(view: View, span: Period) -> list[ReviewItemJson]:
    """The decisions that the database alone shows: no evidence is derived, no calendar read."""
    return [
        *(questions.question_item(view, question) for question in questions.find_questions(view)),
        *_gap_items(view, span),
        *_project_items(view, span),
        *_unassigned_items(view, span),
        *_unconfirmed_items(view, span),
        *_long_items(view, span),
        *_target_items(view),
        *_changed_items(view, span),
        *_uncounted_items(view, span),
    ]


class _ItemFields(TypedDict, total=False):
    """The fields that only some lines have."""

    day: str | None
    start: str | None
    end: str | None
    seconds: int | None
    entryId: str | None
    projectId: str | None
    projectName: str | None
    title: str | None


def _item(kind: ReviewKind, text: str, command: str, fields: _ItemFields | None = None) -> ReviewItemJson:
    item: ReviewItemJson = {
        "kind": kind,
        "text": text,
        "command": command,
        "day": None,
        "start": None,
        "end": None,
        "seconds": None,
        "entryId": None,
        "projectId": None,
        "projectName": None,
        "title": None,
        "id": None,
        "folders": [],
        "days": None,
        "agentSeconds": None,
    }
    return cast("ReviewItemJson", {**item, **(fields or {})})


def _local_day(view: View, us: int) -> str:
    return from_us(us).astimezone(zone_of(view.policy.zone)).date().isoformat()


def _time_fields(view: View, lo_us: int, hi_us: int | None) -> _ItemFields:
    length = None if hi_us is None else wire.seconds(hi_us - lo_us)
    return {"day": _local_day(view, lo_us), "start": wire.instant(lo_us), "end": wire.instant(hi_us), "seconds": length}


def _stretch_text(view: View, lo_us: int, hi_us: int) -> str:
    zone = zone_of(view.policy.zone)
    lo, hi = (from_us(us).astimezone(zone) for us in (lo_us, hi_us))
    minutes = (hi_us - lo_us) // 60_000_000
    return f"{lo:%a} {lo.day} {lo:%H:%M}–{hi:%H:%M}, {short_length(60 * minutes)}"


def _gap_items(view: View, span: Period) -> Iterator[ReviewItemJson]:
    for lo, hi, before, after in gaps.gap_bounds(view, span):
        is_settled = before["approved_us"] is not None and after["approved_us"] is not None
        if hi - lo >= LEAST_GAP_US and not is_settled:
            text = f"no activity {_stretch_text(view, lo, hi)}"
            yield _item("gap", text, f"stint fill {lo:x} PROJECT", _time_fields(view, lo, hi))


def _meeting_items(view: View, span: Period, calendar_meetings: Sequence[Meeting]) -> Iterator[ReviewItemJson]:
    """Meetings that no entry covers, except between approved entries: there everything is settled."""
    proposals = meetings.proposals(view, calendar_meetings)
    settled = (
        [(lo, hi) for lo, hi, before, after in gaps.gap_bounds(view, span) if before["approved_us"] and after["approved_us"]]
        if proposals
        else []
    )
    for meeting in proposals:
        if not any(lo <= meeting.start_us and meeting.end_us <= hi for lo, hi in settled):
            fields: _ItemFields = {
                **_time_fields(view, meeting.start_us, meeting.end_us),
                "projectName": meeting.project,
                "title": meeting.title,
            }
            yield _item("meeting", meetings.describe(view, meeting), meetings.command(view, meeting), fields)


def _project_items(view: View, span: Period) -> Iterator[ReviewItemJson]:
    """A new project is open until somebody says whether it is billed; one with a similar name is suggested, never joined."""
    resolver = None
    for row in fetch_all(view.conn, ProjectRow, NEW_PROJECTS, (span.lo_us, span.hi_us)):
        name = row["name"]
        fields: _ItemFields = {"day": _local_day(view, row["created_us"]), "projectId": row["id"], "projectName": name}
        resolver = resolver or view.resolver()
        similar_id = resolver.suggestion(row["folder"] or name)
        sql = "SELECT name FROM project WHERE id = ? AND id <> ?"
        similar_name = fetch_value(view.conn, str, sql, (similar_id, row["id"])) if similar_id else None
        if similar_name is not None:
            command = f"stint map {shlex.quote(row['folder'] or name)} {shlex.quote(similar_name)}"
            yield _item("suggestion", f"{name} looks like {similar_name}: are they the same project?", command, fields)
        else:
            command = f"stint projects edit {shlex.quote(name)} --client CLIENT"
            yield _item("project", f"{name} is a new project: give it a client, or set --no-billable", command, fields)


def _unassigned_items(view: View, span: Period) -> Iterator[ReviewItemJson]:
    rows = fetch_all(view.conn, EntryRow, UNASSIGNED, (span.lo_us, span.hi_us))
    groups = unclaimed_folders(view, span, rows)
    yield from (_folder_item(view, group) for group in groups)
    asked = {row["id"] for group in groups for row in group.entries}
    for row in rows:
        if row["id"] in asked:
            continue
        end_us = row["end_us"] or row["start_us"]
        text = f"no project {_stretch_text(view, row['start_us'], end_us)}"
        command = f"stint edit {row['id']} --project PROJECT"
        yield _item("unassigned", text, command, {**_time_fields(view, row["start_us"], row["end_us"]), "entryId": row["id"]})


def _folder_item(view: View, group: UnclaimedFolder) -> ReviewItemJson:
    """One question for a folder that no project has, with the project it looks like; a mapping answers it."""
    length_us = sum((row["end_us"] or row["start_us"]) - row["start_us"] for row in group.entries)
    first, name = group.entries[0], None
    if group.project is not None:
        name = fetch_value(view.conn, str, "SELECT name FROM project WHERE id = ?", (group.project,))
    looks = f" looks like {name}" if name is not None else " is no project's"
    text = f"{group.folder}{looks}: {short_length(length_us // 60_000_000 * 60)} there count for no project"
    command = f"stint map {shlex.quote(group.folder)} {shlex.quote(name) if name is not None else 'PROJECT'}"
    day = _local_day(view, first["start_us"])
    fields: _ItemFields = {"day": day, "seconds": wire.seconds(length_us), "projectId": group.project, "projectName": name}
    return _item("unassigned" if name is None else "suggestion", text, command, {**fields, "entryId": first["id"]})


def _unconfirmed_items(view: View, span: Period) -> Iterator[ReviewItemJson]:
    """Time that is estimated or based on file changes alone, by project and day. What waits for an answer is in its question."""
    zone, groups = zone_of(view.policy.zone), dict[tuple[str, str | None], list[NamedEntryRow]]()
    rows = fetch_all(view.conn, NamedEntryRow, UNCONFIRMED, (span.lo_us, span.hi_us))
    waiting = {row["id"] for row in questions.waiting_rows(view, rows)}
    for row in (row for row in rows if row["id"] not in waiting):
        day = from_us(row["start_us"]).astimezone(zone).date().isoformat()
        groups.setdefault((day, row["project_id"]), []).append(row)
    for (day, project), rows in groups.items():
        name, length = rows[0]["project_name"] or "?", sum((row["end_us"] or row["start_us"]) - row["start_us"] for row in rows)
        minutes = length // 60_000_000
        is_chosen = all("project" in row["pinned"] for row in rows)  # their owner chose the project, and did not confirm them
        alone = "not confirmed" if is_chosen else "from file changes alone"
        what = "estimated" if any(row["is_estimated"] for row in rows) else alone
        text = f"{name} {date.fromisoformat(day):%a} {int(day[-2:])}: {short_length(60 * minutes)} {what}"
        fields: _ItemFields = {
            "day": day,
            "seconds": wire.seconds(length),
            "entryId": rows[0]["id"],
            "projectId": project,
            "projectName": name,
        }
        yield _item("unconfirmed", text, f"stint approve {day} --project {shlex.quote(name)}", fields)


def _long_items(view: View, span: Period) -> Iterator[ReviewItemJson]:
    now_us = to_us(view.now)
    most_us = view.policy.manual_max // timedelta(microseconds=1)
    for row in fetch_all(view.conn, NamedEntryRow, LONG_ENTRIES, (span.lo_us, span.hi_us, now_us, most_us, LONG_US)):
        end_us, name = counted_end(row, now_us), row["project_name"] or "?"
        command = f"stint edit {row['id']} --end WHEN" if row["end_us"] else f"stint stop {shlex.quote(name)} --at WHEN"
        what = "long manual entry" if row["end_us"] else "manual timer still running"
        fields: _ItemFields = {
            **_time_fields(view, row["start_us"], end_us),
            "entryId": row["id"],
            "projectId": row["project_id"],
            "projectName": row["project_name"],
        }
        yield _item("long", f"{name}, {what}: {_stretch_text(view, row['start_us'], end_us)}", command, fields)


def _target_items(view: View) -> Iterator[ReviewItemJson]:
    """What targets require and entries lack, one line for each reason."""
    for row in fetch_all(view.conn, ReasonRow, REASONS):
        why = row["hold"] or row["error"] or "parked: stintd gave up on it"
        count = "1 entry" if row["n"] == 1 else f"{row['n']} entries"
        remedy = row["remedy"].replace("ID", row["id"]) if row["state"] == "parked" else row["remedy"]
        command = remedy.split("`")[1] if remedy.count("`") >= 2 else f"stint outbox --target {row['target']}"
        yield _item("target", f"{row['target']}: {count}: {why}", command)


def _unknown_name_items(view: View, planned: Mapping[str, TargetLink]) -> Iterator[ReviewItemJson]:
    """Rules of targets that name no project: they take nothing, and the hours that were meant are held back."""
    for target, names in unknown_projects(view, planned).items():
        for name in names:
            text = f"{target}: project {name} names nothing, so its rule takes no hours"
            yield _item("target", text, f"stint projects alias PROJECT --name {shlex.quote(name)}")


def _uncounted_items(view: View, span: Period) -> Iterator[ReviewItemJson]:
    """Folders without git that nobody counts. They are no part of `count`: nothing that was recorded waits for a decision."""
    for path, files in uncounted.folders(view, span):
        saved = "1 file" if files == 1 else f"{files} files"
        text = f"{os.path.basename(path)}: {saved} saved this week, not counted"
        yield _item("uncounted", text, f"stint map {shlex.quote(path)} PROJECT")


def _changed_items(view: View, span: Period) -> Iterator[ReviewItemJson]:
    """Days before the owner's last look whose entries changed after it."""
    looked_us = cursors.get(view.conn, LAST_LOOK)
    if looked_us is None:
        return
    zone, at_us, days = zone_of(view.policy.zone), int(looked_us), dict[str, int]()
    look_day = from_us(at_us).astimezone(zone).date().isoformat()
    for row in fetch_all(view.conn, EntryRow, CHANGED_ENTRIES, (span.lo_us, span.hi_us, at_us)):
        day = from_us(row["start_us"]).astimezone(zone).date().isoformat()
        if day < look_day:
            days[day] = days.get(day, 0) + 1
    since = from_us(at_us).astimezone(zone)
    for day, number in days.items():
        what = "an entry" if number == 1 else f"{number} entries"
        text = f"{what} of {date.fromisoformat(day):%a} {int(day[-2:])} changed since your review on {since:%a} {since:%H:%M}"
        yield _item("changed", text, f"stint day {day}", {"day": day})


def _correction_items(view: View, span: Period) -> list[ReviewItemJson]:
    items = []
    for key, approved, current, is_evidence in corrections.differences(view, span, {}):
        name = fetch_value(view.conn, str, "SELECT name FROM project WHERE id = ?", (key.project,)) or "no project"
        subject = f"{name} {date.fromisoformat(key.day):%a} {int(key.day[-2:])}"
        difference = ("+" if current > approved else "-") + short_length(abs(current - approved))
        text = f"{subject}: approved {short_length(approved)}, now {short_length(current)} ({difference})"
        command = f"stint {'unapprove' if is_evidence else 'approve'} {key.day} --project {shlex.quote(name)}"
        fields: _ItemFields = {
            "day": key.day,
            "seconds": current - approved,
            "projectId": key.project or None,
            "projectName": name,
        }
        items.append(_item("correction", text, command, fields))
    return items
