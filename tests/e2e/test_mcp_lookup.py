"""An agent names a task that only ClickUp knows: the official SDK's client, through `stint mcp` and a real daemon, to a server
over real HTTP."""

import sys

import pytest
from mcp import StdioServerParameters
from mcp.client import Client as Sdk
from mcp.client.stdio import stdio_client

from tests.support import poll_until
from tests.support.billing.clickup import ClickUpFake
from tests.support.billing.fake import Served
from tests.support.daemon import Daemon

KEY = "pk_71_very-secret"


@pytest.fixture
def served():
    server = Served(ClickUpFake(key=KEY))
    yield server
    server.close()


@pytest.fixture
def daemon(tmp_path, served):
    with Daemon(tmp_path / "home") as one:
        key = tmp_path / "key"
        key.write_text(KEY + "\n")
        key.chmod(0o600)
        one.stint("connect", "clickup", "--url", served.url, "--set", "team_id=9012", "--key-from", str(key), "--settle", "0s")
        yield one


def bridge(daemon):
    argv = ["-m", "stintd.cli.main", "mcp", "--all", "--toolset", "clickup"]
    return stdio_client(StdioServerParameters(command=sys.executable, args=argv, env=daemon.environment, cwd=str(daemon.home)))


@pytest.mark.parametrize("mode", ["auto", "legacy", "2026-07-28"])
async def test_time_on_a_task_found_there_is_recorded_and_delivered_there(daemon, served, mode):
    fake = served.fake
    async with Sdk(bridge(daemon), mode=mode) as one:
        for which in (
            {"taskId": "86fpd7vgc"},
            {"taskId": "DEV-1234"},
            {"taskName": "Implement user authentication", "listName": "Backend Tasks"},
        ):
            assert (await one.call_tool("get_task", which)).structured_content["task"]["id"] == "86fpd7vgc"
        added = await one.call_tool(
            "add_time_entry",
            {
                "taskName": "Fix bug",
                "listName": "Bug Tracker",
                "start": "2026-01-05T09:00:00Z",
                "duration": "1h 30m",
                "description": "found it",
                "billable": True,
                "tags": ["backend"],
            },
        )
        assert added.structured_content["time_entry"]["task"] == {"id": "86fpd7vjz", "name": "Fix bug"}
        fake.fault = lambda request: "500"
        error = (await one.call_tool("get_task", {"taskId": "86fpd7vhx"})).structured_content["error"]
        assert (error["type"], "clickup could not be asked" in error["message"]) == ("UNAVAILABLE", True)
        assert (await one.call_tool("get_task", {"taskId": "86fpd7vjz"})).structured_content["task"]["name"] == "Fix bug"
        fake.fault = lambda request: ""
        assert (await one.call_tool("get_task", {"taskId": "86nothing"})).structured_content["error"]["type"] == "NOT_FOUND"
    assert fake.ledger == {}
    daemon.client.post("/api/targets", {"name": "clickup", "kind": "clickup", "baseUrl": served.url, "from": "2026-01-01"})
    daemon.stint("approve", "2026-01-05")
    daemon.stint("sync")
    poll_until(lambda: fake.ledger, "the entry is delivered")
    entry = next(iter(fake.ledger.values()))
    assert (entry["tid"], entry["end"] - entry["start"], entry["billable"]) == ("86fpd7vjz", 5_400_000, True)
    assert [tag["name"] for tag in entry["tags"]] == ["backend"]
