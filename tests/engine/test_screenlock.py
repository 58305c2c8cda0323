"""A locked screen becomes an absence of its whole length, whatever ends first, and cuts the day as the rules say."""

from datetime import UTC, datetime, timedelta

import pytest

from stintd.domain.model import Absence, AbsenceSignal, ScreenSignal, from_us
from stintd.engine.intake.screenlock import STATE
from tests.support.clock import FakeClock
from tests.support.engine import every, running

MORNING = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def at(minutes: float) -> datetime:
    return MORNING + minutes * MINUTE


def tell(daemon, minutes: float, is_locked: bool) -> None:
    daemon.intake.tell(ScreenSignal(at(minutes), is_locked))


async def absences(daemon) -> list[tuple[float, float, str]]:
    rows = await daemon.rows("SELECT * FROM absence ORDER BY start_us")
    return [((from_us(r["start_us"]) - MORNING) / MINUTE, (from_us(r["end_us"]) - MORNING) / MINUTE, r["kind"]) for r in rows]


async def kept(daemon) -> str | None:
    rows = await daemon.rows("SELECT value FROM cursor WHERE name = ?", STATE)
    return rows[0]["value"] if rows else None


@pytest.mark.parametrize(("length", "worked"), [(5, 32), (6, 26)])
async def test_a_lock_longer_than_its_grace_is_cut_out_from_its_start(tmp_path, length, worked):
    async with running(tmp_path, FakeClock(at(60))) as daemon:
        daemon.tell(*every(MORNING, 10), *every(at(10 + length), 20 - length))
        tell(daemon, 10, True)
        tell(daemon, 10 + length, False)
        rows = await daemon.sheet()
        assert sum((row["end_us"] - row["start_us"]) / 60e6 for row in rows) == pytest.approx(worked)  # with lead and tail
        assert await absences(daemon) == [(10, 10 + length, "lock")]


async def test_told_twice_is_one_and_an_end_without_a_beginning_is_none(tmp_path):
    async with running(tmp_path, FakeClock(at(60))) as daemon:
        for minutes, is_locked in ((0, False), (5, True), (6, True), (20, False), (21, False), (30, True), (30, False)):
            tell(daemon, minutes, is_locked)
        assert await absences(daemon) == [(5, 20, "lock")]
        assert await kept(daemon) is None


async def test_a_lock_and_a_suspend_within_it_are_both_kept(tmp_path):
    async with running(tmp_path, FakeClock(at(300))) as daemon:
        daemon.tell(*every(MORNING, 10), *every(at(200), 10))
        tell(daemon, 10, True)
        daemon.intake.tell(AbsenceSignal(Absence(at(12), at(190), "suspend")))
        tell(daemon, 199, False)
        assert await absences(daemon) == [(10, 199, "lock"), (12, 190, "suspend")]
        rows = await daemon.sheet()
        assert rows[0]["end_us"] == int(at(10).timestamp()) * 1_000_000


@pytest.mark.parametrize(
    ("first", "told"),
    [
        ((21, True), [(10, 60, "lock")]),  # away for a minute: locked all the time
        ((50, True), [(10, 20, "lock"), (50, 60, "lock")]),  # nobody knows what was between
        ((50, False), [(10, 20, "lock")]),
    ],
)
async def test_a_lock_that_was_open_when_the_daemon_died(tmp_path, first, told):
    async with running(tmp_path, FakeClock(at(20))) as daemon:
        tell(daemon, 10, True)
        await daemon.sheet()
        state = await kept(daemon)
    async with running(tmp_path, FakeClock(at(60))) as daemon:
        daemon.core.screen_lock.restore(state, at(20))
        tell(daemon, *first)
        tell(daemon, 60, False)
        assert await absences(daemon) == told
        assert await kept(daemon) is None


async def test_a_clock_set_back_while_locked_makes_no_absence(tmp_path):
    async with running(tmp_path, FakeClock(at(60))) as daemon:
        tell(daemon, 30, True)
        tell(daemon, 10, False)
        assert await absences(daemon) == []
