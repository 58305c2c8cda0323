"""ClockEye has a timer and a list: what it can follow is followed, what it cannot is shown with what to do."""

import random
from functools import partial

import pytest

from stintd.domain.billing.target import TargetRule
from stintd.engine.commands import timers
from stintd.ports import UNKNOWN, Account, Login, Outcome
from stintd.sinks.clockeye import ClockEye
from tests.delivery.harness import desk, target_of
from tests.delivery.test_live import do, local, start
from tests.support.billing.clockeye import ClockEyeFake
from tests.support.billing.fake import unreliable
from tests.support.clock import FakeClock
from tests.support.engine import every

RULES = (
    TargetRule({"project_id": "proj_123", "task_id": "task_4"}, project="atlas"),
    TargetRule({"project_id": "proj_456"}, project="beta"),
)
VARIANTS = ClockEyeFake.live_variants


def target(**more):
    return target_of("clockeye", **{"live": True, "deliver": "auto", "rules": RULES, **more})


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture(params=VARIANTS)
def fake(request, clock):
    return ClockEyeFake(now=lambda: clock.now().timestamp(), **VARIANTS[request.param])


def desk_of(folder, fake, clock, **more):
    return desk(folder, "clockeye", fake, clock, target(**more))


async def test_it_starts_pauses_goes_on_switches_and_stops_with_the_timer_here(tmp_path, clock, fake):
    async with desk_of(tmp_path, fake, clock) as one:
        await start(one, description="one")
        await one.pass_time(20)
        await do(one, timers.pause)
        assert fake.running() is None
        await one.pass_time(5)
        await do(one, timers.resume)
        await one.pass_time(10)
        await start(one, "beta", description="two")
        assert fake.running()["project_id"] == "proj_456"
        await one.pass_time(10)
        await do(one, timers.stop)
        await one.pass_time(11)
        assert fake.sheet() == await local(one)
        assert await one.states() == ["delivered"] * 3
        assert fake.made == 3
        assert (await one.running.rows("SELECT * FROM live_mirror"), one.engine.health.warnings()) == ([], [])


async def test_what_was_not_timed_there_waits_and_says_how_it_gets_there(tmp_path, clock, fake):
    async with desk_of(tmp_path, fake, clock) as one:
        await one.add(9)
        await one.pass_time(11)
        rows = await one.rows()
        assert [row["hold"] for row in rows] == ["clockeye accepts no finished entries"]
        assert rows[0]["remedy"] == "enter it there by hand, then `stint outbox drop ID`"
        assert [path for _, path in fake.asked if path != "/time-entries"] == []


async def test_what_started_by_itself_is_not_mirrored_as_its_end_could_not_be_put_right(tmp_path, clock, fake):
    async with desk_of(tmp_path, fake, clock) as one:
        for at in every(clock.now(), 10, project="atlas"):
            await clock.advance(seconds=max(0, (at.time - clock.now()).total_seconds()))
            one.running.tell(at)
            await one.quiet()
        assert fake.asked == []


async def test_what_differs_because_it_was_stopped_late_or_edited_is_shown_with_what_to_do(tmp_path, clock, fake):
    async with desk_of(tmp_path, fake, clock) as one:
        entry = await start(one, description="one")
        await one.pass_time(60)
        fake.fault = lambda request: "down"
        await do(one, timers.stop)
        await one.pass_time(30, rounds=4)
        fake.fault = lambda request: ""
        await one.pass_time(61)
        assert fake.running() is None
        hold = (await one.rows())[0]["hold"]
        assert "too long there, and cannot be changed" in hold
        assert "by hand there, then `stint outbox drop ID`" in (await one.rows())[0]["remedy"]
        await one.delete(entry)
        await one.pass_time(11)
        assert "there cannot be deleted" in (await one.rows())[0]["hold"]
        assert [method for method, path in fake.asked if method not in ("GET", "POST")] == []


async def test_somebody_elses_timer_is_not_stopped_by_starting_ours(tmp_path, clock, fake):
    async with desk_of(tmp_path, fake, clock) as one:
        theirs = fake.start_by_hand(project_id="proj_456")
        await start(one)
        assert (theirs["end"], fake.made) == (None, 1)
        assert one.engine.health.warnings()[0].code == "delivery_live"


@pytest.mark.parametrize("stored", [False, True])
async def test_killed_while_it_starts_it_is_found_again_and_not_started_twice(tmp_path, clock, fake, stored):
    async with desk_of(tmp_path, fake, clock) as one:
        fake.is_hanging = stored
        fake.fault = lambda request: "down" if request.method == "POST" and not stored else ""
        await start(one, description="one")
    fake.is_hanging, fake.hangs, fake.fault = False, 0, lambda request: ""
    async with desk_of(tmp_path, fake, clock) as one:
        await one.pass_time(2)
        assert fake.running() is not None
        await one.pass_time(30)
        await do(one, timers.stop)
        await one.pass_time(11)
        assert (fake.made, len(fake.sheet())) == (1, 1)


@pytest.mark.parametrize("seed", range(2))
async def test_whatever_it_answers_there_is_one_for_one_and_none_runs_at_the_end(tmp_path, clock, fake, seed):
    rng = random.Random(seed)
    fake.fault = unreliable(rng, 0.4)
    runs = 0
    async with desk_of(tmp_path, fake, clock, retry_initial=target().retry_initial / 5) as one:
        for number in range(6):
            await start(one, rng.choice(["atlas", "beta"]), description=f"n{number}")
            await one.pass_time(rng.choice([1, 10, 30]))
            runs += 1
        fake.fault = lambda request: ""
        await one.pass_time(2)
        await do(one, timers.stop)
        await one.pass_time(2, rounds=3)
        last = (await one.running.rows("SELECT description FROM entry ORDER BY start_us DESC LIMIT 1"))[0]["description"]
    assert fake.running() is None
    said = [one["description"] for one in fake.ledger.values()]
    assert len(said) == len(set(said)) <= runs
    assert last in said


async def test_the_free_plans_hundred_calls_an_hour_are_kept(tmp_path, clock):
    fake = ClockEyeFake(now=lambda: clock.now().timestamp())
    async with desk_of(tmp_path, fake, clock, calls_per_hour=10) as one:
        for number in range(12):
            await start(one, ["atlas", "beta"][number % 2])
            await one.pass_time(1)
        assert 10 <= len(fake.asked) <= 14
        await do(one, timers.stop)
        await one.pass_time(61, rounds=2)
        assert fake.running() is None


@pytest.mark.parametrize("settings", VARIANTS.values(), ids=VARIANTS)
async def test_connecting_lists_projects_and_an_endless_list_is_not_half_believed(clock, settings):
    fake = ClockEyeFake(now=lambda: clock.now().timestamp(), **settings)
    make = partial(ClockEye, fake, clock)
    one = make(Login("http://fake", fake.key))
    assert await one.check() == Account("")
    assert [place.name for place in await one.places()] == ["Atlas", "Beta"]
    assert (await make(Login("http://fake", "bad")).check()).kind == "stopped"
    for _ in range(30):
        fake.start_by_hand()["end"] = fake.now()
    found = await one.current()
    assert isinstance(found, Outcome)
    assert (found.kind, "set user_id" in found.text) == (UNKNOWN, True)
