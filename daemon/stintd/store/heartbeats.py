"""Heartbeats: each is added exactly once, in any order, and they are read back as runs or one by one.

They are stored as spans (see `spans`). The order and the batches in which they were added never change the set that is read
back, but may change how it is divided into spans.
"""

import json
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import partial
from operator import itemgetter
from sqlite3 import Connection
from typing import NamedTuple

from stintd.domain.model import Context, Heartbeat, to_us
from stintd.frozen import frozen
from stintd.store import seen_ids, spans
from stintd.store.contexts import Contexts, entity_numbers, entity_texts, numbers
from stintd.store.ids import EXPLICIT, beat_key, stored_beat_id
from stintd.store.span_writer import find_spans, leave_only, weave
from stintd.store.spans import JOIN_US, LENGTH_US, SLOTS, Beat

CLUSTER_US = 2 * LENGTH_US
"""New heartbeats that are further apart than this are written separately, so that few old spans are read."""
_LATEST = "SELECT max(last_us) FROM span"
_BOUNDS = "SELECT first_us, last_us FROM span"
_PERSON_ENDS = """SELECT last_us FROM span JOIN context ON context.id = context_id
WHERE actor = 'human' AND kind IN (SELECT value FROM json_each(?))"""
_BEATS = "SELECT first_us, count, beats, context_id FROM span WHERE id >= ? AND id < ? ORDER BY id"
_RUNS = "SELECT first_us, last_us, context_id, count, max_gap_us, id FROM span"


class SpanRun(NamedTuple):
    """A span as the derivation reads it: a `Run`, and the number of its row, with which `beats` finds it again."""

    first_us: int
    last_us: int
    context: int
    count: int  # type: ignore[assignment]  # hides the method of tuple, which nobody calls
    max_gap_us: int
    span: int


_as_run = partial(tuple.__new__, SpanRun)
"""Makes a run of a row without running Python code: a rebuild reads half a million."""


@frozen
class Added:
    """What `add` did. `touched`: (first, last) instant of each stretch of new heartbeats, in order. `new_contexts`: contexts
    that were not stored before, by their first heartbeat and then by their path.
    """

    accepted: int
    duplicates: int
    touched: list[tuple[int, int]]
    new_contexts: list[Context]


class _Fresh(NamedTuple):
    """A heartbeat that is being added."""

    time_us: int
    key: int
    beat: Heartbeat


def add(conn: Connection, beats: Iterable[Heartbeat]) -> Added:
    """Store those that are not stored yet; of equal ones in one call the first counts. Writer's transaction only."""
    arrived = [_Fresh(to_us(beat.time), beat_key(beat), beat) for beat in beats]
    fresh = _drop_known(conn, arrived)
    if not fresh:
        return Added(0, len(arrived), [], [])
    fresh.sort(key=itemgetter(0))
    context_of, new_contexts = numbers(conn, (item.beat.context for item in fresh))
    entity_of = entity_numbers(conn, [item.beat.entity for item in fresh])
    for cluster in _split(fresh, CLUSTER_US):
        by_context: dict[int, list[Beat]] = {}
        for time_us, key, beat in cluster:
            by_context.setdefault(context_of[beat.context], []).append(Beat(time_us, entity_of[beat.entity], key))
        weave(conn, by_context, cluster[0].time_us, cluster[-1].time_us)
    seen_ids.remember(conn, [item.key for item in fresh if item.key >= EXPLICIT])
    touched = [(piece[0].time_us, piece[-1].time_us) for piece in _split(fresh, JOIN_US)]
    if len(new_contexts) > 1:
        first_us: dict[Context, int] = {}
        for item in fresh:
            first_us.setdefault(item.beat.context, item.time_us)
        new_contexts.sort(key=lambda context: (first_us[context], context.repo_path or context.folder or ""))
    return Added(len(fresh), len(arrived) - len(fresh), touched, new_contexts)


def remove(conn: Connection, lo_us: int, hi_us: int, contexts: Collection[int] | None = None) -> list[tuple[int, int]]:
    """Remove the heartbeats of the closed range (of these contexts, or of all); returns the ranges that this touches.
    The ids that their senders chose are forgotten too. What waits in the journal must be stored first, or it comes back."""
    touched: list[tuple[int, int]] = []
    removed_ids: list[int] = []
    for row in list(find_spans(conn, lo_us, hi_us)):
        if contexts is not None and row.context not in contexts:
            continue
        span_beats = spans.decode(row.first_us, row.count, row.beats)
        rest = [beat for beat in span_beats if not lo_us <= beat.time_us <= hi_us]
        if len(rest) < len(span_beats):
            removed_ids += [beat.key for beat in span_beats if lo_us <= beat.time_us <= hi_us and beat.key >= EXPLICIT]
            touched.append((row.first_us, row.last_us))
            leave_only(conn, row, rest)
    seen_ids.forget(conn, removed_ids)
    return touched


def are_known(conn: Connection, beats: Sequence[Heartbeat]) -> list[bool]:
    """For each heartbeat whether it is stored already. Reads only; does not compare those in `beats` with each other."""
    arrived = [_Fresh(to_us(beat.time), beat_key(beat), beat) for beat in beats]
    explicit = seen_ids.find(conn, {item.key for item in arrived if item.key >= EXPLICIT})
    derived = _stored_keys(conn, [item for item in arrived if item.key < EXPLICIT])
    return [item.key in explicit if item.key >= EXPLICIT else item[:2] in derived for item in arrived]


def _drop_known(conn: Connection, arrived: list[_Fresh]) -> list[_Fresh]:
    """The first of each, unless it is stored already."""
    firsts: dict[tuple[int, int], _Fresh] = {}
    for item in arrived:
        firsts.setdefault((0 if item.key >= EXPLICIT else item.time_us, item.key), item)
    explicit = seen_ids.find(conn, [key for _, key in firsts if key >= EXPLICIT])
    derived = _stored_keys(conn, [item for item in firsts.values() if item.key < EXPLICIT])
    return [item for item in firsts.values() if item.key not in explicit and item[:2] not in derived]


def _stored_keys(conn: Connection, derived: list[_Fresh]) -> set[tuple[int, int]]:
    """(time, key) of those that are stored. An equal heartbeat has the very same time, in any context."""
    keys_found: set[tuple[int, int]] = set()
    for cluster in _split(sorted(derived, key=itemgetter(0)), CLUSTER_US):
        lo, hi = cluster[0].time_us, cluster[-1].time_us
        wanted = {item[:2] for item in cluster}
        instants = sorted({item.time_us for item in cluster})
        for row in find_spans(conn, lo, hi):
            at = bisect_right(instants, row.last_us)
            if at and instants[at - 1] >= row.first_us:
                keys = spans.keys(row.count, row.beats)
                keys_found.update(wanted.intersection(zip(spans.times(row.first_us, row.count, row.beats), keys, strict=True)))
    return keys_found


def _split(items: list[_Fresh], gap_us: int) -> list[list[_Fresh]]:
    """Sorted items in groups that are further apart than `gap_us`."""
    groups: list[list[_Fresh]] = []
    for item in items:
        if groups and item.time_us - groups[-1][-1].time_us <= gap_us:
            groups[-1].append(item)
        else:
            groups.append([item])
    return groups


# ---------------------------------------------------------------- reading


def contexts(conn: Connection) -> Contexts:
    """All contexts by number."""
    return Contexts(conn)


def runs(conn: Connection, lo_us: int | None = None, hi_us: int | None = None) -> list[SpanRun]:
    """The spans that reach into the closed range (without a range: all), each complete, in no order."""
    if lo_us is None or hi_us is None:
        return list(map(_as_run, conn.execute(_RUNS)))
    where = f"{_RUNS} WHERE id BETWEEN ? * {SLOTS} AND ? * {SLOTS} + {SLOTS - 1} AND last_us >= ?"
    return list(map(_as_run, conn.execute(where, (lo_us - LENGTH_US, hi_us, lo_us))))


def beats(conn: Connection, run: Sequence[int]) -> list[tuple[int, str]]:
    """The heartbeats of a run from `runs`, as (time in microseconds, entity), in order."""
    row = conn.execute("SELECT first_us, count, beats FROM span WHERE id = ?", (run[5],)).fetchone()
    if row is None:
        return []
    entities = spans.entities(row[1], row[2])
    texts = entity_texts(conn, entities)
    return [(time_us, texts[entity]) for time_us, entity in zip(spans.times(*row), entities, strict=True)]


def list_beats(conn: Connection, lo_us: int, hi_us: int) -> Iterator[tuple[int, str, str, Context]]:
    """All heartbeats of a closed range as (time in microseconds, id, entity, context), span by span. One that is sent again
    with that id is recognised."""
    by_number = contexts(conn)
    bounds = (lo_us - LENGTH_US) * SLOTS, (hi_us + 1) * SLOTS
    for first, count, packed, number in conn.execute(_BEATS, bounds):
        entities = spans.entities(count, packed)
        texts = entity_texts(conn, entities)
        for time_us, entity, key in zip(spans.times(first, count, packed), entities, spans.keys(count, packed), strict=True):
            if lo_us <= time_us <= hi_us:
                yield time_us, stored_beat_id(key, time_us), texts[entity], by_number[number]


def person_ends(conn: Connection, kinds: Collection[str], lo_us: int, hi_us: int) -> list[int]:
    """When the runs of these kinds that a person began in the range ended; two acts close together are one run."""
    where = f"{_PERSON_ENDS} AND span.id BETWEEN ? * {SLOTS} AND ? * {SLOTS} + {SLOTS - 1} ORDER BY last_us"
    return [row[0] for row in conn.execute(where, (json.dumps(sorted(kinds)), lo_us, hi_us))]


def last_us(conn: Connection) -> int | None:
    """The time of the newest heartbeat."""
    newest = conn.execute("SELECT max(id) FROM span").fetchone()[0]
    if newest is None:
        return None
    latest_spans = conn.execute(f"{_BOUNDS} WHERE id >= ?", (newest - LENGTH_US * SLOTS,))
    return int(max(last for _, last in latest_spans))


def bounds(conn: Connection) -> tuple[int, int] | None:
    """The times of the oldest and the newest heartbeat. Reads two ends, not the table."""
    oldest = conn.execute("SELECT first_us FROM span ORDER BY id LIMIT 1").fetchone()
    newest = last_us(conn)
    return None if oldest is None or newest is None else (oldest[0], newest)


def bounds_of(conn: Connection, numbers: Iterable[int]) -> tuple[int, int] | None:
    """The times of the oldest and the newest heartbeat of these contexts (by number). Reads the whole table."""
    sql = "SELECT min(first_us), max(last_us) FROM span WHERE context_id IN (SELECT value FROM json_each(?))"
    oldest, newest = conn.execute(sql, (json.dumps(list(numbers)),)).fetchone()
    return None if oldest is None else (oldest, newest)


def began_us(conn: Connection) -> int | None:
    """The time of the first heartbeat that was recorded live, not imported afterwards."""
    by_number = contexts(conn)
    rows = ((run[0], run[2]) for run in map(_as_run, conn.execute(f"{_RUNS} ORDER BY id")))
    return next((first for first, context in rows if not by_number[context].is_backfilled), None)


def island(conn: Connection, lo_us: int, hi_us: int, gap_us: int) -> tuple[int, int]:
    """The range extended by the evidence around it, as far as no silence is longer than `gap_us`."""
    lo, hi = lo_us, hi_us
    query = f"{_LATEST} WHERE id >= ? * {SLOTS} AND id < ? * {SLOTS}"
    reached = conn.execute(query, (max(lo, hi - LENGTH_US), hi + 1)).fetchone()[0]
    hi = hi if reached is None else max(hi, reached)
    for first, last in conn.execute(f"{_BOUNDS} WHERE id < ? * {SLOTS} ORDER BY id DESC", (lo,)):
        if last >= lo - gap_us:
            lo, hi = min(lo, first), max(hi, last)
        elif first < lo - gap_us - LENGTH_US:
            break
    for first, last in conn.execute(f"{_BOUNDS} WHERE id >= ? * {SLOTS} ORDER BY id", (lo,)):
        if first > hi + gap_us:
            break
        hi = max(hi, last)
    return lo, hi
