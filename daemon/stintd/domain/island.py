"""One island of evidence to its part of the sheet, in microseconds: the person's drafts, then the agents'.

The person's side comes first because an agent's time is what is left of its turns.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from stintd.domain.absence import Absences
from stintd.domain.agents import Turn
from stintd.domain.attention import Key, Spell, Visit, folded, spells, visits
from stintd.domain.fact import Piece
from stintd.domain.gap import Judge, Side, side_after, side_before
from stintd.domain.gathering import Gathered
from stintd.domain.interval import Interval, subtract, union
from stintd.domain.limits import FOREVER, Limits


@dataclass(slots=True)
class Gap:
    """A silence that is mentioned, before it becomes a GapVerdict."""

    start: int
    end: int
    verdict: str
    reason: str


@dataclass(slots=True)
class Draft:
    """A stretch while it grows. `first` and `last` are its outermost heartbeats."""

    key: Key
    start: int
    first: int
    end: int
    last: int
    session: str | None = None
    is_open: bool = False
    is_confirmed: bool = True
    is_watch_only: bool = False
    supervised: list[Interval] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)


@dataclass(slots=True)
class Part:
    """What one island adds to the sheet. `deadlines`: instants after which passing time alone changes it."""

    human: list[Draft] = field(default_factory=list)
    agent: list[Draft] = field(default_factory=list)
    unassigned: list[Gap] = field(default_factory=list)
    away: list[Gap] = field(default_factory=list)
    waiting: list[tuple[Piece, int]] = field(default_factory=list)
    deadlines: list[int] = field(default_factory=list)


def island_part(gathered: Gathered, judge: Judge, absences: Absences, walls: Sequence[int], limits: Limits, now: int) -> Part:
    """Derive one island."""
    part = Part()
    human = spells(gathered.human, walls, limits)
    if human:
        _Walk(part, judge, limits, now).through(_attended(human, judge, limits))
        _mark_unconfirmed(part.human, gathered.human, limits)
        _close_ended_session(part, gathered, limits)
    for start in gathered.waiting:
        until = start[0] + limits.session_idle
        if now <= until and gathered.ends.get(start[2].session or "", -1) < start[0]:
            part.waiting.append((start, until))
            part.deadlines.append(until + 1)
    _agent_side(part, gathered.turns.all, absences, limits, now)
    return part


def _attended(human: list[Spell], judge: Judge, limits: Limits) -> list[Visit]:
    """All visits of the island, short ones folded within each unbroken run."""
    back = _comes_back([(spell, spell.key) for spell in human])
    run: list[Spell] = [human[0]]
    out: list[Visit] = []
    for i, (a, b) in enumerate(pairwise(human)):
        if not judge.ruling(side_before(a, a.key), side_after(b, b.key), back[i]).is_unbroken:
            out += folded(visits(run), limits)
            run = []
        run.append(b)
    return out + folded(visits(run), limits)


def _comes_back(acts: Sequence[tuple[Spell, Key]]) -> list[int | None]:
    """For each spell the first act on its project after it."""
    out: list[int | None] = [None] * len(acts)
    upcoming: dict[str, int] = {}
    for i in range(len(acts) - 1, -1, -1):
        home = acts[i][1].home
        out[i] = upcoming.get(home)
        upcoming[home] = acts[i][0].first
    return out


class _Walk:
    """Goes through all spells once and lets drafts grow, be cut and begin by what the judge says."""

    def __init__(self, part: Part, judge: Judge, limits: Limits, now: int) -> None:
        self._part, self._judge, self._limits, self._now = part, judge, limits, now

    def through(self, attended: Sequence[Visit]) -> None:
        acts = [(spell, visit.key) for visit in attended for spell in visit.spells]
        lone = {id(visit.spells[0]) for visit in attended if visit.is_lone_commit()}
        back = _comes_back(acts)
        draft = self._begin(acts[0][0], acts[0][1], self._judge.opening(side_after(*acts[0])))
        for i, ((spell, key), (follower, its_key)) in enumerate(pairwise(acts)):
            a = side_before(spell, key, id(spell) in lone)
            draft = self._across(draft, a, side_after(follower, its_key), follower, back[i])
        spell, key = acts[-1]
        self._finish(draft, side_before(spell, key))

    def _begin(self, spell: Spell, key: Key, start: int) -> Draft:
        draft = Draft(key, start, spell.first, spell.last, spell.last, spell.session, is_watch_only=spell.is_watch_only)
        self._part.human.append(draft)
        return draft

    def _across(self, draft: Draft, a: Side, b: Side, follower: Spell, back_at: int | None) -> Draft:
        found = self._judge.ruling(a, b, back_at)
        draft.supervised += found.supervised
        if found.is_joined and (a.key is b.key or found.left == b.at):
            if found.verdict:
                draft.gaps.append(Gap(a.at, b.at, found.verdict, found.reason))
            draft.last = draft.end = follower.last
            draft.session = draft.session or follower.session
            draft.is_watch_only &= follower.is_watch_only
            return draft
        draft.end = found.left
        if found.left > a.at and found.verdict in ("work", "supervised", "autonomous"):
            draft.gaps.append(Gap(a.at, found.left, "supervised" if found.supervised else "work", found.reason))
        if found.right > found.left:
            loose = self._part.unassigned if found.verdict == "unassigned" else self._part.away
            loose.append(Gap(found.left, found.right, found.verdict or "away", found.reason))
        return self._begin(follower, b.key, found.right)

    def _finish(self, draft: Draft, a: Side) -> None:
        closing = self._judge.closing(a)
        if self._now <= closing.open_until:
            draft.is_open, draft.end = True, a.at
            self._part.deadlines.append(closing.open_until + 1)
        else:
            draft.end = max(a.at, closing.left)
            if closing.reason and draft.end < closing.open_until:
                self._part.away.append(Gap(draft.end, closing.open_until, "away", closing.reason))


def _close_ended_session(part: Part, gathered: Gathered, limits: Limits) -> None:
    """A session's end ends the timer that rests on that session alone, whoever reported it."""
    last = part.human[-1]
    if not last.is_open or last.session is None:
        return
    ended = gathered.ends.get(last.session, -1)
    if ended >= last.last and all(p[2].session == last.session for p in gathered.human if p[1] >= last.first):
        last.is_open, last.end = False, min(last.last + limits.tail, ended)
        part.deadlines.clear()


def _mark_unconfirmed(drafts: Sequence[Draft], pieces: Sequence[Piece], limits: Limits) -> None:
    """Hours of file changes that nothing else confirms may be a program's."""
    if pieces[-1][1] - pieces[0][0] <= limits.unconfirmed_after:
        return
    seen = union((p[0], p[1] + 1) for p in pieces if p[2].source != "watch")
    for lo, hi in _unbroken(drafts):
        for start, end in subtract((lo, hi), seen):
            if end - start > limits.unconfirmed_after:
                for draft in drafts:
                    if draft.first < end and draft.last > start:
                        draft.is_confirmed = False


def _unbroken(drafts: Iterable[Draft]) -> list[Interval]:
    """From first to last heartbeat of drafts that follow each other without a break."""
    out: list[Interval] = []
    reached = -1
    for draft in drafts:
        if out and draft.start <= reached:
            out[-1] = (out[-1][0], draft.last)
        else:
            out.append((draft.first, draft.last))
        reached = draft.end
    return out


def _agent_side(part: Part, turns: Sequence[Turn], absences: Absences, limits: Limits, now: int) -> None:
    """Turns without the seconds in which the person was on that project; one draft a project and session run.

    While the person may still come back, nobody knows whether the turn is watched: it is not shown as the agent's yet.
    """
    attended: dict[str, list[Interval]] = {}
    for draft in part.human:
        end = FOREVER if draft.is_open else draft.end
        attended.setdefault(draft.key.home, []).append((draft.start, end))
    growing: dict[tuple[str, str, str], Draft] = {}
    for turn in turns:
        for start, end, fact in turn.stretches():
            holes = union([*attended.get(fact.home, ()), *absences.stopping_agents(fact.device)])
            name = (turn.session, fact.home, fact.task or "")
            until = end + limits.turn_silence if end == turn.end and not turn.has_ended else 0
            for lo, hi in subtract((start, end), holes):
                alone = Draft(Key.of(fact), lo, lo, hi, hi, fact.session, is_open=hi == end and now <= until)
                if alone.is_open:
                    part.deadlines.append(until + 1)
                growing[name] = _grown(growing.get(name), alone, holes, limits, part)


def _grown(draft: Draft | None, alone: Draft, holes: Sequence[Interval], limits: Limits, part: Part) -> Draft:
    """An agent's draft goes on over the moment between two turns of a loop."""
    if draft is None or alone.start - draft.end > limits.min_visit or _meets(draft.end, alone.start, holes):
        part.agent.append(alone)
        return alone
    draft.end = draft.last = max(draft.end, alone.end)
    draft.is_open = alone.is_open
    return draft


def _meets(lo: int, hi: int, holes: Sequence[Interval]) -> bool:
    return any(start < hi and end > lo for start, end in holes)
