"""Bursts of writes: more files within two seconds than a person changes, as by a generator, a formatter or an archive."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from stintd.frozen import frozen

CALM = 5
"""A burst is over when fewer than a fifth of `burst_files` change within the window: most bursts fade out slowly."""


@frozen
class Burst:
    """One burst, for people who ask why nothing was counted."""

    start: datetime
    end: datetime
    checkout: str
    files: int


class Bursts:
    """The bursts of one checkout. The present one swallows the writes that follow without another search."""

    def __init__(self, limit: int, window: timedelta) -> None:
        self._limit, self._window = limit, window
        self._start: datetime | None = None
        self._end: datetime | None = None
        self._tail_start: datetime | None = None
        self._tail_count = 0

    def swallows(self, time: datetime) -> bool:
        """Whether a write at that time belongs to the known burst, which continues while enough is written."""
        if self._start is None or self._end is None or self._tail_start is None:
            return False
        if not self._start <= time <= self._end + self._window:
            return False
        if time - self._tail_start > self._window:
            if self._tail_count * CALM <= self._limit:
                self._start = None
                return False
            self._tail_start, self._tail_count = time, 0
        self._tail_count += 1
        self._end = max(self._end, time)
        return True

    def find(self, checkout: str, writes: Sequence[tuple[datetime, str]]) -> Iterator[tuple[Burst, list[str]]]:
        """The bursts among writes of different files (sorted), each with its paths, none of which is work."""
        at = 0
        while at < len(writes):
            end = self._window_end(writes, at)
            if end - at > self._limit:
                while end < len(writes) and writes[end][0] - writes[end - self._limit][0] <= self._window:
                    end += 1
                storm = writes[at:end]
                self._start, self._end = storm[0][0], storm[-1][0]
                self._tail_start, self._tail_count = storm[-1][0], self._limit
                yield Burst(storm[0][0], storm[-1][0], checkout, len(storm)), [path for _, path in storm]
                at = end
            else:
                at += 1

    def _window_end(self, writes: Sequence[tuple[datetime, str]], at: int) -> int:
        """The index after the last write within the window that begins at `at`."""
        end = min(at + self._limit + 1, len(writes))
        while end > at and writes[end - 1][0] - writes[at][0] > self._window:
            end -= 1
        return end
