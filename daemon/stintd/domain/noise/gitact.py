"""Git acts are reported twice: by the HEAD reflog, which has the commit and its subject, and by a hook, which has the exact
time and the actor. Whichever report comes first, one act comes out.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from stintd.domain.model import GitSignal

TWIN_WINDOW = timedelta(seconds=10)
"""How far apart the two times may lie: a reflog read after downtime has only the second in which the lock was taken."""
SURE_WINDOW = timedelta(seconds=2)
"""Two reports within this time are one act even with different commits: a hook names HEAD as it was when it read it."""
REBASE_PAUSE = timedelta(seconds=2)
REMEMBERED = 1024

_FAMILY = {"pull": "merge", "merge": "merge", "rebase": "merge"}
"""Kinds that one act may be reported as: `git pull --rebase` is a pull in the reflog and a rebase for hooks."""


@dataclass(slots=True, eq=False)
class Act:
    """One act as far as it is known. `is_foreign`: its author is not the owner; neither it nor its second report counts."""

    signal: GitSignal
    due: datetime
    origins: set[str]
    is_foreign: bool = False


class Acts:
    """The acts of one checkout: those still held, and the last ones returned, so that a late second report is recognised."""

    def __init__(self) -> None:
        self._acts: deque[Act] = deque(maxlen=REMEMBERED)
        self._waiting: list[Act] = []
        self._steps: deque[GitSignal] = deque(maxlen=REMEMBERED)

    def add(self, signal: GitSignal, now: datetime, due: datetime) -> Act | None:
        """Take a report; None when it says nothing new."""
        if any(_is_step(signal, step) for step in self._steps):
            return None
        if signal.kind == "rebase":
            self._swallow_steps(signal)
        earlier = self._earlier_rebase(signal) or self._twin(signal)
        if earlier is None:
            # A commit by somebody else came with a pull, which is reported separately.
            act = Act(signal, due, {signal.origin}, _is_foreign(signal))
            self._acts.append(act)
            self._waiting += [] if act.is_foreign else [act]
            return act
        is_late = earlier not in self._waiting
        earlier.due = due if signal.kind == "rebase" else min(earlier.due, now)
        earlier.signal = _merge_reports(earlier.signal, signal)
        earlier.origins.add(signal.origin)
        if _is_foreign(signal):
            earlier.is_foreign = True
            self._drop_waiting(earlier)
        return None if is_late else earlier

    def note_step(self, step: GitSignal) -> None:
        """Take a step that the reflog has: what a hook reported of it, or will report, is no act of its own."""
        self._steps.append(step)
        for act in self.waiting_acts():
            if act.origins == {"hook"} and _is_step(act.signal, step):
                self._drop_waiting(act)

    def due(self, now: datetime) -> Iterator[Act]:
        """The acts that are certain by `now`, oldest first; each once."""
        for act in sorted(self._waiting, key=lambda waiting: waiting.signal.time):
            if act.due <= now:
                self._drop_waiting(act)
                yield act

    def waiting_acts(self) -> list[Act]:
        """The acts that `due` has not returned yet."""
        return list(self._waiting)

    def next_due(self) -> datetime | None:
        """When `due` has something next."""
        return min((act.due for act in self._waiting), default=None)

    def _drop_waiting(self, act: Act) -> None:
        self._waiting = [waiting for waiting in self._waiting if waiting is not act]

    def _earlier_rebase(self, signal: GitSignal) -> Act | None:
        """The rebase of which this is another step, returned already or not: its hooks may be read seconds apart."""
        if signal.kind != "rebase":
            return None
        rebases = [act for act in self._acts if act.signal.kind == "rebase" and signal.origin in act.origins]
        return next((act for act in reversed(rebases) if abs(signal.time - act.signal.time) <= REBASE_PAUSE), None)

    def _swallow_steps(self, signal: GitSignal) -> None:
        """Drop the single steps of a rebase, which hooks report as commits: they are part of the rebase."""
        for act in self.waiting_acts():
            is_step = act.signal.kind in ("commit", "checkout") and act.origins == {"hook"}
            if is_step and timedelta() <= signal.time - act.signal.time <= TWIN_WINDOW:
                self._drop_waiting(act)

    def _twin(self, signal: GitSignal) -> Act | None:
        """The same act reported by the other origin: the one with the same commit, else the nearest in time."""
        candidates: list[tuple[bool, timedelta, int, Act]] = []
        for act in self._acts:
            apart = abs(act.signal.time - signal.time)
            is_kind = _family(act.signal.kind) == _family(signal.kind)
            if signal.origin in act.origins or not is_kind or apart > TWIN_WINDOW:
                continue
            is_other = bool(act.signal.new and signal.new and act.signal.new != signal.new)
            if not is_other or apart <= SURE_WINDOW:
                candidates.append((is_other, apart, len(candidates), act))
        return min(candidates)[3] if candidates else None


def _is_step(signal: GitSignal, step: GitSignal) -> bool:
    """Whether a hook reported this step: the same commit, or at the same moment where it names none."""
    if signal.origin != "hook" or signal.kind not in ("checkout", "commit", "merge", "rebase"):
        return False
    apart = abs(signal.time - step.time)
    return apart <= (TWIN_WINDOW if signal.new == step.new else SURE_WINDOW if not signal.new else -SURE_WINDOW)


def _is_foreign(signal: GitSignal) -> bool:
    """Whether it is somebody else's commit. It came with a pull or a bot's cherry-pick; the owner's act is
    reported separately."""
    return signal.kind == "commit" and signal.is_own is False


def _family(kind: str) -> str:
    return _FAMILY.get(kind, kind)


def _merge_reports(first: GitSignal, other: GitSignal) -> GitSignal:
    """Both reports as one: time and witness from the hook; commit, kind, branch and subject from the reflog. Of two from
    the same origin (steps of a rebase) the later, with what only the earlier knows.
    """
    if first.origin == other.origin:
        earlier, later = sorted((first, other), key=lambda signal: signal.time)
        return replace(later, new=later.new or earlier.new, branch=later.branch or earlier.branch)
    hook, log = (first, other) if first.origin == "hook" else (other, first)
    return replace(
        log, time=hook.time, origin="hook", witness=hook.witness, new=log.new or hook.new, branch=log.branch or hook.branch
    )
