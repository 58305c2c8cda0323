"""A read that begins after an answer sees its effect, wherever the answered evidence is on its way."""

import asyncio
import threading
from datetime import timedelta
from pathlib import Path

from stintd.engine.step import Step
from tests.support import PATIENCE
from tests.support.engine import every, running


async def test_a_read_waits_for_the_step_that_is_just_being_written(tmp_path: Path) -> None:
    async with running(tmp_path) as run:
        has_begun, may_end = threading.Event(), threading.Event()

        def dawdle(step: Step) -> None:
            has_begun.set()
            may_end.wait(PATIENCE)

        run.engine.write(dawdle)
        run.tell(*every(run.clock.now() - timedelta(minutes=20), 10))
        await run.clock.advance(seconds=1)
        assert await asyncio.to_thread(has_begun.wait, 10)
        reading = asyncio.create_task(run.sheet())
        await asyncio.wait([reading], timeout=0.2)
        may_end.set()
        assert [(row["project"], row["state"]) for row in await reading] == [("acme", "running")]
