"""What changed is compared once; a defect in one entry's way holds up nobody else."""

from dataclasses import replace
from datetime import timedelta

from stintd.engine.commands import entries, timers
from stintd.engine.commands.entries import EntryRequest
from stintd.engine.commands.timers import StartRequest
from stintd.store import deliveries
from tests.delivery.harness import desk, target_of
from tests.support.clock import FakeClock


async def dirty(one):
    return await one.engine.read(lambda conn: deliveries.dirty_entries(conn, 10_000))


async def test_a_start_compares_nothing_again_unless_the_settings_changed(tmp_path):
    target, clock = target_of("clockme", deliver="auto"), FakeClock()
    async with desk(tmp_path, clock=clock, target=target) as one:
        await one.add(9)
        await one.pass_time(11)
        fake, marks = one.fake, await one.running.rows("SELECT compared FROM delivery_target")
    async with desk(tmp_path, fake=fake, clock=clock, target=target) as one:
        assert await dirty(one) == []
        assert await one.running.rows("SELECT compared FROM delivery_target") == marks
    asked = []
    async with desk(tmp_path, fake=fake, clock=clock, target=replace(target, description="task")) as one:
        asked += await one.running.rows("SELECT compared FROM delivery_target")
        await one.pass_time(11)
        assert [line[2] for line in fake.sheet()] == [""]
    assert asked != marks


async def test_a_backup_brought_back_is_compared_as_a_whole(tmp_path):
    async with desk(tmp_path, target=target_of("clockme", deliver="auto")) as one:
        await one.engine.run(lambda step: deliveries.question(step.conn))
        assert await one.running.rows("SELECT compared FROM delivery_target") == [{"compared": ""}]


async def test_an_entry_that_cannot_be_compared_waits_and_everything_else_goes_on(tmp_path):
    """Tags that are no JSON stand for any defect on the way of one entry."""
    async with desk(tmp_path, target=target_of("clockme", deliver="auto")) as one:
        await one.add(8, 30, note="first")
        start = one.running.clock.now().replace(day=5, hour=9, minute=0, second=0)

        def poison(step):
            words = {"description": "poison"}
            request = EntryRequest(project_name="atlas", start=start, end=start + timedelta(hours=1), words=words)
            made = entries.create(step, request)
            step.conn.execute("UPDATE entry SET tags = '{' WHERE id = ?", (made.value["id"],))
            return made.value["id"]

        bad = await one.engine.run(poison)
        await one.add(11, note="well")
        made = await one.engine.run(lambda step: timers.start(step, StartRequest(project_name="atlas")))
        assert made.value["timer"]["projectName"] == "atlas"
        await one.pass_time(11)
        assert [line[2] for line in one.fake.sheet()] == ["first", "well"]
        warning = one.engine.health.warnings()[0]
        assert (warning.code, "JSONDecodeError" in warning.text) == ("delivery_unplanned", True)
        assert await dirty(one) == [bad]
        await one.engine.run(lambda step: step.conn.execute("UPDATE entry SET tags = '[]' WHERE id = ?", (bad,)))
        await one.pass_time(11)
        assert [line[2] for line in one.fake.sheet()] == ["poison", "first", "well"]
        assert one.engine.health.warnings() == []
