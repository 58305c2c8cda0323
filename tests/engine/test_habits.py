"""Usual hours and what silences mean: learnt from earlier days and stored with the day."""

from datetime import UTC, datetime, timedelta

from stintd.domain.model import to_us
from stintd.engine.sheet.derive import refresh
from tests.support.clock import FakeClock
from tests.support.engine import beat, every, running

DAY = timedelta(days=1)
MORNING = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
NIGHT = datetime(2026, 11, 9, 3, 0, tzinfo=UTC)


async def test_file_changes_alone_at_an_unusual_hour_are_unconfirmed_and_stay_so(tmp_path):
    async with running(tmp_path, FakeClock(NIGHT + 2 * DAY)) as daemon:
        for number in range(6):
            daemon.tell(*every(MORNING + number * DAY, 60))
        await daemon.sheet()
        daemon.tell(*every(NIGHT, 30, source="watch"))
        daemon.tell(*every(NIGHT + timedelta(hours=7), 30, source="watch"))
        night, morning = (await daemon.sheet())[-2:]
        assert (night["is_confirmed"], morning["is_confirmed"]) == (0, 1)
        daemon.tell(*[beat(MORNING.replace(hour=2) + number * DAY) for number in range(6)])
        await daemon.engine.run(lambda step: refresh(step, [(0, 4_000_000_000_000_000)]))
        assert (await daemon.sheet())[-2]["is_confirmed"] == 0


async def test_a_new_owner_has_no_usual_hours_and_everything_is_confirmed(tmp_path):
    async with running(tmp_path, FakeClock(NIGHT + DAY)) as daemon:
        daemon.tell(*every(NIGHT, 30, source="watch"))
        assert [row["is_confirmed"] for row in await daemon.sheet()] == [1]


async def work_mornings(daemon, days: int) -> None:
    """Mornings of two hours, each with a break after a commit amid and one at the end."""
    for number in range(days):
        start = MORNING + number * DAY
        daemon.tell(*every(start, 59), beat(start + timedelta(minutes=60), kind="commit"))
        daemon.tell(*every(start + timedelta(minutes=90), 29), beat(start + timedelta(minutes=120), kind="commit"))
        await daemon.sheet()


async def work_with_silence(daemon, minutes: int, kind: str = "edit") -> int:
    """How many stretches the last morning has that was silent once for so long."""
    start = MORNING + 6 * DAY
    daemon.tell(
        *every(start, 29), beat(start + timedelta(minutes=30), kind=kind), *every(start + timedelta(minutes=30 + minutes), 30)
    )
    return len([row for row in await daemon.sheet() if row["start_us"] >= to_us(start - timedelta(hours=1))])


async def test_who_commits_before_every_break_is_still_at_work_in_a_longer_silence_after_an_edit(tmp_path):
    async with running(tmp_path / "known", FakeClock(NIGHT)) as daemon:
        await work_mornings(daemon, 6)
        assert await work_with_silence(daemon, 18) == 1
    async with running(tmp_path / "stranger", FakeClock(NIGHT)) as daemon:
        await work_mornings(daemon, 4)
        assert await work_with_silence(daemon, 18) == 2


async def test_who_leaves_after_every_commit_is_away_sooner_after_one(tmp_path):
    async with running(tmp_path / "known", FakeClock(NIGHT)) as daemon:
        await work_mornings(daemon, 6)
        assert await work_with_silence(daemon, 7, "commit") == 2
    async with running(tmp_path / "stranger", FakeClock(NIGHT)) as daemon:
        assert await work_with_silence(daemon, 7, "commit") == 1


async def test_habit_of_a_day_stays_when_earlier_days_change(tmp_path):
    async with running(tmp_path, FakeClock(NIGHT)) as daemon:
        await work_mornings(daemon, 6)
        assert await work_with_silence(daemon, 18) == 1
        for number in range(6):
            daemon.tell(*every(MORNING + number * DAY + timedelta(hours=4), 5))
            daemon.tell(*every(MORNING + number * DAY + timedelta(hours=5), 5))
        await daemon.engine.run(lambda step: refresh(step, [(0, 4_000_000_000_000_000)]))
        last = [row for row in await daemon.sheet() if row["start_us"] >= to_us(MORNING + 5.9 * DAY)]
        assert len(last) == 1
