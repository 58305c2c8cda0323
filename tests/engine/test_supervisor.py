"""The supervisor: what fails is started again and said, and no longer said once it has gone well for long."""

import asyncio

from stintd.engine.health import Health
from stintd.engine.supervisor import CALM_AFTER, FIRST_PAUSE, Supervisor
from tests.support.clock import FakeClock


async def test_a_failure_is_said_until_the_task_has_run_calmly_for_long():
    clock = FakeClock()
    health, runs = Health(clock.now), []

    async def run() -> None:
        runs.append(clock.now())
        if len(runs) == 1:
            raise OSError("the folder is gone")
        await asyncio.Event().wait()

    supervisor = Supervisor(clock, health)
    supervisor.start("spool", run)
    await _breathe()
    assert [warning.text for warning in health.warnings()] == ["spool stopped: the folder is gone"]
    await clock.advance(seconds=FIRST_PAUSE)
    await _breathe()
    assert len(runs) == 2
    await clock.advance(seconds=CALM_AFTER - 1)
    await _breathe()
    assert len(health.warnings()) == 1
    await clock.advance(seconds=1)
    await _breathe()
    assert health.warnings() == []
    await supervisor.stop()
    assert clock._sleepers == []


async def _breathe() -> None:
    for _ in range(20):
        await asyncio.sleep(0)
