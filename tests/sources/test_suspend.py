"""Sleep, a set clock and a stalled daemon are told apart by comparing three clocks."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from stintd.domain.model import Absence, AbsenceSignal, BlindSignal, RescanSignal, Signal
from stintd.sources.suspend import ClockReading, ClockWatch, compare
from tests.support.clock import FakeClock

NINE = datetime(2026, 11, 20, 9, tzinfo=UTC)


def after(wall: float, mono: float, boot: float) -> list[Signal]:
    start = ClockReading(NINE, 100.0, 100.0)
    return compare(start, ClockReading(NINE + timedelta(seconds=wall), 100.0 + mono, 100.0 + boot), "laptop")


def test_boot_time_ahead_of_monotonic_time_is_a_suspend_of_exactly_that_length() -> None:
    assert after(3630, 30, 3630) == [
        AbsenceSignal(Absence(NINE, NINE + timedelta(hours=1), "suspend", "laptop")),
        RescanSignal(NINE + timedelta(seconds=3630), "resume"),
    ]


@pytest.mark.parametrize(("wall", "mono", "boot"), [(60, 60, 60), (61.9, 60, 60), (60, 60, 61.9), (36000, 36000, 36000)])
def test_agreeing_clocks_say_nothing(wall: float, mono: float, boot: float) -> None:
    assert after(wall, mono, boot) == []


def test_a_clock_set_forward_or_back_is_shown_and_is_no_absence() -> None:
    (forward,) = after(3660, 60, 60)
    assert isinstance(forward, BlindSignal)
    assert "forward by 1h 00m" in forward.reason
    (back,) = after(-3540, 60, 60)
    assert isinstance(back, BlindSignal)
    assert back.start <= back.end
    assert "back by 1h 00m" in back.reason


def test_a_suspend_during_which_the_clock_was_set_is_both() -> None:
    kinds = [type(signal) for signal in after(7260, 60, 3660)]
    assert kinds == [AbsenceSignal, RescanSignal, BlindSignal]


class Running:
    """A clock watch whose run is under way."""

    def __init__(self) -> None:
        self.clock, self.told = FakeClock(NINE), list[Signal]()
        self.watch = ClockWatch(self.clock, "laptop")

    async def __aenter__(self) -> "Running":
        self._task = asyncio.create_task(self.watch.run(self.told.append))
        await asyncio.sleep(0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task


async def test_nothing_ticks_while_no_timer_runs() -> None:
    async with Running() as it:
        await it.clock.advance(hours=5)
        assert it.clock._sleepers == []
        assert it.told == []


async def test_a_lid_closed_while_a_timer_runs_is_noticed_within_a_minute() -> None:
    async with Running() as it:
        it.watch.need_ticks(True)
        await it.clock.advance(seconds=61)
        it.clock.suspend(hours=1)
        await it.clock.advance(seconds=61)
        assert [type(s) for s in it.told] == [AbsenceSignal, RescanSignal]
        absence = it.told[0]
        assert isinstance(absence, AbsenceSignal)
        assert absence.absence.end - absence.absence.start == timedelta(hours=1)


async def test_any_wake_may_check() -> None:
    async with Running() as it:
        it.clock.suspend(hours=2)
        it.watch.check()
        it.watch.check()
        assert [type(s) for s in it.told] == [AbsenceSignal, RescanSignal]


async def test_a_tick_that_comes_late_is_a_stall_and_asks_for_a_sweep() -> None:
    async with Running() as it:
        it.watch.need_ticks(True)
        await it.clock.advance(seconds=1)
        it.clock.move(minutes=10)  # nobody was woken
        await it.clock.advance(seconds=1)
        assert [type(s) for s in it.told] == [BlindSignal, RescanSignal]
        await it.clock.advance(minutes=5)
        assert len(it.told) == 2
