"""Leaves out the git acts that a timer made: in one place, at a steady period, with no other act of the person there between
them. Heartbeats stay as they were stored; derived anew with each further act, the first ones of a row count no more either.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable
from functools import partial

from stintd.domain.derive.fact import Piece
from stintd.domain.kinds import GIT_KINDS
from stintd.domain.noise.steady import FEWEST, SECOND, is_between, steady_times

WRITTEN_BEFORE, WRITTEN_AFTER = 10 * SECOND, 2 * SECOND
"""A job that writes files and commits them does so in a moment; this close to three of its acts, files are the job's."""
WRITING_ACTS = 3
FOLLOWS = 60 * SECOND
"""A backup pulls before it commits, and pushes afterwards."""
FOLLOWING = frozenset({"pull", "push", "merge", "rebase", "stash"})
DECIDED = frozenset({"commit", "checkout"})
"""Git acts that, unless steady themselves, show that a person acted in between."""

Expand = Callable[[Piece], list[Piece]]


def drop_steady_acts(human: list[Piece], expand: Expand) -> tuple[list[Piece], list[int]]:
    """The person's pieces without those of timers, and when the timers acted, in order. `expand` returns the single heartbeats of
    a piece."""
    timers: list[int] = []
    counts = Counter[tuple[str, str]]()
    for piece in human:
        if piece[2].kind in GIT_KINDS:
            counts[piece[2].spot, piece[2].kind] += 1 if piece[3] is None else piece[3][3]
    for spot in {spot for (spot, _), count in counts.items() if count >= FEWEST}:
        frequent = {kind for (place, kind), count in counts.items() if place == spot and count >= FEWEST}
        human, times = _drop_at(spot, frequent, human, expand)
        timers += times
    return human, sorted(timers)


def _drop_at(spot: str, frequent: set[str], human: list[Piece], expand: Expand) -> tuple[list[Piece], list[int]]:
    """The pieces without the steady acts at one spot, and these acts. Nearly always there are none, so only the frequent kinds
    are looked into at first."""
    here = [piece for piece in human if piece[2].spot == spot]
    if not any(steady_times(_times_of(kind, here, expand), _is_never_broken) for kind in frequent):
        return human, []
    beats = [beat for piece in here for beat in expand(piece)]
    times: dict[str, set[int]] = {kind: _times_of(kind, beats, expand) for kind in GIT_KINDS}
    even: dict[str, frozenset[int]] = {kind: steady_times(of_kind, _is_never_broken) for kind, of_kind in times.items()}
    acts: set[int] = set()
    written: set[int] = set()
    for kind in frequent:
        odd = [at for other in DECIDED - {kind} for at in times[other] - even[other]]
        near, others = _split_written(sorted(times[kind]), beats)
        steady = steady_times(times[kind], partial(is_between, sorted(others + odd)))
        in_order = sorted(steady)
        acts |= steady
        written.update(at for at in near if _nearest(in_order, at))
    in_order = sorted(acts)
    kept = [piece for piece in human if piece[2].spot != spot]
    return kept + [beat for beat in beats if not _is_timers(beat, in_order, written)], in_order


def _times_of(kind: str, pieces: list[Piece], expand: Expand) -> set[int]:
    return {beat[0] for piece in pieces if piece[2].kind == kind for beat in expand(piece)}


def _is_never_broken(lo: int, hi: int) -> bool:
    return False


def _split_written(acts: list[int], beats: list[Piece]) -> tuple[list[int], list[int]]:
    """(Times of file changes that belong to these acts, times of the person's other acts, sorted)."""
    near: dict[int, int] = {}
    others: list[int] = []
    for at, _, fact, _ in beats:
        if fact.kind in GIT_KINDS:
            continue
        act = _nearest(acts, at) if fact.source == "watch" else 0
        if act:
            near[at] = act
        else:
            others.append(at)
    if len(set(near.values())) < WRITING_ACTS:
        others += near
        near = {}
    return sorted(near), sorted(others)


def _nearest(acts: list[int], at: int) -> int:
    """The act that a file written at that time belongs to; 0 for none."""
    following = bisect_left(acts, at - WRITTEN_AFTER)
    return acts[following] if following < len(acts) and acts[following] - at <= WRITTEN_BEFORE else 0


def _is_timers(beat: Piece, acts: list[int], written: set[int]) -> bool:
    """Whether a heartbeat is one of the timer's acts (sorted), a file written for one, or what a backup does around it."""
    at, fact = beat[0], beat[2]
    if fact.kind not in GIT_KINDS:
        return fact.source == "watch" and at in written
    slack = FOLLOWS if fact.kind in FOLLOWING else 0
    following = bisect_left(acts, at - slack)
    return following < len(acts) and acts[following] - at <= slack
