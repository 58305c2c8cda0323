"""Stretches of time as pairs of integer microseconds `(start, end)`: union, difference, overlap.

Pairs are half-open; a pair whose end is not after its start is empty.
"""

from collections.abc import Iterable, Sequence

Interval = tuple[int, int]


def union(pairs: Iterable[Interval]) -> list[Interval]:
    """The same time without overlaps, sorted; stretches that touch become one."""
    out: list[Interval] = []
    for start, end in sorted(pairs):
        if out and start <= out[-1][1]:
            if end > out[-1][1]:
                out[-1] = (out[-1][0], end)
        elif end > start:
            out.append((start, end))
    return out


def subtract(piece: Interval, holes: Sequence[Interval]) -> list[Interval]:
    """What is left of `piece` outside `holes` (sorted, disjoint)."""
    out, at = [], piece[0]
    for start, end in holes:
        if end <= at:
            continue
        if start >= piece[1]:
            break
        if start > at:
            out.append((at, start))
        at = max(at, end)
    if at < piece[1]:
        out.append((at, piece[1]))
    return out


def overlap(piece: Interval, pairs: Iterable[Interval]) -> int:
    """Microseconds of `piece` that lie in `pairs` (disjoint)."""
    return sum(max(0, min(piece[1], end) - max(piece[0], start)) for start, end in pairs)
