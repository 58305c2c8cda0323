"""The process that reads one calendar for `calendars`: one JSON line in, one out, then it ends.

A process of its own: the libraries that know recurrences and time zones cost the daemon's memory, and what a hostile calendar
makes them do ends with this process. It limits its own memory and processor time; who started it limits the rest.
"""

import json
import os
import stat
import sys
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events  # type: ignore[import-untyped]  # 3.8 brings no types

if sys.platform != "win32":
    import resource

NICE = 10
SIZE_LIMIT = 8 * 1024 * 1024
MEMORY_LIMIT = 768 * 1024 * 1024
SECONDS = 10
EVENTS_LIMIT = 1000
"""Occurrences of one calendar in one asked period."""
TITLE_LIMIT, ATTENDEES_LIMIT = 200, 20
LONGEST = timedelta(hours=24)
"""An event that is longer is a journey or a holiday, and no meeting."""


class CalendarRefused(Exception):
    """The calendar is not read; the text says why."""


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    """The meetings of a half-open period; `isFull` when there were more."""
    zone = ZoneInfo(asked["zone"])
    lo, hi = (datetime.fromtimestamp(asked[name] / 1e6, zone) for name in ("lo_us", "hi_us"))
    calendar = icalendar.Calendar.from_ical(_text(asked["path"]))
    emails = {one.casefold() for one in asked["emails"]}
    found = recurring_ical_events.of(calendar, components=["VEVENT"], skip_bad_series=True).between(lo, hi)
    events = list(islice((told for one in found if (told := _meeting(one, zone, emails)) is not None), EVENTS_LIMIT + 1))
    return {"meetings": events[:EVENTS_LIMIT], "isFull": len(events) > EVENTS_LIMIT}


def _text(path: str) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise CalendarRefused("it is no file")
        text = file.read(SIZE_LIMIT + 1)
    if len(text) > SIZE_LIMIT:
        raise CalendarRefused(f"it is larger than {SIZE_LIMIT >> 20} MiB")
    if b"BEGIN:VCALENDAR" not in text[:1024].upper():
        raise CalendarRefused("it is no iCalendar file")
    return text


def _meeting(event: Any, zone: ZoneInfo, emails: set[str]) -> list[Any] | None:
    """`[start, end, title, attendees]`; None for what takes nobody's time, and for what cannot be understood."""
    try:
        start, end = event.start, event.end
        if not isinstance(start, datetime) or not isinstance(end, datetime) or not _takes_time(event, emails):
            return None
        lo, hi = (one.replace(tzinfo=zone) if one.tzinfo is None else one for one in (start, end))
        lo_us, hi_us = (round(one.timestamp() * 1e6) for one in (lo, hi))
        if not 0 < hi_us - lo_us < LONGEST / timedelta(microseconds=1):
            return None
        return [
            lo_us,
            hi_us,
            _clean(event.get("SUMMARY", "")) or "meeting",
            [_address(one) for one in _attendees(event)[:ATTENDEES_LIMIT]],
        ]
    except (ValueError, TypeError, AttributeError, OverflowError, KeyError):
        return None


def _takes_time(event: Any, emails: set[str]) -> bool:
    """Not cancelled, not shown as free, and not declined by its owner."""
    if str(event.get("STATUS", "")).upper() == "CANCELLED" or str(event.get("TRANSP", "")).upper() == "TRANSPARENT":
        return False
    mine = [one for one in _attendees(event) if _address(one).casefold() in emails]
    return not any(str(getattr(one, "params", {}).get("PARTSTAT", "")).upper() == "DECLINED" for one in mine)


def _attendees(event: Any) -> list[Any]:
    found = event.get("ATTENDEE", [])
    return list(found if isinstance(found, list) else [found])


def _address(attendee: Any) -> str:
    text = _clean(attendee)
    return text[7:] if text[:7].casefold() == "mailto:" else text


def _clean(text: Any) -> str:
    """One printable line, not too long."""
    return " ".join("".join(char if char.isprintable() else " " for char in str(text)[: TITLE_LIMIT * 4]).split())[:TITLE_LIMIT]


def _limit() -> None:
    if sys.platform != "win32":
        os.nice(NICE)
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))


def main() -> None:
    """Answer one question."""
    _limit()
    try:
        told = answer(json.loads(sys.stdin.readline()))
    except CalendarRefused as why:
        told = {"error": str(why)}
    except OSError as error:
        told = {"error": error.strerror or type(error).__name__}
    except MemoryError:
        told = {"error": "it takes too much memory"}
    except Exception as error:  # the outermost boundary of this process: whatever a hostile calendar makes the libraries raise
        told = {"error": f"it cannot be understood ({type(error).__name__})"}
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
