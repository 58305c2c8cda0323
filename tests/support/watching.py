"""A tree under test: collects its notes, waits for them, and proves by cookie files that it has caught up."""

import asyncio
import itertools
import os
from collections.abc import Callable
from pathlib import Path

from stintd.clock import Clock, SystemClock
from stintd.sources.changes import Handover, TreeNote
from stintd.sources.inotify import InotifyTree
from stintd.sources.observer import ObserverTree
from stintd.sources.polling import PollingTree
from stintd.sources.tree import Tree
from tests.support import PATIENCE

KINDS = ("inotify", "observer", "polling")
_cookies = itertools.count(1)


class Watching:
    """`async with Watching(kind) as seen`: a started tree and what it told."""

    def __init__(self, kind: str = "inotify", clock: Clock | None = None, budget: int = 10_000) -> None:
        self.kind, self._clock, self._budget = kind, clock or SystemClock(), budget
        self.notes: list[TreeNote] = []
        self.batches = 0
        self.to_raise: Exception | None = None
        self.tree: Tree

    async def __aenter__(self) -> "Watching":
        self._changed = asyncio.Event()
        self.handover = Handover(self._take, asyncio.get_running_loop())
        self.tree = self._build()
        self.tree.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self.tree.stop)

    def _build(self) -> Tree:
        if self.kind == "polling":
            return PollingTree(self.handover, self._clock, active=0.02, idle=0.02)
        if self.kind == "observer":
            return ObserverTree(self.handover, self._clock)
        return InotifyTree(self.handover, self._clock, self._budget)

    def _take(self, notes: list[TreeNote]) -> None:
        self.notes += notes
        self.batches += 1
        self._changed.set()
        if self.to_raise:
            raise self.to_raise

    async def until(self, probe: Callable[[], object], what: str = "", seconds: float = PATIENCE) -> None:
        """Wait until `probe` holds, looking after every batch; fails the test after `seconds`."""
        deadline = asyncio.get_running_loop().time() + seconds
        while not probe():
            self._changed.clear()
            left = deadline - asyncio.get_running_loop().time()
            assert left > 0, f"not within {seconds} s: {what}; seen: {self.notes[-20:]}"
            try:
                await asyncio.wait_for(self._changed.wait(), min(left, 0.5))
            except TimeoutError:
                continue

    async def told(self, kind: str, path: Path | str) -> TreeNote:
        """Wait for a note of this kind about this path."""
        wanted = str(path)
        await self.until(lambda: self.about(kind, wanted), what=f"{kind} {wanted}")
        return self.about(kind, wanted)[0]

    def about(self, kind: str, path: Path | str) -> list[TreeNote]:
        return [note for note in self.notes if note.kind == kind and note.path == str(path)]

    async def caught_up(self, folder: Path) -> None:
        """Write cookie files into a covered folder until one comes back: everything before it has come too."""
        for _ in range(100):
            cookie = folder / f"cookie{next(_cookies)}"
            cookie.write_text(cookie.name)
            try:
                await self.until(lambda path=str(cookie): any(n.path == path for n in self.notes), seconds=0.3)
            except AssertionError:
                continue
            return
        raise AssertionError(f"no cookie came back from {folder}")

    def paths(self, kind: str = "file") -> set[str]:
        """Names noted, cookies aside."""
        return {note.path for note in self.notes if note.kind == kind and "cookie" not in os.path.basename(note.path)}
