"""A span: heartbeats of one context, packed. Pure; knows no SQL.

Layout of the bytes, little-endian: one flag byte; for every heartbeat but the first the microseconds since the one
before (4 bytes); for every heartbeat the entity's number (2 bytes, or 4 with flag WIDE_ENTITY) and its key (4 bytes, or
8 with flag WIDE_KEY). Fixed widths instead of variable ones: `struct` packs them in C, and a gap of up to two minutes
would need four bytes anyway.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import accumulate, pairwise
from struct import pack, unpack_from
from typing import NamedTuple

from stintd.store.ids import EXPLICIT

JOIN_US = 120_000_000
"""The longest gap inside a span."""
LENGTH_US = 2_100_000_000
"""The longest span. Limits how far before a range to look for spans that reach into it; fits four bytes."""
COUNT = 256
"""Heartbeats in a span: its row stays smaller than a page, so that a span that grows rewrites one page."""

SLOTS = 1024
"""Spans that may begin at the same instant: a row's number is its first instant times this, plus its slot."""

WIDE_ENTITY = 1
WIDE_KEY = 2


class Beat(NamedTuple):
    """One stored heartbeat of a known context."""

    time_us: int
    entity: int
    key: int


_as_beat = partial(tuple.__new__, Beat)


class Packed(NamedTuple):
    """A span as its row holds it."""

    first_us: int
    last_us: int
    count: int  # type: ignore[assignment]  # hides the method of tuple, which nobody calls
    max_gap_us: int
    beats: bytes


def encode(beats: Sequence[Beat]) -> Packed:
    """Pack heartbeats that are sorted and within the limits above."""
    times, entities, keys = zip(*beats, strict=True)
    count = len(beats)
    gaps = [later - earlier for earlier, later in pairwise(times)]
    is_wide_entity, is_wide_key = max(entities) > 0xFFFF, max(keys) >= EXPLICIT
    layout = f"<B{count - 1}I{count}{'I' if is_wide_entity else 'H'}{count}{'Q' if is_wide_key else 'I'}"
    flags = WIDE_ENTITY * is_wide_entity | WIDE_KEY * is_wide_key
    return Packed(times[0], times[-1], count, max(gaps, default=0), pack(layout, flags, *gaps, *entities, *keys))


def size(count: int, flags: int) -> int:
    """Bytes that `count` heartbeats with these flags take."""
    return 1 + 4 * (count - 1) + count * (4 if flags & WIDE_ENTITY else 2) + count * (8 if flags & WIDE_KEY else 4)


def times(first_us: int, count: int, beats: bytes) -> Iterator[int]:
    """The instants alone."""
    return accumulate(unpack_from(f"<{count - 1}I", beats, 1), initial=first_us)


def entities(count: int, beats: bytes) -> tuple[int, ...]:
    """The entity numbers alone."""
    return unpack_from(f"<{count}{'I' if beats[0] & WIDE_ENTITY else 'H'}", beats, 4 * count - 3)


def keys(count: int, beats: bytes) -> tuple[int, ...]:
    """The keys alone."""
    flags = beats[0]
    start = 4 * count - 3 + count * (4 if flags & WIDE_ENTITY else 2)
    return unpack_from(f"<{count}{'Q' if flags & WIDE_KEY else 'I'}", beats, start)


def decode(first_us: int, count: int, beats: bytes) -> list[Beat]:
    """The heartbeats of a span, in order."""
    columns = zip(times(first_us, count, beats), entities(count, beats), keys(count, beats), strict=True)
    return list(map(_as_beat, columns))


def cut(beats: Iterable[Beat]) -> list[list[Beat]]:
    """Sorted heartbeats as the fewest spans that keep the limits, from the left."""
    pieces: list[list[Beat]] = []
    piece: list[Beat] = []
    for beat in beats:
        if piece and (beat[0] - piece[-1][0] > JOIN_US or len(piece) >= COUNT or beat[0] - piece[0][0] > LENGTH_US):
            pieces.append(piece)
            piece = []
        piece.append(beat)
    if piece:
        pieces.append(piece)
    return pieces
