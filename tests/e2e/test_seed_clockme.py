"""ClockMe's hook commands against a real daemon in its own process, in a folder that is a watched repository as well."""

import json
import subprocess
from pathlib import Path

from tests.support import PATIENCE, poll_until, repos, seeds
from tests.support.daemon import Daemon

pytestmark = seeds.needs_curl
HOOKS = seeds.hook_commands("clockme-hooks.json")
_, CURRENT, *_ = seeds.commands("clockme-commands.sh")


def run(daemon: Daemon, key: str, command: str, project: Path) -> str:
    url = json.loads(Path(daemon.layout.http_json).read_text())["url"]
    done = subprocess.run(
        ["bash", "-c", seeds.fill_placeholders(command, url, key)],
        env=seeds.environment(daemon.home, str(project)),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, (command, done.returncode, done.stderr)
    return done.stdout


def current(daemon: Daemon) -> list[dict]:
    return daemon.client.get("/api/timer/current")["timers"]


def test_the_hooks_and_the_watch_keep_one_timer_of_one_project(tmp_path):
    repo = repos.init(tmp_path / "code" / "acme", is_live=True)
    repo.commit()
    with Daemon(tmp_path / "home", folders=[tmp_path / "code"]) as daemon:
        key = daemon.client.post("/api/keys", {"scope": "write", "name": "hooks"})["key"]
        run(daemon, key, HOOKS["SessionStart"], repo.path)
        run(daemon, key, HOOKS["UserPromptSubmit"], repo.path)
        (timer,) = json.loads(run(daemon, key, CURRENT, repo.path))["timers"]
        assert (timer["projectName"], timer["state"], timer["description"]) == ("acme", "running", "Claude Code session")
        repo.write("work.py", "print('hello')\n")
        poll_until(lambda: any(one["branch"] for one in current(daemon)), "the saved file is evidence")
        run(daemon, key, HOOKS["UserPromptSubmit"], repo.path)
        assert [one["id"] for one in current(daemon)] == [timer["id"]], "a prompt does not say where, and cuts nothing"
        run(daemon, key, HOOKS["SessionEnd"], repo.path)
        run(daemon, key, HOOKS["UserPromptSubmit"], repo.path)
        assert [one["name"] for one in daemon.client.get("/api/projects")["data"]] == ["acme"], "the hook made no second one"
        assert {one["projectName"] for one in daemon.entries()} == {"acme"}
