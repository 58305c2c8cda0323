"""Times as people type them on the command line: `domain.when` with the zone of this machine. Not for the fast path."""

import os
import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from stintd.domain import when
from stintd.errors import Invalid

LOCALTIME, TIMEZONE = "/etc/localtime", "/etc/timezone"
_BARE_CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2})?\s*([ap]m)?|\d{1,2}\s*[ap]m|noon", re.IGNORECASE)


def zone_name() -> str:
    """The name of the zone this machine is in, like Europe/Berlin; UTC if it cannot be determined."""
    target = os.path.realpath(LOCALTIME).partition("/zoneinfo/")[2]
    for name in (os.environ.get("TZ", "").lstrip(":"), target, _zone_of_file()):
        if name and _is_zone(name):
            return name
    return "UTC"


def _zone_of_file() -> str:
    try:
        with open(TIMEZONE, encoding="ascii") as file:
            return file.readline().strip()
    except (OSError, ValueError):
        return ""


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def zone() -> ZoneInfo:
    """The zone this machine is in."""
    return ZoneInfo(zone_name())


def instant(text: str, now: datetime, on: date | None = None) -> datetime:
    """A time; with `on`, a bare time of day is on that local day."""
    if on is not None and _BARE_CLOCK.fullmatch(text.strip()):
        text = f"{on.isoformat()} {text.strip()}"
    return when.parse_instant(text, now, zone())


def span(text: str, now: datetime) -> tuple[datetime, datetime]:
    """A range like `14:00-15:30`, or a length that ends now."""
    return when.parse_range(text, now, zone())


def length(text: str) -> timedelta:
    return when.parse_length(text)


def period(text: str, now: datetime) -> tuple[date, date]:
    """First and last local day of `today`, `last week`, `2026-11`."""
    return when.parse_period(text, now, zone())


def day(text: str, now: datetime) -> date:
    """One local day."""
    return when.parse_day(text, now, zone())


def day_or_none(text: str, now: datetime) -> date | None:
    """The local day that `text` names; None if it is not a day (it may be a time)."""
    try:
        return day(text, now)
    except Invalid:
        return None
