"""Puts new heartbeats into the spans that are there: before them, after them, and between.

Heartbeats that are close enough together are unpacked and cut into spans again, from the left. Rows are written in the order
of time, because a table that grows at its end keeps its pages full; filled in any other order it leaves a third empty.
"""
# ruff: noqa: S608  (names of our own schema, never a caller's text)

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from sqlite3 import Connection
from typing import NamedTuple

from stintd.domain.model import from_us
from stintd.errors import Invalid
from stintd.store import spans
from stintd.store.spans import JOIN_US, LENGTH_US, SLOTS, Beat, Packed

_OVERLAPPING = f"""
SELECT id, context_id, first_us, last_us, count, beats FROM span
WHERE id BETWEEN ? * {SLOTS} AND ? * {SLOTS} + {SLOTS - 1} AND last_us >= ? ORDER BY id
"""


class SpanRow(NamedTuple):
    """A stored span."""

    id: int
    context: int
    first_us: int
    last_us: int
    count: int  # type: ignore[assignment]  # hides the method of tuple, which nobody calls
    beats: bytes


@dataclass(slots=True)
class _SpanPlan:
    """What to write. `used`: row numbers that are not free."""

    used: set[int]
    deleted: list[tuple[int]] = field(default_factory=list)
    changed: list[tuple[int, int, int, bytes, int]] = field(default_factory=list)
    added: list[tuple[int, int, int, int, int, bytes]] = field(default_factory=list)


def find_spans(conn: Connection, lo_us: int, hi_us: int) -> Iterator[SpanRow]:
    """The spans that reach into the closed range, in the order of their start."""
    return map(SpanRow._make, conn.execute(_OVERLAPPING, (lo_us - LENGTH_US, hi_us, lo_us)))


def weave(conn: Connection, new: Mapping[int, list[Beat]], lo_us: int, hi_us: int) -> None:
    """Store heartbeats between these instants, given by context and sorted, none of which is stored yet."""
    old: dict[int, list[SpanRow]] = {}
    plan = _SpanPlan(set())
    for row in find_spans(conn, lo_us - JOIN_US, hi_us + JOIN_US):
        plan.used.add(row.id)
        if row.context in new:
            old.setdefault(row.context, []).append(row)
    for context, beats in new.items():
        for chain, added in _chains(old.get(context, []), beats):
            if added:
                stored_beats = [beat for row in chain for beat in spans.decode(row.first_us, row.count, row.beats)]
                _replace(plan, context, chain, [spans.encode(piece) for piece in spans.cut(sorted(stored_beats + added))])
    _write(conn, plan)


def leave_only(conn: Connection, row: SpanRow, beats: list[Beat]) -> None:
    """Leave only `beats` of the heartbeats of a span."""
    plan = _SpanPlan({other.id for other in find_spans(conn, row.first_us, row.last_us)})
    _replace(plan, row.context, [row], [spans.encode(piece) for piece in spans.cut(beats)])
    _write(conn, plan)


def _chains(rows: list[SpanRow], beats: list[Beat]) -> list[tuple[list[SpanRow], list[Beat]]]:
    """Spans and new heartbeats of one context, in groups within which no gap is longer than a span allows."""
    chains: list[tuple[list[SpanRow], list[Beat]]] = []
    reached: int | None = None
    pieces: list[tuple[int, int, SpanRow | Beat]] = [(row.first_us, row.last_us, row) for row in rows]
    pieces += [(beat.time_us, beat.time_us, beat) for beat in beats]
    for first, last, piece in sorted(pieces, key=itemgetter(0)):
        if reached is None or first - reached > JOIN_US:
            chains.append(([], []))
        reached = last if reached is None else max(reached, last)
        if isinstance(piece, SpanRow):
            chains[-1][0].append(piece)
        else:
            chains[-1][1].append(piece)
    return chains


def _replace(plan: _SpanPlan, context: int, old: list[SpanRow], new: list[Packed]) -> None:
    """Plan the spans that differ; one with the same start as an old one keeps its number."""
    unused = list(old)
    for packed in new:
        length_us = packed.last_us - packed.first_us
        row = next((row for row in unused if row.first_us == packed.first_us), None)
        if row is None:
            number = _free_number(packed.first_us, plan.used)
            plan.added.append((number, context, length_us, packed.count, packed.max_gap_us, packed.beats))
            continue
        unused.remove(row)
        if row.beats != packed.beats:
            plan.changed.append((length_us, packed.count, packed.max_gap_us, packed.beats, row.id))
    plan.deleted += [(row.id,) for row in unused]


def _free_number(first_us: int, used: set[int]) -> int:
    """A row number for a span that begins then."""
    number = next((n for n in range(first_us * SLOTS, (first_us + 1) * SLOTS) if n not in used), None)
    if number is None:
        raise Invalid(
            f"more than {SLOTS} runs of heartbeats begin at {from_us(first_us).isoformat()}", "send each with its own time"
        )
    used.add(number)
    return number


def _write(conn: Connection, plan: _SpanPlan) -> None:
    conn.executemany("DELETE FROM span WHERE id = ?", plan.deleted)
    conn.executemany("UPDATE span SET length_us = ?, count = ?, max_gap_us = ?, beats = ? WHERE id = ?", plan.changed)
    conn.executemany("INSERT INTO span VALUES (?, ?, ?, ?, ?, ?)", sorted(plan.added))
