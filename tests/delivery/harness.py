"""A real engine and database with one target whose server is a fake; killed and begun again on the same files."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from stintd.domain.billing.target import Target, TargetRule
from stintd.engine.commands import approval, entries
from stintd.engine.commands.entries import EntryRequest
from stintd.engine.delivery.credentials import TargetKeys
from stintd.engine.delivery.plan import TargetLink
from stintd.engine.delivery.targetlane import LaneTools
from stintd.engine.delivery.targets import BillingTargets
from stintd.engine.rows import Row, select
from stintd.engine.supervisor import Supervisor
from stintd.ports import Kind, Login
from stintd.secret import SecretFolder
from stintd.sinks.registry import KINDS
from tests.support import PATIENCE
from tests.support.billing import FAKES, TIMERS
from tests.support.billing.fake import Fake
from tests.support.billing.spec import CONTRACTS, SPECS, Judged, judge_calls
from tests.support.clock import FakeClock
from tests.support.engine import Running, running

KEY = {"api_key_env": "KEY"}
OTHER = "other"


def target_of(kind: str, **more: Any) -> Target:
    fake = {**FAKES, **TIMERS}[kind]
    rules = (TargetRule(fake.remote, project="atlas"),)
    base = {
        "base_url": "http://fake",
        "since": date(2026, 11, 1),
        "rules": rules,
        "key": KEY,
        "settle": timedelta(minutes=10),
        "options": fake.options,
        "retry_max": timedelta(minutes=1),
    }
    return Target("acme", kind, **{**base, **more})


class Desk:
    """Enters, edits and approves work, and lets time pass."""

    def __init__(self, running: Running, targets: BillingTargets, fake: Any) -> None:
        self.running, self.targets, self.fake, self.engine = running, targets, fake, running.engine

    async def add(self, hour: float, minutes: int = 60, note: str = "work", project: str = "atlas", day: int = 19) -> str:
        start = self.running.clock.now().replace(day=day, hour=0, minute=0, second=0) + timedelta(hours=hour)
        end = start + timedelta(minutes=minutes)
        request = EntryRequest(project_name=project, auto_create=True, start=start, end=end, words={"description": note})
        made = await self.engine.run(lambda step: entries.create(step, request))
        return str(made.value["id"])

    async def approve(self, since: int = 1, until: int = 20) -> None:
        await self.engine.run(lambda step: approval.approve(step, date(2026, 11, since), date(2026, 11, until)))

    async def unapprove(self) -> None:
        await self.engine.run(lambda step: approval.unapprove(step, date(2026, 11, 1), date(2026, 11, 20)))

    async def edit(self, entry_id: str, **values: Any) -> None:
        await self.engine.run(lambda step: entries.change(step, entry_id, **values))

    async def delete(self, entry_id: str) -> None:
        await self.engine.run(lambda step: entries.delete(step, entry_id))

    async def rows(self) -> list[Row]:
        return await self.engine.read(lambda conn: select(conn, "SELECT * FROM delivery WHERE target = 'acme' ORDER BY seq"))

    async def states(self) -> list[str]:
        return [row["state"] + (f": {row['hold']}" if row["hold"] else "") for row in await self.rows()]

    async def pass_time(self, minutes: float = 11, rounds: int = 1) -> None:
        """Advance, and let what real threads do in between be done."""
        for _ in range(rounds):
            await self.running.clock.advance(minutes=minutes)
            await self.quiet()

    async def quiet(self) -> None:
        """Until nothing more happens without time passing, however long real threads take on a busy machine."""
        still, give_up = 0, time.monotonic() + PATIENCE
        while still < 2 and not self.fake.hangs:
            assert time.monotonic() < give_up, f"never quiet: {await self.states()}"
            before = len(self.fake.asked), len(self.targets._lanes)
            await self.engine.database.write(lambda conn: None)  # behind what the engine is writing now
            for _ in range(20):  # and it has said what there is to send
                await asyncio.sleep(0)
            is_still = (len(self.fake.asked), len(self.targets._lanes)) == before and not self._is_busy()
            still = still + 1 if is_still else 0
            if not is_still:
                await asyncio.sleep(0.002)

    def _is_busy(self) -> bool:
        """Whether a lane does anything but wait for time to pass, or the engine has a step to do now."""
        lanes = self.targets._lanes.values()
        return self.engine._pause() == 0 or not all(lane.is_waiting and not lane._wake.is_set() for lane in lanes)


@asynccontextmanager
async def desk(
    folder: Path,
    kind: str = "clockme",
    fake: Fake | None = None,
    clock: FakeClock | None = None,
    target: Target | None = None,
    seed: int = 0,
    shape: Kind | None = None,
    beside: Fake | None = None,
) -> AsyncIterator[Desk]:
    """`shape`: a kind that only tests know. `beside`: a receiver of one's own that everything goes to as well."""
    shape = shape or KINDS[target.kind if target is not None else kind]
    fake = fake if fake is not None else FAKES[kind]()
    async with running(folder, clock) as begun:
        supervisor = Supervisor(begun.clock, begun.engine.health)
        keys = TargetKeys(SecretFolder(str(folder / "secrets")), {"KEY": fake.key})
        rng = random.Random(seed)
        carrier = judge_calls(kind, fake) if SPECS and kind in CONTRACTS else fake

        def make(target: Target, secret: str) -> Any:
            if target.name == OTHER:
                return KINDS["webhook"].make(beside, begun.clock, Login(target.base_url, secret))
            return shape.make(carrier, begun.clock, Login(target.base_url, secret, target.options))

        targets = BillingTargets(LaneTools(begun.engine, keys, make, rng.random), supervisor)
        begun.engine.on_outgoing.subscribe(targets.wake_lanes)
        one = target if target is not None else target_of(kind)
        able = replace(shape.able, calls_per_hour=100_000)
        planned = {one.name: TargetLink(one, able)}
        if beside is not None:
            planned[OTHER] = TargetLink(replace(target_of("webhook", deliver=one.deliver), name=OTHER), KINDS["webhook"].able)
        await targets.connect(planned)
        try:
            yield Desk(begun, targets, fake)
        finally:
            if not fake.is_hanging:  # a killed daemon waits for nobody
                await targets.stop()
            await supervisor.stop()
        if isinstance(carrier, Judged):
            assert carrier.judge.told == [], "not as the service's own document says"
