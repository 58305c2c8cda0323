"""A change changes what it names: whatever is done to one entry, nothing of another island of evidence moves, not even an
estimate that reaches far ahead of its commit (COUNTED, A change changes what it names)."""

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from stintd.domain.derive.timesheet import island_gap
from stintd.domain.model import BACKFILLED, from_us
from stintd.domain.policy import Policy
from stintd.engine.commands import approval, corrections, entries, projects
from stintd.errors import Conflict, Invalid, NotFound
from tests.support.clock import FakeClock
from tests.support.engine import Running, beat, running

DAY = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
GAP = timedelta(microseconds=island_gap(Policy()))
ROWS = """
SELECT e.id, p.name AS project, e.task, e.start_us, e.end_us, e.description, e.is_confirmed, e.is_estimated, e.tags
FROM entry e LEFT JOIN project p ON p.id = e.project_id ORDER BY e.start_us, e.id
"""
Row = dict[str, Any]


def evidence(choice: random.Random) -> list[tuple[datetime, str, bool]]:
    """A day's acts: (when, project, whether it is a commit that was imported from git)."""
    acts, at = [], DAY
    while at < DAY + timedelta(hours=14):
        project, is_import = choice.choice("abc"), choice.random() < 0.5
        for _ in range(1 if is_import else choice.randint(1, 6)):
            acts.append((at, project, is_import))
            at += choice.randint(1, 14) * MINUTE
        at += choice.choice([20, 50, 66, 68, 75, 90, 100, 119, 121, 200]) * MINUTE
    return acts


def islands(acts: list[tuple[datetime, str, bool]]) -> list[tuple[datetime, datetime]]:
    """The spans of evidence that no other span can change."""
    times = sorted(act[0] for act in acts)
    out = [[times[0], times[0]]]
    for at in times[1:]:
        if at - out[-1][1] > GAP:
            out.append([at, at])
        out[-1][1] = at
    return [(lo, hi) for lo, hi in out]


async def rows(daemon: Running) -> dict[str, Row]:
    return {row["id"]: row for row in await daemon.rows(ROWS)}


def islands_of(row: Row, spans: list[tuple[datetime, datetime]]) -> set[int]:
    """An entry ends after its last evidence, so it belongs to the last island that it meets. A part of an estimate that was cut
    off meets none: any that it may have come from."""
    start, end = from_us(row["start_us"]), from_us(row["end_us"])
    met = {number for number, (lo, hi) in enumerate(spans) if lo <= end and hi >= start}
    near = {number for number, (lo, hi) in enumerate(spans) if lo - GAP <= end and hi + GAP >= start}
    return {max(met)} if met else near


def text(row: Row, choice: random.Random) -> Callable[..., object]:
    return lambda step: entries.change(step, row["id"], description="as agreed")


def tags(row: Row, choice: random.Random) -> Callable[..., object]:
    return lambda step: entries.change(step, row["id"], tags=("urgent",))


def confirm(row: Row, choice: random.Random) -> Callable[..., object]:
    return lambda step: entries.change(step, row["id"], confirmed=True)


def shorten(row: Row, choice: random.Random) -> Callable[..., object]:
    length = row["end_us"] - row["start_us"]
    return lambda step: entries.change(step, row["id"], start=from_us(row["start_us"] + length // 3))


def move(row: Row, choice: random.Random) -> Callable[..., object]:
    project = choice.choice("abc")
    return lambda step: entries.change(step, row["id"], project_name=project)


def delete(row: Row, choice: random.Random) -> Callable[..., object]:
    return lambda step: entries.delete(step, row["id"])


def split(row: Row, choice: random.Random) -> Callable[..., object]:
    return lambda step: entries.split(step, row["id"], from_us((row["start_us"] + row["end_us"]) // 2))


def approve(row: Row, choice: random.Random) -> Callable[..., object]:
    lo, hi = from_us(row["start_us"]), from_us(row["end_us"])
    return lambda step: approval.approve(step, lo, hi)


def unapprove(row: Row, choice: random.Random) -> Callable[..., object]:
    lo, hi = from_us(row["start_us"]), from_us(row["end_us"])
    return lambda step: approval.unapprove(step, lo, hi)


def undo(row: Row, choice: random.Random) -> Callable[..., object]:
    return lambda step: corrections.undo(step)


WORDS = (text, tags, confirm)
"""What these change is no hour: every entry keeps its time, also those beside it."""
VERBS = (*WORDS, shorten, move, delete, split, approve, unapprove)


async def check(folder: Path, seed: int, steps: int = 6) -> None:
    choice = random.Random(seed)
    acts = evidence(choice)
    spans = islands(acts)
    async with running(folder, FakeClock(DAY + timedelta(days=2))) as daemon:
        for at, project, is_import in acts:
            more = {"kind": "commit", "source": "git", "client": f"{BACKFILLED}x"} if is_import else {"kind": "edit"}
            daemon.tell(beat(at, project, **more))
        for _ in range(steps):
            before = await rows(daemon)
            verb, chosen = choice.choice(VERBS), before[choice.choice(sorted(before))]
            try:
                await daemon.engine.run(verb(chosen, choice))
            except (Conflict, Invalid, NotFound):
                continue
            after = await rows(daemon)
            story = f"seed {seed}: {verb.__name__} of {chosen}"
            named = islands_of(chosen, spans)
            for entry_id, row in before.items():
                if not named & islands_of(row, spans) and verb not in (approve, unapprove):
                    assert after.get(entry_id) == row, story
                if verb in WORDS:
                    assert after[entry_id]["start_us"] == row["start_us"], story
                    assert after[entry_id]["end_us"] == row["end_us"], story
            if verb in (approve, unapprove):
                assert lengths(after) == lengths(before), story


def lengths(found: dict[str, Row]) -> dict[str, tuple[int, int, str]]:
    return {entry_id: (row["start_us"], row["end_us"], row["project"]) for entry_id, row in found.items()}


@pytest.mark.parametrize("seed", range(120))
async def test_a_change_changes_what_it_names(tmp_path: Path, seed: int) -> None:
    await check(tmp_path, seed)


@pytest.mark.slow
@pytest.mark.parametrize("block", range(50))
async def test_it_does_in_five_thousand_sheets(tmp_path: Path, block: int) -> None:
    for seed in range(1000 + 100 * block, 1100 + 100 * block):
        await check(tmp_path / str(seed), seed, steps=10)


async def test_two_estimates_an_hour_and_a_half_apart_do_not_know_each_other(tmp_path: Path) -> None:
    """The minimum: a commit 90 minutes after the one before, and a text is written on the first."""
    async with running(tmp_path, FakeClock(DAY + timedelta(days=2))) as daemon:
        for minutes, project in ((0, "a"), (38, "b"), (141, "b")):
            daemon.tell(beat(DAY + minutes * MINUTE, project, "commit", source="git", client=f"{BACKFILLED}x"))
        before = await rows(daemon)
        assert len(before) == 3
        first = next(iter(before))
        await daemon.engine.run(lambda step: entries.change(step, first, description="cart"))
        assert lengths(await rows(daemon)) == lengths(before)
        await daemon.engine.run(lambda step: approval.approve(step, date(2026, 11, 23), project_id=None))
        assert lengths(await rows(daemon)) == lengths(before)


@pytest.mark.parametrize("is_typed", [False, True])
@pytest.mark.parametrize("verb", ["edit", "move part", "move all"])
async def test_words_that_evidence_gave_stay_with_it_and_typed_ones_with_the_entry(
    tmp_path: Path, verb: str, is_typed: bool
) -> None:
    async with running(tmp_path, FakeClock(DAY + timedelta(days=2))) as daemon:
        await daemon.engine.run(lambda step: projects.create(step, "acme", billable=True))
        await daemon.engine.run(lambda step: projects.create(step, "globex", billable=False))
        for minute in range(0, 61, 5):
            daemon.tell(beat(DAY + minute * MINUTE, "acme", branch="ACME-21-secret-cart"))
        (row,) = (await rows(daemon)).values()
        assert (row["task"], row["description"]) == ("ACME-21", "ACME-21 secret cart")
        if is_typed:
            await daemon.engine.run(lambda step: entries.change(step, row["id"], description="as agreed"))
        if verb == "edit":
            await daemon.engine.run(lambda step: entries.change(step, row["id"], project_name="globex"))
        else:
            end = DAY + (30 if verb == "move part" else 65) * MINUTE
            request = corrections.MoveRequest(DAY - 5 * MINUTE, end, project_name="globex")
            await daemon.engine.run(lambda step: corrections.move(step, request))
        daemon.tell(beat(DAY + 62 * MINUTE, "acme", branch="ACME-21-secret-cart"))  # and derived again
        words = await daemon.rows(
            "SELECT p.name, e.task, e.description, e.billable FROM entry e JOIN project p ON p.id = e.project_id"
        )
        moved = [row for row in words if row["name"] == "globex"]
        assert [(row["task"], row["description"]) for row in moved] == [(None, "as agreed" if is_typed else "")]
        assert is_typed or [row["billable"] for row in moved] == [0]
        left = {row["description"] for row in words if row["name"] == "acme"}
        assert left <= {"ACME-21 secret cart", *(["as agreed"] if is_typed else [])}
