"""The clock on the wall of a Kimai user: whole minutes of a zone, and what rounding and moving make of them."""

from datetime import datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from stintd.ports import Item
from stintd.sinks.http_api import seconds_of

MINUTE, HOUR = 60, 3600
STEPS = tuple(minutes * MINUTE for minutes in (1, 5, 6, 10, 15, 30, 60))
"""What servers are set to round to."""


def placed(item: Item, zone: tzinfo) -> tuple[int, int]:
    """Begin and end in whole minutes. In the night that has an hour twice the wall cannot tell which is meant: rather
    some hours early than of another length."""
    begin = item.start // MINUTE * MINUTE
    for early in range(0, 6 * HOUR, HOUR // 2):
        if _is_plain(begin - early, zone) and _is_plain(begin - early + item.seconds, zone):
            return begin - early, begin - early + item.seconds
    return begin, begin + item.seconds


def _is_plain(seconds: int, zone: tzinfo) -> bool:
    """Whether the wall shows this only once."""
    there = datetime.fromtimestamp(seconds, zone)
    return there.replace(fold=0).utcoffset() == there.replace(fold=1).utcoffset()


def is_same(one: dict[str, Any], item: Item, zone: tzinfo) -> bool:
    """Whether an entry of the list is this one. Its times may be rounded, begin and end by the same steps, so that another one,
    which begins where this one ended, fits only when both were rounded to the same."""
    place = (str(one.get("project")), str(one.get("activity")))
    text = " ".join(str(one.get("description") or "").split())
    if place != (item.remote["project_id"], item.remote["activity_id"]) or text != item.description:
        return False
    begin, end = times(one)
    if begin is None or end is None:
        return False
    sent = placed(item, zone)
    return any(_is_near(begin, sent[0], step) and _is_near(end, sent[1], step) for step in STEPS)


def times(one: dict[str, Any]) -> tuple[int | None, int | None]:
    return seconds_of(one.get("begin")), seconds_of(one.get("end"))


def _is_near(there: int, sent: int, step: int) -> bool:
    return there in (sent, sent // step * step, -(-sent // step) * step)


def aside(stored: Any, begin: int, zone: tzinfo) -> int:
    """By how many seconds a stored entry lies beside what was meant because the server goes by another zone: its answer
    carries that one's offset. What it rounded is left alone."""
    try:
        there = datetime.fromisoformat(str(stored.get("begin") if isinstance(stored, dict) else ""))
    except ValueError:
        return 0
    if there.tzinfo is None or there.utcoffset() == there.astimezone(zone).utcoffset():
        return 0
    aside = int(there.timestamp()) - begin
    return round(aside / (15 * MINUTE)) * 15 * MINUTE


def wall(seconds: int, zone: tzinfo) -> str:
    return datetime.fromtimestamp(seconds, zone).strftime("%Y-%m-%dT%H:%M:%S")


def zone_of(name: Any) -> tzinfo | None:
    try:
        return ZoneInfo(str(name)) if name else None
    except (ValueError, OSError, KeyError):
        return None
