"""One bad entry, a key that expired, a server that is away for days: for every kind the others flow and nothing is lost."""

import json
from datetime import timedelta

import pytest

from tests.delivery.harness import desk, target_of
from tests.support.billing import FAKES

KEYED = [kind for kind in FAKES if kind != "webhook"]  # a receiver judges signatures itself


async def three(one):
    for hour in (9, 11, 13):
        await one.add(hour, 30, note=f"at {hour}")


def is_poison(entry):
    return "poison" in json.dumps(entry)


@pytest.mark.parametrize("kind", FAKES)
async def test_one_that_is_refused_is_parked_with_a_remedy_and_the_others_flow(tmp_path, kind):
    async with desk(tmp_path, kind, target=target_of(kind, deliver="auto")) as one:
        one.fake.refuses = is_poison
        bad = await one.add(8, 30, note="poison")
        await three(one)
        await one.pass_time(11, rounds=2)
        rows = await one.rows()
        assert [row["state"] for row in rows] == ["parked", "delivered", "delivered", "delivered"]
        assert rows[0]["error"]
        assert rows[0]["remedy"]
        assert [warning.code for warning in one.engine.health.warnings()] == ["delivery_parked"]
        await one.edit(bad, description="cured")
        await one.pass_time(11, rounds=2)
        assert sorted(line[2] for line in one.fake.sheet()) == ["at 11", "at 13", "at 9", "cured"]
        assert one.engine.health.warnings() == []


@pytest.mark.parametrize("kind", KEYED)
async def test_a_key_that_expires_stops_its_target_with_one_warning_and_loses_nothing(tmp_path, kind):
    async with desk(tmp_path, kind, target=target_of(kind, deliver="auto")) as one:
        await one.add(8, 30, note="before")
        await one.pass_time(11)
        key, one.fake.key = one.fake.key, "another"
        await three(one)
        await one.pass_time(11)
        asked = len(one.fake.asked)
        await one.pass_time(60)
        assert len(one.fake.asked) == asked
        assert [warning.code for warning in one.engine.health.warnings()] == ["delivery_stopped"]
        one.fake.key = key
        await one.pass_time(60, rounds=6)
        assert len(one.fake.sheet()) == 4
        assert one.engine.health.warnings() == []


@pytest.mark.parametrize("kind", FAKES)
async def test_three_days_away_lose_nothing_and_cost_few_requests(tmp_path, kind):
    async with desk(tmp_path, kind, target=target_of(kind, deliver="auto", retry_max=timedelta(hours=6))) as one:
        one.fake.fault = lambda request: "down"
        await three(one)
        await one.pass_time(6 * 60, rounds=12)
        assert [warning.code for warning in one.engine.health.warnings()] == ["delivery_failing"]
        assert 10 < len(one.fake.asked) < 50
        one.fake.fault = lambda request: ""
        await one.pass_time(9 * 60)
        assert len(one.fake.sheet()) == 3
        assert one.engine.health.warnings() == []
