"""What only Harvest is like."""

from datetime import UTC, datetime

import pytest

from stintd.ports import MISSING, REFUSED, STOPPED, TAKEN, Account, Item, Login, Outcome, RemotePlace
from stintd.sinks.harvest import Harvest
from tests.delivery.harness import desk, target_of
from tests.support.billing.harvest import HarvestFake
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
        "remote": HarvestFake.remote,
    }
    return Item(**{**base, **more})


def connector(fake, account="77"):
    options = {"account_id": account, "contact": "ada@example.com"}
    return Harvest(fake, FakeClock(), Login("http://fake/v2", fake.key, options, "Europe/Berlin"))


async def test_the_user_of_the_token_is_told_and_another_account_stops():
    assert await connector(HarvestFake()).check() == Account("Ada L")
    found = await connector(HarvestFake(), account="1").check()
    assert isinstance(found, Outcome)
    assert found.kind == STOPPED


async def test_the_accounts_of_a_token_can_be_chosen_from():
    one = connector(HarvestFake(), account="")
    assert await one.choices("account_id") == (RemotePlace("Loom", {"account_id": "77"}),)
    assert await one.choices("contact") == ()


async def test_the_active_tasks_of_all_projects_are_listed_over_all_pages():
    found = await connector(HarvestFake(most_a_page=1)).places()
    assert [(one.name, one.client) for one in found] == [
        ("Atlas / Building", "Acme"),
        ("Borealis / Building", "Acme"),
        ("Cirrus / Building", "Acme"),
    ]
    assert found[0].remote == {"project_id": "11", "task_id": "21"}


@pytest.mark.parametrize("client", ["acme", "New"])
async def test_a_project_is_made_with_a_client_and_the_first_of_its_tasks(client):
    found = await connector(HarvestFake()).make_place("Cirrus", client)
    assert found == RemotePlace("Cirrus / Building", {"project_id": "13", "task_id": "21"}, "Acme")


async def test_a_client_that_is_told_of_without_a_number_makes_no_project():
    fake = HarvestFake()
    page = fake._page
    fake._page = lambda name, rows, query: page(name, [{**one, "id": "c1"} for one in rows], query)
    assert isinstance(await connector(fake).make_place("Cirrus", "acme"), Outcome)


async def test_a_project_without_a_client_is_not_made():
    fake = HarvestFake()
    found = await connector(fake).make_place("Cirrus", "")
    assert isinstance(found, Outcome)
    assert (found.text, fake.asked) == ("a project at Harvest needs a client", [])


async def test_an_entry_costs_one_call_once_the_account_and_the_day_are_known():
    one = connector(HarvestFake())
    for number in range(20):
        assert (await one.create(item(id=f"{number:016}"))).kind == TAKEN
    assert one.calls == 23


@pytest.mark.parametrize("name", ["project_id", "task_id"])
async def test_a_place_that_is_no_number_is_refused_before_anything_is_asked(name):
    fake = HarvestFake()
    outcome = await connector(fake).create(item(remote={**HarvestFake.remote, name: "atlas"}))
    assert (outcome.kind, fake.asked) == (REFUSED, [])


async def test_times_are_those_on_the_wall_of_the_owner():
    fake = HarvestFake(is_timed=True)
    await connector(fake).create(item(start=NINE + 2 * 3600 + 1800, seconds=5400))
    told = fake.ledger["901"]
    assert (told["started_time"], told["ended_time"]) == ("12:30pm", "2:00pm")
    assert "hours" not in told


async def test_what_is_invoiced_closes_itself_and_not_its_day():
    fake = HarvestFake()
    one = connector(fake)
    await one.create(item())
    shown = fake._to_wire
    fake._to_wire = lambda entry: {**shown(entry), "is_locked": True, "is_billed": True, "locked_reason": "Item Invoiced"}
    other = connector(fake)
    assert (await other.create(item(id="another000000000"))).kind == TAKEN
    outcome = await other.update("901", item(description="better"))
    assert (outcome.kind, outcome.text) == ("locked", "Item Invoiced")


async def test_another_s_reference_is_not_ours_even_where_lists_are_not_narrowed():
    fake = HarvestFake(narrows=False, most_a_page=1)
    one = connector(fake)
    for number in range(3):
        await one.create(item(id=f"{number:016}"))
    assert (await one.look(item(), frozenset())).kind == MISSING
    assert await one.look(item(id=f"{2:016}"), frozenset()) == Outcome(TAKEN, "903")


async def test_work_that_moves_to_another_day_moves_there(tmp_path):
    async with desk(tmp_path, "harvest", target=target_of("harvest", deliver="auto")) as one:
        entry = await one.add(9, day=18)
        await one.pass_time(11)
        start = one.running.clock.now().replace(day=17, hour=9, minute=0, second=0)
        await one.edit(entry, start=start, end=start.replace(hour=10))
        await one.pass_time(11, rounds=2)
        assert one.fake.sheet() == [("2026-11-17", 3600, "work")]
        assert one.fake.made == 1
