"""What editors and shells left in the spool, once it is read: kept everywhere, and without a project outside repositories."""

from datetime import UTC, datetime, timedelta

import pytest

from stintd.domain.model import BeatSignal, CheckoutFacts, CheckoutSignal
from stintd.domain.policy import MapRule, Policy
from tests.support.clock import FakeClock
from tests.support.engine import every, running

MORNING = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
POLICY = Policy(mappings=(MapRule(path="/home/ada/notes", project="writing"),))


@pytest.mark.parametrize(
    ("source", "path", "project"),
    [
        ("shell", "/code/acme/src", None), ("editor", "/code/beta/a.py", None), ("shell", "/", None),
        ("shell", "/home/ada", None), ("shell", "/code", None), ("editor", "/etc/hosts", None),
        ("editor", "/home/ada/.bashrc", None), ("editor", "/home/ada/notes/today.md", "writing"),
        ("shell", "/home/ada/notes", "writing"),
    ],
)  # fmt: skip
async def test_work_outside_every_repository_is_kept_and_makes_no_project(tmp_path, source, path, project):
    async with running(tmp_path, FakeClock(MORNING + timedelta(hours=1)), POLICY) as daemon:
        daemon.places.set_roots(("/code",))
        for minutes in range(3):
            daemon.intake.tell(BeatSignal(MORNING + timedelta(minutes=minutes), "read", source, path=path, client="vim"))
        assert [row["project"] for row in await daemon.sheet()] == [project]
        assert [row["name"] for row in await daemon.rows("SELECT name FROM project")] == ([project] if project else [])


async def test_nothing_is_kept_of_a_folder_that_its_owner_excluded(tmp_path):
    async with running(tmp_path, FakeClock(MORNING + timedelta(hours=1))) as daemon:
        daemon.intake.exclude(["/home/ada"])
        for minutes in range(3):
            daemon.intake.tell(BeatSignal(MORNING + timedelta(minutes=minutes), "read", "shell", path="/home/ada", client="zsh"))
        await daemon.sheet()
        assert await daemon.rows("SELECT id FROM context") == []


async def test_a_short_look_elsewhere_takes_nothing_from_the_work_around_it_and_a_longer_one_is_shown(tmp_path):
    for length, projects in ((40, ["acme"]), (180, ["acme", None, "acme"])):
        async with running(tmp_path / str(length), FakeClock(MORNING + timedelta(hours=1))) as daemon:
            daemon.places.set_roots(("/code",))
            daemon.tell(*every(MORNING, 10, project="acme"))
            for seconds in (0, length // 2, length):
                at = MORNING + timedelta(minutes=10, seconds=20 + seconds)
                daemon.intake.tell(BeatSignal(at, "read", "shell", path="/home/ada", client="zsh"))
            daemon.tell(*every(MORNING + timedelta(minutes=11, seconds=10 + length), 10, project="acme"))
            assert [row["project"] for row in await daemon.sheet()] == projects


async def test_what_was_done_before_a_repository_was_found_is_the_repositorys(tmp_path):
    """An agent starts in a repository that was cloned a moment ago; a neighbour's evidence stays where it is."""
    facts = CheckoutFacts("/code/acme", "/code/acme/.git", "/code/acme/.git", "main", "root:1", branch="main", head="a" * 40)
    for is_late in (False, True):
        async with running(tmp_path / str(is_late), FakeClock(MORNING + timedelta(hours=1))) as daemon:
            daemon.places.set_roots(("/code",))
            if is_late:
                daemon.intake.tell(CheckoutSignal(daemon.clock.now(), facts))
            daemon.tell(*every(MORNING, 10, project=None, path="/code/acme/src/a.py"))
            daemon.tell(*every(MORNING + timedelta(minutes=30), 10, project=None, path="/code/acme0/a.py"))
            await daemon.sheet()
            daemon.intake.tell(CheckoutSignal(daemon.clock.now(), facts))
            assert [row["project"] for row in await daemon.sheet()] == ["acme", None]
            assert [row["name"] for row in await daemon.rows("SELECT name FROM project")] == ["acme"]


async def test_a_glance_by_a_command_into_another_project_is_no_switch(tmp_path):
    async with running(tmp_path, FakeClock(MORNING + timedelta(hours=1))) as daemon:
        daemon.places.set_roots(("/code",))
        daemon.tell(*every(MORNING, 10, project="acme"))
        daemon.intake.tell(BeatSignal(MORNING + timedelta(minutes=11), "read", "shell", path="/code/beta", client="zsh"))
        daemon.tell(*every(MORNING + timedelta(minutes=12), 10, project="acme"))
        assert [row["project"] for row in await daemon.sheet()] == ["acme"]
