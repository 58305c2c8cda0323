"""iCalendar (RFC 5545): one VEVENT for each run, so that DTEND minus DTSTART is the time that counts; times in UTC.

The properties `X-STINT-…` carry what a calendar has no field for, so our own file reads back complete: the runs of one entry
become one entry with its pauses again.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from stintd.errors import Invalid
from stintd.formats.parsed import BadLine, ParsedLines, SkippedLine, entry_item, lines
from stintd.formats.work import NO_PROJECT, Work, compact, content_id, whole_runs

FOLD = 75
"""Octets of a line, without its end."""
_ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": None})


def write(work: Iterable[Work], now: datetime) -> Iterator[str]:
    """The calendar. `now` is its DTSTAMP."""
    yield "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//stintd//stint export//EN\r\nCALSCALE:GREGORIAN\r\n"
    for entry in work:
        for number, (start, end) in enumerate(whole_runs(entry), 1):
            properties = [
                "BEGIN:VEVENT",
                f"UID:{entry.id}{f'-{number}' if number > 1 else ''}@stintd",
                f"DTSTAMP:{compact(now)}",
                f"DTSTART:{compact(start)}",
                f"DTEND:{compact(end)}",
                f"SUMMARY:{_text(_summary(entry))}",
                *_properties(entry),
                "TRANSP:TRANSPARENT",
                "END:VEVENT",
            ]
            yield "".join(_fold(line) for line in properties)
    yield "END:VCALENDAR\r\n"


def _summary(work: Work) -> str:
    name = work.project or NO_PROJECT
    first = (work.description.splitlines() or [""])[0]
    return f"{name}: {first}" if first else name


def _properties(work: Work) -> Iterator[str]:
    if work.description:
        yield f"DESCRIPTION:{_text(work.description)}"
    if work.tags:
        yield "CATEGORIES:" + ",".join(map(_text, work.tags))
    yield f"X-STINT-ID:{_text(work.id)}"
    for name, value in (("PROJECT", work.project), ("CLIENT", work.client), ("TASK", work.task)):
        if value:
            yield f"X-STINT-{name}:{_text(value)}"
    if work.billable is not None:
        yield f"X-STINT-BILLABLE:{'TRUE' if work.billable else 'FALSE'}"


def _text(text: str) -> str:
    """A text escaped as TEXT, without the control characters that a calendar does not allow."""
    return "".join(c for c in text.replace("\r\n", "\n") if c in "\n\t" or (c >= " " and c != "\x7f")).translate(_ESCAPES)


def _fold(line: str) -> str:
    """A line folded into pieces of at most 75 octets; no character is cut."""
    pieces: list[str] = []
    piece, size = "", 0
    for c in line:
        width = len(c.encode("utf-8", "replace"))
        if size + width > FOLD - bool(pieces):
            pieces.append(piece)
            piece, size = "", 0
        piece, size = piece + c, size + width
    return "\r\n ".join([*pieces, piece]) + "\r\n"


# ---------------------------------------------------------------- reading

Property = tuple[str, dict[str, str], str]


def read(pieces: Iterable[str], zone: tzinfo) -> ParsedLines:
    """Events as entries; all-day events are skipped. A repeating event is read as its first occurrence."""
    waiting: tuple[int, Work] | None = None
    for line, event in _events(pieces):
        try:
            work = _work(event, zone)
        except Invalid as error:
            yield BadLine(line, error.message)
            continue
        if isinstance(work, str):
            yield SkippedLine(line, work)
            continue
        if waiting is not None and work.id and waiting[1].id == work.id and waiting[1].end <= work.start:
            pause = (waiting[1].end, work.start)
            waiting = waiting[0], replace(waiting[1], end=work.end, pauses=(*waiting[1].pauses, pause))
            continue
        if waiting is not None:
            yield entry_item(*waiting)
        waiting = line, work
    if waiting is not None:
        yield entry_item(*waiting)


def _events(pieces: Iterable[str]) -> Iterator[tuple[int, list[Property]]]:
    """The properties of each VEVENT, and the line it began on; components inside it (alarms) are skipped."""
    depth: list[str] = []
    event: list[Property] = []
    event_line = 0
    is_calendar = False
    for number, text in _unfold(pieces):
        name, parameters, value = _property(number, text)
        if name == "BEGIN":
            depth.append(value.upper())
            is_calendar = is_calendar or depth == ["VCALENDAR"]
            if depth[-1] == "VEVENT":
                event, event_line = [], number
        elif name == "END":
            if not depth or depth.pop() != value.upper():
                raise Invalid(f"line {number}: END without its BEGIN", "is the file complete?")
            if value.upper() == "VEVENT":
                yield event_line, event
        elif depth[-1:] == ["VEVENT"]:
            event.append((name, parameters, value))
        if not is_calendar:
            raise Invalid("this is not an iCalendar file", "one begins with BEGIN:VCALENDAR")
    if depth:
        raise Invalid(f"the file ends inside {depth[-1][:20]}", "is it complete?")


def _unfold(pieces: Iterable[str]) -> Iterator[tuple[int, str]]:
    number, text = 0, ""
    for at, line in lines(pieces):
        if line[:1] in (" ", "\t") and number:
            text += line[1:]
            if len(text) > 1 << 20:
                raise Invalid(f"line {number}: a property is larger than 1 MiB")
            continue
        if text:
            yield number, text
        number, text = at, line.lstrip("\ufeff")
    if text:
        yield number, text


def _property(number: int, text: str) -> Property:
    """Name, parameters and value of a content line."""
    head, value, is_quoted = "", "", False
    for place, c in enumerate(text):
        if c == '"':
            is_quoted = not is_quoted
        elif c == ":" and not is_quoted:
            head, value = text[:place], text[place + 1 :]
            break
    if not head:
        raise Invalid(f"line {number}: this is not a line of iCalendar", "is it the right file?")
    name, *rest = head.split(";")
    parameters = {key.upper(): text.strip('"') for key, _, text in (part.partition("=") for part in rest)}
    return name.upper(), parameters, value


def _work(event: list[Property], zone: tzinfo) -> Work | str:
    """The work of an event, or why it is skipped."""
    properties = {name: (parameters, value) for name, parameters, value in reversed(event)}
    texts = {name: _plain(value) for name, (_, value) in properties.items()}
    start = _moment(properties.get("DTSTART"), zone)
    if start is None:
        return "it has no time of day"
    if texts.get("STATUS", "").upper() == "CANCELLED":
        return "it is cancelled"
    end = _moment(properties.get("DTEND"), zone)
    if end is None and "DURATION" in properties:
        end = start + _length(texts["DURATION"])
    if end is None:
        return "it has no end"
    project, description = texts.get("X-STINT-PROJECT", ""), texts.get("DESCRIPTION", "")
    identity = texts.get("X-STINT-ID", "")
    if not identity:
        project, rest = _split_summary(texts.get("SUMMARY", ""))
        description = description or rest
        identity = content_id(start, texts.get("UID", ""), properties.get("DTSTART", ({}, ""))[1], texts.get("RECURRENCE-ID", ""))
    tags = [tag for name, _, value in event if name == "CATEGORIES" for tag in _split_list(value)]
    billable = {"TRUE": True, "FALSE": False}.get(texts.get("X-STINT-BILLABLE", ""))
    return Work(
        start,
        end,
        project,
        identity,
        texts.get("X-STINT-CLIENT", ""),
        texts.get("X-STINT-TASK", ""),
        description,
        tuple(dict.fromkeys(tags)),
        billable,
    )


def _split_summary(text: str) -> tuple[str, str]:
    """Project and description of `Project: description`; without a colon all of it is the project."""
    name, colon, rest = text.partition(": ")
    return (name.strip(), rest.strip()) if colon else (text.strip(), "")


def _plain(text: str) -> str:
    out, rest = [], iter(text)
    for c in rest:
        if c == "\\":
            c = next(rest, "")
            c = "\n" if c in ("n", "N") else c
        out.append(c)
    return "".join(out)


def _split_list(text: str) -> list[str]:
    """The texts of a list separated by commas."""
    parts, piece, is_escaped = [], "", False
    for c in text:
        if c == "," and not is_escaped:
            parts.append(piece)
            piece = ""
            continue
        is_escaped = c == "\\" and not is_escaped
        piece += c
    return [_plain(part) for part in (*parts, piece) if _plain(part).strip()]


def _moment(value: tuple[dict[str, str], str] | None, zone: tzinfo) -> datetime | None:
    """The instant of DTSTART or DTEND; None for a whole day or nothing. A time without a zone is local time in `zone`."""
    if value is None or value[0].get("VALUE", "").upper() == "DATE" or "T" not in value[1]:
        return None
    text, name = value[1].strip(), value[0].get("TZID", "")
    try:
        local = datetime.strptime(text.removesuffix("Z"), "%Y%m%dT%H%M%S")
        where: tzinfo = UTC if text.endswith("Z") else ZoneInfo(name) if name else zone
        return local.replace(tzinfo=where).astimezone(UTC)
    except (ZoneInfoNotFoundError, OSError) as error:
        raise Invalid(f"its time zone {name[:40]!r} is unknown") from error
    except (ValueError, OverflowError) as error:
        raise Invalid(f"{text[:40]!r} is not a time") from error


def _length(text: str) -> timedelta:
    """A DURATION, like PT1H30M."""
    days, _, rest = text.strip().upper().lstrip("+").removeprefix("P").partition("T")
    total, number = 0, ""
    units = {"W": 604800, "D": 86400, "H": 3600, "M": 60, "S": 1}
    for c in days + rest:
        if c.isascii() and c.isdigit() and len(number) < 9:
            number += c
        elif c in units and number:
            total, number = total + int(number) * units[c], ""
        else:
            raise Invalid(f"{text[:40]!r} is not a length")
    return timedelta(seconds=min(total, 10**9))
