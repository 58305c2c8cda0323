"""Evidence that grows old goes; the hours made of it stay as they were, whatever is derived again."""

from datetime import timedelta

import pytest

from stintd.engine.upkeep.housekeeping import Housekeeping, expire
from stintd.errors import Invalid
from stintd.settings.keys import BY_NAME, Wrong
from stintd.store import heartbeats
from tests.support.clock import FakeClock
from tests.support.engine import beat, every, running

KEPT = timedelta(days=90)
SHEET = "SELECT id, start_us, end_us, project_id, description FROM entry ORDER BY start_us"


async def count(daemon) -> int:
    return (await daemon.rows("SELECT coalesce(sum(count), 0) AS n FROM span"))[0]["n"]


async def derive_again(daemon) -> None:
    """Derive everything again."""

    def touch(step) -> None:
        bounds = heartbeats.bounds(step.conn)
        step.touch(bounds[0] - 10**15, bounds[1])

    await daemon.engine.run(touch)


async def test_old_heartbeats_go_and_their_hours_stay(tmp_path):
    clock = FakeClock()
    now = clock.now()
    async with running(tmp_path, clock) as daemon:
        daemon.tell(*every(now - timedelta(days=200), 60, 5, project="acme", branch="old"))
        daemon.tell(*every(now - timedelta(days=100), 30, 5, project="beta"))
        daemon.tell(*every(now - timedelta(days=10), 45, 5, project="acme"))
        before, beats = await daemon.rows(SHEET), await count(daemon)
        assert await daemon.engine.run(lambda step: expire(step, KEPT)) == 20
        assert await count(daemon) == beats - 20
        assert await daemon.rows(SHEET) == before
        await derive_again(daemon)
        assert await daemon.rows(SHEET) == before, "nothing derives them again"
        assert await daemon.rows("SELECT 1 FROM context WHERE branch = 'old'") == [], "nor is a word of them left"
        daemon.tell(beat(now - timedelta(days=200)))
        assert await daemon.engine.run(lambda step: expire(step, KEPT)) in (0, 1)
        assert await daemon.rows(SHEET) == before


async def test_work_under_way_at_the_edge_is_kept_whole(tmp_path):
    clock = FakeClock()
    edge = clock.now() - KEPT
    async with running(tmp_path, clock) as daemon:
        daemon.tell(*every(edge - timedelta(minutes=30), 60, 5))
        before, beats = await daemon.rows(SHEET), await count(daemon)
        assert await daemon.engine.run(lambda step: expire(step, KEPT)) == 0
        assert (await daemon.rows(SHEET), await count(daemon)) == (before, beats)


async def test_what_is_sent_again_stays_known(tmp_path):
    clock = FakeClock()
    async with running(tmp_path, clock) as daemon:
        old = beat(clock.now() - timedelta(days=200), origin_id="mine")
        daemon.tell(old)
        await daemon.engine.run(lambda step: None)
        await daemon.engine.run(lambda step: expire(step, KEPT))
        assert daemon.tell(old)[:2] == (0, 1)


async def test_without_the_setting_nothing_goes_and_with_it_once_a_day(tmp_path):
    clock = FakeClock()
    async with running(tmp_path, clock) as daemon:
        keeping = Housekeeping(daemon.engine, clock)
        daemon.engine.call_after_commit(keeping.check)
        daemon.tell(*every(clock.now() - timedelta(days=200), 30, 5))
        await daemon.engine.run(lambda step: None)
        await clock.advance(seconds=30)
        assert await count(daemon) == 7
        keeping.keep_evidence(KEPT)
        await clock.advance(hours=25)
        await daemon.engine.run(lambda step: None)
        await clock.advance(seconds=30)
        assert await count(daemon) == 0


@pytest.mark.parametrize("value", ["1d", "89d", "400d", 90])
def test_a_length_that_forgets_what_is_needed_is_refused(value):
    with pytest.raises((Wrong, Invalid)):
        BY_NAME["retention.evidence"].read(value)
    assert BY_NAME["retention.evidence"].read("0s") == timedelta()
    assert BY_NAME["retention.evidence"].read("90d") == KEPT
