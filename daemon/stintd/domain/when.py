"""Reads times as people type them: `10:30`, `yesterday 14:00`, `-15m`, `mon 14:00-15:00`, `45m`, `last week`, `2026-W47`.

Everything is read in the owner's zone, relative to a `now` that the caller passes. A text that cannot be read is `invalid`,
and the hint shows the accepted forms. Where two readings would bill different hours, nothing is guessed. The caller decides
whether a time may lie in the future.
"""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import NamedTuple

from stintd.domain.day import ONE_DAY, day_of, instant_of, week_of
from stintd.errors import Invalid

SMALL_HOURS = time(4)
"""Before this hour, a time of day that has not come yet means yesterday evening; later in the day it is refused as future."""
LONGEST_NIGHT = timedelta(hours=12)
"""`22:00-01:00` crosses midnight. `15:30-14:00` would too, for 22 hours: that is a typing error and is refused."""
LONGEST = timedelta(days=366)
YEARS = range(1970, 2200)
TEXT_LIMIT = 80

WHEN_HINT = "write 10:30, yesterday 14:00, mon 9:15, 2026-11-20T10:30 or -15m"
LENGTH_HINT = "write 45m, 1h30m or 1.5h"
RANGE_HINT = "write 14:00-15:30, mon 14:00-15:00, 2026-11-20 14:00-15:30, or a length that ends now like 45m"
PERIOD_HINT = "write today, yesterday, week, last week, month, 2026-11, 2026-W47, 2026-11-20 or 2026-11-03..2026-11-07"

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKDAY = r"(?:mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:rs(?:day)?)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)"
_WORD = rf"(?:today|yesterday|(?:last\s+)?{_WEEKDAY})"
_DATE = r"\d{4}-\d{1,2}-\d{1,2}"
_DAY = rf"(?:{_WORD}|{_DATE})"
_TIME = r"(?:\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?\s*(?:am|pm)?|\d{1,2}\s*(?:am|pm)|noon)"
_OFFSET = r"(?:z|[+-](?:0\d|1[0-4]):?[0-5]\d)"


def _point_regex(prefix: str) -> str:
    """An optional day, a time of day, after a date an optional offset, as groups whose names begin with `prefix`."""
    day = rf"(?P<{prefix}day>{_WORD}|(?P<{prefix}date>{_DATE}))"
    offset = rf"(?({prefix}date)(?P<{prefix}offset>{_OFFSET})?|)"
    return rf"(?:{day}(?:t|\s+))?(?P<{prefix}time>{_TIME}){offset}"


_PIECE = r"\d{1,6}(?:[.,]\d{1,6})?"
_LENGTH = rf"(?:{_PIECE}\s*(?:d(?:ays?)?|h(?:ours?|rs?)?|m(?:in(?:ute)?s?)?|s(?:ec(?:ond)?s?)?)\s*)+"

_INSTANT = re.compile(_point_regex(""))
_RANGE = re.compile(rf"{_point_regex('a')}\s*(?:-|–|—|\.\.|to|until)\s*(?:{_point_regex('b')}|(?P<now>now))")
_FROM_FOR = re.compile(rf"{_point_regex('')}\s*(?:\+|for\s)\s*(?P<length>{_LENGTH}|\d{{1,3}}:\d{{2}})")
_PARTS = re.compile(rf"({_PIECE})\s*([dhms])[a-z]*\s*")
_CLOCK = re.compile(r"(\d{1,2})(?::(\d{2}))?(?::(\d{2})(?:\.(\d{1,6}))?)?\s*(am|pm)?")
_SECONDS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}


class Days(NamedTuple):
    """Local days, the last included."""

    first: date
    last: date


def parse_length(text: str) -> timedelta:
    """`45m`, `1h30m`, `1.5h`, `1:30` (hours and minutes); `invalid` when it is no length, zero or over a year."""
    plain = _plain(text, "a length", LENGTH_HINT)
    clock = re.fullmatch(r"(\d{1,4}):([0-5]\d)", plain)
    if clock:
        length = timedelta(hours=int(clock[1]), minutes=int(clock[2]))
    elif re.fullmatch(_LENGTH, plain):
        length = _sum_parts(plain, text)
    elif re.fullmatch(_PIECE, plain):
        raise Invalid(f"{_quote(text)} has no unit", f"did you mean {plain}m or {plain}h?")
    else:
        raise Invalid(f"{_quote(text)} is not a length", LENGTH_HINT)
    if not timedelta() < length <= LONGEST:
        raise Invalid(f"{_quote(text)} is {'zero' if not length else 'more than a year'}", LENGTH_HINT)
    return length


def _sum_parts(plain: str, text: str) -> timedelta:
    parts = _PARTS.findall(plain)
    units = [unit for _, unit in parts]
    if len(set(units)) < len(units):
        raise Invalid(f"{_quote(text)} names a unit twice", LENGTH_HINT)
    micros = sum(Decimal(number.replace(",", ".")) * _SECONDS[unit] * 1_000_000 for number, unit in parts)
    return timedelta(microseconds=int(micros))


def parse_instant(text: str, now: datetime, zone: tzinfo) -> datetime:
    """The UTC instant of `10:30`, `yesterday 14:00`, `2026-11-20T10:30`, `-15m`, `15m ago` or `now`."""
    plain = _plain(text, "a time", WHEN_HINT)
    if plain == "now":
        return now
    ago = re.fullmatch(rf"-\s*({_LENGTH}|\d{{1,4}}:\d{{2}})|({_LENGTH})\s*ago", plain)
    if ago:
        return now - parse_length(ago[1] or ago[2])
    match = _INSTANT.fullmatch(plain)
    if match is None:
        raise Invalid(f"{_quote(text)} is not a time", _hint_for(plain))
    return _point(match["day"], match["time"], match["offset"], now, zone, text)


def _hint_for(plain: str) -> str:
    """What to write instead: a specific hint for common mistakes, else the general one."""
    if re.fullmatch(_DAY, plain):
        return f"add the time of day: {plain} 14:00"
    if re.fullmatch(r"([01]?\d|2[0-3])[.h]?([0-5]\d)", plain):
        return f"did you mean {plain[:-2].rstrip('.h')}:{plain[-2:]}?"
    return WHEN_HINT


def parse_range(text: str, now: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    """Start and end of `14:00-15:30`, `mon 14:00-15:00`, `22:00-01:00` (over midnight), `14:00 for 45m`, or of a
    length that ends now.
    """
    plain = _plain(text, "a range of time", RANGE_HINT)
    if re.fullmatch(rf"{_LENGTH}|{_PIECE}", plain):
        return now - parse_length(plain), now
    match = _FROM_FOR.fullmatch(plain)
    if match:
        start = _point(match["day"], match["time"], match["offset"], now, zone, text)
        return start, start + parse_length(match["length"])
    match = _RANGE.fullmatch(plain)
    if match is None:
        raise Invalid(f"{_quote(text)} is not a range of time", RANGE_HINT)
    start = _point(match["aday"], match["atime"], match["aoffset"], now, zone, text)
    end = now if match["now"] else _end(match, start, now, zone, text)
    if end <= start:
        raise Invalid(f"{_quote(text)} ends before it starts", "swap the two times, or name the days")
    return start, end


def _end(match: re.Match[str], start: datetime, now: datetime, zone: tzinfo, text: str) -> datetime:
    """The end of a range. Without a day of its own it lies on the day of the start, or past midnight on the next day."""
    if match["bday"] or match["boffset"]:
        return _point(match["bday"], match["btime"], match["boffset"], now, zone, text)
    local_start = start.astimezone(zone).replace(tzinfo=None, fold=0)
    days, clock = _clock(match["btime"], text)
    local = datetime.combine(local_start.date() + days * ONE_DAY, clock)
    if local < local_start and local + ONE_DAY - local_start <= LONGEST_NIGHT:
        local += ONE_DAY
    return instant_of(local, zone, now)


def _point(day_text: str | None, time_text: str, offset: str | None, now: datetime, zone: tzinfo, text: str) -> datetime:
    """The instant of a day and a time of day. Without a day: today, or yesterday for an hour that is still to come, early in the
    morning (SMALL_HOURS)."""
    extra, clock = _clock(time_text, text)
    today, clock_now = day_of(now, zone), now.astimezone(zone).time()
    is_ahead = extra == 0 and clock > clock_now
    if day_text is None:
        day = today - ONE_DAY if is_ahead and clock_now < SMALL_HOURS else today
    else:
        day = _day(day_text, today, text, is_ahead)
    local = datetime.combine(day + extra * ONE_DAY, clock)
    return instant_of(local, zone, now) if offset is None else _apply_offset(local, offset, text)


def _apply_offset(local: datetime, offset: str, text: str) -> datetime:
    if offset == "z":
        return local.replace(tzinfo=UTC)
    try:
        return datetime.fromisoformat(f"{local.isoformat()}{offset}").astimezone(UTC)
    except (ValueError, OverflowError):
        raise Invalid(f"{_quote(text)}: there is no such UTC offset", WHEN_HINT) from None


def _clock(text: str, whole: str) -> tuple[int, time]:
    """(days to add, time of day); 24:00 is the end of the day."""
    if text == "noon":
        return 0, time(12)
    match = _CLOCK.fullmatch(text.strip())
    assert match is not None
    hour, minute, second = int(match[1]), int(match[2] or 0), int(match[3] or 0)
    half = match[5]
    if half and not 1 <= hour <= 12:
        raise Invalid(f"{_quote(whole)}: there is no {hour} {half}", "write 2:30pm or 14:30")
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    if (hour, minute, second) == (24, 0, 0):
        return 1, time()
    try:
        return 0, time(hour, minute, second, int((match[4] or "").ljust(6, "0")))
    except ValueError:
        raise Invalid(f"{_quote(whole)}: there is no such time of day", "hours go to 23, minutes to 59") from None


def _day(text: str, today: date, whole: str, is_ahead: bool = False) -> date:
    """The day that a word or date names. A weekday means the most recent one; not today if the time of day `is_ahead`."""
    if text == "today":
        return today
    if text == "yesterday":
        return today - ONE_DAY
    if text[0].isdigit():
        return _date(text, whole)
    back = (today.weekday() - _WEEKDAYS.index(text.removeprefix("last").strip()[:3])) % 7
    return today - (back or 7 * (text.startswith("last") or is_ahead)) * ONE_DAY


def _date(text: str, whole: str) -> date:
    year, month, day = map(int, text.split("-"))
    try:
        if year in YEARS:
            return date(year, month, day)
    except ValueError:
        pass
    raise Invalid(f"{_quote(whole)}: there is no such day", "write 2026-11-20")


def parse_period(text: str, now: datetime, zone: tzinfo) -> Days:
    """The days of `today`, `last week`, `month`, `2026-11`, `2026-W47`, `mon`, `7d`, `2026-11-03..2026-11-07`."""
    plain = _plain(text, "a period", PERIOD_HINT)
    today = day_of(now, zone)
    ends = re.split(r"\s*(?:\.\.|–|—|\bto\b|\buntil\b)\s*", plain)
    if len(ends) == 1:
        return _days(plain, today, text)
    if len(ends) != 2 or not ends[0]:
        raise Invalid(f"{_quote(text)} is not a period", PERIOD_HINT)
    days = Days(_days(ends[0], today, text).first, _days(ends[1], today, text).last if ends[1] else today)
    if days.last < days.first:
        raise Invalid(f"{_quote(text)} ends before it starts", "swap the two days")
    return days


def parse_day(text: str, now: datetime, zone: tzinfo) -> date:
    """One local day: `today`, `fri`, `2026-11-20`."""
    days = parse_period(text, now, zone)
    if days.first != days.last:
        raise Invalid(f"{_quote(text)} is more than one day", "write today, yesterday, mon or 2026-11-20")
    return days.first


def _days(plain: str, today: date, text: str) -> Days:
    if re.fullmatch(_DAY, plain):
        day = _day(plain, today, text)
        return Days(day, day)
    named_days = _days_by_name(plain, today)
    if named_days is not None:
        return named_days
    last = re.fullmatch(r"(?:last\s+)?(\d{1,3})\s*d(?:ays?)?", plain)
    if last and int(last[1]):
        return Days(today - (int(last[1]) - 1) * ONE_DAY, today)
    try:
        return _calendar_days(plain)
    except (ValueError, OverflowError):
        raise Invalid(f"{_quote(text)} is not a period", PERIOD_HINT) from None


def _days_by_name(plain: str, today: date) -> Days | None:
    match = re.fullmatch(r"(this\s+|last\s+)?(day|week|month|year)", plain)
    if match is None:
        return Days(date(1990, 1, 1), today) if plain == "all" else None
    is_last = (match[1] or "").startswith("last")
    if match[2] == "day":
        return Days(today - is_last * ONE_DAY, today - is_last * ONE_DAY)
    if match[2] == "week":
        return Days(*week_of(today - 7 * is_last * ONE_DAY))
    if match[2] == "month":
        return _month(*_shift_month(today.year, today.month, -is_last))
    return Days(date(today.year - is_last, 1, 1), date(today.year - is_last, 12, 31))


def _calendar_days(plain: str) -> Days:
    """`2026`, `2026-11`, `2026-w47`; ValueError for what the calendar does not have."""
    match = re.fullmatch(r"(\d{4})(?:-(?:(\d{1,2})|w(\d{1,2})))?", plain)
    if match is None:
        raise ValueError(plain)
    year = int(match[1])
    if year not in YEARS:
        raise ValueError(plain)
    if match[3]:
        return Days(*week_of(date.fromisocalendar(year, int(match[3]), 1)))
    if match[2]:
        return _month(year, int(match[2]))
    return Days(date(year, 1, 1), date(year, 12, 31))


def _shift_month(year: int, month: int, by: int) -> tuple[int, int]:
    months = year * 12 + month - 1 + by
    return months // 12, months % 12 + 1


def _month(year: int, month: int) -> Days:
    following = _shift_month(year, month, 1)
    return Days(date(year, month, 1), date(*following, 1) - ONE_DAY)


def _plain(text: str, what: str, hint: str) -> str:
    plain = re.sub(r"\s+", " ", text).strip().lower()
    if not plain:
        raise Invalid(f"{what} is missing", hint)
    if len(plain) > TEXT_LIMIT:
        raise Invalid(f"{_quote(text)} is not {what}", hint)
    return plain.replace("−", "-")


def _quote(text: str) -> str:
    """The typed text in quotes, safe for one line of a terminal."""
    clean = "".join(c if c.isprintable() else "?" for c in text.strip())
    return f"“{clean[:40]}…”" if len(clean) > 40 else f"“{clean}”"
