"""The timers that run now."""

from stintd.domain.model import to_us
from stintd.engine import wire
from stintd.engine.period import DAY, midnight, zone_of
from stintd.engine.rows import LONGEST_US
from stintd.engine.view import View
from stintd.engine.wire_types import CurrentTimersJson, EntryJson, StatusTimersJson
from stintd.store.row_types import CountedRow, EntryRow, NamedEntryRow
from stintd.store.rowio import fetch_all

AUTOMATIC = frozenset({"auto", "backfill"})
"""Origins, as API clients see them, of entries made from evidence."""
_OPEN = wire.ENTRY_SQL + " WHERE e.end_us IS NULL ORDER BY e.start_us DESC, e.id"


def timers(view: View) -> list[EntryJson]:
    """Waiting, running and paused ones, the most recent first."""
    entries = [wire.entry(view, row) for row in fetch_all(view.conn, NamedEntryRow, _OPEN)]
    busy = {timer["sessionId"] for timer in entries if timer["sessionId"]}
    entries += [wire.waiting_timer(view, timer) for timer in view.waiting if timer.until > view.now and timer.session not in busy]
    return sorted([*entries, *_provisional_timers(view, entries)], key=lambda timer: timer["start"], reverse=True)


def _provisional_timers(view: View, entries: list[EntryJson]) -> list[EntryJson]:
    """Work noticed where no timer runs yet; left out while a manual timer runs."""
    if not view.provisional_timers or any(timer["origin"] not in AUTOMATIC and timer["state"] == "running" for timer in entries):
        return []
    resolver = view.resolver()
    running = {timer["projectId"] for timer in entries if timer["state"] == "running"}
    resolved = [(context, time, resolver.resolve(context)) for context, time in view.provisional_timers]
    return [
        wire.provisional_timer(view, *timer) for timer in resolved if timer[2].project is None or timer[2].project not in running
    ]


def first_running_timer(entries: list[EntryJson]) -> EntryJson | None:
    """The timer that a client means by "the timer": a person's before an agent's."""
    running = [timer for timer in entries if timer["state"] == "running"]
    return next((timer for timer in running if timer["actor"] == "human"), running[0] if running else None)


def current_timers(view: View) -> CurrentTimersJson:
    """`{timer, timers}`."""
    entries = timers(view)
    return {"timer": first_running_timer(entries), "timers": entries}


def today_us(view: View) -> int:
    """The person's time since local midnight; automatic timers count to their last evidence."""
    zone = zone_of(view.policy.zone)
    day = view.now.astimezone(zone).date()
    lo, hi, now = to_us(midnight(day, zone)), to_us(midnight(day + DAY, zone)), to_us(view.now)
    rows = fetch_all(
        view.conn,
        EntryRow,
        "SELECT * FROM entry WHERE actor = 'human' AND start_us < ? AND (end_us IS NULL OR end_us > ?)"
        " AND (start_us >= ? OR end_us IS NULL)",
        (hi, lo, lo - LONGEST_US),
    )
    return sum(_counted_us(row, lo, min(hi, now)) for row in rows)


def counted_end(row: CountedRow, now_us: int) -> int:
    """Where totals stop counting: the end, now for a running manual timer, else the last evidence."""
    if row["end_us"] is not None:
        return int(row["end_us"])
    if row["origin"] == "auto" and row["last_evidence_us"] is not None:
        return max(int(row["start_us"]), min(int(row["last_evidence_us"]), now_us))
    return max(int(row["start_us"]), now_us)


def _counted_us(row: EntryRow, lo: int, hi: int) -> int:
    start, end = max(row["start_us"], lo), min(counted_end(row, hi), hi)
    paused_us = sum(
        max(0, min(stop if stop is not None else end, end) - max(begin, start)) for begin, stop in wire.pauses(row["pauses"])
    )
    return int(max(0, end - start - paused_us))


def status(view: View) -> StatusTimersJson:
    """The part of the status that comes from entries."""
    return {"timers": timers(view), "todaySeconds": wire.seconds(today_us(view))}
