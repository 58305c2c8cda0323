"""ClickUp's tools find tasks at the connected ClickUp that are not known here; what is started on one becomes ours, mapped."""

import pytest

from stintd.domain.billing.delivery import DELIVERED
from tests.api.agent import Agent
from tests.api.test_keys import loopback  # noqa: F401  the fixture
from tests.support import wait_until
from tests.support.billing.clickup import TASKS, ClickUpFake
from tests.support.billing.fake import json_answer

KEY = "pk_1_SECRET"


@pytest.fixture
async def fake(daemon):
    daemon.billing = ClickUpFake(now=lambda: daemon.clock.now().timestamp())
    return daemon.billing


async def connect(client, name="desk", **more):
    body = {"name": name, "kind": "clickup", "secret": KEY, "options": {"team_id": "9012"}, "settle": "0s", **more}
    return await client.post("/api/targets", body)


@pytest.fixture
async def agent(client, fake):
    await connect(client)
    fake.asked.clear()
    return Agent(client, toolset="clickup")


async def names(client, path):
    return [one["name"] for one in (await client.get(path))["data"]]


@pytest.mark.parametrize(
    ("which", "found"),
    [
        ({"taskId": "86fpd7vgc"}, "86fpd7vgc"), ({"taskId": "DEV-1234"}, "86fpd7vgc"), ({"taskId": "86fpd7vhx"}, "86fpd7vhx"),
        ({"taskName": "fix bug", "listName": "bug tracker"}, "86fpd7vjz"),
        ({"taskName": "Implement user authentication", "listName": "Backend Tasks"}, "86fpd7vgc"),
        ({"taskId": "86nothing"}, None), ({"taskName": "Fix bug"}, None), ({"taskName": "Fix bug", "listName": "No list"}, None),
        ({"taskName": "No task", "listName": "Bug Tracker"}, None), ({"taskId": "../../user"}, None),
    ],
)  # fmt: skip
async def test_a_task_is_found_there_by_id_custom_id_or_name_within_a_list(agent, client, which, found):
    if found is None:
        assert (await agent.fails("get_task", **which))["error"]["type"] == "NOT_FOUND"
    else:
        task = (await agent.ok("get_task", **which))["task"]
        assert (task["id"], task["list"]["name"]) == (found, "Bug Tracker" if found == "86fpd7vjz" else "Backend Tasks")
        assert (await agent.ok("get_task_time_entries", **which))["time_entries"] == []
    assert await names(client, "/api/projects") == []


async def test_what_is_known_here_goes_before_and_nothing_is_asked_for_it(agent, client, fake):
    await client.post("/api/projects", {"name": "atlas"})
    await client.post("/api/tasks", {"projectName": "atlas", "name": "Ours", "key": "86fpd7vgc"})
    task = (await agent.ok("get_task", taskId="86fpd7vgc"))["task"]
    assert (task["name"], fake.asked) == ("Ours", [])


async def test_time_on_a_task_that_was_found_there_lands_on_it_and_is_delivered_there(agent, client, daemon, fake):
    entry = (await agent.ok("start_time_tracking", taskId="DEV-1234", description="logging in"))["time_entry"]
    assert entry["task"] == {"id": "DEV-1234", "name": "Implement user authentication"}
    assert await names(client, "/api/projects") == ["Backend Tasks"]
    assert daemon.tables["desk"]["map"] == [{"project": "Backend Tasks", "task": "DEV-1234", "remote": {"task_id": "86fpd7vgc"}}]
    await daemon.clock.advance(minutes=30)
    await agent.ok("stop_time_tracking")
    await client.post("/api/approve", {"from": "2026-11-20", "to": "2026-11-20"})

    async def is_there():
        await daemon.clock.advance(seconds=5)
        states = await daemon.engine.read(lambda conn: [row[0] for row in conn.execute("SELECT state FROM delivery")])
        return states == [DELIVERED]

    await wait_until(is_there, "the entry is delivered")
    assert [(one["tid"], one["end"] - one["start"], one["description"]) for one in fake.ledger.values()] == [
        ("86fpd7vgc", 1_800_000, "logging in")
    ]


async def test_past_work_by_name_and_the_same_task_again_by_its_other_id_is_one_task(agent, client, daemon, fake):
    which = {"taskName": "Implement user authentication", "listName": "Backend Tasks"}
    await agent.ok("add_time_entry", start="2026-11-20T05:00:00Z", duration="1h", **which)
    asked = len(fake.asked)
    for number, again in enumerate(({"taskId": "86fpd7vgc"}, {"taskId": "dev-1234"}, which)):
        added = await agent.ok("add_time_entry", start=f"2026-11-20T0{6 + number}:00:00Z", duration="30m", **again)
        assert added["time_entry"]["task"]["id"] == "DEV-1234"
    assert len(fake.asked) == asked
    assert await names(client, "/api/tasks") == ["Implement user authentication"]
    assert len(daemon.tables["desk"]["map"]) == 1
    total = await agent.ok("get_task_time_entries", taskId="86fpd7vgc")
    assert (len(total["time_entries"]), total["total_duration"]) == (4, 9_000_000)


async def test_a_rule_that_says_so_already_is_not_doubled(client, daemon, fake):
    await connect(client)
    await client.post("/api/projects", {"name": "Backend Tasks"})
    await client.post("/api/targets/desk/map", {"project": "Backend Tasks", "remote": {"task_id": "{task}"}})
    await Agent(client, toolset="clickup").ok("start_time_tracking", taskId="86fpd7vgc")
    assert len(daemon.tables["desk"]["map"]) == 1


async def test_the_lists_are_read_once_in_ten_minutes(agent, daemon, fake):
    for _ in range(3):
        await agent.ok("get_task", taskName="Fix bug", listName="Bug Tracker")
    assert [path for _, path in fake.asked].count("/api/v2/team/9012/space") == 1
    await daemon.clock.advance(minutes=11)
    await agent.ok("get_task", taskName="Fix bug", listName="Bug Tracker")
    assert [path for _, path in fake.asked].count("/api/v2/team/9012/space") == 2


async def test_several_tasks_of_one_name_in_a_list_are_refused_with_their_ids(agent, fake):
    fake.tasks.append({"id": "86fpd7vkk", "custom_id": None, "name": "Fix Bug", "list": "902"})
    error = (await agent.fails("start_time_tracking", taskName="Fix bug", listName="Bug Tracker"))["error"]
    assert error["type"] == "VALIDATION"
    assert "86fpd7vjz, 86fpd7vkk" in error["message"]


@pytest.mark.parametrize("fault", ["down", "500", "429", "html after", "timeout after", "odd json after"])
async def test_when_it_cannot_be_asked_that_is_said_and_what_is_known_here_works(agent, client, fake, fault):
    await client.post("/api/projects", {"name": "atlas"})
    await client.post("/api/tasks", {"projectName": "atlas", "name": "Ours", "key": "OURS-1"})
    fake.fault = lambda request: fault
    error = (await agent.fails("start_time_tracking", taskId="86fpd7vgc"))["error"]
    assert error["type"] == "UNAVAILABLE"
    assert error["message"].startswith("Task with ID '86fpd7vgc' is not known here, and desk could not be asked: ")
    await agent.ok("start_time_tracking", taskId="OURS-1")


async def test_a_key_that_expired_is_named_and_never_shown(agent, fake):
    fake.key = "another"
    error = (await agent.fails("get_task", taskId="86fpd7vgc"))["error"]
    assert "credentials are not accepted" in error["message"]
    assert KEY not in error["message"]


async def test_half_of_the_calls_of_an_hour_stay_for_hours(client, daemon, fake):
    await connect(client, callsPerHour=4)
    await daemon.clock.advance(minutes=61)  # what connecting asked for counts, too
    agent = Agent(client, toolset="clickup")
    for _ in range(2):
        await agent.ok("get_task", taskId="86fpd7vgc")
    assert "is reserved for deliveries" in (await agent.fails("get_task", taskId="86fpd7vgc"))["error"]["message"]
    await daemon.clock.advance(minutes=61)
    await agent.ok("get_task", taskId="86fpd7vgc")


async def test_a_key_that_only_reads_reads_and_makes_nothing(client, daemon, fake, loopback):  # noqa: F811
    await connect(client)
    key = (await client.post("/api/keys", {"scope": "read", "name": "r"}))["key"]
    agent = Agent(loopback, key, toolset="clickup")
    assert (await agent.ok("get_task", taskId="DEV-1234"))["task"]["id"] == "86fpd7vgc"
    assert (await agent.fails("start_time_tracking", taskId="DEV-1234"))["error"]["type"] == "AUTH"
    assert await names(client, "/api/tasks") == []


async def test_a_limited_key_reaches_only_targets_that_are_its_clients(client, daemon, fake, loopback):  # noqa: F811
    await connect(client)
    for name, owner in (("mine", "Acme"), ("theirs", "Zanzibar")):
        await client.post("/api/projects", {"name": name, "clientName": owner})
    keys = [
        (await client.post("/api/keys", {"scope": "write", "name": str(n), **limit}))["key"]
        for n, limit in enumerate(({"clientName": "Acme"}, {"projectId": (await client.get("/api/projects"))["data"][0]["id"]}))
    ]
    agents = [Agent(loopback, key, toolset="clickup") for key in keys]

    async def outcomes():
        return [(await one.call("get_task", taskId="DEV-1234"))["isError"] for one in agents]

    fake.asked.clear()
    assert await outcomes() == [True, True]  # nobody said whose target it is
    await client.post("/api/targets/desk/map", {"project": "theirs", "remote": {"task_id": "86fpd7vhx"}})
    assert await outcomes() == [True, True]
    await client.post("/api/targets/desk/map", {"project": "mine", "remote": {"task_id": "86fpd7vjz"}})
    assert await outcomes() == [True, True]  # of two clients: it may name the other
    assert fake.asked == []
    daemon.tables["desk"]["map"] = [{"project": "mine", "remote": {"task_id": "86fpd7vjz"}}]
    await daemon.connecting.apply_settings()
    assert await outcomes() == [False, False]
    daemon.tables["desk"]["map"] = [{"client": "Acme", "remote": {"task_id": "86fpd7vjz"}}]
    await daemon.connecting.apply_settings()
    assert await outcomes() == [False, True]


async def test_what_a_key_of_one_project_finds_there_lands_on_that_project(client, daemon, fake, loopback):  # noqa: F811
    await connect(client)
    project = await client.post("/api/projects", {"name": "mine"})
    await client.post("/api/targets/desk/map", {"project": "mine", "remote": {"task_id": "86fpd7vjz"}})
    key = (await client.post("/api/keys", {"scope": "write", "name": "k", "projectId": project["id"]}))["key"]
    await Agent(loopback, key, toolset="clickup").ok("start_time_tracking", taskId="DEV-1234")
    assert await names(client, "/api/projects") == ["mine"]
    timer = (await client.get("/api/timer/current"))["timer"]
    assert (timer["projectName"], timer["taskName"]) == ("mine", "Implement user authentication")
    assert daemon.tables["desk"]["map"][-1] == {"project": "mine", "task": "DEV-1234", "remote": {"task_id": "86fpd7vgc"}}


async def test_names_from_there_carry_no_control_characters_and_odd_tasks_do_no_harm(agent, fake):
    fake.tasks[0]["name"] = "evil\x1b[31m\u202ename\n" + "x" * 400
    task = (await agent.ok("get_task", taskId=TASKS[0]["id"]))["task"]
    assert task["name"].isprintable()
    fake.answer = lambda request: json_answer(200, {"id": 7, "name": None, "list": "?", "status": []})
    assert (await agent.ok("get_task", taskId="abc"))["task"]["id"] == "7"
