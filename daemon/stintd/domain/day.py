"""Local days: when they begin, and which day an instant lies in. Callers pass the zone; arithmetic is in UTC.

A day has 23, 24 or 25 hours. Where midnight does not exist, the day begins at the first instant after it. A day may be
missing altogether (Apia, 30 December 2011).
"""

from datetime import UTC, date, datetime, time, timedelta, tzinfo

from stintd.errors import Invalid

ONE_DAY = timedelta(days=1)
_CLOCK = "%Y-%m-%d %H:%M"


def start_of_day(day: date, zone: tzinfo) -> datetime:
    """The instant at which a local day begins. If midnight does not exist, the instant of the clock's jump; if there are two
    midnights, the first."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def day_of(instant: datetime, zone: tzinfo) -> date:
    """The local day an instant lies in."""
    return instant.astimezone(zone).date()


def week_of(day: date) -> tuple[date, date]:
    """Monday and Sunday of a day's week."""
    monday = day - day.weekday() * ONE_DAY
    return monday, monday + 6 * ONE_DAY


def iso_week(day: date) -> str:
    """`2026-W47`."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def instant_of(local: datetime, zone: tzinfo, now: datetime) -> datetime:
    """The instant of a local (naive) time; `invalid` when the clocks skipped it, or showed it twice. If only the first of the
    two is past by `now`, that one is meant."""
    first = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    second = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    shown = first.astimezone(zone).replace(tzinfo=None, fold=0)
    if shown != local.replace(fold=0):
        raise Invalid(
            f"{local.strftime(_CLOCK)} does not exist: the clocks went forward",
            f"did you mean {shown.strftime('%H:%M')}?",
        )
    if first == second or second > now >= first:
        return first
    both = " or ".join(instant.astimezone(zone).isoformat(timespec="minutes") for instant in (first, second))
    raise Invalid(f"{local.strftime(_CLOCK)} happened twice: the clocks went back", f"write {both}")
