"""Folders without git whose saves count: those that the owner mapped, and those with a project file.

They are watched and swept like the work tree of a repository, and whatever is a repository inside counts by itself. The other
folders directly below a watched root are looked through once a day: how many files were saved there, which nobody counts, is
stored for the owner's review, and nothing else. Runs on the event loop's thread; what walks folders is a job for another one.
"""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from stintd.clock import Clock
from stintd.domain.mapping.projectfile import FILE_NAMES
from stintd.domain.model import FileSignal, TroubleSignal, from_us, to_us
from stintd.domain.noise.burst import Bursts
from stintd.domain.noise.filename import noise_of_name
from stintd.domain.policy import Policy
from stintd.errors import StintdError
from stintd.frozen import frozen
from stintd.tracking import filechanges
from stintd.tracking.backlog import Backlog, Handler
from stintd.tracking.model import SignalSink, TrackerSettings, WatchCoverage, Watcher, WatchNote
from stintd.tracking.roots import is_below
from stintd.tracking.troubles import RETRIES

WEEK = timedelta(days=7)
DAY = timedelta(days=1)
MOST_FOLDERS = 200
"""Most folders that count without git, each with up to 2,000 folders below it."""
LOOK_LIMIT = 20_000
"""Most folders that one daily look goes through."""
MOST_NAMED = 20
"""Most folders that a look stores: who sees twenty uncounted folders needs no more."""
MOST_PLANS = 5
PLAN_DELAY = 0.05
UNCOUNTED = "uncounted"
"""The cursor with what the last look found, as JSON: {"since", "at": microseconds, "folders": {path: files}}. `since`: the first
look of all; what was saved before it happened before stintd was there."""
_KEY = "/."


class PlainReader(Protocol):
    """See `sources.plainfolder`."""

    def plan(self, top: str, apart: Set[str], /) -> "PlainPlan": ...
    def sweep(self, top: str, since: datetime, apart: Set[str], limit: int = ..., /) -> tuple[list[FileSignal], int]: ...
    def is_ignored(self, top: str, path: str, /) -> bool: ...
    def forget(self, top: str, /) -> None: ...


class PlainPlan(Protocol):
    """The folders to watch; `is_cut`: there are more."""

    @property
    def folders(self) -> tuple[str, ...]: ...
    @property
    def is_cut(self) -> bool: ...


@frozen
class PlainSources:
    """What the folders are read with. `holder`: the checkout that holds a path, or None; `mapped`: the folders that the owner
    mapped; `is_excluded`: whether nothing is recorded there; `on_change` gets the folders that count now, and those of them whose
    project file is to be read."""

    watcher: Watcher
    reader: PlainReader
    holder: Callable[[str], str | None]
    mapped: Callable[[], Awaitable[frozenset[str]]]
    is_excluded: Callable[[str], bool]
    on_change: Callable[[frozenset[str], Iterable[str]], None]


@dataclass(slots=True)
class _Folder:
    """A folder that counts. `swept`: what was saved before this is reported."""

    swept: datetime
    folders: tuple[str, ...] = ()
    tries: int = 0


class PlainFolders:
    """`run` until cancelled. `set_marked`, `ask_mapped` and `set_roots` say what may count now."""

    name = "plain folders"

    def __init__(
        self,
        parts: PlainSources,
        clock: Clock,
        sink: SignalSink,
        cursors: Mapping[str, str],
        settings: TrackerSettings,
        policy: Policy,
    ) -> None:
        self._policy = policy
        self._parts, self._clock, self._sink, self._settings = parts, clock, sink, settings
        self._roots = tuple(map(os.path.realpath, settings.roots))
        self._marked: frozenset[str] = frozenset()
        self._known = {name.removeprefix("plain:") for name in cursors if name.startswith("plain:")}
        self._since = settings.known_since or clock.now()
        self._looked_at, self._first = _stamps_of(cursors.get(UNCOUNTED, ""))
        self._folders: dict[str, _Folder] = {}
        self._said: set[tuple[str, str]] = set()
        self._second_looks = filechanges.SecondLooks()
        self._backlog = Backlog(clock)
        self._backlog.add("refresh", "")

    async def run(self) -> None:
        """Work until cancelled."""
        handlers: dict[str, Handler] = {
            "refresh": self._refresh,
            "plan": self._plan,
            "sweep": self._sweep,
            "again": self._look_at_files_again,
            "look": self._look_at_others,
        }
        async with asyncio.TaskGroup() as group:
            group.create_task(self._backlog.run(handlers))
            group.create_task(self._run_patrols())

    async def wait_until_settled(self) -> None:
        """Wait until all work requested so far is done."""
        await self._backlog.wait_until_settled()

    def stop(self) -> None:
        """Cancel delayed work."""
        self._backlog.stop()

    def folders(self) -> list[str]:
        """The folders that count without git."""
        return list(self._folders)

    # ------------------------------------------------------------------ which

    def set_marked(self, marked: frozenset[str]) -> None:
        """These folders have a project file; checkouts may have come or gone."""
        self._marked = marked
        self._backlog.add("refresh", "")

    def ask_mapped(self) -> None:
        """The owner's mappings may have changed."""
        self._backlog.add("refresh", "")

    def set_roots(self, roots: Sequence[str]) -> None:
        """Watch these roots from now on."""
        self._roots = tuple(map(os.path.realpath, roots))
        self._looked_at = None
        self._backlog.add("refresh", "")
        self._backlog.add("look", "")

    async def _refresh(self, _: str) -> None:
        """Begin with folders that count now, and end with those that do not any more."""
        candidates = await self._parts.mapped() | self._marked
        real = await asyncio.to_thread(_real_folders, candidates)
        wanted = [path for path in sorted(real) if not self._is_git(path, real[path])][:MOST_FOLDERS]
        ended, begun = set(self._folders) - set(wanted), [path for path in wanted if path not in self._folders]
        for path in ended:
            del self._folders[path]
            self._parts.watcher.uncover(path + _KEY)
            self._say_cut(path, is_cut=False)
        for path in begun:
            self._folders[path] = _Folder(self._begin_of(path))
        if begun or ended:
            self._parts.on_change(frozenset(self._folders), [*begun, *ended])
            for path in self._folders:
                self._backlog.add("plan", path)
        if begun:
            self._looked_at = None  # they are uncounted no more
            self._backlog.add("look", "")

    def _is_git(self, path: str, real: str) -> bool:
        """Whether it lies in a checkout, or is to become one as soon as the tracker has looked."""
        is_half = any(is_below(real, root) for root in self._roots) and os.path.lexists(os.path.join(path, ".git"))
        return is_half or self._parts.holder(real) is not None

    def _begin_of(self, path: str) -> datetime:
        """From when saves in a folder that counts now are looked for: since nobody watched, or, for one that is new, as far back
        as the review named it."""
        if path in self._known:
            return self._since
        self._known.add(path)
        self._sink([], {f"plain:{path}": str(to_us(self._clock.now()))})
        return max(self._clock.now() - WEEK, self._first or self._since)

    def _apart(self, path: str) -> frozenset[str]:
        return frozenset(other for other in self._folders if other != path and is_below(other, path))

    # ------------------------------------------------------------------ watching and sweeping

    def handle_notes(self, notes: Sequence[WatchNote]) -> list[WatchNote]:
        """Take what the watcher saw in these folders; returns what others must see."""
        others: list[WatchNote] = []
        files: list[FileSignal] = []
        for note in notes:
            path = note.checkout.removesuffix(_KEY)
            if note.kind == "overflow":
                self.rescan()
            if path not in self._folders or path == note.checkout:
                others += [] if note.checkout.endswith(_KEY) else [note]
            elif note.kind == "lost":
                self._backlog.add("refresh", "")
                self.rescan(path)
            elif note.kind == "folder":
                self._backlog.add_later("plan", path, PLAN_DELAY)
            else:
                files += self._take_file(path, note)
        self._tell(files)
        if self._second_looks.add(files):
            self._backlog.add_later("again", "", filechanges.SECOND_LOOK)
        return others

    def _take_file(self, path: str, note: WatchNote) -> list[FileSignal]:
        name = os.path.basename(note.path)
        if name in (".gitignore", ".ignore"):
            self._parts.reader.forget(path)
            self._backlog.add_later("plan", path, 1.0)
        if name in FILE_NAMES:
            self._parts.on_change(frozenset(self._folders), [path])
        try:
            is_ignored = self._parts.reader.is_ignored(path, os.path.relpath(note.path, path))
        except StintdError:
            self._backlog.add_later("sweep", path, RETRIES[0])
            return []
        return [filechanges.signal_of(note, path, is_ignored)]

    def rescan(self, path: str | None = None) -> None:
        """Something may have been missed in one folder or in all."""
        for one in [path] if path is not None else list(self._folders):
            self._backlog.add("plan", one)

    async def _plan(self, path: str) -> None:
        """Watch the folders that matter, until no new one comes meanwhile; then sweep for what was saved before."""
        folder = self._folders.get(path)
        if folder is None:
            return
        try:
            for _ in range(MOST_PLANS):
                before = folder.folders
                plan = await asyncio.to_thread(self._parts.reader.plan, path, self._apart(path))
                folder.folders = plan.folders
                coverage = self._parts.watcher.cover(path + _KEY, (), plan.folders)
                if not set(plan.folders) - set(before):
                    break
        except StintdError:
            self._try_later("plan", path, folder)
            return
        self._say_cut(path, plan.is_cut)
        self._say_limit(path, coverage)
        self._backlog.add("sweep", path)

    async def _sweep(self, path: str) -> None:
        """Report files saved since the last sweep that no watch reported."""
        folder = self._folders.get(path)
        if folder is None:
            return
        now = self._clock.now()
        try:
            signals, _ = await asyncio.to_thread(self._parts.reader.sweep, path, folder.swept, self._apart(path))
        except StintdError:
            self._try_later("sweep", path, folder)
            return
        folder.swept, folder.tries = now, 0
        if path in self._folders:
            self._tell(signals)

    def _try_later(self, job: str, path: str, folder: _Folder) -> None:
        """It cannot be read just now, which says nothing."""
        self._backlog.add_later(job, path, RETRIES[min(folder.tries, len(RETRIES) - 1)])
        folder.tries += 1

    async def _look_at_files_again(self, _: str) -> None:
        ready = self._second_looks.take(self._clock.now())
        self._tell(await asyncio.to_thread(filechanges.mark_arrivals, ready))
        if self._second_looks.add(()):
            self._backlog.add_later("again", "", filechanges.SECOND_LOOK)

    def _tell(self, signals: Sequence[FileSignal]) -> None:
        if signals:
            self._sink(list(signals), {})

    def _say_cut(self, path: str, is_cut: bool) -> None:
        text = f"{path} holds more folders than stintd watches without git; saves in the others do not count" if is_cut else ""
        hint = "map the folders that you work in, or run `git init` there" if is_cut else ""
        self._say(TroubleSignal("folder_too_large", text, hint, path, is_cleared=not is_cut))

    def _say_limit(self, path: str, coverage: WatchCoverage) -> None:
        text = f"{path} cannot be watched in full: {coverage.reason}" if coverage.reason else ""
        hint = "sweeps still find what is saved there" if text else ""
        self._say(TroubleSignal("watch_limit", text, hint, path, is_cleared=not text))

    def _say(self, signal: TroubleSignal) -> None:
        """Raise or clear a warning once."""
        mark = {(signal.code, signal.subject)}
        if signal.is_cleared == mark.isdisjoint(self._said):
            return
        self._said ^= mark
        self._sink([signal], {})

    # ------------------------------------------------------------------ the others

    async def _run_patrols(self) -> None:
        while True:
            await self._clock.sleep(self._settings.patrol.total_seconds())
            self._backlog.add("refresh", "")
            if self._looked_at is None or self._clock.now() - self._looked_at >= DAY:
                self._backlog.add("look", "")

    def look_soon(self) -> None:
        """Look at the other folders now that everything else has been found, unless that was done today."""
        if self._looked_at is None or self._clock.now() - self._looked_at >= DAY:
            self._backlog.add("look", "")

    async def _look_at_others(self, _: str) -> None:
        """Count the files saved this week in folders directly below a root that nobody counts."""
        now = self._clock.now()
        self._looked_at, self._first = now, self._first or self._since
        found = await asyncio.to_thread(self._count_saved, now - WEEK, dict.fromkeys(self._folders))
        named = dict(sorted(found.items(), key=lambda item: (-item[1], item[0]))[:MOST_NAMED])
        value = {"since": to_us(self._first), "at": to_us(now), "folders": named}
        self._sink([], {UNCOUNTED: json.dumps(value)})

    def _count_saved(self, since: datetime, counted: Iterable[str]) -> dict[str, int]:
        counted, left, found = set(counted), LOOK_LIMIT, dict[str, int]()
        for path in (path for root in self._roots for path in _folders_in(root)):
            if left <= 0 or self._is_known(path, counted):
                continue
            try:
                signals, visited = self._parts.reader.sweep(path, since, frozenset(counted), left)
            except StintdError:
                continue
            left -= visited
            writes = sorted((signal.time, signal.path) for signal in signals if not noise_of_name(signal.path))
            storms = Bursts(self._policy.burst_files, self._policy.burst_window).find(path, writes)
            count = len(writes) - sum(len(paths) for _, paths in storms)
            if count:
                found[path] = count
        return found

    def _is_known(self, path: str, counted: Set[str]) -> bool:
        """Whether a folder is a checkout, in one, a folder that counts, or excluded."""
        return self._parts.holder(path) is not None or self._parts.is_excluded(path) or any(is_below(path, c) for c in counted)


def _folders_in(root: str) -> list[str]:
    try:
        with os.scandir(root) as entries:
            return sorted(e.path for e in entries if e.is_dir(follow_symlinks=False) and not e.name.startswith("."))
    except OSError:
        return []


def _real_folders(paths: Iterable[str]) -> dict[str, str]:
    """Those of the paths that are folders, with where they really are."""
    return {path: os.path.realpath(path) for path in paths if path != "/" and os.path.isdir(path)}


def _stamps_of(text: str) -> tuple[datetime | None, datetime | None]:
    """(when the others were last looked at, when for the first time)."""
    try:
        value = json.loads(text)
        return from_us(int(value["at"])), from_us(int(value["since"]))
    except (ValueError, KeyError, TypeError):
        return None, None
