"""The live timesheet: it takes one heartbeat at a time and derives again only the islands that the heartbeat touches.

It uses `timesheet.Derivation`, so it cannot differ from a rebuild; property tests check that.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from stintd.domain.derive.evidence import ContextResolver, Evidence, Run
from stintd.domain.derive.habit import Usual
from stintd.domain.derive.island import IslandPart
from stintd.domain.derive.timesheet import Derivation, Sheet, island_gap
from stintd.domain.model import Absence, Context, Heartbeat, to_us
from stintd.domain.override import Edits
from stintd.domain.policy import Policy


@dataclass(slots=True)
class _Island:
    """Evidence without a long silence inside, and what was derived from it: `part` is valid from `since` until `until`."""

    lo: int
    hi: int
    runs: list[Run] = field(default_factory=list)
    part: IslandPart | None = None
    since: int = 0
    until: int | None = None

    def holds(self, now: int) -> bool:
        return self.part is not None and self.since <= now and (self.until is None or now < self.until)


class LiveTimesheet:
    """Keeps evidence in memory and gives the sheet at any instant. Not thread-safe."""

    def __init__(self, policy: Policy, places: ContextResolver, edits: Edits | None = None, usual: Usual | None = None) -> None:
        self._policy, self._places, self._edits, self._usual = policy, places, edits or Edits(), usual
        self._gap = island_gap(policy)
        self._numbers: dict[Context, int] = {}
        self._contexts: dict[int, Context] = {}
        self._known: set[tuple[int, int, str]] = set()
        self._entities: dict[tuple[int, int], list[str]] = {}
        self._islands: list[_Island] = []
        self._absences: list[Absence] = []

    def add(self, heartbeat: Heartbeat) -> None:
        """Take a heartbeat, however late; one that was added before changes nothing."""
        number = self._numbers.setdefault(heartbeat.context, len(self._numbers))
        at = to_us(heartbeat.time)
        if (at, number, heartbeat.entity) in self._known:
            return
        self._known.add((at, number, heartbeat.entity))
        self._contexts[number] = heartbeat.context
        entities = self._entities.setdefault((at, number), [])
        entities.append(heartbeat.entity)
        if len(entities) == 1:
            self._place(Run(at, at, number, 1, 0))
        else:
            self._touch(at)

    def add_absence(self, absence: Absence) -> None:
        """Take an absence, however late."""
        self._absences.append(absence)
        self._forget()

    def edit(self, edits: Edits) -> None:
        """Replace the owner's edits by these."""
        self._edits = edits
        self._forget()

    def sheet(self, now: datetime) -> Sheet:
        """The sheet as it stands at an instant."""
        at = to_us(now)
        evidence = Evidence(self._contexts, (), self._beats, self._absences)
        derivation = Derivation(evidence, self._edits, self._policy, self._places, now, self._usual)
        for island in self._islands:
            if not island.holds(at):
                island.part = derivation.part(island.runs, island.lo, island.hi)
                island.since = at
                island.until = min((due for due in island.part.deadlines if due > at), default=None)
        return derivation.sheet([island.part for island in self._islands if island.part is not None])

    def _beats(self, run: Run) -> Sequence[tuple[int, str]]:
        return [(run[0], entity) for entity in self._entities[run[0], run[2]]]

    def _place(self, run: Run) -> None:
        """Put a run into its island; two islands that it connects become one."""
        at = run[0]
        i = bisect_right(self._islands, at, key=lambda island: island.lo)
        merged = _Island(at, at, [run])
        start, end = i, i
        if i and at - self._islands[i - 1].hi <= self._gap:
            start = i - 1
        if i < len(self._islands) and self._islands[i].lo - at <= self._gap:
            end = i + 1
        for island in self._islands[start:end]:
            merged.lo, merged.hi = min(merged.lo, island.lo), max(merged.hi, island.hi)
            merged.runs = island.runs + merged.runs
        self._islands[start:end] = [merged]

    def _touch(self, at: int) -> None:
        i = bisect_right(self._islands, at, key=lambda island: island.lo)
        self._islands[i - 1].part = None

    def _forget(self) -> None:
        for island in self._islands:
            island.part = None
