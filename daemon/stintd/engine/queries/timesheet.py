"""The timesheet: task × day. Raw seconds; rounding is up to each billing target."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Unpack
from zoneinfo import ZoneInfo

from stintd.domain import report as rules
from stintd.domain.day import ONE_DAY, week_of
from stintd.engine import wire
from stintd.engine.delivery.plan import TargetLink
from stintd.engine.entries import Filters, conditions, find_entries, overlap_clauses
from stintd.engine.period import Period, period, zone_of
from stintd.engine.queries.delivered import TargetHours, hours_at_target
from stintd.engine.sheet import billable, rollup
from stintd.engine.view import View
from stintd.engine.wire_types import TimesheetJson, TimesheetRowJson, TimesheetTotalsJson
from stintd.errors import Invalid
from stintd.store.row_types import LabelsRow, ProjectRow
from stintd.store.rowio import fetch_all, fetch_one

LONGEST_DAYS = 366


def timesheet(
    view: View,
    since: date | datetime | None = None,
    until: date | datetime | None = None,
    week: str | None = None,
    timezone: str | None = None,
    target: TargetLink | None = None,
    **filters: Unpack[Filters],
) -> TimesheetJson:
    """Rows by project and task with their seconds by day; a week unless a period is named. The days are the person's time,
    with agents' own time beside it, unless one actor is asked for. With a target also the hours by its rounding, and those it
    already holds.
    """
    zone = zone_of(timezone or view.policy.zone)
    if week is not None:
        since, until = _week_days(week)
    span = period(since, until, zone, view.now, default=week_of(view.now.astimezone(zone).date()))
    if span.days is None or (span.days[1] - span.days[0]).days >= LONGEST_DAYS:
        raise Invalid("a timesheet covers whole days, at most a year", "send from and to as dates")
    rows = _rows(view, span, filters, zone, target)
    days = [(span.days[0] + n * ONE_DAY).isoformat() for n in range((span.days[1] - span.days[0]).days + 1)]
    sums = _sums([row["days"] for row in rows], days)
    totals: TimesheetTotalsJson = {
        "days": sums,
        "seconds": sum(sums.values()),
        "supervisedSeconds": sum(row["supervisedSeconds"] for row in rows),
        "agentSeconds": sum(row["agentSeconds"] for row in rows),
    }
    if target is not None:
        rounded = _sums([row["roundedDays"] for row in rows], days)
        delivered = _sums([row["deliveredDays"] for row in rows], days)
        totals |= {
            "roundedDays": rounded,
            "roundedSeconds": sum(rounded.values()),
            "deliveredDays": delivered,
            "deliveredSeconds": sum(delivered.values()),
        }
    return {
        "from": span.days[0].isoformat(),
        "to": span.days[1].isoformat(),
        "timezone": str(zone),
        "days": days,
        "rows": rows,
        "totals": totals,
    }


def _sums(rows: Sequence[Mapping[str, int]], days: list[str]) -> dict[str, int]:
    return {day: sum(row.get(day, 0) for row in rows) for day in days}


def _week_days(text: str) -> tuple[date, date]:
    """`2026-W47`, or any day of the week."""
    try:
        if re.fullmatch(r"\d{4}-?W\d\d", text, re.ASCII):
            return week_of(date.fromisoformat(f"{text[:4]}-W{text[-2:]}-1"))
        return week_of(date.fromisoformat(text))
    except (ValueError, OverflowError) as error:
        raise Invalid("week is not valid", "send 2026-W47, or a date in it") from error


def _rows(view: View, span: Period, filters: Filters, zone: ZoneInfo, target: TargetLink | None) -> list[TimesheetRowJson]:
    clauses, values = overlap_clauses(span.lo_us, span.hi_us)
    filter_clauses, filter_values = conditions(filters)
    actor = filters.get("actor") or "human"
    bills_supervised = billable.supervised_billing(view.conn, view.policy)
    projects = {row["id"]: row for row in fetch_all(view.conn, ProjectRow, "SELECT id, name, bill_supervised FROM project")}
    rows: dict[tuple[str, str], TimesheetRowJson] = {}
    exact: dict[tuple[str, str], dict[str, list[int]]] = {}
    for row in find_entries(view, clauses + filter_clauses, values + filter_values):
        key = (row["project_id"] or "", row["task"] or "")
        rows.setdefault(key, _empty_row(row, row["task"]))
        by_day = exact.setdefault(key, {})
        is_supervised_billed = row["project_id"] is None or bills_supervised(projects[row["project_id"]])
        for part in rules.contributions(rollup.entry_of(row), zone, view.now, (span.lo_us, span.hi_us)):
            day = part.day.isoformat()
            if row["actor"] == "agent":
                rows[key]["agentSeconds"] += part.length_us
            else:
                rows[key]["supervisedSeconds"] += part.supervised_us
            if row["actor"] == actor:
                by_day.setdefault(day, []).append(part.length_us)
            billed = part.length_us if is_supervised_billed else part.hands_on_us
            rows[key]["billableSeconds"] += billed if row["billable"] else 0
    for key, sheet_row in rows.items():
        sheet_row["days"] = {day: wire.seconds(sum(parts)) for day, parts in sorted(exact[key].items())}
        sheet_row["seconds"] = sum(sheet_row["days"].values())
        sheet_row["billableSeconds"] = wire.seconds(sheet_row["billableSeconds"])
        sheet_row["supervisedSeconds"] = wire.seconds(sheet_row["supervisedSeconds"])
        sheet_row["agentSeconds"] = wire.seconds(sheet_row["agentSeconds"])
    if target is not None:
        _add_target_hours(view, rows, hours_at_target(view, target, span, zone, filters))
    filled = [row for row in rows.values() if row["seconds"] or row["agentSeconds"] or row.get("deliveredSeconds")]
    return sorted(filled, key=lambda row: (row["clientName"] or "~", row["projectName"] or "~", row["taskName"] or ""))


def _add_target_hours(view: View, rows: dict[tuple[str, str], TimesheetRowJson], hours: list[TargetHours]) -> None:
    """The same rows as the target has or is to have them; hours that only the target has get a row, too."""
    for entry_hours in hours:
        if (entry_hours.project_id, entry_hours.task) not in rows:
            rows[entry_hours.project_id, entry_hours.task] = _target_only_row(view, entry_hours)
    for sheet_row in rows.values():
        sheet_row |= {"roundedDays": {}, "deliveredDays": {}}
    for entry_hours in hours:
        sheet_row = rows[entry_hours.project_id, entry_hours.task]
        for days, seconds in (
            (sheet_row["roundedDays"], entry_hours.rounded),
            (sheet_row["deliveredDays"], entry_hours.delivered),
        ):
            if seconds:
                days[entry_hours.day] = days.get(entry_hours.day, 0) + seconds
    for sheet_row in rows.values():
        sheet_row["roundedSeconds"] = sum(sheet_row["roundedDays"].values())
        sheet_row["deliveredSeconds"] = sum(sheet_row["deliveredDays"].values())


def _target_only_row(view: View, entry_hours: TargetHours) -> TimesheetRowJson:
    """A row for hours that the target holds and the sheet no longer has."""
    row = fetch_one(
        view.conn,
        LabelsRow,
        "SELECT p.id AS project_id, p.name AS project_name, c.id AS client_id, c.name AS client_name,"
        " t.id AS task_id, t.name AS task_name FROM project p LEFT JOIN client c ON c.id = p.client_id"
        " LEFT JOIN task t ON t.project_id = p.id AND t.key = ? WHERE p.id = ?",
        (entry_hours.task, entry_hours.project_id),
    )
    blank: LabelsRow = {
        "project_id": None,
        "project_name": None,
        "client_id": None,
        "client_name": None,
        "task_id": None,
        "task_name": None,
    }
    return _empty_row(row or blank, entry_hours.task or None)


def _empty_row(row: LabelsRow, task: str | None) -> TimesheetRowJson:
    return {
        "clientId": row["client_id"],
        "clientName": row["client_name"],
        "projectId": row["project_id"],
        "projectName": row["project_name"],
        "taskId": row["task_id"],
        "taskName": row["task_name"] or task,
        "days": {},
        "seconds": 0,
        "billableSeconds": 0,
        "supervisedSeconds": 0,
        "agentSeconds": 0,
    }
