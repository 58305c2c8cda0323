"""Linux: one inotify instance for all chosen folders, through watchdog's `InotifyFD`.

`InotifyFD` (watchdog 7.1) is documented in its source but not in the public documentation. All use of it is in this file,
and tests/contracts tests it. Its traps, which this file handles: an unreadable folder gives -1 instead of an exception; a
callback that raises ends the reading thread for good; a path is wrong once a folder above it was renamed, so the table
below keeps the paths; children inherit the descriptor.

There is one reading thread. It wakes at once for the first change. While more than a handful keep coming, it reads every
50 ms: at the highest rate seen (125,000 changes a second) that fills 40 % of the kernel's queue, and takes a third of the
CPU.
"""

import errno
import itertools
import os
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import cast

from watchdog.observers.inotify_c import CallbackId, InotifyEvent, InotifyFD, Mask, WatchDescriptor

from stintd.clock import Clock
from stintd.domain.model import NoteKind, WatchTier
from stintd.errors import Unavailable
from stintd.sources.changes import CREATED, DELETED, IS_FOLDER, MOVED_FROM, MOVED_TO, WRITTEN, Handover, TreeNote
from stintd.sources.tree import Coverage, FolderKind, TreeStats

DELETE_SELF, MOVE_SELF = 0x400, 0x800
ONLY_FOLDERS, NO_FOLLOW, NO_UNLINKED = 0x01000000, 0x02000000, 0x04000000
MASK = Mask(
    WRITTEN | MOVED_FROM | MOVED_TO | CREATED | DELETED | DELETE_SELF | MOVE_SELF | ONLY_FOLDERS | NO_FOLLOW | NO_UNLINKED
)
"""Without open, access, modify and attribute changes: reading a tree must not cause work. The mask is the same for every
folder, because adding a folder a second time replaces its mask. A move of the folder itself counts only for the topmost."""

BATCH = 0.05  # seconds between reads in a storm; above 0.1 the kernel's queue may overflow
QUIET = 64  # changes within BATCH that are still delivered one by one: a commit makes about 20
CALM = 2000  # changes in one read above which the next comes sooner: the loop may be keeping us from the processor
BUFFER = 512 * 1024  # bytes read at once: about 10,000 changes
FAILURE_PAUSE = 1.0  # seconds between tries after the reading thread failed

KINDS: tuple[FolderKind, ...] = ("git", "file")
FULL = "the budget of watches is used up"
SYSTEM_FULL = "the system has no watches left"


class _Cover:
    """The folders of one kind (`git` or `file`) watched for one checkout; the callback of all their watches.

    Called on the reading thread, so it does nothing but append. `paths` is written under the tree's lock.
    """

    __slots__ = ("_append", "checkout", "id", "kind", "paths", "tops")

    def __init__(self, checkout: str, kind: FolderKind, id_: int, append: Callable[[tuple["_Cover", object]], None]) -> None:
        self.checkout, self.kind = checkout, kind
        self.id = cast("CallbackId", str(id_))  # a dict of one str key, which each watch holds, is 48 bytes smaller
        self.paths: dict[int, bytes] = {}
        self.tops: tuple[bytes, ...] = ()
        self._append = append

    def on_event(self, event: InotifyEvent) -> None:
        self._append((self, event))

    def on_watch_deleted(self, wd: WatchDescriptor) -> None:
        self._append((self, wd))

    def on_queue_overflow(self) -> None:
        self._append((self, None))


class _ReadingThread(InotifyFD):
    """The reading thread: passes on the changes of each read in one piece, survives every failure, and limits its own pace."""

    def __init__(self, after_read: Callable[[], None], on_failure: Callable[[Exception], None]) -> None:
        super().__init__()
        os.set_inheritable(self._inotify_fd, False)
        self.name = "stintd-watch"
        self._hand_over, self._on_failure = after_read, on_failure
        self._window, self._count = 0.0, 0

    def run(self) -> None:
        while self.should_keep_running():
            try:
                changes = self.read_events(event_buffer_size=BUFFER)
                for change in changes:
                    self.handle_event(change)
                self._hand_over()
                pause = self._pause(len(changes))
            except Exception as error:  # the thread's outermost boundary: if it ended, all watching would
                self._on_failure(error)
                pause = FAILURE_PAUSE
            if pause:
                self.stopped_event.wait(pause)

    def _pause(self, count: int) -> float:
        now = time.monotonic()
        if now - self._window > BATCH:
            self._window, self._count = now, 0
        self._count += count
        return BATCH * min(1.0, CALM / count) if count and self._count > QUIET else 0.0


class InotifyTree:
    """Covers folders with inotify watches, within a budget. See `Tree`."""

    def __init__(self, handover: Handover, clock: Clock, budget: int) -> None:
        self._handover, self._clock, self._budget = handover, clock, budget
        self._seen: list[tuple[_Cover, object]] = []  # the reading thread alone
        self._arming = threading.Lock()  # one cover or uncover at a time; taken before _lock
        self._lock = threading.Lock()  # the table: _covers and the paths of each
        self._covers: dict[tuple[str, FolderKind], _Cover] = {}
        self._coverage: dict[str, Coverage] = {}
        self._ids = itertools.count(1)
        self._watches = self._overflows = self._lost = self._errors = 0
        self._reader: _ReadingThread | None = None

    def start(self) -> None:
        """Open the instance and start to read; `Unavailable` when there are too many instances."""
        try:
            self._reader = _ReadingThread(self._hand_over, self._handle_failure)
        except OSError as error:
            raise Unavailable(
                f"files cannot be watched: {os.strerror(error.errno or 0)}",
                "raise fs.inotify.max_user_instances; until then folders are swept",
            ) from None
        self._reader.start()

    def stop(self) -> None:
        """Close the instance and wait for the thread."""
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.stop()
            reader.join(5.0)
        with self._lock:
            self._covers.clear()
            self._coverage.clear()
            self._watches = 0

    # ------------------------------------------------------------------ covering

    def cover(self, checkout: str, git_folders: Sequence[str], folders: Sequence[str]) -> Coverage:
        """See `Tree`. Beyond the budget only the git folders are watched; a `lost` note says so once."""
        with self._arming:
            before = self._coverage.get(checkout)
            coverage = self._cover_within_budget(checkout, git_folders, folders)
            self._coverage[checkout] = coverage
        if coverage.reason and (before is None or before.reason != coverage.reason):
            self._report_loss(checkout, checkout, coverage.reason)
        return coverage

    def uncover(self, checkout: str) -> None:
        """See `Tree`."""
        with self._arming:
            self._coverage.pop(checkout, None)
            for kind in KINDS:
                cover = self._covers.get((checkout, kind))
                if cover is not None:
                    self._drop(cover, list(cover.paths))
                    del self._covers[checkout, kind]

    def stats(self) -> TreeStats:
        """See `Tree`."""
        tiers: dict[WatchTier, int] = {}
        unreadable = 0
        for coverage in list(self._coverage.values()):
            tiers[coverage.tier] = tiers.get(coverage.tier, 0) + 1
            unreadable += len(coverage.unreadable)
        return TreeStats(
            "inotify",
            self._watches,
            self._budget,
            tiers,
            self._handover.delivered,
            self._overflows,
            self._lost,
            self._errors,
            unreadable,
        )

    def _cover_within_budget(self, checkout: str, git_folders: Sequence[str], folders: Sequence[str]) -> Coverage:
        unreadable: list[str] = []
        reason = self._cover_kind(checkout, "git", git_folders, unreadable)
        if reason:
            self._cover_kind(checkout, "file", (), unreadable)
            return Coverage("none", 0, (), reason)
        reason = self._cover_kind(checkout, "file", folders, unreadable)
        if reason:
            return Coverage("git", len(self._covers[checkout, "git"].paths), tuple(unreadable), reason)
        count = sum(len(self._covers[checkout, kind].paths) for kind in KINDS)
        if unreadable:
            reason = f"{unreadable[0]} cannot be read"
        return Coverage("full" if folders else "git", count, tuple(unreadable), reason)

    def _cover_kind(self, checkout: str, kind: FolderKind, folders: Sequence[str], unreadable: list[str]) -> str:
        """Watch what is missing, drop what is too much; "" or the reason why nothing of this kind is watched now."""
        cover = self._covers.get((checkout, kind))
        if cover is None:
            cover = _Cover(checkout, kind, next(self._ids), self._seen.append)
            with self._lock:
                self._covers[checkout, kind] = cover
        wanted = dict.fromkeys(os.fsencode(folder) for folder in folders)
        with self._lock:
            known = {path: wd for wd, path in cover.paths.items()}
            cover.tops = tuple(path for path in wanted if os.path.dirname(path) not in wanted)
        self._drop(cover, [wd for path, wd in known.items() if path not in wanted])
        fresh = [path for path in wanted if path not in known]
        reason = FULL if self._watches + len(fresh) > self._budget else self._arm(cover, fresh, unreadable)
        if reason:
            self._drop(cover, list(cover.paths))
        return reason

    def _arm(self, cover: _Cover, fresh: Iterable[bytes], unreadable: list[str]) -> str:
        for path in fresh:
            try:
                with self._lock:
                    wd = self._add(cover, path)
            except OSError as error:
                if error.errno in (errno.ENOSPC, errno.ENOMEM, errno.EMFILE):
                    return SYSTEM_FULL
                if error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
                    unreadable.append(os.fsdecode(path))
                continue
            if wd == -1:
                unreadable.append(os.fsdecode(path))
        return ""

    def _add(self, cover: _Cover, path: bytes) -> int:
        """Put a watch for `path` into the table; -1 for an unreadable folder, OSError as the system says. Under _lock."""
        reader = self._reader
        if reader is None:
            raise OSError(errno.EBADF, "not started")
        wd = reader.add_callback(path, MASK, cover, cover.id)
        if wd == -1:  # watchdog 7.1 keeps a watch of that number
            reader.remove_callbacks([(wd, cover.id)])
            return wd
        if wd not in cover.paths:
            self._watches += 1
        cover.paths[wd] = path
        return wd

    def _drop(self, cover: _Cover, wds: list[int]) -> None:
        """Remove watches. Not under _lock."""
        with self._lock:
            self._drop_locked(cover, wds)

    def _drop_locked(self, cover: _Cover, wds: list[int]) -> None:
        for wd in wds:
            if cover.paths.pop(wd, None) is not None:
                self._watches -= 1
        if wds and self._reader is not None:
            self._reader.remove_callbacks([(WatchDescriptor(wd), cover.id) for wd in wds])

    # ------------------------------------------------------------------ the reading thread

    def _hand_over(self) -> None:
        """Merge what one read brought and hand it over."""
        seen = self._seen[:]
        self._seen.clear()
        reader = self._reader
        if not seen or reader is None or not reader.should_keep_running():
            return
        with self._lock:
            fold = _Fold(self, self._clock)
            notes = fold.run(seen)
        self._overflows += fold.overflows
        self._lost += fold.lost
        self._handover.put(notes)

    def _handle_failure(self, error: Exception) -> None:
        self._seen.clear()
        self._errors += 1
        reason = f"reading changes failed: {error!r}"
        self._handover.put([TreeNote("overflow", "", "", 0, self._clock.now(), reason)])

    def _report_loss(self, checkout: str, path: str, reason: str) -> None:
        self._lost += 1
        self._handover.put([TreeNote("lost", checkout, path, 0, self._clock.now(), reason)])

    def rearm(self, cover: _Cover, path: bytes) -> bool:
        """Watch a folder again that is back; False when it is not. On the reading thread, under _lock."""
        try:
            return self._add(cover, path) != -1
        except OSError:
            return False

    def forget(self, cover: _Cover, wd: int) -> bytes | None:
        """Forget a watch that the system ended; its path. On the reading thread, under _lock."""
        path = cover.paths.pop(wd, None)
        if path is not None:
            self._watches -= 1
        return path

    def move(self, cover: _Cover, old: bytes, new: bytes) -> None:
        """A folder was renamed within one cover: its watches stay, under new paths. Under _lock."""
        inside = old + b"/"
        for wd, path in cover.paths.items():
            if path == old or path.startswith(inside):
                cover.paths[wd] = new + path[len(old) :]

    def drop_below(self, folder: bytes, spared: _Cover | None) -> list[str]:
        """Remove all watches at and below a folder that was moved away, except those of `spared`. Under _lock. Returns
        the checkouts that were watched there."""
        inside = folder + b"/"
        checkouts: list[str] = []
        for cover in self._covers.values():
            if cover is spared or not any(_is_near(top, folder, inside) for top in cover.tops):
                continue
            wds = [wd for wd, path in cover.paths.items() if path == folder or path.startswith(inside)]
            if wds:
                self._drop_locked(cover, wds)
                checkouts.append(cover.checkout)
        return checkouts


def _is_near(top: bytes, folder: bytes, inside: bytes) -> bool:
    """Whether a cover with this topmost folder may watch something at or below `folder`."""
    return top == folder or top.startswith(inside) or folder.startswith(top + b"/")


class _Fold:
    """Turns the changes of one read into notes, in order, one for each path, and keeps the table of watches correct."""

    def __init__(self, tree: InotifyTree, clock: Clock) -> None:
        self._tree, self._time = tree, clock.now()
        self._notes: list[TreeNote] = []
        self._files: dict[tuple[_Cover, int, bytes], int] = {}
        self._left: dict[tuple[int, int], tuple[_Cover, bytes]] = {}
        self.overflows = self.lost = 0

    def run(self, seen: list[tuple[_Cover, object]]) -> list[TreeNote]:
        """The notes for all changes of one read."""
        files = self._files
        for cover, change in seen:
            if isinstance(change, InotifyEvent):
                mask = change.mask
                if change.name and not mask & IS_FOLDER:
                    if mask & CREATED and cover.kind == "file":
                        continue  # its writer will close it or move it into place; that counts as the change
                    key = (cover, change.wd, change.name)
                    files[key] = files.get(key, 0) | mask
                    continue
            self._flush()
            self._handle_other(cover, change)
        self._flush()
        for cover, folder in self._left.values():
            self._lose_below(cover, folder, None)
        return self._notes

    def _flush(self) -> None:
        """Make notes of the files so far, before a change of folders changes their paths."""
        folders: dict[tuple[_Cover, int], str] = {}
        for (cover, wd, name), mask in self._files.items():
            folder = folders.get((cover, wd))
            if folder is None:
                path = cover.paths.get(wd)
                if path is None:
                    continue
                folder = folders[cover, wd] = os.fsdecode(path) + "/"
            self._notes.append(TreeNote(cover.kind, cover.checkout, folder + os.fsdecode(name), mask, self._time))
        self._files.clear()

    def _handle_other(self, cover: _Cover, change: object) -> None:
        """Handle everything but a change of a file."""
        if change is None:
            if not self.overflows:
                self._note("overflow", "", "", 0, "the kernel's queue overflowed")
            self.overflows = 1
        elif isinstance(change, InotifyEvent):
            folder = cover.paths.get(change.wd)
            if folder is not None and change.name:
                self._handle_folder(cover, change, folder + b"/" + change.name)
            elif folder is not None and change.mask & MOVE_SELF and folder in cover.tops:
                self._lose(cover.checkout, folder, "it was moved away")
        elif isinstance(change, int):
            self._handle_watch_end(cover, change)

    def _handle_folder(self, cover: _Cover, change: InotifyEvent, path: bytes) -> None:
        moved = (id(cover), change.cookie)
        if change.mask & MOVED_FROM:
            self._left[moved] = (cover, path)
        elif change.mask & MOVED_TO and moved in self._left:
            old = self._left.pop(moved)[1]
            self._tree.move(cover, old, path)
            self._lose_below(cover, old, cover)
        self._note("git" if cover.kind == "git" else "folder", cover.checkout, os.fsdecode(path), change.mask, "")

    def _lose_below(self, cover: _Cover, folder: bytes, spared: _Cover | None) -> None:
        for checkout in self._tree.drop_below(folder, spared):
            if checkout != cover.checkout:
                self._lose(checkout, folder, "a folder above it was moved away")

    def _handle_watch_end(self, cover: _Cover, wd: int) -> None:
        """The folder was deleted or unmounted. It may be back already, so its path is watched again."""
        path = self._tree.forget(cover, wd)
        if path is None:
            return
        is_back = self._tree.rearm(cover, path)
        if path in cover.tops or cover.kind == "git":
            self._lose(cover.checkout, path, "it was replaced" if is_back else "it is gone")
        elif is_back:
            self._note("folder", cover.checkout, os.fsdecode(path), CREATED | IS_FOLDER, "")

    def _lose(self, checkout: str, path: bytes, reason: str) -> None:
        self.lost += 1
        self._note("lost", checkout, os.fsdecode(path), 0, reason)

    def _note(self, kind: NoteKind, checkout: str, path: str, mask: int, reason: str) -> None:
        self._notes.append(TreeNote(kind, checkout, path, mask, self._time, reason))
