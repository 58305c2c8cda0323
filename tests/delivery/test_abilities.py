"""What a target cannot do is done another way, step by step: killed in between, nothing is doubled and nothing lost."""

import random
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from stintd.domain.billing.delivery import DELIVERED, GONE, PENDING
from stintd.domain.billing.target import TargetRule
from stintd.engine.commands.resolve import insert_project
from stintd.engine.delivery.attempt import drop
from stintd.engine.queries import deliveries
from tests.delivery.harness import desk, target_of
from tests.delivery.plain import ABLE, PLAIN, PlainFake
from tests.support.billing.fake import unreliable
from tests.support.clock import FakeClock

RULES = (TargetRule({"place": "p1"}, project="atlas"), TargetRule({"place": "p2"}, project="beta"))
LACKS = {
    "no update": {"update": False}, "an update moves nothing": {"moves": False}, "an update keeps the day": {"redates": False},
    "neither place nor day": {"moves": False, "redates": False}, "all of it": {},
}  # fmt: skip
CORRECTING = {"update": False, "delete": False, "corrects": True, "day_based": True}


def shaped(lacks):
    able = replace(ABLE, **lacks)
    return replace(PLAIN, able=able), PlainFake(able=able)


def target():
    return target_of("clockme", deliver="auto", rules=RULES)


@asynccontextmanager
async def plain_desk(folder, lacks, fake=None, clock=None, seed=0):
    shape, new = shaped(lacks)
    async with desk(folder, "clockme", fake or new, clock, target(), seed, shape) as one:
        if not await one.running.rows("SELECT 1 FROM project WHERE name = 'beta'"):
            await one.engine.run(lambda step: insert_project(step, {"name": "beta"}))
        yield one


async def test_a_change_becomes_taking_away_and_making_anew(tmp_path):
    async with plain_desk(tmp_path, {"update": False}) as one:
        entry = await one.add(9)
        await one.pass_time(11)
        await one.edit(entry, description="better")
        await one.pass_time(11)
        assert [line[2] for line in one.fake.sheet()] == ["better"]
        assert [method for method, _ in one.fake.asked] == ["POST", "DELETE", "POST"]
        assert await one.states() == [DELIVERED]


async def test_only_what_an_update_cannot_do_is_done_by_making_anew(tmp_path):
    async with plain_desk(tmp_path, {"moves": False}) as one:
        entry = await one.add(9)
        await one.pass_time(11)
        await one.edit(entry, description="better")
        await one.pass_time(11)
        await one.edit(entry, project_name="beta")
        await one.pass_time(11)
        assert [method for method, _ in one.fake.asked] == ["POST", "PUT", "DELETE", "POST"]
        assert [kept["remote"]["place"] for kept in one.fake.ledger.values()] == ["p2"]


async def test_what_nobody_there_can_see_is_not_made_anew(tmp_path):
    async with plain_desk(tmp_path, {"update": False}) as one:
        entry = await one.add(9)
        await one.pass_time(11)
        await one.edit(entry, tags=["night"])
        await one.pass_time(11)
        assert (len(one.fake.asked), await one.states()) == (1, [DELIVERED])


@pytest.mark.parametrize("is_deleted", [False, True])
@pytest.mark.parametrize("at", [0, 1])
async def test_killed_between_the_two_steps_it_is_there_once(tmp_path, at, is_deleted):
    """The kill comes when the removal, or the creation after it, was stored and nobody was told."""
    fake, clock = shaped({"update": False})[1], FakeClock()
    async with plain_desk(tmp_path, {"update": False}, fake, clock) as one:
        entry = await one.add(9)
        await one.pass_time(11)
        await one.edit(entry, description="better")
        asked = len(fake.asked)

        def fault(request):
            fake.is_hanging = fake.is_hanging or len(fake.asked) == asked + at
            return ""

        fake.fault = fault
        await one.pass_time(11)
        assert (fake.hangs, len(fake.ledger)) == (1, at)
    fake.is_hanging, fake.hangs, fake.fault = False, 0, lambda request: ""
    async with plain_desk(tmp_path, {"update": False}, fake, clock) as one:
        if is_deleted:
            await one.delete(entry)
        await one.pass_time(11, rounds=2)
        assert [line[2] for line in fake.sheet()] == ([] if is_deleted else ["better"])
        assert await one.states() == [GONE if is_deleted else DELIVERED]


async def test_what_can_be_neither_changed_nor_taken_away_stays_and_says_by_how_much_it_differs(tmp_path):
    async with plain_desk(tmp_path, {"update": False, "delete": False}) as one:
        entry, other = await one.add(9), await one.add(12)
        await one.pass_time(11)
        found = (await one.running.rows("SELECT start_us FROM entry WHERE id = ?", entry))[0]["start_us"]
        end = one.running.clock.now().fromtimestamp(found / 1e6 + 72 * 60, one.running.clock.now().tzinfo)
        await one.edit(entry, end=end)
        await one.delete(other)
        await one.pass_time(30)
        rows = await one.rows()
        assert [row["hold"] for row in rows] == [
            "it is 12m too short there, and cannot be changed",
            "its 1h 00m there cannot be deleted",
        ]
        assert rows[0]["remedy"] == "correct it by hand there, then `stint outbox drop ID`"
        assert (len(one.fake.asked), len(one.fake.ledger)) == (2, 2)
        warning = one.engine.health.warnings()[0]
        assert (warning.code, warning.text) == (
            "delivery_differs",
            "2 entries at acme cannot be changed to match the timesheet: it is 12m too short there, and cannot be changed",
        )
        for row in rows:
            await one.engine.run(lambda step, row=row: drop(step, row))
        await one.pass_time(11)
        assert one.engine.health.warnings() == []


async def test_corrections_add_up_to_the_sheet_wherever_it_goes(tmp_path):
    async with plain_desk(tmp_path, CORRECTING) as one:
        entry, other = await one.add(9, 60), await one.add(12, 30)
        await one.pass_time(11)
        await one.edit(entry, end=one.running.clock.now().replace(day=19, hour=9, minute=40, second=0))
        await one.pass_time(11)
        assert one.fake.sums() == {("p1", "2026-11-19"): 70 * 60}
        assert sorted(kept["seconds"] for kept in one.fake.ledger.values()) == [-20 * 60, 30 * 60, 60 * 60]
        await one.edit(entry, project_name="beta")
        await one.delete(other)
        await one.pass_time(11)
        assert one.fake.sums() == {("p2", "2026-11-19"): 40 * 60}
        assert await one.states() == [DELIVERED, GONE]


class Storm:
    """Adds, changes, moves and deletes at random; faults and kills at random."""

    def __init__(self, folder, lacks, seed, number):
        self.folder, self.lacks, self.rng, self.number = folder, lacks, random.Random(seed), number
        self.fake, self.clock = shaped(lacks)[1], FakeClock()
        self.known, self.made, self.kills = [], 0, 0

    async def act(self, one):
        what, rng = self.rng.random(), self.rng
        if self.made < self.number and (what < 0.5 or not self.known):
            slot = self.made
            self.known.append((await one.add(slot % 20, 25, f"n{slot}", day=2 + slot // 20), slot))
            self.made += 1
            return
        entry, slot = rng.choice(self.known) if self.known else ("", 0)
        if what < 0.6 and entry:
            await one.edit(entry, project_name=rng.choice(["atlas", "beta"]))
        elif what < 0.7 and entry:
            start = one.running.clock.now().replace(day=2 + slot // 20, hour=slot % 20, minute=0, second=0)
            await one.edit(entry, start=start, end=start.replace(minute=rng.randrange(1, 59)))
        elif what < 0.85 and entry:
            await one.edit(entry, description=f"x{rng.randrange(1000)}")
        elif entry:
            self.known.remove((entry, slot))
            await one.delete(entry)

    async def rested(self, one):
        for _ in range(40):
            await one.pass_time(30)
            if not any(row["state"] in PENDING and not row["hold"] for row in await one.rows()):
                return

    async def run(self):
        while self.made < self.number:
            self.fake.is_hanging, self.fake.hangs, self.fake.fault = False, 0, unreliable(self.rng)
            async with plain_desk(self.folder, self.lacks, self.fake, self.clock, self.kills) as one:
                for _ in range(self.rng.randrange(5, 15)):
                    await self.act(one)
                    if self.rng.random() < 0.5:
                        await one.pass_time(self.rng.choice([0.5, 4, 11]))
                self.fake.is_hanging = True
                await one.pass_time(11)
                self.kills += 1
        self.fake.is_hanging, self.fake.hangs, self.fake.fault = False, 0, lambda request: ""
        async with plain_desk(self.folder, self.lacks, self.fake, self.clock) as one:
            await self.rested(one)
            await self.judge(one)

    async def judge(self, one):
        rows = await one.running.rows("SELECT e.*, p.name FROM entry e JOIN project p ON p.id = e.project_id ORDER BY start_us")
        sums = {}
        for row in rows:
            day = one.running.clock.now().fromtimestamp(row["start_us"] / 1e6, one.running.clock.now().tzinfo).date()
            key = ({"atlas": "p1", "beta": "p2"}[row["name"]], day.isoformat())
            sums[key] = sums.get(key, 0) + (row["end_us"] - row["start_us"]) // 10**6
        assert self.fake.sums() == sums
        if not self.lacks.get("corrects"):
            assert [line[2] for line in self.fake.sheet()] == [row["description"] for row in rows]


@pytest.mark.parametrize("name", [*LACKS, "corrections only"])
async def test_the_ledger_ends_equal_to_the_sheet_whatever_is_lacking(tmp_path, name):
    storm = Storm(tmp_path, LACKS.get(name, CORRECTING), 3, 25)
    await storm.run()
    assert storm.kills >= 2


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", [*LACKS, "corrections only"])
async def test_the_ledger_ends_equal_after_300_entries_whatever_is_lacking(tmp_path, name, seed):
    storm = Storm(tmp_path, LACKS.get(name, CORRECTING), seed, 300)
    await storm.run()
    print(f"{name}, seed {seed}: {storm.made} entries, {len(storm.fake.asked)} requests, {storm.kills} kills")


async def outlook(one, limit=100):
    return await one.engine.run(lambda step: deliveries.outlook(step, one.targets.planned, None, limit))


async def test_the_outlook_says_what_is_done_there_and_names_the_ids_that_a_remedy_takes(tmp_path):
    async with plain_desk(tmp_path, {"update": False}) as one:
        entry = await one.add(9)
        await one.pass_time(11)
        await one.edit(entry, description="better")
        await one.add(12, project="gamma")
        found = await outlook(one)
        assert (found["ready"], found["kept"]) == (1, 1)
        assert [(item["action"], item["reason"]) for item in found["items"]] == [
            ("replace", None),
            ("create", "gamma is not mapped"),
        ]
    async with plain_desk(tmp_path / "other", {"update": False, "delete": False}) as one:
        entry = await one.add(9)
        await one.pass_time(11)
        await one.edit(entry, description="better")
        item = (await outlook(one))["items"][0]
        assert item["remedy"] == f"correct it by hand there, then `stint outbox drop {item['id'][-6:]}`"


async def test_more_than_are_shown_are_counted_all_the_same(tmp_path):
    async with plain_desk(tmp_path, {}) as one:
        for hour in (9, 10, 11):
            await one.add(hour, 30)
        found = await outlook(one, 2)
        assert (found["ready"], found["kept"], len(found["items"])) == (3, 0, 2)
