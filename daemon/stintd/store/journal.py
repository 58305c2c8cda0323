"""The journal: heartbeats whose senders got an answer and that are not in SQLite yet, one `write()` for each call.

A file is a sequence of frames. A frame is its length (varint), the CRC-32 of its body (4 bytes) and the body, which is a
sequence of marks: define a context, define an entity, a heartbeat, "all up to this byte of this file is in SQLite". A
heartbeat refers to what was defined earlier in its file and to the time of the one before it, and takes about 13 bytes, 20
with an id of its sender's. A torn frame ends its file; its sender never got an answer. A later process never appends to a
file, so nothing ever follows a torn frame.

Reading a file twice does no harm, because adding heartbeats twice does none. So a file is not shortened at every commit but
replaced when it has grown and everything in it is stored.
"""

import errno
import os
import threading
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from stintd.domain.model import Heartbeat, to_us
from stintd.errors import StorageFull, Unavailable
from stintd.store import journal_format
from stintd.store.ids import EXPLICIT, beat_key
from stintd.store.sqlite_errors import translate_os_error

FRESH_BYTES = 256 * 1024
"""From this size on a file is replaced as soon as all of it is stored; below it, its definitions are worth keeping."""


class Journal:
    """The files of one folder. `append` and `retire` run on one thread; `sync` may run at the same time on another (the lock
    keeps the descriptor open meanwhile)."""

    def __init__(self, folder: str | Path, fresh_bytes: int = FRESH_BYTES) -> None:
        self.folder = Path(folder)
        self.fresh_bytes = fresh_bytes
        self.damaged_bytes = 0
        """Bytes that replay could not read: frames torn by a crash, whose senders never got an answer."""
        self._lock = threading.Lock()
        self._fd = -1
        self._path: Path | None = None
        self._size = 0
        self._is_dirty = False
        self._encoder = journal_format.Encoder()
        self._waiting: deque[tuple[int, Path | None, int]] = deque()
        """For each append that is not retired yet: how many heartbeats, the file, and where its frame ends."""
        self._pending: dict[tuple[int, int], int] = {}
        self._old = self._files()

    def append(self, beats: Sequence[Heartbeat]) -> None:
        """Write heartbeats. When this returns they survive a crash of the process; after `sync`, a power failure. Raises
        `storage_full` or `unavailable`, and then none of them is written."""
        if not beats:
            return
        with self._lock:
            if self._fd < 0:
                self._begin_file()
            undo = self._encoder.size()
            body = self._encoder.encode(beats)
            try:
                self._write(journal_format.frame(body))
            except BaseException:
                self._encoder.forget_after(undo)
                raise
            self._is_dirty = True
            self._waiting.append((len(beats), self._path, self._size))
        for beat in beats:
            key = _pending_key(beat)
            self._pending[key] = self._pending.get(key, 0) + 1

    def is_pending(self, beat: Heartbeat) -> bool:
        """Whether an equal heartbeat was appended or replayed and not retired."""
        return _pending_key(beat) in self._pending

    def replay(self) -> list[Heartbeat]:
        """The heartbeats that an earlier process left, in the order they came. Once, before the first `append`."""
        beats_left: list[Heartbeat] = []
        for path in self._old:
            data = path.read_bytes()
            beats, good = journal_format.decode(data)
            self.damaged_bytes += len(data) - good
            beats_left.extend(beats)
        if beats_left:
            self._waiting.appendleft((len(beats_left), None, 0))
            for beat in beats_left:
                key = _pending_key(beat)
                self._pending[key] = self._pending.get(key, 0) + 1
        else:
            self._drop_old()
        return beats_left

    def retire(self, beats: Sequence[Heartbeat]) -> None:
        """Note that these are stored: the oldest ones, in the order of `append` (those of `replay` come first)."""
        for beat in beats:
            key = _pending_key(beat)
            count = self._pending.get(key, 0) - 1
            if count > 0:
                self._pending[key] = count
            else:
                self._pending.pop(key, None)
        with self._lock:
            self._retire(len(beats))

    def renew(self) -> bool:
        """Begin a new file if nothing waits, so that what was stored is in no file any more; whether it could."""
        with self._lock:
            if self._waiting:
                return False
            self._end_file(keep=False)
            self._drop_old()
            return True

    def sync(self) -> None:
        """Flush to the disk what was appended since the last call. Any thread."""
        with self._lock:
            if not self._is_dirty or self._fd < 0:
                return
            self._is_dirty = False
            fd = os.dup(self._fd)
        try:
            os.fdatasync(fd) if hasattr(os, "fdatasync") else os.fsync(fd)
        except OSError as error:
            self._is_dirty = True
            raise Unavailable(f"the journal in {self.folder} cannot be flushed: {error.strerror}", "check the disk") from error
        finally:
            os.close(fd)

    def close(self) -> None:
        """Flush, and remove the file when nothing in it is needed any more."""
        self.sync()
        with self._lock:
            self._end_file(keep=bool(self._waiting))

    # ------------------------------------------------------------------ files; all with the lock held

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob("[0-9]*.journal"))

    def _begin_file(self) -> None:
        files = self._files()
        number = int(files[-1].stem) + 1 if files else 1
        path = self.folder / f"{number:08d}.journal"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise translate_os_error(error, str(self.folder)) from error
        self._path, self._size, self._encoder = path, 0, journal_format.Encoder()
        try:
            self._write(journal_format.MAGIC)
            _sync_folder(self.folder)
        except BaseException:
            self._end_file(keep=False)
            raise

    def _end_file(self, keep: bool) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
            if not keep and self._path is not None:
                self._path.unlink(missing_ok=True)

    def _write(self, data: bytes) -> None:
        """Write all or nothing: what a full disk accepted is cut off again."""
        try:
            written = os.write(self._fd, data)
            if written != len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            try:
                os.ftruncate(self._fd, self._size)
            except OSError:
                self._end_file(keep=True)  # half a frame stays: nothing may follow it
            raise translate_os_error(error, str(self.folder)) from error
        self._size += len(data)

    def _retire(self, count: int) -> None:
        end: tuple[Path | None, int] | None = None
        while count > 0 and self._waiting:
            number, path, size = self._waiting[0]
            if number > count:
                self._waiting[0] = (number - count, path, size)
                break
            count -= number
            self._waiting.popleft()
            end = (path, size)
        if end is None:
            return
        if not self._waiting or self._waiting[0][1] is not None:
            self._drop_old()
        if self._fd < 0:
            return
        if not self._waiting and self._size >= self.fresh_bytes:
            self._end_file(keep=False)
        elif end[0] == self._path:
            self._note_stored(end[1])

    def _note_stored(self, size: int) -> None:
        """Note what is stored, so that the next start need not read it. Only a hint: a failure to write it does no harm."""
        try:
            self._write(journal_format.frame(journal_format.stored_mark(size)))
        except (StorageFull, Unavailable):
            return

    def _drop_old(self) -> None:
        """Remove the files of earlier processes, and those of this one before its current file: all in them is stored."""
        needed = {path for _, path, _ in self._waiting} | {self._path if self._fd >= 0 else None}
        for path in self._files():
            if path not in needed:
                path.unlink(missing_ok=True)
        self._old = []


def _pending_key(beat: Heartbeat) -> tuple[int, int]:
    key = beat_key(beat)
    return (0 if key >= EXPLICIT else to_us(beat.time), key)


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
