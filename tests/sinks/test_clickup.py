"""ClickUp's quirks: custom ids, tags, refusals that mean something else, and its tasks in lists."""

import json
from dataclasses import dataclass, field, replace

import pytest

from stintd.ports import MISSING, REFUSED, STOPPED, TAKEN, UNKNOWN, Account, Item, Login
from stintd.sinks.clickup import ClickUp
from tests.support.billing.clickup import ClickUpFake
from tests.support.clock import FakeClock

ITEM = Item(
    "i1", 1_764_000_000, 1_764_003_600, 3600, "2025-11-24", "work", True, ("backend", "deep work"), {"task_id": "86fpd7vgc"}
)


@dataclass
class Heard(ClickUpFake):
    """The fake, and the requests as they came."""

    requests: list = field(default_factory=list)

    def answer(self, request):
        self.requests.append(request)
        return super().answer(request)


def connector(fake, key="pk_1_SECRET", team="9012"):
    return ClickUp(fake, FakeClock(), Login("http://fake", key, {"team_id": team}))


async def test_an_entry_goes_with_its_tags_billable_and_milliseconds():
    fake = Heard()
    outcome = await connector(fake).create(ITEM)
    assert outcome.kind == TAKEN
    assert fake.ledger.keys() == {outcome.remote_id}
    sent = json.loads(fake.requests[0].body)
    assert (sent["start"], sent["end"], sent["duration"]) == (1_764_000_000_000, 1_764_003_600_000, 3_600_000)
    assert ([tag["name"] for tag in sent["tags"]], sent["billable"]) == (["backend", "deep work"], True)
    assert fake.requests[0].headers["Authorization"] == "pk_1_SECRET"
    assert "?" not in fake.requests[0].url


async def test_a_token_of_an_application_goes_as_bearer():
    fake = Heard(key="Bearer oauth")
    assert (await connector(fake, "oauth").create(ITEM)).kind == TAKEN


async def test_a_custom_id_says_so_in_every_request_about_it():
    fake = Heard()
    item = replace(ITEM, remote={"task_id": "DEV-1234"})
    one = connector(fake)
    made = await one.create(item)
    assert made.kind == TAKEN
    assert (await one.update(made.remote_id, replace(item, description="better"))).kind == TAKEN
    assert [request.url.partition("?")[2] for request in fake.requests] == ["custom_task_ids=true&team_id=9012"] * 2
    assert fake.sheet() == [(1_764_000_000, 3600, "better")]
    assert (await one.look(item, frozenset())).remote_id == made.remote_id
    assert (await one.look(item, frozenset({made.remote_id}))).kind == MISSING


async def test_an_id_as_branches_carry_it_is_the_id():
    fake = Heard()
    made = await connector(fake).create(replace(ITEM, remote={"task_id": "CU-86fpd7vgc"}))
    assert fake.ledger[made.remote_id]["tid"] == "86fpd7vgc"
    fake.tasks[0]["custom_id"] = "CU-12"
    assert (await connector(fake).create(replace(ITEM, remote={"task_id": "CU-12"}))).kind == TAKEN


async def test_an_answer_without_an_id_leaves_a_question_that_looking_answers():
    fake = Heard(created="echo")
    one = connector(fake)
    assert (await one.create(ITEM)).kind == UNKNOWN
    assert (await one.look(ITEM, frozenset())).remote_id == next(iter(fake.ledger))
    assert (await one.look(replace(ITEM, seconds=3599), frozenset())).kind == MISSING
    assert (await one.look(replace(ITEM, remote={"task_id": "another"}), frozenset())).kind == MISSING


async def test_an_edit_takes_tags_away_and_moves_the_entry():
    fake = Heard()
    one = connector(fake)
    made = await one.create(ITEM)
    await one.update(made.remote_id, replace(ITEM, tags=(), start=ITEM.start + 60, remote={"task_id": "86fpd7vhx"}))
    kept = fake.ledger[made.remote_id]
    assert (kept["tags"], kept["tid"], kept["start"]) == ([], "86fpd7vhx", 1_764_000_060_000)


async def test_a_good_token_for_another_workspace_is_told_from_a_bad_one():
    outcome = await connector(Heard(), team="1").create(ITEM)
    assert outcome.kind == STOPPED
    assert "works, but not for workspace 1" in outcome.text
    assert "not accepted: Token invalid" in (await connector(Heard(), "pk_bad").create(ITEM)).text


async def test_a_task_that_is_out_of_reach_is_that_one_entrys_trouble_and_not_the_tokens():
    one = connector(Heard())
    for outcome in (
        await one.create(replace(ITEM, remote={"task_id": "86other"})),
        await one.start(replace(ITEM, remote={"task_id": "X-1"})),
    ):
        assert outcome.kind == REFUSED
        assert "does not reach the task" in outcome.text
        assert "stint targets map" in outcome.remedy


async def test_connecting_names_the_workspace_and_those_there_are():
    assert await connector(Heard()).check() == Account("Acme")
    assert (await connector(Heard(), team="1").check()).text == "the token does not reach workspace 1; it reaches: 9012 (Acme)"
    assert (await connector(Heard(), "pk_bad").check()).kind == STOPPED


@pytest.mark.parametrize("tells_lists", [True, False])
async def test_tasks_are_found_by_id_by_custom_id_and_in_their_lists(tells_lists):
    tasks = connector(Heard(tells_lists=tells_lists)).tasks
    by_id, by_custom = await tasks.task("86fpd7vgc"), await tasks.task("DEV-1234")
    assert by_id == by_custom
    assert (by_id.id, by_id.custom_id, by_id.list.name, by_id.is_open) == ("86fpd7vgc", "DEV-1234", "Backend Tasks", True)
    assert (await tasks.task("NOPE-1")).kind == MISSING
    lists = await tasks.lists()
    assert [one.name for one in lists] == ["Backend Tasks", "Bug Tracker"]
    assert [task.name for task in await tasks.tasks_of(lists[0])] == ["Implement user authentication", "Fix bug"]
    assert "Bug Tracker / Fix bug" in [one.name for one in await tasks.places()]


async def test_a_long_list_is_read_page_by_page():
    many = [{"id": f"t{n}", "custom_id": None, "name": f"task {n}", "list": "901"} for n in range(230)]
    tasks = connector(Heard(tasks=many)).tasks
    found = await tasks.tasks_of((await tasks.lists())[0])
    assert [task.id for task in found] == [f"t{n}" for n in range(230)]


async def test_a_failure_while_looking_for_tasks_is_told_and_never_taken_for_nothing_there():
    fake = Heard(fault=lambda request: "500")
    tasks = connector(fake).tasks
    assert (await tasks.task("86fpd7vgc")).kind == UNKNOWN
    assert (await tasks.lists()).kind == UNKNOWN
    fake.fault = lambda request: "html after"
    assert (await tasks.lists()).kind in (REFUSED, UNKNOWN)
