"""Watches the folders of checkouts in the best way available, and reports what it cannot watch.

On Linux: inotify, within a share of what the system allows, because editors need watches too. Elsewhere: watchdog's
observer. On file systems that announce nothing, and on systems without room: sweeps. Nothing goes unwatched silently: what
cannot be watched becomes a `lost` note and shows in `stats`.
"""

import asyncio
import os
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace

from stintd.clock import Clock, SystemClock
from stintd.errors import Unavailable
from stintd.frozen import frozen
from stintd.mounts import is_silent, kind_of, read_mounts
from stintd.sources.changes import Handover, NoteSink, TreeNote
from stintd.sources.observer import ObserverTree
from stintd.sources.polling import PollingTree
from stintd.sources.tree import Coverage, Tree, TreeStats

if sys.platform == "linux":
    from stintd.sources.inotify import InotifyTree

SHARE = 0.25  # of max_user_watches
RESERVE = 8_192  # watches that are never ours, whatever the share
MOUNTS_AGE = 5.0  # seconds
_LIMITS = ("/proc/sys/fs/inotify/max_user_watches", "/proc/sys/user/max_inotify_watches")
BACKENDS = ("auto", "inotify", "observer", "polling")


@frozen
class WatchStats:
    """The figures of watching. `main` is the tree that most checkouts are in, `swept` the polling one beside it; `trouble`
    says in plain words what is not watched as it should be."""

    main: TreeStats
    swept: TreeStats
    limit: int
    trouble: tuple[str, ...]


class TreeWatcher:
    """Covers checkouts and reports changes in their folders. `sink` is called on `loop`; call the methods from any thread.

    `backend`: one of BACKENDS; `budget`: watches at most (None: by SHARE and RESERVE); `roots`: folders above the
    checkouts, which decide where an observer is scheduled.
    """

    def __init__(
        self,
        sink: NoteSink,
        loop: asyncio.AbstractEventLoop,
        clock: Clock | None = None,
        *,
        backend: str = "auto",
        budget: int | None = None,
        share: float = SHARE,
        roots: Sequence[str] = (),
    ) -> None:
        self._clock: Clock = clock or SystemClock()
        self._handover = Handover(sink, loop)
        self._limit = system_limit()
        self._budget = budget if budget is not None else budget_of(self._limit, share)
        self._swept = PollingTree(self._handover, self._clock)
        self._main: Tree = self._tree(backend, roots)
        self._lock = threading.Lock()
        self._tree_of: dict[str, Tree] = {}  # under _lock
        self._reasons: dict[str, str] = {}  # checkout to what is wrong with its coverage; under _lock
        self._start_trouble = ""
        self._mounts: dict[str, str] = {}  # under _lock
        self._mounts_read = float("-inf")

    def start(self) -> None:
        """Start. Where the system has no room, everything is swept; a `lost` note and `stats` say so."""
        self._swept.start()
        if self._main is self._swept:
            return
        try:
            self._main.start()
        except Unavailable as error:
            self._main = self._swept
            self._start_trouble = error.message
            self._handover.put([TreeNote("lost", "", "", 0, self._clock.now(), error.message)])

    def stop(self) -> None:
        """Stop; threads and descriptors are given back."""
        self._main.stop()
        self._swept.stop()

    def cover(self, checkout: str, git_folders: Sequence[str], folders: Sequence[str]) -> Coverage:
        """Watch exactly these folders for `checkout`; other folders that were covered for it are no longer watched.

        Takes a few microseconds for each folder; the paths are absolute. Returns how far the checkout is watched.
        """
        tree = self._swept if is_silent(kind_of(checkout, self._mount_table())) else self._main
        with self._lock:
            before, self._tree_of[checkout] = self._tree_of.get(checkout), tree
        if before is not None and before is not tree:
            before.uncover(checkout)
        coverage = tree.cover(checkout, git_folders, folders)
        if tree is self._main and self._start_trouble:
            coverage = replace(coverage, reason=self._start_trouble)
        if coverage.tier == "none":
            coverage = replace(self._swept.cover(checkout, git_folders, folders), reason=coverage.reason)
        elif tree is not self._swept:
            self._swept.uncover(checkout)
        with self._lock:
            self._reasons.pop(checkout, None)
            if coverage.reason:
                self._reasons[checkout] = coverage.reason
        return coverage

    def uncover(self, checkout: str) -> None:
        """Watch nothing for `checkout` any more."""
        with self._lock:
            tree = self._tree_of.pop(checkout, None)
            self._reasons.pop(checkout, None)
        if tree is not None:
            tree.uncover(checkout)
            self._swept.uncover(checkout)

    def stats(self) -> WatchStats:
        """The figures of watching now."""
        with self._lock:
            reasons = [f"{checkout}: {reason}" for checkout, reason in self._reasons.items()]
        first = [self._start_trouble] if self._start_trouble else []
        return WatchStats(self._main.stats(), self._swept.stats(), self._limit, (*first, *reasons))

    def _mount_table(self) -> dict[str, str]:
        """The mount table, at most a few seconds old, because a thousand checkouts are covered one after the other."""
        now = self._clock.monotonic()
        with self._lock:
            if now - self._mounts_read > MOUNTS_AGE:
                self._mounts, self._mounts_read = read_mounts(), now
            return self._mounts

    def _tree(self, backend: str, roots: Sequence[str]) -> Tree:
        if backend == "polling":
            return self._swept
        if sys.platform == "linux" and backend != "observer":
            return InotifyTree(self._handover, self._clock, self._budget)
        return ObserverTree(self._handover, self._clock, [os.path.abspath(root) for root in roots])


def system_limit() -> int:
    """How many watches the system allows this user; 0 where it does not say."""
    limits: list[int] = []
    for path in _LIMITS:
        try:
            with open(path, encoding="ascii") as file:
                limits.append(int(file.read()))
        except (OSError, ValueError):
            continue
    return min(limits, default=0)


def budget_of(limit: int, share: float = SHARE) -> int:
    """How many of `limit` watches may be ours: the share, but never the last RESERVE ones."""
    return max(0, min(int(limit * share), limit - RESERVE))
