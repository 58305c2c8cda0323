"""A period that is locked, submitted or approved at a target is seen before anything is written there."""

import pytest

from stintd.engine.delivery.attempt import retry_now
from tests.delivery.harness import desk, target_of
from tests.support.billing import FAKES, VARIANTS

LOCKING = [variant for variant in VARIANTS if FAKES[variant.split(" ")[0]].can_lock]


@pytest.mark.parametrize("variant", LOCKING)
async def test_a_closed_period_is_seen_before_writing_and_what_waited_follows_once_it_is_open(tmp_path, variant):
    kind, fake = variant.split(" ")[0], VARIANTS[variant]()
    async with desk(tmp_path, kind, fake, target=target_of(kind, deliver="auto")) as one:
        first, second = await one.add(9, 30), await one.add(11, 30)
        await one.pass_time(11)
        assert await one.states() == ["delivered", "delivered"]
        fake.locks = lambda entry: True
        fake.asked.clear()
        await one.edit(first, description="corrected")
        await one.delete(second)
        await one.add(13, 30, note="late")
        await one.pass_time(11)
        assert await one.states() == ["parked"] * 3
        assert {method for method, _ in fake.asked} <= {"GET"}
        assert all("open the period there" in row["remedy"] for row in await one.rows())
        assert [line[2] for line in fake.sheet()] == ["work", "work"]
        fake.locks = lambda entry: False
        for row in await one.rows():
            await one.engine.run(lambda step, row=row: retry_now(step, row))
        await one.pass_time(11)
        assert await one.states() == ["delivered", "gone", "delivered"]
        assert [line[2] for line in fake.sheet()] == ["corrected", "late"]


@pytest.mark.parametrize("variant", LOCKING)
async def test_a_period_that_is_closed_between_looking_and_writing_is_a_difference_too(tmp_path, variant):
    kind, fake = variant.split(" ")[0], VARIANTS[variant]()
    async with desk(tmp_path, kind, fake, target=target_of(kind, deliver="auto")) as one:
        await one.add(9, 30)
        await one.pass_time(11)
        answer = fake.answer

        def closing(request):
            if request.method != "GET":
                fake.locks = lambda entry: True
            return answer(request)

        fake.answer = closing
        await one.add(13, 30)
        await one.pass_time(11)
        row = (await one.rows())[1]
        assert (row["state"], "open the period there" in row["remedy"]) == ("parked", True)
        assert len(fake.sheet()) == 1
