"""Totals of a period. Whole days come from the day totals (milliseconds for a year), anything finer from the entries.

Human and agent time stand beside each other and are never added; `seconds` is the person's.
"""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from stintd.domain import report as rules
from stintd.domain.day import iso_week, week_of
from stintd.domain.model import TimeEntry, from_us, to_us
from stintd.engine import rolling, shape
from stintd.engine.period import Period, period, zone_of
from stintd.engine.queries.entries import conditions, find, overlapping
from stintd.engine.rows import Row, first, select
from stintd.engine.view import View

FROM_TOTALS = frozenset({"project", "client", "task", "day", "week"})
TOTALS_FILTERS = frozenset({"project_id", "project_name", "client", "billable", "actor"})
TOTALS_SQL = """
SELECT r.project_id, r.task, r.actor, r.billable, {day} AS day, sum(r.total_us) AS total_us,
       sum(r.hands_on_us) AS hands_on_us, sum(r.supervised_us) AS supervised_us, sum(r.entries) AS entries,
       p.name AS project_name, p.client_id, c.name AS client_name, t.name AS task_name,
       coalesce(t.hourly_rate, p.hourly_rate) AS rate, p.currency, coalesce(p.bill_supervised, 1) AS bill_supervised
FROM rollup r LEFT JOIN project p ON p.id = r.project_id LEFT JOIN client c ON c.id = p.client_id
LEFT JOIN task t ON t.project_id = r.project_id AND t.key = r.task
WHERE r.day BETWEEN ? AND ? {where} GROUP BY r.project_id, r.task, r.actor, r.billable{by_day}
"""
_FILTERS = {
    "project_id": "r.project_id = ?",
    "project_name": "p.name = ?",
    "client": "c.name = ?",
    "billable": "r.billable = ?",
    "actor": "r.actor = ?",
}


def report(
    view: View, since: date | datetime | None = None, until: date | datetime | None = None, group_by: str = "project",
    timezone: str | None = None, **filters: Any,
) -> dict[str, Any]:  # fmt: skip
    """Rows and totals of a period (this week by project unless asked otherwise)."""
    zone = zone_of(timezone or view.policy.zone)
    span = period(since, until, zone, view.now, default=week_of(view.now.astimezone(zone).date()))
    filters = {name: value for name, value in filters.items() if value is not None}
    is_quick = (
        span.days is not None and zone == zone_of(view.policy.zone) and group_by in FROM_TOTALS
        and filters.keys() <= TOTALS_FILTERS
    )  # fmt: skip
    found = _from_totals(view, span, group_by, filters) if is_quick else _from_entries(view, span, group_by, filters, zone)
    return {
        "from": shape.stamp(span.start), "to": shape.stamp(span.end), "timezone": str(zone), "groupBy": group_by,
        "rows": [_shown(row) for row in found.rows],
        "totals": {**_shown(found.total), "wallSeconds": shape.seconds(found.wall_us)},
    }  # fmt: skip


def _shown(row: rules.Row) -> dict[str, Any]:
    """A row; the amount is told where it is of one currency, else by currency in `amounts`."""
    amounts = {currency: float(rules.money(amount)) for currency, amount in sorted(row.amounts.items())}
    one = len(amounts) == 1
    hands_on, supervised = shape.seconds(row.hands_on_us), shape.seconds(row.supervised_us)
    return {
        "key": row.key, "name": row.name, "seconds": hands_on + supervised, "handsOnSeconds": hands_on,
        "supervisedSeconds": supervised, "agentSeconds": shape.seconds(row.agent_us),
        "billableSeconds": shape.seconds(row.billable_us), "amount": next(iter(amounts.values())) if one else None,
        "currency": (next(iter(amounts)) or None) if one else None, "amounts": amounts, "entries": row.entries,
    }  # fmt: skip


# ---------------------------------------------------------------- from the day totals


class _Counted(rules.Row):
    """A row whose entries are counted by the day totals, by day."""

    counted = 0

    @property
    def entries(self) -> int:
        return self.counted


def _from_totals(view: View, span: Period, group_by: str, filters: Row) -> rules.Totals:
    assert span.days is not None
    by_day = group_by in ("day", "week")
    where = "".join(f" AND {_FILTERS[name]}" for name in filters)
    sql = TOTALS_SQL.format(day="r.day" if by_day else "''", where=where, by_day=", r.day" if by_day else "")
    days = [one.isoformat() for one in span.days]
    rows: dict[str, rules.Row] = {}
    total = _Counted("", "total")
    for row in [*select(view.conn, sql, [*days, *filters.values()]), *_running(view, span, filters)]:
        key, name = _KEYS[group_by](row)
        _grow(rows.setdefault(key, _Counted(key, name)), row)
        _grow(total, row)
    ordered = sorted(rows.values(), key=lambda one: one.key if by_day else (-one.human_us, -one.agent_us, one.name, one.key))
    return rules.Totals(ordered, total, _wall_us(view, span, total, filters), 0)


_KEYS: dict[str, Callable[[Row], tuple[str, str]]] = {
    "project": lambda row: (row["project_id"], row["project_name"] or "no project"),
    "client": lambda row: (row["client_id"] or "", row["client_name"] or "no client"),
    "task": lambda row: _task_key(row["project_id"], row["task"], row["task_name"]),
    "day": lambda row: (row["day"], row["day"]),
    "week": lambda row: (iso_week(date.fromisoformat(row["day"])),) * 2,
}


def _task_key(project_id: str, task: str | None, task_name: str | None) -> tuple[str, str]:
    return f"{project_id}/{task or ''}", task_name or task or "no task"


def _grow(row: rules.Row, part: Row) -> None:
    """Add one line of the day totals to a row."""
    assert isinstance(row, _Counted)
    row.counted += part["entries"]
    if part["actor"] == "agent":
        row.agent_us += part["total_us"]
    else:
        row.hands_on_us += part["hands_on_us"]
        row.supervised_us += part["supervised_us"]
    if not part["billable"]:
        return
    is_whole = part["actor"] == "agent" or part["bill_supervised"]
    billable = part["total_us"] if is_whole else part["hands_on_us"]
    row.billable_us += billable
    if part["rate"] is not None:
        currency = part["currency"] or ""
        worth = Decimal(part["rate"]) * billable / rules.HOUR_US
        row.amounts[currency] = row.amounts.get(currency, Decimal()) + worth


def _running(view: View, span: Period, filters: Row) -> list[Row]:
    """Manual timers that run: the day totals hold them once they are finished."""
    clauses, values = conditions(filters)
    rows = find(view, ["e.end_us IS NULL", "e.origin <> 'auto'", *clauses], values)
    zone = zone_of(view.policy.zone)
    found = []
    for row in rows:
        terms = _terms_row(view, row)
        for part in rules.contributions(rolling.entry_of(row), zone, view.now, (span.lo_us, span.hi_us)):
            sums = {"total_us": part.length_us, "hands_on_us": part.hands_on_us, "supervised_us": part.supervised_us}
            found.append(
                {**row, **terms, **sums, "project_id": row["project_id"] or "", "day": part.day.isoformat(), "entries": 1}
            )
    return found


def _wall_us(view: View, span: Period, total: rules.Row, filters: Row) -> int:
    """The person's time by the clock: their sum, unless something was meant to overlap."""
    beside = first(
        view.conn, "SELECT 1 FROM entry WHERE may_overlap = 1 AND start_us < ?"
        " AND (end_us IS NULL OR end_us > ?) LIMIT 1", (span.hi_us, span.lo_us),
    )  # fmt: skip
    if beside is None:
        return total.human_us
    return _from_entries(view, span, "project", filters, zone_of(view.policy.zone)).wall_us


# ---------------------------------------------------------------- from the entries


def _from_entries(view: View, span: Period, group_by: str, filters: Row, zone: Any) -> rules.Totals:
    clauses, values = overlapping(span.lo_us, span.hi_us)
    more, wanted = conditions(filters)
    rows = {row["id"]: row for row in find(view, clauses + more, values + wanted)}
    labels = rules.Labels(
        zone,
        project=lambda entry: (entry.project or "", rows[entry.id]["project_name"] or "no project"),
        client=lambda entry: (rows[entry.id]["client_id"] or "", rows[entry.id]["client_name"] or "no client"),
        task=lambda entry: _task_key(entry.project or "", entry.task, rows[entry.id]["task_name"]),
        commits=lambda entry: _commits(view, rows[entry.id]),
        terms=lambda entry: _terms(view, rows[entry.id]),
    )
    entries: list[TimeEntry] = [rolling.entry_of(row) for row in rows.values()]
    return rules.totals(entries, group_by, labels, view.now, (span.lo_us, span.hi_us))


def _commits(view: View, row: Row) -> list[rules.Commit]:
    found = shape.commit_rows(view.conn, row, to_us(view.now))
    return [rules.Commit(one["sha"], one["subject"], from_us(one["time_us"])) for one in found]


def _terms_row(view: View, row: Row) -> Row:
    return first(
        view.conn, "SELECT coalesce((SELECT hourly_rate FROM task WHERE id = ?), p.hourly_rate) AS rate, p.currency,"
        " p.bill_supervised FROM project p WHERE p.id = ?", (row["task_id"], row["project_id"]),
    ) or {"rate": None, "currency": None, "bill_supervised": 1}  # fmt: skip


def _terms(view: View, row: Row) -> rules.Terms:
    found = _terms_row(view, row)
    rate = None if found["rate"] is None else Decimal(found["rate"])
    return rules.Terms(rate, found["currency"] or "", bool(found["bill_supervised"]))
