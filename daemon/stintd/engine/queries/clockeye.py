"""Entries as ClockEye's clients see them: snake_case, in pages, only the person's time."""

from datetime import date
from typing import Unpack

from stintd.domain.model import to_us
from stintd.engine import wire
from stintd.engine.entries import Filters, conditions, find_entries, overlap_clauses
from stintd.engine.period import DAY, midnight, zone_of
from stintd.engine.view import View
from stintd.engine.wire_types import ClockEyeEntryJson, ClockEyePageJson, EntryJson
from stintd.errors import Invalid
from stintd.store.rowio import fetch_value

PER_PAGE = 50


def entry(entry_json: EntryJson) -> ClockEyeEntryJson:
    """A local entry in ClockEye's fields; `duration` in seconds, null while there is no end."""
    return {
        "id": entry_json["id"],
        "user_id": entry_json["userId"],
        "project_id": entry_json["projectId"],
        "task_id": entry_json["taskId"],
        "description": entry_json["description"],
        "start_time": entry_json["start"],
        "end_time": entry_json["end"],
        "duration": entry_json["durationSeconds"] if entry_json["end"] is not None else None,
        "billable": entry_json["billable"],
    }


def listing(
    view: View, start_date: date | None = None, end_date: date | None = None, page: int = 1, **filters: Unpack[Filters]
) -> ClockEyePageJson:
    """A page of the entries that overlap the owner's local days, uncut, the latest start first.

    Only the person's entries: these clients add up durations, and an agent's time beside a person's would count twice.
    A page beyond the last is empty.
    """
    clauses, values = _day_clauses(view, start_date, end_date)
    filter_clauses, filter_values = conditions({**filters, "actor": "human"})
    clauses, values = clauses + filter_clauses, values + filter_values
    total = fetch_value(view.conn, int, f"SELECT count(*) FROM entry e WHERE {' AND '.join(clauses)}", values) or 0  # noqa: S608
    rows = find_entries(
        view, clauses, [*values, PER_PAGE, (page - 1) * PER_PAGE], " ORDER BY e.start_us DESC, e.id LIMIT ? OFFSET ?"
    )
    return {
        "data": [entry(wire.entry(view, row)) for row in rows],
        "page": page,
        "per_page": PER_PAGE,
        "total": total,
        "total_pages": -(-total // PER_PAGE),
    }


def _day_clauses(view: View, start_date: date | None, end_date: date | None) -> tuple[list[str], list[object]]:
    if start_date is not None and end_date is not None and end_date < start_date:
        raise Invalid("end_date is before start_date", "swap them", {"field": "end_date"})
    zone = zone_of(view.policy.zone)
    return overlap_clauses(
        to_us(midnight(start_date, zone)) if start_date is not None else None,
        to_us(midnight(end_date + DAY, zone)) if end_date is not None else None,
    )
