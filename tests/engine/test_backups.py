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
async def running_backups(folder, every=DAY, keep=2):
    async with running(folder) as daemon:
        supervisor = Supervisor(daemon.clock, daemon.engine.health)
        copies = Backups(daemon.engine, daemon.clock, supervisor, every, keep)
        daemon.engine.call_after_commit(copies.check)
        yield daemon, copies
        await supervisor.stop()


async def work(daemon):
    daemon.tell(beat(daemon.clock.now()))
    await daemon.engine.run(lambda step: None)


async def wait_for_copy():
    """Wait for the task that copies, if one runs: it says when the next is due after the file is there."""
    await asyncio.gather(*(task for task in asyncio.all_tasks() if task.get_name() == "backup"))


def set_first_use(folder, clock):
    """The mark beside the database has the kernel's time; give it the test's."""
    at = clock.now().timestamp()
    os.utime(folder / "stintd.db.in-use", (at, at))


async def test_a_day_with_work_ends_in_one_copy_and_an_idle_one_in_none(tmp_path):
    async with running_backups(tmp_path) as (daemon, copies):
        set_first_use(tmp_path, daemon.clock)
        copies.set_rhythm(DAY, 2)
        await work(daemon)
        assert backups.list_backups(tmp_path / "backups") == []
        for day in range(1, 5):
            await daemon.clock.advance(hours=25)
            await work(daemon)
            await wait_for_copy()
            copies_found = backups.list_backups(tmp_path / "backups")
            assert len(copies_found) == min(day, 2)
            assert copies_found[0].at > daemon.clock.now() - timedelta(minutes=5)
        assert [backup.label for backup in backups.list_backups(tmp_path / "backups")] == ["daily", "daily"]


async def test_the_rhythm_goes_on_where_an_earlier_daemon_left_it(tmp_path):
    async with running_backups(tmp_path) as (daemon, copies):
        await copies.make(backups.DAILY)
        clock = daemon.clock
    async with running_backups(tmp_path) as (daemon, copies):
        daemon.clock.move(hours=20)
        await work(daemon)
        await wait_for_copy()
        assert len(backups.list_backups(tmp_path / "backups")) == 1
        daemon.clock.move(hours=5)
        await work(daemon)
        await wait_for_copy()
        assert len(backups.list_backups(tmp_path / "backups")) == 2
    assert clock is not daemon.clock


async def test_none_is_made_by_itself_where_the_owner_wants_none(tmp_path):
    async with running_backups(tmp_path, every=timedelta()) as (daemon, copies):
        set_first_use(tmp_path, daemon.clock)
        daemon.clock.move(days=40)
        await work(daemon)
        await wait_for_copy()
        assert backups.list_backups(tmp_path / "backups") == []
        assert (await copies.make())["kind"] == "manual"


async def test_a_copy_that_cannot_be_made_is_said_and_tried_again(tmp_path):
    async with running_backups(tmp_path) as (daemon, copies):
        set_first_use(tmp_path, daemon.clock)
        copies.set_rhythm(DAY, 2)
        (tmp_path / "backups").rmdir() if (tmp_path / "backups").exists() else None
        (tmp_path / "backups").write_text("a file where the folder belongs")
        daemon.clock.move(hours=25)
        await work(daemon)
        await wait_for_copy()
        assert CODE in [warning.code for warning in daemon.engine.health.warnings()]
        (tmp_path / "backups").unlink()
        daemon.clock.move(hours=2)
        await work(daemon)
        await wait_for_copy()
        assert len(backups.list_backups(tmp_path / "backups")) == 1
        assert [warning.code for warning in daemon.engine.health.warnings()] == []


@pytest.mark.parametrize("name", ["stintd-2026.db", "other.db", "stintd-20261120T120000-daily.db.partial"])
def test_what_is_no_copy_of_ours_is_not_listed(tmp_path, name):
    (tmp_path / name).write_bytes(b"")
    assert backups.list_backups(tmp_path) == []
