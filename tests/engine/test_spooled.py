"""What editors and shells left in the spool, once it is read: kept where work is watched or mapped, nowhere else."""

from datetime import UTC, datetime, timedelta

import pytest

from stintd.domain.model import BeatSignal
from stintd.domain.policy import MapRule, Policy
from tests.support.clock import FakeClock
from tests.support.engine import every, running

MORNING = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
POLICY = Policy(mappings=(MapRule(path="/home/ada/notes", project="writing"),))


@pytest.mark.parametrize(
    ("source", "path", "project"),
    [
        ("shell", "/code/acme/src", "acme"), ("editor", "/code/beta/a.py", "beta"),
        ("shell", "/home/ada", None), ("shell", "/", None), ("shell", "/code", None), ("editor", "/etc/hosts", None),
        ("editor", "/home/ada/.bashrc", None), ("editor", "/home/ada/notes/today.md", "writing"),
        ("shell", "/home/ada/notes", "writing"),
    ],
)  # fmt: skip
async def test_only_what_is_watched_or_mapped_is_kept(tmp_path, source, path, project):
    async with running(tmp_path, FakeClock(MORNING + timedelta(hours=1)), POLICY) as daemon:
        daemon.places.set_roots(("/code",))
        for minutes in range(3):
            daemon.intake.tell(BeatSignal(MORNING + timedelta(minutes=minutes), "read", source, path=path, client="vim"))
        await daemon.sheet()
        assert [row["name"] for row in await daemon.rows("SELECT name FROM project")] == ([project] if project else [])


async def test_commands_elsewhere_take_nothing_from_the_work_around_them(tmp_path):
    async with running(tmp_path, FakeClock(MORNING + timedelta(hours=1))) as daemon:
        daemon.places.set_roots(("/code",))
        daemon.tell(*every(MORNING, 10, project="acme"))
        for minutes in (11, 12, 13):
            daemon.intake.tell(BeatSignal(MORNING + timedelta(minutes=minutes), "read", "shell", path="/home/ada", client="zsh"))
        daemon.tell(*every(MORNING + timedelta(minutes=14), 10, project="acme"))
        assert [row["project"] for row in await daemon.sheet()] == ["acme"]


async def test_a_glance_by_a_command_into_another_project_is_no_switch(tmp_path):
    async with running(tmp_path, FakeClock(MORNING + timedelta(hours=1))) as daemon:
        daemon.places.set_roots(("/code",))
        daemon.tell(*every(MORNING, 10, project="acme"))
        daemon.intake.tell(BeatSignal(MORNING + timedelta(minutes=11), "read", "shell", path="/code/beta", client="zsh"))
        daemon.tell(*every(MORNING + timedelta(minutes=12), 10, project="acme"))
        assert [row["project"] for row in await daemon.sheet()] == ["acme"]
