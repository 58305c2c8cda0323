"""Periods as API clients send them: dates are the owner's local days, including the last; instants are half-open."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from stintd.domain.model import to_us
from stintd.errors import Invalid
from stintd.frozen import frozen

DAY = timedelta(days=1)


@frozen
class Period:
    """From `start` up to but not including `end`. `days`: its first and last local day, if it consists of whole days."""

    start: datetime
    end: datetime
    days: tuple[date, date] | None = None

    @property
    def lo_us(self) -> int:
        return to_us(self.start)

    @property
    def hi_us(self) -> int:
        return to_us(self.end)


def zone_of(name: str) -> ZoneInfo:
    """The zone of this name, or `invalid`."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Invalid(f"unknown time zone {name[:64]!r}", "send a name like Europe/Berlin") from error


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which a local day begins; if midnight does not exist that day, the first instant after it."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def period(
    since: date | datetime | None,
    until: date | datetime | None,
    zone: ZoneInfo,
    now: datetime,
    default: tuple[date, date] | None = None,
) -> Period:
    """The period between two ends; without either, `default`; with one missing, the period has no limit on that side."""
    if since is None and until is None and default is not None:
        since, until = default
    start = _start(since, zone) if since is not None else datetime(1970, 1, 1, tzinfo=UTC)
    end = _end(until, zone) if until is not None else max(now + 366 * DAY, start + DAY)
    if end < start:
        raise Invalid("the period ends before it begins", "swap from and to")
    return Period(start, end, _days(since, until, zone, now))


def _is_day(end: date | datetime | None) -> bool:
    return isinstance(end, date) and not isinstance(end, datetime)


def _start(end: date | datetime, zone: ZoneInfo) -> datetime:
    return end.astimezone(UTC) if isinstance(end, datetime) else midnight(end, zone)


def _end(end: date | datetime, zone: ZoneInfo) -> datetime:
    return end.astimezone(UTC) if isinstance(end, datetime) else midnight(end + DAY, zone)


def _days(
    since: date | datetime | None, until: date | datetime | None, zone: ZoneInfo, now: datetime
) -> tuple[date, date] | None:
    """The whole local days of a period, if both ends are dates or fall on midnight."""
    first = since if _is_day(since) else _day_at(since, zone)
    last = until if _is_day(until) else _day_at(until, zone, -DAY)
    if since is None:
        first = date(1970, 1, 1)
    if until is None:
        last = now.astimezone(zone).date() + 366 * DAY
    return (first, last) if first is not None and last is not None and first <= last else None


def _day_at(end: date | datetime | None, zone: ZoneInfo, shift: timedelta = timedelta()) -> date | None:
    if not isinstance(end, datetime):
        return None
    day = end.astimezone(zone).date()
    return day + shift if midnight(day, zone) == end.astimezone(UTC) else None


def week_of(day: date) -> tuple[date, date]:
    """Monday to Sunday."""
    monday = day - day.weekday() * DAY
    return monday, monday + 6 * DAY
