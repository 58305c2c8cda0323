"""The Model Context Protocol against a real daemon: `stint mcp` under the official SDK's client, and the Inspector's command
line."""

import json
import os
import shutil
import subprocess
import sys
from urllib.request import Request, urlopen

import psutil
import pytest
from mcp import StdioServerParameters
from mcp.client import Client as Sdk
from mcp.client.stdio import stdio_client
from mcp.shared.exceptions import MCPError

from tests.support import PATIENCE, poll_until, repos
from tests.support.daemon import Daemon

CANARY = "Zanzibar"


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A daemon that knows two repositories of two clients, and one folder of nobody's."""
    top = tmp_path_factory.mktemp("mcp")
    code = top / "code"
    for name in ("atlas", "secret"):
        repos.make(code / name)
    (code / "notes").mkdir()
    with Daemon(top / "home", folders=[code]) as daemon:
        poll_until(lambda: len(daemon.client.get("/api/repos")["data"]) == 2, "both repositories are known")
        for hour, name, client in (("09", "atlas", "Acme"), ("10", "secret", CANARY)):
            daemon.client.post("/api/timer/start", {"path": str(code / name)})
            daemon.client.post("/api/timer/stop", {})
            project = next(one for one in daemon.client.every("/api/projects") if one["name"] == name)
            daemon.client.patch(f"/api/projects/{project['id']}", {"clientName": client})
            daemon.client.post(
                "/api/entries",
                {
                    "projectId": project["id"],
                    "start": f"2026-01-05T{hour}:00:00Z",
                    "durationMinutes": 30,
                    "description": f"{client} call",
                },
            )
            daemon.client.patch(f"/api/projects/{project['id']}", {"name": f"{name} of {client}"})
        yield daemon, code


def server(daemon, folder, *argv):
    command = [sys.executable, "-m", "stintd.cli.main", "mcp", *argv]
    environment = {name: value for name, value in daemon.environment.items() if name != "CLAUDE_PROJECT_DIR"}
    return StdioServerParameters(command=command[0], args=command[1:], env=environment, cwd=folder)


def talk(daemon, folder, *argv):
    """A bridge as a process, spoken to by lines."""
    given = server(daemon, folder, *argv)
    return subprocess.Popen(
        [given.command, *given.args],
        env=given.env,
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def say(bridge, method, params=None, identity=1):
    line = json.dumps({"jsonrpc": "2.0", "id": identity, "method": method, "params": params or {}})
    bridge.stdin.write(line + "\n")
    bridge.stdin.flush()
    return json.loads(bridge.stdout.readline())


def call(bridge, name, **arguments):
    result = say(bridge, "tools/call", {"name": name, "arguments": arguments})["result"]
    return result["isError"], json.loads(result["content"][0]["text"])


def end(bridge):
    bridge.stdin.close()
    assert bridge.wait(PATIENCE) == 0
    bridge.stdout.close()


@pytest.mark.parametrize("mode", ["auto", "legacy", "2026-07-28"])
async def test_the_official_client_talks_to_the_bridge_in_every_era(world, mode):
    daemon, code = world
    async with Sdk(stdio_client(server(daemon, code / "atlas", "--toolset", "stint,clickup")), mode=mode) as one:
        assert len((await one.list_tools()).tools) == 27
        shown = await one.call_tool("stint_list_projects", {})
        assert [project["name"] for project in shown.structured_content["projects"]] == ["atlas of Acme"]
        assert "Acme" in (await one.call_tool("stint_list_entries", {"search": "call"})).content[0].text
        assert (await one.call_tool("start_time_tracking", {"taskId": "ünbekannt"})).is_error
        assert "totals" in (await one.read_resource("stint://timesheet/today")).contents[0].text
        with pytest.raises(MCPError):
            await one.call_tool("nothing", {})


def test_it_shows_the_folders_client_and_no_other_name(world):
    daemon, code = world
    bridge = talk(daemon, code / "atlas")
    for name, arguments in (
        ("stint_list_projects", {}),
        ("stint_list_entries", {}),
        ("stint_status", {}),
        ("stint_get_dashboard", {}),
        ("stint_get_team_summary", {"from": "2026-01-01", "to": "2026-01-31"}),
        ("stint_get_report", {"from": "2026-01-01", "to": "2026-01-31"}),
        ("stint_start_timer", {"projectName": "secret of Zanzib"}),
        ("stint_start_timer", {"path": str(code / "secret")}),
    ):
        failed, found = call(bridge, name, **arguments)
        assert CANARY not in json.dumps(found).replace("secret of Zanzib", "")
        assert failed == (name == "stint_start_timer"), found
    failed, started = call(bridge, "stint_start_timer", path=str(code / "atlas" / "src"))
    assert (failed, started["timer"]["clientName"]) == (False, "Acme")
    call(bridge, "stint_stop_timer")
    end(bridge)


def test_all_lifts_that_and_a_folder_of_nobodys_shows_nothing_and_says_why(world):
    daemon, code = world
    every = talk(daemon, code / "atlas", "--all")
    assert CANARY in json.dumps(call(every, "stint_list_projects")[1])
    end(every)
    nobody = talk(daemon, code / "notes")
    assert len(say(nobody, "tools/list")["result"]["tools"]) == 20
    failed, found = call(nobody, "stint_list_projects")
    assert (failed, found["code"]) == (True, "NOT_FOUND")
    assert "stint map" in found["details"]["hint"]
    assert "error" in say(nobody, "resources/read", {"uri": "stint://timers"})
    end(nobody)
    named = talk(daemon, code / "notes", "--folder", str(code / "atlas"))
    assert [one["name"] for one in call(named, "stint_list_projects")[1]["projects"]] == ["atlas of Acme"]
    end(named)


def test_a_limited_key_is_narrowed_by_a_folder_and_never_widened(world):
    daemon, code = world
    mine = daemon.client.post("/api/keys", {"scope": "full", "clientName": "Acme"})["key"]
    url = json.loads((daemon.home / "run" / "http.json").read_text())["url"]
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "stint_list_projects"}}).encode()
    headers = {"Authorization": f"Bearer {mine}", "Content-Type": "application/json"}
    for folder, failed in ((code / "atlas", False), (code / "secret", True), ("relative", True), ("/%ff", True)):
        asked = Request(f"{url}/api/mcp", body, {**headers, "Stint-Folder": str(folder)})
        with urlopen(asked, timeout=PATIENCE) as answer:
            text = answer.read().decode()
        assert json.loads(text)["result"]["isError"] == failed
        assert CANARY not in text


def test_what_is_no_message_is_answered_in_its_place_and_the_next_one_is_heard(world):
    daemon, code = world
    bridge = talk(daemon, code / "atlas")
    for line, errors in (("{", -32700), ("[]", -32600), ('"x"', -32600), ("x" * 1_200_000, -32600)):
        bridge.stdin.write(line + "\n")
        bridge.stdin.flush()
        assert json.loads(bridge.stdout.readline())["error"]["code"] == errors
    bridge.stdin.write('\n{"jsonrpc":"2.0","method":"notifications/initialized"}\n')
    assert say(bridge, "ping", identity="last") == {"jsonrpc": "2.0", "id": "last", "result": {}}
    bridge.stdin.write('{"jsonrpc":"2.0","id":5,"method":"ping","method":"ping"}\n')
    bridge.stdin.flush()
    refused = json.loads(bridge.stdout.readline())
    assert (refused["id"], refused["error"]["code"]) == (5, -32700)
    end(bridge)


def test_it_goes_on_when_the_daemon_restarts_says_when_it_is_down_and_stays_small(tmp_path):
    daemon = Daemon(tmp_path / "home")
    daemon.start()
    bridge = talk(daemon, tmp_path, "--all")
    assert "result" in say(bridge, "initialize", {"protocolVersion": "2025-11-25"})
    daemon.restart()
    assert call(bridge, "stint_list_projects") == (False, {"projects": [], "nextCursor": None})
    daemon.stop()
    down = say(bridge, "tools/list", identity=7)
    assert (down["id"], down["error"]["code"]) == (7, -32001)
    assert "stint up" in down["error"]["message"]
    daemon.start()
    assert call(bridge, "stint_status")[0] is False
    assert psutil.Process(bridge.pid).memory_info().rss < 20 << 20
    end(bridge)
    daemon.stop()


@pytest.mark.parametrize(
    ("argv", "word"), [(["--toolset", "x"], "toolset"), (["--all", "--folder", "/x"], "combined"), (["x"], "x")]
)
def test_wrong_words_are_usage_errors(tmp_path, argv, word):
    done = Daemon(tmp_path / "home").stint("mcp", *argv, check=False)
    assert done.code == 2
    assert word in done.err


# ---------------------------------------------------------------- the Inspector


def inspector():
    """The Inspector's program, version 2 or later, which knows both eras; None where it is not there."""
    found = shutil.which("mcp-inspector") or shutil.which("mcp-inspector", path=os.environ.get("STINTD_VENV", "") + "/npm/bin")
    if found is None or shutil.which("node") is None:
        return None
    shown = subprocess.run([found, "--cli", "--help"], capture_output=True, text=True, timeout=PATIENCE, check=False).stdout
    return found if "--protocol-era" in shown else None


@pytest.fixture(scope="module")
def inspect(world, tmp_path_factory):
    """Run the Inspector's command line against the loopback port; its parsed output."""
    program = inspector()
    if program is None:
        pytest.skip("needs the MCP Inspector: npm install -g @modelcontextprotocol/inspector@2 (with Node 20 or later)")
    daemon, _ = world
    key = daemon.client.post("/api/keys", {"scope": "write"})["key"]
    url = json.loads((daemon.home / "run" / "http.json").read_text())["url"]
    home = tmp_path_factory.mktemp("inspector")

    def run(*argv, era="auto"):
        command = [program, "--cli", f"{url}/api/mcp?toolset=stint,clickup", "--transport", "http"]
        command += ["--header", f"Authorization: Bearer {key}", "--protocol-era", era, "--quiet", *argv]
        done = subprocess.run(
            command, env={**os.environ, "HOME": str(home)}, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        return done.returncode, json.loads(done.stdout) if done.stdout.strip() else None, done.stderr

    return run


def test_the_inspector_finds_no_fault_in_any_schema(inspect):
    code, found, told = inspect("--method", "tools/list", "--strict")
    assert (code, len(found["tools"])) == (0, 27), told
    assert "error-severity" not in told


@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_the_inspector_calls_tools_and_reads_in_either_era(inspect, era):
    code, found, told = inspect("--method", "tools/call", "--tool-name", "stint_list_projects", "--tool-arg", "limit=1", era=era)
    assert (code, len(found["structuredContent"]["projects"])) == (0, 1), told
    code, found, told = inspect("--method", "resources/read", "--uri", "stint://timers", era=era)
    assert (code, found["contents"][0]["uri"]) == (0, "stint://timers"), told
