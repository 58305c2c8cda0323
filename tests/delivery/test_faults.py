"""Whatever the target does and whenever the daemon dies: in the end it holds what the sheet says, each entry once."""

import random

import pytest

from stintd.domain.billing.delivery import DELIVERED, GONE, PARKED, PENDING
from stintd.domain.billing.rounding import grains
from stintd.domain.model import from_us
from stintd.engine.delivery.attempt import retry_now, sync
from stintd.sinks.registry import KINDS
from stintd.store import deliveries
from tests.delivery.harness import desk, target_of
from tests.support.billing import FAKES, VARIANTS
from tests.support.billing.clockme import ClockMeFake
from tests.support.billing.fake import unreliable
from tests.support.clock import FakeClock


def kind_of(variant):
    return variant.split(" ")[0]


@pytest.mark.parametrize("variant", VARIANTS)
async def test_stored_then_killed_before_it_was_known_is_there_once(tmp_path, variant):
    fake, kind, clock = VARIANTS[variant](), kind_of(variant), FakeClock()
    target = target_of(kind, deliver="auto")
    async with desk(tmp_path, kind, fake, clock, target) as one:
        entry = await one.add(9)
        fake.is_hanging = True
        await one.pass_time(11)
        assert fake.hangs == 1
        assert len(fake.sheet()) == 1
    fake.is_hanging, fake.hangs = False, 0
    async with desk(tmp_path, kind, fake, clock, target) as one:
        await one.pass_time(1)
        assert await one.states() == [DELIVERED]
        assert len(fake.sheet()) == 1
        await one.delete(entry)
        await one.pass_time(11)
        assert fake.sheet() == []


@pytest.mark.parametrize("variant", VARIANTS)
async def test_stored_then_killed_and_deleted_meanwhile_is_taken_away(tmp_path, variant):
    fake, kind, clock = VARIANTS[variant](), kind_of(variant), FakeClock()
    target = target_of(kind, deliver="auto")
    async with desk(tmp_path, kind, fake, clock, target) as one:
        entry = await one.add(9)
        fake.is_hanging = True
        await one.pass_time(11)
    fake.is_hanging, fake.hangs = False, 0
    fake.fault = lambda request: "down"
    async with desk(tmp_path, kind, fake, clock, target) as one:
        await one.delete(entry)
        await one.pass_time(1)
        fake.fault = lambda request: ""
        await one.pass_time(20, rounds=2)
        assert await one.states() == [GONE]
        assert fake.sheet() == []


async def test_where_nothing_can_be_known_a_person_is_asked_and_nothing_is_doubled(tmp_path):
    """Neither keys nor any list: the connector trusts the key its document promises; a target without that asks."""
    fake = ClockMeFake(honours_key=True, can_list=False, has_tools=False)
    async with desk(tmp_path, fake=fake, target=target_of("clockme", deliver="auto")) as one:
        fake.fault = lambda request: "timeout after" if len(fake.asked) == 0 else ""
        await one.add(9)
        await one.pass_time(11, rounds=2)
        assert (await one.states(), fake.made) == ([DELIVERED], 1)


async def test_a_database_older_than_what_was_sent_sends_nothing_twice(tmp_path):
    target = target_of("clockme", deliver="auto")
    async with desk(tmp_path, fake=ClockMeFake(honours_key=False), target=target) as one:
        await one.add(9)
        await one.pass_time(11)
        await one.engine.run(lambda step: step.conn.execute("UPDATE delivery SET state = 'waiting', held = NULL, remote_id = ''"))
        await one.engine.run(lambda step: deliveries.question(step.conn))
        await one.engine.run(lambda step: sync(step))
        await one.pass_time(1)
        assert await one.states() == [DELIVERED]
        assert len(one.fake.sheet()) == 1


SHEET = "SELECT id, start_us, end_us, description FROM entry ORDER BY start_us, id"


async def agreed(one, kind):
    """The local sheet as the target would show it: by days, and in grains, where it keeps nothing finer."""
    able, days = KINDS[kind].able, {}
    for row in await one.running.rows(SHEET):
        days.setdefault(from_us(row["start_us"]).date(), []).append(row)
    found = []
    for day, rows in days.items():
        lengths = grains([(row["end_us"] - row["start_us"]) // 10**6 for row in rows], able.grain)
        whens = [day.isoformat() if able.day_based else row["start_us"] // 10**6 for row in rows]
        found += zip(whens, map(one.fake.shown_seconds, lengths), [row["description"] for row in rows], strict=True)
    return sorted(found)


class Storm:
    """Creates, edits and deletes at random while the target misbehaves and the daemon is killed at random."""

    def __init__(self, folder, variant, seed, number):
        self.folder, self.kind, self.rng, self.number = folder, kind_of(variant), random.Random(seed), number
        self.fake, self.clock = VARIANTS[variant](), FakeClock()
        self.target = target_of(self.kind, deliver="auto")
        self.known, self.made, self.edits, self.kills = [], 0, 0, 0

    async def act(self, one):
        what = self.rng.random()
        if self.made < self.number and (what < 0.6 or not self.known):
            slot = self.made
            self.known.append(await one.add(slot % 44 * 0.5, 25, f"n{slot}", day=2 + slot // 44))
            self.made += 1
        elif what < 0.85 and self.known:
            await one.edit(self.rng.choice(self.known), description=f"x{self.rng.randrange(1000)}")
            self.edits += 1
        elif self.known:
            await one.delete(self.known.pop(self.rng.randrange(len(self.known))))

    def counts(self):
        """Entries, edits, deletions, requests, kills, and what is there in the end."""
        left = len(self.known)
        return [self.made, self.edits, self.made - left, len(self.fake.asked), self.kills, len(self.fake.sheet())]

    async def rested(self, one):
        """Until nothing is left to do; real threads work in between, so that time alone does not say."""
        for _ in range(40):
            await one.pass_time(30)
            if not {state.split(":")[0] for state in await one.states()} & set(PENDING):
                return

    async def run(self):
        while self.made < self.number:
            self.fake.is_hanging, self.fake.hangs = False, 0
            self.fake.fault = unreliable(self.rng)
            async with desk(self.folder, self.kind, self.fake, self.clock, self.target, self.kills) as one:
                for _ in range(self.rng.randrange(5, 15)):
                    await self.act(one)
                    if self.rng.random() < 0.5:
                        await one.pass_time(self.rng.choice([0.5, 4, 11]))
                self.fake.is_hanging = True
                await one.pass_time(11)
                self.kills += 1
        self.fake.is_hanging, self.fake.hangs, self.fake.fault = False, 0, lambda request: ""
        async with desk(self.folder, self.kind, self.fake, self.clock, self.target) as one:
            await self.rested(one)
            for row in await one.rows():
                assert row["state"] in (DELIVERED, GONE, PARKED), (row["state"], row["error"])
                if row["state"] == PARKED:
                    await one.engine.run(lambda step, row=row: retry_now(step, row))
            await self.rested(one)
            assert one.fake.sheet() == await agreed(one, self.kind)
            assert all(state in (DELIVERED, GONE) for state in await one.states())


@pytest.mark.parametrize("variant", VARIANTS)
async def test_the_ledger_ends_equal_to_the_sheet(tmp_path, variant):
    storm = Storm(tmp_path, variant, 7, 25 if variant in FAKES else 12)
    await storm.run()
    assert storm.kills >= 2


LONG = [(variant, seed) for variant in VARIANTS for seed in (range(3) if variant in FAKES else [0])]


@pytest.mark.slow
@pytest.mark.parametrize(("variant", "seed"), LONG)
async def test_the_ledger_ends_equal_to_the_sheet_after_300_entries(tmp_path, variant, seed, record_property):
    storm = Storm(tmp_path, variant, seed, 300)
    await storm.run()
    record_property("storm", [variant, seed, *storm.counts()])
