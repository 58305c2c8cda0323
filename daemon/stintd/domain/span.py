"""Cuts entries at an instant and joins them: which pauses and evidence each part keeps. Joining the parts of a cut gives the
entry back."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from stintd.domain import interval
from stintd.domain.interval import Interval
from stintd.domain.model import Pause, TimeEntry, from_us, to_us

_MICROSECOND = timedelta(microseconds=1)


def end_of(entry: TimeEntry, now: datetime) -> datetime:
    """The end of an entry, or now while it runs."""
    return entry.end if entry.end is not None else max(now, entry.start)


def span(entry: TimeEntry, now: datetime) -> Interval:
    """Start and end in microseconds."""
    return to_us(entry.start), to_us(end_of(entry, now))


def length(entry: TimeEntry, now: datetime) -> timedelta:
    """The length of an entry without its pauses."""
    whole = span(entry, now)
    pauses = interval.union((to_us(p.start), to_us(p.end) if p.end else whole[1]) for p in entry.pauses)
    return (whole[1] - whole[0] - interval.overlap(whole, pauses)) * _MICROSECOND


def part_before(entry: TimeEntry, at: datetime, now: datetime) -> TimeEntry:
    """The part of an entry that ends at `at`."""
    pauses = tuple(Pause(p.start, min(p.end or at, at)) for p in entry.pauses if p.start < at)
    part = replace(entry, end=at, pauses=pauses, state="finished")
    seen = entry.last_evidence
    return _share_lengths(entry, replace(part, last_evidence=min(seen, at) if seen else None), now, is_first=True)


def part_after(entry: TimeEntry, at: datetime, now: datetime) -> TimeEntry:
    """The part of an entry that begins at `at`; it is running if the entry is."""
    pauses = tuple(Pause(max(p.start, at), p.end) for p in entry.pauses if p.end is None or p.end > at)
    seen = entry.last_evidence
    part = replace(entry, start=at, pauses=pauses, last_evidence=seen if seen and seen > at else None)
    return _share_lengths(entry, part, now, is_first=False)


def _share_lengths(whole: TimeEntry, part: TimeEntry, now: datetime, is_first: bool) -> TimeEntry:
    """A part with its share of hands-on and supervised time, in proportion to its length. Both parts together have exactly
    the time of the whole."""
    cut = part.end if is_first else part.start
    assert cut is not None
    total = length(whole, now) // _MICROSECOND
    first = replace(whole, end=cut, pauses=tuple(Pause(p.start, min(p.end or cut, cut)) for p in whole.pauses if p.start < cut))
    share = length(first, now) // _MICROSECOND
    shares = {}
    for name in ("hands_on", "supervised"):
        sum_us = getattr(whole, name) // _MICROSECOND
        first_us = sum_us * share // total if total else sum_us
        shares[name] = (first_us if is_first else sum_us - first_us) * _MICROSECOND
    return replace(part, **shares)


def join(entries: Sequence[TimeEntry], now: datetime) -> TimeEntry:
    """One entry from several, in order of start: time between them becomes a pause, and overlapping time counts once."""
    parts = sorted(entries, key=lambda entry: (entry.start, end_of(entry, now)))
    first, last = parts[0], max(parts, key=lambda entry: end_of(entry, now))
    whole = to_us(first.start), to_us(end_of(last, now))
    work = interval.union(piece for entry in parts for piece in _spans_without_pauses(entry, now))
    open_pause = next((p for p in last.pauses if p.end is None), None)
    holes = interval.subtract(whole, work)
    pauses = tuple(Pause(from_us(lo), None if open_pause and hi == whole[1] else from_us(hi)) for lo, hi in holes)
    seen = [entry.last_evidence for entry in parts if entry.last_evidence is not None]
    most = sum(hi - lo for lo, hi in work) * _MICROSECOND
    hands_on = min(most, sum((entry.hands_on for entry in parts), timedelta()))
    return replace(
        first,
        end=last.end,
        state=last.state,
        pauses=pauses,
        last_evidence=max(seen, default=None),
        hands_on=hands_on,
        supervised=min(most - hands_on, sum((entry.supervised for entry in parts), timedelta())),
        pinned=frozenset().union(*(entry.pinned for entry in parts)),
        is_confirmed=all(entry.is_confirmed for entry in parts),
    )


def _spans_without_pauses(entry: TimeEntry, now: datetime) -> list[Interval]:
    whole = span(entry, now)
    pauses = interval.union((to_us(p.start), to_us(p.end) if p.end else whole[1]) for p in entry.pauses)
    return interval.subtract(whole, pauses)
