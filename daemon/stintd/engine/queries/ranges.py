"""Ranges of days as API clients name them: `last_7_days`, `this month`, `2026-11`."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from stintd.domain.model import from_us
from stintd.engine.period import DAY
from stintd.engine.view import View
from stintd.errors import Invalid
from stintd.store.rowio import fetch_value

DAYS_LIMIT = 366
_RANGES = {
    "today": 0, "yesterday": 1, "last_7_days": 6, "last_14_days": 13, "last_30_days": 29, "last_6_months": 181,
    "last_year": 364,
}  # fmt: skip


def days_of(
    view: View, zone: ZoneInfo, start: date | None, end: date | None, name: str | None, longest: int | None = DAYS_LIMIT
) -> tuple[date, date]:
    """First and last local day of the requested range; without one, a week. `longest` limits answers that list every day:
    there is a name for a range without end, and a name beside two dates does not limit their distance.
    """
    day = view.now.astimezone(zone).date()
    if start is not None or end is not None:
        first_day, last_day = start or end or day, end or start or day
    else:
        first_day, last_day = _named_range(view, zone, day, (name or "last_7_days").lower().replace(" ", "_"))
    if last_day < first_day:
        raise Invalid("the range ends before it begins", "swap start and end")
    if longest is not None and (last_day - first_day).days >= longest:
        raise Invalid(f"a range has at most {longest} days", "ask for a shorter range, or for stats/all_time")
    return first_day, last_day


def _named_range(view: View, zone: ZoneInfo, day: date, name: str) -> tuple[date, date]:
    if name in _RANGES:
        return day - _RANGES[name] * DAY, day - DAY if name == "yesterday" else day
    if name in ("this_week", "last_week"):
        monday = day - day.weekday() * DAY
        return (monday, day) if name == "this_week" else (monday - 7 * DAY, monday - DAY)
    if name in ("this_month", "last_month"):
        begin = day.replace(day=1)
        return (begin, day) if name == "this_month" else ((begin - DAY).replace(day=1), begin - DAY)
    if name == "all_time":
        oldest_us = fetch_value(view.conn, int, "SELECT min(start_us) FROM entry")
        return (from_us(oldest_us).astimezone(zone).date() if oldest_us is not None else day), day
    return _calendar_range(name)


def _calendar_range(name: str) -> tuple[date, date]:
    """A year or a month, `2026` or `2026-11`."""
    try:
        year, _, month = name.partition("-")
        begin = datetime(int(year), int(month or 1), 1, tzinfo=UTC).date()
        if not 1970 <= begin.year < 9000:
            raise ValueError
    except (ValueError, OverflowError) as error:
        names = ", ".join([*_RANGES, "this_month", "all_time"])
        raise Invalid(f"there is no range {name[:40]!r}", f"use {names}, a year or a month") from error
    following = (begin.replace(day=28) + 4 * DAY).replace(day=1) if month else begin.replace(year=begin.year + 1)
    return begin, following - DAY
