"""What a silence usually means to this owner, learnt from the work of earlier days: two habits around what finishes work.

Whoever nearly always finishes something (a commit, a push, a session) before a break has hardly left when nothing was
finished; whoever mostly goes on after a commit has hardly left after one. Must not look at the day that is judged.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Protocol

from stintd.domain.limits import Limits

CASES_NEEDED = 10
"""Fewer breaks or finishing acts say nothing about a person."""
NEARLY_ALWAYS = 0.8
MOSTLY = 0.5


@dataclass(frozen=True, slots=True)
class Habit:
    """`finishes_first`: nearly every break followed something finished. `goes_on`: whether work mostly went on soon after
    something was finished; None: not known.
    """

    finishes_first: bool = False
    goes_on: bool | None = None


UNKNOWN = Habit()


class Usual(Protocol):
    """What was learnt from days before an instant's own."""

    def covers(self, instant: datetime) -> bool:
        """Whether this is a time at which the owner usually works."""

    def habit(self, instant: datetime) -> Habit:
        """What a silence that begins then usually means."""


def habit_of(work: Sequence[tuple[int, int]], finishes: Sequence[int], limits: Limits) -> Habit:
    """The habit that past work shows, in microseconds: start and last heartbeat of the person's stretches, and when they
    finished something; both in order of time.
    """
    lasts = [last for (_, last), (begin, _) in pairwise(work) if begin - last > limits.patient]
    finished = set(finishes)
    after = [_silence_after(at, work) for at in finishes]
    return Habit(
        finishes_first=_share([last in finished for last in lasts]) >= NEARLY_ALWAYS,
        goes_on=_share([silence <= limits.left for silence in after]) >= MOSTLY if len(after) >= CASES_NEEDED else None,
    )


def _silence_after(at: int, work: Sequence[tuple[int, int]]) -> int:
    """How long nothing came after an act, 0 where its stretch goes on. What was bridged is not looked into."""
    i = bisect_right(work, at, key=lambda stretch: stretch[0]) - 1
    if i >= 0 and work[i][1] > at:
        return 0
    j = bisect_left(work, at + 1, key=lambda stretch: stretch[0])
    return work[j][0] - at if j < len(work) else 1 << 62


def _share(cases: Sequence[bool]) -> float:
    return sum(cases) / len(cases) if len(cases) >= CASES_NEEDED else 0.0
