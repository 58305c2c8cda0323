"""Finds acts that come at a steady period: a timer, cron or a backup plugin made them, not a person.

Nobody commits five times with the same pause to within seconds. The verdict is hindsight on the whole row, so the acts from
before the period was known are found too. Pure: it depends on the set of times, not on their order.
"""

from bisect import bisect_left
from collections.abc import Callable, Collection, Sequence
from itertools import pairwise

SECOND = 1_000_000
FEWEST = 5
"""As many as writes of a file (`rhythm.STEADY_WRITES`)."""
SHORTEST = 50 * SECOND
"""Timers count in minutes; a script that commits the parts of one change in a row does a person's work."""
TOGETHER = 30 * SECOND
"""Acts this close are one act of the timer: it may commit in two steps."""
EVENNESS = 0.05
LEAST, MOST = 2 * SECOND, 20 * SECOND
"""Pauses count as equal within 5 %, at least 2 s (git's times are whole seconds) and at most 20 s: somebody who commits every
day before leaving is no timer."""
MISSED = 3
"""A timer that skips up to two of its acts, because there was nothing to commit, keeps its period."""


def steady_times(times: Collection[int], is_broken: Callable[[int, int], bool]) -> frozenset[int]:
    """Those of the times (microseconds) that belong to a steady row. `is_broken`: whether a person acted between two instants."""
    groups = _group(sorted(times))
    starts = [group[0] for group in groups]
    gaps = [later - earlier for earlier, later in pairwise(starts)]
    found: set[int] = set()
    at = 0
    while at + FEWEST <= len(starts):
        period = _period(gaps[at : at + FEWEST - 1])
        if period == 0 or any(is_broken(*pair) for pair in pairwise(starts[at : at + FEWEST])):
            at += 1
            continue
        first, last = at, at + FEWEST - 1
        while first > 0 and _fits(gaps[first - 1], period) and not is_broken(starts[first - 1], starts[first]):
            first -= 1
        while last < len(gaps) and _fits(gaps[last], period) and not is_broken(starts[last], starts[last + 1]):
            last += 1
        found.update(time for group in groups[first : last + 1] for time in group)
        at = last
    return frozenset(found)


def is_between(sorted_times: Sequence[int], lo: int, hi: int) -> bool:
    """Whether one of the sorted times lies between two instants, without the instants themselves."""
    at = bisect_left(sorted_times, lo + 1)
    return at < len(sorted_times) and sorted_times[at] < hi


def _group(times: Sequence[int]) -> list[list[int]]:
    groups: list[list[int]] = []
    for time in times:
        if groups and time - groups[-1][0] <= TOGETHER:
            groups[-1].append(time)
        else:
            groups.append([time])
    return groups


def _period(gaps: Sequence[int]) -> int:
    """The period of evenly spaced gaps; 0 when they have none."""
    mean = sum(gaps) // len(gaps)
    slack = _slack(mean)
    return mean if mean >= SHORTEST and all(abs(gap - mean) <= slack for gap in gaps) else 0


def _fits(gap: int, period: int) -> bool:
    times = round(gap / period)
    return 1 <= times <= MISSED and abs(gap - times * period) <= _slack(period)


def _slack(period: int) -> int:
    return min(max(round(period * EVENNESS), LEAST), MOST)
