"""Hours as a billing system counts them, beside those of the sheet: rounded by its rule, and already held there. By entry and
local day. Whatever the filters, sums of a project, task and day are rounded as a whole, as delivery does, and a filtered
query gets its shares of them. Agents' time counts if it is billed, because only then is it sent. Hours that wait for approval
count as if approved.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from zoneinfo import ZoneInfo

from stintd.domain import report as rules
from stintd.domain.billing import rounding
from stintd.domain.billing.amendment import Content
from stintd.domain.billing.rounding import Rounding
from stintd.domain.billing.target import rounding_for
from stintd.domain.day import ONE_DAY, start_of_day
from stintd.domain.model import to_us
from stintd.engine import wire
from stintd.engine.delivery.plan import TargetLink, entry_facts
from stintd.engine.entries import conditions, find_entries, overlap_clauses
from stintd.engine.period import Period, zone_of
from stintd.engine.resolver import project_aliases
from stintd.engine.rows import select
from stintd.engine.sheet import billable, rollup
from stintd.engine.view import View
from stintd.errors import Invalid
from stintd.frozen import frozen
from stintd.store.row_types import DeliveryRow, EntryRow, NamedEntryRow, ProjectRow, TaskRow
from stintd.store.rowio import fetch_all

MICRO = 1_000_000
HELD = "SELECT entry_id, day, held FROM delivery WHERE target = ? AND day BETWEEN ? AND ? AND held IS NOT NULL ORDER BY seq"
_BY_PROJECT = ("project_id", "project_name", "client", "client_id")


@frozen
class TargetHours:
    """Seconds of one entry on one day: as they are to be at the target, and as they are there. `task` is the local key."""

    entry_id: str
    project_id: str
    task: str
    day: str
    tags: tuple[str, ...]
    rounded: int = 0
    delivered: int = 0


def hours_at_target(
    view: View, link: TargetLink, span: Period, zone: ZoneInfo, filters: Mapping[str, object]
) -> list[TargetHours]:
    """Everything of a period, which must consist of the owner's whole days, because days are what is rounded."""
    if span.days is None or zone != zone_of(view.policy.zone):
        raise Invalid(
            "hours at a target can be shown only for whole days in your own time zone",
            "send from and to as dates, without a time zone",
        )
    return [*_rounded_hours(view, link, span, zone, filters), *_delivered_hours(view, link, span, zone, filters)]


def _rounded_hours(
    view: View, link: TargetLink, span: Period, zone: ZoneInfo, filters: Mapping[str, object]
) -> Iterator[TargetHours]:
    clauses, values = overlap_clauses(span.lo_us, span.hi_us)
    project_clauses, project_values = conditions({name: value for name, value in filters.items() if name in _BY_PROJECT})
    filter_clauses, filter_values = conditions(filters)
    wanted_ids = {row["id"] for row in find_entries(view, clauses + filter_clauses, values + filter_values)}
    groups: dict[tuple[str, str, str, str, Rounding], list[tuple[NamedEntryRow, int]]] = {}
    billed_length, aliases = _billed_length(view), project_aliases(view.conn)
    for row in find_entries(view, [*clauses, *project_clauses, "(e.actor = 'human' OR e.billable = 1)"], values + project_values):
        for part in rules.contributions(rollup.entry_of(row), zone, view.now, (span.lo_us, span.hi_us)):
            rule = rounding_for(link.target, entry_facts(row, part.day, aliases))
            key = row["project_id"] or "", row["task"] or "", part.day.isoformat(), row["actor"], rule
            groups.setdefault(key, []).append((row, wire.seconds(billed_length(row, part))))
    for (project, task, day, _, rule), group in groups.items():
        group.sort(key=lambda pair: (pair[0]["start_us"], pair[0]["id"]))
        lengths = rounding.grains(rounding.shares([seconds for _, seconds in group], rule), link.able.grain)
        for (row, _), seconds in zip(group, lengths, strict=True):
            if row["id"] in wanted_ids:
                yield TargetHours(row["id"], project, task, day, tuple(json.loads(row["tags"])), rounded=seconds)


def _billed_length(view: View) -> Callable[[EntryRow, rules.DayPart], int]:
    """The share of a part that is sent: without supervised time if the project does not bill it."""
    bills = billable.supervised_billing(view.conn, view.policy)
    projects = fetch_all(view.conn, ProjectRow, "SELECT id, name, bill_supervised FROM project")
    bills_whole: dict[str | None, bool] = {row["id"]: bills(row) for row in projects}
    return lambda row, part: part.length_us if bills_whole.get(row["project_id"], True) else part.hands_on_us


# ---------------------------------------------------------------- held there


def _delivered_hours(
    view: View, link: TargetLink, span: Period, zone: ZoneInfo, filters: Mapping[str, object]
) -> Iterator[TargetHours]:
    """From what the target holds, whatever became of the entry since: that is what can differ."""
    assert span.days is not None
    first_day, last_day = span.days
    is_selected, key_of = _held_filter(view, filters), _task_keys(view)
    rows = fetch_all(view.conn, DeliveryRow, HELD, (link.target.name, (first_day - ONE_DAY).isoformat(), last_day.isoformat()))
    for row in rows:
        held = json.loads(row["held"] or "{}")
        if not is_selected(held):
            continue
        project = held["projectId"] or ""
        for day, seconds in _split_by_day(row["day"], held, link.is_by_day, zone):
            if seconds and first_day.isoformat() <= day <= last_day.isoformat():
                yield TargetHours(
                    row["entry_id"], project, key_of(project, held["task"]), day, tuple(held["tags"]), delivered=seconds
                )


def _split_by_day(day: str, held: Content, is_by_day: bool, zone: ZoneInfo) -> Iterator[tuple[str, int]]:
    """A stretch across midnight that is held as one counts on each of its days."""
    start, end, seconds = held["start"], held["end"], held["seconds"]
    if is_by_day or end <= start:
        yield day, seconds
        return
    assigned = 0
    for local_day, _, until_us in rules.split_days(start * MICRO, end * MICRO, zone):
        upto = seconds * (until_us // MICRO - start) // (end - start)
        yield local_day.isoformat(), upto - assigned
        assigned = upto


def _held_filter(view: View, filters: Mapping[str, object]) -> Callable[[Content], bool]:
    """Apply the filters of entries to what is held."""
    clauses, values = conditions({name: value for name, value in filters.items() if name in _BY_PROJECT})
    project_ids = None
    if clauses:
        sql = "SELECT p.id FROM project p LEFT JOIN client c ON c.id = p.client_id WHERE " + " AND ".join(clauses)  # noqa: S608
        project_ids = {row["id"] for row in select(view.conn, sql.replace("e.project_id", "p.id"), values)}
    task = filters.get("task")
    if filters.get("task_id") is not None:
        tasks = fetch_all(view.conn, TaskRow, "SELECT name FROM task WHERE id = ?", (filters["task_id"],))
        task = tasks[0]["name"] if tasks else "\0"
    keys = {row["name"] for row in fetch_all(view.conn, TaskRow, "SELECT name FROM task WHERE key = ?", (task,))} | {task}

    def is_selected(held: Content) -> bool:
        return (
            (project_ids is None or held["projectId"] in project_ids)
            and (task is None or held["task"] in keys)
            and filters.get("tag") in (None, *held["tags"])
            and filters.get("billable") in (None, held["billable"])
            and filters.get("actor") in (None, held["actor"])
        )

    return is_selected


def _task_keys(view: View) -> Callable[[str, str], str]:
    """The local key of a task that is held by its name."""
    keys: dict[tuple[str, str], str] = {
        (row["project_id"], row["name"]): row["key"]
        for row in fetch_all(view.conn, TaskRow, "SELECT project_id, name, key FROM task")
    }
    return lambda project, name: keys.get((project, name), name)


# ---------------------------------------------------------------- by the groups of a report

Group = tuple[str, str]


def hours_by_group(
    view: View, hours: list[TargetHours], grouping: str, labels: rules.Labels, key_of: Callable[[TargetHours], Group]
) -> Iterator[tuple[Group, int, int]]:
    """(key, name), rounded and delivered seconds for each group of a report; `key_of` gives the groups by project, client and
    task.
    """
    rows: dict[str, NamedEntryRow] = {}
    if grouping in ("branch", "commit"):
        rows = _load_rows(view, {entry_hours.entry_id for entry_hours in hours})
    for entry_hours in hours:
        if grouping == "commit":
            yield from _split_by_commit(entry_hours, rows.get(entry_hours.entry_id), labels, view)
        elif grouping == "branch":
            row = rows.get(entry_hours.entry_id)
            branch = (row["branch"] if row is not None else None) or ""
            yield (branch, branch or "no branch"), entry_hours.rounded, entry_hours.delivered
        elif grouping == "tag":
            for tag in dict.fromkeys(entry_hours.tags) or ("",):
                yield (tag, tag or "no tag"), entry_hours.rounded, entry_hours.delivered
        else:
            yield key_of(entry_hours), entry_hours.rounded, entry_hours.delivered


def _load_rows(view: View, ids: set[str]) -> dict[str, NamedEntryRow]:
    rows: dict[str, NamedEntryRow] = {}
    names = sorted(ids)
    for start in range(0, len(names), 500):
        batch = names[start : start + 500]
        rows |= {row["id"]: row for row in find_entries(view, [f"e.id IN ({', '.join('?' * len(batch))})"], list(batch))}
    return rows


def _split_by_commit(
    entry_hours: TargetHours, row: NamedEntryRow | None, labels: rules.Labels, view: View
) -> Iterator[tuple[Group, int, int]]:
    """Share an amount among the commits of its day by their exact lengths, so that the shares add up."""
    day = date.fromisoformat(entry_hours.day)
    clip = tuple(to_us(start_of_day(at, labels.zone)) for at in (day, day + ONE_DAY))
    parts = []
    if row is not None:
        parts = list(rules.group_parts(rollup.entry_of(row), "commit", labels, view.now, (clip[0], clip[1])))
    whole = sum(part.length_us for _, part in parts)
    if not whole:
        yield ("", "not committed"), entry_hours.rounded, entry_hours.delivered
        return
    before = 0
    for groups, part in parts:
        after = before + part.length_us
        shares = [
            seconds * after // whole - seconds * before // whole for seconds in (entry_hours.rounded, entry_hours.delivered)
        ]
        yield groups[0], shares[0], shares[1]
        before = after
