"""Usual hours: learnt from earlier days, stored with the day, and only for evidence that nothing else confirms."""

from datetime import UTC, datetime, timedelta

from stintd.engine.sheet import refresh
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
