"""Hours as WakaTime's clients and dashboards read them: totals of days with what they were spent on.

`grand_total` is the person's time alone; agents' stands beside it as the category "AI Coding" and is never added. The
sums are those of the timesheet: slices of its entries, not another way of counting.
"""

import hashlib
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from stintd.domain.language import language_of
from stintd.domain.model import from_us, to_us
from stintd.domain.slicing import Slice, join_slices
from stintd.engine import wire
from stintd.engine.period import DAY, midnight, zone_of
from stintd.engine.queries import reports
from stintd.engine.queries.activity import Worked, by_name, human_us, length, marks, words, worked
from stintd.engine.queries.ranges import days_of
from stintd.engine.rows import first, select
from stintd.engine.useragents import AGENTS
from stintd.engine.view import View
from stintd.store import cursors

CODING, BY_AGENT = "Coding", "AI Coding"
SLICED: dict[str, Callable[[Slice], str]] = {
    "entity": lambda one: one.entity, "language": lambda one: language_of(one.entity), "editor": lambda one: one.client,
    "branch": lambda one: one.branch,
}  # fmt: skip
"""What a day's stretches may be cut by, beside the project."""


def _lists(view: View, work: Worked, found: list[Slice]) -> dict[str, Any]:
    """What the time was spent on, by every name there is for it."""
    systems = {agent["editor"]: agent["os"] for agent in user_agents(view)["data"] if agent["os"]}
    return {
        "categories": by_name(found, lambda one: CODING if one.actor == "human" else BY_AGENT, ""),
        "projects": by_name(found, work.name_of), "languages": by_name(found, lambda one: language_of(one.entity)),
        "editors": by_name(found, lambda one: one.client),
        "operating_systems": by_name(found, lambda one: systems.get(one.client, "")), "machines": [], "dependencies": [],
    }  # fmt: skip


def _span(first_day: date, last_day: date, zone: Any) -> dict[str, Any]:
    """First and last second of these days."""
    end = midnight(last_day + DAY, zone) - timedelta(seconds=1)
    return {"start": wire.stamp(midnight(first_day, zone)), "end": wire.stamp(end), "timezone": str(zone)}


# ---------------------------------------------------------------- answers


def today(view: View) -> dict[str, Any]:
    """What a status bar shows."""
    zone = zone_of(view.policy.zone)
    day = view.now.astimezone(zone).date()
    work = worked(view, day, day, zone)
    return {"data": _day(view, work, work.slices, day, zone), "cached_at": wire.stamp(view.now), "has_team_features": False}


def _day(view: View, work: Worked, found: list[Slice], day: date, zone: Any, is_detailed: bool = False) -> dict[str, Any]:
    more = {}
    if is_detailed:
        more = {"branches": by_name(found, lambda one: one.branch), "entities": by_name(found, lambda one: one.entity)}
    text = "Today" if day == view.now.astimezone(zone).date() else day.strftime("%a %b %d %Y")
    about = {"date": day.isoformat(), "text": text, **_span(day, day, zone)}
    return {"grand_total": length(human_us(found)), **_lists(view, work, found), **more, "range": about}


def summaries(
    view: View, start: date | None = None, end: date | None = None, range_: str | None = None, project: str | None = None,
    timezone: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Day by day."""
    zone = zone_of(timezone or view.policy.zone)
    first_day, last_day = days_of(view, zone, start, end, range_)
    work = worked(view, first_day, last_day, zone, project)
    count = (last_day - first_day).days + 1
    by_day, total = work.days(zone), human_us(work.slices)
    all_days = [first_day + number * DAY for number in range(count)]
    days = [_day(view, work, by_day.get(day, []), day, zone, project is not None) for day in all_days]
    busy = sum(day["grand_total"]["total_seconds"] > 0 for day in days)
    average = total // busy if busy else 0
    return {
        "data": days, **_part_of(_span(first_day, last_day, zone), "start", "end"),
        "cumulative_total": {"seconds": round(total / wire.SECOND, 3), **_part(total, "text", "digital", "decimal")},
        "daily_average": {
            "seconds": average // wire.SECOND, "text": words(average / wire.SECOND), "days_including_holidays": count,
            "holidays": count - busy, "days_minus_holidays": busy,
        },
    }  # fmt: skip


def _part(us: int, *names: str) -> dict[str, Any]:
    return _part_of(length(us), *names)


def _part_of(told: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: told[name] for name in names}


def stats(view: View, span: str = "last_7_days", timezone: str | None = None) -> dict[str, Any]:
    """Totals of a range by its name, a year or a month."""
    zone = zone_of(timezone or view.policy.zone)
    first_day, last_day = days_of(view, zone, None, None, span, longest=None)
    work = worked(view, first_day, last_day, zone)
    total, count = human_us(work.slices), (last_day - first_day).days + 1
    lengths = {day: spent for day, found in work.days(zone).items() if (spent := human_us(found))}
    busy = max(lengths, key=lambda day: (lengths[day], day), default=None)
    average = total // len(lengths) if lengths else 0
    best = None if busy is None else {"date": busy.isoformat(), **_part(lengths[busy], "total_seconds", "text")}
    return {"data": {
        "range": span, "status": "ok", "is_up_to_date": True, "is_including_today": last_day >= view.now.astimezone(zone).date(),
        **_span(first_day, last_day, zone), "total_seconds": round(total / wire.SECOND, 3),
        "human_readable_total": words(total / wire.SECOND), "daily_average": average // wire.SECOND,
        "human_readable_daily_average": words(average / wire.SECOND), "human_readable_range": span.replace("_", " "),
        "days_including_holidays": count, "days_minus_holidays": len(lengths), "holidays": count - len(lengths),
        "best_day": best, "username": "owner", **_lists(view, work, work.slices),
    }}  # fmt: skip


def _nothing(one: Slice) -> str:
    return ""


def durations(
    view: View, date_: date, project: str | None = None, branches: str | None = None, slice_by: str | None = None,
    timezone: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The stretches of a day, each with its project; finer where asked. Entries of agents carry their category."""
    zone = zone_of(timezone or view.policy.zone)
    work = worked(view, date_, date_, zone, project)
    wanted = set(branches.split(",")) if branches else None
    found = [one for one in work.slices if wanted is None or one.branch in wanted]
    name_of = SLICED[slice_by] if slice_by else _nothing
    shown = []
    for one in join_slices([one._replace(entity=name_of(one)) for one in found], ("project", "entity")):
        row = {"time": one.start_us / wire.SECOND, "duration": one.length_us / wire.SECOND, "project": work.name_of(one),
               "category": "coding" if one.actor == "human" else "ai coding"}  # fmt: skip
        shown.append({**row, slice_by: one.entity} if slice_by else row)
    return {
        "data": shown, "branches": sorted({one.branch for one in found if one.branch}), **_span(date_, date_, zone),
    }  # fmt: skip


def all_time(view: View, project: str | None = None) -> dict[str, Any]:
    """Everything there is, from the day totals."""
    zone = zone_of(view.policy.zone)
    since, day = date(1970, 1, 1), view.now.astimezone(zone).date()
    filters: dict[str, Any] = {} if project is None else {"project_name": project}
    seconds = reports.report(view, since, day, "project", **filters)["totals"]["seconds"]
    oldest = first(view.conn, "SELECT min(start_us) AS us FROM entry")
    began = from_us(oldest["us"]).astimezone(zone).date() if oldest and oldest["us"] is not None else day
    return {"data": {
        **_part(seconds * wire.SECOND, "text", "digital", "decimal"), "total_seconds": seconds, "is_up_to_date": True,
        "range": {"start_date": began.isoformat(), "end_date": day.isoformat(), **_span(began, day, zone)},
    }}  # fmt: skip


def projects(view: View, q: str | None = None) -> dict[str, Any]:
    """Projects with when each was last worked on."""
    sql = (
        "SELECT p.id, p.name, p.created_us, p.archived, max(coalesce(e.end_us, e.last_evidence_us, e.start_us)) AS last_us"
        " FROM project p LEFT JOIN entry e ON e.project_id = p.id WHERE p.deleted = 0 GROUP BY p.id ORDER BY last_us DESC, p.name"
    )
    rows = [row for row in select(view.conn, sql) if q is None or q.lower() in row["name"].lower()]
    return {"data": [{
        "id": row["id"], "name": row["name"], "created_at": wire.instant(row["created_us"]),
        "last_heartbeat_at": wire.instant(row["last_us"]), "has_public_url": False, "archived": bool(row["archived"]),
    } for row in rows], "total": len(rows), "total_pages": 1, "page": 1}  # fmt: skip


def user(view: View) -> dict[str, Any]:
    """The owner, as a client asks after its login."""
    known = first(view.conn, "SELECT value FROM meta WHERE key = 'user_id'")
    return {"data": {
        "id": known["value"] if known else "", "username": "owner", "display_name": "stintd", "full_name": None, "email": None,
        "timezone": view.policy.zone, "has_premium_features": True, "has_team_features": False, "is_email_public": False,
        "last_heartbeat_at": None, "photo": None, "plan": "local", "created_at": None,
    }}  # fmt: skip


def user_agents(view: View) -> dict[str, Any]:
    """The clients that were heard, the latest first."""
    kept = cursors.all_of(view.conn, AGENTS)
    found = [_agent(name.removeprefix(AGENTS), value) for name, value in kept.items()]
    return {"data": sorted(found, key=lambda one: (one["last_seen_at"], one["value"]), reverse=True), "total_pages": 1}


def _agent(text: str, value: str) -> dict[str, Any]:
    day, editor, system = [*value.split("\t"), "", ""][:3]
    identity = UUID(bytes=hashlib.blake2b(text.encode(), digest_size=16).digest())
    return {
        "id": str(identity), "value": text, "editor": editor, "os": system, "last_seen_at": f"{day}T00:00:00Z",
        "is_browser_extension": "-wakatime" in text and not text.startswith("wakatime/"),
    }  # fmt: skip


def beats(view: View, date_: date, timezone: str | None = None) -> dict[str, Any]:
    """The heartbeats of a day."""
    zone = zone_of(timezone or view.policy.zone)
    lo, hi = to_us(midnight(date_, zone)), to_us(midnight(date_ + DAY, zone))
    names = {row["id"]: row["name"] for row in select(view.conn, "SELECT id, name FROM project")}
    return {"data": [{
        "time": mark.time_us / wire.SECOND, "entity": mark.entity, "type": "file" if mark.entity else "app",
        "project": names.get(mark.project or ""), "branch": mark.branch or None, "language": language_of(mark.entity) or None,
        "category": "coding" if mark.actor == "human" else "ai coding",
    } for mark in marks(view, lo, hi)], **_span(date_, date_, zone)}  # fmt: skip
