"""What a silence usually means to this owner, learnt from the work of earlier days: habits around what finishes work.

Whoever nearly always finishes something (a commit, a push, a session) before a break has hardly left when nothing was
finished; whoever nearly always leaves after a commit has left; whoever often moves on to another project after one was on
the way there. Must not look at the day that is judged.
"""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple, Protocol

from stintd.domain.derive.limits import Limits
from stintd.frozen import frozen

CASES_NEEDED = 10
"""Fewer breaks or finishing acts say nothing about a person."""
NEARLY_ALWAYS = 0.8
"""Between those who commit before a break as a rule (19 of 20 breaks) and those who do now and then (half)."""
OFTEN = 0.25
"""Who hops between projects moves on after half of their commits; who does not, after hardly any."""


class PastWork(NamedTuple):
    """Past work of the person: when it began, its last heartbeat, and where it was; in microseconds."""

    start: int
    last: int
    project: str | None


@frozen
class Habit:
    """`finishes_first`: nearly every break followed something finished. `leaves`: after something finished nearly always
    nothing came soon. `moves_on`: often it was soon followed by another project.
    """

    finishes_first: bool = False
    leaves: bool = False
    moves_on: bool = False


UNKNOWN = Habit()


class Usual(Protocol):
    """What was learnt from days before an instant's own."""

    def covers(self, instant: datetime) -> bool:
        """Whether this is a time at which the owner usually works."""

    def habit(self, instant: datetime) -> Habit:
        """What a silence that begins then usually means."""


def habit_of(work: Sequence[PastWork], finishes: Sequence[int], limits: Limits) -> Habit:
    """The habit that past work shows; both the work and the instants at which something was finished in order of time."""
    lasts = [a.last for a, b in pairwise(work) if b.start - a.last > limits.idle_extended]
    finished = set(finishes)
    soon = [_soon_after(at, work, limits.idle_after_leaving) for at in finishes]
    return Habit(
        finishes_first=_share([last in finished for last in lasts]) >= NEARLY_ALWAYS,
        leaves=_share([what == "" for what in soon]) >= NEARLY_ALWAYS,
        moves_on=_share([what == "elsewhere" for what in soon]) >= OFTEN,
    )


def _soon_after(at: int, work: Sequence[PastWork], limit: int) -> str:
    """What followed an act within the limit: the "same" project, work "elsewhere", or "" nothing. What was bridged inside
    a stretch counts as soon.
    """
    i = bisect_right(work, at, key=_start) - 1
    if i >= 0 and work[i].last > at:
        return "same"
    if i + 1 == len(work) or work[i + 1].start - at > limit:
        return ""
    return "elsewhere" if i >= 0 and work[i].project != work[i + 1].project else "same"


def _start(stretch: PastWork) -> int:
    return stretch.start


def _share(cases: Sequence[bool]) -> float:
    return sum(cases) / len(cases) if len(cases) >= CASES_NEEDED else 0.0
