"""Local times of a Kimai user: whole minutes in a time zone, and what rounding and another zone make of them."""

from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from stintd.jsonvalue import Json, JsonObject, value_at
from stintd.ports import Item
from stintd.sinks.http_api import seconds_of

MINUTE, HOUR = 60, 3600
STEPS = tuple(minutes * MINUTE for minutes in (1, 5, 6, 10, 15, 30, 60))
"""Roundings that servers can be set to."""


def local_span(item: Item, zone: tzinfo) -> tuple[int, int]:
    """Begin and end in whole minutes. In the night in which an hour comes twice, local time cannot say which one is meant: better
    some hours early than with another length."""
    begin = item.start // MINUTE * MINUTE
    for early in range(0, 6 * HOUR, HOUR // 2):
        if _is_plain(begin - early, zone) and _is_plain(begin - early + item.seconds, zone):
            return begin - early, begin - early + item.seconds
    return begin, begin + item.seconds


def _is_plain(seconds: int, zone: tzinfo) -> bool:
    """Whether local time shows this only once."""
    local = datetime.fromtimestamp(seconds, zone)
    return local.replace(fold=0).utcoffset() == local.replace(fold=1).utcoffset()


def is_same(entry: JsonObject, item: Item, zone: tzinfo) -> bool:
    """Whether an entry of the list is this item. Its times may be rounded, begin and end to the same step: so another entry,
    which begins where this one ended, fits only when both were rounded to the same time."""
    place = (str(entry.get("project")), str(entry.get("activity")))
    text = " ".join(str(entry.get("description") or "").split())
    if place != (item.remote["project_id"], item.remote["activity_id"]) or text != item.description:
        return False
    begin, end = times(entry)
    if begin is None or end is None:
        return False
    sent = local_span(item, zone)
    return any(_is_near(begin, sent[0], step) and _is_near(end, sent[1], step) for step in STEPS)


def times(entry: JsonObject) -> tuple[int | None, int | None]:
    return seconds_of(entry.get("begin")), seconds_of(entry.get("end"))


def _is_near(there: int, sent: int, step: int) -> bool:
    return there in (sent, sent // step * step, -(-sent // step) * step)


def zone_offset(entry: Json, begin: int, zone: tzinfo) -> int:
    """By how many seconds a stored entry is off because the server uses another zone than we assumed: its answer carries the
    offset of its own zone. Differences from rounding are ignored."""
    try:
        stored_begin = datetime.fromisoformat(str(value_at(entry, "begin") or ""))
    except ValueError:
        return 0
    if stored_begin.tzinfo is None or stored_begin.utcoffset() == stored_begin.astimezone(zone).utcoffset():
        return 0
    offset = int(stored_begin.timestamp()) - begin
    return round(offset / (15 * MINUTE)) * 15 * MINUTE


def local_text(seconds: int, zone: tzinfo) -> str:
    return datetime.fromtimestamp(seconds, zone).strftime("%Y-%m-%dT%H:%M:%S")


def zone_of(name: Json) -> tzinfo | None:
    try:
        return ZoneInfo(str(name)) if name else None
    except (ValueError, OSError, KeyError):
        return None
