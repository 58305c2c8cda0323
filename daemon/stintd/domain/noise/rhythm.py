"""Recognises files that a machine writes, by the pattern of the writes: at a steady period, or always longer.

The history is kept for the most recently written files, in bounded memory.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

STEADY_WRITES = 5
APPEND_WRITES = 6
"""A person who types also saves longer files, but not so often in a row: sooner or later something is deleted."""
SAME_WRITE = timedelta(milliseconds=500)
"""One save makes several changes: create, write, rename."""
EVENNESS = 0.08
JITTER = timedelta(milliseconds=150)
"""Periods count as equal within 8 %, or within the error that the watcher's batches of 50 ms add to exact periods."""
MISSED = 3
"""A program that skips up to two of its writes keeps its rhythm."""
FILES_LIMIT = 4096


@dataclass(slots=True)
class _WriteHistory:
    times: deque[datetime] = field(default_factory=lambda: deque(maxlen=STEADY_WRITES))
    size: int | None = None
    growths: int = 0
    period: timedelta | None = None
    verdict: str = ""


class Rhythms:
    """Says for each write whether a machine made it. Not thread-safe."""

    def __init__(self) -> None:
        self._files: OrderedDict[tuple[str, str], _WriteHistory] = OrderedDict()

    def has_seen(self, checkout: str, path: str, time: datetime) -> bool:
        """Whether this same write was noted before: a sweep finds a write again that a watch reported, with the file's exact
        time."""
        history = self._files.get((checkout, path))
        return history is not None and any(abs(time - seen_at) < SAME_WRITE for seen_at in history.times)

    def note_write(self, checkout: str, path: str, time: datetime, size: int | None) -> str:
        """Note a write. "steady" or "appended" when it continues a machine's series, else ""."""
        key = checkout, path
        history = self._files.get(key)
        if history is None:
            history = self._files[key] = _WriteHistory()
            if len(self._files) > FILES_LIMIT:
                self._files.popitem(last=False)
        self._files.move_to_end(key)
        _update_history(history, time, size)
        return history.verdict


def _update_history(history: _WriteHistory, time: datetime, size: int | None) -> None:
    last = history.times[-1] if history.times else None
    if last is not None and time - last < SAME_WRITE:
        history.size = size if size is not None else history.size
        return
    if size is not None and history.size is not None:
        history.growths = history.growths + 1 if size > history.size else 0
    history.size = size
    history.times.append(time)
    history.period = _period_still_holding(history, last, time) or _period(list(history.times))
    is_appended = history.growths >= APPEND_WRITES - 1
    history.verdict = "steady" if history.period else "appended" if is_appended else ""


def _period(times: list[datetime]) -> timedelta | None:
    """The period of a full history of evenly spaced writes."""
    if len(times) < STEADY_WRITES:
        return None
    gaps = [later - earlier for earlier, later in pairwise(times)]
    mean = sum(gaps, timedelta()) / len(gaps)
    return mean if all(_is_close(gap, mean) for gap in gaps) else None


def _period_still_holding(history: _WriteHistory, last: datetime | None, time: datetime) -> timedelta | None:
    """The earlier period, if this write still fits it."""
    if history.period is None or last is None:
        return None
    times = round((time - last) / history.period)
    is_on_it = 1 <= times <= MISSED and _is_close(time - last, history.period * times)
    return history.period if is_on_it else None


def _is_close(gap: timedelta, period: timedelta) -> bool:
    return abs(gap - period) <= max(period * EVENNESS, JITTER)
