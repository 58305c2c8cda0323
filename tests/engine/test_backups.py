"""When a copy of the database is made by itself, how many stay, and what is said when it cannot be made."""

import asyncio
import os
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from stintd.engine.supervisor import Supervisor
from stintd.engine.upkeep.backups import Backups
from stintd.store import backups
from tests.support.engine import beat, running

DAY = timedelta(days=1)
CODE = "backup_failed"


@asynccontextmanager
async def kept(folder, every=DAY, keep=2):
    async with running(folder) as one:
        supervisor = Supervisor(one.clock, one.engine.health)
        copies = Backups(one.engine, one.clock, supervisor, every, keep)
        one.engine.after_commit(copies.check)
        yield one, copies
        await supervisor.stop()


async def work(one):
    one.tell(beat(one.clock.now()))
    await one.engine.run(lambda step: None)


async def made(folder, count):
    """Wait for the thread that copies."""
    for _ in range(2000):
        found = backups.listing(folder / "backups")
        if len(found) >= count and not list((folder / "backups").glob("*.partial")):
            return found
        await asyncio.sleep(0.01)
    return backups.listing(folder / "backups")


async def fresh(folder, now):
    """Wait for the copy of this day, and for the older ones to go."""
    for _ in range(2000):
        found = backups.listing(folder / "backups")
        if (
            found
            and found[0].at > now - timedelta(minutes=5)
            and len(found) <= 2
            and not list((folder / "backups").glob("*.partial"))
        ):
            return
        await asyncio.sleep(0.01)
    raise AssertionError("no copy of this day")


def first_used(folder, clock):
    """The mark beside the database has the kernel's time; give it the test's."""
    at = clock.now().timestamp()
    os.utime(folder / "stintd.db.in-use", (at, at))


async def test_a_day_with_work_ends_in_one_copy_and_an_idle_one_in_none(tmp_path):
    async with kept(tmp_path) as (one, copies):
        first_used(tmp_path, one.clock)
        copies.set_rhythm(DAY, 2)
        await work(one)
        assert backups.listing(tmp_path / "backups") == []
        for day in range(1, 5):
            await one.clock.advance(hours=25)
            await work(one)
            await fresh(tmp_path, one.clock.now())
            assert len(backups.listing(tmp_path / "backups")) == min(day, 2)
        assert [backup.label for backup in backups.listing(tmp_path / "backups")] == ["daily", "daily"]


async def test_the_rhythm_goes_on_where_an_earlier_daemon_left_it(tmp_path):
    async with kept(tmp_path) as (one, copies):
        await copies.make(backups.DAILY)
        clock = one.clock
    async with kept(tmp_path) as (one, copies):
        one.clock.move(hours=20)
        await work(one)
        assert len(await made(tmp_path, 1)) == 1
        one.clock.move(hours=5)
        await work(one)
        assert len(await made(tmp_path, 2)) == 2
    assert clock is not one.clock


async def test_none_is_made_by_itself_where_the_owner_wants_none(tmp_path):
    async with kept(tmp_path, every=timedelta()) as (one, copies):
        first_used(tmp_path, one.clock)
        one.clock.move(days=40)
        await work(one)
        await asyncio.sleep(0.05)
        assert backups.listing(tmp_path / "backups") == []
        assert (await copies.make())["kind"] == "manual"


async def test_a_copy_that_cannot_be_made_is_said_and_tried_again(tmp_path):
    async with kept(tmp_path) as (one, copies):
        first_used(tmp_path, one.clock)
        copies.set_rhythm(DAY, 2)
        (tmp_path / "backups").rmdir() if (tmp_path / "backups").exists() else None
        (tmp_path / "backups").write_text("a file where the folder belongs")
        one.clock.move(hours=25)
        await work(one)
        for _ in range(2000):
            if CODE in [warning.code for warning in one.engine.health.warnings()]:
                break
            await asyncio.sleep(0.01)
        assert CODE in [warning.code for warning in one.engine.health.warnings()]
        (tmp_path / "backups").unlink()
        one.clock.move(hours=2)
        await work(one)
        assert len(await made(tmp_path, 1)) == 1
        await asyncio.sleep(0.05)
        assert [warning.code for warning in one.engine.health.warnings()] == []


@pytest.mark.parametrize("name", ["stintd-2026.db", "other.db", "stintd-20261120T120000-daily.db.partial"])
def test_what_is_no_copy_of_ours_is_not_listed(tmp_path, name):
    (tmp_path / name).write_bytes(b"")
    assert backups.listing(tmp_path) == []
