"""Which entry a recomputed stretch is: ids stay with the work they named (DETAILS, Identity).

Must not read a clock or look at anything but the intervals handed in. The outcome does not depend on the order of the
arguments: ties go to the earliest entry, then to the smallest id.
"""

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

from stintd.domain.model import Actor
from stintd.frozen import frozen


class Held(NamedTuple):
    """An entry that has an id: what evidence made it, and from when to when."""

    id: str
    actor: Actor
    project: str | None
    start_us: int
    end_us: int


class Found(NamedTuple):
    """A stretch that looks for its id."""

    actor: Actor
    project: str | None
    start_us: int
    end_us: int


@frozen
class Matching:
    """`kept`: index of a stretch → id. `merged`: id that is gone → index of the stretch it went into, None: nowhere."""

    kept: dict[int, str]
    merged: dict[str, int | None]


def match(held: Sequence[Held], found: Sequence[Found]) -> Matching:
    """Give each stretch the id of the entry of the same actor and project that it overlaps most, each id once."""
    pairs = _pairs(held, found)
    kept: dict[int, str] = {}
    taken: set[str] = set()
    for _, _, entry_id, index in pairs:
        if index not in kept and entry_id not in taken:
            kept[index] = entry_id
            taken.add(entry_id)
    successors = {entry_id: index for _, _, entry_id, index in reversed(pairs)}
    return Matching(kept, {entry.id: successors.get(entry.id) for entry in held if entry.id not in taken})


def _pairs(held: Sequence[Held], found: Sequence[Found]) -> list[tuple[int, int, str, int]]:
    """All overlaps as (-overlap, start, id, index), the largest first. Linear in what overlaps: a rebuild has years."""
    pairs = []
    groups: dict[tuple[str, str | None], tuple[list[int], list[int]]] = {}
    for index in sorted(range(len(found)), key=lambda index: found[index].start_us):
        order, reached = groups.setdefault((found[index].actor, found[index].project), ([], []))
        order.append(index)
        reached.append(max(found[index].end_us, reached[-1] if reached else found[index].end_us))
    for entry in held:
        order, reached = groups.get((entry.actor, entry.project), ([], []))
        for at in range(bisect_left(reached, entry.start_us), len(order)):
            index = order[at]
            stretch = found[index]
            if stretch.start_us > entry.end_us:
                break
            if stretch.end_us >= entry.start_us:
                overlap = min(stretch.end_us, entry.end_us) - max(stretch.start_us, entry.start_us)
                pairs.append((-overlap, entry.start_us, entry.id, index))
    return sorted(pairs)
