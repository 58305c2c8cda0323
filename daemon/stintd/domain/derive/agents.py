"""Turns of agents: when and where each ran, and therefore which heartbeats are the agent's.

A turn runs from a prompt to the agent's stop. If the agent or its session dies without a message, the turn ends at its
last heartbeat. Who really acted is derived here and never stored, because a hook's message may arrive after the file
changes that it explains.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from stintd.domain.derive.fact import Fact, Piece, sort_key
from stintd.domain.derive.limits import ECHO, SHORT, Limits
from stintd.domain.interval import Interval, union

TURNING = frozenset({"prompt", "turn_end", "session_end"})
"""Kinds that end the running turn of a session."""
NO_WORK = TURNING | {"session_start"}
"""Kinds that are not an agent's own work: an agent that was started works from its prompt on."""


@dataclass(slots=True)
class Turn:
    """One turn. `parts`: from each instant on, the project it worked on. `places`: the repositories it touched.

    `is_asked`: a person's prompt began it. `is_estimated`: some of its evidence was imported from logs.
    """

    session: str
    start: int
    end: int
    has_acted: bool = False
    has_ended: bool = False
    is_asked: bool = False
    is_estimated: bool = False
    parts: list[tuple[int, Fact]] = field(default_factory=list)
    places: set[str] = field(default_factory=set)

    def touch(self, at: int, fact: Fact) -> None:
        """Note that the agent acted there. What it did before its first act with a place belongs there too."""
        self.is_estimated = self.is_estimated or fact.is_estimated
        if not fact.place:
            return
        self.places.add(fact.place)
        if not self.parts or self.parts[0][1].kind == "prompt":
            self.parts = [(self.start, fact)]
        elif self.parts[-1][1].home != fact.home or self.parts[-1][1].task != fact.task:
            self.parts.append((at, fact))

    def stop(self, at: int, kind: str, limits: Limits) -> "Turn":
        """End this turn at the act that came next. A turn that was silent for long before a prompt was interrupted, and ends
        at its last heartbeat."""
        self.has_ended = True
        self.has_acted = self.has_acted or kind == "turn_end"
        if at - self.end <= (SHORT if kind == "prompt" else limits.turn_silence):
            self.end = at
        return self

    def stretches(self) -> list[tuple[int, int, Fact]]:
        """Start, end and place of each part."""
        ends = [start for start, _ in self.parts[1:]] + [self.end]
        return [(start, end, fact) for (start, fact), end in zip(self.parts, ends, strict=True)]


def session_of(fact: Fact) -> str:
    """What distinguishes agents: their session, or for one without a session (a process, cron, CI) the place of its work."""
    return fact.session or f"\0{fact.device}\0{fact.place}"


def turns_of(pieces: Iterable[Piece], limits: Limits, expand: Callable[[Piece], list[Piece]]) -> list[Turn]:
    """The turns that follow from agents' heartbeats and the prompts of their sessions, in order of their start."""
    sessions: dict[str, list[Piece]] = defaultdict(list)
    for piece in pieces:
        sessions[session_of(piece[2])].append(piece)
    turns: list[Turn] = []
    for name in sorted(sessions):
        turns += _session_turns(name, _split_overlaps(sessions[name], expand), limits)
    turns.sort(key=lambda turn: (turn.start, turn.end, turn.session))
    return turns


def _split_overlaps(pieces: list[Piece], expand: Callable[[Piece], list[Piece]]) -> list[Piece]:
    """The pieces in order, with each run that overlaps another replaced by its single heartbeats."""
    pieces.sort(key=sort_key)
    out: list[Piece] = []
    reached = -1
    for i, piece in enumerate(pieces):
        follower = pieces[i + 1][0] if i + 1 < len(pieces) else piece[1] + 1
        if piece[0] < piece[1] and (piece[0] <= reached or follower <= piece[1]):
            out += expand(piece)
        else:
            out.append(piece)
        reached = max(reached, piece[1])
    out.sort(key=sort_key)
    return out


def _session_turns(name: str, pieces: Sequence[Piece], limits: Limits) -> list[Turn]:
    ended_turns: list[Turn] = []
    turn: Turn | None = None
    stopped = -ECHO - 1
    for first, last, fact, _ in pieces:
        if turn is not None and (first - turn.end > limits.turn_silence or fact.kind in TURNING):
            ended_turns.append(turn.stop(first, fact.kind, limits))
            turn = None
        if fact.kind == "turn_end":
            stopped = first
        elif fact.kind == "prompt":
            turn = Turn(name, first, first, is_asked=fact.role == "human" and first - stopped > ECHO)
            turn.touch(first, fact)
        elif fact.role == "agent" and fact.kind not in NO_WORK:
            turn = turn or Turn(name, first, first)
            turn.touch(first, fact)
            turn.end, turn.has_acted = max(turn.end, last), True
    if turn is not None:
        ended_turns.append(turn)
    return [turn for turn in ended_turns if turn.has_acted and turn.end > turn.start and turn.parts]


class Turns:
    """Answers about all turns of an island: which are an agent's heartbeats, and what ran during a silence."""

    def __init__(self, turns: list[Turn]) -> None:
        self.all = turns
        homes: dict[str, list[Interval]] = defaultdict(list)
        places: dict[str, list[Interval]] = defaultdict(list)
        self._running: dict[str, int] = {}
        for turn in turns:
            for start, end, fact in turn.stretches():
                homes[fact.home].append((start, end))
                if not turn.has_ended and end == turn.end:
                    self._running[fact.home] = max(end, self._running.get(fact.home, 0))
            for place in turn.places:
                places[place].append((turn.start, turn.end + (ECHO if turn.has_ended else SHORT)))
        self._homes = {home: union(pairs) for home, pairs in homes.items()}
        self._places = {place: union(pairs) for place, pairs in places.items()}

    def cover(self, place: str, first: int, last: int) -> str:
        """How much of a run of heartbeats there lies in turns: "all", "some" or "none" of it."""
        pairs = self._places.get(place)
        if not pairs:
            return "none"
        i = bisect_right(pairs, (first, 1 << 62)) - 1
        if i >= 0 and pairs[i][1] >= first:
            return "all" if pairs[i][1] >= last else "some"
        return "some" if i + 1 < len(pairs) and pairs[i + 1][0] <= last else "none"

    def turns_during(self, home: str, lo: int, hi: int) -> list[Interval]:
        """The turns on a project that ran within a silence, each whole."""
        pairs = self._homes.get(home)
        if not pairs:
            return []
        i = bisect_right(pairs, (lo, 1 << 62))
        if i and pairs[i - 1][1] > lo:
            i -= 1
        return pairs[i : bisect_left(pairs, (hi, 0))]

    def is_running(self, home: str, end: int) -> bool:
        """Whether the turn on this project whose last sign came at `end` never reported a stop."""
        return self._running.get(home) == end


class Stops:
    """When each session's agent stopped: a loop, not a person, sent a prompt that comes right after."""

    def __init__(self, pieces: Iterable[Piece]) -> None:
        self._stop_times: dict[str, list[int]] = defaultdict(list)
        for first, _, fact, _ in pieces:
            if fact.kind == "turn_end":
                self._stop_times[session_of(fact)].append(first)
        for times in self._stop_times.values():
            times.sort()

    def is_echo(self, piece: Piece) -> bool:
        """Whether a prompt came too soon after a stop of its session to be a person's."""
        times = self._stop_times.get(session_of(piece[2]))
        if not times:
            return False
        i = bisect_right(times, piece[0]) - 1
        return i >= 0 and piece[0] - times[i] <= ECHO
