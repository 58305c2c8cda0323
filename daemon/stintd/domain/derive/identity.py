"""Decides which stored entry a recomputed stretch is, so that an id stays with the work it named (DETAILS, Identity).

It must not read a clock or anything but the intervals it receives. The result does not depend on the order of the
arguments: ties go to the earliest entry, then to the smallest id.
"""

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

from stintd.domain.model import Actor
from stintd.frozen import frozen


class StoredEntry(NamedTuple):
    """An entry that has an id: its actor, its project by the evidence, and its start and end."""

    id: str
    actor: Actor
    project: str | None
    start_us: int
    end_us: int


class Candidate(NamedTuple):
    """A stretch that needs an id."""

    actor: Actor
    project: str | None
    start_us: int
    end_us: int


@frozen
class Matching:
    """`ids`: index of a stretch → id. `merged`: id that is gone → index of the stretch that now has its time, or None."""

    ids: dict[int, str]
    merged: dict[str, int | None]


def match(stored: Sequence[StoredEntry], candidates: Sequence[Candidate]) -> Matching:
    """Give each stretch the id of the entry of the same actor and project that it overlaps most, each id once."""
    pairs = _pairs(stored, candidates)
    ids: dict[int, str] = {}
    taken: set[str] = set()
    for _, _, entry_id, index in pairs:
        if index not in ids and entry_id not in taken:
            ids[index] = entry_id
            taken.add(entry_id)
    successors = {entry_id: index for _, _, entry_id, index in reversed(pairs)}
    return Matching(ids, {entry.id: successors.get(entry.id) for entry in stored if entry.id not in taken})


def _pairs(stored: Sequence[StoredEntry], candidates: Sequence[Candidate]) -> list[tuple[int, int, str, int]]:
    """All overlaps as (-overlap, start, id, index), the largest first. Takes time only for what overlaps, because a rebuild
    covers years."""
    pairs = []
    groups: dict[tuple[str, str | None], tuple[list[int], list[int]]] = {}
    for index in sorted(range(len(candidates)), key=lambda index: candidates[index].start_us):
        order, reached = groups.setdefault((candidates[index].actor, candidates[index].project), ([], []))
        order.append(index)
        reached.append(max(candidates[index].end_us, reached[-1] if reached else candidates[index].end_us))
    for entry in stored:
        order, reached = groups.get((entry.actor, entry.project), ([], []))
        for at in range(bisect_left(reached, entry.start_us), len(order)):
            index = order[at]
            stretch = candidates[index]
            if stretch.start_us > entry.end_us:
                break
            if stretch.end_us >= entry.start_us:
                overlap = min(stretch.end_us, entry.end_us) - max(stretch.start_us, entry.start_us)
                pairs.append((-overlap, entry.start_us, entry.id, index))
    return sorted(pairs)
