"""Statistics of API clients by their User-Agent: each is stored once a day, and only the latest few are kept."""

from collections.abc import Callable

from stintd.clock import Clock
from stintd.engine.step import Step
from stintd.store import cursors

AGENTS = "wakatime.agent."
"""Prefix of their names among the cursors; the value is day, editor and system, separated by tabs."""
AGENTS_LIMIT = 50


class UserAgents:
    """Remembers which clients it has noted today. Loop thread only."""

    def __init__(self, clock: Clock, write: Callable[[Callable[[Step], None]], None]) -> None:
        """`write` makes a change in one of the next steps."""
        self._clock, self._write = clock, write
        self._noted_days: dict[str, str] = {}

    def note(self, agent: str, editor: str, system: str) -> None:
        """Note a request of this program; the first of a day is written with the next step."""
        agent, day = "".join(filter(str.isprintable, agent)), f"{self._clock.now():%Y-%m-%d}"
        if not agent or self._noted_days.get(agent) == day:
            return
        if len(self._noted_days) >= AGENTS_LIMIT:
            self._noted_days.clear()
        self._noted_days[agent] = day
        self._write(lambda step: _store_agent(step, agent, f"{day}\t{editor}\t{system}"))


def _store_agent(step: Step, agent: str, value: str) -> None:
    """Store one; when there are too many, the one that was silent for longest is dropped."""
    cursors.put(step.conn, {AGENTS + agent: value})
    stored = cursors.all_of(step.conn, AGENTS)
    for name in sorted(stored, key=lambda name: (stored[name], name))[: max(0, len(stored) - AGENTS_LIMIT)]:
        cursors.drop(step.conn, name)
