"""Notices that the machine slept, that somebody set the clock, or that the daemon itself was stalled.

Three clocks are compared. Boot time continues during suspend and monotonic time does not, so their difference is exactly the
sleep. When wall time moved differently from boot time, somebody set it. When our own tick comes much too late, the daemon
was stalled: nobody watched, but somebody may well have worked.

It costs nothing while no timer runs: `check` is called whenever the daemon wakes for another reason, and only while a timer
runs there is a tick, once a minute.
"""

import asyncio
from datetime import datetime, timedelta

from stintd.clock import Clock
from stintd.domain.lengths import exact_length
from stintd.domain.model import Absence, AbsenceSignal, BlindSignal, RescanSignal, Signal
from stintd.frozen import frozen
from stintd.ports import Sink

TICK = 60.0  # seconds; the idle bar is one wakeup a minute
LATE = 20.0  # seconds a tick may be late on a busy machine before it is a stall
DRIFT = 2.0  # seconds that clocks may drift apart between two looks


@frozen
class ClockReading:
    """The three clocks at one moment."""

    wall: datetime
    monotonic: float
    boot: float


class ClockWatch:
    """A source. All methods run on the loop's thread; `check` before `run` only remembers the clocks."""

    name = "clock"

    def __init__(self, clock: Clock, device: str = "") -> None:
        self._clock, self._device = clock, device
        self._last = self._read()
        self._sink: Sink | None = None
        self._needed = asyncio.Event()

    def need_ticks(self, is_needed: bool) -> None:
        """Tick while a timer runs (or stop): only then is there something that a sleep could cut."""
        if is_needed:
            self._needed.set()
        else:
            self._needed.clear()

    def check(self) -> None:
        """Compare the clocks with the last look and report what happened in between. Cheap enough for every wake."""
        before, self._last = self._last, self._read()
        self._report(compare(before, self._last, self._device))

    async def run(self, sink: Sink) -> None:
        """Tick while needed, until cancelled."""
        self._sink = sink
        while True:
            await self._needed.wait()
            due = self._clock.monotonic() + TICK
            await self._clock.sleep(TICK)
            before = self._last
            self.check()
            late = self._clock.monotonic() - due
            if late > LATE:
                now = self._clock.now()
                start = min(max(before.wall, now - timedelta(seconds=late)), now)
                stall = BlindSignal(start, now, f"the daemon was stalled for {exact_length(round(late))}")
                self._report([stall, RescanSignal(now, "stall")])

    def _read(self) -> ClockReading:
        return ClockReading(self._clock.now(), self._clock.monotonic(), self._clock.boottime())

    def _report(self, signals: list[Signal]) -> None:
        if self._sink is not None:
            for signal in signals:
                self._sink(signal)


def compare(before: ClockReading, after: ClockReading, device: str = "") -> list[Signal]:
    """What happened between two looks at the clocks.

    A sleep began at the earliest right after the first look, and that is where it is placed: evidence makes the daemon
    look, so whatever was seen before the lid closed lies before the absence. The length of the sleep is exact.
    """
    awake, passed = after.monotonic - before.monotonic, after.boot - before.boot
    signals: list[Signal] = []
    if passed - awake > DRIFT:
        asleep = timedelta(seconds=passed - awake)
        signals.append(AbsenceSignal(Absence(before.wall, before.wall + asleep, "suspend", device)))
        signals.append(RescanSignal(after.wall, "resume"))
    set_by = (after.wall - before.wall).total_seconds() - passed
    if abs(set_by) > DRIFT:
        way = "forward" if set_by > 0 else "back"
        start, end = min(before.wall, after.wall), max(before.wall, after.wall)
        signals.append(BlindSignal(start, end, f"the clock was set {way} by {exact_length(round(abs(set_by)))}"))
    return signals
