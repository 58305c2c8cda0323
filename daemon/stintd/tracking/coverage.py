"""The work trees of tracked checkouts: which folders are watched, how far the system allows it, and what no watch reported.

Watching takes two steps, listing folders and covering them; a folder created in between would never be seen. So the plan for a
checkout that is changing is repeated until it finds nothing new. Loop's thread only.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime

from stintd.clock import Clock
from stintd.domain.model import Signal, TroubleSignal
from stintd.tracking.model import TrackedCheckout, TrackerSettings, TrackerSources

MOST_PLANS = 5  # most plans in a row: a generator may create folders for minutes, and each new one is reported anyway
LIMIT_HINT = (
    "sweeps still find edits there; see `stint repos`. If a limit is the reason, raise fs.inotify.max_user_watches "
    "and fs.inotify.max_user_instances"
)


class WorkTrees:
    """Plans, covers and sweeps. `tell` takes signals; `since` is when nobody knows how the files were before."""

    def __init__(
        self,
        parts: TrackerSources,
        clock: Clock,
        settings: TrackerSettings,
        tell: Callable[[list[Signal]], None],
        since: datetime,
    ) -> None:
        self._parts, self._clock, self._settings, self._tell, self._since = parts, clock, settings, tell, since
        self._limited: set[str] = set()
        self._is_limited = False

    def is_cold(self, tracked: TrackedCheckout) -> bool:
        """Whether nobody has worked here for long, so that its git dir is watched but its work tree is not."""
        return tracked.last_active < self._clock.now() - self._settings.cold_after

    async def plan(self, tracked: TrackedCheckout, is_growing: bool) -> bool:
        """Watch the folders that matter. `is_growing`: folders may be appearing right now. Returns whether git's own
        folders changed meanwhile. The caller sweeps afterwards, for what was written before the watch began."""
        if self.is_cold(tracked):
            tracked.tier = "cold"
            return False
        has_moved = False
        for _ in range(MOST_PLANS):
            before = set(tracked.folders) | set(tracked.git_folders)
            folders, git_folders = await asyncio.to_thread(self._list_folders, tracked)
            has_moved = has_moved or git_folders != tracked.git_folders
            tracked.folders, tracked.git_folders = folders, git_folders
            self.cover(tracked)
            if not is_growing or not (set(folders) | set(git_folders)) - before:
                break
        return has_moved

    def _list_folders(self, tracked: TrackedCheckout) -> tuple[tuple[str, ...], tuple[str, ...]]:
        facts = tracked.facts
        planned = () if facts.kind == "bare" else tuple(self._parts.folders.plan(facts))
        return planned, tuple(self._parts.git.git_folders(facts))

    def cover(self, tracked: TrackedCheckout) -> None:
        """Watch it as planned; where the system has no room, one warning covers all checkouts."""
        facts = tracked.facts
        coverage = self._parts.watcher.cover(facts.path, tracked.git_folders, tracked.folders)
        tracked.tier = coverage.tier
        tracked.limit = coverage.reason or self._parts.folders.trouble(facts)
        self._limited.discard(facts.path)
        if coverage.tier in ("swept", "none") or (coverage.tier == "git" and coverage.reason):
            self._limited.add(facts.path)
        self._report_limit(tracked.limit)

    def drop(self, path: str) -> None:
        """Stop watching it."""
        self._parts.watcher.uncover(path)
        self._limited.discard(path)
        self._report_limit("")

    async def sweep(self, tracked: TrackedCheckout) -> None:
        """Report files written since the last sweep. After a failure the next sweep begins where this one did."""
        since, now = tracked.swept or self._since, self._clock.now()
        if tracked.facts.kind == "bare":
            return
        signals = await asyncio.to_thread(self._parts.folders.sweep, tracked.facts, since)
        tracked.swept = now
        if signals:
            tracked.last_active = max(tracked.last_active, *(signal.time for signal in signals))
            self._tell(list(signals))

    def _report_limit(self, reason: str) -> None:
        if bool(self._limited) == self._is_limited:
            return
        self._is_limited = bool(self._limited)
        text = f"some folders cannot be watched: {reason}" if self._is_limited else ""
        hint = LIMIT_HINT if self._is_limited else ""
        self._tell([TroubleSignal("watch_limit", text, hint, is_cleared=not self._is_limited)])
