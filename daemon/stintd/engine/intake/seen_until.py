"""The instant up to which a daemon saw everything that happened. It notes this while it runs; from the note the next daemon
knows since when nobody watched. Loop thread only.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from sqlite3 import Connection

from stintd.engine.engine import Engine
from stintd.engine.intake.intake import Intake
from stintd.store import cursors

STOPPED = "alive"
"""The key in the database under which a daemon that stops normally notes the time."""
NOTE_SECONDS = 1.0
"""The shortest time between two notes."""
IN_FLIGHT = timedelta(seconds=0.5)
"""How long an event may take from the kernel to the intake on a busy machine. It must not be longer: after a kill, the sweep
finds files that git wrote before this time, and nobody remembers that git wrote them."""


def last_seen_at(conn: Connection, last_note: float | None, now: datetime) -> datetime | None:
    """The instant up to which the daemon before this one saw everything: its note when it stopped or, if it was killed, the last
    one it noted, `last_note` (epoch seconds). None when there was no daemon before."""
    stopped = cursors.meta(conn, STOPPED)
    instants = [datetime.fromisoformat(stopped)] if stopped else []
    instants += [datetime.fromtimestamp(last_note, UTC)] if last_note is not None else []
    return min(max(instants), now) if instants else None


class SeenUntil:
    """Notes how far this daemon saw everything. `note_down` stores an instant (epoch seconds) where it survives a kill."""

    def __init__(self, engine: Engine, intake: Intake, note_down: Callable[[float], None]) -> None:
        self._engine, self._intake, self._note_down = engine, intake, note_down
        self._is_caught_up, self._due = False, 0.0

    def begin(self) -> None:
        """Begin to take notes: the work trees were swept for changes that nobody watched, so nothing is missing now."""
        self._is_caught_up = True
        self.note()

    def note(self) -> None:
        """Something happened: note, at most once a second, the instant up to which everything seen is stored."""
        now = self._engine.clock.monotonic()
        if self._is_caught_up and now >= self._due:
            self._due = now + NOTE_SECONDS
            self._note_down((self._intake.certain_until() - IN_FLIGHT).timestamp())

    def stop(self) -> None:
        """Note the present after all sources have stopped: everything up to now was seen, unless `begin` was never reached."""
        if self._is_caught_up:
            self._engine.write(lambda step: cursors.set_meta(step.conn, STOPPED, step.now.isoformat()))
