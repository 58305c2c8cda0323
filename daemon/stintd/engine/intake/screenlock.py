"""A locked screen, from its signals to an absence: kept while it lasts, so that a daemon that dies loses none of it.

Stored is how long it was locked; from when that counts is the rules' business (`domain/derive/absence.py`). Loop thread only.
"""

from datetime import datetime, timedelta

from stintd.domain.model import Absence, ScreenSignal, from_us, to_us
from stintd.engine import checkout_rows
from stintd.engine.engine import Engine
from stintd.engine.step import Step
from stintd.store import cursors

STATE = "screen_locked"
SAME = timedelta(minutes=2)
"""A daemon that was away for less, and finds the screen locked before and after, takes it for locked between."""


class ScreenLock:
    """Since when the screen is locked."""

    def __init__(self, engine: Engine, device: str) -> None:
        self._engine, self._device = engine, device
        self.since: datetime | None = None
        self._seen_until: datetime | None = None  # for one that was locked when the daemon before us ended, until then

    def restore(self, stored: str | None, seen_until: datetime | None) -> None:
        """Go on as it was. `seen_until`: until when the daemon before us saw everything."""
        if stored:
            self.since = from_us(int(stored))
            self._seen_until = max(seen_until or self.since, self.since)

    def take(self, signal: ScreenSignal) -> None:
        """Locked, or no longer."""
        seen_until, self._seen_until = self._seen_until, None
        if self.since is not None and seen_until is not None and not (signal.is_locked and signal.time - seen_until <= SAME):
            self._end(seen_until)  # what happened since then nobody knows
        if signal.is_locked and self.since is None:
            self._begin(signal.time)
        elif not signal.is_locked and self.since is not None:
            self._end(signal.time)

    def _begin(self, time: datetime) -> None:
        self.since = time
        self._engine.write(lambda step: cursors.put(step.conn, {STATE: str(to_us(time))}))

    def _end(self, time: datetime) -> None:
        """In one step, so that it is neither lost nor told twice."""
        since, self.since = self.since, None

        def write(step: Step) -> None:
            cursors.drop(step.conn, STATE)
            if since is not None and time > since:  # not where the clock was set back meanwhile
                checkout_rows.add_absence(step, Absence(since, time, "lock", self._device))

        self._engine.write(write)
