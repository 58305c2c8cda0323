"""Cuts an entry into the parts that a target can take: the whole entry, its runs where the target has no pauses, or its local
days where the target has only days.

Times are whole seconds: a part begins at the second it began in, and is as long as the sheet shows.
"""

from collections.abc import Iterator
from datetime import date, tzinfo

from stintd.domain import report
from stintd.domain.billing.target import Abilities
from stintd.domain.model import TimeEntry, to_us
from stintd.frozen import frozen

SECOND = 1_000_000


@frozen
class Portion:
    """One thing to deliver. Seconds since the epoch; `seconds` leaves pauses out, `end` does not."""

    day: date
    start: int
    end: int
    seconds: int
    pauses: tuple[tuple[int, int], ...] = ()


def portions(entry: TimeEntry, zone: tzinfo, able: Abilities, is_by_day: bool) -> list[Portion]:
    """The parts of a finished entry, in order. `is_by_day`: split by day even where the target does not need it."""
    if entry.end is None:
        return []
    if able.day_based:
        parts = [_portion(part.day, part.start_us, part.length_us) for part in report.contributions(entry, zone, entry.end)]
    elif is_by_day or not able.pauses:
        parts = list(_run_portions(entry, zone, is_by_day))
    else:
        parts = [_whole_portion(entry, zone)]
    return [part for part in parts if part.seconds > 0]


def _run_portions(entry: TimeEntry, zone: tzinfo, is_by_day: bool) -> Iterator[Portion]:
    for start, end in report.counted_spans(entry, entry.end or entry.start):
        days = list(report.split_days(start, end, zone))
        for day, first, last in days if is_by_day else [(days[0][0], start, end)] if days else []:
            yield _portion(day, first, last - first)


def _portion(day: date, start_us: int, length_us: int) -> Portion:
    start, seconds = start_us // SECOND, (length_us + SECOND // 2) // SECOND
    return Portion(day, start, start + seconds, seconds)


def _whole_portion(entry: TimeEntry, zone: tzinfo) -> Portion:
    start, end = to_us(entry.start) // SECOND, to_us(entry.end or entry.start) // SECOND
    length_us = sum(hi - lo for lo, hi in report.counted_spans(entry, entry.end or entry.start))
    pauses = tuple((to_us(pause.start) // SECOND, to_us(pause.end) // SECOND) for pause in entry.pauses if pause.end is not None)
    return Portion(entry.start.astimezone(zone).date(), start, end, (length_us + SECOND // 2) // SECOND, pauses)
