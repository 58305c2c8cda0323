"""Sweeps instead of watching: for file systems that announce nothing, and where no watch is to be had.

A checkout in use is looked at every 5 s, an idle one every 60 s, with jitter, so that folders are not all read at once.
"""

import os
import random
import stat
import threading
import time
from collections.abc import Sequence

from stintd.clock import Clock
from stintd.sources.changes import CREATED, DELETED, IS_FOLDER, WRITTEN, Handover, TreeNote
from stintd.sources.tree import Coverage, TreeStats

ACTIVE, IDLE = 5.0, 60.0  # seconds between looks
ACTIVE_FOR = 600.0  # seconds after a change during which a checkout counts as in use
ENTRIES = 20_000  # looked at in one folder; a folder of more is known by its own time alone

_Seen = dict[str, tuple[int, int, bool]]  # name to (mtime in ns, size, is a folder)


class _Swept:
    """What was last seen of one checkout (None: not looked yet). Written under the tree's lock."""

    __slots__ = ("changed", "due", "folders")

    def __init__(self, folders: dict[str, tuple[str, _Seen | None]], now: float) -> None:
        self.folders = folders
        self.changed = self.due = now


class PollingTree:
    """Covers folders by looking at them again and again. See `Tree`."""

    def __init__(self, handover: Handover, clock: Clock, active: float = ACTIVE, idle: float = IDLE) -> None:
        self._handover, self._clock, self._active, self._idle = handover, clock, active, idle
        self._lock = threading.Lock()
        self._swept: dict[str, _Swept] = {}
        self._wake = threading.Event()
        self._is_stopping = False
        self._thread: threading.Thread | None = None
        self._lost = 0

    def start(self) -> None:
        """Nothing yet: the thread begins with the first checkout, so that nobody without need pays for it."""

    def stop(self) -> None:
        """End the thread, if there is one."""
        self._is_stopping = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(5.0)
        self._swept.clear()

    def cover(self, checkout: str, git_folders: Sequence[str], folders: Sequence[str]) -> Coverage:
        """See `Tree`. The thread looks at once, so that a dead share stalls nobody; changes from then on are told."""
        wanted = {folder: "file" for folder in folders} | {folder: "git" for folder in git_folders}
        with self._lock:
            before = self._swept.get(checkout)
            known = before.folders if before else {}
            folders_of = {folder: (kind, known.get(folder, (kind, None))[1]) for folder, kind in wanted.items()}
            self._swept[checkout] = _Swept(folders_of, time.monotonic())
        if self._thread is None and not self._is_stopping:
            self._thread = threading.Thread(target=self._run, name="stintd-sweep", daemon=True)
            self._thread.start()
        self._wake.set()
        return Coverage("swept", len(wanted), reason="its file system announces no changes")

    def uncover(self, checkout: str) -> None:
        """See `Tree`."""
        with self._lock:
            self._swept.pop(checkout, None)

    def stats(self) -> TreeStats:
        """See `Tree`."""
        with self._lock:
            count = sum(len(swept.folders) for swept in self._swept.values())
            tiers = {"swept": len(self._swept)} if self._swept else {}
        return TreeStats("polling", count, 0, tiers, self._handover.delivered, 0, self._lost)

    def _run(self) -> None:
        while not self._is_stopping:
            now = time.monotonic()
            with self._lock:
                due = [checkout for checkout, swept in self._swept.items() if swept.due <= now]
            for checkout in due:
                self.sweep(checkout)
            self._wake.wait(self._pause())
            self._wake.clear()

    def _pause(self) -> float | None:
        """Seconds to the next sweep; None (for ever) with nothing to sweep."""
        with self._lock:
            dues = [swept.due for swept in self._swept.values()]
        return max(0.01, min(dues) - time.monotonic()) if dues else None

    def sweep(self, checkout: str) -> None:
        """Look at one checkout now. Any thread."""
        with self._lock:
            swept = self._swept.get(checkout)
            folders = list(swept.folders.items()) if swept else []
        if swept is None:
            return
        notes: list[TreeNote] = []
        for folder, (kind, before) in folders:
            after = _scan(folder)
            if after is None:
                notes += self._loss_notes(checkout, folder, kind) if before is not None else []
            elif before is not None and after != before:
                notes += self._differences(checkout, folder, kind, before, after)
            with self._lock:
                if after is None:
                    swept.folders.pop(folder, None)
                elif folder in swept.folders:
                    swept.folders[folder] = (kind, after)
        now = time.monotonic()
        if notes:
            swept.changed = now
            self._handover.put(notes)
        pause = self._active if now - swept.changed < ACTIVE_FOR else self._idle
        swept.due = now + pause * random.uniform(0.75, 1.25)  # noqa: S311

    def _loss_notes(self, checkout: str, folder: str, kind: str) -> list[TreeNote]:
        if kind == "git" or folder == checkout:
            self._lost += 1
            return [TreeNote("lost", checkout, folder, 0, self._clock.now(), "it is gone")]
        return []

    def _differences(self, checkout: str, folder: str, kind: str, before: _Seen, after: _Seen) -> list[TreeNote]:
        now = self._clock.now()
        notes: list[TreeNote] = []
        for name in before.keys() | after.keys():
            old, new = before.get(name), after.get(name)
            is_folder = bool((new or old or (0, 0, False))[2])
            if old == new or (is_folder and old is not None and new is not None):
                continue
            mask = DELETED if new is None else CREATED if old is None else WRITTEN
            told = "folder" if is_folder and kind == "file" else kind
            bits = mask | (IS_FOLDER if is_folder else WRITTEN if mask == CREATED else 0)
            notes.append(TreeNote(told, checkout, os.path.join(folder, name), bits, now))
        return notes


def _scan(folder: str) -> _Seen | None:
    """What a folder holds, without links; None when it cannot be read."""
    seen: _Seen = {}
    try:
        if stat.S_ISLNK(os.lstat(folder).st_mode):
            return None
        with os.scandir(folder) as entries:
            for entry in entries:
                if len(seen) >= ENTRIES:
                    break
                try:
                    found = entry.stat(follow_symlinks=False)
                except OSError:
                    continue
                if stat.S_ISDIR(found.st_mode):
                    seen[entry.name] = (0, 0, True)
                elif stat.S_ISREG(found.st_mode):
                    seen[entry.name] = (found.st_mtime_ns, found.st_size, False)
    except OSError:
        return None
    return seen
