"""The journal: heartbeats that were answered and are not in SQLite yet, one `write()` for each call.

A file is a sequence of frames. A frame is its length (varint), the CRC-32 of its body (4 bytes) and the body, which is a
sequence of marks: define a context, define an entity, a heartbeat, "all up to this byte of this file is in SQLite". A
heartbeat refers to what was defined earlier in its file and to the time of the one before it, and takes about 13 bytes,
20 with an id of its caller's. A torn frame ends its file: it was never answered. Files are never appended to by a later
process, so nothing ever follows a torn frame.

Reading a file twice is harmless, because adding heartbeats is; so a file is not shortened at every commit but replaced
when it has grown and everything in it is stored.
"""

import errno
import json
import os
import threading
import zlib
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path

from stintd.domain.model import Context, Heartbeat, RepoId, from_us, to_us
from stintd.errors import StorageFull, Unavailable
from stintd.store.failure import storage_full
from stintd.store.ids import EXPLICIT, beat_key, listed_id

MAGIC = b"stintd journal 1\n"
FRESH_BYTES = 256 * 1024
"""From this size on a file is replaced as soon as all of it is stored; below, its definitions are worth keeping."""
_CONTEXT, _ENTITY, _STORED, _BEAT = 0, 1, 2, 3
_FIELDS = tuple(Context.__dataclass_fields__)


class Journal:
    """The files of one folder. `append` and `retire` on one thread; `sync` may run beside them (the lock keeps the
    descriptor alive meanwhile)."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.damaged_bytes = 0
        """What could not be read at replay: frames torn by a crash, which were never answered."""
        self._lock = threading.Lock()
        self._fd = -1
        self._path: Path | None = None
        self._size = 0
        self._is_dirty = False
        self._encoder = _Encoder()
        self._waiting: deque[tuple[int, Path | None, int]] = deque()
        """Per append not yet retired: how many heartbeats, the file and where its frame ends."""
        self._pending: dict[tuple[int, int], int] = {}
        self._old = self._files()

    def append(self, beats: Sequence[Heartbeat]) -> None:
        """Write heartbeats down. When this returns they survive the death of the process; after `sync`, of the power.
        Raises `storage_full` or `unavailable`, and then none of them is kept."""
        if not beats:
            return
        with self._lock:
            if self._fd < 0:
                self._begin_file()
            undo = self._encoder.size()
            body = self._encoder.encode(beats)
            try:
                self._write(_frame(body))
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
        """The heartbeats that a former process left, in the order they came. Once, before the first `append`."""
        found: list[Heartbeat] = []
        for path in self._old:
            data = path.read_bytes()
            beats, good = _decode(data)
            self.damaged_bytes += len(data) - good
            found.extend(beats)
        if found:
            self._waiting.appendleft((len(found), None, 0))
            for beat in found:
                key = _pending_key(beat)
                self._pending[key] = self._pending.get(key, 0) + 1
        else:
            self._drop_old()
        return found

    def retire(self, beats: Sequence[Heartbeat]) -> None:
        """These are stored for good: the oldest ones, in the order of `append` (and of `replay`, which come first)."""
        for beat in beats:
            key = _pending_key(beat)
            left = self._pending.get(key, 0) - 1
            if left > 0:
                self._pending[key] = left
            else:
                self._pending.pop(key, None)
        with self._lock:
            self._retire(len(beats))

    def sync(self) -> None:
        """Flush to the disk what was appended since the last time. Any thread."""
        with self._lock:
            if not self._is_dirty or self._fd < 0:
                return
            self._is_dirty = False
            fd = os.dup(self._fd)
        try:
            os.fdatasync(fd) if hasattr(os, "fdatasync") else os.fsync(fd)
        except OSError as error:
            self._is_dirty = True
            raise Unavailable(f"the journal in {self.folder} cannot be flushed: {error.strerror}", "look at the disk") from error
        finally:
            os.close(fd)

    def close(self) -> None:
        """Flush, and remove the file when nothing in it is still needed."""
        self.sync()
        with self._lock:
            self._end_file(keep=bool(self._waiting))

    # ------------------------------------------------------------------ files; all with the lock held

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob("[0-9]*.journal"))

    def _begin_file(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        files = self._files()
        number = int(files[-1].stem) + 1 if files else 1
        path = self.folder / f"{number:08d}.journal"
        try:
            self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise self._told(error) from error
        self._path, self._size, self._encoder = path, 0, _Encoder()
        try:
            self._write(MAGIC)
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
        """All or nothing: what a full disk let through is cut off again."""
        try:
            written = os.write(self._fd, data)
            if written != len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            try:
                os.ftruncate(self._fd, self._size)
            except OSError:
                self._end_file(keep=True)  # half a frame stays: nothing may follow it
            raise self._told(error) from error
        self._size += len(data)

    def _told(self, error: OSError) -> Exception:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            return storage_full(str(self.folder))
        return Unavailable(f"the journal in {self.folder} cannot be written: {error.strerror}", "make the folder writable")

    def _retire(self, count: int) -> None:
        end: tuple[Path | None, int] | None = None
        while count > 0 and self._waiting:
            held, path, size = self._waiting[0]
            if held > count:
                self._waiting[0] = (held - count, path, size)
                break
            count -= held
            self._waiting.popleft()
            end = (path, size)
        if end is None:
            return
        if not self._waiting or self._waiting[0][1] is not None:
            self._drop_old()
        if self._fd < 0:
            return
        if not self._waiting and self._size >= FRESH_BYTES:
            self._end_file(keep=False)
        elif end[0] == self._path:
            self._note_stored(end[1])

    def _note_stored(self, size: int) -> None:
        """Spare the next start reading what is stored. Only a hint: a failure to write it costs nothing."""
        try:
            self._write(_frame(_varint(_STORED) + _varint(size)))
        except (StorageFull, Unavailable):
            return

    def _drop_old(self) -> None:
        """The files of former processes, and of this one before its current file: all of them is stored."""
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


# ---------------------------------------------------------------- frames


def _varint(value: int) -> bytes:
    if value < 0x80:
        return bytes((value,))
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _frame(body: bytes) -> bytes:
    return _varint(len(body)) + zlib.crc32(body).to_bytes(4, "little") + body


class _Encoder:
    """What was defined in the current file so far."""

    def __init__(self) -> None:
        self._contexts: dict[Context, int] = {}
        self._entities: dict[str, int] = {}
        self._last_us = 0

    def size(self) -> tuple[int, int, int]:
        """Where to go back to when the frame is not written after all."""
        return len(self._contexts), len(self._entities), self._last_us

    def forget_after(self, size: tuple[int, int, int]) -> None:
        while len(self._contexts) > size[0]:
            self._contexts.popitem()
        while len(self._entities) > size[1]:
            self._entities.popitem()
        self._last_us = size[2]

    def encode(self, beats: Sequence[Heartbeat]) -> bytes:
        out = []
        for beat in beats:
            context = self._contexts.get(beat.context)
            if context is None:
                context = self._contexts[beat.context] = len(self._contexts)
                out.append(_text(_CONTEXT, json.dumps([getattr(beat.context, name) for name in _FIELDS])))
            entity = self._entities.get(beat.entity)
            if entity is None:
                entity = self._entities[beat.entity] = len(self._entities)
                out.append(_text(_ENTITY, beat.entity))
            time_us, key = to_us(beat.time), beat_key(beat)
            step, self._last_us = time_us - self._last_us, time_us
            is_explicit = key >= EXPLICIT
            out.append(_varint(_BEAT + (context << 1 | is_explicit)))
            out.append(_varint(entity))
            out.append(_varint(step << 1 if step >= 0 else ~step << 1 | 1))
            out.append(key.to_bytes(8 if is_explicit else 4, "little"))
        return b"".join(out)


def _text(mark: int, text: str) -> bytes:
    data = text.encode("utf-8", "surrogateescape")
    return _varint(mark) + _varint(len(data)) + data


class _Cursor:
    """Reads one buffer from the front. IndexError at its end."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data, self.at = data, at

    def varint(self) -> int:
        value = shift = 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    def take(self, count: int) -> bytes:
        piece = self.data[self.at : self.at + count]
        if len(piece) < count:
            raise IndexError
        self.at += count
        return piece


def _frames(data: bytes) -> Iterator[tuple[bytes, int]]:
    """Every whole frame's body and where the frame ends, up to the first that is not whole."""
    cursor = _Cursor(data, len(MAGIC))
    while cursor.at < len(data):
        try:
            length = cursor.varint()
            crc = int.from_bytes(cursor.take(4), "little")
            body = cursor.take(length)
        except IndexError:
            return
        if zlib.crc32(body) != crc:
            return
        yield body, cursor.at


def _decode(data: bytes) -> tuple[list[Heartbeat], int]:
    """The heartbeats of a file that are not noted as stored, and how many of its bytes are sound."""
    if not data.startswith(MAGIC):
        return [], 0
    contexts: list[Context] = []
    entities: list[str] = []
    found: list[tuple[int, Heartbeat]] = []
    last_us, stored, good = 0, 0, len(MAGIC)
    for body, end in _frames(data):
        cursor = _Cursor(body)
        while cursor.at < len(body):
            mark = cursor.varint()
            if mark == _CONTEXT:
                values = json.loads(cursor.take(cursor.varint()))
                contexts.append(_context(values))
            elif mark == _ENTITY:
                entities.append(cursor.take(cursor.varint()).decode("utf-8", "surrogateescape"))
            elif mark == _STORED:
                stored = cursor.varint()
            else:
                context, entity, step = contexts[(mark - _BEAT) >> 1], entities[cursor.varint()], cursor.varint()
                last_us += ~(step >> 1) if step & 1 else step >> 1
                key = int.from_bytes(cursor.take(8 if (mark - _BEAT) & 1 else 4), "little")
                found.append((end, Heartbeat(listed_id(key, last_us), from_us(last_us), context, entity)))
        good = end
    return [beat for end, beat in found if end > stored], good


def _context(values: list[str | None]) -> Context:
    named = dict(zip(_FIELDS, values, strict=True))
    named["repo"] = RepoId(named["repo"]) if named["repo"] else None
    return Context(**named)  # type: ignore[arg-type]
