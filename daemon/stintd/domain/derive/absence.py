"""Which absences count, and for which device. Short absences are bridged, and a screen lock has a grace period."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence

from stintd.domain.derive.limits import Limits
from stintd.domain.interval import Interval, union
from stintd.domain.model import ABSENCE_WORDS, Absence, to_us

STILL = frozenset({"suspend", "shutdown", "off"})
"""Kinds of absences in which an agent on that device cannot work either; behind a locked screen it continues."""


class Absences:
    """The absences that count, by device. An absence without a device applies to every device, and every absence applies to
    a heartbeat without a device. With one device, the usual case, both are the same.
    """

    def __init__(self, absences: Iterable[Absence], limits: Limits) -> None:
        self._absences = sorted((to_us(a.start), to_us(a.end), a.kind, a.device) for a in absences if _is_counted(a, limits))
        self._human: dict[str, list[Interval]] = {}
        self._still: dict[str, list[Interval]] = {}
        self.everywhere = union((start, end) for start, end, _, _ in self._absences)

    def human_absences(self, device: str) -> list[Interval]:
        """When nobody worked at this device: sorted, disjoint."""
        return self._select(self._human, device, None)

    def agent_absences(self, device: str) -> list[Interval]:
        """When nothing at all ran on this device."""
        return self._select(self._still, device, STILL)

    def _select(self, cache: dict[str, list[Interval]], device: str, kinds: frozenset[str] | None) -> list[Interval]:
        if device not in cache:
            cache[device] = union(
                (start, end)
                for start, end, kind, where in self._absences
                if (not device or where in ("", device)) and (kinds is None or kind in kinds)
            )
        return cache[device]

    def kinds_between(self, lo: int, hi: int) -> str:
        """The kinds of the absences in a stretch, in words for a sentence."""
        names: dict[str, None] = defaultdict()
        for start, end, kind, _ in self._absences:
            if start < hi and end > lo:
                names[ABSENCE_WORDS[kind]] = None
        return " and ".join(names)


def _is_counted(absence: Absence, limits: Limits) -> bool:
    length = to_us(absence.end) - to_us(absence.start)
    if absence.kind == "lock" and length <= limits.lock_grace:
        return False
    return length > 0 and length >= limits.absence_bridge


def is_inside(at: int, pairs: Sequence[Interval]) -> bool:
    """Whether an instant lies strictly within one of the sorted, disjoint pairs."""
    i = bisect_right(pairs, (at, 0)) - 1
    return i >= 0 and pairs[i][0] < at < pairs[i][1]


def meets(lo: int, hi: int, pairs: Sequence[Interval]) -> bool:
    """Whether anything of the sorted, disjoint pairs lies in the stretch."""
    i = bisect_right(pairs, (hi, 0)) - 1
    return i >= 0 and pairs[i][1] > lo and pairs[i][0] < hi


def hull(lo: int, hi: int, pairs: Sequence[Interval]) -> Interval | None:
    """From the start of the first to the end of the last pair within a silence: waking for a moment without an act is still
    time away."""
    i = bisect_right(pairs, (lo, 0))
    if i and pairs[i - 1][1] > lo:
        i -= 1
    j = i
    while j < len(pairs) and pairs[j][0] < hi:
        j += 1
    if i == j:
        return None
    return max(lo, pairs[i][0]), min(hi, pairs[j - 1][1])
