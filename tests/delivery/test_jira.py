"""Jira: what is particular about issues, people and minutes, and an independent client's opinion of it."""

from dataclasses import replace
from datetime import datetime, timedelta

import jira
import pytest

from stintd.domain.billing.target import TargetRule
from stintd.engine.commands import entries
from stintd.engine.commands.entries import EntryRequest
from stintd.ports import LOST, MISSING, REFUSED, STOPPED, TAKEN, Item, Login
from stintd.sinks.registry import KINDS
from tests.delivery.harness import desk, target_of
from tests.support.billing.fake import Served
from tests.support.billing.jira import JiraFake, JiraServerFake
from tests.support.clock import FakeClock

NINE = 1795078800  # 2026-11-19T09:00:00Z
ITEM = Item("id-1", NINE, NINE + 3600, 3600, "2026-11-19", "work", True, (), {"issue": "DEV-1"})
KIND_OF = {JiraFake: "jira", JiraServerFake: "jira-server"}


def connector(fake, key=None, zone="UTC"):
    login = Login("http://fake", fake.key if key is None else key, fake.options, zone)
    return KINDS[KIND_OF[type(fake)]].make(fake, FakeClock(), login)


def asked(fake):
    return [f"{method} {path.removeprefix(fake.api)}" for method, path in fake.asked]


@pytest.mark.parametrize("fake", [JiraFake, JiraServerFake])
async def test_it_says_whose_the_key_is_and_offers_the_open_issues(fake):
    one = connector(fake())
    assert (await one.check()).name == "Mia"
    assert [(place.name, place.remote) for place in await one.places()] == [
        ("Atlas / DEV-1 All about DEV-1", {"issue": "DEV-1"}),
        ("Atlas / DEV-2 All about DEV-2", {"issue": "DEV-2"}),
    ]


async def test_the_start_is_told_in_the_zone_of_its_owner_and_no_words_are_an_empty_document():
    fake = JiraFake()
    made = await connector(fake, zone="Europe/Berlin").create(replace(ITEM, description=""))
    kept = fake.ledger[made.remote_id]
    assert kept["started"] == "2026-11-19T10:00:00.000+0100"
    assert kept["comment"] == {"type": "doc", "version": 1, "content": []}


@pytest.mark.parametrize("fake", [JiraFake(is_anonymous=True), JiraServerFake(is_anonymous=True)])
async def test_a_token_that_expired_stops_it_even_where_issues_are_merely_called_missing(fake):
    one = connector(fake)
    made = await one.create(ITEM)
    fake.key = "another"
    assert (await one.create(ITEM)).kind == STOPPED
    assert (await one.update(made.remote_id, ITEM)).kind == STOPPED
    assert (await one.delete(made.remote_id, ITEM)).kind == STOPPED
    assert (await one.look(ITEM, frozenset())).kind == STOPPED


async def test_a_worklog_that_somebody_removed_is_gone_but_one_on_an_issue_that_cannot_be_seen_is_not_believed_gone():
    fake = JiraFake()
    one = connector(fake)
    made = await one.create(ITEM)
    assert (await one.update("999", ITEM)).kind == LOST
    assert (await one.delete("999", ITEM)).kind == TAKEN
    fake.issues = ("DEV-2",)
    for outcome in (await one.create(ITEM), await one.update(made.remote_id, ITEM), await one.delete(made.remote_id, ITEM)):
        assert (outcome.kind, outcome.text) == (REFUSED, "the issue DEV-1 does not exist, or you cannot see it")
    assert len(fake.ledger) == 1


@pytest.mark.parametrize("key", ["../../myself", "DEV-1/worklog/1", "DEV-1?x=", "main", "DEV-", "", "DEV-１"])
async def test_a_branch_that_names_no_issue_is_never_asked_for(key):
    fake = JiraFake()
    one = connector(fake)
    item = replace(ITEM, remote={"issue": key})
    for outcome in (await one.create(item), await one.update("1", item), await one.delete("1", item)):
        assert (outcome.kind, outcome.remedy) == (REFUSED, "`stint edit ID --task KEY`, like DEV-123")
    assert (await one.look(item, frozenset())).kind == MISSING
    assert fake.asked == []


async def test_the_worklog_of_a_colleague_and_one_of_another_entry_are_not_taken_for_ours():
    fake = JiraFake(keeps_properties=False)
    one = connector(fake)
    made = await one.create(ITEM)
    fake.ledger[made.remote_id]["author"] = fake.another
    assert (await one.look(ITEM, frozenset())).kind == MISSING
    fake.ledger[made.remote_id]["author"] = fake.me
    assert (await one.look(ITEM, frozenset({made.remote_id}))).kind == MISSING
    assert (await one.look(ITEM, frozenset())).remote_id == made.remote_id
    fake.ledger[made.remote_id]["properties"] = [{"key": "stintd", "value": {"id": "id-2"}}]
    assert (await one.look(ITEM, frozenset())).kind == MISSING


async def test_a_list_that_cannot_be_read_to_its_end_says_nothing():
    fake = JiraFake(narrows=False, page=2)
    one = connector(fake)
    for number in range(5):
        await one.create(replace(ITEM, id=f"id-{number}", start=NINE + number * 3600))
    last = replace(ITEM, id="id-4", start=NINE + 4 * 3600)
    assert (await one.look(last, frozenset())).kind == TAKEN
    fake.fault = lambda request: "500" if "startAt=4" in request.url else ""
    assert (await one.look(last, frozenset())).kind == "unknown"


async def test_the_ticket_of_the_branch_is_the_issue_and_what_has_none_waits(tmp_path):
    rules = (TargetRule({"issue": "{task}"}, project="atlas"),)
    async with desk(tmp_path, "jira", target=target_of("jira", deliver="auto", rules=rules)) as one:
        entry = await one.add(9)
        await one.pass_time(11)
        assert await one.states() == ["waiting: it has no task, and its mapping needs one"]
        await one.edit(entry, task_name="dev-2")
        await one.pass_time(11)
        assert [kept["issue"] for kept in one.fake.ledger.values()] == ["DEV-2"]


async def test_a_worklog_whose_ticket_was_wrong_is_made_anew_on_the_other(tmp_path):
    rules = (TargetRule({"issue": "{task}"}, project="atlas"),)
    async with desk(tmp_path, "jira", target=target_of("jira", deliver="auto", rules=rules)) as one:
        entry = await one.add(9)
        await one.edit(entry, task_name="DEV-1")
        await one.pass_time(11)
        await one.edit(entry, task_name="DEV-2")
        await one.pass_time(11, rounds=2)
        assert await one.states() == ["delivered"]
        assert [kept["issue"] for kept in one.fake.ledger.values()] == ["DEV-2"]


async def test_whole_minutes_are_handed_over_and_the_sum_of_the_day_is_rounded_once(tmp_path):
    async with desk(tmp_path, "jira", target=target_of("jira", deliver="auto")) as one:
        start = one.running.clock.now().replace(day=19, hour=9)
        for number in range(4):
            begun = start + timedelta(hours=number)
            end = begun + timedelta(seconds=100)
            request = EntryRequest(project_name="atlas", auto_create=True, start=begun, end=end, words={"description": "x"})
            await one.engine.run(lambda step, request=request: entries.create(step, request))
        await one.pass_time(11)
        assert sorted(kept["timeSpentSeconds"] for kept in one.fake.ledger.values()) == [60, 120, 120, 120]


@pytest.mark.parametrize("fake", [JiraFake, JiraServerFake])
async def test_an_independent_client_reads_the_same_hours(fake):
    fake = fake()
    one = connector(fake)
    for number in range(3):
        await one.create(replace(ITEM, id=f"id-{number}", start=NINE + number * 7200, seconds=1800 + 60 * number))
    served = Served(fake)
    try:
        account = {"basic_auth": (fake.options["email"], fake.key)} if fake.options else {"token_auth": fake.key}
        client = jira.JIRA(
            served.url,
            **account,
            get_server_info=False,
            max_retries=0,
            options={"rest_api_version": fake.api[-1], "rest_path": "api"},
        )
        assert client.myself()["displayName"] == "Mia"
        found = client.worklogs("DEV-1")
        read = sorted(
            (int(datetime.strptime(log.started, "%Y-%m-%dT%H:%M:%S.%f%z").timestamp()), log.timeSpentSeconds) for log in found
        )
    finally:
        served.close()
    assert read == [line[:2] for line in fake.sheet()]
    assert {log.author.displayName for log in found} == {"Mia"}
