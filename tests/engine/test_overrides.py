"""What a person set on an entry that follows its evidence: it stays with that work, and nothing is counted twice."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from stintd.engine.commands import corrections, entries, projects
from stintd.engine.commands.corrections import MoveRequest
from tests.support.clock import FakeClock
from tests.support.engine import every, running

MORNING = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LATER = MORNING + 300 * MINUTE


def spans(sheet):
    start = int(MORNING.timestamp() * 1e6)
    return [
        (row["project"], (row["start_us"] - start) / 60e6, (row["end_us"] - start) / 60e6, row["description"]) for row in sheet
    ]


async def add_mapping(daemon, folder, name):
    await daemon.engine.run(lambda step: projects.create(step, name))
    return await daemon.engine.run(lambda step: projects.add_mapping(step, pattern=folder, project=name))


async def edit(daemon, number, **words):
    row = (await daemon.rows("SELECT id FROM entry ORDER BY start_us"))[number]
    return await daemon.engine.run(lambda step: entries.change(step, row["id"], **words))


def beats(folder, first=0, length=60):
    return every(MORNING + first * MINUTE, length, 5, project=None, path=folder)


async def test_a_mapping_moves_the_evidence_of_an_entry_whose_text_was_written_and_the_text_stays(tmp_path):
    async with running(tmp_path, FakeClock(LATER)) as daemon:
        daemon.tell(*beats("/code/a"))
        await edit(daemon, 0, description="mine")
        await add_mapping(daemon, "/code/a", "acme")
        assert spans(await daemon.sheet()) == [("acme", -1.0, 61.0, "mine")]


async def test_a_mapping_counts_nothing_twice_where_the_project_was_set_by_hand(tmp_path):
    async with running(tmp_path, FakeClock(LATER)) as daemon:
        daemon.tell(*beats("/code/a"))
        await daemon.engine.run(lambda step: projects.create(step, "beta"))
        await edit(daemon, 0, project_name="beta")
        await add_mapping(daemon, "/code/a", "acme")
        assert spans(await daemon.sheet()) == [("beta", -1.0, 61.0, "")]
        daemon.tell(*beats("/code/a", 65, 10))
        assert spans(await daemon.sheet()) == [("beta", -1.0, 76.0, "")]


async def test_a_visit_that_late_evidence_folds_away_keeps_its_written_text_and_counts_once(tmp_path):
    async with running(tmp_path, FakeClock(LATER)) as daemon:
        daemon.tell(*beats("/code/a", 0, 30), *beats("/code/b", 32, 5), *beats("/code/a", 40, 30))
        assert len(await daemon.sheet()) == 3
        await edit(daemon, 1, description="mine")
        daemon.tell(*every(MORNING + 30 * MINUTE, 12, 0.5, project=None, path="/code/a"))
        sheet = spans(await daemon.sheet())
        assert "mine" in [row[3] for row in sheet]
        for earlier, later in pairwise(sheet):
            assert earlier[2] <= later[1]


async def test_what_was_written_on_an_entry_stays_on_all_parts_when_its_middle_is_moved(tmp_path):
    async with running(tmp_path, FakeClock(LATER)) as daemon:
        await add_mapping(daemon, "/code/a", "a")
        daemon.tell(*beats("/code/a"))
        await daemon.engine.run(lambda step: projects.create(step, "beta"))
        await edit(daemon, 0, description="mine")
        lo, hi = MORNING + 20 * MINUTE, MORNING + 30 * MINUTE
        await daemon.engine.run(lambda step: corrections.move(step, MoveRequest(lo, hi, project_name="beta")))
        assert spans(await daemon.sheet()) == [
            ("a", -1.0, 20.0, "mine"),
            ("beta", 20.0, 30.0, "mine"),
            ("a", 30.0, 61.0, "mine"),
        ]
        await daemon.engine.run(corrections.undo)
        assert spans(await daemon.sheet()) == [("a", -1.0, 61.0, "mine")]
