"""The timer at the target follows the local one: never two for one, none left running, nobody else's touched."""

import random
from datetime import timedelta

import pytest

from stintd.domain.billing.delivery import DELIVERED, GONE
from stintd.domain.billing.target import TargetRule
from stintd.engine.commands import timers
from stintd.engine.commands.timers import StartRequest
from stintd.engine.delivery.attempt import sync
from stintd.engine.delivery.livetimer import runs
from stintd.engine.delivery.targetlane import TargetLane
from tests.delivery.harness import desk, target_of
from tests.support.billing.clickup import ClickUpFake
from tests.support.billing.fake import unreliable
from tests.support.clock import FakeClock
from tests.support.engine import every

RULES = (
    TargetRule({"task_id": "86fpd7vgc"}, project="atlas"),
    TargetRule({"task_id": "86fpd7vhx"}, project="beta"),
)


def target(**more):
    return target_of("clickup", **{"live": True, "deliver": "auto", "rules": RULES, **more})


def fake_of(clock, **more):
    return ClickUpFake(now=lambda: clock.now().timestamp(), **more)


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def fake(clock):
    return fake_of(clock)


async def start(one, project="atlas", **words):
    """A timer by hand, as the only one."""
    made = await one.engine.run(
        lambda step: timers.switch(step, StartRequest(project_name=project, auto_create=True, words=words))
    )
    await one.quiet()
    return made.value["timer"]["id"]


async def do(one, fn, **more):
    await one.engine.run(lambda step: fn(step, **more))
    await one.quiet()


def ran(fake):
    """What was or is timed there: the task, whether it runs, and its minutes."""
    now = fake.now_ms()
    return [(one["tid"], one["end"] is None, ((one["end"] or now) - one["start"]) // 60_000) for one in fake.ledger.values()]


async def local(one):
    """The runs of the sheet, as the target would show them."""
    found = []
    for row in await one.running.rows("SELECT * FROM entry WHERE end_us IS NOT NULL"):
        found += [(lo // 10**6, (hi - lo) // 10**6, row["description"]) for lo, hi in runs(row) if hi - lo >= 10**6]
    return sorted(found)


async def test_it_starts_there_stops_there_and_is_one_entry_that_edits_and_a_deletion_follow(tmp_path, clock, fake):
    async with desk(tmp_path, "clickup", fake, clock, target()) as one:
        entry = await start(one, description="work")
        assert ran(fake) == [("86fpd7vgc", True, 0)]
        await one.pass_time(30)
        await do(one, timers.stop)
        assert ran(fake) == [("86fpd7vgc", False, 30)]
        assert await one.states() == ["changed"]
        await one.pass_time(11)
        assert await one.states() == [DELIVERED]
        assert fake.sheet() == await local(one)
        await one.edit(entry, description="better")
        await one.pass_time(11)
        assert (len(fake.ledger), fake.sheet()[0][2]) == (1, "better")
        await one.delete(entry)
        await one.pass_time(11)
        assert (fake.ledger, await one.states()) == ({}, [GONE])


async def test_approval_rules_stay_for_what_the_timer_left(tmp_path, clock, fake):
    async with desk(tmp_path, "clickup", fake, clock, target(deliver="approved")) as one:
        entry = await start(one, description="work")
        await one.pass_time(30)
        await do(one, timers.stop)
        await one.edit(entry, description="secret thoughts")
        await one.pass_time(60)
        assert (await one.states(), fake.sheet()[0][2]) == (["changed: not approved"], "work")
        await one.approve()
        await one.pass_time(11)
        assert (await one.states(), fake.sheet()[0][2]) == ([DELIVERED], "secret thoughts")


async def test_a_switch_stops_the_one_and_starts_the_other_and_a_pause_ends_a_run(tmp_path, clock, fake):
    async with desk(tmp_path, "clickup", fake, clock, target()) as one:
        await start(one)
        await one.pass_time(10)
        await start(one, "beta")
        assert ran(fake) == [("86fpd7vgc", False, 10), ("86fpd7vhx", True, 0)]
        await one.pass_time(5)
        await do(one, timers.pause)
        assert fake.running() is None
        await one.pass_time(7)
        await do(one, timers.resume)
        await one.pass_time(20)
        await do(one, timers.stop)
        assert ran(fake) == [("86fpd7vgc", False, 10), ("86fpd7vhx", False, 5), ("86fpd7vhx", False, 20)]
        await one.pass_time(11)
        assert (len(fake.ledger), fake.sheet()) == (3, await local(one))


async def test_only_what_is_mapped_and_only_where_it_is_wished(tmp_path, clock, fake):
    async with desk(tmp_path, "clickup", fake, clock, target()) as one:
        await start(one, "gamma")
        assert fake.asked == []
        await one.targets.connect({"acme": one.targets.planned["acme"]})
    async with desk(tmp_path, "clickup", fake, clock, target(live=False)) as one:
        await start(one, "atlas")
        assert fake.asked == []


async def test_an_automatic_timer_runs_there_from_when_it_is_certain_and_is_put_right_where_it_ended_earlier(
    tmp_path, clock, fake
):
    async with desk(tmp_path, "clickup", fake, clock, target()) as one:
        begun = clock.now()
        for at in every(begun, 20, project="atlas"):
            await clock.advance(seconds=max(0, (at.time - clock.now()).total_seconds()))
            one.running.tell(at)
            await one.quiet()
        assert fake.running() is not None
        assert fake.made == 1
        await one.pass_time(5, rounds=8)
        assert fake.running() is None
        mine = await local(one)
        assert len(mine) == 1
        assert fake.sheet() == mine
        assert fake.made == 1


async def test_a_timer_that_somebody_else_started_is_left_alone_and_named(tmp_path, clock, fake):
    async with desk(tmp_path, "clickup", fake, clock, target()) as one:
        theirs = fake.start_by_hand(tid="86fpd7vjz")
        await start(one)
        assert (len(fake.ledger), theirs["end"]) == (1, None)
        warning = one.engine.health.warnings()[0]
        assert (warning.code, "did not start runs there" in warning.text) == ("delivery_live", True)
        assert "stop it there" in warning.hint
        asked = len(fake.asked)
        await one.pass_time(1, rounds=3)
        assert len(fake.asked) == asked
        theirs["end"] = fake.now_ms()
        await do(one, sync)
        assert fake.running()["tid"] == "86fpd7vgc"
        assert one.engine.health.warnings() == []


async def test_a_timer_that_somebody_started_after_ours_is_not_stopped_with_it(tmp_path, clock, fake):
    async with desk(tmp_path, "clickup", fake, clock, target()) as one:
        await start(one)
        await one.pass_time(10)
        ours = fake.running()
        ours["end"] = fake.now_ms()
        theirs = fake.start_by_hand(tid="86fpd7vjz")
        await one.pass_time(10)
        await do(one, timers.stop)
        assert theirs["end"] is None
        await one.pass_time(11)
        assert [line for line in fake.sheet() if line[0] * 1000 != theirs["start"]] == await local(one)


@pytest.mark.parametrize("gap", [1, 180])
async def test_killed_between_start_and_stop_it_is_known_again_and_stopped(tmp_path, clock, fake, gap):
    async with desk(tmp_path, "clickup", fake, clock, target()) as one:
        fake.is_hanging = True
        await start(one)
        assert (fake.hangs, fake.made) == (1, 1)
    fake.is_hanging, fake.hangs = False, 0
    async with desk(tmp_path, "clickup", fake, clock, target()) as one:
        await one.quiet()
        assert fake.running() is not None
    await clock.advance(minutes=gap)
    async with desk(tmp_path, "clickup", fake, clock, target()) as one:
        await do(one, timers.stop)
        assert fake.running() is None
        await one.pass_time(11)
        assert (fake.made, fake.sheet()) == (1, await local(one))


class Killing:
    """Hangs at the n-th request that writes after storing it, as a daemon that is killed then."""

    def __init__(self, fake, number):
        self.fake, self.left = fake, number

    def __call__(self, request):
        if request.method != "GET":
            self.left -= 1
            self.fake.is_hanging = self.left == 0
        return ""


@pytest.mark.parametrize("stops_first", [False, True])
@pytest.mark.parametrize("number", range(1, 8))
async def test_killed_at_any_request_it_ends_as_the_sheet(tmp_path, clock, number, stops_first):
    fake = fake_of(clock, stops_first=stops_first, idle={} if stops_first else None)
    fake.fault = Killing(fake, number)

    async with desk(tmp_path, "clickup", fake, clock, target()) as one:
        await start(one, description="one")
        await one.pass_time(10)
        await start(one, "beta", description="two")
        await one.pass_time(10)
        await do(one, timers.stop)
        await one.pass_time(11)
        assert fake.hangs == (number <= 6)
    fake.is_hanging, fake.hangs = False, 0
    async with desk(tmp_path, "clickup", fake, clock, target()) as one:
        await one.pass_time(11, rounds=3)
        assert fake.running() is None
        assert fake.sheet() == await local(one)


async def test_offline_for_hours_the_entry_there_is_put_right(tmp_path, clock, fake):
    async with desk(tmp_path, "clickup", fake, clock, target(deliver="approved")) as one:
        await start(one)
        await one.pass_time(60)
        fake.fault = lambda request: "down"
        await do(one, timers.stop)
        await one.pass_time(30, rounds=6)
        assert fake.running() is not None
        fake.fault = lambda request: ""
        await one.pass_time(61)
        assert fake.sheet() == await local(one)


async def test_one_that_is_refused_is_named_and_not_tried_again_at_once(tmp_path, clock, fake):
    async with desk(tmp_path, "clickup", fake, clock, target()) as one:
        fake.refuses = lambda body: True
        await start(one)
        assert "it accepts no timer: refused with 400: this timer is not wanted" in one.engine.health.warnings()[0].text
        asked = len(fake.asked)
        await one.pass_time(60)
        assert len(fake.asked) == asked
        fake.refuses = lambda body: False
        await do(one, timers.stop)
        await one.pass_time(11)
        assert (fake.sheet(), one.engine.health.warnings()) == (await local(one), [])


async def test_a_start_that_a_sleeping_machine_delayed_is_begun_anew_so_that_it_is_known_again(
    tmp_path, clock, fake, monkeypatch
):
    record, naps = TargetLane._record, [11]

    async def slept(self, fn):
        done = await record(self, fn)
        if naps:
            await clock.advance(minutes=naps.pop())
        return done

    monkeypatch.setattr(TargetLane, "_record", slept)
    fake.fault = lambda request: "timeout after" if request.url.endswith("/start") else ""
    async with desk(tmp_path, "clickup", fake, clock, target()) as one:
        await start(one)
        await one.pass_time(1)
        assert (fake.made, one.engine.health.warnings()) == (1, [])
        await do(one, timers.stop)
        assert fake.running() is None


async def test_while_a_timer_runs_nothing_wakes(tmp_path, clock, fake):
    async with desk(tmp_path, "clickup", fake, clock, target()) as one:
        await start(one)
        assert one.targets._lanes == {}
        asked = len(fake.asked)
        await one.pass_time(60, rounds=3)
        assert len(fake.asked) == asked


async def test_when_it_is_wished_no_more_what_runs_there_is_stopped(tmp_path, clock, fake):
    async with desk(tmp_path, "clickup", fake, clock, target()) as one:
        await start(one)
    async with desk(tmp_path, "clickup", fake, clock, target(live=False)) as one:
        await one.quiet()
        assert fake.running() is None


class Storm:
    """Starts, switches, pauses and stops at random while the target misbehaves and the daemon is killed at random."""

    def __init__(self, folder, seed, number):
        self.folder, self.rng, self.number = folder, random.Random(seed), number
        self.clock = FakeClock()
        self.fake = fake_of(self.clock, stops_first=bool(seed % 2), idle={} if seed % 3 else None)
        self.acts, self.kills = 0, 0
        self.target = target(retry_max=timedelta(seconds=30))

    async def act(self, one):
        self.acts += 1
        what = self.rng.random()
        running = await one.running.rows("SELECT state FROM entry WHERE end_us IS NULL")
        if what < 0.45 or not running:
            await start(one, self.rng.choice(["atlas", "beta", "gamma"]), description=f"n{self.acts}")
        elif what < 0.7:
            await do(one, timers.resume if running[0]["state"] == "paused" else timers.pause)
        else:
            await do(one, timers.stop)

    async def run(self):
        while self.acts < self.number:
            self.fake.is_hanging, self.fake.hangs = False, 0
            self.fake.fault = unreliable(self.rng, 0.3)
            async with desk(self.folder, "clickup", self.fake, self.clock, self.target, self.kills) as one:
                for _ in range(self.rng.randrange(4, 10)):
                    await self.act(one)
                    await one.pass_time(self.rng.choice([0.2, 1, 4, 11]))
                self.fake.is_hanging = self.rng.random() < 0.8
                await self.act(one)
                await one.quiet()
                self.kills += 1
            await self.clock.advance(minutes=self.rng.choice([0.1, 2, 90]))
        self.fake.is_hanging, self.fake.hangs, self.fake.fault = False, 0, lambda request: ""
        async with desk(self.folder, "clickup", self.fake, self.clock, self.target) as one:
            await one.pass_time(15, rounds=2)
            if await one.running.rows("SELECT 1 FROM entry WHERE end_us IS NULL"):
                await do(one, timers.stop)
            for _ in range(30):
                await one.pass_time(15)
            mapped = "SELECT * FROM entry e JOIN project p ON p.id = e.project_id WHERE p.name <> 'gamma'"
            names = {row["description"] for row in await one.running.rows(mapped)}
            assert self.fake.running() is None
            assert self.fake.sheet() == [line for line in await local(one) if line[2] in names]
            assert await one.running.rows("SELECT * FROM live_mirror") == []


@pytest.mark.parametrize("seed", range(3))
async def test_after_a_storm_the_ledger_is_the_sheet_and_nothing_runs(tmp_path, seed):
    storm = Storm(tmp_path, seed, 25)
    await storm.run()
    assert storm.kills >= 2


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10, 16))
async def test_after_a_long_storm_the_ledger_is_the_sheet_and_nothing_runs(tmp_path, seed):
    storm = Storm(tmp_path, seed, 200)
    await storm.run()
    print(f"seed {seed}: {storm.acts} acts, {len(storm.fake.asked)} requests, {storm.kills} kills, {storm.fake.made} made")
