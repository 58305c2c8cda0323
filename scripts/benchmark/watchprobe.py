"""The watch layer alone, without a daemon: its numbers on made-up repositories, or what it sees on real ones.

`measure` is what the bench prints; `look` is for people who wonder what wakes the daemon. The storm is written by another
process, so that the CPU counted is the watcher's. Everything made is made in a temporary folder.
"""

import asyncio
import gc
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from benchmark.row import Result, Rows
from stintd.clock import SystemClock
from stintd.domain.model import CheckoutFacts
from stintd.sources import folders, gitreader
from stintd.sources.changes import TreeNote
from stintd.sources.discover import discover
from stintd.sources.watch import TreeWatcher

WRITER = """
import os, sys
tops, count = sys.argv[2:], int(sys.argv[1])
for number in range(count):
    os.close(os.open(f"{tops[number % len(tops)]}/storm{number}", os.O_CREAT | os.O_WRONLY, 0o600))
"""


@dataclass(frozen=True, slots=True)
class Shape:
    """A made-up landscape: `heavy` of the repositories have an ignored folder of 5,000 folders."""

    repos: int
    folders: int
    files: int
    heavy: int
    arm_bar: float


LARGE = Shape(100, 200, 2000, 20, 2.0)
SMALL = Shape(1000, 10, 50, 0, 1.0)
SHAPES = {"large": LARGE, "small": SMALL}


class PausedClock(SystemClock):
    """Holds up whoever asks for the time, so that the kernel's queue overflows behind a stalled reader."""

    def __init__(self) -> None:
        self.is_going = threading.Event()
        self.is_going.set()

    def now(self) -> datetime:
        self.is_going.wait(60)
        return super().now()


class Notes:
    """Collects what the watcher told, and wakes whoever waits for some of it."""

    def __init__(self) -> None:
        self.all: list[TreeNote] = []
        self._changed = asyncio.Event()

    def take(self, notes: list[TreeNote]) -> None:
        self.all += notes
        self._changed.set()

    async def wait_for(self, probe: Callable[[TreeNote], bool], seconds: float = 5.0) -> bool:
        """Whether such a note came within `seconds`."""
        deadline = time.monotonic() + seconds
        while not any(probe(note) for note in self.all):
            self._changed.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), max(0.0, deadline - time.monotonic()))
                continue
            return False
        return True

    async def wait_until_quiet(self, seconds: float = 0.5) -> None:
        """Until nothing came for `seconds`."""
        with suppress(TimeoutError):
            while True:
                self._changed.clear()
                await asyncio.wait_for(self._changed.wait(), seconds)


# ---------------------------------------------------------------- a landscape


def make_landscape(top: Path, shape: Shape) -> list[str]:
    """Repositories of one shape below `top`: one is made with git, the others are copies of hard links, which takes a
    tenth of the time and is the same to a watcher."""
    first = top / "repo0000"
    for number in range(shape.files):
        group = number % shape.folders
        place = first / f"part{group // 20:02d}" / f"folder{group:03d}"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"file{number:04d}.py").write_text("x" * (number % 50))
    (first / ".gitignore").write_text("node_modules/\n__pycache__/\n*.pyc\n*.log\n")
    environment = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    person = ("-c", "user.name=Ada", "-c", "user.email=ada@example.test", "-c", "gc.auto=0")
    for command in (("init", "-q"), ("add", "-A"), ("commit", "-qm", "begin")):
        subprocess.run(["git", "-C", str(first), *person, *command], check=True, env=environment)
    for number in range(1, shape.repos):
        shutil.copytree(first, top / f"repo{number:04d}", copy_function=os.link)
    for number in range(shape.heavy):
        for inner in range(5000):
            os.makedirs(top / f"repo{number:04d}" / "node_modules" / f"p{inner // 10}" / f"d{inner % 10}")
    return [str(top / f"repo{number:04d}") for number in range(shape.repos)]


def facts_of(paths: Sequence[str]) -> list[CheckoutFacts]:
    readings = [gitreader.facts_of(path) for path in paths]
    return [facts for facts in readings if facts is not None and facts.git_dir]


# ---------------------------------------------------------------- measuring


def measure(shape: Shape, writes: int = 50_000) -> Rows:
    """The numbers of one shape beside their bars."""
    with tempfile.TemporaryDirectory(prefix="watchprobe-") as folder:
        paths = make_landscape(Path(folder), shape)
        results: list[Result] = []
        asyncio.run(_measure(shape, paths, writes, results))
        yield from results


async def _measure(shape: Shape, paths: Sequence[str], writes: int, results: list[Result]) -> None:
    seen, clock = Notes(), PausedClock()
    watcher = TreeWatcher(seen.take, asyncio.get_running_loop(), clock, budget=200_000)
    watcher.start()
    try:
        tops = _arm(watcher, shape, paths, results)
        await _latency(tops, seen, results)
        await _storm(tops, seen, writes, results)
        await _overflow(clock, paths, tops, seen, results)
    finally:
        watcher.stop()


def _arm(watcher: TreeWatcher, shape: Shape, paths: Sequence[str], results: list[Result]) -> list[str]:
    name = f"{shape.repos} repositories of {shape.folders} folders"
    facts = facts_of(paths)
    threads, instances = threading.active_count(), _instances()
    first, _ = _choose(facts)
    chosen, plans = _choose(facts)
    gc.collect()
    before, began = _resident_kib(), time.perf_counter()
    for checkout, (work, git) in zip(facts, plans, strict=True):
        watcher.cover(checkout.path, git, work)
    armed = time.perf_counter() - began
    gc.collect()
    watches = watcher.stats().main.watches
    grown = (_resident_kib() - before) / 1024
    results += [
        Result(f"{name}: chosen and armed", chosen + armed, "s", at_most=shape.arm_bar, note=f"choosing {chosen:.2f} s, warm"),
        Result(f"{name}: the same at first sight", first + armed, "s", at_most=2),
        Result(f"{name}: memory of {watches} watches", grown, "MiB", at_most=15),
        Result(f"{name}: memory a watch", grown * 1024 / max(1, watches), "KiB", at_most=0.6),
        Result(f"{name}: threads", threading.active_count() - threads + 1, "", at_most=1),
        Result(f"{name}: inotify instances", _instances() - instances + 1, "", at_most=1),
    ]
    return [work[-1] for work, _ in plans]


def _choose(facts: Sequence[CheckoutFacts]) -> tuple[float, list[tuple[tuple[str, ...], list[str]]]]:
    began = time.perf_counter()
    plans = [(folders.plan(checkout).folders, gitreader.git_folders(checkout)) for checkout in facts]
    return time.perf_counter() - began, plans


async def _latency(tops: Sequence[str], seen: Notes, results: list[Result]) -> None:
    took: list[float] = []
    for number in range(300):
        path = f"{tops[number % len(tops)]}/probe"
        await asyncio.sleep(0.005)
        seen.all.clear()
        began = time.perf_counter()
        _append(path)
        await seen.wait_for(partial(_is_about, path))
        took.append((time.perf_counter() - began) * 1000)
    took.sort()
    results += [
        Result("write to note, median", took[150], "ms"),
        Result("write to note, p99", took[296], "ms", at_most=10),
    ]


async def _storm(tops: Sequence[str], seen: Notes, writes: int, results: list[Result]) -> None:
    seen.all.clear()
    cpu = time.process_time()
    writer = await asyncio.create_subprocess_exec(sys.executable, "-c", WRITER, str(writes), *tops[:50])
    await writer.wait()
    await seen.wait_until_quiet()
    spent = time.process_time() - cpu
    noted_paths = {note.path for note in seen.all if "/storm" in note.path}
    is_known = any(note.kind == "overflow" for note in seen.all)
    results += [
        Result(f"{writes} writes: CPU", spent, "s", at_most=1.5, note=f"{len(seen.all)} notes"),
        Result(f"{writes} writes: lost unnoticed", 0 if is_known else writes - len(noted_paths), "", at_most=0),
    ]


async def _overflow(clock: PausedClock, paths: Sequence[str], tops: Sequence[str], seen: Notes, results: list[Result]) -> None:
    """The queue overflows behind a stalled reader, one file a repository is written meanwhile, a sweep finds them."""
    since = datetime.now(UTC)
    seen.all.clear()
    clock.is_going.clear()
    for number in range(_queue_length() // 2 + 1000):
        path = f"{tops[0]}/flood{number % 50}"
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        os.unlink(path)
    for top in tops:
        os.close(os.open(f"{top}/missed", os.O_CREAT | os.O_WRONLY, 0o600))
    clock.is_going.set()
    is_noticed = await seen.wait_for(lambda note: note.kind == "overflow", 10)
    sweeper, facts = folders.Folders(SystemClock()), facts_of(paths)
    began = time.perf_counter()
    swept = sum(any(s.path.endswith("/missed") for s in sweeper.sweep(checkout, since)) for checkout in facts)
    took = time.perf_counter() - began
    files = sum(len(names) for top in paths[:1] for _, _, names in os.walk(top)) * len(paths)
    results += [
        Result("forced overflow: noticed", is_noticed, "", at_least=1),
        Result("forced overflow: files missed after the sweep", len(facts) - swept, "", at_most=0),
        Result(f"sweep of {len(facts)} repositories, per 51,000 files", took * 51_000 / files, "s", at_most=0.5),
    ]


def _is_about(path: str, note: TreeNote) -> bool:
    return note.path == path


def _append(path: str) -> None:
    with open(path, "a") as file:
        file.write("x")


def _resident_kib() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


def _instances() -> int:
    count = 0
    for name in os.listdir("/proc/self/fd"):
        with suppress(OSError):
            count += os.readlink(f"/proc/self/fd/{name}") == "anon_inode:inotify"
    return count


def _queue_length() -> int:
    with open("/proc/sys/fs/inotify/max_queued_events") as file:
        return int(file.read())


# ---------------------------------------------------------------- looking


@contextmanager
def _count_raw_events(paths: Sequence[str]) -> Iterator[list[int]]:
    """A second, plain watch on the same folders that counts what the kernel says."""
    from watchdog.observers.inotify_c import CallbackId, InotifyFD, Mask  # Linux only

    count = [0]

    class Counter:
        def on_event(self, event: object) -> None:
            count[0] += 1

        def on_watch_deleted(self, wd: int) -> None: ...

        def on_queue_overflow(self) -> None: ...

    instance, counter = InotifyFD(), Counter()
    for path in paths:
        with suppress(OSError):
            instance.add_callback(os.fsencode(path), Mask(0x7C8), counter, CallbackId(1))
    instance.start()
    try:
        yield count
    finally:
        instance.stop()


def _checkouts(roots: Sequence[str]) -> list[str]:
    return [path for root in roots for path in discover(os.path.realpath(root)).checkouts]


async def print_notes(roots: Sequence[str]) -> None:
    """Print, once a second in which anything happened, raw and folded notes and what they were about."""
    seen: list[TreeNote] = []
    watcher = TreeWatcher(seen.extend, asyncio.get_running_loop(), roots=roots)
    watcher.start()
    covered: list[str] = []
    for facts in facts_of(_checkouts(roots)):
        work, git = folders.plan(facts).folders, gitreader.git_folders(facts)
        coverage = watcher.cover(facts.path, git, work)
        print(f"{facts.path}: {coverage.tier}, {coverage.folders} folders {coverage.reason}".rstrip())
        covered += [*work, *git]
    print("raw and folded notes, as they come; Ctrl-C ends")
    try:
        with _count_raw_events(covered) as raw:
            while True:
                await asyncio.sleep(1)
                if seen or raw[0]:
                    notes = seen[:]
                    seen.clear()
                    shown = ", ".join(f"{n.kind} {os.path.basename(n.path)}" for n in notes[:5])
                    print(f"{time.strftime('%H:%M:%S')} raw {raw[0]:6} folded {len(notes):6}  {shown!r}"[:160], flush=True)
                    raw[0] = 0
    finally:
        watcher.stop()


def main(argv: Sequence[str]) -> int:
    """1 when a bar was missed, 2 for wrong arguments."""
    if not argv or argv[0] in ("-h", "--help"):
        print("usage: watchprobe FOLDER… | watchprobe --measure [large|small]…", file=sys.stderr)
        return 2
    if argv[0] != "--measure":
        with suppress(KeyboardInterrupt):
            asyncio.run(print_notes(argv))
        return 0
    names = argv[1:] or list(SHAPES)
    unknown = [name for name in names if name not in SHAPES]
    if unknown:
        print(f"no shape {', '.join(unknown)}; there are: {', '.join(SHAPES)}", file=sys.stderr)
        return 2
    if len(names) > 1:  # each in a process of its own: memory once freed would hide what the next takes
        return max(subprocess.call([sys.executable, "-m", "benchmark.watchprobe", "--measure", name]) for name in names)
    missed = 0
    print(f"\n[{names[0]}]", flush=True)
    for result in measure(SHAPES[names[0]]):
        print(result.text(), flush=True)
        missed += not result.is_met
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
