"""The owner's switch for recording. While recording is off, nothing is stored, and what arrives later from that time is not
stored either (TRACKING: absences, `stint off`). The state survives restarts. Loop thread only.
"""

import asyncio
from datetime import datetime, timedelta
from typing import TypedDict

from stintd.clock import Clock
from stintd.domain.model import Absence, from_us, to_us
from stintd.engine.engine import Engine
from stintd.engine.sheet import checkout_rows
from stintd.engine.step import Step
from stintd.store import cursors

STATE = "recording_off"


class RecordingState(TypedDict):
    """Whether stintd records, and until when it does not."""

    recording: bool
    until: str | None


class Recording:
    """Since when recording is off, and until when."""

    def __init__(self, engine: Engine, clock: Clock, device: str) -> None:
        self._engine, self._clock, self._device = engine, clock, device
        self.since: datetime | None = None
        self.until: datetime | None = None
        self._past: tuple[datetime, datetime] | None = None
        self._timer: asyncio.Task[None] | None = None

    def restore(self, text: str | None) -> None:
        """Restore the state at which the daemon stopped."""
        if text:
            since, _, until = text.partition(" ")
            self.since, self.until = from_us(int(since)), from_us(int(until)) if until else None
            self._arm()

    def is_off(self, time: datetime) -> bool:
        """Whether a heartbeat of this time must not be stored."""
        if self._past is not None and self._past[0] <= time < self._past[1]:
            return True  # the noise rules still held it when recording was switched on
        return self.since is not None and time >= self.since and (self.until is None or time < self.until)

    def state(self) -> RecordingState:
        """The state as API clients see it."""
        until = self.until.isoformat().replace("+00:00", "Z") if self.until else None
        return {"recording": self.since is None, "until": until if self.since else None}

    async def switch_off(self, minutes: float | None) -> None:
        """Store nothing from now on, for some minutes or until `switch_on`."""
        now = self._clock.now()
        since = self.since or now
        until = now + timedelta(minutes=minutes) if minutes else None
        stored = f"{to_us(since)} {to_us(until) if until else ''}".strip()

        def write(step: Step) -> None:
            cursors.put(step.conn, {STATE: stored})
            step.touch(to_us(since), to_us(now))
            step.publish("health", {"recording": False})

        await self._engine.run(write)
        self.since, self.until = since, until
        self._arm()

    async def switch_on(self) -> None:
        """Record again; the time since it was switched off becomes an absence."""
        if self.since is None:
            return
        now = self._clock.now()
        absence = Absence(self.since, min(now, self.until or now), "off", self._device)

        def write(step: Step) -> None:
            cursors.drop(step.conn, STATE)
            checkout_rows.add_absence(step, absence)
            step.publish("health", {"recording": True})

        await self._engine.run(write)
        self._past = (absence.start, absence.end)
        self.since = self.until = None
        self._disarm()

    def stop(self) -> None:
        """Cancel the alarm; the state stays stored."""
        self._disarm()

    def _arm(self) -> None:
        self._disarm()
        if self.until is not None:
            self._timer = asyncio.create_task(self._switch_on_at(self.until))

    def _disarm(self) -> None:
        if self._timer is not None and self._timer is not asyncio.current_task():
            self._timer.cancel()
        self._timer = None

    async def _switch_on_at(self, until: datetime) -> None:
        await self._clock.sleep(max(0.0, (until - self._clock.now()).total_seconds()))
        await self.switch_on()
