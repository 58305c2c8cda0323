"""The only file watcher, shared: it watches the checkouts for the tracker, and a few of our own folders (spool, settings)."""

import asyncio
from collections.abc import Callable, Sequence

from stintd.clock import Clock
from stintd.engine.listeners import Listeners
from stintd.engine.upkeep.doctor import Watches
from stintd.sources.changes import TreeNote
from stintd.sources.watch import TreeWatcher


class SharedWatcher:
    """`on_notes` reports what happened in checkouts. `on_wake` reports, before that, that anything happened at all. Only for the
    thread of the event loop."""

    def __init__(self, clock: Clock, roots: Sequence[str]) -> None:
        self.tree = TreeWatcher(self._take, asyncio.get_running_loop(), clock, roots=roots)
        self.on_wake = Listeners[[]]()
        self.on_notes = Listeners[[list[TreeNote]]]()
        self._own: dict[str, Callable[[], object]] = {}

    def watch_folder(self, folder: str, call: Callable[[], object]) -> Callable[[], None]:
        """Run `call` whenever something in one of our own folders changes; returns a function that stops this."""
        self._own[folder] = call
        self.tree.cover(folder, [folder], [])
        return lambda: self.tree.uncover(folder)

    def watches(self) -> Watches:
        """How many watches are in use, for `stint doctor`."""
        stats = self.tree.stats()
        return Watches(stats.main.watches, stats.main.budget, stats.limit, stats.trouble)

    def _take(self, notes: list[TreeNote]) -> None:
        self.on_wake.tell()
        others = []
        for note in notes:
            if note.checkout in self._own:
                self._own[note.checkout]()
            else:
                others.append(note)
        if others:
            self.on_notes.tell(others)
