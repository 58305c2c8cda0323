"""From watched roots to signals: finds checkouts, has their folders watched, and reports what was done in them.

It first watches the git dirs of all checkouts, then, in the background, their work trees, most recently used first, so that
the daemon is ready at once. A watch makes reports fast; looking again makes them complete: after loss, resume or downtime the
reflogs are read further from their cursors and the work trees are swept. A cursor goes out with the signals before it, and
is stored with them.

Runs on the event loop's thread. A look at an ordinary checkout happens at once (0.1 ms); whatever walks folders or runs git
is a job for a thread, one at a time.
"""

import asyncio
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from stintd.clock import Clock
from stintd.domain.kinds import REWRITING
from stintd.domain.model import (
    CheckoutFacts,
    CheckoutSignal,
    FileSignal,
    LockSignal,
    Signal,
    from_us,
    to_us,
)
from stintd.errors import StintdError
from stintd.tracking import filechanges, gitchanges
from stintd.tracking.backlog import Backlog, Handler
from stintd.tracking.coverage import WorkTrees
from stintd.tracking.cursors import CursorBook, reflog_name, root_cursor
from stintd.tracking.model import (
    CheckoutReading,
    GitLook,
    RepoState,
    SignalSink,
    TrackedCheckout,
    TrackerSettings,
    TrackerSources,
    WatchNote,
)
from stintd.tracking.roots import Roots, is_below
from stintd.tracking.troubles import LOST_AFTER, Troubles

SETTLE = 10.0  # seconds after which an unfinished rebase is reported as it stands: somebody is resolving a conflict
PLAN_DELAY = 0.05  # new folders come in bursts
RECALLED = timedelta(seconds=10)  # how long before the downtime files that git wrote may be swept
BATCH = 200  # checkouts found before they are passed on
LOST = "it has no .git any more; its saves still count"


class Tracker:
    """Owns the state of each checkout. `start`, then `run` until cancelled, then `stop`."""

    name = "tracker"

    def __init__(
        self,
        parts: TrackerSources,
        clock: Clock,
        sink: SignalSink,
        cursors: Mapping[str, str],
        settings: TrackerSettings,
        on_folders: Callable[[frozenset[str]], None] = lambda marked: None,
    ) -> None:
        """`on_folders` is called when checkouts came or went, or project files outside them, with the folders of these files."""
        self._parts, self._clock, self._sink, self._settings = parts, clock, sink, settings
        self._book = CursorBook(cursors)
        self._tracked: dict[str, TrackedCheckout] = {}
        self._mapped: frozenset[str] = frozenset()
        self._away: dict[str, CheckoutFacts] = {}  # checkouts below a root that is missing
        self._second_looks = filechanges.SecondLooks()
        self._touched: dict[str, int] = {}  # when each git dir last moved, at the last patrol
        self._roots = Roots(_real_paths(settings.roots), parts.watcher)
        self._backlog = Backlog(clock)
        self._on_folders = on_folders
        self._troubles = Troubles(lambda signals: self._tell(signals, {}), self._backlog)
        self._since = settings.known_since or clock.now()
        self._is_first_start = settings.known_since is None
        self._has_started = False
        self._trees = WorkTrees(parts, clock, settings, lambda signals: self._tell(signals, {}), self._since)

    # ------------------------------------------------------------------ life

    async def start(self) -> None:
        """Find the checkouts below the roots, watch their git dirs, catch up. Work trees follow while `run` runs."""
        paths = [path for root in self._roots.paths for path in (await self._walk(root))[0]]
        await self._add(list(dict.fromkeys(paths)))
        self._is_first_start, self._has_started = False, True
        for root in self._roots.paths:  # once more, now that its folders are watched: a clone may just have come
            self._backlog.add("find", root)

    async def run(self) -> None:
        """Do background work and patrol until cancelled."""
        handlers: dict[str, Handler] = {
            "find": self._find,
            "inside": self._find,
            "look": self._look_again,
            "settle": self._settle,
            "plan": self._plan,
            "sweep": self._sweep,
            "again": self._look_at_files_again,
            "arm": self._arm,
            "linked": self._find_linked,
            "retry": self._read_again,
            "anew": self._read_anew,
            "absorb": self._absorb,
            "say_lost": self._say_lost,
            "name": self._name_repo,
            "patrol": self._patrol,
        }
        async with asyncio.TaskGroup() as group:
            group.create_task(self._backlog.run(handlers))
            group.create_task(self._run_patrols())

    async def wait_until_settled(self) -> None:
        """Wait until all background work requested so far is done."""
        await self._backlog.wait_until_settled()

    def stop(self) -> None:
        """Cancel delayed work. Nothing that was reported is lost: its cursors went with it."""
        self._backlog.stop()

    async def set_roots(self, roots: Sequence[str]) -> None:
        """Watch these roots and no others. Checkouts below a dropped root are forgotten, not reported as gone."""
        before = self._roots.replace_paths(_real_paths(roots))
        for root in set(before) - set(self._roots.paths):
            self._roots.drop(root)
            if root in self._tracked:  # it was a checkout as well, which may lie below another root
                self._trees.cover(self._tracked[root])
        for path in [path for path in self._tracked if self._roots.root_of(path) is None]:
            self._trees.drop(path)
            del self._tracked[path]
        for root in self._roots.paths:
            if root not in before:
                await self._find(root)

    def repos(self) -> list[RepoState]:
        """Every checkout, the most recently used first."""
        states = [
            RepoState(
                path,
                t.facts.kind,
                t.facts.identity,
                t.facts.branch,
                t.tier,
                t.last_active,
                t.problem or t.limit or (LOST if t.lost else ""),
                len(t.folders) + len(t.git_folders),
            )
            for path, t in self._tracked.items()
            if path not in self._troubles.refused
        ]
        states += self._troubles.refused_states(self._since)
        return sorted(states, key=lambda state: state.last_active, reverse=True)

    def report_missing(self, known: Iterable[CheckoutFacts]) -> None:
        """Find out about those of the checkouts known before this start that are no checkouts now: gone, or a folder without its
        `.git`. Call after `start`. One below a root that is itself missing (a drive that is not plugged in) is not gone."""
        for facts in known:
            root = self._roots.root_of(facts.path)
            if root is None or facts.path in self._tracked or not self._roots.is_readable(root):
                continue
            now = self._parts.git.facts_of(facts.path, "", self._roots.paths)
            if now is not None and now.is_unread:
                self._troubles.put_off(facts.path, now.trouble)
            elif now is None or not now.git_dir:
                active = self._clock.now()
                self._tracked[facts.path] = TrackedCheckout(facts, None, to_us(self._since), active, self._since)
                self._lose(self._tracked[facts.path], now)

    def rescan(self, checkout: str | None = None) -> None:
        """Something may have been missed: read the reflogs further, plan and sweep the work trees, of one checkout or of all."""
        for path in [checkout] if checkout else list(self._tracked):
            self._backlog.add("look", path)
            self._backlog.add("plan", path)
            self._backlog.add("sweep", path)
        for root in self._roots.paths if checkout is None else ():
            self._backlog.add("find", root)

    def touch(self, path: str) -> None:
        """An editor, a hook or an agent is at work at `path`: promote its checkout, or find it if it is new."""
        holder = self.holder(path)
        if holder is not None:
            self._promote(self._tracked[holder])
        elif self._roots.root_of(path) is not None:
            self._backlog.add("find", path if os.path.isdir(path) else os.path.dirname(path))

    # ------------------------------------------------------------------ what the watcher saw

    def handle_notes(self, notes: Sequence[WatchNote]) -> None:
        """Turn what the watcher saw into signals, in order. On the loop's thread."""
        files: list[Signal] = []
        git: dict[str, set[str]] = {}
        for note in notes:
            tracked = self._tracked.get(note.checkout)
            if note.kind == "overflow":
                self.rescan()
            elif note.kind == "lost" and tracked is not None:
                self.rescan(note.checkout)
            elif tracked is None:
                self._handle_change_outside(note)
            elif gitchanges.is_in_git(tracked.facts, note.path):
                if not tracked.is_locked and gitchanges.is_lock_taken(note):
                    tracked.is_locked = True
                    files.append(LockSignal(note.time, note.checkout, True))
                git.setdefault(note.checkout, set()).add(note.path)
            else:
                files += self._handle_change_inside(tracked, note)
        self._tell(files, {})
        self._look_later(signal for signal in files if isinstance(signal, FileSignal))
        for path, changed in git.items():
            if path in self._tracked:
                self._handle_git_change(self._tracked[path], changed)

    def _handle_change_inside(self, tracked: TrackedCheckout, note: WatchNote) -> list[Signal]:
        """A file or a folder of a work tree changed."""
        name = os.path.basename(note.path)
        holder = self.holder(note.path) or note.checkout
        if name == ".git":
            self._backlog.add_later("look", os.path.dirname(note.path), PLAN_DELAY)
            self._backlog.add_later("inside", os.path.dirname(note.path), PLAN_DELAY)
            return []
        if note.kind == "folder":
            self._backlog.add_later("plan", holder, PLAN_DELAY)
            self._look_into_new_folder(self._tracked[holder].facts, note.path)
            if not os.path.isdir(note.checkout):
                self._backlog.add("look", note.checkout)
            return []
        if name == ".gitignore":
            self._backlog.add_later("plan", holder, 1.0)
        owner = self._tracked[holder]
        owner.last_active = note.time
        try:
            is_ignored = self._parts.folders.is_ignored(owner.facts, os.path.relpath(note.path, holder))
        except StintdError as error:
            self._troubles.put_off(holder, error.message)  # the sweep will find it
            return []
        return [filechanges.signal_of(note, holder, is_ignored)]

    def _look_into_new_folder(self, facts: CheckoutFacts, path: str) -> None:
        """A repository may have been made in it before it could be watched, and then no plan enters it."""
        with suppress(StintdError):
            if os.path.isdir(path) and not self._parts.folders.is_ignored(facts, os.path.relpath(path, facts.path) + "/-"):
                self._backlog.add_later("inside", path, PLAN_DELAY)

    def _look_later(self, files: Iterable[FileSignal]) -> None:
        if self._second_looks.add(files):
            self._backlog.add_later("again", "", filechanges.SECOND_LOOK)

    async def _look_at_files_again(self, _: str) -> None:
        """Report files that seemed to be written here and were not: their time was set after they were closed."""
        ready = self._second_looks.take(self._clock.now())
        self._tell(list(await asyncio.to_thread(filechanges.mark_arrivals, ready)), {})
        self._look_later(())

    def _handle_change_outside(self, note: WatchNote) -> None:
        """Something changed in a folder above checkouts: a clone may have come, a checkout may have gone."""
        for path in [path for path in self._tracked if is_below(path, note.path)]:
            self._backlog.add("look", path)
        folder = note.path if os.path.isdir(note.path) and not os.path.islink(note.path) else os.path.dirname(note.path)
        if os.path.basename(folder) == ".git":
            folder = os.path.dirname(folder)
        self._backlog.add("find", folder if self._roots.root_of(folder) else note.checkout)

    def _handle_git_change(self, tracked: TrackedCheckout, paths: set[str]) -> None:
        """Files of a git dir changed: what moves HEAD is looked at now."""
        facts = tracked.facts
        jobs = gitchanges.jobs_for(facts, paths)
        if "look" in jobs:
            self._look(tracked)
        if "arm" in jobs:
            self._backlog.add("arm", facts.path)
        if "linked" in jobs:
            self._backlog.add_later("linked", facts.path, PLAN_DELAY)
        if "push" in jobs:
            self._report_pushes(tracked)
        if not gitchanges.is_locked(facts):
            self._release_lock(tracked)

    def _release_lock(self, tracked: TrackedCheckout) -> None:
        if tracked.is_locked:
            tracked.is_locked = False
            self._tell([LockSignal(self._clock.now(), tracked.facts.path, False)], {})

    # ------------------------------------------------------------------ looking at HEAD

    def _look(self, tracked: TrackedCheckout, is_settled: bool = False) -> None:
        """Look at HEAD and its reflog now; a reftable repository needs git, and so a thread."""
        if self._parts.git.needs_git(tracked.facts):
            self._backlog.add("look", tracked.facts.path)
        else:
            facts, look = self._read_further(tracked, is_settled, may_run_git=False)
            if look is not None and not isinstance(look, StintdError) and look.needs_thread:
                self._backlog.add("look", tracked.facts.path)
            else:
                self._learn(tracked, facts, look)

    async def _look_again(self, path: str, is_settled: bool = False) -> None:
        """Look in a thread. When the cursor moved meanwhile, it is read again, so that nothing is reported twice."""
        while (tracked := self._tracked.get(path)) is not None:
            cursor = tracked.cursor
            reading = await asyncio.to_thread(self._read_further, tracked, is_settled)
            if self._tracked.get(path) is tracked and tracked.cursor == cursor:
                self._learn(tracked, *reading)
                return

    async def _settle(self, path: str) -> None:
        await self._look_again(path, is_settled=True)

    def _read_further(
        self, tracked: TrackedCheckout, is_settled: bool, may_run_git: bool = True
    ) -> "tuple[CheckoutFacts | None, GitLook | StintdError | None]":
        """(facts as they are now, what is new in the reflog or why it cannot be read). Any thread; changes nothing."""
        before = tracked.facts
        facts = self._parts.git.facts_of(before.path, before.first_commit, self._roots.paths)
        if facts is None or not facts.git_dir:
            return facts, None
        after_us = None if tracked.cursor else to_us(self._since.replace(microsecond=0))  # as exact as a reflog
        try:
            look = self._parts.git.read_acts(facts, tracked.cursor, self._settings.owner, is_settled, after_us, may_run_git)
            return facts, look
        except StintdError as error:
            return facts, error

    def _learn(self, tracked: TrackedCheckout, facts: CheckoutFacts | None, look: GitLook | StintdError | None) -> None:
        """Report what a look found: the checkout as it is now, then the acts, with the cursor behind them."""
        path = tracked.facts.path
        if facts is not None and facts.is_unread:
            self._troubles.put_off(path, facts.trouble)
            return
        if facts is not None and not facts.git_dir and not tracked.facts.git_dir:
            self._troubles.refuse(facts)  # its saves go on counting for the folder
            return
        if facts is None or not facts.git_dir:
            self._lose(tracked, facts)
            return
        if tracked.lost is not None or not tracked.facts.git_dir or _is_begun_anew(tracked.facts, facts):
            self._backlog.add("anew", path)
            return
        signals: list[Signal] = []
        if facts != tracked.facts:
            if gitchanges.is_branch_elsewhere(tracked.facts, facts):
                self._backlog.add("arm", path)
            tracked.facts = facts
            signals.append(CheckoutSignal(self._clock.now(), facts))
            if _is_nameless(facts):
                self._backlog.add("name", path)
        signals += self._troubles.problem_signals(tracked, look.message if isinstance(look, StintdError) else facts.trouble)
        if look is None or isinstance(look, StintdError):
            self._tell(signals, {})
            return
        cursors = {reflog_name(facts): look.cursor} if look.cursor != tracked.cursor else {}
        tracked.cursor = look.cursor
        self._tell([*signals, *look.signals], cursors)
        if look.is_waiting:
            self._backlog.add_later("settle", path, SETTLE)
        if look.signals:
            self._promote(tracked)

    # ------------------------------------------------------------------ git data that goes, comes back, or cannot be read

    def _lose(self, tracked: TrackedCheckout, refused: CheckoutFacts | None) -> None:
        """A checkout's git data is not there any more, or must not be read. If its folder is left, it stays watched: its saves
        count, and its git data is looked for."""
        path, now = tracked.facts.path, self._clock.now()
        if refused is not None:
            self._troubles.refuse(refused)
        elif path in self._troubles.refused:
            self._troubles.forgive(path)
        if not self._is_left(tracked.facts, is_refused=refused is not None):
            root = self._roots.root_of(path)
            if root is None or self._check_root(root):
                self._dismiss(path)
            return
        is_new, before = tracked.lost is None, tracked.git_folders
        if is_new:
            tracked.lost = tracked.last_active = now
            self._release_lock(tracked)
            self._tell(self._troubles.problem_signals(tracked, ""), {})
            self._backlog.add_later("say_lost", path, LOST_AFTER)
        tracked.git_folders = tuple(self._parts.git.git_folders(tracked.facts)) if tracked.facts.git_dir else ()
        tracked.folders = tracked.folders or (path,)
        if is_new or tracked.git_folders != before:
            self._trees.cover(tracked)
            self._troubles.forget_tries("look", path)
            self._backlog.add("look", path)  # once more, now that it is watched: a new one may just have come
            self._backlog.add("plan", path)
        self._troubles.try_again("look", path)

    def _is_left(self, facts: CheckoutFacts, is_refused: bool) -> bool:
        """Whether the folder of a checkout is left with something in it. Inside another checkout its files are that one's."""
        is_inside = self.holder(os.path.dirname(facts.path)) is not None
        if facts.kind == "bare" or os.path.islink(facts.path) or (is_inside and not is_refused):
            return False
        try:
            return any(name != ".git" for name in os.listdir(facts.path))
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError:
            return True

    async def _say_lost(self, path: str) -> None:
        tracked = self._tracked.get(path)
        if tracked is not None and tracked.lost is not None and path not in self._mapped:
            self._troubles.say_lost(path)

    def set_mapped(self, folders: frozenset[str]) -> None:
        """The owner mapped these folders: none of them needs a `.git`."""
        for path in folders - self._mapped:
            if path in self._tracked and path not in self._troubles.refused:
                self._troubles.forgive(path)
        self._mapped = folders

    async def _absorb(self, path: str) -> None:
        """The files of a checkout that is gone are those of the one above it, unless a new one is there already; git may still be
        removing its data."""
        above = self.holder(path)
        if above in (None, path):
            return
        await self._plan(above or path)
        await self._find(path)
        if path not in self._tracked and _has_git(path):
            self._troubles.try_again("absorb", path)

    async def _read_anew(self, path: str) -> None:
        """A checkout has other git data than before, or has it again: read all of it, as of one that is found now."""
        if path in self._tracked:
            await self._add([path])

    async def _read_again(self, path: str) -> None:
        """Read what was put off, and catch up."""
        tries = self._troubles.tries_of(path)
        if path in self._tracked:
            await self._look_again(path)
            await self._plan(path)
            await self._sweep(path)
        elif self._roots.root_of(path) is not None:
            await self._find(path)
        if self._troubles.tries_of(path) == tries:
            self._troubles.end_put_off(path)

    def _report_pushes(self, tracked: TrackedCheckout) -> None:
        """Report pushes from the logs of remote-tracking branches, each for the worktree that is on the branch."""
        pushes, read_to = self._parts.git.pushes_since(tracked.facts, tracked.push_us, self._settings.owner)
        tracked.push_us = read_to
        if not pushes:
            return
        shared = [t.facts for t in self._tracked.values() if t.facts.common_dir == tracked.facts.common_dir]
        on_branch = {facts.branch: facts.path for facts in shared}
        signals: list[Signal] = [replace(push, checkout=on_branch.get(push.branch, tracked.facts.path)) for push in pushes]
        self._tell(signals, {f"push:{tracked.facts.common_dir}": str(tracked.push_us)})
        self._promote(tracked)

    # ------------------------------------------------------------------ finding

    async def _find(self, folder: str) -> None:
        """Adopt new checkouts at and below `folder`, drop those that are gone, watch where others may appear."""
        new_paths, vanished = await self._walk(folder)
        await self._add(new_paths)
        for path in vanished:
            await self._look_again(path)
        for path in self._find_vanished(folder):
            self._troubles.forgive(path)
        self._greet_returned_roots()

    async def _walk(self, folder: str) -> tuple[list[str], set[str]]:
        """(new checkouts at and below `folder`, known ones that were not met there)."""
        root = self._roots.root_of(folder)
        if root is None:
            return [], set()
        if not self._check_root(root):
            return [], set()
        left = {path for path in self._tracked if is_below(path, folder)}
        ahead, new_paths = [folder], list[str]()
        while ahead:
            walk_from = ahead[0]
            walk = await asyncio.to_thread(self._parts.discover, walk_from, self.holder(walk_from) not in (None, walk_from))
            signals, grown = self._roots.cover_containers(root, walk, is_growing=self._has_started)
            self._tell(signals, {})
            ahead = [*ahead[1:], *grown]
            left.difference_update(path for path in walk.checkouts if path in left and self._tracked[path].lost is None)
            new_paths += [path for path in walk.checkouts if path not in self._tracked]
            if self._roots.note_marked(walk_from, walk) or grown:
                self._on_folders(self._roots.marked())
            if walk.is_blind:
                self._troubles.put_off(root, "", is_said=False)
        return list(dict.fromkeys(new_paths)), left

    def _greet_returned_roots(self) -> None:
        """Find out what became of the checkouts below roots that were missing and are back."""
        back = [root for root in self._roots.paths if self._away and self._roots.is_readable(root)]
        returned = [facts for path, facts in self._away.items() if any(is_below(path, root) for root in back)]
        for facts in returned:
            del self._away[facts.path]
        self.report_missing(returned)

    def _check_root(self, root: str) -> bool:
        """Whether a root can be walked. One that cannot be read says nothing about what lies there. Below a missing one nothing
        can be watched, and only when it is back is it known what is gone."""
        is_there, signals = self._roots.check(root)
        self._tell(signals, {})
        if is_there:
            return True
        if self._roots.is_missing(root):
            for path in [path for path in self._tracked if is_below(path, root)]:
                self._away[path] = self._tracked.pop(path).facts
                self._trees.drop(path)
        else:
            self._troubles.put_off(root, "", is_said=False)
        return False

    def _find_vanished(self, folder: str) -> list[str]:
        """Refused checkouts below `folder` that are gone."""
        return [path for path in self._troubles.refused if is_below(path, folder) and not os.path.lexists(path)]

    async def _find_linked(self, path: str) -> None:
        """New worktrees and submodules that a repository's own files name, wherever they lie below a root, and those gone."""
        tracked = self._tracked.get(path)
        if tracked is None:
            return
        linked = await asyncio.to_thread(self._parts.linked, tracked.facts)
        await self._add(self._unknown(linked.paths))
        if linked.is_half_made:
            self._troubles.try_again("linked", path)
        for other in list(self._tracked.values()):
            is_ours = other.facts.parent == path or other.facts.common_dir == tracked.facts.common_dir
            if is_ours and other.facts.path not in (path, *linked.paths):
                self._backlog.add("look", other.facts.path)

    def _unknown(self, paths: Iterable[str]) -> list[str]:
        """Those of these folders that are below a root and not tracked yet."""
        return [path for path in paths if path not in self._tracked and self._roots.root_of(path) is not None]

    async def _add(self, paths: Sequence[str]) -> None:
        """Adopt checkouts, the most recently used first. All are reported before any act in one of them: whose hours these are
        is then decided by what is there, not by the order in which it was found."""
        readings: list[CheckoutReading] = []
        for start in range(0, len(paths), BATCH):
            batch = paths[start : start + BATCH]
            for path, reading in await asyncio.to_thread(self._read_checkouts, batch):
                if reading is not None and reading.facts.is_unread:
                    self._troubles.put_off(path, reading.facts.trouble)
                    continue
                is_half = reading is None or (self._has_started and not reading.facts.git_dir)
                if not (is_half and self._troubles.try_again("find", path)) and reading is not None:
                    readings.append(reading)
        if readings:
            self._on_folders(self._roots.marked())
        readings.sort(key=lambda reading: -reading.last_touch_us)
        now = self._clock.now()
        self._tell([CheckoutSignal(now, reading.facts) for reading in readings if _is_storable(reading.facts)], {})
        copied = [self._end_of_copied(reading.facts, readings) for reading in readings]
        for reading, end in zip(readings, copied, strict=True):
            self._adopt(reading, end)
        linked = self._unknown(path for reading in readings for path in reading.linked)
        if linked:
            await self._add(list(dict.fromkeys(linked)))

    def _read_checkouts(self, paths: Sequence[str]) -> list[tuple[str, CheckoutReading | None]]:
        return [(path, self._read_checkout(path)) for path in paths]

    def _read_checkout(self, path: str) -> CheckoutReading | None:
        """Everything to know before adopting a checkout. In a thread, because the first commit may need git."""
        git, roots = self._parts.git, self._roots.paths
        facts = git.facts_of(path, "", roots)
        if facts is None or not facts.git_dir:
            return None if facts is None else CheckoutReading(facts)
        if _is_nameless(facts):
            first = self._book.root(facts) or git.first_commit_of(facts)
            facts = (git.facts_of(path, first, roots) if first else facts) or facts
        linked = self._parts.linked(facts).paths
        return CheckoutReading(facts, tuple(git.git_folders(facts)), git.last_touch_us(facts), git.end_of(facts), linked)

    def _end_of_copied(self, facts: CheckoutFacts, readings: Iterable[CheckoutReading]) -> str:
        """The reflog cursor of a new checkout behind what was done elsewhere: in a folder that it was carried from, and in the
        older folders that are still there and whose reflog began with the same line. "" when nothing was."""
        start = facts.marks.log.partition(":")[0]
        others = [*(t.facts for t in self._tracked.values()), *(reading.facts for reading in readings)]
        age = facts.marks.begun_us, facts.path
        alike = [o for o in others if start and o.marks.log.partition(":")[0] == start and (o.marks.begun_us, o.path) < age]
        return self._parts.git.end_of_copied(facts, alike, self._book.last_lines)

    def _adopt(self, reading: CheckoutReading, copied: str) -> None:
        """Watch a checkout's git dir, catch up with it, and plan its work tree for later."""
        facts = reading.facts
        if not facts.git_dir:
            self._watch_files(facts)
            return
        self._troubles.forget_tries("find", facts.path)
        self._troubles.forgive(facts.path)
        # On the first start earlier history belongs to a backfill; later all of a new checkout's reflog is new, but for what was
        # done in the folder that it was copied from.
        cursor = self._book.reflog(reading, copied) or (reading.end if self._is_first_start else None)
        pushed = self._book.push_us(facts) or to_us(self._since)
        active = from_us(reading.last_touch_us) if reading.last_touch_us else self._clock.now()
        swept = self._swept_until(facts.path)
        before = self._tracked.get(facts.path)
        folders = before.folders if before is not None else ()
        tracked = TrackedCheckout(facts, cursor, pushed, active, swept, git_folders=reading.git_folders, folders=folders)
        self._tracked[facts.path] = tracked
        if before is not None:
            self._tell(self._troubles.problem_signals(before, ""), {})
        self._parts.watcher.cover(facts.path, tracked.git_folders, folders)
        cursors = root_cursor(facts, facts.first_commit) if facts.first_commit else {}
        if tracked.cursor is not None:
            cursors[reflog_name(facts)] = tracked.cursor
        self._tell([], cursors)
        self._recall(facts, reading.last_touch_us)
        self._look(tracked)
        if facts.kind != "worktree":
            self._report_pushes(tracked)
        self._backlog.add("plan", facts.path)

    def _watch_files(self, facts: CheckoutFacts) -> None:
        """A folder whose git data must not be read is a folder of its own: its saves count, and nothing else of it is read."""
        self._troubles.refuse(facts)
        if not _is_storable(facts):
            return
        swept = self._swept_until(facts.path)
        self._tracked[facts.path] = TrackedCheckout(facts, None, to_us(self._since), self._clock.now(), swept)
        self._backlog.add("plan", facts.path)

    def _recall(self, facts: CheckoutFacts, last_touch_us: int) -> None:
        """Report when git wrote files shortly before nobody watched: the sweep finds these files, and only the reflog still
        knows that git wrote them. Reported only as a reset of files; the acts themselves are reported elsewhere."""
        since = self._settings.known_since
        if since is None or last_touch_us < to_us(since - RECALLED) or self._parts.git.needs_git(facts):
            return
        try:
            after_us = to_us(since - RECALLED)
            look = self._parts.git.read_acts(facts, None, self._settings.owner, True, after_us, may_run_git=False)
        except StintdError:
            return
        recent = [act for act in look.signals if act.kind in REWRITING and act.time >= since - RECALLED]
        self._tell([replace(act, kind="reset") for act in recent], {})

    def _swept_until(self, path: str) -> datetime:
        """Up to when the files of a checkout that is adopted now were looked at: it may be older than the moment it is found."""
        before = self._tracked.get(path)
        return self._since if before is None else before.lost or before.swept or self._since

    async def _name_repo(self, path: str) -> None:
        """Name a repository without a remote by its first commit, which it has now."""
        tracked = self._tracked.get(path)
        if tracked is None or not _is_nameless(tracked.facts):
            return
        first = await asyncio.to_thread(self._parts.git.first_commit_of, tracked.facts)
        facts = self._parts.git.facts_of(path, first, self._roots.paths) if first else None
        if facts is not None and facts.git_dir:
            tracked.facts = facts
            self._tell([CheckoutSignal(self._clock.now(), facts)], root_cursor(facts, first))

    # ------------------------------------------------------------------ work trees

    async def _plan(self, path: str) -> None:
        """Watch an active checkout's work tree; look again if its git dir grew meanwhile (a clone in progress)."""
        tracked = self._tracked.get(path)
        if tracked is None:
            return
        try:
            if await self._trees.plan(tracked, self._has_started):
                await self._arm(path)
        except StintdError as error:
            self._troubles.put_off(path, error.message)
        if tracked.tier != "cold":
            self._backlog.add("sweep", path)  # behind the plans of the others

    async def _sweep(self, path: str) -> None:
        """Find files written since the last sweep that no watch reported."""
        tracked = self._tracked.get(path)
        if tracked is None:
            return
        try:
            await self._trees.sweep(tracked)
        except StintdError as error:
            self._troubles.put_off(path, error.message)

    async def _arm(self, path: str) -> None:
        """The git dir has new folders (`logs` comes with the first commit): watch them, then look for all that may have come
        before they were watched: acts, pushes, worktrees, submodules."""
        tracked = self._tracked.get(path)
        if tracked is None:
            return
        while (folders := tuple(await asyncio.to_thread(self._parts.git.git_folders, tracked.facts))) != tracked.git_folders:
            tracked.git_folders = folders
            self._parts.watcher.cover(path, folders, tracked.folders)  # then once more: folders may have come before it
        if tracked.lost is not None:
            return
        await self._look_again(path)
        self._report_pushes(tracked)
        if tracked.facts.kind != "worktree":
            self._troubles.forget_tries("linked", path)
            self._backlog.add("linked", path)

    def _promote(self, tracked: TrackedCheckout) -> None:
        """Somebody works here: if only its git dir is watched, watch its work tree too."""
        tracked.last_active = self._clock.now()
        if tracked.tier == "cold":
            tracked.tier = "waiting"
            self._backlog.add("plan", tracked.facts.path)

    async def _run_patrols(self) -> None:
        while True:
            await self._clock.sleep(self._settings.patrol.total_seconds())
            self._backlog.add("patrol", "")

    async def _patrol(self, _: str) -> None:
        """The safety net, and the only timer: look at what changed without a note, sweep what is not watched."""
        for root in self._roots.paths:
            is_there, signals = self._roots.check(root)
            self._tell(signals, {})
            if signals or not is_there:
                self._backlog.add("find", root)
        for path in self._troubles.refused:
            self._backlog.add("look" if path in self._tracked else "find", path)
        touched = await asyncio.to_thread(self._touch_times, [t.facts for t in self._tracked.values()])
        for path, tracked in self._tracked.items():
            if touched.get(path) != self._touched.get(path):
                self._backlog.add("look", path)
            if tracked.lost is not None:
                self._backlog.add("look", path)
            if tracked.tier in ("git", "none") and not self._trees.is_cold(tracked):
                self._backlog.add("sweep", path)
        self._touched = touched

    def _touch_times(self, facts_list: list[CheckoutFacts]) -> dict[str, int]:
        return {facts.path: self._parts.git.last_touch_us(facts) for facts in facts_list}

    # ------------------------------------------------------------------ telling

    def _tell(self, signals: list[Signal], cursors: dict[str, str]) -> None:
        if signals or cursors:
            self._book.remember(cursors)
            self._sink(signals, cursors)

    def _dismiss(self, path: str) -> None:
        """Drop a checkout that left its place; its hours stay."""
        tracked = self._tracked.pop(path, None)
        if tracked is not None:
            self._trees.drop(path)
            self._troubles.forgive(path)
            self._troubles.end_put_off(path)
            self._backlog.add("absorb", path)
            self._on_folders(self._roots.marked())
            signals = self._troubles.problem_signals(tracked, "")
            self._tell([*signals, CheckoutSignal(self._clock.now(), tracked.facts, is_gone=True)], {})

    def holder(self, path: str) -> str | None:
        """The deepest known checkout that holds `path`."""
        while path not in self._tracked:
            above = os.path.dirname(path)
            if above == path:
                return None
            path = above
        return path


def _real_paths(roots: Sequence[str]) -> tuple[str, ...]:
    return tuple(os.path.realpath(root) for root in roots)


def _is_storable(facts: CheckoutFacts) -> bool:
    """Whether its path can be stored: not every name of a folder is text."""
    try:
        facts.path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _has_git(path: str) -> bool:
    return os.path.lexists(os.path.join(path, ".git"))


def _is_begun_anew(before: CheckoutFacts, now: CheckoutFacts) -> bool:
    """Whether another git directory lies where one lay before."""
    return bool(before.marks.git and now.marks.git) and before.marks.git != now.marks.git


def _is_nameless(facts: CheckoutFacts) -> bool:
    """Whether only its path names it, although it has commits."""
    return bool(facts.head) and facts.identity.startswith("path:")
