"""What a note about a file of a work tree says: written here, arrived from elsewhere, or gone."""

import os
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from stintd.domain.model import FileSignal, to_us
from stintd.domain.noise.arrival import has_arrived
from stintd.tracking.model import WRITTEN, WatchNote

SECOND_LOOK = 0.6
"""Seconds until a written file is looked at once more, while the noise rules still hold it: `scp -p`, unzip and Python's
`copy2` close a file before they set its time."""
SETTLED = timedelta(seconds=SECOND_LOOK / 2)
SECOND_LOOKS_LIMIT = 1000
"""More files at once are a burst, whoever wrote them."""


class SecondLooks:
    """The files to look at once more. On the loop's thread."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, str], FileSignal] = {}

    def add(self, signals: Iterable[FileSignal]) -> bool:
        """Take those that were written here as far as is known; whether any of all taken so far waits."""
        for signal in signals:
            if not (signal.has_arrived or signal.is_gone or signal.is_ignored) and len(self._waiting) < SECOND_LOOKS_LIMIT:
                self._waiting[signal.checkout, signal.path] = signal
        return bool(self._waiting)

    def take(self, now: datetime) -> list[FileSignal]:
        """Those that have been left alone for a moment."""
        ready = [key for key, signal in self._waiting.items() if now - signal.time >= SETTLED or now < signal.time]
        return [self._waiting.pop(key) for key in ready]


def mark_arrivals(signals: Iterable[FileSignal]) -> list[FileSignal]:
    """Those whose files turn out to have arrived. Blocking."""
    arrivals = []
    for signal in signals:
        try:
            status = os.lstat(os.path.join(signal.checkout, signal.path))
        except OSError:
            continue
        if has_arrived(status.st_mtime_ns, status.st_ctime_ns, to_us(signal.time) * 1000):
            arrivals.append(replace(signal, has_arrived=True))
    return arrivals


def signal_of(note: WatchNote, checkout: str, is_ignored: bool) -> FileSignal:
    """The signal of a changed file below `checkout`. One look at the file, without following links.

    A file that was written and is gone already was a temporary one, whatever its name: it counts as arrived.
    """
    path = os.path.relpath(note.path, checkout)
    try:
        status = os.lstat(note.path)
    except OSError:
        return FileSignal(note.time, checkout, path, None, is_ignored, bool(note.mask & WRITTEN), is_gone=True)
    seen_ns = to_us(note.time) * 1000
    return FileSignal(
        note.time, checkout, path, status.st_size, is_ignored, has_arrived(status.st_mtime_ns, status.st_ctime_ns, seen_ns)
    )
