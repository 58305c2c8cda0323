"""Checkouts whose git data went, and roots that are missing: what is gone, what is only away, and what stays watched.

A folder that lost its `.git` stays watched, because its saves count. What lies below a root that is missing (a drive that is not
plugged in) is not gone. Loop's thread only.
"""

import os
from collections.abc import Iterable

from stintd.domain.model import CheckoutFacts, CheckoutSignal, to_us
from stintd.tracking.model import TrackedCheckout
from stintd.tracking.roots import is_below
from stintd.tracking.state import TrackerState
from stintd.tracking.troubles import LOST_AFTER


class Losses:
    """Decides what becomes of a checkout that cannot be found where it was."""

    def __init__(self, state: TrackerState) -> None:
        self._state = state
        self._mapped: frozenset[str] = frozenset()
        self._away: dict[str, CheckoutFacts] = {}  # checkouts below a root that is missing

    def report_missing(self, known: Iterable[CheckoutFacts]) -> None:
        """Find out about those of the checkouts known before this start that are no checkouts now: gone, or a folder without its
        `.git`. Call after `start`. One below a root that is itself missing (a drive that is not plugged in) is not gone."""
        for facts in known:
            root = self._state.roots.root_of(facts.path)
            if root is None or facts.path in self._state.tracked or not self._state.roots.is_readable(root):
                continue
            now = self._state.sources.git.facts_of(facts.path, "", self._state.roots.paths)
            if now is not None and now.is_unread:
                self._state.troubles.put_off(facts.path, now.trouble)
            elif now is None or not now.git_dir:
                since, active = self._state.since, self._state.clock.now()
                self._state.tracked[facts.path] = TrackedCheckout(facts, None, to_us(since), active, since)
                self.lose(self._state.tracked[facts.path], now)

    def lose(self, tracked: TrackedCheckout, refused: CheckoutFacts | None) -> None:
        """A checkout's git data is not there any more, or must not be read. If its folder is left, it stays watched: its saves
        count, and its git data is looked for."""
        path, now = tracked.facts.path, self._state.clock.now()
        if refused is not None:
            self._state.troubles.refuse(refused)
        elif path in self._state.troubles.refused:
            self._state.troubles.forgive(path)
        if not self._is_left(tracked.facts, is_refused=refused is not None):
            root = self._state.roots.root_of(path)
            if root is None or self.check_root(root):
                self._dismiss(path)
            return
        is_new, before = tracked.lost is None, tracked.git_folders
        if is_new:
            tracked.lost = tracked.last_active = now
            self._state.release_lock(tracked)
            self._state.tell(self._state.troubles.problem_signals(tracked, ""), {})
            self._state.backlog.add_later("say_lost", path, LOST_AFTER)
        tracked.git_folders = tuple(self._state.sources.git.git_folders(tracked.facts)) if tracked.facts.git_dir else ()
        tracked.folders = tracked.folders or (path,)
        if is_new or tracked.git_folders != before:
            self._state.trees.cover(tracked)
            self._state.troubles.forget_tries("look", path)
            self._state.backlog.add("look", path)  # once more, now that it is watched: a new one may just have come
            self._state.backlog.add("plan", path)
        self._state.troubles.try_again("look", path)

    def _is_left(self, facts: CheckoutFacts, is_refused: bool) -> bool:
        """Whether the folder of a checkout is left with something in it. Inside another checkout its files are that one's."""
        is_inside = self._state.holder(os.path.dirname(facts.path)) is not None
        if facts.kind == "bare" or os.path.islink(facts.path) or (is_inside and not is_refused):
            return False
        try:
            return any(name != ".git" for name in os.listdir(facts.path))
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError:
            return True

    def _dismiss(self, path: str) -> None:
        """Drop a checkout that left its place; its hours stay."""
        tracked = self._state.tracked.pop(path, None)
        if tracked is not None:
            self._state.trees.drop(path)
            self._state.troubles.forgive(path)
            self._state.troubles.end_put_off(path)
            self._state.backlog.add("absorb", path)
            self._state.report_folders()
            signals = self._state.troubles.problem_signals(tracked, "")
            self._state.tell([*signals, CheckoutSignal(self._state.clock.now(), tracked.facts, is_gone=True)], {})

    async def say_lost(self, path: str) -> None:
        """Warn of a checkout whose `.git` is still missing. A folder that the owner mapped needs none."""
        tracked = self._state.tracked.get(path)
        if tracked is not None and tracked.lost is not None and path not in self._mapped:
            self._state.troubles.say_lost(path)

    def set_mapped(self, folders: frozenset[str]) -> None:
        """The owner mapped these folders: none of them needs a `.git`."""
        for path in folders - self._mapped:
            if path in self._state.tracked and path not in self._state.troubles.refused:
                self._state.troubles.forgive(path)
        self._mapped = folders

    def check_root(self, root: str) -> bool:
        """Whether a root can be walked. One that cannot be read says nothing about what lies there. Below a missing one nothing
        can be watched, and only when it is back is it known what is gone."""
        is_there, signals = self._state.roots.check(root)
        self._state.tell(signals, {})
        if is_there:
            return True
        if self._state.roots.is_missing(root):
            for path in [path for path in self._state.tracked if is_below(path, root)]:
                self._away[path] = self._state.tracked.pop(path).facts
                self._state.trees.drop(path)
        else:
            self._state.troubles.put_off(root, "", is_said=False)
        return False

    def greet_returned_roots(self) -> None:
        """Find out what became of the checkouts below roots that were missing and are back."""
        back = [root for root in self._state.roots.paths if self._away and self._state.roots.is_readable(root)]
        returned = [facts for path, facts in self._away.items() if any(is_below(path, root) for root in back)]
        for facts in returned:
            del self._away[facts.path]
        self.report_missing(returned)
