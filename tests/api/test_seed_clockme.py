"""ClockMe's own commands, run by bash and curl over the loopback port while the test moves the clock: a session from its
start over signs of life to the idle stop, and on.
"""

import asyncio
import json

import pytest

from tests.support import seeds

pytestmark = seeds.needs_curl
HOOKS = seeds.hook_commands("clockme-hooks.json")
START, CURRENT, STOP, SUMMARY, WORKSPACES = seeds.commands("clockme-commands.sh")


class Shell:
    """Runs the commands with one key."""

    def __init__(self, port, key, home):
        self.url, self.key, self.home = f"http://127.0.0.1:{port}", key, home

    async def run(self, command, project="", **ids):
        process = await asyncio.create_subprocess_exec(
            "bash",
            "-c",
            seeds.fill_placeholders(command, self.url, self.key, **ids),
            env=seeds.environment(self.home, project),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, _ = await process.communicate()
        return process.returncode, out.decode()

    async def hook(self, event, project):
        """A hook of the agent in a folder: it says nothing and succeeds."""
        assert await self.run(HOOKS[event], project) == (0, ""), event

    async def ask(self, command, **ids):
        code, out = await self.run(command, **ids)
        assert code == 0
        return json.loads(out)


@pytest.fixture
async def shell(client, daemon, tmp_path):
    key = (await client.post("/api/keys", {"scope": "write", "name": "hooks"}, 201))["key"]
    return Shell(await daemon.open_loopback(), key, tmp_path)


async def running(client):
    return [(one["projectName"], one["state"]) for one in (await client.get("/api/timer/current"))["timers"]]


async def sheet(client):
    found = (await client.get("/api/entries"))["data"]
    return [(one["projectName"], one["start"][11:16], (one["end"] or "")[11:16]) for one in reversed(found)]


def test_every_hook_of_the_document_is_there():
    assert HOOKS.keys() == {"SessionStart", "UserPromptSubmit", "SessionEnd"}


async def test_the_hooks_track_a_session_from_start_to_idle_stop_and_on_to_its_end(client, daemon, shell):
    clock, folder = daemon.clock, "/code/my shop"
    await shell.hook("SessionStart", folder)
    assert await running(client) == [("my shop", "waiting")]
    for _ in range(4):
        await clock.advance(minutes=5)
        await shell.hook("UserPromptSubmit", folder)
    assert await running(client) == [("my shop", "running")]
    timer = (await client.get("/api/timer/current"))["timer"]
    assert timer["description"] == "Claude Code session"
    await clock.advance(minutes=31)
    assert await running(client) == []
    assert await sheet(client) == [("my shop", "09:00", "09:21")], "it ended at its last evidence, not when it was noticed"
    await clock.advance(hours=2)
    await shell.hook("UserPromptSubmit", folder)
    await clock.advance(minutes=5)
    await shell.hook("UserPromptSubmit", folder)
    await shell.hook("SessionEnd", folder)
    assert await running(client) == []
    assert await sheet(client) == [("my shop", "09:00", "09:21"), ("my shop", "11:50", "11:56")]
    await shell.hook("UserPromptSubmit", folder)
    assert await running(client) == [], "what was stopped is not taken up again"


async def test_a_folder_of_nearly_a_projects_name_counts_for_that_project(client, daemon, shell):
    await client.post("/api/projects", {"name": "payments"}, 201)
    for event in ("SessionStart", "UserPromptSubmit"):
        await shell.hook(event, "/elsewhere/paymets")
        await daemon.clock.advance(minutes=2)
    await shell.hook("SessionEnd", "/elsewhere/paymets")
    assert [one["name"] for one in (await client.get("/api/projects"))["data"]] == ["payments"]
    assert [one[0] for one in await sheet(client)] == ["payments"]


async def test_unmatched_folders_can_go_to_one_pinned_project(client, daemon, shell):
    inbox = await client.post("/api/projects", {"name": "inbox"}, 201)
    fallback = HOOKS["SessionStart"].replace('\\"autoCreate\\":true', f'\\"fallbackProjectId\\":\\"{inbox["id"]}\\"')
    assert fallback != HOOKS["SessionStart"]
    assert await shell.run(fallback, "/code/scratch") == (0, "")
    await daemon.clock.advance(minutes=5)
    await shell.hook("UserPromptSubmit", "/code/scratch")
    await daemon.clock.advance(minutes=1)
    await shell.hook("SessionEnd", "/code/scratch")
    assert await running(client) == []
    assert await sheet(client) == [("inbox", "09:00", "09:06")]
    assert [one["name"] for one in (await client.get("/api/projects"))["data"]] == ["inbox"]


async def test_a_key_that_may_only_read_makes_the_hooks_fail_and_changes_nothing(client, shell):
    shell.key = (await client.post("/api/keys", {"scope": "read"}, 201))["key"]
    assert (await shell.run(HOOKS["SessionStart"], "/code/acme"))[0] == 22
    assert (await client.get("/api/projects"))["data"] == []


async def test_three_commands_get_a_timer_running(client, daemon, shell):
    inbox = await client.post("/api/projects", {"name": "inbox"}, 201)
    started = await shell.ask(START, PROJECT_ID=inbox["id"])
    assert (started["timer"]["projectName"], started["timer"]["state"], started["projectCreated"]) == ("inbox", "running", False)
    await daemon.clock.advance(minutes=30)
    current = await shell.ask(CURRENT)
    assert (current["timer"]["id"], current["timer"]["durationSeconds"]) == (started["timer"]["id"], 1800)
    stopped = await shell.ask(STOP)
    assert (stopped["entry"]["id"], stopped["entry"]["durationSeconds"]) == (started["timer"]["id"], 1800)
    assert await shell.ask(STOP) == {"entry": None}
    assert await shell.ask(CURRENT) == {"timer": None, "timers": []}


async def test_who_has_logged_what_this_month(client, shell):
    span = {"startTime": "2026-06-30T22:00:00Z", "endTime": "2026-06-30T23:00:00Z"}
    await client.post("/api/entries", {"projectName": "acme", "autoCreate": True, **span}, 201)
    (mine,) = (await shell.ask(WORKSPACES))["data"]
    assert (mine["role"], mine["memberCount"]) == ("owner", 1)
    found = await shell.ask(SUMMARY, WORKSPACE_ID=mine["id"])
    assert [(one["role"], one["seconds"]) for one in found["members"]] == [("owner", 3600)]
    assert [(one["name"], one["seconds"]) for one in found["projects"]] == [("acme", 3600)]
