"""Turns one island of evidence into its part of the sheet, in microseconds: first the person's drafts, then the agents'.

The person's side comes first, because an agent's time is the part of its turns that the person's time leaves.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from stintd.domain.derive.absence import Absences
from stintd.domain.derive.agents import Turn
from stintd.domain.derive.attention import Spell, Visit, VisitKey, fold_visits, spells, visits
from stintd.domain.derive.fact import Fact, Piece
from stintd.domain.derive.gap import GapRule, Side, side_after, side_before
from stintd.domain.derive.gather import IslandEvidence
from stintd.domain.derive.limits import FOREVER, Limits
from stintd.domain.interval import Interval, subtract, union
from stintd.domain.model import Verdict
from stintd.frozen import frozen


@dataclass(slots=True)
class Gap:
    """A silence worth mentioning, before it becomes a GapVerdict."""

    start: int
    end: int
    verdict: Verdict
    reason: str


@dataclass(slots=True)
class StretchDraft:
    """A stretch while it grows. `first` and `last` are its outermost heartbeats. Time outside `held_from` and `held_to` is
    only credit, not time between two heartbeats.
    """

    key: VisitKey
    start: int
    first: int
    end: int
    last: int
    held_from: int
    held_to: int
    session: str | None = None
    is_open: bool = False
    is_confirmed: bool = True
    is_watch_only: bool = False
    is_estimated: bool = False
    supervised: list[Interval] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)


@dataclass(slots=True)
class IslandPart:
    """What one island adds to the sheet. `deadlines`: the instants at which passing time alone changes it."""

    human: list[StretchDraft] = field(default_factory=list)
    agent: list[StretchDraft] = field(default_factory=list)
    unassigned: list[Gap] = field(default_factory=list)
    away: list[Gap] = field(default_factory=list)
    waiting: list[tuple[Piece, int]] = field(default_factory=list)
    deadlines: list[int] = field(default_factory=list)


@frozen
class Barriers:
    """Instants that no credit crosses. `human`: stops and the starts of absences. `agent`: stops of agents' timers, with their
    project."""

    human: Sequence[int]
    agent: Sequence[tuple[int, str]]


def island_part(
    evidence: IslandEvidence, rule: GapRule, absences: Absences, barriers: Barriers, limits: Limits, now: int
) -> IslandPart:
    """Derive one island."""
    part = IslandPart()
    human = spells(evidence.human, barriers.human, limits)
    if human:
        _Walk(part, rule, evidence, now).walk(_visits_of_island(human, rule, limits))
        _mark_unconfirmed(part.human, evidence.human, limits)
        _mark_estimated(part.human, evidence.turns.all)
    for start in evidence.waiting:
        until = start[0] + limits.session_idle
        if now <= until and evidence.ends.get(start[2].session or "", -1) < start[0]:
            part.waiting.append((start, until))
            part.deadlines.append(until + 1)
    _mention_timers(part, evidence.timers)
    _add_agents(part, evidence.turns.all, absences, barriers.agent, limits, now)
    return part


def _visits_of_island(human: list[Spell], rule: GapRule, limits: Limits) -> list[Visit]:
    """All visits of the island; short ones are folded into their neighbours within each unbroken run."""
    back = _next_acts([(spell, spell.key) for spell in human])
    run: list[Spell] = [human[0]]
    out: list[Visit] = []
    for i, (a, b) in enumerate(pairwise(human)):
        if not rule.is_unbroken(a, b, back[i]):
            out += fold_visits(visits(run), limits)
            run = []
        run.append(b)
    return out + fold_visits(visits(run), limits)


def _next_acts(acts: Sequence[tuple[Spell, VisitKey]]) -> list[int | None]:
    """For each spell, the first later act on its project."""
    out: list[int | None] = [None] * len(acts)
    upcoming: dict[str, int] = {}
    for i in range(len(acts) - 1, -1, -1):
        home = acts[i][1].home
        out[i] = upcoming.get(home)
        upcoming[home] = acts[i][0].first
    return out


def _own_act(acts: Sequence[tuple[Spell, VisitKey]], at: int, draft: StretchDraft) -> tuple[int, Fact] | None:
    """The last act on the visit's own work, or the end of what was supervised after it, if `at` is an act of a folded visit."""
    spell, key = acts[at]
    if key.fits(spell.key):
        return None
    while at > 0 and acts[at - 1][1] is key:
        at -= 1
        own = acts[at][0]
        if key.fits(own.key):
            watched = max((hi for _, hi in draft.supervised if hi <= spell.last), default=0)
            return max(own.last, watched), own.end
    return None


def _shorten(draft: StretchDraft, a: Side, end: int) -> None:
    """End a draft before the folded visits after its own last act: its work does not reach as far as they do."""
    draft.last = min(draft.last, a.own[0]) if a.own else draft.last
    draft.gaps = [replace(gap, end=min(gap.end, end)) for gap in draft.gaps if gap.start < end]
    draft.supervised = [(lo, min(hi, end)) for lo, hi in draft.supervised if lo < end]


class _Walk:
    """Goes through all spells once. The gap rule decides whether a draft grows, ends, or a new one begins."""

    def __init__(self, part: IslandPart, rule: GapRule, evidence: IslandEvidence, now: int) -> None:
        self._part, self._rule, self._evidence, self._now = part, rule, evidence, now

    def walk(self, folded_visits: Sequence[Visit]) -> None:
        acts = [(spell, visit.key) for visit in folded_visits for spell in visit.spells]
        lone = {id(visit.spells[0]) for visit in folded_visits if visit.is_lone_commit()}
        back = _next_acts(acts)
        draft = self._begin(acts[0][0], acts[0][1], self._rule.opening(side_after(*acts[0])))
        for i, ((spell, key), (follower, its_key)) in enumerate(pairwise(acts)):
            a = side_before(spell, key, id(spell) in lone, _own_act(acts, i, draft))
            draft = self._cross_silence(draft, a, side_after(follower, its_key), follower, back[i])
        spell, key = acts[-1]
        self._finish(draft, side_before(spell, key))

    def _begin(self, spell: Spell, key: VisitKey, start: int) -> StretchDraft:
        first, last, is_watched = spell.first, spell.last, spell.is_watch_only
        draft = StretchDraft(key, start, first, last, last, first, last, spell.session, is_watch_only=is_watched)
        draft.is_estimated = spell.is_estimated
        lead_reason = self._rule.lead_reason(side_after(spell, key), start)
        if lead_reason:
            draft.gaps.append(Gap(start, first, "work", lead_reason))
        self._part.human.append(draft)
        return draft

    def _cross_silence(self, draft: StretchDraft, a: Side, b: Side, follower: Spell, back_at: int | None) -> StretchDraft:
        verdict = self._rule.judge(a, b, back_at)
        draft.supervised += verdict.supervised
        if verdict.is_joined and (a.key is b.key or verdict.left == b.at):
            if verdict.verdict:
                draft.gaps.append(Gap(a.at, b.at, verdict.verdict, verdict.reason))
            draft.last = draft.end = draft.held_to = follower.last
            draft.session = draft.session or follower.session
            draft.is_watch_only &= follower.is_watch_only
            draft.is_estimated |= follower.is_estimated
            return draft
        if verdict.left < a.at:
            _shorten(draft, a, verdict.left)
        draft.end = verdict.left
        if verdict.is_unbroken:
            draft.held_to = verdict.left
        if verdict.left > a.at and verdict.verdict in ("work", "supervised", "autonomous"):
            draft.gaps.append(Gap(a.at, verdict.left, "supervised" if verdict.supervised else "work", verdict.reason))
        if verdict.right > verdict.left:
            gaps = self._part.unassigned if verdict.verdict == "unassigned" else self._part.away
            gaps.append(Gap(verdict.left, verdict.right, verdict.verdict or "away", verdict.reason))
        upcoming = self._begin(follower, b.key, verdict.right)
        if verdict.is_unbroken:
            upcoming.held_from = verdict.right
        return upcoming

    def _finish(self, draft: StretchDraft, a: Side) -> None:
        closing, session_end = self._rule.closing(a), self._session_end(draft)
        if session_end is not None:
            draft.end = max(a.at, min(closing.left, session_end))
        elif self._now <= closing.open_until:
            draft.is_open, draft.end = True, a.at
            self._part.deadlines.append(closing.open_until + 1)
        else:
            draft.end = max(a.at, closing.left)
            if closing.reason and draft.end < closing.open_until:
                self._part.away.append(Gap(draft.end, closing.open_until, "away", closing.reason))

    def _session_end(self, draft: StretchDraft) -> int | None:
        """When the draft rests on sessions alone and all of them have ended: the last end. It ends the timer, whoever
        reported it. None otherwise."""
        ends, last = self._evidence.ends, -1
        if ends.get(draft.session or "", -1) < draft.first:
            return None
        for piece in self._evidence.human:
            if piece[1] >= draft.first:
                session_end = ends.get(piece[2].session or "", -1)
                if session_end < piece[1]:
                    return None
                last = max(last, session_end)
        return last


def _mention_timers(part: IslandPart, timers: Sequence[int]) -> None:
    """Say of each silence in which a timer acted on git why its acts are no work."""
    if not timers:
        return
    if not part.human:
        part.away.append(Gap(timers[0], timers[-1], "away", f"nothing but {_timer_words(len(timers))}"))
        return
    starts = [draft.start for draft in part.human]
    for gap in part.away:
        following = bisect_right(starts, gap.start)
        until = starts[following] if following < len(starts) else FOREVER
        count = bisect_left(timers, until) - bisect_left(timers, gap.start)
        if count:
            gap.reason += f"; in it, or after it, {_timer_words(count)}"


def _timer_words(count: int) -> str:
    return (
        "an act of git that a timer made, at a steady interval"
        if count == 1
        else f"{count} acts of git at a steady interval, a timer's"
    )


def _mark_unconfirmed(drafts: Sequence[StretchDraft], pieces: Sequence[Piece], limits: Limits) -> None:
    """Mark long stretches of file changes that nothing else confirms: a program may have written the files."""
    if pieces[-1][1] - pieces[0][0] <= limits.unconfirmed_after:
        return
    confirmed = union((p[0], p[1] + 1) for p in pieces if p[2].source != "watch")
    for lo, hi in _unbroken_spans(drafts):
        for start, end in subtract((lo, hi), confirmed):
            if end - start > limits.unconfirmed_after:
                for draft in drafts:
                    if draft.first < end and draft.last > start:
                        draft.is_confirmed = False


def _mark_estimated(drafts: Sequence[StretchDraft], turns: Iterable[Turn]) -> None:
    """Mark time spent watching an agent as an estimate if the agent's turns were imported from logs."""
    imported = union((start, end) for turn in turns if turn.is_estimated for start, end, _ in turn.stretches())
    for draft in drafts if imported else ():
        draft.is_estimated |= any(_meets(lo, hi, imported) for lo, hi in draft.supervised)


def _unbroken_spans(drafts: Iterable[StretchDraft]) -> list[Interval]:
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


def _add_agents(
    part: IslandPart, turns: Sequence[Turn], absences: Absences, cuts: Sequence[tuple[int, str]], limits: Limits, now: int
) -> None:
    """Add the agents' drafts: their turns without the time in which the person worked on the same project. Turns of one
    project and session become one draft.

    A stop by hand is a hole one microsecond wide, so that a new draft begins after it. While the person may still come
    back, nobody knows whether the turn is watched; until then it is not shown as the agent's time.
    """
    human_spans: dict[str, list[Interval]] = {}
    for draft in part.human:
        end = FOREVER if draft.is_open else draft.end
        human_spans.setdefault(draft.key.home, []).append((draft.start, end))
    growing: dict[tuple[str, str, str], StretchDraft] = {}
    for turn in turns:
        for start, end, fact in turn.stretches():
            stops = [(at, at + 1) for at, project in cuts if not project or project == fact.project]
            holes = union([*human_spans.get(fact.home, ()), *absences.agent_absences(fact.device), *stops])
            name = (turn.session, fact.home, fact.task or "")
            may_go_on = end == turn.end and not turn.has_ended and not any(end <= at <= now for at, _ in stops)
            until = end + limits.turn_silence if may_go_on else 0
            for lo, hi in subtract((start, end), holes):
                alone = StretchDraft(
                    VisitKey.from_fact(fact), lo, lo, hi, hi, lo, hi, fact.session, is_open=hi == end and now <= until
                )
                alone.is_estimated = turn.is_estimated
                alone.gaps.append(Gap(lo, hi, "autonomous", _alone_reason(turn, lo, hi, part.human)))
                if alone.is_open:
                    part.deadlines.append(until + 1)
                growing[name] = _extend_agent_draft(growing.get(name), alone, holes, limits, part)


def _extend_agent_draft(
    draft: StretchDraft | None, alone: StretchDraft, holes: Sequence[Interval], limits: Limits, part: IslandPart
) -> StretchDraft:
    """Continue an agent's draft across the moment between two turns of a loop, or begin a new draft."""
    if draft is None or alone.start - draft.end > limits.min_visit or _meets(draft.end, alone.start, holes):
        part.agent.append(alone)
        return alone
    draft.end = draft.last = draft.held_to = max(draft.end, alone.end)
    draft.is_open = alone.is_open
    draft.is_estimated |= alone.is_estimated
    draft.gaps[-1] = _join_gaps(draft.gaps[-1], alone.gaps[0])
    return draft


def _join_gaps(gap: Gap, follower: Gap) -> Gap:
    """One gap from two that follow each other, with the first one's reason: the turns of a loop give it only once."""
    return Gap(gap.start, max(gap.end, follower.end), gap.verdict, gap.reason)


def _alone_reason(turn: Turn, lo: int, hi: int, drafts: Sequence[StretchDraft]) -> str:
    """A sentence that says why this part of a turn is the agent's time only."""
    if not turn.is_asked:
        return "the agent worked without a prompt from a person: an unattended run, a loop or a subagent"
    is_busy = any(draft.start < hi and draft.end > lo for draft in drafts)
    return "the agent worked while you " + ("worked on something else" if is_busy else "were away")


def _meets(lo: int, hi: int, holes: Sequence[Interval]) -> bool:
    return any(start < hi and end > lo for start, end in holes)
