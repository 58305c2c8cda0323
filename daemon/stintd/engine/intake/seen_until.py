"""Until when a daemon saw everything that happened. It notes this while it runs; the next one reads from it since when nobody
watched. Loop thread only.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from sqlite3 import Connection

from stintd.engine.engine import Engine
from stintd.engine.intake.intake import Intake
from stintd.store import cursors

STOPPED = "alive"
"""Where in the database a daemon that stopped in order notes when."""
NOTE_SECONDS = 1.0
"""At most one note in so long."""
IN_FLIGHT = timedelta(seconds=0.5)
"""How long an event may take from the kernel to the intake on a busy machine. Not longer: what git wrote before it is found by
the sweep after a kill, when nobody remembers that it was git's."""


def last_seen(conn: Connection, noted: float | None, now: datetime) -> datetime | None:
    """Until when the daemon before this one saw everything: what it noted when it stopped or, if it was killed, what it had
    `noted` last (epoch seconds). None when there was none."""
    stopped = cursors.meta(conn, STOPPED)
    instants = [datetime.fromisoformat(stopped)] if stopped else []
    instants += [datetime.fromtimestamp(noted, UTC)] if noted is not None else []
    return min(max(instants), now) if instants else None


class SeenUntil:
    """What this daemon notes. `note_down` keeps an instant (epoch seconds) where it outlives a kill."""

    def __init__(self, engine: Engine, intake: Intake, note_down: Callable[[float], None]) -> None:
        self._engine, self._intake, self._note_down = engine, intake, note_down
        self._is_caught_up, self._due = False, 0.0

    def begin(self) -> None:
        """The work trees were swept for what nobody watched: from now on the present is known."""
        self._is_caught_up = True
        self.note()

    def note(self) -> None:
        """Something happened: note, at most once a second, until when everything seen is kept."""
        now = self._engine.clock.monotonic()
        if self._is_caught_up and now >= self._due:
            self._due = now + NOTE_SECONDS
            self._note_down((self._intake.certain_until() - IN_FLIGHT).timestamp())

    def stop(self) -> None:
        """All sources have stopped: everything up to now was seen, unless the past is not known yet."""
        if self._is_caught_up:
            self._engine.write(lambda step: cursors.set_meta(step.conn, STOPPED, step.now.isoformat()))
