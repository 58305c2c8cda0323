"""Stored evidence as a list, newest first."""

from collections.abc import Iterator
from datetime import date, datetime

from stintd.domain.model import Assignment, Context
from stintd.engine import wire
from stintd.engine.period import period, zone_of
from stintd.engine.rows import DEFAULT_LIMIT, decode_cursor, encode_cursor
from stintd.engine.view import View
from stintd.engine.wire_types import HeartbeatJson, PageJson
from stintd.store import heartbeats
from stintd.store.row_types import ProjectRow
from stintd.store.rowio import fetch_one

WINDOW_US = 86_400_000_000
ResolvedBeat = tuple[int, str, Context, Assignment]


def listing(
    view: View,
    since: date | datetime | None = None,
    until: date | datetime | None = None,
    limit: int = DEFAULT_LIMIT,
    cursor: str | None = None,
    project: str | None = None,
    source: str | None = None,
) -> PageJson[HeartbeatJson]:
    """Heartbeats of a period; of one project (by name or id) or source if named."""
    span = period(since, until, zone_of(view.policy.zone), view.now)
    hi, skip = (span.hi_us - 1, 0) if cursor is None else decode_cursor(cursor, (int, int))
    projects = {project, _project_id(view, project)} if project is not None else None
    beats: list[ResolvedBeat] = []
    for beat in _beats_newest_first(view, span.lo_us, min(hi, span.hi_us - 1)):
        if projects is not None and beat[3].project not in projects:
            continue
        if source is not None and source not in (beat[2].source, beat[2].source_text):
            continue
        beats.append(beat)
        if len(beats) > limit + skip:
            break
    page = beats[skip : skip + limit]
    following = None
    if len(beats) > limit + skip:
        last_us = page[-1][0]
        same_instant = sum(beat[0] == last_us for beat in beats[: skip + limit])
        following = encode_cursor([last_us, same_instant])
    return {"data": [wire.beat(view.conn, *beat) for beat in page], "nextCursor": following}


def _project_id(view: View, name: str) -> str | None:
    row = fetch_one(view.conn, ProjectRow, "SELECT id FROM project WHERE name = ? AND deleted = 0", (name,))
    return row["id"] if row else None


def _beats_newest_first(view: View, lo_us: int, hi_us: int) -> Iterator[ResolvedBeat]:
    """Every heartbeat of a closed range, window by window, so that a first page reads little."""
    first_us, last_us = view.conn.execute("SELECT min(first_us), max(last_us) FROM span").fetchone()
    if first_us is None:
        return
    lo, hi, window = max(lo_us, first_us), min(hi_us, last_us), WINDOW_US
    contexts, resolver = heartbeats.contexts(view.conn), view.resolver()
    while hi >= lo:
        begin = max(lo, hi - window + 1)
        window_beats = [
            (time_us, entity, contexts[run.context])
            for run in heartbeats.runs(view.conn, begin, hi)
            for time_us, entity in heartbeats.beats(view.conn, run)
            if begin <= time_us <= hi
        ]
        for time_us, entity, context in sorted(window_beats, key=lambda beat: (-beat[0], beat[1], beat[2].kind, beat[2].source)):
            yield time_us, entity, context, resolver.resolver_at(time_us).resolve(context, entity)
        hi, window = begin - 1, window * 2
