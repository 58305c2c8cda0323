"""What only Clockify is like."""

from datetime import UTC, datetime

import pytest

from stintd.ports import LOST, MISSING, STOPPED, TAKEN, Account, Item, Login, Outcome, RemotePlace
from stintd.sinks.clockify import Clockify
from tests.support.billing.clockify import ClockifyFake
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
        "tags": (),
        "remote": ClockifyFake.remote,
    }
    return Item(**{**base, **more})


def connector(fake, workspace="w1"):
    return Clockify(fake, FakeClock(), Login("http://fake/api/v1", fake.key, {"workspace_id": workspace}, "Europe/Berlin"))


async def test_the_user_and_the_workspace_are_told_and_another_workspace_stops():
    assert await connector(ClockifyFake()).check() == Account("Ada (Loom)")
    found = await connector(ClockifyFake(), "w3").check()
    assert isinstance(found, Outcome)
    assert found.kind == STOPPED


async def test_workspaces_can_be_chosen_from():
    found = await connector(ClockifyFake(), "").choices("workspace_id")
    assert found == (RemotePlace("Loom", {"workspace_id": "w1"}), RemotePlace("Other", {"workspace_id": "w2"}))


@pytest.mark.parametrize("pages", [{}, {"most_a_page": 1, "tells_last": False}])
async def test_projects_are_listed_with_their_open_tasks_and_clients_over_all_pages(pages):
    assert await connector(ClockifyFake(**pages)).places() == (
        RemotePlace("Atlas", {"project_id": "p1"}, "Acme"),
        RemotePlace("Atlas / Building", {"project_id": "p1", "task_id": "t1"}, "Acme"),
        RemotePlace("Borealis", {"project_id": "p2"}),
    )


@pytest.mark.parametrize("client", ["", "acme", "New"])
async def test_a_project_can_be_made_under_a_client(client):
    assert await connector(ClockifyFake()).make_place("Cirrus", client) == RemotePlace(
        "Cirrus", {"project_id": "new projects"}, client
    )


async def test_an_entry_costs_one_call_once_the_user_and_the_day_are_known():
    one = connector(ClockifyFake())
    for number in range(10):
        assert (await one.create(item(start=NINE + number * 1800))).kind == TAKEN
    assert one.calls == 12


async def test_tags_go_by_id_and_are_made_once_where_they_are_missing():
    fake = ClockifyFake()
    one = connector(fake)
    for number in range(2):
        await one.create(item(start=NINE + number * 3600, tags=("deep", "new")))
    assert [entry["tagIds"] for entry in fake.ledger.values()] == [["g1", "g3"]] * 2
    assert len(fake.tags) == 3


async def test_a_tag_that_may_not_be_made_is_left_out():
    fake = ClockifyFake(makes_tags=False)
    assert (await connector(fake).create(item(tags=("new", "calls")))).kind == TAKEN
    assert [entry["tagIds"] for entry in fake.ledger.values()] == [["g2"]]


async def test_a_change_keeps_what_others_put_into_their_own_fields():
    fake = ClockifyFake()
    one = connector(fake)
    made = await one.create(item())
    fake.ledger[made.remote_id]["customFields"] = [{"customFieldId": "f1", "value": {"po": "4711"}}]
    assert (await one.update(made.remote_id, item(description="better"))).kind == TAKEN
    assert fake.ledger[made.remote_id]["customFields"] == [{"customFieldId": "f1", "value": {"po": "4711"}}]
    assert [line[2] for line in fake.sheet()] == ["better"]


@pytest.mark.parametrize("gone_status", [400, 404])
async def test_what_is_gone_is_gone_however_that_is_told(gone_status):
    one = connector(ClockifyFake(gone_status=gone_status))
    assert (await one.delete("64c7", item())).kind == TAKEN
    assert (await one.update("64c7", item())).kind == LOST


async def test_two_of_one_time_are_each_there_once_whichever_attempt_was_stored():
    fake = ClockifyFake()
    one = connector(fake)
    await one.create(item(description="first"))
    found = await one.look(item(description="second"), frozenset())
    assert (found.kind, [line[2] for line in fake.sheet()]) == (TAKEN, ["second"])
    assert (await one.look(item(description="first"), frozenset({found.remote_id}))).kind == MISSING
    assert (await one.look(item(seconds=60), frozenset())).kind == MISSING


async def test_a_day_with_something_open_in_it_is_open():
    fake = ClockifyFake()
    await connector(fake).create(item())
    await connector(fake).create(item(start=NINE + 3600))
    fake.locks = lambda entry: entry["start"] == "2026-11-19T09:00:00Z"
    assert (await connector(fake).create(item(start=NINE + 7200))).kind == TAKEN
