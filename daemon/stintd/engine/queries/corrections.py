"""Approved hours that have changed since: "approved 3h 30m, now 3h 45m". Approval pins everything, so later evidence is not
applied to it, and an edit requires unapproving first. This shows both, by project, task and local day: what was last
approved, and what the sheet would say if nothing of it were approved. The query changes nothing.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple, Unpack
from zoneinfo import ZoneInfo

from stintd.domain import report as rules
from stintd.domain.derive import timesheet
from stintd.domain.model import Actor, Stretch, to_us
from stintd.engine import wire
from stintd.engine.entries import Filters, conditions, find_entries, overlap_clauses
from stintd.engine.period import DAY, Period, period, week_of, zone_of
from stintd.engine.rows import DEFAULT_LIMIT, decode_cursor, encode_cursor, select
from stintd.engine.sheet import rollup
from stintd.engine.sheet.derive import derive_range, merge_ranges
from stintd.engine.view import View
from stintd.engine.wire_types import CorrectionJson, PageJson
from stintd.errors import Invalid
from stintd.store import heartbeats
from stintd.store.row_types import ApprovedRow, EntryRow, NamesRow
from stintd.store.rowio import exists, fetch_all, fetch_one, fetch_value

LEAST_SECONDS = 30
"""The least difference in seconds; a smaller one would be displayed as none."""
LONGEST_DAYS = 100
"""Most days in one query: the evidence of all of them is read twice."""
APPROVALS = """
SELECT r.row_id, r.after, e.rowid AS seq FROM edit e JOIN edit_row r ON r.edit_id = e.id
WHERE e.verb = 'approve' AND e.undone_us IS NULL AND e.at_us >= ? AND r.table_name = 'entry' ORDER BY e.rowid
"""
BEFORE = """
SELECT r.before FROM edit_row r JOIN edit e ON e.id = r.edit_id
WHERE r.row_id = ? AND e.verb = 'approve' AND e.undone_us IS NULL AND r.before IS NOT NULL ORDER BY e.rowid DESC LIMIT 1
"""


class SumKey(NamedTuple):
    """The key that sums are grouped by."""

    day: str
    project: str
    task: str
    actor: Actor


Sums = dict[SumKey, int]


def listing(
    view: View,
    since: date | datetime | None = None,
    until: date | datetime | None = None,
    limit: int = DEFAULT_LIMIT,
    cursor: str | None = None,
    **filters: Unpack[Filters],
) -> PageJson[CorrectionJson]:
    """Differences of a period of whole days (this week unless asked otherwise), by day, project and task."""
    zone = zone_of(view.policy.zone)
    span = period(since, until, zone, view.now, default=week_of(view.now.astimezone(zone).date()))
    if span.days is None or (span.days[1] - span.days[0]) / DAY >= LONGEST_DAYS:
        raise Invalid(f"approved hours are compared by whole days, at most {LONGEST_DAYS}", "send from and to as dates")
    after = decode_cursor(cursor, (str, str, str, str)) if cursor else None
    sums = [pair for pair in differences(view, span, filters) if after is None or tuple(pair[0]) > after]
    following = encode_cursor(list(sums[limit - 1][0])) if len(sums) > limit else None
    return {"data": [_correction_json(view, *pair) for pair in sums[:limit]], "nextCursor": following}


def differences(view: View, span: Period, filters: Mapping[str, object]) -> list[tuple[SumKey, int, int, bool]]:
    """(key, approved, now, whether evidence would change it), in seconds; only the differences."""
    zone = zone_of(view.policy.zone)
    filter_clauses, filter_values = conditions(filters)
    clauses, values = overlap_clauses(span.lo_us, span.hi_us)
    rows = find_entries(view, [*clauses, *filter_clauses, "e.end_us IS NOT NULL"], [*values, *filter_values])
    approved = [row for row in rows if row["approved_us"] is not None]
    formerly_approved = _formerly_approved_rows(view, span, filters, {row["id"] for row in approved})
    if not approved and not formerly_approved:
        return []
    approved_sums = _sum_by_key(view, [*approved, *formerly_approved], span, zone)
    current_sums = _sum_by_key(view, rows, span, zone)
    evidence_changes = _evidence_changes(view, approved, span, zone)
    sums = []
    for key in sorted(approved_sums):
        approved_seconds, evidence_seconds = wire.seconds(approved_sums[key]), evidence_changes.get(key, 0)
        current = wire.seconds(current_sums.get(key, 0) + evidence_seconds)
        if abs(current - approved_seconds) >= LEAST_SECONDS:
            sums.append((key, approved_seconds, current, abs(evidence_seconds) >= LEAST_SECONDS * wire.SECOND))
    return sums


def _sum_by_key(view: View, rows: Iterable[EntryRow], span: Period, zone: ZoneInfo) -> Sums:
    sums: Sums = {}
    for row in rows:
        for part in rules.contributions(rollup.entry_of(row), zone, view.now, (span.lo_us, span.hi_us)):
            key = SumKey(part.day.isoformat(), row["project_id"] or "", row["task"] or "", row["actor"])
            sums[key] = sums.get(key, 0) + part.length_us
    return sums


def _formerly_approved_rows(view: View, span: Period, filters: Mapping[str, object], approved: set[str]) -> list[EntryRow]:
    """Entries that are no longer approved, as they were when they were last approved."""
    last_approved: dict[str, EntryRow] = {}
    for row in fetch_all(view.conn, ApprovedRow, APPROVALS, (span.lo_us,)):
        if row["row_id"] not in approved:
            last_approved[row["row_id"]] = json.loads(row["after"])
    if not last_approved:
        return []
    project_ids = _filtered_projects(view, filters)
    return [
        row
        for row in last_approved.values()
        if row["end_us"] is not None
        and row["start_us"] < span.hi_us
        and row["end_us"] > span.lo_us
        and (project_ids is None or row["project_id"] in project_ids)
        and filters.get("actor") in (None, row["actor"])
        and not exists(view.conn, "SELECT 1 FROM entry WHERE id = ? AND approved_us IS NOT NULL", (row["id"],))
    ]


def _filtered_projects(view: View, filters: Mapping[str, object]) -> set[str] | None:
    """The projects that the filters name, None if they name none."""
    clauses, values = conditions({name: value for name, value in filters.items() if name != "actor"})
    if not clauses:
        return None
    sql = "SELECT p.id FROM project p LEFT JOIN client c ON c.id = p.client_id WHERE " + " AND ".join(clauses)  # noqa: S608
    return {row["id"] for row in select(view.conn, sql.replace("e.project_id", "p.id"), values)}


# ---------------------------------------------------------------- what evidence would change


def _evidence_changes(view: View, approved: Sequence[EntryRow], span: Period, zone: ZoneInfo) -> Sums:
    """What would differ if the approved entries that followed their evidence before approval still did."""
    following = {row["id"]: row for row in approved if row["origin"] == "auto" and _did_follow(view, row)}
    if not following:
        return {}
    gap_us = timesheet.island_gap(view.policy)
    bounds = [
        heartbeats.island(view.conn, row["start_us"], row["end_us"] or row["start_us"], gap_us) for row in following.values()
    ]
    resolver = view.resolver()
    sums: Sums = {}

    def add(stretches: Iterable[Stretch], sign: int) -> None:
        for key, length_us in _parts(stretches, span, zone):
            sums[key] = sums.get(key, 0) + sign * length_us

    for lo, hi in merge_ranges(bounds, gap_us):
        add(derive_range(view.conn, resolver, view.policy, lo, hi, view.now, without=frozenset(following)).stretches, 1)
        add(derive_range(view.conn, resolver, view.policy, lo, hi, view.now).stretches, -1)
    for key, length_us in _sum_by_key(view, following.values(), span, zone).items():
        sums[key] = sums.get(key, 0) - length_us
    return sums


def _did_follow(view: View, row: EntryRow) -> bool:
    """Whether its time and project came from evidence before it was approved."""
    before = fetch_value(view.conn, str, BEFORE, (row["id"],))
    pins = (json.loads(before)["pinned"] if before is not None else row["pinned"]).split()
    return "time" not in pins and "project" not in pins


def _parts(stretches: Iterable[Stretch], span: Period, zone: ZoneInfo) -> Iterator[tuple[SumKey, int]]:
    for stretch in stretches:
        lo, hi = max(to_us(stretch.start), span.lo_us), min(to_us(stretch.end), span.hi_us)
        if hi > lo:
            for day, start_us, end_us in rules.split_days(lo, hi, zone):
                yield SumKey(day.isoformat(), stretch.project or "", stretch.task or "", stretch.actor), end_us - start_us


# ---------------------------------------------------------------- as it is shown


def _correction_json(view: View, key: SumKey, approved: int, current: int, is_evidence: bool) -> CorrectionJson:
    names = fetch_one(
        view.conn,
        NamesRow,
        "SELECT p.name AS project, c.name AS client, t.name AS task FROM project p LEFT JOIN client c ON c.id = p.client_id"
        " LEFT JOIN task t ON t.project_id = p.id AND t.key = ? WHERE p.id = ?",
        (key.task, key.project),
    )
    return {
        "day": key.day,
        "projectId": key.project or None,
        "projectName": names["project"] if names else None,
        "clientName": names["client"] if names else None,
        "taskName": (names["task"] if names else None) or key.task or None,
        "actor": key.actor,
        "approvedSeconds": approved,
        "nowSeconds": current,
        "differenceSeconds": current - approved,
        "cause": "evidence" if is_evidence else "open",
    }
