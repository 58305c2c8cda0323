"""Reads what hooks, editors and shells left in the spool folder, and removes it once it is stored.

A hook writes a file as `spool/KIND.PID`. While the file is read, its name is `spool/taken/KIND.PID~INODE~COMMIT~STORED`, so
that a hook with the same process number starts a new file (STORED counts the bytes that are stored, in case a hook still had
the old file open). After `wait_stored` returned, the file is removed. When the daemon dies in between, nothing is lost: what
lies in `taken` is read again at the next start, with the same time and the same commit, so that it is the same heartbeat.
What cannot be read goes to `spool/bad` and is reported.

A file of git's hooks, of editors or of shells has a few lines; a message of an agent's hook (`agents`) is one file, and is
complete once its JSON is.

Nothing here follows a symlink, opens a pipe or waits for a writer. It costs nothing while nothing happens: `watch` wakes it,
and a clock does only while a half-written file lies there.
"""

import asyncio
import contextlib
import logging
import os
import re
import stat
import zlib
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Literal

from stintd.clock import Clock
from stintd.domain.model import EPOCH, AgentSignal, BeatSignal, GitSignal, TroubleSignal
from stintd.errors import Invalid
from stintd.frozen import frozen
from stintd.ports import Sink
from stintd.sources import agents, beatline
from stintd.sources.hookline import WORDS, HookLine, parse_line, signal_of

Watch = Callable[[str, Callable[[], object]], Callable[[], None]]
"""Calls the function, on any thread, after a file in the folder was closed or moved in; returns how to stop that."""
HeadOf = Callable[[str], "tuple[str | None, str]"]
"""Branch and commit of the checkout at a folder; (None, "") when they cannot be read."""
WaitStored = Callable[[], Awaitable[None]]
"""Returns once everything given to the sink so far is stored; raises when it could not be stored."""
RealPaths = Callable[[Iterable[str]], Awaitable[dict[str, str]]]
"""The real paths of those that lead elsewhere through symbolic links, by the paths as given; in limited time."""
SpoolSignal = GitSignal | AgentSignal | BeatSignal

FILES_A_PASS = 200
LARGEST = 64 * 1024
BAD_FILES, BAD_BYTES = 1000, 64 * 1024 * 1024
"""How much is kept of what cannot be read, so that a host that changed its messages cannot fill the disk."""
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
HALF_WRITTEN = timedelta(seconds=5)
"""How young an incomplete file is while somebody may still be writing it."""
FRESH = timedelta(seconds=2)
"""How old an act may be for the present commit of the checkout to be the one that the act made."""
log = logging.getLogger(__name__)
_NAME = re.compile(r"([a-z]+(?:-[a-z]+)*)\.[0-9]+(?:\.[0-9]+)?")
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)


@frozen
class _SpoolFile:
    """A spool file that was claimed and read, and the acts in it."""

    path: str
    size: int
    signals: tuple[SpoolSignal, ...]


async def _keep_paths(paths: Iterable[str]) -> dict[str, str]:
    return {}


class SpoolSource:
    """The mailbox of the hooks. All methods run on the event loop's thread; `watch` may call back from another."""

    name = "spool"

    def __init__(
        self,
        folder: str,
        clock: Clock,
        wait_stored: WaitStored,
        watch: Watch,
        head_of: HeadOf = lambda folder: (None, ""),
        max_future: timedelta = timedelta(minutes=5),
        find_agent: agents.FindProcess = lambda parent, ticks: None,
        real_paths: RealPaths = _keep_paths,
    ) -> None:
        self._folder, self._clock, self._wait_stored, self._watch, self._head_of = folder, clock, wait_stored, watch, head_of
        self._taken, self._bad = os.path.join(folder, "taken"), os.path.join(folder, "bad")
        self._max_future, self._find_agent, self._doubles = max_future, find_agent, agents.Doubles()
        self._real_paths = real_paths
        self._unfinished = 0  # half-written files seen by the last pass
        self._is_in_trouble = False
        self._dropped = 0  # unreadable messages that were removed to save space

    async def run(self, sink: Sink) -> None:
        """Read what waits, then read whenever something arrives, until cancelled."""
        loop, arrived = asyncio.get_running_loop(), asyncio.Event()

        def watch() -> tuple[Callable[[], None], int]:
            inode = _inode_of(self._folder)
            return self._watch(self._folder, lambda: loop.call_soon_threadsafe(arrived.set)), inode

        unwatch, inode = watch()
        try:
            while True:
                arrived.clear()
                await self.drain(sink)
                if _inode_of(self._folder) != inode:  # somebody removed or moved it, and there is another by now
                    unwatch()
                    unwatch, inode = watch()
                    continue
                await self._wait(arrived)
        finally:
            unwatch()

    async def drain(self, sink: Sink) -> int:
        """Deliver and remove everything that waits now; returns how many acts that were.

        Await it before the daemon reports that it is ready, and never while `run` runs.
        """
        for folder in (self._taken, self._bad):
            os.makedirs(folder, mode=0o700, exist_ok=True)
        self._report(sink)
        self._unfinished = 0
        count = await self._deliver_taken(sink)
        before: list[str] = []  # a pass that changed nothing is the last: what lies there is half-written or stuck
        while (names := self._list_waiting()) and names != before:
            before, self._unfinished = names, 0
            count += await self._deliver([file for name in names if (file := self._take(name, sink))], sink)
        return count + await self._deliver_taken(sink)

    async def _deliver_taken(self, sink: Sink) -> int:
        """Deliver what a crash left behind, and files that grew while they were read."""
        return await self._deliver([file for name in sorted(os.listdir(self._taken)) if (file := self._retake(name))], sink)

    async def _deliver(self, files: list[_SpoolFile], sink: Sink) -> int:
        """Give the acts of these files to the sink, and remove the files once that is stored; how many acts."""
        acts = [signal for file in files for signal in file.signals]
        signals: list[SpoolSignal] = [*_merge_rebases(sorted(_acts_of_git(acts), key=_signal_time))]
        signals += [act for act in sorted(_acts_of_agents(acts), key=_signal_time) if not self._doubles.is_double(act.beat)]
        signals += await self._resolve_links([signal for signal in acts if isinstance(signal, BeatSignal)])
        for signal in sorted(signals, key=_signal_time):
            sink(signal)
        if files:
            await self._wait_stored()
        for file in files:
            _remove(file)
        return len(signals)

    async def _resolve_links(self, beats: list[BeatSignal]) -> list[BeatSignal]:
        """Replace links in paths: editors and shells report paths as their user typed them."""
        real = await self._real_paths({beat.path for beat in beats if beat.path}) if beats else {}
        return [replace(beat, path=real.get(beat.path or "", beat.path)) for beat in beats]

    async def _wait(self, arrived: asyncio.Event) -> None:
        """Until something arrives, or a half-written file is old enough."""
        waiting: list[asyncio.Task[Literal[True]] | asyncio.Task[None]] = [asyncio.create_task(arrived.wait())]
        if self._unfinished:
            waiting.append(asyncio.create_task(self._clock.sleep(HALF_WRITTEN.total_seconds())))
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()

    def _list_waiting(self) -> list[str]:
        """The names of files that wait, some at a time."""
        with os.scandir(self._folder) as entries:
            return list(islice((entry.name for entry in entries if entry.name not in ("taken", "bad")), FILES_A_PASS))

    def _take(self, name: str, sink: Sink) -> _SpoolFile | None:
        """Claim and read one file; None when it is left for later or was put aside."""
        path = os.path.join(self._folder, name)
        try:
            _check_name(name)
            raw, status = _read(path, agents.LARGEST if agents.is_agent_file(name) else LARGEST)
            age = self._clock.now() - _time_of(status)
            if agents.is_agent_file(name):
                return self._take_agent(path, raw, status, abs(age) < HALF_WRITTEN)
            if not raw.endswith(b"\n") and abs(age) < HALF_WRITTEN:
                self._unfinished += 1
                return None
            lines = self._lines(raw, _time_of(status))
            branch, commit = self._head(lines) if abs(age) < FRESH else (None, "")
            signals = _signals(lines, _time_of(status), (branch, commit))
            taken = os.path.join(self._taken, f"{name}~{status.st_ino}~{commit}~0")
            os.rename(path, taken)
        except FileNotFoundError:
            return None
        except (Invalid, OSError) as error:
            self._put_aside(path, error, sink)
            return None
        return _SpoolFile(taken, len(raw), signals)

    def _take_agent(self, path: str, raw: bytes, status: os.stat_result, is_young: bool) -> _SpoolFile | None:
        """Claim and read an agent's message. Its hook may have ended while a child still copies the agent's message."""
        try:
            signals = self._agent_signals(raw, status)
        except Invalid:
            if is_young and not _is_whole(raw):
                self._unfinished += 1
                return None
            raise
        taken = os.path.join(self._taken, f"{os.path.basename(path)}~{status.st_ino}~~0")
        os.rename(path, taken)
        return _SpoolFile(taken, len(raw), signals)

    def _agent_signals(self, raw: bytes, status: os.stat_result) -> tuple[AgentSignal, ...]:
        line, payload = agents.read_message(raw)
        self._check_time(_time_of(status))
        return tuple(agents.signals_of(line, payload, _time_of(status), self._find_agent))

    def _retake(self, name: str) -> _SpoolFile | None:
        """Read a file that was claimed earlier, with the commit that was noted then."""
        path = os.path.join(self._taken, name)
        try:
            raw, status = _read(path, agents.LARGEST if agents.is_agent_file(name) else LARGEST)
            commit, stored = name.split("~")[-2:]
            if agents.is_agent_file(name):  # what follows a complete message is not another one
                return _SpoolFile(path, len(raw), self._agent_signals(raw, status) if stored == "0" else ())
            lines = self._lines(raw[int(stored) :], _time_of(status))
            return _SpoolFile(path, len(raw), _signals(lines, _time_of(status), (None, commit if stored == "0" else "")))
        except (Invalid, OSError, ValueError):
            os.rename(path, os.path.join(self._bad, name))
            return None

    def _lines(self, raw: bytes, time: datetime) -> list[HookLine]:
        if not raw.endswith(b"\n"):
            raise Invalid("it is empty or cut short", "the disk may have been full")
        lines = [parse_line(line) for line in raw.decode("utf-8", "surrogateescape").split("\n")[:-1]]
        self._check_time(max(line.time or time for line in lines))
        return lines

    def _check_time(self, time: datetime) -> None:
        if time > self._clock.now() + self._max_future:
            raise Invalid("its time is in the future", "the machine's clock was set back, or is wrong now")
        if time < EARLIEST:
            raise Invalid("its time is before 1990", "the machine's clock was wrong")

    def _head(self, lines: list[HookLine]) -> tuple[str | None, str]:
        """HEAD right after the act. With several acts in one file HEAD could belong only to the last, so it is not used."""
        if len(lines) > 1 or lines[0].hook == "pre-push" or lines[0].hook in beatline.KINDS:
            return None, ""
        return self._head_of(lines[0].folder)

    def _put_aside(self, path: str, error: Exception, sink: Sink) -> None:
        """Move a file that cannot be read to `bad`, and report it."""
        reason = error.message if isinstance(error, Invalid) else error.strerror if isinstance(error, OSError) else ""
        log.warning("put aside %s: %s", path, reason)
        with contextlib.suppress(OSError):
            os.rename(path, os.path.join(self._bad, f"{os.path.basename(path)}~{os.lstat(path).st_ino}"))
            self._dropped += _make_room(self._bad)
        self._report(sink, reason or "")

    def set_aside(self, name: str, text: bytes, why: str, sink: Sink) -> None:
        """Keep a message that came another way and cannot be used; of the same text only one copy."""
        path = os.path.join(self._bad, f"{name}~{zlib.crc32(text):08x}")
        os.makedirs(self._bad, mode=0o700, exist_ok=True)
        with contextlib.suppress(OSError), open(path, "xb") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(text)
        self._dropped += _make_room(self._bad)
        self._report(sink, why)

    def _report(self, sink: Sink, reason: str = "") -> None:
        """Raise or clear the warning about messages that could not be read."""
        count = len(os.listdir(self._bad))
        is_trouble = bool(count or reason)
        if not is_trouble and not self._is_in_trouble:
            return
        self._is_in_trouble = is_trouble
        why = f", the last because {reason}" if reason else ""
        why += f"; {self._dropped} older ones were removed to save space" if self._dropped else ""
        sink(
            TroubleSignal(
                "spool_unreadable",
                f"{count} message{'s' if count != 1 else ''} of hooks or editors could not be read{why}",
                f"look into {self._bad}, then empty that folder",
                is_cleared=not is_trouble,
            )
        )


def _inode_of(folder: str) -> int:
    """The inode of a folder, which differs when another folder has taken its name; 0 where there is none."""
    try:
        return os.stat(folder).st_ino
    except OSError:
        return 0


def _make_room(folder: str) -> int:
    """Remove the oldest unreadable files when there are too many; how many were removed."""
    with os.scandir(folder) as entries:
        files = sorted(((entry.stat(follow_symlinks=False), entry.path) for entry in entries), key=lambda file: file[0].st_mtime)
    count, size, removed = len(files), sum(status.st_size for status, _ in files), 0
    for status, path in files[:-1]:
        if count - removed <= BAD_FILES and size <= BAD_BYTES:
            break
        if stat.S_ISDIR(status.st_mode):
            continue
        os.unlink(path)
        removed, size = removed + 1, size - status.st_size
    return removed


def _check_name(name: str) -> None:
    match = _NAME.fullmatch(name)
    kinds = (*WORDS, *(agents.PREFIX + host for host in agents.HOSTS))
    if match is None or match[1] not in kinds:
        raise Invalid(f"{name[:60]!r} is not a known kind of message", "a newer stintd may know it")


def _read(path: str, largest: int) -> tuple[bytes, os.stat_result]:
    """Read a regular file of this user or of root (`sudo git commit`), never through a symlink, at most `largest` bytes."""
    descriptor = os.open(path, _FLAGS)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise Invalid("it is not a regular file", "another program put it there")
        if hasattr(os, "geteuid") and status.st_uid not in (os.geteuid(), 0):
            raise Invalid("it belongs to another user", "another program put it there")
        if status.st_size > largest:
            raise Invalid(f"it is larger than {largest} bytes", "another program put it there")
        return os.read(descriptor, largest), status
    finally:
        os.close(descriptor)


def _time_of(status: os.stat_result) -> datetime:
    return EPOCH + timedelta(microseconds=status.st_mtime_ns // 1000)


def _signals(lines: list[HookLine], time: datetime, head: tuple[str | None, str]) -> tuple[SpoolSignal, ...]:
    acts = (beatline.beat_of(line, time) if line.hook in beatline.KINDS else signal_of(line, time, head) for line in lines)
    return tuple(act for act in acts if act)


def _remove(file: _SpoolFile) -> None:
    """Remove a file whose content is stored. One that grew meanwhile stays, and its name says how much of it is stored."""
    with contextlib.suppress(OSError):
        if os.lstat(file.path).st_size == file.size:
            os.unlink(file.path)
        else:
            os.rename(file.path, f"{file.path.rpartition('~')[0]}~{file.size}")


def _signal_time(signal: SpoolSignal) -> datetime:
    return signal.beat.time if isinstance(signal, AgentSignal) else signal.time


def _acts_of_git(signals: list[SpoolSignal]) -> Iterator[GitSignal]:
    return (signal for signal in signals if isinstance(signal, GitSignal))


def _acts_of_agents(signals: list[SpoolSignal]) -> Iterator[AgentSignal]:
    return (signal for signal in signals if isinstance(signal, AgentSignal))


def _is_whole(raw: bytes) -> bool:
    """Whether an agent's message that cannot be used is at least complete."""
    try:
        agents.read_message(raw)
    except Invalid:
        return False
    return True


def _merge_rebases(signals: list[GitSignal]) -> list[GitSignal]:
    """Merge the steps of a rebase that follow each other within two seconds into one act, at the time of the last."""
    acts: list[GitSignal] = []
    for signal in signals:
        if acts and signal.kind == "rebase" and _is_continuation(acts[-1], signal):
            acts.pop()
        acts.append(signal)
    return acts


def _is_continuation(earlier: GitSignal, later: GitSignal) -> bool:
    same = (earlier.kind, earlier.checkout, earlier.witness) == (later.kind, later.checkout, later.witness)
    return same and later.time - earlier.time <= FRESH
