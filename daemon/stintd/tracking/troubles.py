"""What is wrong with folders that should be tracked: the warnings about them, and when to try again.

Three kinds, with other words and other ends. *Refused*: it looks like a repository and must not be read. *Unread*: it cannot
be read just now (descriptors ran out, a network disk hiccups), which says nothing about it, so it is tried again within a
minute. *Lost*: its `.git` is gone and its folder is not. Loop's thread only.
"""

from collections.abc import Callable
from datetime import datetime

from stintd.domain.model import CheckoutFacts, Signal, TroubleSignal
from stintd.tracking.backlog import Backlog
from stintd.tracking.model import RepoState, TrackedCheckout

RETRIES = (5.0, 15.0, 30.0, 60.0)
"""Seconds until what cannot be read just now is tried again; the last one again and again."""
HALF_MADE = (0.1, 0.3, 1.0, 3.0, 10.0)
"""Seconds between looks at what git is just making."""
LOST_AFTER = 3.0
"""Seconds after which a missing `.git` is a warning: somebody who begins a repository anew has made it by then."""
UNREAD_HINT = "it is tried again within a minute; what is done meanwhile is caught up"


class Troubles:
    """`tell` takes signals. `backlog` runs the jobs `retry` (of a path that was put off) and `say_lost`."""

    def __init__(self, tell: Callable[[list[Signal]], None], backlog: Backlog) -> None:
        self._tell, self._backlog = tell, backlog
        self.refused: dict[str, CheckoutFacts] = {}
        self._unread: dict[str, int] = {}
        self._said: set[str] = set()
        self._lost: set[str] = set()
        self._tries: dict[tuple[str, str], int] = {}

    def refused_states(self, since: datetime) -> list[RepoState]:
        """The refused folders as `stint repos` shows them."""
        return [
            RepoState(path, facts.kind, facts.identity, None, "refused", since, facts.trouble)
            for path, facts in self.refused.items()
        ]

    def problem_signals(self, tracked: TrackedCheckout, problem: str) -> list[Signal]:
        """The warning to raise or clear when the problem with a checkout's git data changed."""
        if problem == tracked.problem:
            return []
        tracked.problem = problem
        path = tracked.facts.path
        if not problem:
            return [_over("repository_odd", path)]
        return [TroubleSignal("repository_odd", problem, "its files are still watched; `stint repos` lists it", path)]

    def refuse(self, facts: CheckoutFacts) -> None:
        """It looks like a checkout and must not be read."""
        if facts != self.refused.get(facts.path):
            self.refused[facts.path] = facts
            self._tell([TroubleSignal("repository_refused", facts.trouble, "`stint repos` lists it", facts.path)])

    def forgive(self, path: str) -> None:
        """It is a good checkout now, or gone: no warning about it holds."""
        if self.refused.pop(path, None) is not None:
            self._tell([_over("repository_refused", path)])
        if path in self._lost:
            self._lost.discard(path)
            self._tell([_over("repository_lost", path)])

    def say_lost(self, path: str) -> None:
        """Its `.git` is gone for a while."""
        if path in self._lost or path in self.refused:
            return
        self._lost.add(path)
        text = f"{path} has no .git any more: its saves still count, its commits are unknown"
        hint = f"bring it back or run `git init` there; to go on without: `stint map {path} PROJECT`"
        self._tell([TroubleSignal("repository_lost", text, hint, path)])

    # ------------------------------------------------------------------ trying again

    def put_off(self, path: str, why: str, is_said: bool = True) -> None:
        """It cannot be read just now: say so (unless somebody else does) and try again."""
        tries = self._unread.get(path, 0)
        self._unread[path] = tries + 1
        self._backlog.add_later("retry", path, RETRIES[min(tries, len(RETRIES) - 1)])
        if is_said and path not in self._said:
            self._said.add(path)
            self._tell([TroubleSignal("repository_unread", f"{path} cannot be read just now ({why})", UNREAD_HINT, path)])

    def tries_of(self, path: str) -> int:
        """How often it was put off without being read in between."""
        return self._unread.get(path, 0)

    def end_put_off(self, path: str) -> None:
        """It was read completely, or is gone."""
        self._unread.pop(path, None)
        if path in self._said:
            self._said.discard(path)
            self._tell([_over("repository_unread", path)])

    def try_again(self, job: str, path: str) -> bool:
        """Run a job again in a moment, because git is just making what it is about; False once it was tried often enough."""
        tries = self._tries.get((job, path), 0)
        if tries < len(HALF_MADE):
            self._tries[job, path] = tries + 1
            self._backlog.add_later(job, path, HALF_MADE[tries])
        return tries < len(HALF_MADE)

    def forget_tries(self, job: str, path: str) -> None:
        """What was being made is there, or something new is being made: count from the beginning."""
        self._tries.pop((job, path), None)


def _over(code: str, path: str) -> TroubleSignal:
    return TroubleSignal(code, "", "", path, is_cleared=True)
