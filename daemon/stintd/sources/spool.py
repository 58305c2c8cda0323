"""Reads what hooks, editors and shells left in the spool folder, and removes it once it is stored.

A file goes through three names: `spool/KIND.PID`, written by a hook; `spool/taken/KIND.PID~INODE~COMMIT~TOLD`, once it
is being read, so that a hook with the same process number starts a new file (TOLD counts the bytes that are stored, for
one that had the old file open); then nothing, after `settled` returned. A
daemon that dies between is no loss: what lies in `taken` is told again at the next start with the same time and the
same commit, so that it is the same heartbeat. What cannot be read goes to `spool/bad` and is reported.

Lines of git's hooks, of editors and shells are several to a file at most; a message of an agent's hook (`agents`) is one
file, and whole once its JSON is.

Nothing here follows a symlink, opens a pipe or waits for a writer. Costs nothing while nothing happens: it is woken by
`watch`, and by a clock only while a half-written file lies there.
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
"""Calls the function, on any thread, after a file in the folder was closed or moved in; answers how to stop that."""
HeadOf = Callable[[str], "tuple[str | None, str]"]
"""Branch and commit of the checkout at a folder, (None, "") when they cannot be told."""
WaitStored = Callable[[], Awaitable[None]]
"""Returns once everything handed to the sink before is stored; raises when it could not be."""
RealPaths = Callable[[Iterable[str]], Awaitable[dict[str, str]]]
"""Those paths that lead elsewhere through symbolic links, by how they were told; in bounded time."""
SpoolSignal = GitSignal | AgentSignal | BeatSignal

FILES_A_PASS = 200
LARGEST = 64 * 1024
BAD_FILES, BAD_BYTES = 1000, 64 * 1024 * 1024
"""How much is kept of what cannot be read: a host that changed its messages must not fill the disk."""
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
HALF_WRITTEN = timedelta(seconds=5)
FRESH = timedelta(seconds=2)
"""How old an act may be for the checkout's present commit to be the one it made."""
log = logging.getLogger(__name__)
_NAME = re.compile(r"([a-z]+(?:-[a-z]+)*)\.[0-9]+(?:\.[0-9]+)?")
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)


@frozen
class _SpoolFile:
    """A spool file that was read and claimed, and the acts in it."""

    path: str
    size: int
    signals: tuple[SpoolSignal, ...]


async def _keep_paths(paths: Iterable[str]) -> dict[str, str]:
    return {}


class SpoolSource:
    """The hooks' letterbox. All methods run on the event loop's thread; `watch` may call from another."""

    name = "spool"

    def __init__(
        self, folder: str, clock: Clock, settled: WaitStored, watch: Watch, head_of: HeadOf = lambda folder: (None, ""),
        max_future: timedelta = timedelta(minutes=5), find_agent: agents.FindProcess = lambda parent, ticks: None,
        real_paths: RealPaths = _keep_paths,
    ) -> None:  # fmt: skip
        self._folder, self._clock, self._wait_stored, self._watch, self._head_of = folder, clock, settled, watch, head_of
        self._taken, self._bad = os.path.join(folder, "taken"), os.path.join(folder, "bad")
        self._max_future, self._find_agent, self._doubles = max_future, find_agent, agents.Doubles()
        self._real_paths = real_paths
        self._unfinished = 0  # half-written files seen by the last pass
        self._is_in_trouble = False
        self._dropped = 0  # unreadable messages that were removed unseen

    async def run(self, sink: Sink) -> None:
        """Drain, then read whenever something arrives, until cancelled."""
        loop, arrived = asyncio.get_running_loop(), asyncio.Event()

        def watch() -> tuple[Callable[[], None], int]:
            number = _inode_of(self._folder)
            return self._watch(self._folder, lambda: loop.call_soon_threadsafe(arrived.set)), number

        unwatch, watched = watch()
        try:
            while True:
                arrived.clear()
                await self.drain(sink)
                if _inode_of(self._folder) != watched:  # somebody removed or moved it, and there is another by now
                    unwatch()
                    unwatch, watched = watch()
                    continue
                await self._wait(arrived)
        finally:
            unwatch()

    async def drain(self, sink: Sink) -> int:
        """Tell and remove everything that waits now; how many acts.

        Await it before saying that the daemon is ready, and never beside a running `run`.
        """
        for folder in (self._taken, self._bad):
            os.makedirs(folder, mode=0o700, exist_ok=True)
        self._report(sink)
        self._unfinished = 0
        told = await self._deliver_taken(sink)
        before: list[str] = []  # a pass that changed nothing is the last: what lies there is half-written or stuck
        while (names := self._list_waiting()) and names != before:
            before, self._unfinished = names, 0
            told += await self._deliver([found for name in names if (found := self._take(name, sink))], sink)
        return told + await self._deliver_taken(sink)

    async def _deliver_taken(self, sink: Sink) -> int:
        """What a crash left behind, and what grew while it was read."""
        return await self._deliver([found for name in sorted(os.listdir(self._taken)) if (found := self._retake(name))], sink)

    async def _deliver(self, messages: list[_SpoolFile], sink: Sink) -> int:
        told = [signal for message in messages for signal in message.signals]
        signals: list[SpoolSignal] = [*_merge_rebases(sorted(_acts_of_git(told), key=_signal_time))]
        signals += [one for one in sorted(_acts_of_agents(told), key=_signal_time) if not self._doubles.is_double(one.beat)]
        signals += await self._resolve_links([signal for signal in told if isinstance(signal, BeatSignal)])
        for signal in sorted(signals, key=_signal_time):
            sink(signal)
        if messages:
            await self._wait_stored()
        for message in messages:
            _remove(message)
        return len(signals)

    async def _resolve_links(self, beats: list[BeatSignal]) -> list[BeatSignal]:
        """Editors and shells tell paths as their user named them."""
        real = await self._real_paths({beat.path for beat in beats if beat.path}) if beats else {}
        return [replace(beat, path=real.get(beat.path or "", beat.path)) for beat in beats]

    async def _wait(self, arrived: asyncio.Event) -> None:
        waiting: list[asyncio.Task[Literal[True]] | asyncio.Task[None]] = [asyncio.create_task(arrived.wait())]
        if self._unfinished:
            waiting.append(asyncio.create_task(self._clock.sleep(HALF_WRITTEN.total_seconds())))
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()

    def _list_waiting(self) -> list[str]:
        with os.scandir(self._folder) as entries:
            return list(islice((entry.name for entry in entries if entry.name not in ("taken", "bad")), FILES_A_PASS))

    def _take(self, name: str, sink: Sink) -> _SpoolFile | None:
        """Claim one file that can be read; None when it is left for later or was put aside."""
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
        """An agent's message: its hook has ended while a child still copies what the agent said."""
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
        """What was taken before a crash, with the commit it was taken with."""
        path = os.path.join(self._taken, name)
        try:
            raw, status = _read(path, agents.LARGEST if agents.is_agent_file(name) else LARGEST)
            commit, told = name.split("~")[-2:]
            if agents.is_agent_file(name):  # what came after a whole message is no other
                return _SpoolFile(path, len(raw), self._agent_signals(raw, status) if told == "0" else ())
            lines = self._lines(raw[int(told) :], _time_of(status))
            return _SpoolFile(path, len(raw), _signals(lines, _time_of(status), (None, commit if told == "0" else "")))
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
        """HEAD right after the act. Of several acts in one file only the last could be meant, so none is."""
        if len(lines) > 1 or lines[0].hook == "pre-push" or lines[0].hook in beatline.KINDS:
            return None, ""
        return self._head_of(lines[0].folder)

    def _put_aside(self, path: str, error: Exception, sink: Sink) -> None:
        reason = error.message if isinstance(error, Invalid) else error.strerror if isinstance(error, OSError) else ""
        log.warning("put aside %s: %s", path, reason)
        with contextlib.suppress(OSError):
            os.rename(path, os.path.join(self._bad, f"{os.path.basename(path)}~{os.lstat(path).st_ino}"))
            self._dropped += _make_room(self._bad)
        self._report(sink, reason or "")

    def set_aside(self, name: str, text: bytes, why: str, sink: Sink) -> None:
        """Keep what came another way and cannot be taken; of the same text one copy."""
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
        why += f"; {self._dropped} older ones were removed to save room" if self._dropped else ""
        sink(
            TroubleSignal(
                "spool_unreadable",
                f"{count} message{'s' if count != 1 else ''} of hooks or editors could not be read{why}",
                f"look into {self._bad}, then empty that folder",
                is_cleared=not is_trouble,
            )
        )


def _inode_of(folder: str) -> int:
    """Tells a folder from another one of its name; 0 where none is."""
    try:
        return os.stat(folder).st_ino
    except OSError:
        return 0


def _make_room(folder: str) -> int:
    """Remove the oldest of what cannot be read when there is too much; how many."""
    with os.scandir(folder) as entries:
        found = sorted(((entry.stat(follow_symlinks=False), entry.path) for entry in entries), key=lambda one: one[0].st_mtime)
    count, size, removed = len(found), sum(status.st_size for status, _ in found), 0
    for status, path in found[:-1]:
        if count - removed <= BAD_FILES and size <= BAD_BYTES:
            break
        if stat.S_ISDIR(status.st_mode):
            continue
        os.unlink(path)
        removed, size = removed + 1, size - status.st_size
    return removed


def _check_name(name: str) -> None:
    found = _NAME.fullmatch(name)
    kinds = (*WORDS, *(agents.PREFIX + host for host in agents.HOSTS))
    if found is None or found[1] not in kinds:
        raise Invalid(f"{name[:60]!r} is no kind of message known here", "a newer stintd may know it")


def _read(path: str, largest: int) -> tuple[bytes, os.stat_result]:
    """A regular file of ours or root's (`sudo git commit`), never through a symlink and never more than `largest`."""
    descriptor = os.open(path, _FLAGS)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise Invalid("it is not a regular file", "something else put it there")
        if hasattr(os, "geteuid") and status.st_uid not in (os.geteuid(), 0):
            raise Invalid("it belongs to somebody else", "something else put it there")
        if status.st_size > largest:
            raise Invalid(f"it is larger than {largest} bytes", "something else put it there")
        return os.read(descriptor, largest), status
    finally:
        os.close(descriptor)


def _time_of(status: os.stat_result) -> datetime:
    return EPOCH + timedelta(microseconds=status.st_mtime_ns // 1000)


def _signals(lines: list[HookLine], time: datetime, head: tuple[str | None, str]) -> tuple[SpoolSignal, ...]:
    told = (beatline.beat_of(line, time) if line.hook in beatline.KINDS else signal_of(line, time, head) for line in lines)
    return tuple(signal for signal in told if signal)


def _remove(message: _SpoolFile) -> None:
    """Remove what is stored. A file that grew meanwhile stays, with a note of how much of it is stored."""
    with contextlib.suppress(OSError):
        if os.lstat(message.path).st_size == message.size:
            os.unlink(message.path)
        else:
            os.rename(message.path, f"{message.path.rpartition('~')[0]}~{message.size}")


def _signal_time(signal: SpoolSignal) -> datetime:
    return signal.beat.time if isinstance(signal, AgentSignal) else signal.time


def _acts_of_git(signals: list[SpoolSignal]) -> Iterator[GitSignal]:
    return (signal for signal in signals if isinstance(signal, GitSignal))


def _acts_of_agents(signals: list[SpoolSignal]) -> Iterator[AgentSignal]:
    return (signal for signal in signals if isinstance(signal, AgentSignal))


def _is_whole(raw: bytes) -> bool:
    """Whether an agent's message that cannot be used is at least not cut short."""
    try:
        agents.read_message(raw)
    except Invalid:
        return False
    return True


def _merge_rebases(signals: list[GitSignal]) -> list[GitSignal]:
    """The steps of a rebase that follow each other within two seconds are one act, at the time of the last."""
    kept: list[GitSignal] = []
    for signal in signals:
        if kept and signal.kind == "rebase" and _continues(kept[-1], signal):
            kept.pop()
        kept.append(signal)
    return kept


def _continues(earlier: GitSignal, later: GitSignal) -> bool:
    same = (earlier.kind, earlier.checkout, earlier.witness) == (later.kind, later.checkout, later.witness)
    return same and later.time - earlier.time <= FRESH
