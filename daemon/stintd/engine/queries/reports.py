"""Totals of a period. Whole days come from the day totals (milliseconds for a year), anything finer from the entries. Human
and agent time are shown side by side and never added; `seconds` is the person's.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple, Unpack
from zoneinfo import ZoneInfo

from stintd.domain import report as rules
from stintd.domain.day import iso_week, week_of
from stintd.domain.model import TimeEntry, from_us, to_us
from stintd.engine import wire
from stintd.engine.delivery.plan import TargetLink
from stintd.engine.entries import PROJECT_OF_NAME, Filters, conditions, find_entries, overlap_clauses
from stintd.engine.period import Period, period, zone_of
from stintd.engine.queries.delivered import TargetHours, hours_at_target, hours_by_group
from stintd.engine.sheet import billable as billing
from stintd.engine.sheet import rollup
from stintd.engine.view import View
from stintd.engine.wire_types import Grouping, ReportJson, ReportRowJson, ReportTotalsJson
from stintd.store.row_types import EntryRow, NamedProjectRow, TaskRow
from stintd.store.rowio import exists, fetch_all

FROM_TOTALS = frozenset({"project", "client", "task", "day", "week"})
TOTALS_FILTERS = frozenset({"project_id", "project_name", "client", "client_id", "billable", "actor"})
TOTALS_SQL = """
SELECT {day} AS day, project_id, task, actor, billable, sum(total_us), sum(hands_on_us), sum(supervised_us), sum(entries)
FROM rollup WHERE day BETWEEN ? AND ?{where} GROUP BY {by_day}project_id, task, actor, billable
"""
_FILTERS = {
    "project_id": " AND project_id = ?",
    "project_name": f" AND project_id = ({PROJECT_OF_NAME})",
    "client": " AND project_id IN (SELECT p.id FROM project p JOIN client c ON c.id = p.client_id WHERE c.name = ?)",
    "client_id": " AND project_id IN (SELECT id FROM project WHERE client_id = ?)",
    "billable": " AND billable = ?",
    "actor": " AND actor = ?",
}


def report(
    view: View,
    since: date | datetime | None = None,
    until: date | datetime | None = None,
    group_by: Grouping = "project",
    timezone: str | None = None,
    target: TargetLink | None = None,
    **filters: Unpack[Filters],
) -> ReportJson:
    """Rows and totals of a period (this week by project unless asked otherwise); with a target also the hours by its
    rounding, and those it already holds.
    """
    zone = zone_of(timezone or view.policy.zone)
    span = period(since, until, zone, view.now, default=week_of(view.now.astimezone(zone).date()))
    active_filters = {name: value for name, value in filters.items() if value is not None}
    is_quick = (
        span.days is not None
        and zone == zone_of(view.policy.zone)
        and group_by in FROM_TOTALS
        and active_filters.keys() <= TOTALS_FILTERS
    )
    result = (
        _sum_day_totals(view, span, group_by, active_filters)
        if is_quick
        else _sum_entries(view, span, group_by, active_filters, zone)
    )
    rows = [_row_json(row) for row in result.rows]
    totals: ReportTotalsJson = {**_row_json(result.total), "wallSeconds": wire.seconds(result.wall_us)}
    if target is not None:
        rows = _add_target_hours(view, target, span, zone, group_by, active_filters, rows, totals)
    return {
        "from": wire.stamp(span.start),
        "to": wire.stamp(span.end),
        "timezone": str(zone),
        "groupBy": group_by,
        "rows": rows,
        "totals": totals,
    }


def _add_target_hours(
    view: View,
    planned: TargetLink,
    span: Period,
    zone: ZoneInfo,
    group_by: str,
    filters: Mapping[str, object],
    rows: list[ReportRowJson],
    totals: ReportTotalsJson,
) -> list[ReportRowJson]:
    """Add to the rows their hours at a target; hours that only the target has get their own row. Fills in `totals`, too."""
    names = _Names(view)
    hours = hours_at_target(view, planned, span, zone, filters)
    labels = rules.Labels(zone, project=lambda entry: ("", ""), commits=lambda entry: _load_commits(view, entry))
    by_key: dict[str, ReportRowJson] = {row["key"]: {**row, "roundedSeconds": 0, "deliveredSeconds": 0} for row in rows}
    for (key, name), rounded, delivered in hours_by_group(view, hours, group_by, labels, names.key_of_hours(group_by)):
        row = by_key.setdefault(key, {**_row_json(rules.Row(key, name)), "roundedSeconds": 0, "deliveredSeconds": 0})
        row["roundedSeconds"] += rounded
        row["deliveredSeconds"] += delivered
    totals["roundedSeconds"] = sum(part.rounded for part in hours)
    totals["deliveredSeconds"] = sum(part.delivered for part in hours)
    filled = [row for row in by_key.values() if row["entries"] or row["roundedSeconds"] or row["deliveredSeconds"]]
    return sorted(filled, key=lambda row: row["key"]) if group_by in ("day", "week") else filled


def _row_json(row: rules.Row) -> ReportRowJson:
    """A row; `amount` is set if there is only one currency, else `amounts` lists it by currency."""
    amounts = {currency: float(rules.money(amount)) for currency, amount in sorted(row.amounts.items())}
    is_single = len(amounts) == 1
    hands_on, supervised = wire.seconds(row.hands_on_us), wire.seconds(row.supervised_us)
    return {
        "key": row.key,
        "name": row.name,
        "seconds": hands_on + supervised,
        "handsOnSeconds": hands_on,
        "supervisedSeconds": supervised,
        "agentSeconds": wire.seconds(row.agent_us),
        "billableSeconds": wire.seconds(row.billable_us),
        "amount": next(iter(amounts.values())) if is_single else None,
        "currency": (next(iter(amounts)) or None) if is_single else None,
        "amounts": amounts,
        "entries": row.entries,
    }


# ---------------------------------------------------------------- from the day totals


class Total(NamedTuple):
    """One line of the day totals, or of what a running timer adds to them. `day` is empty where it does not matter."""

    day: str
    project_id: str
    task: str
    actor: str
    billable: int
    total_us: int
    hands_on_us: int
    supervised_us: int
    entries: int


class _TotalsRow(rules.Row):
    """A row of the day totals: entries are counted by the day, and money is made of exact microseconds at the end."""

    def __init__(self, key: str, name: str) -> None:
        super().__init__(key, name)
        self.counted = 0
        self.agent_billable_us = 0
        self.billed: dict[tuple[str, str], int] = {}

    @property
    def entries(self) -> int:
        return self.counted

    def grow(self, part: Total, terms: rules.Terms) -> None:
        """Add one line."""
        self.counted += part.entries
        if part.actor == "agent":
            self.agent_us += part.total_us
            self.agent_billable_us += part.total_us if part.billable else 0
        else:
            self.hands_on_us += part.hands_on_us
            self.supervised_us += part.supervised_us
        if part.billable:
            is_whole = part.actor == "agent" or terms.bills_supervised
            billable = part.total_us if is_whole else part.hands_on_us
            self.billable_us += billable
            if terms.rate is not None:
                key = str(terms.rate), terms.currency
                self.billed[key] = self.billed.get(key, 0) + billable

    def add_amounts(self) -> "_TotalsRow":
        """Add the value of its billable time."""
        for (rate, currency), billed in self.billed.items():
            worth = Decimal(rate) * billed / rules.HOUR_US
            self.amounts[currency] = self.amounts.get(currency, Decimal()) + worth
        return self


def _sum_day_totals(view: View, span: Period, group_by: str, filters: Mapping[str, object]) -> rules.Totals:
    assert span.days is not None
    by_day = group_by in ("day", "week")
    where = "".join(_FILTERS[name] for name in filters)
    sql = TOTALS_SQL.format(day="day" if by_day else "''", where=where, by_day="day, " if by_day else "")
    days = [day.isoformat() for day in span.days]
    values = [value for name, value in filters.items() for _ in range(_FILTERS[name].count("?"))]
    stored_totals = map(Total._make, view.conn.execute(sql, [*days, *values]))
    names = _Names(view)
    rows: dict[str, _TotalsRow] = {}
    total = _TotalsRow("", "total")
    for part in (*stored_totals, *_running_totals(view, span, filters)):
        key, name = names.key(group_by, part)
        row = rows.get(key)
        if row is None:
            row = rows[key] = _TotalsRow(key, name)
        terms = names.terms(part.project_id, part.task)
        row.grow(part, terms)
        total.grow(part, terms)
    priced_rows = [row.add_amounts() for row in rows.values()]
    ordered = sorted(priced_rows, key=lambda row: row.key) if by_day else sorted(priced_rows, key=_size_order)
    return rules.Totals(list(ordered), total.add_amounts(), _wall_us(view, span, total, filters), 0)


class Use(NamedTuple):
    """What was used of a project since it began: the person's time and the agents' time that is billed, and their value to
    the cent; None if nothing has a rate.
    """

    us: int
    worth: Decimal | None


def project_use(view: View, project_id: str | None = None) -> dict[str, Use]:
    """Usage by project (or of one), over all time, including running timers."""
    span = period(None, None, zone_of(view.policy.zone), view.now)
    usage = _sum_day_totals(view, span, "project", {"project_id": project_id} if project_id is not None else {})
    return {row.key: _use_of(row) for row in usage.rows if isinstance(row, _TotalsRow)}


def _use_of(row: _TotalsRow) -> Use:
    """A project has one currency, so its amounts are one."""
    worth = sum(row.amounts.values(), Decimal()) if row.amounts else None
    return Use(row.human_us + row.agent_billable_us, rules.money(worth) if worth is not None else None)


def _size_order(row: rules.Row) -> tuple[int, int, str, str]:
    return -row.human_us, -row.agent_us, row.name, row.key


class _Names:
    """Names and terms of projects and tasks, read once."""

    def __init__(self, view: View) -> None:
        sql = "SELECT p.*, c.name AS client_name FROM project p LEFT JOIN client c ON c.id = p.client_id"
        self._projects: dict[str, NamedProjectRow] = {row["id"]: row for row in fetch_all(view.conn, NamedProjectRow, sql)}
        tasks = fetch_all(view.conn, TaskRow, "SELECT * FROM task")
        self._tasks: dict[tuple[str, str], TaskRow] = {(row["project_id"], row["key"]): row for row in tasks}
        self._terms: dict[tuple[str, str], rules.Terms] = {}
        self._bills_supervised = billing.supervised_billing(view.conn, view.policy)

    def key(self, group_by: str, part: Total) -> tuple[str, str]:
        """The row a line belongs to: its key and name."""
        if group_by == "day":
            return part.day, part.day
        if group_by == "week":
            week = iso_week(date.fromisoformat(part.day))
            return week, week
        project = self._projects.get(part.project_id)
        if group_by == "task":
            task = self._tasks.get((part.project_id, part.task))
            return _task_key(part.project_id, part.task, task["name"] if task else None)
        if group_by == "client":
            return (project["client_id"] or "", project["client_name"] or "no client") if project else ("", "no client")
        return part.project_id, project["name"] if project else "no project"

    def key_of_hours(self, group_by: str) -> Callable[[TargetHours], tuple[str, str]]:
        """The same for the hours at a target."""
        return lambda hours: self.key(group_by, Total(hours.day, hours.project_id, hours.task, "", 0, 0, 0, 0, 0))

    def terms(self, project_id: str, task: str) -> rules.Terms:
        """The hourly rate of a task."""
        terms = self._terms.get((project_id, task))
        if terms is None:
            terms = self._terms[project_id, task] = self._terms_of(
                self._projects.get(project_id), self._tasks.get((project_id, task))
            )
        return terms

    def _terms_of(self, project: NamedProjectRow | None, task: TaskRow | None) -> rules.Terms:
        """A task's own hourly rate takes precedence over its project's."""
        if project is None:
            return rules.Terms(None, "", True)
        rate = (task["hourly_rate"] if task is not None else None) or project["hourly_rate"]
        bills_supervised = self._bills_supervised(project)
        return rules.Terms(Decimal(rate) if rate is not None else None, project["currency"] or "", bills_supervised)


def _task_key(project_id: str, task: str | None, task_name: str | None) -> tuple[str, str]:
    return f"{project_id}/{task or ''}", task_name or task or "no task"


def _running_totals(view: View, span: Period, filters: Mapping[str, object]) -> list[Total]:
    """Manual timers that run: the day totals hold them once they are finished."""
    clauses, values = conditions(filters)
    zone = zone_of(view.policy.zone)
    return [
        Total(
            part.day.isoformat(),
            row["project_id"] or "",
            row["task"] or "",
            row["actor"],
            row["billable"],
            part.length_us,
            part.hands_on_us,
            part.supervised_us,
            1,
        )
        for row in find_entries(view, ["e.end_us IS NULL", "e.origin <> 'auto'", *clauses], values)
        for part in rules.contributions(rollup.entry_of(row), zone, view.now, (span.lo_us, span.hi_us))
    ]


def _wall_us(view: View, span: Period, total: rules.Row, filters: Mapping[str, object]) -> int:
    """The person's time by the clock: the sum, unless entries overlap on purpose."""
    is_overlapped = exists(
        view.conn,
        "SELECT 1 FROM entry WHERE may_overlap = 1 AND start_us < ? AND (end_us IS NULL OR end_us > ?) LIMIT 1",
        (span.hi_us, span.lo_us),
    )
    if not is_overlapped:
        return total.human_us
    return _sum_entries(view, span, "project", filters, zone_of(view.policy.zone)).wall_us


# ---------------------------------------------------------------- from the entries


def _sum_entries(view: View, span: Period, group_by: str, filters: Mapping[str, object], zone: ZoneInfo) -> rules.Totals:
    clauses, values = overlap_clauses(span.lo_us, span.hi_us)
    filter_clauses, filter_values = conditions(filters)
    rows = {row["id"]: row for row in find_entries(view, clauses + filter_clauses, values + filter_values)}
    names = _Names(view)
    labels = rules.Labels(
        zone,
        project=lambda entry: (entry.project or "", rows[entry.id]["project_name"] or "no project"),
        client=lambda entry: (rows[entry.id]["client_id"] or "", rows[entry.id]["client_name"] or "no client"),
        task=lambda entry: _task_key(entry.project or "", entry.task, rows[entry.id]["task_name"]),
        commits=lambda entry: _row_commits(view, rows[entry.id]),
        terms=lambda entry: names.terms(entry.project or "", entry.task or ""),
    )
    entries: list[TimeEntry] = [rollup.entry_of(row) for row in rows.values()]
    return rules.totals(entries, group_by, labels, view.now, (span.lo_us, span.hi_us))


def _load_commits(view: View, entry: TimeEntry) -> list[rules.Commit]:
    return [commit for row in find_entries(view, ["e.id = ?"], [entry.id]) for commit in _row_commits(view, row)]


def _row_commits(view: View, row: EntryRow) -> list[rules.Commit]:
    rows = wire.commit_rows(view.conn, row, to_us(view.now))
    return [rules.Commit(commit["sha"], commit["subject"], from_us(commit["time_us"])) for commit in rows]
