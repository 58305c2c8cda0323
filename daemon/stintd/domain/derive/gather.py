"""Sorts the runs of one island by whose they are. Loads their single heartbeats only where a rule needs them."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate

from stintd.domain.derive.absence import Absences, is_inside, meets
from stintd.domain.derive.agents import TURNING, Stops, Turns, turns_of
from stintd.domain.derive.attention import untangle
from stintd.domain.derive.evidence import Run
from stintd.domain.derive.fact import Facts, FactsByTime, Piece, sort_key
from stintd.domain.derive.limits import Limits
from stintd.domain.derive.steady import drop_steady_acts
from stintd.frozen import frozen

SINGLE = frozenset({"prompt", "turn_end", "session_start", "session_end", "commit"})
"""Kinds of which every single heartbeat matters."""


@frozen
class IslandEvidence:
    """`human`: the person's acts in order; runs of different places do not overlap. `waiting`: the starts of sessions that
    have not acted yet. `ends`: when sessions ended. `turns`: the agents' turns. `timers`: when a timer acted, in
    order.
    """

    human: list[Piece]
    waiting: list[Piece]
    ends: dict[str, int]
    turns: Turns
    timers: Sequence[int] = ()


class Gatherer:
    """Gathers the evidence of islands. `barriers`: the instants, sorted, across which a run must not be taken as one piece."""

    def __init__(
        self,
        facts_by_time: FactsByTime,
        beats: Callable[[Run], Sequence[tuple[int, str]]],
        absences: Absences,
        barriers: Sequence[int],
        limits: Limits,
    ) -> None:
        self._facts, self._beats, self._absences, self._barriers, self._limits = facts_by_time, beats, absences, barriers, limits

    def gather(self, runs: Sequence[Run], lo: int, hi: int) -> IslandEvidence:
        """One island's evidence."""
        human: list[Piece] = []
        maybe: list[Piece] = []
        agent: list[Piece] = []
        for piece in self._pieces(runs, lo, hi):
            role = piece[2].role
            if role == "human":
                human.append(piece)
            else:
                (agent if role == "agent" else maybe).append(piece)
        session_acts = [piece for piece in human if piece[2].kind in TURNING]
        agent = self._drop_repeats(agent, session_acts)
        turns = Turns(turns_of(agent + session_acts, self._limits, self._expand))
        stops = Stops(agent)
        ends = _session_ends(agent + session_acts)
        human = [piece for piece in human if piece[2].kind != "prompt" or not stops.is_echo(piece)]
        human = _drop_estimated_marks(human + self._drop_explained(maybe, turns), self._limits.estimate)
        human, timers = drop_steady_acts(human, self._expand)
        starts = [(at, at, fact, None) for at, _, fact, _ in human if fact.kind == "session_start"]
        if not starts:
            return IslandEvidence(untangle(human, self._expand), [], ends, turns, timers)
        acts = untangle([piece for piece in human if piece[2].kind != "session_start"], self._expand)
        begun_starts, waiting = _split_starts(set(starts), acts, self._limits.idle)
        return IslandEvidence(untangle(acts + begun_starts, self._expand) if begun_starts else acts, waiting, ends, turns, timers)

    def _pieces(self, runs: Iterable[Run], lo: int, hi: int) -> list[Piece]:
        facts = self._facts.facts_at(lo)
        if self._facts.facts_at(hi) is facts:
            return self._sort_runs(runs, facts)
        out: list[Piece] = []
        for run in runs:
            facts = self._facts.facts_at(run[0])
            if self._facts.facts_at(run[1]) is facts:
                out += self._sort_runs((run,), facts)
            else:
                beats = ((at, self._facts.facts_at(at).fact_of_beat(run, entity)) for at, entity in self._beats(run))
                out += self._drop_absent((at, at, fact, None) for at, fact in beats)
        return out

    def _sort_runs(self, runs: Iterable[Run], facts: Facts) -> list[Piece]:
        out: list[Piece] = []
        ignorable, barriers, everywhere = self._limits.ignorable, self._barriers, self._absences.everywhere
        for run in runs:
            fact = facts.fact_of_run(run)
            first, last = run[0], run[1]
            if fact is None:
                out += self._drop_absent((at, at, facts.fact_of_beat(run, entity), None) for at, entity in self._beats(run))
            elif fact.kind == "presence":
                continue
            elif first < last and (
                run[4] > ignorable
                or fact.kind in SINGLE
                or (barriers and bisect_left(barriers, first) < bisect_left(barriers, last))
                or (everywhere and meets(first, last, everywhere))
            ):
                out += self._drop_absent(self._expand((first, last, fact, run)))
            elif everywhere and is_inside(first, everywhere):
                out += self._drop_absent([(first, last, fact, run)])
            else:
                out.append((first, last, fact, run))
        return out

    def _drop_absent(self, pieces: Iterable[Piece]) -> list[Piece]:
        """The pieces without signs of presence, and without a person's heartbeats from inside an absence of their device."""
        return [
            piece
            for piece in pieces
            if piece[2].kind != "presence"
            and (piece[2].role == "agent" or not is_inside(piece[0], self._absences.human_absences(piece[2].device)))
        ]

    def _expand(self, piece: Piece) -> list[Piece]:
        first, last, fact, run = piece
        if run is None or first == last:
            return [(first, last, fact, None)]
        return [(at, at, fact, None) for at, _ in self._beats(run)]

    def _drop_repeats(self, agent: list[Piece], session_acts: list[Piece]) -> list[Piece]:
        """The agent's pieces without second reports of the same work: an editor's plugin sees the files of an agent whose own
        session reports them too, and names no session. Where no session reports, the pieces without a session stay.
        """
        session_pieces = [piece for piece in agent if piece[2].session]
        if not session_pieces or len(session_pieces) == len(agent):
            return agent
        other_pieces = [piece for piece in agent if not piece[2].session]
        return session_pieces + self._drop_explained(
            other_pieces, Turns(turns_of(session_pieces + session_acts, self._limits, self._expand))
        )

    def _drop_explained(self, maybe: Iterable[Piece], turns: Turns) -> list[Piece]:
        """The file changes and git acts that no agent's turn explains."""
        out: list[Piece] = []
        for piece in maybe:
            cover = turns.cover(piece[2].place, piece[0], piece[1])
            if cover == "none":
                out.append(piece)
            elif cover == "some":
                out += [beat for beat in self._expand(piece) if turns.cover(beat[2].place, beat[0], beat[1]) == "none"]
        return out


def _drop_estimated_marks(human: list[Piece], estimate: int) -> list[Piece]:
    """The pieces without imported checkouts and pulls that lie within the estimate of a later commit: creating a branch just
    before a commit does not mean that work began then."""
    commits: dict[str, list[int]] = {}
    for first, last, fact, _ in human:
        if fact.is_recalled and fact.kind == "commit":
            commits.setdefault(fact.home, []).extend((first, last))
    if not commits:
        return human
    for times in commits.values():
        times.sort()

    def is_within(piece: Piece) -> bool:
        times = commits.get(piece[2].home, ())
        at = bisect_left(times, piece[0])
        return piece[2].is_recalled and piece[2].is_mark and at < len(times) and times[at] - piece[1] <= estimate

    return [piece for piece in human if not is_within(piece)]


def _session_ends(pieces: Iterable[Piece]) -> dict[str, int]:
    out: dict[str, int] = {}
    for first, _, fact, _ in pieces:
        if fact.kind == "session_end" and fact.session:
            out[fact.session] = max(first, out.get(fact.session, first))
    return out


def _split_starts(starts: set[Piece], acts: list[Piece], idle: int) -> tuple[list[Piece], list[Piece]]:
    """(Session starts after which the next act, within the idle timeout, is on their project; session starts with no act on
    their project yet.)"""
    begun_starts, waiting = [], []
    firsts = [piece[0] for piece in acts]
    reached = list(accumulate((piece[1] for piece in acts), max))
    last_act: dict[str, int] = {}
    for piece in acts:
        last_act[piece[2].home] = max(piece[1], last_act.get(piece[2].home, 0))
    for start in sorted(starts, key=sort_key):
        at, home = start[0], start[2].home
        i = bisect_right(firsts, at)
        is_amid = i > 0 and reached[i - 1] > at
        following = acts[i - 1] if is_amid else acts[i] if i < len(acts) else None
        if following is not None and following[2].home == home and (is_amid or following[0] - at <= idle):
            begun_starts.append(start)
        elif last_act.get(home, 0) < at:
            waiting.append(start)
    return begun_starts, waiting
