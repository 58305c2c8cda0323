"""Notes of what a watch saw, and how they get from any thread to the event loop: equal ones merged, in order, none lost."""

import asyncio
import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NamedTuple

from stintd.domain.model import NoteKind

WRITTEN = 0x8
MOVED_FROM = 0x40
MOVED_TO = 0x80
CREATED = 0x100
DELETED = 0x200
IS_FOLDER = 0x40000000
"""Bits of `TreeNote.mask`: those of inotify; the other trees translate to them."""

PENDING_LIMIT = 100_000
"""Notes that may wait for a stalled loop; more than that become one overflow. 40 MB, six kernel queues."""


class TreeNote(NamedTuple):
    """Something happened at `path` (absolute) in a covered folder; a tuple, because a storm makes 50,000 of them.

    `kind`: `file` (written, moved or deleted in a work folder), `folder` (one appeared, moved or disappeared: plan again),
    `git` (anything in a git folder), `lost` (the watch on `checkout` is gone, unreadable or beyond the budget, as `reason`
    says: sweep it) or `overflow` (anything may have been missed anywhere, `checkout` is ""). `mask` has the bits of
    everything that happened to the path in one batch.
    """

    kind: NoteKind
    checkout: str
    path: str
    mask: int
    time: datetime
    reason: str = ""

    @property
    def is_folder(self) -> bool:
        """Whether `path` is or was a folder."""
        return bool(self.mask & IS_FOLDER)


NoteSink = Callable[[list[TreeNote]], None]
"""Takes a batch of notes on the loop's thread. If it raises, the loop reports that; the next batch comes nevertheless."""


class Handover:
    """Carries notes from watching threads to the loop: one callback for all that wait, notes of equal paths merged into one.

    A loop that was busy for seconds gets one batch, not a queue of them. The order is that of the first note of each path.
    """

    def __init__(self, sink: NoteSink, loop: asyncio.AbstractEventLoop) -> None:
        self._sink, self._loop = sink, loop
        self._lock = threading.Lock()
        self._pending: dict[tuple[str, str, str], TreeNote] = {}  # under _lock; any thread
        self._is_scheduled = False  # under _lock
        self.delivered = 0  # the loop's thread alone
        self.sink_errors = 0  # the loop's thread alone

    def put(self, notes: Iterable[TreeNote]) -> None:
        """Hand over notes. Any thread; never blocks, never raises."""
        with self._lock:
            for note in notes:
                key = note[:3]
                earlier = self._pending.get(key)
                self._pending[key] = note if earlier is None else note._replace(mask=note.mask | earlier.mask)
            if len(self._pending) > PENDING_LIMIT:
                overflow = TreeNote("overflow", "", "", 0, note.time, "the daemon was too busy to keep up")
                self._pending = {overflow[:3]: overflow}
            if self._is_scheduled or not self._pending:
                return
            self._is_scheduled = True
        try:
            self._loop.call_soon_threadsafe(self._deliver)
        except RuntimeError:  # the loop is closed: nobody takes notes any more
            self._pending.clear()

    def _deliver(self) -> None:
        with self._lock:
            notes, self._pending = list(self._pending.values()), {}
            self._is_scheduled = False
        self.delivered += len(notes)
        try:
            self._sink(notes)
        except Exception:
            self.sink_errors += 1
            raise  # to the loop's exception handler; nothing here depends on the sink
