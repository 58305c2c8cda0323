"""What a watch tells: notes, and how they get from any thread to the event loop: folded, in order, none dropped."""

import asyncio
import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NamedTuple

WRITTEN = 0x8
MOVED_FROM = 0x40
MOVED_TO = 0x80
CREATED = 0x100
DELETED = 0x200
IS_FOLDER = 0x40000000
"""Bits of `TreeNote.mask`: inotify's own, which the other trees translate to."""

PENDING_LIMIT = 100_000
"""Notes that wait for a stalled loop; beyond it they become one overflow. 40 MB, six kernel queues."""


class TreeNote(NamedTuple):
    """Something happened at `path` (absolute) in a covered folder; a tuple, because a storm makes 50,000 of them.

    `kind`: `file` (written, moved or deleted in a work folder), `folder` (one appeared, moved or went: plan again),
    `git` (anything in a git folder), `lost` (what covers `checkout` is gone, unreadable or beyond the budget: `reason`
    says which; sweep it) or `overflow` (anything may have been missed anywhere, `checkout` is ""). `mask` joins the
    bits of all that happened to the path in one batch.
    """

    kind: str
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
"""Takes a batch of notes on the loop's thread. If it raises, the loop reports that; the next batch comes all the same."""


class Handover:
    """Carries notes from watching threads to the loop: one callback for all that waits, equal paths folded into one.

    A loop that is busy for seconds finds one batch, not a queue of them; the order is that of the first sighting.
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
                before = self._pending.get(key)
                self._pending[key] = note if before is None else note._replace(mask=note.mask | before.mask)
            if len(self._pending) > PENDING_LIMIT:
                overflow = TreeNote("overflow", "", "", 0, note.time, "the daemon was too busy to follow")
                self._pending = {overflow[:3]: overflow}
            if self._is_scheduled or not self._pending:
                return
            self._is_scheduled = True
        try:
            self._loop.call_soon_threadsafe(self._deliver)
        except RuntimeError:  # the loop is closed: nobody listens any more
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
