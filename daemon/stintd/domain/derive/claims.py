"""Turns drafts into stretches: leaves out the time that the owner claimed or took away, and splits each length into
hands-on and supervised time."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from datetime import timedelta

from stintd.domain.derive.island import Gap, StretchDraft
from stintd.domain.derive.limits import FOREVER
from stintd.domain.interval import Interval, overlap, subtract, union
from stintd.domain.model import Actor, GapVerdict, ProjectId, Stretch, from_us
from stintd.domain.override import Edits


class OwnedTime:
    """The time that the owner decided on: claims and time taken away, by the actor and project that must not cover it."""

    def __init__(self, edits: Edits) -> None:
        self._intervals: dict[tuple[str, ProjectId | None], list[Interval]] = {}
        self._merged: dict[tuple[str, ProjectId | None], list[Interval]] = {}
        for claim in edits.claims:
            end = FOREVER if claim.end_us is None else claim.end_us
            is_everybodys = claim.actor == "human" and not claim.may_overlap
            self._add(claim.actor, None if is_everybodys else claim.project, (claim.start_us, end))
            if claim.actor == "human":
                self._add("agent", claim.project, (claim.start_us, end))
        for taken in edits.taken:
            self._add(taken.actor, taken.project, (taken.start_us, taken.end_us))

    def _add(self, actor: Actor, project: ProjectId | None, pair: Interval) -> None:
        self._intervals.setdefault((actor, project), []).append(pair)

    def owned_time(self, actor: Actor, project: ProjectId | None) -> list[Interval]:
        """The time that an automatic stretch of that actor and project must not cover: sorted, disjoint."""
        name = (actor, project)
        if name not in self._merged:
            project_intervals = self._intervals.get(name, []) if project is not None else []
            self._merged[name] = union([*self._intervals.get((actor, None), []), *project_intervals])
        return self._merged[name]

    def owned_time_in(self, actor: Actor, project: ProjectId | None, lo: int, hi: int) -> list[Interval]:
        """The intervals of `owned_time` that meet a stretch."""
        pairs = self.owned_time(actor, project)
        i = bisect_right(pairs, (lo, 0))
        if i and pairs[i - 1][1] > lo:
            i -= 1
        return pairs[i : bisect_left(pairs, (hi, 0))]


def stretches(draft: StretchDraft, actor: Actor, owned: OwnedTime) -> Iterable[Stretch]:
    """The parts of a draft outside the owner's time. A part that is only credit, cut off from the heartbeat that earned it,
    is dropped."""
    holes = owned.owned_time_in(actor, draft.key.project, draft.start, max(draft.end, draft.last) + 1)
    if not holes:
        if draft.end > draft.start or draft.is_open:
            yield _stretch(draft, actor, draft.start, draft.end, draft.is_open)
        return
    goes_on = draft.is_open and not any(lo <= draft.end < hi for lo, hi in holes)
    for start, end in subtract((draft.start, draft.end), holes):
        if (end < draft.held_from and end != draft.end) or (start > draft.held_to and start != draft.start):
            continue
        yield _stretch(draft, actor, start, end, goes_on and end == draft.end)
    if goes_on and draft.start == draft.end:
        yield _stretch(draft, actor, draft.start, draft.end, True)


def _stretch(draft: StretchDraft, actor: Actor, start: int, end: int, is_open: bool) -> Stretch:
    watched = union(draft.supervised) if draft.supervised else []
    supervised = overlap((start, end), watched)
    hands_on = end - start - supervised if actor == "human" else 0
    key = draft.key
    return Stretch(
        actor=actor,
        project=key.project,
        task=key.task,
        start=from_us(start),
        end=from_us(end),
        last_evidence=from_us(max(start, min(draft.last, end))),
        is_open=is_open,
        hands_on=timedelta(microseconds=hands_on),
        supervised=timedelta(microseconds=supervised),
        repo=key.repo,
        branch=key.branch,
        session=draft.session,
        is_confirmed=draft.is_confirmed and not draft.is_estimated,
        is_estimated=draft.is_estimated,
        gaps=tuple(_gap_verdict(gap.start, gap.end, gap) for gap in draft.gaps if gap.start < end and gap.end > start),
        evidence=from_us(draft.first),
        watched=tuple((from_us(max(lo, start)), from_us(min(hi, end))) for lo, hi in watched if lo < end and hi > start),
    )


def verdicts(gaps: Iterable[Gap], holes: Sequence[Interval]) -> list[GapVerdict]:
    """The silences that no stretch covers, without the owner's time."""
    return [_gap_verdict(start, end, gap) for gap in gaps for start, end in subtract((gap.start, gap.end), holes)]


def _gap_verdict(start: int, end: int, gap: Gap) -> GapVerdict:
    return GapVerdict(from_us(start), from_us(end), gap.verdict, gap.reason)
