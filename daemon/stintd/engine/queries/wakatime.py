"""Hours as WakaTime's clients and dashboards read them: totals of days and what they were spent on. `grand_total` is only the
person's time; agents' time is beside it as the category "AI Coding" and is never added. The sums are those of the timesheet:
slices of its entries, not another way of counting.
"""

import hashlib
from collections.abc import Callable
from datetime import date, timedelta
from typing import cast
from uuid import UUID
from zoneinfo import ZoneInfo

from stintd.domain.language import language_of
from stintd.domain.model import from_us, to_us
from stintd.domain.slicing import Slice, join_slices
from stintd.engine import wire
from stintd.engine.entries import Filters, project_names
from stintd.engine.period import DAY, midnight, zone_of
from stintd.engine.queries import reports
from stintd.engine.queries.activity import WorkSlices, human_us, length_json, length_text, load_work, marks, shares_by_name
from stintd.engine.queries.ranges import days_of
from stintd.engine.useragents import AGENTS
from stintd.engine.view import View
from stintd.engine.wire_types import (
    WakaTimeAgentJson,
    WakaTimeAgentsJson,
    WakaTimeAllTimeJson,
    WakaTimeBeatsJson,
    WakaTimeBestDayJson,
    WakaTimeDayJson,
    WakaTimeDurationJson,
    WakaTimeDurationsJson,
    WakaTimeListsJson,
    WakaTimeProjectsJson,
    WakaTimeSpanJson,
    WakaTimeStatsJson,
    WakaTimeSummariesJson,
    WakaTimeTodayJson,
    WakaTimeUserJson,
)
from stintd.store import cursors
from stintd.store.row_types import ProjectUseRow
from stintd.store.rowio import fetch_all, fetch_value

CODING, BY_AGENT = "Coding", "AI Coding"
SLICE_NAMES: dict[str, Callable[[Slice], str]] = {
    "entity": lambda part: part.entity, "language": lambda part: language_of(part.entity), "editor": lambda part: part.client,
    "branch": lambda part: part.branch,
}  # fmt: skip
"""What a day's stretches may be cut by, beside the project."""


def _lists_json(view: View, work: WorkSlices, parts: list[Slice]) -> WakaTimeListsJson:
    """What the time was spent on, by every dimension WakaTime has."""
    systems = {agent["editor"]: agent["os"] for agent in user_agents(view)["data"] if agent["os"]}
    return {
        "categories": shares_by_name(parts, lambda part: CODING if part.actor == "human" else BY_AGENT, ""),
        "projects": shares_by_name(parts, work.name_of),
        "languages": shares_by_name(parts, lambda part: language_of(part.entity)),
        "editors": shares_by_name(parts, lambda part: part.client),
        "operating_systems": shares_by_name(parts, lambda part: systems.get(part.client, "")),
        "machines": [],
        "dependencies": [],
    }


def _span_json(first_day: date, last_day: date, zone: ZoneInfo) -> WakaTimeSpanJson:
    """First and last second of these days."""
    end = midnight(last_day + DAY, zone) - timedelta(seconds=1)
    return {"start": wire.stamp(midnight(first_day, zone)), "end": wire.stamp(end), "timezone": str(zone)}


# ---------------------------------------------------------------- answers


def today(view: View) -> WakaTimeTodayJson:
    """What a status bar shows."""
    zone = zone_of(view.policy.zone)
    day = view.now.astimezone(zone).date()
    work = load_work(view, day, day, zone)
    return {"data": _day_json(view, work, work.slices, day, zone), "cached_at": wire.stamp(view.now), "has_team_features": False}


def _day_json(
    view: View, work: WorkSlices, parts: list[Slice], day: date, zone: ZoneInfo, is_detailed: bool = False
) -> WakaTimeDayJson:
    text = "Today" if day == view.now.astimezone(zone).date() else day.strftime("%a %b %d %Y")
    day_json = cast(
        "WakaTimeDayJson",
        {
            "grand_total": length_json(human_us(parts)),
            **_lists_json(view, work, parts),
            "range": {"date": day.isoformat(), "text": text, **_span_json(day, day, zone)},
        },
    )
    if is_detailed:
        day_json |= {
            "branches": shares_by_name(parts, lambda part: part.branch),
            "entities": shares_by_name(parts, lambda part: part.entity),
        }
    return day_json


def summaries(
    view: View,
    start: date | None = None,
    end: date | None = None,
    range_: str | None = None,
    project: str | None = None,
    timezone: str | None = None,
) -> WakaTimeSummariesJson:
    """Day by day."""
    zone = zone_of(timezone or view.policy.zone)
    first_day, last_day = days_of(view, zone, start, end, range_)
    work = load_work(view, first_day, last_day, zone, project)
    count = (last_day - first_day).days + 1
    by_day, total = work.days(zone), human_us(work.slices)
    all_days = [first_day + number * DAY for number in range(count)]
    days = [_day_json(view, work, by_day.get(day, []), day, zone, project is not None) for day in all_days]
    busy = sum(day["grand_total"]["total_seconds"] > 0 for day in days)
    average = total // busy if busy else 0
    span, sum_ = _span_json(first_day, last_day, zone), length_json(total)
    return {
        "data": days,
        "start": span["start"],
        "end": span["end"],
        "cumulative_total": {
            "seconds": round(total / wire.SECOND, 3),
            "text": sum_["text"],
            "digital": sum_["digital"],
            "decimal": sum_["decimal"],
        },
        "daily_average": {
            "seconds": average // wire.SECOND,
            "text": length_text(average / wire.SECOND),
            "days_including_holidays": count,
            "holidays": count - busy,
            "days_minus_holidays": busy,
        },
    }


def stats(view: View, span: str = "last_7_days", timezone: str | None = None) -> WakaTimeStatsJson:
    """Totals of a range: a named one, a year or a month."""
    zone = zone_of(timezone or view.policy.zone)
    first_day, last_day = days_of(view, zone, None, None, span, longest=None)
    work = load_work(view, first_day, last_day, zone)
    total, count = human_us(work.slices), (last_day - first_day).days + 1
    lengths = {day: length_us for day, parts in work.days(zone).items() if (length_us := human_us(parts))}
    busy = max(lengths, key=lambda day: (lengths[day], day), default=None)
    average = total // len(lengths) if lengths else 0
    best: WakaTimeBestDayJson | None = None
    if busy is not None:
        longest = length_json(lengths[busy])
        best = {"date": busy.isoformat(), "total_seconds": longest["total_seconds"], "text": longest["text"]}
    return {
        "data": {
            "range": span,
            "status": "ok",
            "is_up_to_date": True,
            "is_including_today": last_day >= view.now.astimezone(zone).date(),
            **_span_json(first_day, last_day, zone),
            "total_seconds": round(total / wire.SECOND, 3),
            "human_readable_total": length_text(total / wire.SECOND),
            "daily_average": average // wire.SECOND,
            "human_readable_daily_average": length_text(average / wire.SECOND),
            "human_readable_range": span.replace("_", " "),
            "days_including_holidays": count,
            "days_minus_holidays": len(lengths),
            "holidays": count - len(lengths),
            "best_day": best,
            "username": "owner",
            **_lists_json(view, work, work.slices),
        }
    }


def _no_name(part: Slice) -> str:
    return ""


def durations(
    view: View,
    date_: date,
    project: str | None = None,
    branches: str | None = None,
    slice_by: str | None = None,
    timezone: str | None = None,
) -> WakaTimeDurationsJson:
    """The stretches of a day, each with its project, and cut finer on request. Entries of agents carry their category."""
    zone = zone_of(timezone or view.policy.zone)
    work = load_work(view, date_, date_, zone, project)
    chosen_branches = set(branches.split(",")) if branches else None
    parts = [part for part in work.slices if chosen_branches is None or part.branch in chosen_branches]
    name_of = SLICE_NAMES[slice_by] if slice_by else _no_name
    stretches: list[WakaTimeDurationJson] = []
    for part in join_slices([part._replace(entity=name_of(part)) for part in parts], ("project", "entity")):
        row: WakaTimeDurationJson = {
            "time": part.start_us / wire.SECOND,
            "duration": part.length_us / wire.SECOND,
            "project": work.name_of(part),
            "category": "coding" if part.actor == "human" else "ai coding",
        }
        stretches.append(cast("WakaTimeDurationJson", {**row, slice_by: part.entity}) if slice_by else row)
    return {
        "data": stretches,
        "branches": sorted({part.branch for part in parts if part.branch}),
        **_span_json(date_, date_, zone),
    }


def all_time_total(view: View, project: str | None = None) -> WakaTimeAllTimeJson:
    """The total of all time, from the day totals."""
    zone = zone_of(view.policy.zone)
    since, day = date(1970, 1, 1), view.now.astimezone(zone).date()
    filters: Filters = {} if project is None else {"project_name": project}
    seconds = reports.report(view, since, day, "project", **filters)["totals"]["seconds"]
    oldest_us = fetch_value(view.conn, int, "SELECT min(start_us) FROM entry")
    first_day = from_us(oldest_us).astimezone(zone).date() if oldest_us is not None else day
    total = length_json(seconds * wire.SECOND)
    return {
        "data": {
            "text": total["text"],
            "digital": total["digital"],
            "decimal": total["decimal"],
            "total_seconds": seconds,
            "is_up_to_date": True,
            "range": {"start_date": first_day.isoformat(), "end_date": day.isoformat(), **_span_json(first_day, day, zone)},
        }
    }


def projects(view: View, q: str | None = None) -> WakaTimeProjectsJson:
    """Projects with when each was last worked on."""
    sql = (
        "SELECT p.id, p.name, p.created_us, p.archived, max(coalesce(e.end_us, e.last_evidence_us, e.start_us)) AS last_us"
        " FROM project p LEFT JOIN entry e ON e.project_id = p.id WHERE p.deleted = 0 GROUP BY p.id ORDER BY last_us DESC, p.name"
    )
    rows = [row for row in fetch_all(view.conn, ProjectUseRow, sql) if q is None or q.lower() in row["name"].lower()]
    return {
        "data": [
            {
                "id": row["id"],
                "name": row["name"],
                "created_at": wire.instant(row["created_us"]),
                "last_heartbeat_at": wire.instant(row["last_us"]),
                "has_public_url": False,
                "archived": bool(row["archived"]),
            }
            for row in rows
        ],
        "total": len(rows),
        "total_pages": 1,
        "page": 1,
    }


def user(view: View) -> WakaTimeUserJson:
    """The owner, as a client requests it after its login."""
    user_id = fetch_value(view.conn, str, "SELECT value FROM meta WHERE key = 'user_id'")
    return {
        "data": {
            "id": user_id or "",
            "username": "owner",
            "display_name": "stintd",
            "full_name": None,
            "email": None,
            "timezone": view.policy.zone,
            "has_premium_features": True,
            "has_team_features": False,
            "is_email_public": False,
            "last_heartbeat_at": None,
            "photo": None,
            "plan": "local",
            "created_at": None,
        }
    }


def user_agents(view: View) -> WakaTimeAgentsJson:
    """The clients that have sent requests, the latest first."""
    stored_agents = cursors.all_of(view.conn, AGENTS)
    agents = [_agent_json(name.removeprefix(AGENTS), value) for name, value in stored_agents.items()]
    return {"data": sorted(agents, key=lambda agent: (agent["last_seen_at"], agent["value"]), reverse=True), "total_pages": 1}


def _agent_json(text: str, value: str) -> WakaTimeAgentJson:
    day, editor, system = [*value.split("\t"), "", ""][:3]
    identity = UUID(bytes=hashlib.blake2b(text.encode(), digest_size=16).digest())
    return {
        "id": str(identity),
        "value": text,
        "editor": editor,
        "os": system,
        "last_seen_at": f"{day}T00:00:00Z",
        "is_browser_extension": "-wakatime" in text and not text.startswith("wakatime/"),
    }


def beats(view: View, date_: date, timezone: str | None = None) -> WakaTimeBeatsJson:
    """The heartbeats of a day."""
    zone = zone_of(timezone or view.policy.zone)
    lo, hi = to_us(midnight(date_, zone)), to_us(midnight(date_ + DAY, zone))
    names = project_names(view.conn)
    return {
        "data": [
            {
                "time": mark.time_us / wire.SECOND,
                "entity": mark.entity,
                "type": "file" if mark.entity else "app",
                "project": names.get(mark.project or ""),
                "branch": mark.branch or None,
                "language": language_of(mark.entity) or None,
                "category": "coding" if mark.actor == "human" else "ai coding",
            }
            for mark in marks(view, lo, hi)
        ],
        **_span_json(date_, date_, zone),
    }
