"""Turns the signals of a screen lock into an absence. The start is stored while the lock lasts, so that nothing is lost if the
daemon dies.

The whole time of the lock is stored; the rules decide how much of it counts (`domain/derive/absence.py`). Loop thread only.
"""

from datetime import datetime, timedelta

from stintd.domain.model import Absence, ScreenSignal, from_us, to_us
from stintd.engine.engine import Engine
from stintd.engine.sheet import checkout_rows
from stintd.engine.step import Step
from stintd.store import cursors

STATE = "screen_locked"
SAME = timedelta(minutes=2)
"""If the daemon was down for less than this, and the screen was locked before and after, it counts as locked in between."""


class ScreenLock:
    """Since when the screen is locked."""

    def __init__(self, engine: Engine, device: str) -> None:
        self._engine, self._device = engine, device
        self.since: datetime | None = None
        self._seen_until: datetime | None = None  # set if the screen was locked when the daemon before us ended: that instant

    def restore(self, stored: str | None, seen_until: datetime | None) -> None:
        """Restore the state. `seen_until`: the instant up to which the daemon before us saw everything."""
        if stored:
            self.since = from_us(int(stored))
            self._seen_until = max(seen_until or self.since, self.since)

    def take(self, signal: ScreenSignal) -> None:
        """Take a signal: the screen is locked, or no longer."""
        seen_until, self._seen_until = self._seen_until, None
        if self.since is not None and seen_until is not None and not (signal.is_locked and signal.time - seen_until <= SAME):
            self._end(seen_until)  # nobody knows what happened since then
        if signal.is_locked and self.since is None:
            self._begin(signal.time)
        elif not signal.is_locked and self.since is not None:
            self._end(signal.time)

    def _begin(self, time: datetime) -> None:
        self.since = time
        self._engine.write(lambda step: cursors.put(step.conn, {STATE: str(to_us(time))}))

    def _end(self, time: datetime) -> None:
        """Store the absence and drop the state in one step, so that the absence is neither lost nor stored twice."""
        since, self.since = self.since, None

        def write(step: Step) -> None:
            cursors.drop(step.conn, STATE)
            if since is not None and time > since:  # not where the clock was set back meanwhile
                checkout_rows.add_absence(step, Absence(since, time, "lock", self._device))

        self._engine.write(write)
