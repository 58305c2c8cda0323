"""Which of several folders of one name takes the short name for its project."""

import random
from datetime import UTC, datetime, timedelta

from stintd.domain.model import CheckoutFacts, CheckoutSignal
from tests.support.clock import FakeClock
from tests.support.engine import beat, running

MORNING = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
FOLDERS = tuple(f"/code/{client}/{name}" for client in ("acme", "globex", "zeta") for name in ("api", "web"))


async def names_after(tmp_path, first, seed):
    """The name of each folder's project after one scan that finds all. `first`: when each was first worked on, in minutes."""
    shuffle = random.Random(seed).shuffle
    async with running(tmp_path, FakeClock(MORNING + timedelta(hours=3))) as daemon:
        folders = list(FOLDERS)
        shuffle(folders)
        facts = [CheckoutFacts(path, f"{path}/.git", f"{path}/.git", "main", f"root:{path}") for path in folders]
        daemon.intake.take([CheckoutSignal(daemon.clock.now(), one) for one in facts], {})
        beats = [
            beat(MORNING + timedelta(minutes=first[path] + more), None, path=f"{path}/a.py")
            for path in FOLDERS
            for more in (0, 5)
        ]
        shuffle(beats)
        daemon.tell(*beats)
        await daemon.sheet()
        return {row["folder"]: row["name"] for row in await daemon.rows("SELECT folder, name FROM project")}


async def test_at_one_scan_the_earliest_evidence_takes_the_short_name_and_then_the_first_path(tmp_path):
    for seed in range(12):
        first = {path: random.Random(f"{seed}{path}").choice((0, 1, 2)) for path in FOLDERS}
        winners = {
            min((path for path in FOLDERS if path.endswith(name)), key=lambda path: (first[path], path))
            for name in ("api", "web")
        }
        found = await names_after(tmp_path / str(seed), first, seed)
        assert found == {path: "/".join(path.split("/")[-1 if path in winners else -2 :]) for path in FOLDERS}


async def test_a_folder_that_is_found_later_takes_the_longer_name_and_nothing_is_renamed(tmp_path):
    async with running(tmp_path, FakeClock(MORNING + timedelta(hours=3))) as daemon:
        for minute, path in ((60, "/code/globex/api"), (0, "/code/acme/api"), (30, "/code/zeta/API")):
            facts = CheckoutFacts(path, f"{path}/.git", f"{path}/.git", "main", f"root:{path}")
            daemon.intake.tell(CheckoutSignal(daemon.clock.now(), facts))
            daemon.tell(beat(MORNING + timedelta(minutes=minute), None, path=f"{path}/a.py"))
            await daemon.sheet()
        names = [row["name"] for row in await daemon.rows("SELECT name FROM project ORDER BY created_us, id")]
        assert names == ["api", "acme/api", "zeta/API"]
