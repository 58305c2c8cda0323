"""Time between entries that belongs to none: where it lies, why, and how it is named.

A gap's id is its start in hexadecimal microseconds: the same gap has the same id each time it is looked for, and none is
stored. What nobody could have worked (a night between two days) is no gap.
"""

from collections.abc import Sequence
from datetime import date, datetime

from stintd.domain.derive import timesheet
from stintd.domain.lengths import short_length
from stintd.domain.mapping.resolver import Resolver
from stintd.domain.meeting import Meeting
from stintd.domain.model import ABSENCE_WORDS, GapVerdict, Verdict, from_us, to_us
from stintd.domain.policy import Policy
from stintd.engine import wire
from stintd.engine.entries import find_entries, overlap_clauses
from stintd.engine.period import DAY, Period, midnight, period, week_of, zone_of
from stintd.engine.queries import meetings
from stintd.engine.queries.timers import counted_end
from stintd.engine.rows import DEFAULT_LIMIT, decode_cursor, encode_cursor
from stintd.engine.sheet.derive import derive_range
from stintd.engine.view import Reader, View
from stintd.engine.wire_types import GapJson, NeighbourJson, PageJson
from stintd.errors import NotFound
from stintd.store import absences, heartbeats
from stintd.store.row_types import NamedEntryRow

LEAST_US = 60_000_000
"""Shorter ones are not worth a decision."""


def listing(
    view: View,
    since: date | datetime | None = None,
    until: date | datetime | None = None,
    limit: int = DEFAULT_LIMIT,
    cursor: str | None = None,
    calendar_meetings: Sequence[Meeting] = (),
) -> PageJson[GapJson]:
    """Gaps of a period (this week unless asked otherwise), oldest first."""
    span = period_of(view.policy, view.now, since, until)
    after = decode_cursor(cursor, (int,))[0] if cursor else -1
    later = [bounds for bounds in gap_bounds(view, span) if bounds[0] > after]
    following = encode_cursor([later[limit - 1][0]]) if len(later) > limit else None
    reasons = _GapReasons(view)
    proposals = meetings.proposals(view, calendar_meetings)
    page_gaps = []
    for lo, hi, before, next_entry in later[:limit]:
        gap = _gap_json(reasons, lo, hi, before, next_entry)
        gap["meetings"] = [
            meetings.meeting_json(view, meeting) for meeting in proposals if meeting.start_us < hi and meeting.end_us > lo
        ]
        page_gaps.append(gap)
    return {"data": page_gaps, "nextCursor": following}


def period_of(
    policy: Policy, now: datetime, since: date | datetime | None = None, until: date | datetime | None = None
) -> Period:
    """The period of a listing."""
    zone = zone_of(policy.zone)
    today = now.astimezone(zone).date()
    return period(since, until, zone, now, default=(week_of(today)[0], today))


def find_gap(reader: Reader, gap_id: str) -> tuple[int, int]:
    """The gap of an id as it is now, or `not_found` when it was filled or never was."""
    not_found = NotFound(f"there is no gap {gap_id[:40]} any more", "`stint gaps` lists what is open")
    try:
        start_us = int(gap_id, 16)
    except ValueError as error:
        raise not_found from error
    if not 0 < start_us < 2**60:
        raise not_found
    lo, hi = free_stretch_around(reader, start_us)
    if lo != start_us or hi - lo < LEAST_US:
        raise not_found
    return lo, hi


def gaps(view: View, span: Period) -> list[GapJson]:
    """Every gap that meets the period, in order."""
    reasons = _GapReasons(view)
    return [_gap_json(reasons, *bounds) for bounds in gap_bounds(view, span)]


def gap_bounds(view: View, span: Period) -> list[tuple[int, int, NamedEntryRow, NamedEntryRow]]:
    """The same without a reason: where each begins and ends, and the entries before and after it."""
    bounds = []
    for before, after in _neighbour_pairs(view, _person_entries(view, span.lo_us, span.hi_us)):
        lo, hi = counted_end(before, to_us(view.now)), after["start_us"]
        if hi - lo >= LEAST_US and lo < span.hi_us and hi > span.lo_us:
            bounds.append((lo, hi, before, after))
    return bounds


def _person_entries(reader: Reader, lo_us: int, hi_us: int) -> list[NamedEntryRow]:
    """The person's entries around a range, by start."""
    clauses, values = overlap_clauses(lo_us - 86_400_000_000, hi_us + 86_400_000_000)
    return sorted(find_entries(reader, [*clauses, "e.actor = 'human'"], values), key=lambda row: (row["start_us"], row["id"]))


def _neighbour_pairs(reader: Reader, rows: list[NamedEntryRow]) -> list[tuple[NamedEntryRow, NamedEntryRow]]:
    """Entries of one local day that follow each other; an entry inside another has no gap of its own."""
    zone = zone_of(reader.policy.zone)
    now_us = to_us(reader.now)
    pairs: list[tuple[NamedEntryRow, NamedEntryRow]] = []
    last: NamedEntryRow | None = None
    for row in rows:
        if last is not None and row["start_us"] > counted_end(last, now_us):
            end_day = from_us(counted_end(last, now_us)).astimezone(zone).date()
            if end_day == from_us(row["start_us"]).astimezone(zone).date():
                pairs.append((last, row))
        if last is None or counted_end(row, now_us) > counted_end(last, now_us):
            last = row
    return pairs


def free_stretch_around(reader: Reader, at_us: int) -> tuple[int, int]:
    """The stretch without a person's entry around an instant, within its local day."""
    zone = zone_of(reader.policy.zone)
    day = from_us(at_us).astimezone(zone).date()
    lo, hi = to_us(midnight(day, zone)), to_us(midnight(day + DAY, zone))
    now_us = to_us(reader.now)
    for row in _person_entries(reader, lo, hi):
        end = counted_end(row, now_us)
        if end <= at_us:
            lo = max(lo, end)
        elif row["start_us"] > at_us:
            hi = min(hi, row["start_us"])
        else:
            return at_us, at_us
    return lo, hi


def _gap_json(reasons: "_GapReasons", lo: int, hi: int, before: NamedEntryRow, after: NamedEntryRow) -> GapJson:
    verdict, reason = reasons.reason(lo, hi)
    return {
        "id": f"{lo:x}",
        "start": wire.instant(lo),
        "end": wire.instant(hi),
        "durationSeconds": wire.seconds(hi - lo),
        "verdict": verdict,
        "reason": reason,
        "before": _neighbour_json(before),
        "after": _neighbour_json(after),
        "meetings": [],
    }


def _neighbour_json(row: NamedEntryRow) -> NeighbourJson:
    return {"entryId": row["id"], "projectId": row["project_id"], "projectName": row["project_name"]}


class _GapReasons:
    """What the rules say of silences. Gaps of one island share its sheet, which is derived once."""

    def __init__(self, view: View) -> None:
        self._view, self._gap_us = view, timesheet.island_gap(view.policy)
        self._resolver: Resolver | None = None
        self._known: dict[tuple[int, int], list[GapVerdict]] = {}

    def reason(self, lo: int, hi: int) -> tuple[Verdict, str]:
        """The rules' own verdict where they judged this silence, else what is known of it."""
        verdicts = [gap for gap in self._verdicts(lo, hi) if to_us(gap.start) < hi and to_us(gap.end) > lo]
        if verdicts:
            widest = max(verdicts, key=lambda gap: min(to_us(gap.end), hi) - max(to_us(gap.start), lo))
            return widest.verdict, widest.reason
        away = absences.absences_in(self._view.conn, lo, hi)
        if away:
            return "away", f"away ({ABSENCE_WORDS[away[0].kind]})"
        return "away", f"no activity for {short_length((hi - lo) // 60_000_000 * 60)}"

    def _verdicts(self, lo: int, hi: int) -> list[GapVerdict]:
        if hi - lo > self._gap_us:
            return []
        island = heartbeats.island(self._view.conn, lo, hi, self._gap_us)
        if island not in self._known:
            self._known[island] = self._derive(island)
        return self._known[island]

    def _derive(self, island: tuple[int, int]) -> list[GapVerdict]:
        view = self._view
        if not heartbeats.runs(view.conn, *island):
            return []
        self._resolver = self._resolver or view.resolver()
        sheet = derive_range(view.conn, self._resolver, view.policy, *island, view.now)
        return [*sheet.unassigned, *sheet.gaps]
