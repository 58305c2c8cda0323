"""Heartbeats: adding them exactly once in any order, and reading them back as runs or one by one.

Stored as spans (see `spans`). The set that is read back does not depend on the order or the batches in which it was
added; how it is divided into spans may.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from sqlite3 import Connection
from typing import NamedTuple

from stintd.domain.model import Context, Heartbeat, to_us
from stintd.store import known, spans
from stintd.store.contexts import Contexts, entity_numbers, entity_texts, numbers
from stintd.store.ids import EXPLICIT, beat_key
from stintd.store.spans import JOIN_US, LENGTH_US, Beat, Packed

CLUSTER_US = 2 * LENGTH_US
"""New heartbeats further apart than this are woven in separately, so that few old spans are read."""
_NEAR = (
    "SELECT id, context_id, first_us, last_us, count, beats FROM span"
    " WHERE first_us BETWEEN ? AND ? AND last_us >= ? ORDER BY first_us, id"
)
_RUNS = "SELECT first_us, last_us, context_id, count, max_gap_us, id FROM span"


class SpanRow(NamedTuple):
    """A stored span as it is woven into."""

    id: int
    context: int
    first_us: int
    last_us: int
    count: int
    beats: bytes


class SpanRun(NamedTuple):
    """A span as the derivation reads it: a `Run` and the number of its row, by which `beats` finds it again."""

    first_us: int
    last_us: int
    context: int
    count: int
    max_gap_us: int
    span: int


@dataclass(frozen=True, slots=True)
class Added:
    """What `add` did. `touched`: first and last instant of each stretch of new heartbeats, in order.
    `new_contexts`: contexts that were never seen before.
    """

    accepted: int
    duplicates: int
    touched: list[tuple[int, int]]
    new_contexts: list[Context]


class _Fresh(NamedTuple):
    """A heartbeat on its way in."""

    time_us: int
    key: int
    beat: Heartbeat


def add(conn: Connection, beats: Iterable[Heartbeat]) -> Added:
    """Store those that are not known yet; of equal ones in one call the first counts. Writer's transaction only."""
    arrived = [_Fresh(to_us(beat.time), beat_key(beat), beat) for beat in beats]
    fresh = _without_known(conn, arrived)
    if not fresh:
        return Added(0, len(arrived), [], [])
    fresh.sort(key=itemgetter(0))
    context_of, new_contexts = numbers(conn, (item.beat.context for item in fresh))
    entity_of = entity_numbers(conn, [item.beat.entity for item in fresh])
    for cluster in _split(fresh, CLUSTER_US):
        woven: dict[int, list[Beat]] = {}
        for time_us, key, beat in cluster:
            woven.setdefault(context_of[beat.context], []).append(Beat(time_us, entity_of[beat.entity], key))
        _weave(conn, woven, cluster[0].time_us, cluster[-1].time_us)
    known.remember(conn, [item.key for item in fresh if item.key >= EXPLICIT])
    touched = [(piece[0].time_us, piece[-1].time_us) for piece in _split(fresh, JOIN_US)]
    return Added(len(fresh), len(arrived) - len(fresh), touched, new_contexts)


def are_known(conn: Connection, beats: Sequence[Heartbeat]) -> list[bool]:
    """For each heartbeat whether it is stored already. Reads only; says nothing of the others in `beats`."""
    arrived = [_Fresh(to_us(beat.time), beat_key(beat), beat) for beat in beats]
    explicit = known.find(conn, {item.key for item in arrived if item.key >= EXPLICIT})
    derived = _stored_keys(conn, [item for item in arrived if item.key < EXPLICIT])
    return [item.key in explicit if item.key >= EXPLICIT else item[:2] in derived for item in arrived]


def _without_known(conn: Connection, arrived: list[_Fresh]) -> list[_Fresh]:
    """The first of each, unless it is stored already."""
    firsts: dict[tuple[int, int], _Fresh] = {}
    for item in arrived:
        firsts.setdefault((0 if item.key >= EXPLICIT else item.time_us, item.key), item)
    explicit = known.find(conn, [key for _, key in firsts if key >= EXPLICIT])
    derived = _stored_keys(conn, [item for item in firsts.values() if item.key < EXPLICIT])
    return [item for item in firsts.values() if item.key not in explicit and item[:2] not in derived]


def _stored_keys(conn: Connection, derived: list[_Fresh]) -> set[tuple[int, int]]:
    """(time, key) of those that are stored. An equal one lies at the very same time, in whatever context."""
    found: set[tuple[int, int]] = set()
    for cluster in _split(sorted(derived, key=itemgetter(0)), CLUSTER_US):
        lo, hi = cluster[0].time_us, cluster[-1].time_us
        wanted = {item[:2] for item in cluster}
        instants = sorted({item.time_us for item in cluster})
        for row in map(SpanRow._make, conn.execute(_NEAR, (lo - LENGTH_US, hi, lo))):
            at = bisect_right(instants, row.last_us)
            if at and instants[at - 1] >= row.first_us:
                keys = spans.keys(row.count, row.beats)
                found.update(wanted.intersection(zip(spans.times(row.first_us, row.count, row.beats), keys, strict=True)))
    return found


def _split(items: list[_Fresh], gap_us: int) -> list[list[_Fresh]]:
    """Sorted items in groups that lie further apart than `gap_us`."""
    groups: list[list[_Fresh]] = []
    for item in items:
        if groups and item.time_us - groups[-1][-1].time_us <= gap_us:
            groups[-1].append(item)
        else:
            groups.append([item])
    return groups


def _weave(conn: Connection, new: Mapping[int, list[Beat]], lo: int, hi: int) -> None:
    """Put sorted heartbeats, by context, into the spans between these instants."""
    old: dict[int, list[SpanRow]] = {}
    for row in map(SpanRow._make, conn.execute(_NEAR, (lo - LENGTH_US - JOIN_US, hi + JOIN_US, lo - JOIN_US))):
        if row.context in new:
            old.setdefault(row.context, []).append(row)
    for context, beats in new.items():
        for chain, added in _chains(old.get(context, []), beats):
            if added:
                stored = [beat for row in chain for beat in spans.decode(row.first_us, row.count, row.beats)]
                _replace(conn, context, chain, [spans.encode(piece) for piece in spans.cut(sorted(stored + added))])


def _chains(rows: list[SpanRow], beats: list[Beat]) -> list[tuple[list[SpanRow], list[Beat]]]:
    """Spans and new heartbeats of one context in groups within which nothing is further apart than a span allows."""
    chains: list[tuple[list[SpanRow], list[Beat]]] = []
    reached = None
    pieces = [(row.first_us, row.last_us, row) for row in rows] + [(beat.time_us, beat.time_us, beat) for beat in beats]
    for first, last, piece in sorted(pieces, key=itemgetter(0)):
        if reached is None or first - reached > JOIN_US:
            chains.append(([], []))
            reached = last
        reached = max(reached, last)
        chains[-1][0 if isinstance(piece, SpanRow) else 1].append(piece)  # type: ignore[arg-type]
    return chains


def _replace(conn: Connection, context: int, old: list[SpanRow], new: list[Packed]) -> None:
    """Write the spans that changed: under the old row of the same start where there is one."""
    unused = list(old)
    added, changed = [], []
    for packed in new:
        row = next((row for row in unused if row.first_us == packed.first_us), None)
        if row is None:
            added.append((context, *packed))
            continue
        unused.remove(row)
        if row.beats != packed.beats:
            changed.append((packed.last_us, packed.count, packed.max_gap_us, packed.beats, row.id))
    conn.executemany("DELETE FROM span WHERE id = ?", [(row.id,) for row in unused])
    conn.executemany("UPDATE span SET last_us = ?, count = ?, max_gap_us = ?, beats = ? WHERE id = ?", changed)
    conn.executemany(
        "INSERT INTO span (context_id, first_us, last_us, count, max_gap_us, beats) VALUES (?, ?, ?, ?, ?, ?)", added
    )


# ---------------------------------------------------------------- reading


def contexts(conn: Connection) -> Contexts:
    """All contexts by number."""
    return Contexts(conn)


def runs(conn: Connection, lo_us: int | None = None, hi_us: int | None = None) -> list[SpanRun]:
    """The spans that reach into the closed range (without a range: all), whole, in no order."""
    if lo_us is None or hi_us is None:
        return list(map(SpanRun._make, conn.execute(_RUNS)))
    where = f"{_RUNS} WHERE first_us BETWEEN ? AND ? AND last_us >= ?"
    return list(map(SpanRun._make, conn.execute(where, (lo_us - LENGTH_US, hi_us, lo_us))))


def beats(conn: Connection, run: Sequence[int]) -> list[tuple[int, str]]:
    """The heartbeats of a run that `runs` gave, as (time in microseconds, entity), in order."""
    row = conn.execute("SELECT first_us, count, beats FROM span WHERE id = ?", (run[5],)).fetchone()
    if row is None:
        return []
    entities = spans.entities(row[1], row[2])
    texts = entity_texts(conn, entities)
    return [(time_us, texts[entity]) for time_us, entity in zip(spans.times(*row), entities, strict=True)]


def last_us(conn: Connection) -> int | None:
    """The time of the newest heartbeat."""
    newest = conn.execute("SELECT max(first_us) FROM span").fetchone()[0]
    if newest is None:
        return None
    (last,) = conn.execute("SELECT max(last_us) FROM span WHERE first_us >= ?", (newest - LENGTH_US,)).fetchone()
    return int(last)


def island(conn: Connection, lo_us: int, hi_us: int, gap_us: int) -> tuple[int, int]:
    """The range widened to the evidence around it that no silence longer than `gap_us` parts from it."""
    lo, hi = lo_us, hi_us
    for first, last in conn.execute("SELECT first_us, last_us FROM span WHERE first_us <= ? ORDER BY first_us DESC", (hi,)):
        if last >= lo - gap_us:
            lo, hi = min(lo, first), max(hi, last)
        elif first < lo - gap_us - LENGTH_US:
            break
    for first, last in conn.execute("SELECT first_us, last_us FROM span WHERE first_us >= ? ORDER BY first_us", (lo,)):
        if first > hi + gap_us:
            break
        hi = max(hi, last)
    return lo, hi
