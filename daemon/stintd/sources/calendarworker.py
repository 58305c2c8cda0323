"""The process that reads one calendar for `calendars`: it reads one JSON line, writes one, and ends.

It is a process of its own because the libraries that know recurrences and time zones take memory, and because whatever a
hostile calendar makes them do ends with this process. It limits its own memory and processor time; `calendars` limits how
long it runs and how much it writes.
"""

import json
import os
import stat
import sys
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, TypedDict
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events  # type: ignore[import-untyped]  # 3.8 brings no types

from stintd.jsonvalue import JsonBody

if sys.platform != "win32":
    import resource

NICE = 10
SIZE_LIMIT = 8 * 1024 * 1024
MEMORY_LIMIT = 768 * 1024 * 1024
SECONDS = 10
EVENTS_LIMIT = 1000
"""Most occurrences of one calendar in the period asked for."""
TITLE_LIMIT, ATTENDEES_LIMIT = 200, 20
LONGEST = timedelta(hours=24)
"""An event that is longer is a journey or a holiday, not a meeting."""


class CalendarRefused(Exception):
    """The calendar is not read; the text says why."""


class CalendarQuestion(TypedDict):
    """The line that `calendars` writes."""

    path: str
    lo_us: int
    hi_us: int
    zone: str
    emails: list[str]


def answer(question: CalendarQuestion) -> dict[str, JsonBody]:
    """The meetings of a half-open period; `isFull` when there were more."""
    zone = ZoneInfo(question["zone"])
    lo, hi = (datetime.fromtimestamp(us / 1e6, zone) for us in (question["lo_us"], question["hi_us"]))
    calendar = icalendar.Calendar.from_ical(_text(question["path"]))
    emails = {email.casefold() for email in question["emails"]}
    events = recurring_ical_events.of(calendar, components=["VEVENT"], skip_bad_series=True).between(lo, hi)
    all_meetings = (meeting for event in events if (meeting := _meeting(event, zone, emails)) is not None)
    meetings = list(islice(all_meetings, EVENTS_LIMIT + 1))
    return {"meetings": meetings[:EVENTS_LIMIT], "isFull": len(meetings) > EVENTS_LIMIT}


def _text(path: str) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise CalendarRefused("it is not a file")
        text = file.read(SIZE_LIMIT + 1)
    if len(text) > SIZE_LIMIT:
        raise CalendarRefused(f"it is larger than {SIZE_LIMIT >> 20} MiB")
    if b"BEGIN:VCALENDAR" not in text[:1024].upper():
        raise CalendarRefused("it is not an iCalendar file")
    return text


def _meeting(event: Any, zone: ZoneInfo, emails: set[str]) -> list[JsonBody] | None:
    """`[start, end, title, attendees]`; None for an event that takes up no time, or that cannot be understood."""
    try:
        start, end = event.start, event.end
        if not isinstance(start, datetime) or not isinstance(end, datetime) or not _takes_time(event, emails):
            return None
        lo, hi = (time.replace(tzinfo=zone) if time.tzinfo is None else time for time in (start, end))
        lo_us, hi_us = (round(time.timestamp() * 1e6) for time in (lo, hi))
        if not 0 < hi_us - lo_us < LONGEST / timedelta(microseconds=1):
            return None
        return [
            lo_us,
            hi_us,
            _clean(event.get("SUMMARY", "")) or "meeting",
            [_address(attendee) for attendee in _attendees(event)[:ATTENDEES_LIMIT]],
        ]
    except (ValueError, TypeError, AttributeError, OverflowError, KeyError):
        return None


def _takes_time(event: Any, emails: set[str]) -> bool:
    """Whether it is not cancelled, not shown as free time, and not declined by the calendar's owner."""
    if str(event.get("STATUS", "")).upper() == "CANCELLED" or str(event.get("TRANSP", "")).upper() == "TRANSPARENT":
        return False
    own = [attendee for attendee in _attendees(event) if _address(attendee).casefold() in emails]
    return not any(str(getattr(attendee, "params", {}).get("PARTSTAT", "")).upper() == "DECLINED" for attendee in own)


def _attendees(event: Any) -> list[object]:
    attendees = event.get("ATTENDEE", [])
    return list(attendees if isinstance(attendees, list) else [attendees])


def _address(attendee: object) -> str:
    text = _clean(attendee)
    return text[7:] if text[:7].casefold() == "mailto:" else text


def _clean(text: object) -> str:
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
        reply = answer(json.loads(sys.stdin.readline()))
    except CalendarRefused as refusal:
        reply = {"error": str(refusal)}
    except OSError as error:
        reply = {"error": error.strerror or type(error).__name__}
    except MemoryError:
        reply = {"error": "it takes too much memory"}
    except Exception as error:  # the outermost boundary of this process: whatever a hostile calendar makes the libraries raise
        reply = {"error": f"it cannot be understood ({type(error).__name__})"}
    sys.stdout.write(json.dumps(reply) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
