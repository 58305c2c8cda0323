"""ClickUp's tools as their document tells of them: its examples, its shapes, its messages to the letter."""

import pytest

from tests.api.agent import Agent

NOW = "2026-11-20T09:00:00.000Z"
ENTRY = {"id", "description", "start", "end", "task", "billable", "tags"}
STARTED = "Time tracking started successfully"


@pytest.fixture
async def agent(client):
    return Agent(client, toolset="clickup")


@pytest.fixture
async def tasks(client):
    """Two lists with tasks as the document's examples name them."""
    found = {}
    for name, key, at in (
        ("Implement user authentication", "86fpd7vgc", "Backend Tasks"),
        ("Debug API endpoint", "abc123xyz", "Backend Tasks"),
        ("Fix bug", "DEV-1234", "Bug Tracker"),
        ("Fix bug", "xyz123abc", "Backend Tasks"),
    ):
        body = {"projectName": at, "name": name, "key": key}
        if at not in {one["name"] for one in (await client.get("/api/projects"))["data"]}:
            await client.post("/api/projects", {"name": at})
        found[key] = (await client.post("/api/tasks", body))["id"]
    return found


async def test_the_documents_first_example(agent, tasks):
    answer = await agent.ok(
        "start_time_tracking",
        taskId="86fpd7vgc",
        description="Implementing authentication logic",
        billable=True,
        tags=["development", "backend"],
    )
    entry = answer["time_entry"]
    assert answer == {
        "success": True,
        "message": STARTED,
        "time_entry": {
            "id": entry["id"],
            "description": "Implementing authentication logic",
            "start": NOW,
            "end": None,
            "task": {"id": "86fpd7vgc", "name": "Implement user authentication"},
            "billable": True,
            "tags": ["development", "backend"],
        },
    }


async def test_the_python_example_that_sends_null_for_what_it_was_not_given(agent, tasks):
    answer = await agent.ok("start_time_tracking", taskId="86fpd7vgc", description=None, billable=False, tags=[])
    assert answer["time_entry"]["description"] == ""
    assert answer["time_entry"]["tags"] == []


async def test_nothing_named_is_the_documents_validation_error(agent, tasks):
    assert await agent.fails("start_time_tracking") == {
        "success": False,
        "error": {
            "type": "VALIDATION",
            "timestamp": NOW,
            "message": "Task not found. Please provide a valid taskId or taskName + listName combination.",
        },
    }


async def test_a_second_start_is_the_documents_conflict_with_the_running_timer(agent, tasks, daemon):
    first = (await agent.ok("start_time_tracking", taskId="abc123xyz", description="Investigating 500 errors"))["time_entry"]
    await daemon.clock.advance(minutes=75)
    for task in ("86fpd7vgc", "abc123xyz"):
        assert await agent.fails("start_time_tracking", taskId=task) == {
            "success": False,
            "error": {
                "type": "CONFLICT",
                "timestamp": "2026-11-20T10:15:00.000Z",
                "message": "A timer is already running. Please stop the current timer before starting a new one.",
            },
            "timer": {
                "id": first["id"],
                "task": {"id": "abc123xyz", "name": "Debug API endpoint"},
                "start": NOW,
                "description": "Investigating 500 errors",
            },
        }
    assert (await agent.ok("get_current_time_entry"))["time_entry"]["id"] == first["id"]


async def test_it_conflicts_whatever_the_owners_setting_says(agent, tasks, daemon):
    for mode in ("parallel", "switch", "strict"):
        daemon.set_policy(concurrency=mode)
        await agent.ok("start_time_tracking", taskId="abc123xyz")
        assert (await agent.fails("start_time_tracking", taskId="86fpd7vgc"))["error"]["type"] == "CONFLICT"
        await daemon.clock.advance(minutes=1)
        await agent.ok("stop_time_tracking")


async def test_an_unknown_task_is_the_documents_not_found_and_says_what_to_do_beside_it(agent, tasks):
    result = await agent.call("start_time_tracking", taskId="86fpd7vgd")
    assert result["structuredContent"] == {
        "success": False,
        "error": {"type": "NOT_FOUND", "message": "Task with ID '86fpd7vgd' not found", "timestamp": NOW},
    }
    assert "stint tasks add" in result["content"][1]["text"]


@pytest.mark.parametrize(
    ("which", "found"),
    [
        ({"taskId": "86fpd7vgc"}, "86fpd7vgc"), ({"taskId": "dev-1234"}, "DEV-1234"), ({"taskId": "CU-86fpd7vgc"}, "86fpd7vgc"),
        ({"taskName": "implement user authentication"}, "86fpd7vgc"),
        ({"taskName": "Fix bug", "listName": "Bug Tracker"}, "DEV-1234"),
        ({"taskName": "Fix bug", "listName": "backend-tasks"}, "xyz123abc"), ({"taskName": "Fix bug"}, "VALIDATION"),
        ({"taskName": "Fix bug", "listName": "Nothing"}, "NOT_FOUND"), ({"taskName": "Vague"}, "NOT_FOUND"),
        ({"listName": "Bug Tracker"}, "VALIDATION"), ({"taskId": ""}, "VALIDATION"),
    ],
)  # fmt: skip
async def test_a_task_is_found_by_id_custom_id_or_name_within_a_list(agent, tasks, which, found):
    if found.isupper() and "-" not in found:
        assert (await agent.fails("get_task", **which))["error"]["type"] == found
        return
    assert (await agent.ok("get_task", **which))["task"]["id"] == found


async def test_our_own_id_finds_a_task_too_and_a_done_one_gives_way_to_an_open_one(agent, client, tasks):
    by_ours = await agent.ok("get_task", taskId=tasks["86fpd7vgc"])
    assert by_ours["task"]["custom_id"] == "86fpd7vgc"
    await client.post(f"/api/tasks/{tasks['xyz123abc']}/complete")
    assert (await agent.ok("get_task", taskName="Fix bug"))["task"]["id"] == "DEV-1234"


async def test_a_task_that_only_a_branch_named_is_known_by_clickups_own_id(agent, client):
    await client.post(
        "/api/entries",
        {
            "projectName": "shop",
            "autoCreate": True,
            "start": "2026-11-19T07:00:00Z",
            "durationMinutes": 30,
            "taskName": "CU-86fpd7vgc",
        },
    )
    assert (await agent.ok("get_task", taskId="86fpd7vgc"))["task"]["id"] == "86fpd7vgc"
    assert (await agent.ok("get_task_time_entries", taskId="86fpd7vgc"))["total_duration"] == 1_800_000


async def test_the_documents_session_manager(agent, tasks, daemon):
    assert await agent.ok("get_current_time_entry") == {
        "success": True,
        "message": "No timer is currently running",
        "time_entry": None,
    }
    assert (await agent.fails("stop_time_tracking"))["error"]["type"] == "NOT_FOUND"
    await agent.ok("start_time_tracking", taskId="86fpd7vgc", description="Code review", billable=False, tags=["development"])
    await daemon.clock.advance(minutes=25)
    ended = (await agent.ok("stop_time_tracking", description="Completed 25m Pomodoro", tags=["pomodoro"]))["time_entry"]
    assert set(ended) == {*ENTRY, "duration"}
    assert (ended["end"], ended["duration"], ended["description"], ended["tags"]) == (
        "2026-11-20T09:25:00.000Z",
        1_500_000,
        "Completed 25m Pomodoro",
        ["pomodoro"],
    )
    await agent.ok("start_time_tracking", taskId="xyz123abc", description="Code review")
    found = await agent.ok("get_task_time_entries", taskId="86fpd7vgc")
    assert ([one["id"] for one in found["time_entries"]], found["total_duration"]) == ([ended["id"]], 1_500_000)
    gone = await agent.ok("delete_time_entry", timeEntryId=ended["id"])
    assert gone["deleted_id"] == ended["id"]
    assert (await agent.fails("delete_time_entry", timeEntryId=ended["id"]))["error"]["type"] == "NOT_FOUND"
    assert (await agent.ok("get_task_time_entries", taskId="86fpd7vgc"))["time_entries"] == []


async def test_a_stop_keeps_what_the_timer_said_where_nothing_is_said(agent, tasks, daemon):
    await agent.ok("start_time_tracking", taskId="86fpd7vgc", description="one", tags=["a"])
    await daemon.clock.advance(minutes=5)
    ended = (await agent.ok("stop_time_tracking"))["time_entry"]
    assert (ended["description"], ended["tags"]) == ("one", ["a"])


@pytest.mark.parametrize(
    ("words", "milliseconds"),
    [
        ({"duration": 5_400_000}, 5_400_000), ({"duration": "1h 30m"}, 5_400_000), ({"duration": "90m"}, 5_400_000),
        ({"duration": "1.5h"}, 5_400_000), ({"duration": "45 min"}, 2_700_000), ({"end": "2026-11-19T08:30:00+01:00"}, 1_800_000),
        ({"end": 1795073400000}, 1_800_000),
    ],
)  # fmt: skip
async def test_past_work_is_added_in_every_form_of_a_length(agent, tasks, words, milliseconds):
    made = await agent.ok("add_time_entry", taskId="86fpd7vgc", start="2026-11-19T07:00:00Z", **words)
    assert made["time_entry"]["duration"] == milliseconds


@pytest.mark.parametrize(
    "words",
    [
        {}, {"duration": "90"}, {"duration": ""}, {"duration": 0}, {"duration": -5}, {"duration": "8d"}, {"duration": 10**12},
        {"duration": True}, {"duration": 1.5}, {"end": "2026-11-19T06:00:00Z"}, {"end": "tomorrow"}, {"end": 12},
        {"duration": "30m", "end": "2026-11-19T09:00:00Z"},
    ],
)  # fmt: skip
async def test_a_length_that_could_mean_two_things_is_refused(agent, tasks, client, words):
    refused = await agent.fails("add_time_entry", taskId="86fpd7vgc", start="2026-11-19T07:00:00Z", **words)
    assert refused["error"]["type"] == "VALIDATION", refused
    assert (await client.get("/api/entries"))["data"] == []


async def test_past_work_over_the_owners_own_is_refused(agent, tasks):
    block = {"taskId": "86fpd7vgc", "start": "2026-11-19T07:00:00Z", "duration": "30m"}
    await agent.ok("add_time_entry", **block)
    assert (await agent.fails("add_time_entry", **block))["error"]["type"] == "CONFLICT"


async def test_a_timer_without_a_task_can_be_printed(agent, client):
    await client.post("/api/timer/start", {"projectName": "shop", "autoCreate": True})
    assert (await agent.ok("get_current_time_entry"))["time_entry"]["task"] == {"id": "", "name": "shop"}


async def test_what_started_by_itself_is_in_the_way_too_and_can_be_stopped(agent, client, tasks, daemon):
    for _ in range(4):
        await client.post("/api/heartbeats", {"project": "Bug Tracker", "kind": "prompt", "source": "editor"})
        await daemon.clock.advance(minutes=2)
    await client.post("/api/heartbeats", {"project": "Bug Tracker", "kind": "prompt", "source": "editor"})
    running = (await agent.ok("get_current_time_entry"))["time_entry"]
    assert running["task"]["name"] == "Bug Tracker"
    assert (await agent.fails("start_time_tracking", taskId="86fpd7vgc"))["timer"]["id"] == running["id"]
    ended = (await agent.ok("stop_time_tracking", description="bugs"))["time_entry"]
    assert (ended["description"], ended["end"] is not None) == ("bugs", True)
    await agent.ok("start_time_tracking", taskId="86fpd7vgc")
