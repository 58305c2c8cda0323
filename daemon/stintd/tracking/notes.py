"""What the watcher saw, as signals: files that changed, git's lock, and what a change in a git dir or above checkouts asks for.

On the loop's thread. Whatever walks folders or may run git is left to the backlog.
"""

import asyncio
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress

from stintd.domain.model import CheckoutFacts, FileSignal, LockSignal, Signal
from stintd.errors import StintdError
from stintd.tracking import filechanges, gitchanges
from stintd.tracking.heads import HeadReader
from stintd.tracking.model import TrackedCheckout, WatchNote
from stintd.tracking.roots import is_below
from stintd.tracking.state import TrackerState

PLAN_DELAY = 0.05  # new folders come in bursts


class NoteReader:
    """Turns notes of the watcher into signals and jobs."""

    def __init__(self, state: TrackerState, heads: HeadReader) -> None:
        self._state, self._heads = state, heads
        self._second_looks = filechanges.SecondLooks()

    def handle_notes(self, notes: Sequence[WatchNote]) -> None:
        """Turn what the watcher saw into signals, in order. On the loop's thread."""
        files: list[Signal] = []
        git: dict[str, set[str]] = {}
        for note in notes:
            tracked = self._state.tracked.get(note.checkout)
            if note.kind == "overflow":
                self._state.rescan()
            elif note.kind == "lost" and tracked is not None:
                self._state.rescan(note.checkout)
            elif tracked is None:
                self._handle_change_outside(note)
            elif gitchanges.is_in_git(tracked.facts, note.path):
                if not tracked.is_locked and gitchanges.is_lock_taken(note):
                    tracked.is_locked = True
                    files.append(LockSignal(note.time, note.checkout, True))
                git.setdefault(note.checkout, set()).add(note.path)
            else:
                files += self._handle_change_inside(tracked, note)
        self._state.tell(files, {})
        self._look_later(signal for signal in files if isinstance(signal, FileSignal))
        for path, changed in git.items():
            if path in self._state.tracked:
                self._handle_git_change(self._state.tracked[path], changed)

    def _handle_change_inside(self, tracked: TrackedCheckout, note: WatchNote) -> list[Signal]:
        """A file or a folder of a work tree changed."""
        name = os.path.basename(note.path)
        holder = self._state.holder(note.path) or note.checkout
        if name == ".git":
            self._state.backlog.add_later("look", os.path.dirname(note.path), PLAN_DELAY)
            self._state.backlog.add_later("inside", os.path.dirname(note.path), PLAN_DELAY)
            return []
        if note.kind == "folder":
            self._state.backlog.add_later("plan", holder, PLAN_DELAY)
            self._look_into_new_folder(self._state.tracked[holder].facts, note.path)
            if not os.path.isdir(note.checkout):
                self._state.backlog.add("look", note.checkout)
            return []
        if name == ".gitignore":
            self._state.backlog.add_later("plan", holder, 1.0)
        owner = self._state.tracked[holder]
        owner.last_active = note.time
        try:
            is_ignored = self._state.sources.folders.is_ignored(owner.facts, os.path.relpath(note.path, holder))
        except StintdError as error:
            self._state.troubles.put_off(holder, error.message)  # the sweep will find it
            return []
        return [filechanges.signal_of(note, holder, is_ignored)]

    def _look_into_new_folder(self, facts: CheckoutFacts, path: str) -> None:
        """A repository may have been made in it before it could be watched, and then no plan enters it."""
        inside = os.path.relpath(path, facts.path) + "/-"
        with suppress(StintdError):
            if os.path.isdir(path) and not self._state.sources.folders.is_ignored(facts, inside):
                self._state.backlog.add_later("inside", path, PLAN_DELAY)

    def _look_later(self, files: Iterable[FileSignal]) -> None:
        if self._second_looks.add(files):
            self._state.backlog.add_later("again", "", filechanges.SECOND_LOOK)

    async def look_at_files_again(self, _: str) -> None:
        """Report files that seemed to be written here and were not: their time was set after they were closed."""
        ready = self._second_looks.take(self._state.clock.now())
        self._state.tell(list(await asyncio.to_thread(filechanges.mark_arrivals, ready)), {})
        self._look_later(())

    def _handle_change_outside(self, note: WatchNote) -> None:
        """Something changed in a folder above checkouts: a clone may have come, a checkout may have gone."""
        for path in [path for path in self._state.tracked if is_below(path, note.path)]:
            self._state.backlog.add("look", path)
        folder = note.path if os.path.isdir(note.path) and not os.path.islink(note.path) else os.path.dirname(note.path)
        if os.path.basename(folder) == ".git":
            folder = os.path.dirname(folder)
        self._state.backlog.add("find", folder if self._state.roots.root_of(folder) else note.checkout)

    def _handle_git_change(self, tracked: TrackedCheckout, paths: set[str]) -> None:
        """Files of a git dir changed: what moves HEAD is looked at now."""
        facts = tracked.facts
        jobs = gitchanges.jobs_for(facts, paths)
        if "look" in jobs:
            self._heads.look(tracked)
        if "arm" in jobs:
            self._state.backlog.add("arm", facts.path)
        if "linked" in jobs:
            self._state.backlog.add_later("linked", facts.path, PLAN_DELAY)
        if "push" in jobs:
            self._heads.report_pushes(tracked)
        if not gitchanges.is_locked(facts):
            self._state.release_lock(tracked)
