"""macOS and Windows: watchdog's `Observer`, one recursive schedule for each folder above the checkouts, filtered afterwards.

One schedule, because FSEvents allows about 1,024 streams in the whole system and Windows needs two threads for each. Neither
reports lost changes, so the tracker's patrol and sweeps decide here. Only changes in covered folders are reported; changes
in ignored folders are dropped after a look at the table.
"""

import contextlib
import os
import sys
import threading
from collections.abc import Iterable, Sequence

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver, ObservedWatch

from stintd.clock import Clock
from stintd.domain.model import NoteKind, WatchTier
from stintd.errors import Unavailable
from stintd.sources.changes import CREATED, DELETED, IS_FOLDER, MOVED_FROM, MOVED_TO, WRITTEN, Handover, TreeNote
from stintd.sources.tree import Coverage, FolderKind, TreeStats

_WRITES = [FileClosedEvent] if sys.platform == "linux" else [FileModifiedEvent]
FILTER: list[type[FileSystemEvent]] = [
    *_WRITES,
    FileCreatedEvent,
    FileDeletedEvent,
    FileMovedEvent,
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
]
"""Without opens, closes without a write, and attributes: without a filter watchdog 7.1 livelocks above 4,100 folders."""

_BITS = {"closed": WRITTEN, "modified": WRITTEN, "created": CREATED, "deleted": DELETED}


END_SECONDS = 5.0  # to wait for the end of a schedule before its folder is scheduled again


class ObserverTree(FileSystemEventHandler):
    """Covers folders with one schedule per watched root. See `Tree`.

    `roots`: folders above the checkouts; a checkout or git folder outside all of them gets a schedule of its own.
    """

    def __init__(self, handover: Handover, clock: Clock, roots: Sequence[str] = ()) -> None:
        self._handover, self._clock, self._roots = handover, clock, tuple(roots)
        self._lock = threading.Lock()
        self._owners: dict[str, dict[str, FolderKind]] = {}  # folder to checkout to kind; under _lock
        self._covered: dict[str, tuple[str, ...]] = {}  # checkout to its folders; under _lock
        self._schedules: dict[str, ObservedWatch] = {}  # under _lock
        self._ending: dict[str, threading.Thread] = {}  # schedules on their way out, by root
        self._observer: BaseObserver | None = None
        self._lost = self._errors = 0

    def start(self) -> None:
        """Start; `Unavailable` when the system refuses."""
        observer = Observer()
        try:
            observer.start()
        except OSError as error:
            raise Unavailable(f"files cannot be watched: {error}", "until then folders are swept") from None
        self._observer = observer

    def stop(self) -> None:
        """End all schedules and threads."""
        observer, self._observer = self._observer, None
        if observer is not None:
            observer.stop()
            observer.join(5.0)
        with self._lock:
            self._owners.clear()
            self._covered.clear()
            self._schedules.clear()

    def cover(self, checkout: str, git_folders: Sequence[str], folders: Sequence[str]) -> Coverage:
        """See `Tree`."""
        wanted: dict[str, FolderKind] = {folder: "file" for folder in folders}
        wanted.update(dict.fromkeys(git_folders, "git"))
        self._await_ends([checkout, *wanted])
        with self._lock:
            self._forget(checkout)
            for folder, kind in wanted.items():
                self._owners.setdefault(folder, {})[checkout] = kind
            self._covered[checkout] = tuple(wanted)
            reason = self._schedule_missing([checkout, *git_folders] if git_folders else list(folders))
        if reason:
            self._lost += 1
            self._handover.put([TreeNote("lost", checkout, checkout, 0, self._clock.now(), reason)])
            return Coverage("none", 0, (), reason)
        return Coverage("full" if folders else "git", len(wanted))

    def uncover(self, checkout: str) -> None:
        """See `Tree`."""
        with self._lock:
            self._forget(checkout)
            covered = list(self._owners)
            for root in [root for root in self._schedules if not any(_is_below(path, root) for path in covered)]:
                self._unschedule(root)

    def stats(self) -> TreeStats:
        """See `Tree`. Lost changes cannot be counted here."""
        with self._lock:
            tiers: dict[WatchTier, int] = {"full": len(self._covered)} if self._covered else {}
            return TreeStats("observer", len(self._owners), 0, tiers, self._handover.delivered, 0, self._lost, self._errors)

    def _forget(self, checkout: str) -> None:
        for folder in self._covered.pop(checkout, ()):
            owners = self._owners.get(folder)
            if owners is not None:
                owners.pop(checkout, None)
                if not owners:
                    del self._owners[folder]

    def _schedule_missing(self, folders: Sequence[str]) -> str:
        """Schedule what no schedule covers yet; "" or why that failed. Under _lock."""
        for folder in folders:
            if self._observer is None or any(_is_below(folder, root) for root in self._schedules):
                continue
            root = next((root for root in self._roots if _is_below(folder, root)), folder)
            if not os.path.isdir(root) or os.path.islink(root):
                continue
            try:
                self._schedules[root] = self._observer.schedule(self, root, recursive=True, event_filter=FILTER)
            except OSError as error:
                return f"{root} cannot be watched: {error.strerror}"
        return ""

    def _unschedule(self, root: str) -> None:
        watch = self._schedules.pop(root)
        if self._observer is not None:
            self._observer.unschedule(watch)

    # ------------------------------------------------------------------ watchdog's thread

    def dispatch(self, event: FileSystemEvent) -> None:
        """Called by watchdog. Its thread ends at an exception, so none leaves here."""
        try:
            self._handle(event)
        except Exception as error:
            self._errors += 1
            reason = f"a change could not be read: {error!r}"
            self._handover.put([TreeNote("overflow", "", "", 0, self._clock.now(), reason)])

    def _handle(self, event: FileSystemEvent) -> None:
        folder_bit = IS_FOLDER if event.is_directory else 0
        source = os.fsdecode(event.src_path)
        if event.event_type == "moved":
            self._report(source, MOVED_FROM | folder_bit)
            self._report(os.fsdecode(event.dest_path), MOVED_TO | folder_bit)
        elif not event.is_synthetic or event.is_directory:
            self._report(source, _BITS.get(event.event_type, 0) | folder_bit)

    def _report(self, path: str, mask: int) -> None:
        if not mask & ~IS_FOLDER:
            return
        with self._lock:
            owners = dict(self._owners.get(os.path.dirname(path), ()))
            tops = dict(self._owners.get(path, ())) if mask & (DELETED | MOVED_FROM) else {}
            if path in self._schedules and tops:  # a schedule ends with its root, and silently blocks the next one
                self._unschedule_later(path)
        now = self._clock.now()
        notes = [
            TreeNote("lost", checkout, path, 0, now, "it is gone")
            for checkout, kind in tops.items()
            if kind == "git" or checkout == path
        ]
        for checkout, kind in owners.items():
            if kind == "file" and mask == CREATED and sys.platform == "linux":
                continue  # its writer will close it or move it into place; that counts as the change
            note_kind: NoteKind = "folder" if mask & IS_FOLDER and kind == "file" else kind
            notes.append(TreeNote(note_kind, checkout, path, mask, now))
        self._lost += sum(note.kind == "lost" for note in notes)
        if notes:
            self._handover.put(notes)

    def _unschedule_later(self, root: str) -> None:
        """Unschedule in a thread of its own: watchdog joins the emitter that reported this change."""
        watch, observer = self._schedules.pop(root), self._observer
        if observer is not None:
            ending = threading.Thread(target=_end, args=(observer, watch), daemon=True)
            ending.start()
            self._ending[root] = ending

    def _await_ends(self, folders: Iterable[str]) -> None:
        """Wait for schedules that are still ending: each would end an equal new one too. Not under _lock: see above."""
        for root in [root for root in list(self._ending) if any(_is_below(folder, root) for folder in folders)]:
            self._ending.pop(root).join(END_SECONDS)


def _end(observer: BaseObserver, watch: ObservedWatch) -> None:
    with contextlib.suppress(KeyError):  # watchdog 7.1: the emitter has already ended
        observer.unschedule(watch)


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)
