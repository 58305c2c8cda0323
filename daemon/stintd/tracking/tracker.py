"""From watched roots to signals: finds checkouts, has their folders watched, and reports what was done in them.

It first watches the git dirs of all checkouts, then, in the background, their work trees, most recently used first, so that
the daemon is ready at once. A watch makes reports fast; looking again makes them complete: after loss, resume or downtime the
reflogs are read further from their cursors and the work trees are swept. A cursor goes out with the signals before it, and
is stored with them.

`finder` says which checkouts are there, `adoption` begins with each, `notes` reads what the watcher saw, `heads` what git did,
and `losses` what went; they share `state`. Here they are joined, and here are the work trees and the patrol.

Runs on the event loop's thread. A look at an ordinary checkout happens at once (0.1 ms); whatever walks folders or runs git
is a job for a thread, one at a time.
"""

import asyncio
import os
from collections.abc import Callable, Iterable, Mapping, Sequence

from stintd.clock import Clock
from stintd.domain.model import CheckoutFacts
from stintd.errors import StintdError
from stintd.tracking.adoption import Adopter
from stintd.tracking.backlog import Handler
from stintd.tracking.finder import Finder
from stintd.tracking.heads import HeadReader
from stintd.tracking.losses import Losses
from stintd.tracking.model import RepoState, SignalSink, TrackerSettings, TrackerSources, WatchNote
from stintd.tracking.notes import NoteReader
from stintd.tracking.state import TrackerState, real_paths

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
        self._state = TrackerState(parts, clock, sink, cursors, settings, on_folders)
        self._losses = Losses(self._state)
        self._heads = HeadReader(self._state, self._losses)
        self._adopter = Adopter(self._state, self._heads)
        self._finder = Finder(self._state, self._losses, self._heads, self._adopter)
        self._notes = NoteReader(self._state, self._heads)
        self._touched: dict[str, int] = {}  # when each git dir last moved, at the last patrol

    # ------------------------------------------------------------------ life

    async def start(self) -> None:
        """Find the checkouts below the roots, watch their git dirs, catch up. Work trees follow while `run` runs."""
        await self._finder.find_all()
        self._state.end_start()
        for root in self._state.roots.paths:  # once more, now that its folders are watched: a clone may just have come
            self._state.backlog.add("find", root)

    async def run(self) -> None:
        """Do background work and patrol until cancelled."""
        handlers: dict[str, Handler] = {
            "find": self._finder.find,
            "inside": self._finder.find,
            "look": self._heads.look_again,
            "settle": self._heads.settle,
            "plan": self._plan,
            "sweep": self._sweep,
            "again": self._notes.look_at_files_again,
            "arm": self._heads.arm,
            "linked": self._finder.find_linked,
            "retry": self._read_again,
            "anew": self._read_anew,
            "absorb": self._absorb,
            "say_lost": self._losses.say_lost,
            "name": self._heads.name_repository,
            "patrol": self._patrol,
        }
        async with asyncio.TaskGroup() as group:
            group.create_task(self._state.backlog.run(handlers))
            group.create_task(self._run_patrols())

    async def wait_until_settled(self) -> None:
        """Wait until all background work requested so far is done."""
        await self._state.backlog.wait_until_settled()

    def stop(self) -> None:
        """Cancel delayed work. Nothing that was reported is lost: its cursors went with it."""
        self._state.backlog.stop()

    async def set_roots(self, roots: Sequence[str]) -> None:
        """Watch these roots and no others. Checkouts below a dropped root are forgotten, not reported as gone."""
        before = self._state.roots.replace_paths(real_paths(roots))
        for root in set(before) - set(self._state.roots.paths):
            self._state.roots.drop(root)
            if root in self._state.tracked:  # it was a checkout as well, which may lie below another root
                self._state.trees.cover(self._state.tracked[root])
        for path in [path for path in self._state.tracked if self._state.roots.root_of(path) is None]:
            self._state.trees.drop(path)
            del self._state.tracked[path]
        for root in self._state.roots.paths:
            if root not in before:
                await self._finder.find(root)

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
            for path, t in self._state.tracked.items()
            if path not in self._state.troubles.refused
        ]
        states += self._state.troubles.refused_states(self._state.since)
        return sorted(states, key=lambda state: state.last_active, reverse=True)

    # ------------------------------------------------------------------ what others report

    def handle_notes(self, notes: Sequence[WatchNote]) -> None:
        """Turn what the watcher saw into signals, in order. On the loop's thread."""
        self._notes.handle_notes(notes)

    def report_missing(self, known: Iterable[CheckoutFacts]) -> None:
        """Find out about those of the checkouts known before this start that are no checkouts now. Call after `start`."""
        self._losses.report_missing(known)

    def set_mapped(self, folders: frozenset[str]) -> None:
        """The owner mapped these folders: none of them needs a `.git`."""
        self._losses.set_mapped(folders)

    def rescan(self, checkout: str | None = None) -> None:
        """Something may have been missed: look at everything again, of one checkout or of all."""
        self._state.rescan(checkout)

    def holder(self, path: str) -> str | None:
        """The deepest known checkout that holds `path`."""
        return self._state.holder(path)

    def touch(self, path: str) -> None:
        """An editor, a hook or an agent is at work at `path`: promote its checkout, or find it if it is new."""
        holder = self._state.holder(path)
        if holder is not None:
            self._state.promote(self._state.tracked[holder])
        elif self._state.roots.root_of(path) is not None:
            self._state.backlog.add("find", path if os.path.isdir(path) else os.path.dirname(path))

    # ------------------------------------------------------------------ work trees

    async def _plan(self, path: str) -> None:
        """Watch an active checkout's work tree; look again if its git dir grew meanwhile (a clone in progress)."""
        tracked = self._state.tracked.get(path)
        if tracked is None:
            return
        try:
            if await self._state.trees.plan(tracked, self._state.has_started):
                await self._heads.arm(path)
        except StintdError as error:
            self._state.troubles.put_off(path, error.message)
        if tracked.tier != "cold":
            self._state.backlog.add("sweep", path)  # behind the plans of the others

    async def _sweep(self, path: str) -> None:
        """Find files written since the last sweep that no watch reported."""
        tracked = self._state.tracked.get(path)
        if tracked is None:
            return
        try:
            await self._state.trees.sweep(tracked)
        except StintdError as error:
            self._state.troubles.put_off(path, error.message)

    async def _absorb(self, path: str) -> None:
        """The files of a checkout that is gone are those of the one above it, unless a new one is there already; git may still be
        removing its data."""
        above = self._state.holder(path)
        if above in (None, path):
            return
        await self._plan(above or path)
        await self._finder.find(path)
        if path not in self._state.tracked and _has_git(path):
            self._state.troubles.try_again("absorb", path)

    async def _read_anew(self, path: str) -> None:
        """A checkout has other git data than before, or has it again: read all of it, as of one that is found now."""
        if path in self._state.tracked:
            await self._adopter.adopt_all([path])

    async def _read_again(self, path: str) -> None:
        """Read what was put off, and catch up."""
        tries = self._state.troubles.tries_of(path)
        if path in self._state.tracked:
            await self._heads.look_again(path)
            await self._plan(path)
            await self._sweep(path)
        elif self._state.roots.root_of(path) is not None:
            await self._finder.find(path)
        if self._state.troubles.tries_of(path) == tries:
            self._state.troubles.end_put_off(path)

    async def _run_patrols(self) -> None:
        while True:
            await self._state.clock.sleep(self._state.settings.patrol.total_seconds())
            self._state.backlog.add("patrol", "")

    async def _patrol(self, _: str) -> None:
        """The safety net, and the only timer: look at what changed without a note, sweep what is not watched."""
        for root in self._state.roots.paths:
            is_there, signals = self._state.roots.check(root)
            self._state.tell(signals, {})
            if signals or not is_there:
                self._state.backlog.add("find", root)
        for path in self._state.troubles.refused:
            self._state.backlog.add("look" if path in self._state.tracked else "find", path)
        touched = await asyncio.to_thread(self._touch_times, [t.facts for t in self._state.tracked.values()])
        for path, tracked in self._state.tracked.items():
            if touched.get(path) != self._touched.get(path):
                self._state.backlog.add("look", path)
            if tracked.lost is not None:
                self._state.backlog.add("look", path)
            if tracked.tier in ("git", "none") and not self._state.trees.is_cold(tracked):
                self._state.backlog.add("sweep", path)
        self._touched = touched

    def _touch_times(self, facts_list: list[CheckoutFacts]) -> dict[str, int]:
        return {facts.path: self._state.sources.git.last_touch_us(facts) for facts in facts_list}


def _has_git(path: str) -> bool:
    return os.path.lexists(os.path.join(path, ".git"))
