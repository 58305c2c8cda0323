"""Sweeps instead of watching: for file systems that announce no changes, and where no watch is available.

A checkout in use is read every 5 s, an idle one every 60 s, with jitter, so that not all folders are read at once.
"""

import os
import random
import stat
import threading
import time
from collections.abc import Sequence

from stintd.clock import Clock
from stintd.domain.model import NoteKind, WatchTier
from stintd.sources.changes import CREATED, DELETED, IS_FOLDER, WRITTEN, Handover, TreeNote
from stintd.sources.tree import Coverage, FolderKind, TreeStats

ACTIVE, IDLE = 5.0, 60.0  # seconds between looks
ACTIVE_FOR = 600.0  # seconds after a change during which a checkout counts as in use
ENTRIES = 20_000  # most entries read in one folder

_Seen = dict[str, tuple[int, int, bool]]  # name to (mtime in ns, size, is a folder)


class _SweptCheckout:
    """What was last seen of one checkout (None: not read yet). Written under the tree's lock."""

    __slots__ = ("changed", "due", "folders")

    def __init__(self, folders: dict[str, tuple[FolderKind, _Seen | None]], now: float) -> None:
        self.folders = folders
        self.changed = self.due = now


class PollingTree:
    """Covers folders by reading them again and again. See `Tree`."""

    def __init__(self, handover: Handover, clock: Clock, active: float = ACTIVE, idle: float = IDLE) -> None:
        self._handover, self._clock, self._active, self._idle = handover, clock, active, idle
        self._lock = threading.Lock()
        self._swept: dict[str, _SweptCheckout] = {}
        self._wake = threading.Event()
        self._is_stopping = False
        self._thread: threading.Thread | None = None
        self._lost = 0

    def start(self) -> None:
        """Does nothing yet: the thread starts with the first checkout, so that it costs nothing where it is not needed."""

    def stop(self) -> None:
        """Stop the thread, if there is one."""
        self._is_stopping = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(5.0)
        self._swept.clear()

    def cover(self, checkout: str, git_folders: Sequence[str], folders: Sequence[str]) -> Coverage:
        """See `Tree`. The thread reads the folders, so that a dead share blocks nobody, and reports changes from then on."""
        wanted: dict[str, FolderKind] = {folder: "file" for folder in folders}
        wanted.update(dict.fromkeys(git_folders, "git"))
        with self._lock:
            before = self._swept.get(checkout)
            known = before.folders if before else {}
            folders_of = {folder: (kind, known.get(folder, (kind, None))[1]) for folder, kind in wanted.items()}
            self._swept[checkout] = _SweptCheckout(folders_of, time.monotonic())
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
            tiers: dict[WatchTier, int] = {"swept": len(self._swept)} if self._swept else {}
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
        """Seconds until the next sweep; None (for ever) when there is nothing to sweep."""
        with self._lock:
            dues = [swept.due for swept in self._swept.values()]
        return max(0.01, min(dues) - time.monotonic()) if dues else None

    def sweep(self, checkout: str) -> None:
        """Read the folders of one checkout now, and report what changed. Any thread."""
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

    def _loss_notes(self, checkout: str, folder: str, kind: FolderKind) -> list[TreeNote]:
        if kind == "git" or folder == checkout:
            self._lost += 1
            return [TreeNote("lost", checkout, folder, 0, self._clock.now(), "it is gone")]
        return []

    def _differences(self, checkout: str, folder: str, kind: FolderKind, before: _Seen, after: _Seen) -> list[TreeNote]:
        now = self._clock.now()
        notes: list[TreeNote] = []
        for name in before.keys() | after.keys():
            old, new = before.get(name), after.get(name)
            is_folder = bool((new or old or (0, 0, False))[2])
            if old == new or (is_folder and old is not None and new is not None):
                continue
            mask = DELETED if new is None else CREATED if old is None else WRITTEN
            note_kind: NoteKind = "folder" if is_folder and kind == "file" else kind
            bits = mask | (IS_FOLDER if is_folder else WRITTEN if mask == CREATED else 0)
            notes.append(TreeNote(note_kind, checkout, os.path.join(folder, name), bits, now))
        return notes


def _scan(folder: str) -> _Seen | None:
    """The files and folders in a folder, without links; None when it cannot be read."""
    seen: _Seen = {}
    try:
        if stat.S_ISLNK(os.lstat(folder).st_mode):
            return None
        with os.scandir(folder) as entries:
            for entry in entries:
                if len(seen) >= ENTRIES:
                    break
                try:
                    status = entry.stat(follow_symlinks=False)
                except OSError:
                    continue
                if stat.S_ISDIR(status.st_mode):
                    seen[entry.name] = (0, 0, True)
                elif stat.S_ISREG(status.st_mode):
                    seen[entry.name] = (status.st_mtime_ns, status.st_size, False)
    except OSError:
        return None
    return seen
