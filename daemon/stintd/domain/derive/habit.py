"""What a silence usually means for this owner: habits around finishing work, learnt from earlier days.

An owner who nearly always finishes something (a commit, a push, a session) before a break has probably not left when
nothing was finished. An owner who nearly always leaves after a commit has left. An owner who often moves on to another
project after a commit was on the way there. A habit must not be learnt from the day that is judged.
"""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple, Protocol

from stintd.domain.derive.limits import Limits
from stintd.frozen import frozen

CASES_NEEDED = 10
"""Breaks or finishing acts: fewer of them say nothing about a person."""
NEARLY_ALWAYS = 0.8
"""Lies between people who commit before a break as a rule (19 of 20 breaks) and people who do so now and then (half)."""
OFTEN = 0.25
"""People who hop between projects move on after half of their commits; others move on after hardly any."""


class PastWork(NamedTuple):
    """One stretch of the person's past work: its start and its last heartbeat, in microseconds, and its project."""

    start: int
    last: int
    project: str | None


@frozen
class Habit:
    """`finishes_first`: the owner finished something before nearly every break. `leaves`: after finishing something, the
    owner nearly always did nothing soon. `moves_on`: after finishing something, the owner often soon worked on another
    project.
    """

    finishes_first: bool = False
    leaves: bool = False
    moves_on: bool = False


UNKNOWN = Habit()


class Usual(Protocol):
    """What was learnt from the days before the day of an instant."""

    def covers(self, instant: datetime) -> bool:
        """Whether this is a time at which the owner usually works."""

    def habit(self, instant: datetime) -> Habit:
        """The habit that decides what a silence beginning then usually means."""


def habit_of(work: Sequence[PastWork], finishes: Sequence[int], limits: Limits) -> Habit:
    """The habit that past work shows. The work and the instants at which something was finished are both sorted by time."""
    lasts = [a.last for a, b in pairwise(work) if b.start - a.last > limits.idle_extended]
    finished = set(finishes)
    soon = [_next_work(at, work, limits.idle_after_leaving) for at in finishes]
    return Habit(
        finishes_first=_share([last in finished for last in lasts]) >= NEARLY_ALWAYS,
        leaves=_share([what == "" for what in soon]) >= NEARLY_ALWAYS,
        moves_on=_share([what == "elsewhere" for what in soon]) >= OFTEN,
    )


def _next_work(at: int, work: Sequence[PastWork], limit: int) -> str:
    """What followed an act within the limit: the "same" project, work "elsewhere", or "" for nothing. Work that continues in
    the same stretch always counts as soon, because its silences were bridged.
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
