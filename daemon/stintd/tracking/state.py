"""What the parts of the tracker share: the checkouts under watch, how far they were read, and the way out for signals.

Written on the loop's thread only. Threads use the sources, and read the paths of the roots and the first commits in the book.
"""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence

from stintd.clock import Clock
from stintd.domain.model import LockSignal, Signal
from stintd.tracking.backlog import Backlog
from stintd.tracking.coverage import WorkTrees
from stintd.tracking.cursors import CursorBook
from stintd.tracking.model import SignalSink, TrackedCheckout, TrackerSettings, TrackerSources
from stintd.tracking.roots import Roots
from stintd.tracking.troubles import Troubles


class TrackerState:
    """`tracked`: the checkouts under watch, by path. `since`: when nobody knows how files and reflogs were before.
    `has_started`: whether the first search of all roots is over."""

    def __init__(
        self,
        sources: TrackerSources,
        clock: Clock,
        sink: SignalSink,
        cursors: Mapping[str, str],
        settings: TrackerSettings,
        on_folders: Callable[[frozenset[str]], None],
    ) -> None:
        self.sources, self.clock, self.settings = sources, clock, settings
        self._sink, self._on_folders = sink, on_folders
        self.tracked: dict[str, TrackedCheckout] = {}
        self.since = settings.known_since or clock.now()
        self.has_started = False
        self.book = CursorBook(cursors)
        self.roots = Roots(real_paths(settings.roots), sources.watcher)
        self.backlog = Backlog(clock)
        self.troubles = Troubles(lambda signals: self.tell(signals, {}), self.backlog)
        self.trees = WorkTrees(sources, clock, settings, lambda signals: self.tell(signals, {}), self.since)

    def end_start(self) -> None:
        """The first search of all roots is over: what is found from now on is new."""
        self.has_started = True

    @property
    def is_first_start(self) -> bool:
        """Whether this is the first search of a daemon that never watched before."""
        return self.settings.known_since is None and not self.has_started

    def tell(self, signals: list[Signal], cursors: dict[str, str]) -> None:
        """Report signals, with the cursors behind them."""
        if signals or cursors:
            self.book.remember(cursors)
            self._sink(signals, cursors)

    def report_folders(self) -> None:
        """Report that checkouts came or went, or project files outside them."""
        self._on_folders(self.roots.marked())

    def holder(self, path: str) -> str | None:
        """The deepest known checkout that holds `path`."""
        while path not in self.tracked:
            above = os.path.dirname(path)
            if above == path:
                return None
            path = above
        return path

    def promote(self, tracked: TrackedCheckout) -> None:
        """Somebody works here: if only its git dir is watched, watch its work tree too."""
        tracked.last_active = self.clock.now()
        if tracked.tier == "cold":
            tracked.tier = "waiting"
            self.backlog.add("plan", tracked.facts.path)

    def list_untracked(self, paths: Iterable[str]) -> list[str]:
        """Those of these folders that are below a root and not tracked yet."""
        return [path for path in paths if path not in self.tracked and self.roots.root_of(path) is not None]

    def release_lock(self, tracked: TrackedCheckout) -> None:
        """Report that git does not hold its lock any more."""
        if tracked.is_locked:
            tracked.is_locked = False
            self.tell([LockSignal(self.clock.now(), tracked.facts.path, False)], {})

    def rescan(self, checkout: str | None = None) -> None:
        """Something may have been missed: read the reflogs further, plan and sweep the work trees, of one checkout or of all."""
        for path in [checkout] if checkout else list(self.tracked):
            self.backlog.add("look", path)
            self.backlog.add("plan", path)
            self.backlog.add("sweep", path)
        for root in self.roots.paths if checkout is None else ():
            self.backlog.add("find", root)


def real_paths(roots: Sequence[str]) -> tuple[str, ...]:
    """The roots without links."""
    return tuple(os.path.realpath(root) for root in roots)
