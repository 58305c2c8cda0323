"""Copies of heartbeats for another server: what comes late is sent as well, whenever it comes."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from stintd.domain.emitting import OutgoingBeat
from stintd.domain.model import from_us, to_us
from stintd.domain.policy import MapRule, Policy
from stintd.engine.delivery.emitted import load_outgoing_beats
from stintd.engine.delivery.emitter import GATHER, Emitter
from stintd.engine.view import View
from tests.support import wait_until
from tests.support.engine import beat, every, running


async def test_what_comes_late_while_its_stretch_is_on_its_way_is_sent_too(tmp_path: Path) -> None:
    async with running(tmp_path) as run:
        began, sent = run.clock.now(), list[list[int]]()
        late = to_us(began + timedelta(minutes=12, seconds=30))

        async def deliver(beats: Sequence[OutgoingBeat], now_us: int) -> None:
            sent.append([outgoing.time_us for outgoing in beats])
            if len(sent) == 1:
                run.tell(beat(from_us(late), entity="late.py"))

        emitter = Emitter(run.engine, "there", "http://there", deliver)
        run.engine.on_admitted.subscribe(emitter.note_admitted)
        task = asyncio.create_task(emitter.run())
        await wait_until(lambda: run.rows("SELECT 1 FROM cursor WHERE name = 'emit.there'"), "it has begun")
        await run.clock.advance(minutes=60)
        run.tell(*every(began + timedelta(minutes=10), 5))

        async def has_rounds() -> bool:
            await run.clock.advance(seconds=GATHER)
            return len(sent) > 1

        await wait_until(has_rounds, "it is sent again")
        assert sent[1] == sorted([*sent[0], late]), "with all that no silence parts from it"
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_nothing_is_sent_of_work_in_a_folder_that_is_no_projects(tmp_path: Path) -> None:
    async with running(tmp_path, policy=Policy(mappings=(MapRule(path="/home/ada/notes", project="writing"),))) as run:
        began = run.clock.now()
        for path in ("/home/ada/.ssh/config", "/home/ada/notes/a.md"):
            run.tell(beat(began, project=None, path=path))
        run.tell(beat(began, project="acme", entity="a.py"))
        await run.sheet()
        sent, _ = await run.engine.read(
            lambda conn: load_outgoing_beats(View(conn, run.clock.now(), run.engine.policy), to_us(began), to_us(began) + 1)
        )
        assert sorted(one.project for one in sent) == ["acme", "writing"]
