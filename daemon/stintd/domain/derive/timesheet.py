"""Derives the timesheet from heartbeats, absences, edits and policy. Live tracking and a rebuild call the same `derive`.

An *island* is evidence with no silence longer than `island_gap` inside. No entry depends on another island. So a sheet can
be derived island by island, and a late heartbeat affects only one of them.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta, tzinfo

from stintd.domain.derive.absence import Absences, meets
from stintd.domain.derive.claims import OwnedTime, stretches, verdicts
from stintd.domain.derive.evidence import ContextResolver, Evidence, Run
from stintd.domain.derive.fact import FactsByTime, Piece
from stintd.domain.derive.gap import GapRule
from stintd.domain.derive.gather import Gatherer
from stintd.domain.derive.habit import UNKNOWN, Habit, Usual
from stintd.domain.derive.island import Barriers, IslandPart, StretchDraft, island_part
from stintd.domain.derive.limits import limits_of
from stintd.domain.model import GapVerdict, ProjectId, Stretch, from_us, to_us
from stintd.domain.override import Claim, Cut, Edits, RemovedTime
from stintd.domain.policy import Policy
from stintd.frozen import frozen

__all__ = [
    "Claim",
    "ContextResolver",
    "Cut",
    "Edits",
    "Evidence",
    "RemovedTime",
    "Run",
    "Sheet",
    "UsualHours",
    "WaitingSession",
    "derive",
    "island_gap",
    "islands",
    "reach",
]

_MICROSECOND = timedelta(microseconds=1)


@frozen
class WaitingSession:
    """A session that has started and has not acted yet. It is shown as a waiting timer, earns no time, and is gone after
    `until`."""

    session: str | None
    project: ProjectId | None
    task: str | None
    start: datetime
    until: datetime


@frozen
class Sheet:
    """What the evidence says. `stretches` are sorted by start, and human ones are disjoint. `gaps` are the silences that were
    cut ("away") between and after stretches, and `unassigned` are the silences that belong to neither side. The silences
    bridged inside a stretch are in its own `gaps`. Before `next_deadline`, passing time alone does not change the sheet; at
    that instant it does.
    """

    stretches: list[Stretch]
    unassigned: list[GapVerdict]
    gaps: list[GapVerdict]
    waiting: list[WaitingSession]
    next_deadline: datetime | None


def island_gap(policy: Policy) -> int:
    """The silence, in microseconds, across which no evidence affects other evidence."""
    return limits_of(policy).island_gap


def reach(policy: Policy) -> int:
    """How far, in microseconds, an entry of an island, or an edit that affects the island, may lie outside it."""
    limits = limits_of(policy)
    return max(limits.idle_extended, limits.lead_credit, limits.tail_credit, limits.estimate)


def islands(runs: Iterable[Run], gap_us: int) -> list[tuple[int, int]]:
    """First and last instant of every stretch of evidence with no silence longer than `gap_us`, in order."""
    out: list[tuple[int, int]] = []
    for lo, hi in sorted((run[0], run[1]) for run in runs):
        if out and lo - out[-1][1] <= gap_us:
            if hi > out[-1][1]:
                out[-1] = (out[-1][0], hi)
        else:
            out.append((lo, hi))
    return out


@frozen
class UsualHours:
    """When the owner usually works: from `start` to `end` by the clock of `zone`; and one habit that holds for every day."""

    start: time
    end: time
    zone: tzinfo
    usual_habit: Habit = UNKNOWN

    def habit(self, instant: datetime) -> Habit:
        """The same habit on every day."""
        return self.usual_habit

    def covers(self, instant: datetime) -> bool:
        """Whether an instant lies in these hours; they may cross midnight."""
        local = instant.astimezone(self.zone).time()
        if self.start <= self.end:
            return self.start <= local <= self.end
        return local >= self.start or local <= self.end


class Derivation:
    """Edits, policy, places and the present instant, prepared once for any number of islands."""

    def __init__(
        self,
        evidence: Evidence,
        edits: Edits,
        policy: Policy,
        places: ContextResolver,
        now: datetime,
        usual: Usual | None = None,
    ) -> None:
        self._limits = limits_of(policy)
        self._now, self._usual, self._places = to_us(now), usual, places
        self._owned = OwnedTime(edits)
        self._absences = Absences(evidence.absences, self._limits)
        self._cuts = sorted((cut.at_us, cut.project or "") for cut in edits.cuts if cut.actor == "human")
        self._agent_cuts = sorted((cut.at_us, cut.project or "") for cut in edits.cuts if cut.actor == "agent")
        self._barriers = sorted({at for at, _ in self._cuts} | {start for start, _ in self._absences.everywhere})
        facts = FactsByTime(evidence.contexts, places)
        self._gatherer = Gatherer(facts, evidence.beats, self._absences, self._barriers, self._limits)

    def part(self, runs: Sequence[Run], lo: int, hi: int) -> IslandPart:
        """The part of the sheet that comes from one island."""
        evidence = self._gatherer.gather(runs, lo, hi)
        near = bisect_left(self._cuts, (lo, "")), bisect_left(self._cuts, (hi + self._limits.idle_extended + 1, ""))
        cuts, reach_us = self._cuts[near[0] : near[1]], self._limits.island_gap
        has_barriers = bool(cuts) or meets(lo - reach_us, hi + reach_us, self._absences.everywhere)
        rule = GapRule(self._limits, evidence.turns, self._absences, cuts, has_barriers=has_barriers, habit_at=self._habit_at)
        barriers = Barriers(self._barriers[bisect_left(self._barriers, lo) : bisect_right(self._barriers, hi)], self._agent_cuts)
        return island_part(evidence, rule, self._absences, barriers, self._limits, self._now)

    def sheet(self, parts: Iterable[IslandPart]) -> Sheet:
        """The sheet that these parts of islands add up to."""
        out = Sheet([], [], [], [], None)
        deadlines: list[int] = []
        everybody = self._owned.owned_time("human", None)
        for part in parts:
            for draft in part.human:
                self._doubt(draft)
                out.stretches.extend(stretches(draft, "human", self._owned))
            for draft in part.agent:
                self._doubt_place(draft)
                out.stretches.extend(stretches(draft, "agent", self._owned))
            out.unassigned.extend(verdicts(part.unassigned, everybody))
            out.gaps.extend(verdicts(part.away, everybody))
            out.waiting.extend(_waiting_session(start, until) for start, until in part.waiting)
            deadlines += part.deadlines
        out.stretches.sort(key=_start_key)
        upcoming = min((at for at in deadlines if at > self._now), default=None)
        return replace(out, next_deadline=None if upcoming is None else from_us(upcoming))

    def _habit_at(self, us: int) -> Habit:
        return UNKNOWN if self._usual is None else self._usual.habit(from_us(us))

    def _doubt(self, draft: StretchDraft) -> None:
        """Mark as not confirmed: a stretch of file changes alone, outside the usual hours, and what `_doubt_place` says."""
        self._doubt_place(draft)
        usual = self._usual
        if usual is not None and draft.is_watch_only:
            draft.is_confirmed &= usual.covers(from_us(draft.first)) or usual.covers(from_us(draft.last))

    def _doubt_place(self, draft: StretchDraft) -> None:
        """Mark a stretch as not confirmed while its owner has not answered whose hours its folder's are."""
        since = self._places.resolver_at(draft.first).doubted_since(draft.key.repo, draft.key.project)
        draft.is_confirmed &= since is None or draft.last < since


def derive(
    evidence: Evidence, edits: Edits, policy: Policy, places: ContextResolver, now: datetime, usual: Usual | None = None
) -> Sheet:
    """The sheet of this evidence. It depends on the arguments only, and not on the order of any sequence in them."""
    derivation = Derivation(evidence, edits, policy, places, now, usual)
    return derivation.sheet(derivation.part(runs, lo, hi) for lo, hi, runs in _split_islands(evidence.runs, island_gap(policy)))


def _split_islands(runs: Iterable[Run], gap_us: int) -> Iterator[tuple[int, int, list[Run]]]:
    """Islands with their runs, in order."""
    island: list[Run] = []
    lo = hi = 0
    for run in sorted(runs, key=_first):
        if island and run[0] - hi > gap_us:
            yield lo, hi, island
            island = []
        if not island:
            lo = hi = run[0]
        island.append(run)
        if run[1] > hi:
            hi = run[1]
    if island:
        yield lo, hi, island


def _first(run: Run) -> int:
    return run[0]


def _start_key(stretch: Stretch) -> tuple[datetime, datetime, bool, str, str, str]:
    return (
        stretch.start,
        stretch.end,
        stretch.actor != "human",
        stretch.project or "",
        stretch.task or "",
        stretch.session or "",
    )


def _waiting_session(start: Piece, until: int) -> WaitingSession:
    fact = start[2]
    return WaitingSession(fact.session, fact.project, fact.task, from_us(start[0]), from_us(until))
