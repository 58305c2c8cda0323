"""What every kind must survive at a service that answers wrongly, refuses, does not know the key any more, or is away."""

import json
from datetime import timedelta

import pytest

from stintd.engine.delivery.attempt import wake
from tests.delivery.harness import desk, target_of
from tests.support.billing import FAKES
from tests.support.billing.receiver import ReceiverFake

WRONG = ("html after", "text after", "short after", "cut after", "500 after", "timeout after", "429 with retry", "429", "500")


def first_writes(faults):
    """Each of the first writes meets one of these."""
    left = iter(faults)
    return lambda request: next(left, "") if request.method != "GET" else ""


@pytest.mark.parametrize("kind", FAKES)
async def test_wrong_types_halves_and_silence_are_looked_into_and_pauses_kept(tmp_path, kind):
    async with desk(tmp_path, kind, target=target_of(kind, deliver="auto")) as one:
        one.fake.fault = first_writes(WRONG)
        for hour in range(6, 12):
            await one.add(hour, 30, f"n{hour}")
        await one.pass_time(11)
        for _ in range(12):
            if await one.states() != ["delivered"] * 6:
                await one.pass_time(5)
        assert await one.states() == ["delivered"] * 6
        assert sorted(line[2] for line in one.fake.sheet()) == sorted(f"n{hour}" for hour in range(6, 12))
        assert one.engine.health.warnings() == []


@pytest.mark.parametrize("kind", FAKES)
async def test_one_that_is_refused_is_parked_with_its_reason_and_delays_no_other(tmp_path, kind):
    async with desk(tmp_path, kind, target=target_of(kind, deliver="auto")) as one:
        one.fake.refuses = lambda entry: "poison" in json.dumps(entry)
        bad = await one.add(9, 30, note="poison")
        for hour in (11, 12, 13):
            await one.add(hour, 30, note="well")
        await one.pass_time(11)
        assert await one.states() == ["parked", "delivered", "delivered", "delivered"]
        parked = (await one.rows())[0]
        assert parked["error"]
        assert "stint" in parked["remedy"]
        warning = one.engine.health.warnings()[0]
        assert (warning.code, "stint outbox" in warning.hint) == ("delivery_parked", True)
        await one.edit(bad, description="cured")
        await one.pass_time(11)
        assert len(one.fake.sheet()) == 4
        assert one.engine.health.warnings() == []


@pytest.mark.parametrize("kind", FAKES)
async def test_a_key_that_expired_stops_its_target_only_and_connecting_again_goes_on(tmp_path, kind):
    other = ReceiverFake()
    async with desk(tmp_path, kind, target=target_of(kind, deliver="auto"), beside=other) as one:
        await one.add(8, 30)
        await one.pass_time(11)
        one.fake.fault = lambda request: "401"
        before = len(one.fake.asked)
        for hour in (9, 10, 11):
            await one.add(hour, 30)
        await one.pass_time(11)
        await one.pass_time(60)
        assert len(one.fake.asked) == before + 1
        assert [len(one.fake.sheet()), len(other.sheet())] == [1, 4]
        warning = next(one for one in one.engine.health.warnings())
        assert (warning.code, warning.subject, "`stint connect acme`" in warning.hint) == ("delivery_stopped", "acme", True)
        assert await one.states() == ["delivered", "waiting", "waiting", "waiting"]
        one.fake.fault = lambda request: ""
        await one.engine.run(lambda step: wake(step, "acme"))  # as connecting does once the new key was tried
        await one.pass_time(1)
        assert len(one.fake.sheet()) == 4
        assert one.engine.health.warnings() == []


@pytest.mark.parametrize("kind", FAKES)
async def test_a_target_that_is_down_for_three_days_delays_no_other_and_loses_nothing(tmp_path, kind):
    other = ReceiverFake()
    target = target_of(kind, deliver="auto", retry_max=timedelta(hours=6))
    async with desk(tmp_path, kind, target=target, beside=other) as one:
        one.fake.fault = lambda request: "down"
        first = await one.add(9, 30)
        await one.add(10, 30)
        await one.pass_time(11)
        await one.pass_time(360, rounds=4)
        await one.edit(first, description="corrected")
        await one.pass_time(360, rounds=8)
        assert await one.states() == ["waiting", "waiting"]
        assert [warning.code for warning in one.engine.health.warnings()] == ["delivery_failing"]
        assert [line[2] for line in other.sheet()] == ["corrected", "work"]
        assert 10 < len(one.fake.asked) < 60, "asked now and then, not all the time"
        one.fake.fault = lambda request: ""
        for _ in range(4):
            if await one.states() != ["delivered"] * 2:
                await one.pass_time(370)
        assert sorted(line[2] for line in one.fake.sheet()) == ["corrected", "work"]
        assert one.engine.health.warnings() == []


async def test_a_key_that_was_changed_where_it_is_kept_is_read_anew_before_anybody_is_told(tmp_path):
    async with desk(tmp_path, target=target_of("clockme", deliver="auto")) as one:
        await one.add(8, 30)
        await one.pass_time(6)
        await one.add(9, 30)
        await one.pass_time(5)
        assert await one.states() == ["delivered", "waiting"]
        one.fake.key = one.targets.tools.keys._environment["KEY"] = "renewed"
        one.fake.asked.clear()
        await one.pass_time(6)
        await one.pass_time(1)
        assert (len(one.fake.sheet()), one.engine.health.warnings()) == (2, [])
        assert len(one.fake.asked) == 2
