"""Hours leave once, when they may, and what is edited or taken away follows."""

from datetime import date, timedelta

import pytest

from stintd.domain.billing.rounding import Rounding
from stintd.domain.billing.target import TargetRule
from stintd.engine.commands import entries
from tests.delivery.harness import desk, target_of
from tests.support.billing import FAKES


@pytest.mark.parametrize("kind", FAKES)
async def test_nothing_leaves_unapproved_and_what_was_approved_leaves_after_it_rested(tmp_path, kind):
    async with desk(tmp_path, kind) as one:
        await one.add(9)
        await one.pass_time(60)
        assert await one.states() == ["waiting: not approved"]
        assert one.fake.sheet() == []
        await one.approve()
        await one.pass_time(9)
        assert one.fake.sheet() == []
        await one.pass_time(2)
        assert await one.states() == ["delivered"]
        assert len(one.fake.sheet()) == 1


@pytest.mark.parametrize("kind", FAKES)
async def test_edits_and_deletions_follow(tmp_path, kind):
    async with desk(tmp_path, kind, target=target_of(kind, deliver="auto")) as one:
        first, second = await one.add(9, note="first"), await one.add(11, note="second")
        await one.pass_time(11)
        assert [line[2] for line in one.fake.sheet()] == ["first", "second"]
        await one.edit(first, description="better")
        await one.delete(second)
        assert await one.states() == ["changed", "withdrawn"]
        await one.pass_time(11)
        assert [line[2] for line in one.fake.sheet()] == ["better"]
        assert await one.states() == ["delivered", "gone"]


async def test_what_was_taken_away_and_is_brought_back_is_made_anew(tmp_path):
    async with desk(tmp_path, target=target_of("clockme", deliver="auto")) as one:
        entry = await one.add(9)
        await one.pass_time(11)
        await one.delete(entry)
        await one.pass_time(11)
        assert one.fake.sheet() == []
        await one.engine.run(lambda step: entries.restore(step, entry))
        await one.pass_time(11)
        assert len(one.fake.sheet()) == 1


async def test_an_edit_of_what_was_unapproved_waits_for_its_approval(tmp_path):
    async with desk(tmp_path) as one:
        entry = await one.add(9)
        await one.approve()
        await one.pass_time(11)
        await one.unapprove()
        assert await one.states() == ["delivered: not approved"]
        await one.edit(entry, description="corrected")
        await one.pass_time(30)
        assert (await one.states(), one.fake.sheet()[0][2]) == (["changed: not approved"], "work")
        await one.approve()
        await one.pass_time(11)
        assert (await one.states(), one.fake.sheet()[0][2]) == (["delivered"], "corrected")


async def test_what_is_not_mapped_waits_visibly_and_older_work_is_not_even_considered(tmp_path):
    target = target_of("clockme", deliver="auto", since=date(2026, 11, 18))
    async with desk(tmp_path, target=target) as one:
        await one.add(9, project="beta")
        await one.add(9, day=17)
        await one.pass_time(11)
        rows = await one.rows()
        assert [row["hold"] for row in rows] == ["beta is not mapped"]
        assert rows[0]["remedy"] == "`stint targets map acme --project 'beta' project_id=ID`"
        assert one.fake.asked == []


async def test_sums_of_a_day_are_rounded_and_a_late_entry_of_the_day_corrects_them(tmp_path):
    target = target_of("webhook", deliver="auto", rounding=Rounding("up", 15))
    async with desk(tmp_path, "webhook", target=target) as one:
        await one.add(9, 20)
        await one.add(10, 13)
        await one.pass_time(11)
        assert sorted(entry["seconds"] for entry in one.fake.ledger.values()) == [13 * 60, 32 * 60]
        await one.add(14, 12)
        await one.pass_time(11)
        assert sum(entry["seconds"] for entry in one.fake.ledger.values()) == 45 * 60
        assert len(one.fake.ledger) == 3


async def test_what_rounds_to_nothing_is_not_sent_and_says_so(tmp_path):
    target = target_of("webhook", deliver="auto", rounding=Rounding("down", 15))
    async with desk(tmp_path, "webhook", target=target) as one:
        await one.add(9, 10)
        await one.pass_time(11)
        assert await one.states() == ["waiting: it rounds to nothing"]
        assert one.fake.ledger == {}


async def test_no_more_requests_an_hour_than_the_budget_and_a_restart_does_not_forget_it(tmp_path):
    target = target_of("clockme", deliver="auto", calls_per_hour=5)
    async with desk(tmp_path, target=target) as one:
        for hour in range(9, 18):
            await one.add(hour, 30)
        await one.pass_time(11)
        assert len(one.fake.asked) == 5
        fake, clock = one.fake, one.running.clock
    async with desk(tmp_path, fake=fake, clock=clock, target=target) as one:
        await one.pass_time(20)
        assert len(fake.asked) == 5
        await one.pass_time(11, rounds=6)
        assert len(fake.sheet()) == 9


async def test_retry_after_is_honoured(tmp_path):
    async with desk(tmp_path, target=target_of("clockme", deliver="auto", retry_initial=timedelta(seconds=1))) as one:
        one.fake.fault = lambda request: "" if len(one.fake.asked) else "429 with retry"
        await one.add(9)
        await one.running.clock.advance(minutes=10, seconds=0.5)
        await one.quiet()
        assert (len(one.fake.asked), len(one.fake.sheet())) == (1, 0)
        await one.pass_time(1)
        assert len(one.fake.sheet()) == 1


async def test_what_is_sent_stands_still_for_its_evidence(tmp_path):
    async with desk(tmp_path, target=target_of("clockme", deliver="auto")) as one:
        entry = await one.add(9)
        await one.pass_time(11)
        found = await one.running.rows("SELECT pinned FROM entry WHERE id = ?", entry)
        assert found[0]["pinned"] == "project text time"


async def test_connecting_again_sends_nothing_twice(tmp_path):
    async with desk(tmp_path, target=target_of("clockme", deliver="auto")) as one:
        await one.add(9)
        await one.pass_time(11)
        planned = dict(one.targets.planned)
        await one.targets.connect({})
        await one.add(11)
        await one.targets.connect(planned)
        await one.pass_time(11)
        assert len(one.fake.sheet()) == 2
        assert one.fake.made == 2


async def test_estimated_time_is_never_sent_unapproved_and_supervised_time_only_where_it_is_billed(tmp_path):
    async with desk(tmp_path, "webhook", target=target_of("webhook", deliver="auto")) as one:
        first, second = await one.add(9), await one.add(11)
        estimated = "UPDATE entry SET is_estimated = 1, origin = 'auto', pinned = 'time' WHERE id = ?"
        await one.engine.run(lambda step: step.conn.execute(estimated, (first,)))
        await one.engine.run(
            lambda step: step.conn.execute("UPDATE entry SET supervised_us = 1200000000 WHERE id = ?", (second,))
        )
        await one.engine.run(lambda step: step.conn.execute("UPDATE project SET bill_supervised = 0"))
        await one.pass_time(11)
        assert "waiting: estimated time is never sent without approval" in await one.states()
        assert [entry["seconds"] for entry in one.fake.ledger.values()] == [2400]


async def test_what_is_locked_there_stays_a_difference_and_is_tried_again_once_a_day(tmp_path):
    async with desk(tmp_path, target=target_of("clockme", deliver="auto")) as one:
        entry = await one.add(9)
        await one.pass_time(11)
        one.fake.locks = lambda entry: entry["description"] == "work"
        await one.edit(entry, description="corrected")
        await one.add(12, note="well")
        await one.pass_time(11)
        asked = len(one.fake.asked)
        row = (await one.rows())[0]
        assert (row["state"], row["error"]) == ("parked", "the period is locked there: this period is locked")
        assert "stint outbox retry ID" in row["remedy"]
        assert [line[2] for line in one.fake.sheet()] == ["work", "well"]
        await one.pass_time(60, rounds=20)
        assert len(one.fake.asked) == asked
        one.fake.locks = lambda entry: False
        await one.pass_time(60, rounds=5)
        assert await one.states() == ["delivered", "delivered"]
        assert [line[2] for line in one.fake.sheet()] == ["corrected", "well"]


async def test_a_client_may_be_rounded_another_way_than_the_rest_and_tags_have_other_names_there(tmp_path):
    rules = (TargetRule({"project_id": "p1"}), TargetRule({"project_id": "p2"}, tag="night", rounding=Rounding("up", 30)))
    target = target_of("webhook", deliver="auto", rules=rules, rounding=Rounding("nearest", 6), tags={"night": "Overtime"})
    async with desk(tmp_path, "webhook", target=target) as one:
        await one.add(9, 20)
        night = await one.add(10, 13)
        await one.edit(night, tags=["night"])
        await one.pass_time(11)
        found = sorted((kept["remote"]["project_id"], kept["seconds"], kept["tags"]) for kept in one.fake.ledger.values())
        assert found == [("p1", 18 * 60, []), ("p2", 30 * 60, ["Overtime"])]
