"""What only Toggl Track is like."""

from datetime import UTC, datetime, timedelta

import pytest

from stintd.ports import BLIND, LOCKED, LOST, MISSING, REFUSED, STOPPED, TAKEN, UNSENT, Account, Item, Login, Outcome, RemotePlace
from stintd.sinks.toggl import Toggl
from tests.delivery.harness import desk, target_of
from tests.support.billing.fake import json_answer
from tests.support.billing.toggl import TogglFake
from tests.support.clock import FakeClock

NINE = int(datetime(2026, 11, 19, 9, tzinfo=UTC).timestamp())


def item(**more):
    base = {
        "id": "0123456789abcdef",
        "start": NINE,
        "end": NINE + 1800,
        "seconds": 1800,
        "day": "2026-11-19",
        "description": "work",
        "billable": True,
        "tags": ("deep",),
        "remote": TogglFake.remote,
    }
    return Item(**{**base, **more})


def connector(fake, key="", workspace="7"):
    return Toggl(fake, FakeClock(), Login("http://fake/api/v9", key or fake.key, {"workspace_id": workspace}))


async def test_the_workspace_is_told_and_another_or_a_wrong_token_stops():
    assert await connector(TogglFake()).check() == Account("Loom")
    for other in (connector(TogglFake(), workspace="8"), connector(TogglFake(), key="wrong")):
        found = await other.check()
        assert isinstance(found, Outcome)
        assert found.kind == STOPPED


async def test_workspaces_can_be_chosen_from():
    found = await connector(TogglFake(), workspace="").choices("workspace_id")
    assert found == (RemotePlace("Loom", {"workspace_id": "7"}), RemotePlace("Other", {"workspace_id": "8"}))


@pytest.mark.parametrize("most_a_page", [1, 200])
async def test_projects_are_listed_with_their_tasks_and_clients_over_all_pages(most_a_page):
    assert await connector(TogglFake(most_a_page=most_a_page)).places() == (
        RemotePlace("Atlas", {"project_id": "101"}, "Acme"),
        RemotePlace("Atlas / Building", {"project_id": "101", "task_id": "201"}, "Acme"),
        RemotePlace("Borealis", {"project_id": "102"}),
    )


@pytest.mark.parametrize("client", ["", "acme", "New"])
async def test_a_project_can_be_made_under_a_client(client):
    assert await connector(TogglFake()).make_place("Cirrus", client) == RemotePlace("Cirrus", {"project_id": "150"}, client)


async def test_an_entry_costs_one_call_and_is_whole_and_over():
    fake = TogglFake()
    one = connector(fake)
    for number in range(20):
        assert (await one.create(item(start=NINE + number * 3600))).kind == TAKEN
    assert one.calls == 20
    told = next(iter(fake.ledger.values()))
    assert (told["start"], told["stop"], told["duration"]) == ("2026-11-19T09:00:00Z", "2026-11-19T09:30:00Z", 1800)
    assert (told["tags"], told["billable"]) == (["deep"], True)


async def test_an_entry_is_found_by_its_start_length_and_project():
    fake = TogglFake()
    one = connector(fake)
    made = await one.create(item())
    assert made.remote_id == str(2**53 + 1)
    assert await one.look(item(), frozenset()) == Outcome(TAKEN, made.remote_id)
    for other in (item(start=NINE + 1), item(seconds=1799), item(remote={"project_id": "102"})):
        assert (await one.look(other, frozenset())).kind == MISSING
    assert (await one.look(item(), frozenset({made.remote_id}))).kind == MISSING


async def test_two_of_one_second_are_each_there_once_whichever_attempt_was_stored():
    fake = TogglFake()
    one = connector(fake)
    await one.create(item(description="first"))
    found = await one.look(item(description="second"), frozenset())
    assert found.kind == TAKEN
    assert [line[2] for line in fake.sheet()] == ["second"]
    assert (await one.look(item(description="first"), frozenset({found.remote_id}))).kind == MISSING


async def test_what_is_too_old_to_be_listed_is_left_to_a_person():
    fake = TogglFake()
    fake.answer = lambda request: json_answer(400, "start_date must not be earlier than 2026-08-26")
    assert (await connector(fake).look(item(), frozenset())).kind == BLIND


async def test_402_is_a_quota_or_a_plan():
    outcome = await connector(TogglFake(left=0)).create(item())
    assert (outcome.kind, outcome.pause) == (UNSENT, timedelta(minutes=30))
    outcome = await connector(TogglFake(left=9, has_billable=False)).create(item())
    assert (outcome.kind, outcome.text) == (REFUSED, "the workspace's plan does not include that: Workspace must be premium")


async def test_the_last_call_of_the_hour_lets_the_target_rest_until_there_are_more(tmp_path):
    async with desk(tmp_path, "toggl", fake=TogglFake(left=2), target=target_of("toggl", deliver="auto")) as one:
        for hour in (9, 10, 11):
            await one.add(hour, 30)
        await one.pass_time(11)
        assert (len(one.fake.asked), len(one.fake.sheet())) == (2, 2)
        one.fake.left = 30
        await one.pass_time(25)
        assert len(one.fake.asked) == 2
        await one.pass_time(6)
        assert (len(one.fake.asked), len(one.fake.sheet())) == (3, 3)


async def test_403_is_a_lock_or_a_token():
    fake = TogglFake()
    one = connector(fake)
    made = await one.create(item())
    fake.locks = lambda entry: True
    outcome = await one.update(made.remote_id, item(description="better"))
    assert (outcome.kind, "The period is locked" in outcome.text) == (LOCKED, True)
    assert one.calls == 2
    other = connector(fake)
    assert (await other.update(made.remote_id, item(description="better"))).kind == LOCKED
    assert other.calls == 2
    fake.key = "another"
    assert (await one.create(item())).kind == STOPPED


@pytest.mark.parametrize("gone_status", [404, 410])
async def test_what_is_gone_is_gone_and_a_call_that_is_gone_is_not(gone_status):
    fake = TogglFake(gone_status=gone_status)
    one = connector(fake)
    assert (await one.delete("1", item())).kind == TAKEN
    assert (await one.update("1", item())).kind == LOST
    made = await one.create(item())
    fake.offers_changes, fake.gone_status = False, 410
    outcome = await one.delete(made.remote_id, item())
    assert (outcome.kind, outcome.text) == (REFUSED, "Toggl no longer offers this call")


async def test_a_place_that_is_no_number_is_refused_before_anything_is_asked():
    fake = TogglFake()
    assert (await connector(fake).create(item(remote={"project_id": "atlas"}))).kind == REFUSED
    assert fake.asked == []
