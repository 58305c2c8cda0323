"""Tempo: what is particular about authors, days, attributes and closed periods, and an independent client's opinion of it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tempoapiclient import client_v4

from stintd.domain.billing.target import TargetRule
from stintd.engine.commands import entries
from stintd.engine.commands.entries import EntryRequest
from stintd.ports import LOCKED, MISSING, REFUSED, STOPPED, TAKEN, UNSENT, Item, Login
from stintd.sinks.registry import KINDS
from tests.delivery.harness import desk, target_of
from tests.support.billing.fake import Served
from tests.support.billing.tempo import TempoFake
from tests.support.clock import FakeClock

ITEM = Item("id-1", 1795078800, 1795082400, 3600, "2026-11-19", "work", True, (), TempoFake.remote)


def connector(fake, zone="UTC", **options):
    return KINDS["tempo"].make(fake, FakeClock(), Login("http://fake", fake.key, {**fake.options, **options}, zone))


async def test_an_account_that_it_does_not_know_is_named_and_a_key_that_expired_stops_it():
    fake = TempoFake()
    assert (await connector(fake).check()).name == "712020:mia"
    found = await connector(fake, account_id="noa").check()
    assert (found.kind, found.text) == (REFUSED, "there is no account 'noa'")
    fake.key = "another"
    one = KINDS["tempo"].make(fake, FakeClock(), Login("http://fake", "k-secret", fake.options))
    for outcome in (await one.check(), await one.create(ITEM), await one.update("126", ITEM), await one.delete("126", ITEM)):
        assert outcome.kind == STOPPED


async def test_it_offers_the_issues_of_late():
    fake = TempoFake()
    one = connector(fake)
    await one.create(ITEM)
    await one.create(replace(ITEM, id="id-2", description="better", start=ITEM.start + 7200))
    assert [(place.name, place.remote) for place in await one.places()] == [("issue 10001: better", {"issue_id": "10001"})]


async def test_the_time_is_that_of_the_wall_with_attributes_and_what_is_billable():
    fake = TempoFake()
    made = await connector(fake, "Europe/Berlin").create(replace(ITEM, billable=False))
    kept = fake.ledger[made.remote_id]
    assert (kept["startDate"], kept["startTime"], kept["billableSeconds"]) == ("2026-11-19", "10:00:00", 0)
    assert kept["attributes"] == [{"key": "_Activity_", "value": "Dev"}, {"key": "_Stint_", "value": "id-1"}]


@pytest.mark.parametrize("written", ["DEV-1", "../myself", "1" * 30, "٢"])
async def test_keys_of_issues_are_not_asked_for_and_say_what_takes_them(written):
    fake = TempoFake()
    outcome = await connector(fake).create(replace(ITEM, remote={"issue_id": written}))
    assert (outcome.kind, outcome.remedy) == (REFUSED, "map it to the number, not the key; the kind `jira` accepts keys")
    assert fake.asked == []


async def test_an_attribute_that_is_missing_is_said_in_its_words():
    outcome = await connector(TempoFake()).create(replace(ITEM, remote={"issue_id": "10001"}))
    assert (outcome.kind, outcome.text) == (REFUSED, "refused with 400: Work attribute 'Activity' is required")


@pytest.mark.parametrize("status", [400, 403])
async def test_a_worklog_is_not_moved_out_of_a_closed_period(status):
    fake = TempoFake(closed_status=status)
    one = connector(fake)
    made = await one.create(ITEM)
    fake.locks = lambda kept: kept["startDate"] == "2026-11-19"
    outcome = await one.update(made.remote_id, replace(ITEM, day="2026-11-20"))
    assert (outcome.kind, outcome.text) == (LOCKED, "the timesheet of 2026-11-19 is approved there")


async def test_where_nobody_may_know_what_is_closed_the_refusal_stands():
    fake = TempoFake(tells_closed=False)
    one = connector(fake)
    assert (await one.create(ITEM)).kind == TAKEN
    fake.locks = lambda kept: True
    outcome = await one.create(replace(ITEM, id="id-2"))
    assert (outcome.kind, outcome.text) == (REFUSED, "refused with 400: The period is closed")


async def test_nothing_was_written_when_the_question_before_had_no_answer():
    fake = TempoFake(fault=lambda request: "500" if "approvals" in request.url else "")
    assert (await connector(fake).create(ITEM)).kind == UNSENT
    assert fake.ledger == {}


async def test_what_is_there_is_told_by_its_words_where_no_attribute_tells_it():
    fake = TempoFake(lists_attributes=False)
    one = connector(fake)
    made = await one.create(ITEM)
    assert (await one.look(ITEM, frozenset())).remote_id == made.remote_id
    assert (await one.look(ITEM, frozenset({made.remote_id}))).kind == MISSING
    for other in ({"description": "x"}, {"start": ITEM.start + 60}, {"seconds": 60}, {"remote": {"issue_id": "10002"}}):
        assert (await one.look(replace(ITEM, **other), frozenset())).kind == MISSING
    fake.lists_attributes = True
    assert (await one.look(replace(ITEM, id="id-2"), frozenset())).kind == MISSING


async def test_a_worklog_does_not_move_to_another_issue_but_is_made_there_anew(tmp_path):
    rules = (TargetRule(TempoFake.remote, project="atlas"), TargetRule({**TempoFake.remote, "issue_id": "10002"}, project="beta"))
    async with desk(tmp_path, "tempo", target=target_of("tempo", deliver="auto", rules=rules)) as one:
        entry = await one.add(9)
        await one.add(11, project="beta")
        await one.pass_time(11)
        await one.edit(entry, project_name="beta")
        await one.pass_time(11, rounds=2)
        assert sorted(kept["issueId"] for kept in one.fake.ledger.values()) == [10002, 10002]


async def test_an_independent_client_reads_the_same_hours(tmp_path):
    fake = TempoFake()
    async with desk(tmp_path, "tempo", fake, target=target_of("tempo", deliver="auto")) as one:
        start = one.running.clock.now().replace(day=18, hour=23, minute=0, second=0)
        end = start + timedelta(hours=2)
        request = EntryRequest(project_name="atlas", auto_create=True, start=start, end=end, words={"description": "night"})
        await one.engine.run(lambda step: entries.create(step, request))
        await one.add(9, 90)
        await one.pass_time(11)
    served = Served(fake)
    fake.base = served.url
    try:
        client = client_v4.Tempo(fake.key, served.url, limit=2)
        found = client.get_worklogs("2026-11-01", "2026-11-30", accountId="712020:mia")
    finally:
        served.close()
    read = sorted((log["startDate"], log["timeSpentSeconds"], log["description"]) for log in found)
    assert read == fake.sheet() == [("2026-11-18", 3600, "night"), ("2026-11-19", 3600, "night"), ("2026-11-19", 5400, "work")]
