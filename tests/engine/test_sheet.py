"""The stored timesheet: live tracking equals a rebuild, ids stay with their work, and an unchanged result writes nothing."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from stintd.engine.commands import timers
from stintd.engine.commands.timers import StartRequest
from stintd.engine.sheet.derive import refresh
from tests.support.clock import FakeClock
from tests.support.engine import beat, every, running

MORNING = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def lengths(sheet):
    return [(row["project"], (row["end_us"] - row["start_us"]) / 60e6) for row in sheet if row["end_us"] is not None]


async def test_an_hour_of_edits_is_one_entry_with_lead_and_tail(tmp_path):
    async with running(tmp_path, FakeClock(MORNING + 5 * 60 * MINUTE)) as daemon:
        daemon.tell(*every(MORNING, 60))
        assert lengths(await daemon.sheet()) == [("acme", 62.0)]


async def test_a_running_timer_ends_at_its_last_evidence_when_silence_is_noticed(tmp_path):
    clock = FakeClock(MORNING)
    async with running(tmp_path, clock) as daemon:
        for _ in range(10):
            daemon.tell(beat(clock.now()))
            await clock.advance(minutes=1)
        assert [row["state"] for row in await daemon.sheet()] == ["running"]
        await clock.advance(minutes=20)
        (row,) = await daemon.sheet()
        assert row["state"] == "finished"
        assert row["end_us"] - row["start_us"] == 11 * 60_000_000


async def test_the_same_heartbeat_twice_is_one(tmp_path):
    async with running(tmp_path, FakeClock(MORNING + 60 * MINUTE)) as daemon:
        assert daemon.tell(beat(MORNING, origin_id="x"))[:2] == (1, 0)
        assert daemon.tell(beat(MORNING + MINUTE, origin_id="x"))[:2] == (0, 1)
        await daemon.sheet()
        assert daemon.tell(beat(MORNING + 2 * MINUTE, origin_id="x"), beat(MORNING))[:2] == (1, 1)
        assert daemon.tell(beat(MORNING))[:2] == (0, 1)


async def test_a_heartbeat_from_the_future_is_refused_with_what_to_do(tmp_path):
    async with running(tmp_path, FakeClock(MORNING)) as daemon:
        accepted, _, refused = daemon.tell(beat(MORNING + 6 * MINUTE), beat(MORNING + 4 * MINUTE))
        assert accepted == 1
        assert refused[0][0] == 0
        assert "future" in refused[0][1]


async def test_late_evidence_that_joins_two_entries_keeps_the_larger_id_and_points_the_other_at_it(tmp_path):
    async with running(tmp_path, FakeClock(MORNING + 600 * MINUTE)) as daemon:
        daemon.tell(*every(MORNING, 10), *every(MORNING + 40 * MINUTE, 30))
        before = await daemon.rows("SELECT id FROM entry ORDER BY start_us")
        assert len(before) == 2
        daemon.tell(*every(MORNING + 11 * MINUTE, 28))
        (after,) = await daemon.rows("SELECT id FROM entry")
        assert after["id"] == before[1]["id"]
        (merged,) = await daemon.rows("SELECT * FROM merged_entry")
        assert (merged["id"], merged["merged_into"]) == (before[0]["id"], after["id"])


async def test_an_unchanged_result_writes_no_revision_and_no_change(tmp_path):
    async with running(tmp_path, FakeClock(MORNING + 600 * MINUTE)) as daemon:
        daemon.tell(*every(MORNING, 30))
        await daemon.sheet()
        before = await daemon.rows("SELECT id, revision FROM entry"), await daemon.rows("SELECT max(seq) AS n FROM change")
        await daemon.engine.run(lambda step: refresh(step, [(0, 4_000_000_000_000_000)]))
        assert before == (
            await daemon.rows("SELECT id, revision FROM entry"),
            await daemon.rows("SELECT max(seq) AS n FROM change"),
        )


async def test_day_totals_are_the_sum_of_the_entries(tmp_path):
    async with running(tmp_path, FakeClock(MORNING + 3000 * MINUTE)) as daemon:
        daemon.tell(*every(MORNING, 45), *every(MORNING + 900 * MINUTE, 30, project="beta"))
        await daemon.sheet()
        totals = {row["day"]: row["us"] for row in await daemon.rows("SELECT day, sum(total_us) AS us FROM rollup GROUP BY day")}
        assert totals == {"2026-11-20": 47 * 60_000_000 + 60_000_000, "2026-11-21": 31 * 60_000_000}


@pytest.mark.parametrize("seed", range(8))
async def test_any_order_batching_and_restarts_give_the_same_sheet_as_a_rebuild(tmp_path, seed):
    rng = random.Random(seed)
    beats, at = [], MORNING
    for number in range(120):
        at += timedelta(seconds=rng.choice([20, 60, 300, 800, 1000, 4000]))
        project = rng.choice(["acme", "acme", "acme", "beta"])
        kind = rng.choice(["edit", "edit", "edit", "commit", "checkout", "read"])
        beats.append(beat(at, project, kind, source="git" if kind == "checkout" else "editor", origin_id=f"n{number}"))
    late = FakeClock(at + timedelta(hours=2))
    async with running(tmp_path / "whole", late) as daemon:
        daemon.tell(*beats)
        whole = await daemon.sheet()
    shuffled = beats + rng.sample(beats, 30)
    rng.shuffle(shuffled)
    cuts = sorted(rng.sample(range(len(shuffled)), 4))
    for lo, hi in zip([0, *cuts], [*cuts, len(shuffled)], strict=True):
        async with running(tmp_path / "parts", late) as daemon:
            for signal in shuffled[lo:hi]:
                daemon.tell(signal)
                if rng.random() < 0.1:
                    await daemon.sheet()
            parts = await daemon.sheet()
    assert parts == whole
    async with running(tmp_path / "parts", late) as daemon:
        await daemon.engine.run(lambda step: refresh(step, [(0, 4_000_000_000_000_000)]))
        assert await daemon.sheet() == whole
        assert await daemon.rows("SELECT count(*) AS n FROM rollup WHERE total_us < 0 OR entries < 0") == [{"n": 0}]


async def test_what_is_only_in_the_journal_survives_the_process(tmp_path):
    clock = FakeClock(MORNING)
    async with running(tmp_path, clock) as daemon:
        daemon.tell(beat(clock.now()), beat(clock.now() - MINUTE))
        daemon.engine._task.cancel()
        folder = daemon.engine.journal.folder
        assert any(path.stat().st_size for path in folder.iterdir())
        daemon.engine._work.beats.clear()
    clock.move(minutes=60)
    async with running(tmp_path, clock) as daemon:
        assert lengths(await daemon.sheet()) == [("acme", 3.0)]


async def test_a_sign_of_life_that_names_no_place_moves_no_attention(tmp_path):
    async with running(tmp_path, FakeClock(MORNING + 600 * MINUTE)) as daemon:
        daemon.tell(*every(MORNING, 30), beat(MORNING + 10.5 * MINUTE, project=None, kind="prompt", source="api"))
        assert lengths(await daemon.sheet()) == [("acme", 32.0)]


async def test_what_a_session_said_at_its_start_describes_its_entry(tmp_path):
    clock = FakeClock(MORNING)
    async with running(tmp_path, clock) as daemon:
        words = {"description": "planning", "tags": ["call"]}
        request = StartRequest(project_name="acme", auto_create=True, session_id="s1", source="agent", words=words)
        await daemon.engine.run(lambda step: timers.start(step, request))
        await clock.advance(minutes=1)
        (project,) = await daemon.rows("SELECT id FROM project")
        daemon.tell(beat(clock.now(), project=project["id"], kind="prompt", source="agent", session="s1"))
        (entry,) = await daemon.rows("SELECT description, tags FROM entry")
        assert entry == {"description": "planning", "tags": '["call"]'}
