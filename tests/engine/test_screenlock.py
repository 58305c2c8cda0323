"""A locked screen becomes an absence of its whole length, whatever ends first, and cuts the day as the rules say."""

from datetime import UTC, datetime, timedelta

import pytest

from stintd.domain.model import Absence, AbsenceSignal, ScreenSignal, from_us
from stintd.engine.intake.screenlock import STATE
from tests.support.clock import FakeClock
from tests.support.engine import every, running

MORNING = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def instant(minutes: float) -> datetime:
    return MORNING + minutes * MINUTE


def tell_lock(daemon, minutes: float, is_locked: bool) -> None:
    daemon.intake.tell(ScreenSignal(instant(minutes), is_locked))


async def absences(daemon) -> list[tuple[float, float, str]]:
    rows = await daemon.rows("SELECT * FROM absence ORDER BY start_us")
    return [((from_us(r["start_us"]) - MORNING) / MINUTE, (from_us(r["end_us"]) - MORNING) / MINUTE, r["kind"]) for r in rows]


async def stored_state(daemon) -> str | None:
    rows = await daemon.rows("SELECT value FROM cursor WHERE name = ?", STATE)
    return rows[0]["value"] if rows else None


@pytest.mark.parametrize(("length", "worked"), [(5, 32), (6, 26)])
async def test_a_lock_longer_than_its_grace_is_cut_out_from_its_start(tmp_path, length, worked):
    async with running(tmp_path, FakeClock(instant(60))) as daemon:
        daemon.tell(*every(MORNING, 10), *every(instant(10 + length), 20 - length))
        tell_lock(daemon, 10, True)
        tell_lock(daemon, 10 + length, False)
        rows = await daemon.sheet()
        assert sum((row["end_us"] - row["start_us"]) / 60e6 for row in rows) == pytest.approx(worked)  # with lead and tail
        assert await absences(daemon) == [(10, 10 + length, "lock")]


async def test_told_twice_is_one_and_an_end_without_a_beginning_is_none(tmp_path):
    async with running(tmp_path, FakeClock(instant(60))) as daemon:
        for minutes, is_locked in ((0, False), (5, True), (6, True), (20, False), (21, False), (30, True), (30, False)):
            tell_lock(daemon, minutes, is_locked)
        assert await absences(daemon) == [(5, 20, "lock")]
        assert await stored_state(daemon) is None


async def test_a_lock_and_a_suspend_within_it_are_both_kept(tmp_path):
    async with running(tmp_path, FakeClock(instant(300))) as daemon:
        daemon.tell(*every(MORNING, 10), *every(instant(200), 10))
        tell_lock(daemon, 10, True)
        daemon.intake.tell(AbsenceSignal(Absence(instant(12), instant(190), "suspend")))
        tell_lock(daemon, 199, False)
        assert await absences(daemon) == [(10, 199, "lock"), (12, 190, "suspend")]
        rows = await daemon.sheet()
        assert rows[0]["end_us"] == int(instant(10).timestamp()) * 1_000_000


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        ((21, True), [(10, 60, "lock")]),  # away for a minute: locked all the time
        ((50, True), [(10, 20, "lock"), (50, 60, "lock")]),  # nobody knows what was between
        ((50, False), [(10, 20, "lock")]),
    ],
)
async def test_a_lock_that_was_open_when_the_daemon_died(tmp_path, first, expected):
    async with running(tmp_path, FakeClock(instant(20))) as daemon:
        tell_lock(daemon, 10, True)
        await daemon.sheet()
        state = await stored_state(daemon)
    async with running(tmp_path, FakeClock(instant(60))) as daemon:
        daemon.core.screen_lock.restore(state, instant(20))
        tell_lock(daemon, *first)
        tell_lock(daemon, 60, False)
        assert await absences(daemon) == expected
        assert await stored_state(daemon) is None


async def test_a_clock_set_back_while_locked_makes_no_absence(tmp_path):
    async with running(tmp_path, FakeClock(instant(60))) as daemon:
        tell_lock(daemon, 30, True)
        tell_lock(daemon, 10, False)
        assert await absences(daemon) == []
