"""Looks at HEAD: what is new in a checkout's reflog, as which repository it counts, and what was pushed from it.

A look at an ordinary checkout happens at once, on the loop's thread (0.1 ms). One that may run git is a job for a thread.
"""

import asyncio
from dataclasses import replace

from stintd.domain.model import CheckoutFacts, CheckoutSignal, Signal, to_us
from stintd.errors import StintdError
from stintd.tracking import gitchanges
from stintd.tracking.cursors import reflog_name, root_cursor
from stintd.tracking.losses import Losses
from stintd.tracking.model import GitLook, TrackedCheckout
from stintd.tracking.state import TrackerState

SETTLE = 10.0  # seconds after which an unfinished rebase is reported as it stands: somebody is resolving a conflict


class HeadReader:
    """Reads git data of tracked checkouts further, and reports what is new."""

    def __init__(self, state: TrackerState, losses: Losses) -> None:
        self._state, self._losses = state, losses

    def look(self, tracked: TrackedCheckout, is_settled: bool = False) -> None:
        """Look at HEAD and its reflog now; a reftable repository needs git, and so a thread."""
        if self._state.sources.git.needs_git(tracked.facts):
            self._state.backlog.add("look", tracked.facts.path)
        else:
            facts, look = self._read_further(tracked, is_settled, may_run_git=False)
            if look is not None and not isinstance(look, StintdError) and look.needs_thread:
                self._state.backlog.add("look", tracked.facts.path)
            else:
                self._learn(tracked, facts, look)

    async def look_again(self, path: str, is_settled: bool = False) -> None:
        """Look in a thread. When the cursor moved meanwhile, it is read again, so that nothing is reported twice."""
        while (tracked := self._state.tracked.get(path)) is not None:
            cursor = tracked.cursor
            reading = await asyncio.to_thread(self._read_further, tracked, is_settled)
            if self._state.tracked.get(path) is tracked and tracked.cursor == cursor:
                self._learn(tracked, *reading)
                return

    async def settle(self, path: str) -> None:
        """Report an unfinished rebase as it stands."""
        await self.look_again(path, is_settled=True)

    def _read_further(
        self, tracked: TrackedCheckout, is_settled: bool, may_run_git: bool = True
    ) -> "tuple[CheckoutFacts | None, GitLook | StintdError | None]":
        """(facts as they are now, what is new in the reflog or why it cannot be read). Any thread; changes nothing."""
        before, git, owner = tracked.facts, self._state.sources.git, self._state.settings.owner
        facts = git.facts_of(before.path, before.first_commit, self._state.roots.paths)
        if facts is None or not facts.git_dir:
            return facts, None
        after_us = None if tracked.cursor else to_us(self._state.since.replace(microsecond=0))  # as exact as a reflog
        try:
            return facts, git.read_acts(facts, tracked.cursor, owner, is_settled, after_us, may_run_git)
        except StintdError as error:
            return facts, error

    def _learn(self, tracked: TrackedCheckout, facts: CheckoutFacts | None, look: GitLook | StintdError | None) -> None:
        """Report what a look found: the checkout as it is now, then the acts, with the cursor behind them."""
        path = tracked.facts.path
        if facts is not None and facts.is_unread:
            self._state.troubles.put_off(path, facts.trouble)
            return
        if facts is not None and not facts.git_dir and not tracked.facts.git_dir:
            self._state.troubles.refuse(facts)  # its saves go on counting for the folder
            return
        if facts is None or not facts.git_dir:
            self._losses.lose(tracked, facts)
            return
        if tracked.lost is not None or not tracked.facts.git_dir or _is_begun_anew(tracked.facts, facts):
            self._state.backlog.add("anew", path)
            return
        signals: list[Signal] = []
        if facts != tracked.facts:
            if gitchanges.is_branch_elsewhere(tracked.facts, facts):
                self._state.backlog.add("arm", path)
            tracked.facts = facts
            signals.append(CheckoutSignal(self._state.clock.now(), facts))
            if is_nameless(facts):
                self._state.backlog.add("name", path)
        signals += self._state.troubles.problem_signals(tracked, look.message if isinstance(look, StintdError) else facts.trouble)
        if look is None or isinstance(look, StintdError):
            self._state.tell(signals, {})
            return
        cursors = {reflog_name(facts): look.cursor} if look.cursor != tracked.cursor else {}
        tracked.cursor = look.cursor
        self._state.tell([*signals, *look.signals], cursors)
        if look.is_waiting:
            self._state.backlog.add_later("settle", path, SETTLE)
        if look.signals:
            self._state.promote(tracked)

    def report_pushes(self, tracked: TrackedCheckout) -> None:
        """Report pushes from the logs of remote-tracking branches, each for the worktree that is on the branch."""
        pushes, read_to = self._state.sources.git.pushes_since(tracked.facts, tracked.push_us, self._state.settings.owner)
        tracked.push_us = read_to
        if not pushes:
            return
        shared = [t.facts for t in self._state.tracked.values() if t.facts.common_dir == tracked.facts.common_dir]
        on_branch = {facts.branch: facts.path for facts in shared}
        signals: list[Signal] = [replace(push, checkout=on_branch.get(push.branch, tracked.facts.path)) for push in pushes]
        self._state.tell(signals, {f"push:{tracked.facts.common_dir}": str(tracked.push_us)})
        self._state.promote(tracked)

    async def name_repository(self, path: str) -> None:
        """Name a repository without a remote by its first commit, which it has now."""
        tracked = self._state.tracked.get(path)
        if tracked is None or not is_nameless(tracked.facts):
            return
        first = await asyncio.to_thread(self._state.sources.git.first_commit_of, tracked.facts)
        facts = self._state.sources.git.facts_of(path, first, self._state.roots.paths) if first else None
        if facts is not None and facts.git_dir:
            tracked.facts = facts
            self._state.tell([CheckoutSignal(self._state.clock.now(), facts)], root_cursor(facts, first))

    async def arm(self, path: str) -> None:
        """The git dir has new folders (`logs` comes with the first commit): watch them, then look for all that may have come
        before they were watched: acts, pushes, worktrees, submodules."""
        tracked = self._state.tracked.get(path)
        if tracked is None:
            return
        list_folders = self._state.sources.git.git_folders
        while (folders := tuple(await asyncio.to_thread(list_folders, tracked.facts))) != tracked.git_folders:
            tracked.git_folders = folders
            self._state.sources.watcher.cover(path, folders, tracked.folders)  # then once more: folders may have come before it
        if tracked.lost is not None:
            return
        await self.look_again(path)
        self.report_pushes(tracked)
        if tracked.facts.kind != "worktree":
            self._state.troubles.forget_tries("linked", path)
            self._state.backlog.add("linked", path)


def _is_begun_anew(before: CheckoutFacts, now: CheckoutFacts) -> bool:
    """Whether another git directory lies where one lay before."""
    return bool(before.marks.git and now.marks.git) and before.marks.git != now.marks.git


def is_nameless(facts: CheckoutFacts) -> bool:
    """Whether only its path names it, although it has commits."""
    return bool(facts.head) and facts.identity.startswith("path:")
